//! What deployment files start: `gunicorn "shop:create_app(debug=False)"`.

use super::machine::Subject;
use crate::facts::FnId;
use crate::link::{Actuals, Cx, FnRef, Kind, call_arguments};
use crate::project::Profile;
use crate::syntax::document::DocumentKind;

/// Where a program starts.
#[derive(Debug, Clone)]
pub struct Start {
    /// A module, or a function that makes the application.
    pub at: FnRef,
    /// What it is called with, where something of the project says so.
    pub given: Option<Actuals>,
}

/// The starts that files of production name, in the order of the files.
pub fn starts(cx: &Cx<'_, '_>, subject: &Subject<'_>) -> Vec<Start> {
    let Some(form) = &subject.model.served else { return Vec::new() };
    let mut found: Vec<Start> = Vec::new();
    let deploys = |kind| {
        use DocumentKind::{Compose, Dockerfile, K8s, Yaml};
        matches!(kind, Compose | Dockerfile | K8s | Yaml)
    };
    let files = subject.documents.iter().filter(|file| file.profile == Profile::Production);
    for file in files.filter(|file| deploys(file.kind)) {
        for named in form.captures_iter(&file.text) {
            let group = |name: &str| named.name(name).map(|m| m.as_str());
            let (Some(module), Some(name)) = (group("module"), group("name")) else { continue };
            let Some(at) = start(cx, subject, module, name) else { continue };
            let given = match at.func {
                FnId(0) => None,
                _ => Some(call_arguments(cx, group("arguments").unwrap_or_default())),
            };
            if found.iter().all(|known| known.at != at) {
                found.push(Start { at, given });
            }
        }
    }
    found
}

/// `module:name`: the function, or the module with the application.
fn start(cx: &Cx<'_, '_>, subject: &Subject<'_>, module: &str, name: &str) -> Option<FnRef> {
    let names = &cx.project.names;
    let path: Option<Vec<_>> = module.split('.').map(|part| names.get(part)).collect();
    let name = names.get(name)?;
    let module = cx.lookup_path(subject.app.func.unit, &path?)?;
    let Kind::Module(unit) = module.kind else { return None };
    match cx.attribute(&module, name).kind {
        Kind::Function(func) => Some(func),
        _ => Some(cx.project.module_fn(unit)),
    }
}
