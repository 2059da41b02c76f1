//! The project as a whole: what it is built on, what its settings are in production, and the
//! connections, routes, fields and files it has.

pub mod app_config;
mod cfg;
pub mod deployment;
pub mod documents;
pub mod entity;
pub mod key_path;
pub mod manifest;
pub mod profile;
pub mod secrets;
pub mod settings;
pub mod stack;

use crate::link::Project;

pub use deployment::Deployment;
pub use documents::{DocumentFile, Documents};
pub use entity::Entity;
pub use profile::Profile;
pub use settings::{Namespace, Naming, Setting, SettingsTable};

/// What is known of a project beyond its code.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Effective settings.
    pub settings: SettingsTable,
    /// The environment that files of the project set.
    pub deployment: Deployment,
    /// Files that are not Python.
    pub documents: Documents,
    /// Connections to databases.
    pub connections: Vec<Entity>,
    /// URLs and their handlers.
    pub routes: Vec<Entity>,
    /// Fields of models, serializers and forms.
    pub fields: Vec<Entity>,
}

/// Models a project. The environment and the settings are given to the project on the way, so
/// that everything after sees their production values.
pub fn model(project: &mut Project<'_>, documents: Documents) -> Model {
    let deployment = Deployment::of(project.rules, &documents);
    project.environment = deployment.environment();
    project.stacks = stack::detect(project);
    let settings = SettingsTable::of(project, &[], &documents);
    project.settings = Some(Box::new(settings.clone()));
    Model {
        settings,
        deployment,
        documents,
        connections: Vec::new(),
        routes: Vec::new(),
        fields: Vec::new(),
    }
}
