//! The project as a whole: what it is built on, and what its settings are in production.

pub mod flask;
pub mod manifest;
pub mod profile;
pub mod settings;
pub mod stack;

use crate::link::Project;

pub use profile::Profile;
pub use settings::{Namespace, Naming, Setting, SettingsTable};

/// Finds out about the stack and the effective settings, and gives both to the project.
/// Returns the settings, which rules on settings are checked against.
pub fn model(project: &mut Project<'_>) -> SettingsTable {
    project.stacks = stack::detect(project);
    let table = SettingsTable::of(project, &[]);
    project.settings = Some(Box::new(table.clone()));
    table
}
