//! Configuration that comes from files and from the environment.

use std::sync::Arc;

use super::machine::{Ended, Run};
use super::state::State;
use super::writes::blur;
use crate::base::Loc;
use crate::facts::{ArgTerm, Term, TermId};
use crate::link::{Callee, Frame, Kind, UnitId, Val};

/// Most folders that the path of a file goes up.
const MAX_UP: usize = 8;
/// Most calls between what reads a file and its path.
const MAX_OPENED: u32 = 4;

impl Run<'_, '_, '_> {
    /// A method that reads a file or the environment; `how` is one of `pyfile`, `envvar`, `file`
    /// and `prefixed-env`.
    pub fn external(
        &mut self,
        how: &str,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        here: Loc,
        state: &mut State,
    ) -> Ended {
        let actuals = self.cx.actuals(args, frame);
        let first = actuals.positional.first().or(actuals.keywords.first().map(|(_, v)| v));
        let silent = self.subject.model.silent;
        let silent = actuals.keywords.iter().find(|(name, _)| Some(*name) == silent);
        let silent = silent.map(|(_, value)| value).or(actuals.positional.get(1));
        let silent = silent.map_or(Some(false), Val::truth);
        if how == "prefixed-env" {
            self.prefixed_environment(first, here, state);
            return Ended::Normally;
        }
        let path = match how {
            "envvar" => first.and_then(Val::as_str).and_then(|variable| {
                let environment = &self.cx.project.environment;
                environment.get(variable).and_then(|value| value.as_str().map(str::to_owned))
            }),
            _ => first.and_then(|value| value.in_force()?.as_str().map(str::to_owned)),
        };
        let unit = path.as_deref().and_then(|path| self.file(path));
        if let (Some(unit), "pyfile" | "envvar") = (unit, how) {
            self.given.extend(self.cx.project.units[unit].profile);
            for (name, value, loc) in self.module_attributes(unit, 0) {
                let key = Val::text(self.cx.project.name(name));
                self.set(&key, value, &[here, loc], state);
            }
            return Ended::Normally;
        }
        let document = path.as_deref().filter(|_| how == "file").and_then(|p| self.document(p));
        if let Some(content) = document {
            self.merge(&content, here, true, state);
            return Ended::Normally;
        }
        match (silent, how) {
            // Nothing in the project sets the variable: there is nothing to read.
            (Some(true), "envvar") if path.is_none() && first.is_some() => {}
            // The file is not part of the project; where there is one, it has the last word.
            (Some(true), _) => {
                if let Some(config) = state.as_mut() {
                    Arc::make_mut(config).may_be_overridden();
                }
            }
            _ => {
                blur(state);
                return Ended::MayRaise;
            }
        }
        Ended::Normally
    }

    /// The Python file of the project that a path names, as seen from the application's folder.
    fn file(&self, path: &str) -> Option<UnitId> {
        let units = &self.cx.project.units;
        self.places_of(path).into_iter().find_map(|wanted| {
            units.iter_enumerated().find(|(_, u)| u.path == wanted).map(|(unit, _)| unit)
        })
    }

    /// What stands in the other file of the project that a path names.
    fn document(&self, path: &str) -> Option<Val> {
        self.places_of(path).into_iter().find_map(|wanted| {
            let file = self.subject.documents.iter().find(|file| file.path == wanted)?;
            Some(file.value(file.roots().first()?))
        })
    }

    /// What a value holds that a library has read from a file of the project:
    /// `json.load(open(…))`.
    pub fn loaded(&self, value: &Val) -> Option<Val> {
        let origin = value.origin.as_ref().filter(|_| value.is_unknown())?;
        let Term::Call { func, args } = self.cx.project.term(origin.term) else { return None };
        let Callee::Lib(path) = self.cx.callee(*func, &origin.frame) else { return None };
        if !self.subject.model.loaders.contains(&path) {
            return None;
        }
        self.document(&self.opened(args.first()?.value, &origin.frame, 0)?)
    }

    /// The path of the file that a term is, has opened or has read.
    fn opened(&self, term: TermId, frame: &Arc<Frame>, depth: u32) -> Option<String> {
        let value = self.cx.eval(term, frame);
        if let Some(path) = value.in_force().and_then(Val::as_str) {
            return Some(path.to_owned());
        }
        if depth > MAX_OPENED {
            return None;
        }
        let project = self.cx.project;
        match &project.ir(frame.func).terms[term] {
            Term::Enter(inner) => self.opened(*inner, frame, depth + 1),
            Term::Call { func, args } => match &project.ir(frame.func).terms[*func] {
                Term::Global(name) if project.name(*name) == "open" => {
                    self.opened(args.first()?.value, frame, depth + 1)
                }
                Term::Attr(object, name)
                    if matches!(
                        project.name(*name),
                        "open" | "read" | "read_text" | "read_bytes"
                    ) =>
                {
                    self.opened(*object, frame, depth + 1)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Where a file is looked for.
    fn places_of(&self, path: &str) -> Vec<String> {
        let own = &self.cx.project.units[self.subject.app.func.unit].path;
        let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
        let instance = self.instance_folders(folder);
        let folders = instance.iter().map(String::as_str).chain([folder]);
        folders.filter_map(|folder| resolved(folder, path)).collect()
    }

    /// Where files are looked for first when the application says that they belong to the
    /// instance: beside the module, or beside the package.
    fn instance_folders(&self, folder: &str) -> Vec<String> {
        let project = self.cx.project;
        let (Some(param), Some(instance)) =
            (self.subject.model.instance_param, &self.subject.model.instance_folder)
        else {
            return Vec::new();
        };
        let app = self.subject.app;
        let Term::Call { args, .. } = project.term(app) else { return Vec::new() };
        let frame = Frame::open(app.func);
        let given = args.iter().find(
            |arg| matches!(arg.kind, crate::syntax::ast::ArgKind::Keyword(name) if name == param),
        );
        if given.and_then(|arg| self.cx.eval(arg.value, &frame).truth()) != Some(true) {
            return Vec::new();
        }
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let join = |base: &str| match base {
            "" => instance.clone(),
            _ => format!("{base}/{instance}"),
        };
        vec![join(parent), join(folder)]
    }

    /// `from_prefixed_env()`: the variables that deployment files set, read as JSON where they are
    /// JSON.
    fn prefixed_environment(&mut self, prefix: Option<&Val>, here: Loc, state: &mut State) {
        let prefix = match prefix {
            Some(value) => match value.in_force().and_then(Val::as_str) {
                Some(prefix) => prefix.to_owned(),
                None => return blur(state),
            },
            None => match &self.subject.model.prefix {
                Some(prefix) => prefix.clone(),
                None => return blur(state),
            },
        };
        let prefix = format!("{prefix}_");
        let project = self.cx.project;
        let mut found: Vec<(&str, &Val)> = project
            .environment
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?, value)))
            .collect();
        found.sort_by_key(|(name, _)| *name);
        for (key, value) in found {
            if key.contains("__") {
                continue;
            }
            let parsed = value.as_str().and_then(from_json).unwrap_or_else(|| value.clone());
            let loc = value.loc.unwrap_or(here);
            self.set(&Val::text(key), parsed.at(loc), &[here, loc], state);
        }
    }
}

/// `path` below `folder`, without `.` and `..`.
fn resolved(folder: &str, path: &str) -> Option<String> {
    // What the program computes from its own place starts at the project.
    let folder = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let mut up = 0;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
                up += 1;
            }
            part => parts.push(part),
        }
    }
    (up <= MAX_UP).then(|| parts.join("/"))
}

/// A JSON text as the value that Python's parser makes of it.
fn from_json(text: &str) -> Option<Val> {
    fn value(json: &serde_json::Value) -> Val {
        use crate::facts::{Const, SeqKind};
        match json {
            serde_json::Value::Null => Val::new(Kind::Const(Const::None)),
            serde_json::Value::Bool(b) => Val::bool(*b),
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(n) => Val::int(n),
                None => {
                    n.as_f64().map_or_else(Val::opaque, |n| Val::new(Kind::Const(Const::Float(n))))
                }
            },
            serde_json::Value::String(text) => Val::text(text),
            serde_json::Value::Array(items) => {
                Val::seq(SeqKind::List, items.iter().map(value).collect(), false)
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.iter().map(|(k, v)| (Val::text(k), value(v))).collect();
                Val::dict(entries, false)
            }
        }
    }
    serde_json::from_str(text).ok().as_ref().map(value)
}
