//! Labels a value carries by itself: where it was made, what it is made of, what it is called.
//!
//! This looks through local variables, constants, text building and the project's small helpers;
//! flows between functions are the solver's.

use std::rc::Rc;

use super::tri::{Bindings, Tri};
use super::types::Ty;
use super::value::{Frame, Kind, Origin, Part, Val};
use super::{Asked, Cx, FnRef};
use crate::base::{FxHashMap, Symbol};
use crate::facts::{Const, InstrKind, Op, Term, TermId};
use crate::rule::flow_models::{LabelModel, SourceModel};
use crate::rule::model::PatternKind;
use crate::syntax::ast::BinOp;

impl Cx<'_, '_> {
    /// Whether a value carries one of `labels`, or a label below one of them.
    pub fn carries(&self, value: &Val, labels: &[Symbol]) -> bool {
        self.deeper(|| self.carries_inner(value, labels)).unwrap_or(false)
    }

    fn carries_inner(&self, value: &Val, labels: &[Symbol]) -> bool {
        let own = match &value.kind {
            Kind::Text(parts) => parts.iter().any(|part| match part {
                Part::Hole(hole) => self.carries(hole, labels),
                Part::Lit(_) => false,
            }),
            Kind::OneOf(values) => values.iter().any(|v| self.carries(v, labels)),
            Kind::Seq(seq) => seq.items.iter().any(|v| self.carries(v, labels)),
            Kind::Dict(dict) => dict.entries.iter().any(|(k, v)| {
                self.carries(v, labels)
                    || k.as_str().is_some_and(|key| self.valued(v) && self.means(key, labels))
            }),
            Kind::Env(env) => env.key.as_ref().is_some_and(|key| self.means(key, labels)),
            Kind::Setting(setting) => {
                setting.path.last().is_some_and(|key| self.means(key, labels))
            }
            // An object of a library that has a name of its own: `flask_login.current_user`.
            Kind::Lib(_) => self.is_source(value, labels),
            // A constant computed from a labelled value (the default of a setting) keeps the label.
            Kind::Const(_) if self.is_written(value) => return false,
            Kind::Absent => return false,
            _ => false,
        };
        own || value.origin.as_ref().is_some_and(|origin| self.origin_carries(origin, labels))
    }

    /// Whether a constant is written as such where it comes from.
    fn is_written(&self, value: &Val) -> bool {
        let origin = value.origin.as_ref();
        origin.is_none_or(|o| matches!(self.project.term(o.term), Term::Const(_)))
    }

    /// Whether a dict entry holds something: `{"token": None}` leaks nothing.
    fn valued(&self, value: &Val) -> bool {
        !matches!(value.kind, Kind::Const(Const::None | Const::Bool(_)))
    }

    fn origin_carries(&self, origin: &Origin, labels: &[Symbol]) -> bool {
        self.once(origin.term, Asked::Labels, || self.term_carries(origin, labels)).unwrap_or(false)
    }

    fn term_carries(&self, origin: &Origin, labels: &[Symbol]) -> bool {
        let below = |term: TermId| {
            let value = self.eval(term, &origin.frame);
            self.carries(&value, labels)
        };
        let value = Val::opaque().from_origin(origin.clone());
        if let Some((keeps, adds)) = self.sanitized(&value) {
            let kept: Vec<Symbol> =
                keeps.into_iter().filter(|l| self.label_is(*l, labels)).collect();
            let args = match self.project.term(origin.term) {
                Term::Call { args, .. } if !kept.is_empty() => &args[..],
                _ => &[],
            };
            return adds.iter().any(|l| self.label_is(*l, labels))
                || args.iter().any(|arg| {
                    let value = self.eval(arg.value, &origin.frame);
                    self.carries(&value, &kept)
                });
        }
        if self.is_source(&value, labels) {
            return true;
        }
        let term = self.project.term(origin.term);
        let made_of = match term {
            Term::Call { func, args } => {
                // Text methods and conversions keep what they are given.
                let receiver = match &self.project.ir(origin.term.func).terms[*func] {
                    Term::Attr(object, _) if self.is_text(*object, origin) => below(*object),
                    _ => false,
                };
                // What a text joins is in the result.
                let joins = match &self.project.ir(origin.term.func).terms[*func] {
                    Term::Attr(object, name) if self.project.name(*name) == "join" => {
                        self.is_text(*object, origin) && args.iter().any(|a| below(a.value))
                    }
                    _ => false,
                };
                receiver
                    || joins
                    || (self.is_conversion(*func, origin) && args.iter().any(|a| below(a.value)))
                    || self.helper_carries(origin, labels)
                    || self.likely_protected(*func, origin, labels)
            }
            Term::Concat(parts) => parts.iter().any(|t| below(*t)),
            Term::Op(
                Op::Binary(BinOp::Add | BinOp::Mod) | Op::Bool(_) | Op::Format(_),
                operands,
            ) => operands.iter().any(|t| below(*t)),
            Term::Phi(operands) => operands.iter().any(|(_, t)| below(*t)),
            Term::Await(inner) | Term::Update { base: inner, .. } => below(*inner),
            Term::Item(object, key)
                if matches!(self.project.ir(origin.term.func).terms[*key], Term::Slice(_)) =>
            {
                below(*object)
            }
            Term::Item(object, _) | Term::Attr(object, _) => {
                // A part of request input is request input; a part of all headers is not all.
                let value = self.eval(*object, &origin.frame);
                let models = &self.project.rules.library.label_models;
                let of_whole = |label: &Symbol| models.get(label).is_some_and(|m| m.whole);
                let shared: Vec<Symbol> =
                    labels.iter().copied().filter(|label| !of_whole(label)).collect();
                self.is_source(&value, &shared)
            }
            _ => false,
        };
        made_of || self.named(origin, labels)
    }

    /// Whether a small function of the project returns what carries one of the labels.
    fn helper_carries(&self, origin: &Origin, labels: &[Symbol]) -> bool {
        let entered = self.entered(origin).filter(|frame| self.is_small(frame.func));
        let value = entered.and_then(|entered| self.returned(&entered));
        value.is_some_and(|value| self.carries(&value, labels))
    }

    /// Whether a call on something unknown most likely calls the one method of that name, and
    /// that returns something protected. A guess that can only silence: it is made for labels
    /// that nothing but sanitizers give.
    fn likely_protected(&self, func: TermId, origin: &Origin, labels: &[Symbol]) -> bool {
        let given = |label: &Symbol| {
            let mut all = self.project.rules.library.sanitizers.iter();
            all.any(|sanitizer| sanitizer.adds.contains(label))
        };
        if !labels.iter().all(given) {
            return false;
        }
        let callee = self.callee(func, &origin.frame);
        let super::Callee::Unknown { name: Some(name), receiver: Some(_) } = callee else {
            return false;
        };
        let method = self.project.graph.only_method(name);
        let returned = method.and_then(|method| self.returned(&Frame::open(method)));
        returned.is_some_and(|value| self.carries(&value, labels))
    }

    fn named(&self, origin: &Origin, labels: &[Symbol]) -> bool {
        let value = Val::opaque().from_origin(origin.clone());
        let named = self.spelled_names(&value).iter().any(|name| self.means(name, labels));
        if named {
            self.note(|n| n.guessed = true);
        }
        named
    }

    fn is_text(&self, term: TermId, origin: &Origin) -> bool {
        let value = self.eval(term, &origin.frame);
        match self.type_of_val(&value) {
            Some(Ty::Lib(path)) => path.len() == 1,
            Some(Ty::Class(_)) => false,
            None => true,
        }
    }

    /// `str(x)`, `bytes(x)`, `repr(x)` and what library models say returns its argument.
    fn is_conversion(&self, func: TermId, origin: &Origin) -> bool {
        let value = self.eval(func, &origin.frame);
        let Kind::Lib(path) = &value.kind else { return false };
        match &path[..] {
            [name] => {
                matches!(
                    self.project.name(*name),
                    "str" | "bytes" | "repr" | "format" | "hex" | "list" | "tuple"
                )
            }
            _ => self.call_model(path).is_some_and(|m| m.returns_param.is_some()),
        }
    }

    /// Whether a value is a declared source of one of the labels.
    fn is_source(&self, value: &Val, labels: &[Symbol]) -> bool {
        if let Some(origin) = self.call_origin(value)
            && let Term::Call { func, .. } = self.project.term(origin.term)
        {
            let model = self.library_model(*func, &origin.frame);
            if model.is_some_and(|m| m.returns_labels.iter().any(|l| self.label_is(*l, labels))) {
                return true;
            }
        }
        if self.url_labels(value).iter().any(|l| self.label_is(*l, labels)) {
            return true;
        }
        if self.attribute_labels(value).iter().any(|l| self.label_is(*l, labels)) {
            return true;
        }
        self.project.sources.of(&self.origin_names(value)).any(|source| {
            source.labels.iter().any(|l| self.label_is(*l, labels))
                && self.is_declared(source, value)
        })
    }

    /// Whether a value is what a library pack declares as a source.
    pub(super) fn is_declared(&self, source: &SourceModel, value: &Val) -> bool {
        let PatternKind::Expr(pat) = &source.pattern.kind else { return false };
        let mut vars = Bindings::new(source.vars.len());
        self.match_pat(pat, value, &mut vars) == Tri::Yes
            && self.holds_all(&source.wheres, &mut vars) == Tri::Yes
    }

    /// The labels of a parameter that a handler gets from the URL.
    pub(super) fn url_labels(&self, value: &Val) -> Vec<Symbol> {
        let Some(origin) = &value.origin else { return Vec::new() };
        let Term::Param(index) = self.project.term(origin.term) else { return Vec::new() };
        let parameters = &self.project.url_parameters;
        let Some(converters) = parameters.get(&(origin.term.func, *index)) else {
            return Vec::new();
        };
        let library = &self.project.rules.library;
        let carries = |model: &LabelModel| {
            model.urls && converters.iter().any(|name| !model.urls_except.contains(name))
        };
        let of_urls = |label: &&Symbol| library.label_models.get(*label).is_some_and(carries);
        library.labels.iter().filter(of_urls).copied().collect()
    }

    /// The names under which a pattern may know what a value is made by.
    pub(super) fn origin_names(&self, value: &Val) -> Vec<Symbol> {
        let mut names: Vec<Symbol> = match &value.kind {
            Kind::Lib(path) => path.last().copied().into_iter().collect(),
            _ => Vec::new(),
        };
        let Some(origin) = &value.origin else { return names };
        let mut at = origin.term.term;
        let terms = &self.project.ir(origin.term.func).terms;
        loop {
            at = match &terms[at] {
                Term::Call { func, .. } => *func,
                Term::Item(object, _) => *object,
                Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                Term::Attr(_, name) => {
                    names.push(*name);
                    break;
                }
                Term::Global(_) | Term::Import(_) | Term::Free(..) => {
                    let value = self.eval(at, &origin.frame);
                    match &value.kind {
                        Kind::Lib(path) => names.extend(path.last()),
                        Kind::Function(func) => names.push(self.project.ir(*func).name),
                        _ => {}
                    }
                    break;
                }
                _ => break,
            };
        }
        names
    }

    pub(super) fn attribute_labels(&self, value: &Val) -> Vec<Symbol> {
        let Some(origin) = &value.origin else { return Vec::new() };
        let Term::Attr(object, name) = self.project.term(origin.term) else { return Vec::new() };
        let object = self.eval(*object, &origin.frame);
        let Some(ty) = self.type_of_val(&object) else { return Vec::new() };
        let types = &self.project.rules.library.types;
        self.mro(&ty)
            .iter()
            .find_map(|t| match t {
                Ty::Lib(path) => types.get(path)?.labels.get(name).cloned(),
                Ty::Class(_) => None,
            })
            .unwrap_or_default()
    }

    /// The labels that survive a declared sanitizer and those it adds, when the value is made by
    /// one.
    pub(super) fn sanitized(&self, value: &Val) -> Option<(Vec<Symbol>, Vec<Symbol>)> {
        let names = self.origin_names(value);
        let mut sanitizers = self.project.sanitizers.of(&names);
        let hit = sanitizers.find(|s| match &s.pattern.kind {
            PatternKind::Expr(pat) => {
                let mut vars = Bindings::new(s.vars.len());
                self.match_pat(pat, value, &mut vars) == Tri::Yes
            }
            _ => false,
        })?;
        Some((hit.keeps.clone(), hit.adds.clone()))
    }

    /// Whether a label is one of `wanted` or below one of them (`request.query` below `request`).
    fn label_is(&self, label: Symbol, wanted: &[Symbol]) -> bool {
        let label = self.project.name(label);
        wanted.iter().any(|w| {
            let wanted = self.project.name(*w);
            label == wanted || label.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Whether a word means one of the vocabularies; for labels, those of the label's name.
    pub fn means(&self, word: &str, vocabularies: &[Symbol]) -> bool {
        vocabularies.iter().any(|vocabulary| {
            let mut known = self.words.borrow_mut();
            let words = known.entry(*vocabulary).or_default();
            if let Some(answer) = words.get(word) {
                return *answer;
            }
            let library = &self.project.rules.library;
            let answer =
                library.words.get(vocabulary).is_some_and(|list| list.matches(word, library));
            words.insert(word.into(), answer);
            answer
        })
    }

    /// The names a function binds its terms to.
    fn bound_names(&self, func: FnRef) -> Rc<BoundNames> {
        if let Some(known) = self.bound_names.borrow().get(&func) {
            return Rc::clone(known);
        }
        let mut names = BoundNames::default();
        for instr in self.project.ir(func).blocks.iter().flat_map(|b| &b.instrs) {
            if let InstrKind::Bind { name, value, .. } = &instr.kind {
                names.entry(*value).or_default().push(*name);
            }
        }
        let names = Rc::new(names);
        self.bound_names.borrow_mut().insert(func, Rc::clone(&names));
        names
    }

    /// What a value is called in the code: its variables, attribute, parameter or key.
    pub fn spelled_names(&self, value: &Val) -> Vec<String> {
        let Some(origin) = &value.origin else { return Vec::new() };
        let (func, term) = (origin.term.func, origin.term.term);
        let ir = self.project.ir(func);
        let mut names = Vec::new();
        match &ir.terms[term] {
            Term::Attr(_, name) | Term::Global(name) | Term::Free(_, name) => {
                names.push(self.project.name(*name).to_owned());
            }
            Term::Param(index) => {
                if let Some(param) = ir.params.get(*index as usize) {
                    names.push(self.project.name(param.name).to_owned());
                }
            }
            Term::Item(_, key) => {
                if let Term::Const(Const::Str(key)) = &ir.terms[*key] {
                    names.push(key.to_string());
                }
            }
            Term::Call { args, .. } => {
                // `request.args.get("token")`: the key is its name.
                let first = args.first().map(|a| &ir.terms[a.value]);
                if let (Some(Term::Const(Const::Str(key))), true) = (first, args.len() <= 2)
                    && key
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
                {
                    names.push(key.to_string());
                }
            }
            _ => {}
        }
        let bound = self.bound_names(func);
        let bound = bound.get(&term).into_iter().flatten();
        names.extend(bound.map(|name| self.project.name(*name).to_owned()));
        names
    }
}

/// The local names of terms.
pub type BoundNames = FxHashMap<TermId, Vec<Symbol>>;
