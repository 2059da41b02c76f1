//! Calls and concepts in patterns: their arguments and roles, compared with what is declared.

use super::context::nearest;
use super::error::Place;
use super::holes::{CONCEPT, METAVAR};
use super::library::CallModel;
use super::model::{ArgPat, Pat};
use super::pattern::Reader;
use crate::base::{Span, Symbol};
use crate::facts::Const;
use crate::syntax::ast::{Arg, ArgKind, ExprId, ExprKind, ParamKind};

impl<'r> Reader<'r, '_, '_> {
    /// Reads a call or a concept with roles.
    pub(super) fn call(&mut self, func: ExprId, args: &'r [Arg]) -> Option<Pat> {
        let concept = self.dotted(func).filter(|parts| parts[0].starts_with(CONCEPT));
        if let Some(parts) = concept {
            let name = parts.join(".");
            return self.concept(&name[CONCEPT.len()..], args, self.ast.exprs[func].span);
        }
        let target = self.expr(func)?;
        let (read, open) = self.arguments(args)?;
        if let Pat::Path(path) = &target {
            self.check_arguments(path, &read);
        }
        let args = read.into_iter().map(|(arg, _)| arg).collect();
        Some(Pat::Call { func: Box::new(target), args, open })
    }

    /// The arguments with their places, and whether there may be more.
    fn arguments(&mut self, args: &[Arg]) -> Option<(Vec<(ArgPat, Span)>, bool)> {
        let mut open = false;
        let mut read: Vec<(ArgPat, Span)> = Vec::new();
        for arg in args {
            let name = match arg.kind {
                ArgKind::Positional if self.is_ellipsis(arg.value) => {
                    open = true;
                    continue;
                }
                ArgKind::Positional if open => {
                    return self.fail(
                        arg.span,
                        "which argument this is cannot be counted after `...`; give its name",
                    );
                }
                ArgKind::Positional => None,
                ArgKind::Keyword(name) => Some(self.keyword(name, arg.span)?),
                ArgKind::Star | ArgKind::DoubleStar => {
                    return self.fail(
                        arg.span,
                        "`*` and `**` cannot stand in a pattern: they are looked through",
                    );
                }
            };
            if name.is_some() && read.iter().any(|(other, _)| other.name == name) {
                return self.fail(arg.span, "this argument is there twice");
            }
            read.push((ArgPat { name, value: self.expr(arg.value)? }, arg.span));
        }
        Some((read, open))
    }

    fn is_ellipsis(&self, id: ExprId) -> bool {
        matches!(self.ast.exprs[id].kind, ExprKind::Ellipsis)
    }

    fn keyword(&mut self, name: Symbol, span: Span) -> Option<Symbol> {
        let name = self.name(name);
        if name.starts_with(METAVAR) {
            return self.fail(span, "the name of an argument cannot be a metavariable");
        }
        Some(self.cx.names.intern(name))
    }

    /// Reads a concept by name; unknown names and roles are recorded.
    pub(super) fn concept(&mut self, name: &str, args: &[Arg], span: Span) -> Option<Pat> {
        let Some(roles) = self.cx.known.concepts.get(name) else {
            let place = self.cx.within(self.text, self.original(span));
            let known: Vec<&str> = self.cx.known.concepts.keys().copied().collect();
            self.cx.unknown(place, format!("unknown concept `{name}`"), name, known);
            return None;
        };
        let roles: Vec<&str> = roles.iter().copied().collect();
        let mut read: Vec<(Symbol, Pat)> = Vec::new();
        for arg in args {
            let role = match arg.kind {
                ArgKind::Positional if self.is_ellipsis(arg.value) => continue,
                ArgKind::Keyword(role) => self.name(role),
                // A concept with one role may leave its name out.
                ArgKind::Positional if roles.len() == 1 && args.len() == 1 => roles[0],
                _ => {
                    return self
                        .fail(arg.span, format!("the roles of `@{name}` are given by name"));
                }
            };
            if !roles.contains(&role) {
                let place = self.cx.within(self.text, self.original(arg.span));
                let message = format!("`@{name}` has no role `{role}`");
                self.unknown_role(place, message, role, &roles);
                return None;
            }
            let role = self.cx.names.intern(role);
            if read.iter().any(|(other, _)| *other == role) {
                return self.fail(arg.span, "this role is there twice");
            }
            read.push((role, self.expr(arg.value)?));
        }
        Some(Pat::Concept { name: self.cx.names.intern(name), roles: read })
    }

    fn unknown_role(&mut self, place: Place, message: String, role: &str, roles: &[&str]) {
        match nearest(role, roles.iter().copied()) {
            Some(near) => self.cx.error_help(place, message, format!("did you mean `{near}`?")),
            None if roles.is_empty() => self.cx.error_help(place, message, "it has no roles"),
            None => {
                self.cx.error_help(place, message, format!("its roles are {}", roles.join(", ")));
            }
        }
    }

    /// Compares the keywords of a call pattern with the declared signatures of its callee.
    fn check_arguments(&mut self, path: &[Symbol], args: &[(ArgPat, Span)]) {
        let Some(models) = self.cx.library.calls.get(path) else { return };
        let mut wrong = Vec::new();
        for (arg, span) in args {
            let Some(name) = arg.name else { continue };
            if models.iter().any(|model| has_param(model, name)) {
                continue;
            }
            let swallowed = models.iter().any(takes_any_keyword);
            // `x=None` is meant to hold where `x` is not given; without a default it does not.
            if !swallowed || matches!(arg.value, Pat::Const(Const::None)) {
                wrong.push((name, *span, swallowed));
            }
        }
        let params = models.iter().flat_map(|model| model.params.iter());
        let known: Vec<Symbol> = params.map(|param| param.name).collect();
        for (name, span, swallowed) in wrong {
            let place = self.cx.within(self.text, self.original(span));
            self.wrong_argument(path, name, swallowed, &known, place);
        }
    }

    fn wrong_argument(
        &mut self,
        path: &[Symbol],
        name: Symbol,
        swallowed: bool,
        known: &[Symbol],
        place: Place,
    ) {
        let callee = self.cx.dotted(path);
        let name = self.cx.names.resolve(name).to_owned();
        if swallowed {
            self.cx.error_help(
                place,
                format!(
                    "`{name}` of `{callee}` has no declared default, so its absence is not seen"
                ),
                "declare it in the signature, or capture it and test `{ is = \"absent\" }`",
            );
            return;
        }
        let known: Vec<String> =
            known.iter().map(|&param| self.cx.names.resolve(param).to_owned()).collect();
        let message = format!("`{callee}` has no parameter `{name}`");
        self.cx.unknown(place, message, &name, known.iter().map(String::as_str));
    }
}

fn has_param(model: &CallModel, name: Symbol) -> bool {
    model.params.iter().any(|param| param.name == name)
}

fn takes_any_keyword(model: &CallModel) -> bool {
    model.params.iter().any(|param| param.kind == ParamKind::KwArgs)
}
