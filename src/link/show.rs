//! Values as text for messages. Secrets are masked here and nowhere else.

use super::value::{Kind, Part, Val};
use super::{Cx, FnRef};
use crate::facts::{Const, SeqKind, Term, TermId};

/// Longest text a message quotes.
const MAX_QUOTED: usize = 60;

impl Cx<'_, '_> {
    /// A value as a message shows it. `secret`: it must not be readable.
    pub fn show(&self, value: &Val, secret: bool) -> String {
        match &value.kind {
            Kind::Const(Const::Str(_) | Const::Bytes(_)) | Kind::Text(_) if secret => {
                "***".to_owned()
            }
            Kind::Const(constant) => show_const(constant),
            Kind::Secret(_) => "***".to_owned(),
            Kind::Text(parts) => {
                let inner: String = parts
                    .iter()
                    .map(|part| match part {
                        Part::Lit(text) => text.clone(),
                        Part::Hole(_) => "{…}".to_owned(),
                    })
                    .collect();
                quote(&inner)
            }
            Kind::Dict(dict) => {
                let shown = dict
                    .entries
                    .iter()
                    .take(4)
                    .map(|(k, v)| format!("{}: {}", self.show(k, false), self.show(v, secret)));
                braces("{", shown.collect(), dict.open || dict.entries.len() > 4, "}")
            }
            Kind::Seq(seq) => {
                let (start, end) = match seq.kind {
                    SeqKind::List => ("[", "]"),
                    SeqKind::Tuple => ("(", ")"),
                    SeqKind::Set => ("{", "}"),
                };
                let shown = seq.items.iter().take(4).map(|v| self.show(v, secret));
                braces(start, shown.collect(), seq.open || seq.items.len() > 4, end)
            }
            Kind::Lib(path) => self.project.dotted(path),
            Kind::Class(class) => self.project.name(self.project.class(*class).name).to_owned(),
            Kind::Function(func) => {
                let name = self.project.symbol_of(*func);
                if name.is_empty() { "module".to_owned() } else { name }
            }
            Kind::Env(env) => match (&env.key, &env.default) {
                (Some(key), _) => format!("environment variable {key}"),
                (None, Some(default)) => self.show(default, secret),
                (None, None) => "an environment variable".to_owned(),
            },
            Kind::Setting(setting) => setting.path.join("."),
            Kind::OneOf(values) => {
                let shown: Vec<String> =
                    values.iter().take(3).map(|v| self.show(v, secret)).collect();
                shown.join(" or ")
            }
            Kind::Absent => "nothing".to_owned(),
            Kind::Module(_) | Kind::Namespace(_) | Kind::Param(..) | Kind::Opaque => {
                match &value.origin {
                    Some(origin) => self.show_term(origin.term.func, origin.term.term, 0),
                    None => "…".to_owned(),
                }
            }
        }
    }

    /// A term as source-like text, without arguments and literals.
    fn show_term(&self, func: FnRef, term: TermId, depth: u32) -> String {
        let ir = self.project.ir(func);
        if depth > 8 {
            return "…".to_owned();
        }
        let show = |t: TermId| self.show_term(func, t, depth + 1);
        match &ir.terms[term] {
            Term::Param(index) => match ir.params.get(*index as usize) {
                Some(param) => self.project.name(param.name).to_owned(),
                None => "…".to_owned(),
            },
            Term::Global(name) | Term::Free(_, name) => self.project.name(*name).to_owned(),
            Term::Import(import) => {
                let import = &self.project.units[func.unit].facts.imports[*import];
                match import.name {
                    crate::facts::ImportedName::One(name) => self.project.name(name).to_owned(),
                    _ => self.project.dotted(&import.module),
                }
            }
            Term::Attr(object, name) => format!("{}.{}", show(*object), self.project.name(*name)),
            Term::Item(object, key) => match &ir.terms[*key] {
                Term::Const(constant) => format!("{}[{}]", show(*object), show_const(constant)),
                _ => format!("{}[…]", show(*object)),
            },
            Term::Call { func: callee, .. } => format!("{}(…)", show(*callee)),
            Term::Await(inner) => format!("await {}", show(*inner)),
            Term::Update { base, .. } | Term::Escaped { base, .. } => show(*base),
            _ => "…".to_owned(),
        }
    }
}

fn show_const(constant: &Const) -> String {
    match constant {
        Const::None => "None".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Ellipsis => "...".to_owned(),
        Const::Int(n) => n.to_string(),
        Const::BigInt(n) => n.to_string(),
        Const::Float(n) => n.to_string(),
        Const::Str(text) => quote(text),
        Const::Bytes(bytes) => format!("b{}", quote(&String::from_utf8_lossy(bytes))),
    }
}

fn quote(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_QUOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}

fn braces(start: &str, mut shown: Vec<String>, more: bool, end: &str) -> String {
    if more {
        shown.push("…".to_owned());
    }
    format!("{start}{}{end}", shown.join(", "))
}
