//! The project as a whole: what it is built on, what its settings are in production, and the
//! connections, routes, fields and files it has.

pub mod connections;
pub mod entity;
pub mod flask;
pub mod manifest;
pub mod models;
pub mod profile;
pub mod settings;
pub mod stack;

use std::sync::Arc;

use crate::link::Project;

pub use entity::Entity;
pub use models::Fields;
pub use profile::Profile;
pub use settings::{Namespace, Naming, Setting, SettingsTable};

/// What is known of a project beyond its code.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Effective settings.
    pub settings: SettingsTable,
    /// Files that are not Python; the value of each is what stands in it.
    pub documents: Vec<Entity>,
    /// Connections to databases.
    pub connections: Vec<Entity>,
    /// URLs and their handlers.
    pub routes: Vec<Entity>,
    /// Fields of models, serializers and forms.
    pub fields: Arc<Vec<Entity>>,
}

/// Models a project. Settings are given to the project on the way, so that everything after
/// sees their production values.
pub fn model(project: &mut Project<'_>) -> Model {
    project.stacks = stack::detect(project);
    let settings = SettingsTable::of(project, &[]);
    project.settings = Some(Box::new(settings.clone()));
    let connections = connections::connections(project, &settings);
    project.stacks.extend(connections::engines(&connections).into_iter().map(|(name, _)| name));
    let fields = Fields::of(project);
    let all = Arc::clone(&fields.all);
    project.fields = Some(Box::new(fields));
    Model { settings, documents: Vec::new(), connections, routes: Vec::new(), fields: all }
}
