//! What a project is built on: frameworks and databases, by imports, requirements, connection
//! strings and code.

use crate::base::FxHashSet;
use crate::facts::{Const, ImportedName, Term};
use crate::link::{Cx, Project};
use crate::rule::library::StackModel;

/// Longest string constant that is taken for a connection string or engine name.
const MAX_STRING: usize = 512;

/// Names of the stack entries in use.
pub fn detect(project: &Project<'_>) -> FxHashSet<String> {
    let library = &project.rules.library;
    let models: Vec<&StackModel> = library.stacks.iter().collect();
    let mut found: FxHashSet<String> = models
        .iter()
        .filter(|m| m.requirements.iter().any(|r| project.packages.required.contains(r)))
        .map(|m| m.name.clone())
        .collect();
    for model in &models {
        if !found.contains(&model.name) && (imports(project, model) || mentions(project, model)) {
            found.insert(model.name.clone());
        }
    }
    let cx = Cx::new(project);
    for model in &models {
        if found.contains(&model.name) {
            continue;
        }
        let code = model.patterns.iter().any(|p| cx.find_any(p, model.vars.len()));
        if code {
            found.insert(model.name.clone());
        }
    }
    found
}

fn imports(project: &Project<'_>, model: &StackModel) -> bool {
    project.units.iter().flat_map(|u| &u.facts.imports).any(|import| {
        import.level == 0
            && model.imports.iter().any(|path| {
                let mut own = import.module.clone();
                if let ImportedName::One(name) = import.name {
                    own.push(name);
                }
                own.starts_with(path)
            })
    })
}

fn mentions(project: &Project<'_>, model: &StackModel) -> bool {
    if model.strings.is_empty() {
        return false;
    }
    let production = project.units.iter().filter(|u| u.production);
    production.flat_map(|u| &u.facts.fns).flat_map(|f| &f.terms).any(|term| match term {
        Term::Const(Const::Str(text)) if text.len() <= MAX_STRING => {
            model.strings.iter().any(|regex| regex.is_match(text))
        }
        _ => false,
    })
}
