//! From the edits of a rule to what is to change at a match.
//!
//! Checks know values and the places of code, not how it is written: whether a file lets an
//! intent be carried out, and how, is found out where its text is at hand.

use super::{Found, Target, condition};
use crate::base::{Loc, Symbol};
use crate::facts::{ArgTerm, Term};
use crate::finding::{Change, Intent, Node, Piece, Replaced, Snippet};
use crate::link::{Cx, Frame, Kind, Spot, TermRef, Tri, Val};
use crate::rule::RECEIVER;
use crate::rule::library::{CallModel, RoleRoot};
use crate::rule::model::{
    Condition, EditAction, EditRule, Pat, Pattern, PatternKind, Pred, RuleMatch, Subject, Template,
    TemplatePart, VarId,
};
use crate::syntax::ast::{ArgKind, ParamKind};

/// A setting as a rule found it.
#[derive(Debug, Clone)]
pub(super) struct SettingFound {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// Its value in force.
    pub value: Val,
    /// Whether it is set in the project.
    pub set: bool,
    /// Whether what it is a part of is set there.
    pub parent_set: bool,
}

/// What the edits of a branch want changed at a match: alternatives in their order.
pub(super) fn intents(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &Found<'_>,
) -> Vec<Intent> {
    // What a wrapper does is not mended at its callers.
    if branch.edits.is_empty() || !found.inside.is_empty() {
        return Vec::new();
    }
    let planner = Planner { target, cx, branch, found };
    branch.edits.iter().filter_map(|edit| planner.intent(edit)).collect()
}

struct Planner<'c, 'm, 'p, 'r, 's> {
    target: Target<'c, 'r>,
    cx: &'c Cx<'p, 's>,
    branch: &'c RuleMatch,
    found: &'c Found<'m>,
}

impl Planner<'_, '_, '_, '_, '_> {
    fn intent(&self, edit: &EditRule) -> Option<Intent> {
        let holds = |(var, pred): &(VarId, Pred)| {
            self.cx.refuel();
            let mut bindings = self.found.bindings.clone();
            let value = self.found.bindings.get(*var);
            value.is_some_and(|value| self.cx.holds(pred, value, &mut bindings) == Tri::Yes)
        };
        let agrees = |condition: &Condition| {
            let bindings = &self.found.bindings;
            condition::holds(self.target, self.cx, condition, bindings, Some(self.found))
        };
        if !edit.wheres.iter().all(holds)
            || !edit.when.iter().all(agrees)
            || edit.unless.iter().any(agrees)
        {
            return None;
        }
        Some(Intent {
            title: edit.title.clone(),
            safety: edit.safety,
            subject: self.found.loc,
            change: self.change(edit)?,
            imports: edit.imports.clone(),
        })
    }

    fn change(&self, edit: &EditRule) -> Option<Change> {
        if let EditAction::Statement { before, code } = &edit.action {
            let near = self.found.loc;
            return Some(Change::Statement { near, before: *before, code: self.snippet(code)? });
        }
        let (node, value) = match edit.at {
            Some(var) if self.is_receiver(var) => (Node::Receiver(self.found.loc), None),
            Some(var) => (self.captured(var)?, Some(self.found.bindings.get(var)?)),
            None => (Node::at(self.found.loc), self.found.setting.as_ref().map(|s| &s.value)),
        };
        let (node, old) = match (&edit.item, value) {
            (Some(pred), value) => {
                let (node, item) = self.item(node, value?, pred)?;
                (node, replaced(&item))
            }
            (None, Some(value)) => (node, replaced(value)),
            (None, None) if edit.at.is_some() => (node, Some(Replaced::Name)),
            (None, None) => (node, Some(Replaced::Matched)),
        };
        match &edit.action {
            EditAction::Replace(code) => {
                let unset = self.found.setting.as_ref().filter(|s| !s.set && edit.at.is_none());
                if let Some(setting) = unset {
                    return self.set(setting, code);
                }
                Some(Change::Replace { node, old: old?, with: self.snippet(code)? })
            }
            EditAction::Argument { name, value } => {
                let positional = self.positional(edit.at, name);
                let value = self.snippet(value)?;
                Some(Change::Argument { call: node, name: name.clone(), value, positional })
            }
            EditAction::Delete => Some(Change::Delete(node)),
            EditAction::Keys(entries) => {
                let entries =
                    entries.iter().map(|(key, code)| Some((key.clone(), self.snippet(code)?)));
                Some(Change::Keys { node, entries: entries.collect::<Option<_>>()? })
            }
            EditAction::Statement { .. } => None,
        }
    }

    /// Sets a setting that is not set: beside others, or as an entry of what it is a part of.
    fn set(&self, setting: &SettingFound, code: &Template) -> Option<Change> {
        let value = self.snippet(code)?;
        let (last, parents) = setting.path.split_last()?;
        if !parents.is_empty() {
            let entries = vec![(last.clone(), value)];
            return setting
                .parent_set
                .then_some(Change::Keys { node: Node::at(self.found.loc), entries });
        }
        let framework = &self.found.namespace?.framework;
        let models = &self.target.project.rules.library.settings;
        let attribute = models.iter().find(|model| model.framework == *framework);
        let attribute = attribute.and_then(|model| model.attribute);
        Some(Change::Setting {
            near: self.found.loc,
            key: last.clone(),
            value,
            attribute: attribute.map(|name| self.target.project.name(name).to_owned()),
        })
    }

    fn snippet(&self, code: &Template) -> Option<Snippet> {
        let parts = code.parts.iter().map(|part| {
            Some(match part {
                TemplatePart::Text(text) => Piece::Text(text.clone()),
                // The code is wanted here as it is written at the match.
                TemplatePart::Var(var) => match self.captured(*var)? {
                    Node::Given { written, .. } => Piece::Source(Node::at(written)),
                    node => Piece::Source(node),
                },
            })
        });
        parts.collect()
    }

    /// The code that a variable captured: by its position in the pattern, else by its value.
    fn captured(&self, var: VarId) -> Option<Node> {
        if self.is_receiver(var) {
            return Some(Node::Receiver(self.found.loc));
        }
        let value = self.found.bindings.get(var)?;
        let made = self.made_at(value);
        let Subject::Pattern(subject) = &self.branch.subject else { return made.map(Node::at) };
        let direct = subject.patterns.iter().find_map(|pattern| self.position(pattern, var));
        match direct {
            Some(Node::Given { written, .. }) => Some(Node::Given { written, made }),
            None => made.map(Node::at),
            other => other,
        }
    }

    fn is_receiver(&self, var: VarId) -> bool {
        self.found.bindings.get(var).is_none()
            && self.branch.vars.get(usize::from(var)).is_some_and(|name| name == RECEIVER)
    }

    /// Where a value is made. Equal constants and names are one term with one place, so only
    /// displays and calls tell.
    fn made_at(&self, value: &Val) -> Option<Loc> {
        let origin = value.origin.as_ref()?;
        let term = self.target.project.term(origin.term);
        let own = matches!(term, Term::Call { .. } | Term::Dict(_) | Term::Seq { .. });
        let span = self.target.project.ir(origin.term.func).spans[origin.term.term];
        own.then(|| self.target.project.loc(origin.term.func.unit, span))
    }

    fn position(&self, pattern: &Pattern, var: VarId) -> Option<Node> {
        let is_it = |pat: &Pat| matches!(pat, Pat::Var(own) if *own == var);
        match &pattern.kind {
            PatternKind::Expr(pat) => self.position_in(pat, var, self.matched()?),
            PatternKind::Assign { value, .. } if is_it(value) => Some(Node::at(self.found.loc)),
            PatternKind::Return(Some(value)) if is_it(value) => Some(Node::at(self.found.loc)),
            _ => None,
        }
    }

    /// The call or other expression that was matched.
    fn matched(&self) -> Option<TermRef> {
        match self.found.spot? {
            Spot::Call(site) => Some(TermRef { func: site.func, term: site.term }),
            Spot::Expr(at) => Some(at),
            _ => None,
        }
    }

    fn loc(&self, at: TermRef) -> Loc {
        let project = self.target.project;
        project.loc(at.func.unit, project.ir(at.func).spans[at.term])
    }

    fn position_in(&self, pat: &Pat, var: VarId, at: TermRef) -> Option<Node> {
        let is_it = |pat: &Pat| matches!(pat, Pat::Var(own) if *own == var);
        match (pat, self.target.project.term(at)) {
            (Pat::Op(_, operands), Term::Op(_, terms)) => {
                let own = operands.iter().position(is_it);
                let own = own.map(|n| Node::Operand(self.found.loc, n));
                own.or_else(|| {
                    // In a call that is an operand.
                    operands.iter().zip(terms).find_map(|(pat, term)| match pat {
                        Pat::Op(..) => None,
                        pat => self.position_in(pat, var, TermRef { term: *term, ..at }),
                    })
                })
            }
            (Pat::Call { func, args, .. }, Term::Call { .. }) => {
                if matches!(&**func, Pat::Attr(object, _) if is_it(object)) {
                    return Some(Node::Receiver(self.loc(at)));
                }
                let arg = args.iter().position(|arg| is_it(&arg.value))?;
                let before = args[..arg].iter().filter(|arg| arg.name.is_none()).count();
                let model = self.model(at);
                match args[arg].name {
                    Some(name) => self.argument(at, model, name),
                    None => self.nth_argument(at, model, before),
                }
            }
            (Pat::Concept { roles, .. }, Term::Call { .. }) => {
                let (role, _) = roles.iter().find(|(_, pat)| is_it(pat))?;
                let model = self.model(at)?;
                let expr = model.roles.get(role).filter(|expr| expr.path.is_empty())?;
                match expr.root {
                    RoleRoot::Param(name) => self.argument(at, Some(model), name),
                    RoleRoot::Receiver => Some(Node::Receiver(self.loc(at))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The argument that gives this parameter of the matched call by position.
    fn positional(&self, at: Option<VarId>, name: &str) -> Option<Loc> {
        let (None, Some(Spot::Call(_))) = (at, self.found.spot) else { return None };
        let site = self.matched()?;
        let model = self.model(site)?;
        let name = self.target.project.names.get(name)?;
        let position = position_of(model, name)?;
        self.by_position(site, position)
    }

    fn model(&self, site: TermRef) -> Option<&CallModel> {
        let Term::Call { func, .. } = &self.target.project.ir(site.func).terms[site.term] else {
            return None;
        };
        self.cx.library_model(*func, &Frame::open(site.func))
    }

    fn nth_argument(&self, site: TermRef, model: Option<&CallModel>, n: usize) -> Option<Node> {
        let declared = model.and_then(|model| positional_params(model).nth(n));
        match declared {
            Some(name) => self.argument(site, model, name),
            None => self.by_position(site, n).map(Node::at),
        }
    }

    fn argument(&self, site: TermRef, model: Option<&CallModel>, name: Symbol) -> Option<Node> {
        let by_name = self.arguments(site)?.iter().find(|arg| arg.kind == ArgKind::Keyword(name));
        if let Some(arg) = by_name {
            return Some(Node::at(self.target.project.loc(site.func.unit, arg.span)));
        }
        self.by_position(site, position_of(model?, name)?).map(Node::at)
    }

    fn by_position(&self, site: TermRef, n: usize) -> Option<Loc> {
        let args = self.arguments(site)?;
        let upto = args.get(..=n)?;
        let plain = upto.iter().all(|arg| arg.kind == ArgKind::Positional);
        plain.then(|| self.target.project.loc(site.func.unit, upto[n].span))
    }

    fn arguments(&self, site: TermRef) -> Option<&[ArgTerm]> {
        match &self.target.project.ir(site.func).terms[site.term] {
            Term::Call { args, .. } => Some(args),
            _ => None,
        }
    }

    /// The item, or the entry by its key, that a condition means, and its value.
    fn item(&self, node: Node, value: &Val, pred: &Pred) -> Option<(Node, Val)> {
        let holds = |value: &Val| {
            self.cx.refuel();
            self.cx.holds(pred, value, &mut self.found.bindings.clone()) == Tri::Yes
        };
        let node = Box::new(node);
        if let Some(seq) = value.as_seq().filter(|seq| !seq.open) {
            let index = seq.items.iter().position(holds)?;
            return Some((Node::Item(node, index), seq.items[index].clone()));
        }
        let (key, value) = value.as_dict()?.entries.iter().find(|(key, _)| holds(key))?;
        Some((Node::Entry(node, key.as_str()?.to_owned()), value.clone()))
    }
}

/// What the code of a value must be to be replaced; none for what it reads from somewhere.
fn replaced(value: &Val) -> Option<Replaced> {
    match &value.kind {
        Kind::Const(_) | Kind::Secret(_) => Some(Replaced::Literal),
        Kind::Dict(dict) => (!dict.open).then_some(Replaced::Literal),
        Kind::Seq(seq) => (!seq.open).then_some(Replaced::Literal),
        Kind::Lib(_) => Some(Replaced::Name),
        // A call of a library with literals, perhaps; the file tells.
        Kind::Opaque => Some(Replaced::Literal),
        _ => None,
    }
}

fn positional_params(model: &CallModel) -> impl Iterator<Item = Symbol> + '_ {
    let by_position = |kind| matches!(kind, ParamKind::PositionalOnly | ParamKind::Normal);
    model.params.iter().filter(move |param| by_position(param.kind)).map(|param| param.name)
}

fn position_of(model: &CallModel, name: Symbol) -> Option<usize> {
    positional_params(model).position(|own| own == name)
}
