//! The project as a whole: what it is built on, what its settings are in production, and the
//! connections, routes, fields and files it has.

pub mod app_config;
mod cfg;
pub mod connections;
pub mod deployment;
pub mod documents;
pub mod entity;
pub mod key_path;
pub mod manifest;
pub mod models;
pub mod profile;
pub mod routes;
pub mod secrets;
pub mod settings;
pub mod stack;

use std::sync::{Arc, OnceLock};

use crate::link::{Cx, Project, Reached};
use crate::rule::library::StackModel;

pub use deployment::Deployment;
pub use documents::{DocumentFile, Documents};
pub use entity::Entity;
pub use models::Fields;
pub use profile::Profile;
pub use settings::{Namespace, Naming, Setting, SettingsTable};
pub use stack::Stack;

/// What is known of a project beyond its code.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Effective settings.
    pub settings: SettingsTable,
    /// What it is built on.
    pub stack: Stack,
    /// The environment that files of the project set.
    pub deployment: Deployment,
    /// Files that are not Python.
    pub documents: Documents,
    /// Connections to databases.
    pub connections: Vec<Entity>,
    /// URLs and their handlers.
    pub routes: Vec<Entity>,
    /// Fields of models, serializers and forms.
    pub fields: Arc<Vec<Entity>>,
    /// What requests of each route run through, found out when it is asked for.
    chains: Vec<OnceLock<Chain>>,
}

/// The functions of the project that a request may run through.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// What the handler leads to.
    pub handler: Reached,
    /// The former, with what hooks, middleware and decorators lead to.
    pub all: Reached,
}

impl Model {
    /// Whether anything says that the project is deployed: what serves or ships it, or settings
    /// that keep production and development apart. One settings module alone is taken for
    /// production because there is no other.
    pub fn is_deployed(&self) -> bool {
        self.stack.parts().iter().any(|part| part.kind == StackModel::DEPLOYMENT)
            || self.settings.keep_production_apart()
    }

    /// What requests of the route `index` run through.
    pub fn chain(&self, cx: &Cx<'_, '_>, index: usize) -> Option<&Chain> {
        let (route, chain) = self.routes.get(index).zip(self.chains.get(index))?;
        let find = || {
            let graph = &cx.project.graph;
            let handler = graph.reached(cx, &route.entries);
            let mut all = handler.clone();
            let around = graph.reached(cx, &route.around);
            all.firm.extend(around.firm);
            all.may.extend(around.may);
            Chain { handler, all }
        };
        Some(chain.get_or_init(find))
    }
}

/// The settings modules that deployment files name.
fn namings(project: &Project<'_>, deployment: &Deployment) -> Vec<Naming> {
    let models = project.rules.library.settings.iter();
    let variables = models.filter_map(|m| Some((&m.framework, m.module_variable.as_ref()?)));
    variables.flat_map(|(framework, variable)| deployment.namings(framework, variable)).collect()
}

/// Models a project. The environment and the settings are given to the project on the way, so
/// that everything after sees their production values.
pub fn model(project: &mut Project<'_>, documents: Documents) -> Model {
    let deployment = Deployment::of(project.rules, &documents);
    project.environment = deployment.environment();
    let mut stack = Stack::detect(project, &documents);
    project.stacks = stack.names().collect();
    let settings = SettingsTable::of(project, &namings(project, &deployment), &documents);
    project.settings = Some(Box::new(settings.clone()));
    let connections = connections::connections(project, &settings);
    stack.complete(project, &settings, &connections);
    project.stacks.extend(stack.names());
    let fields = Fields::of(project);
    let all = Arc::clone(&fields.all);
    project.fields = Some(Box::new(fields));
    let routes = routes::collect(project);
    project.url_parameters = routes::url_parameters(project, &routes);
    Model {
        settings,
        stack,
        deployment,
        documents,
        connections,
        chains: routes.iter().map(|_| OnceLock::new()).collect(),
        routes,
        fields: all,
    }
}
