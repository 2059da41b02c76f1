//! What becomes of a label on the way from a term to a term that is made of it, inside one
//! function and without calls.

use std::sync::Arc;

use super::path::{Key, Path};
use super::search::Labels;
use crate::base::Symbol;
use crate::facts::{Const, Element, Entry, FnIr, Mutation, Op, SeqKind, Term, TermId};
use crate::link::{Cx, FnRef, Frame, TermRef};
use crate::syntax::ast::{BinOp, BoolOp, CmpOp, CompKind};

/// Most characters of a secret that are no more than a hint at which one it is.
const HINT: i64 = 8;

/// A structural edge: from `from`, labelled at `path`, to `to`.
pub struct Edge<'a> {
    /// The body.
    pub ir: &'a FnIr,
    /// Its terms looked at for themselves.
    pub frame: &'a Arc<Frame>,
    /// What is labelled.
    pub from: TermId,
    /// Where in it.
    pub path: Path,
    /// What is made of it.
    pub to: TermId,
    /// The labels.
    pub labels: Labels,
    /// Which of them parts carry.
    pub shares: Shares,
}

/// What becomes of labels where a part of what carries them is taken.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Labels that attributes carry, too.
    pub attributes: Labels,
    /// Labels that items and elements carry, too.
    pub items: Labels,
}

impl Edge<'_> {
    /// The labels that `to` may carry.
    pub fn kept(&self, cx: &Cx<'_, '_>) -> Labels {
        match &self.ir.terms[self.to] {
            // One of the elements carries them, nobody knows which.
            Term::Unpack(..) if self.path.first() == Some(Key::Any) => self.told_by_name(cx),
            // Where a path leads to the labels, it is followed.
            _ if !self.path.is_whole() => self.labels,
            Term::Attr(..) => self.labels & self.shares.attributes,
            Term::Item(object, key) if *object == self.from => match &self.ir.terms[*key] {
                Term::Slice(_) => self.labels,
                // Secrets have no keys: what has some holds them, and other things.
                Term::Const(Const::Str(key)) => {
                    self.labels & self.shares.items & self.meant_by(cx, &[key.to_string()])
                }
                _ => self.labels & self.shares.items,
            },
            Term::Iter(_) | Term::Unpack(..) | Term::UnpackRest(_) => {
                self.labels & self.shares.items
            }
            _ => self.labels,
        }
    }

    /// The labels but for those that a name usually tells of, when the name that is bound to does
    /// not.
    fn told_by_name(&self, cx: &Cx<'_, '_>) -> Labels {
        let to = cx.as_written(TermRef { func: self.frame.func, term: self.to });
        let names = cx.spelled_names(&to);
        if names.is_empty() { self.labels } else { self.labels & self.meant_by(cx, &names) }
    }

    /// All labels but those that have vocabularies of names which none of these is in.
    fn meant_by(&self, cx: &Cx<'_, '_>, names: &[String]) -> Labels {
        let library = &cx.project.rules.library;
        let others = library.label_models.iter().filter(|(_, model)| {
            !model.names.is_empty() && !names.iter().any(|name| cx.means(name, &model.names))
        });
        let others: Vec<Symbol> = others.map(|(label, _)| *label).collect();
        !super::bits(cx.project, &others)
    }

    /// The labels that the result of a method of `from` may carry.
    pub fn kept_by(&self, method: &str) -> Labels {
        match method {
            _ if !self.path.is_whole() => self.labels,
            _ if super::containers::reads_key(method) => self.labels & self.shares.attributes,
            "split" | "rsplit" | "partition" | "rpartition" | "values" => {
                self.labels & self.shares.items
            }
            _ => self.labels,
        }
    }

    /// Where the labels are in `to`: nowhere, or at one or several places.
    pub fn paths(&self, cx: &Cx<'_, '_>) -> Vec<Path> {
        let path = self.path;
        match &self.ir.terms[self.to] {
            Term::Attr(_, name) => self.attribute(*name),
            Term::Item(object, key) if *object == self.from => self.item(cx, *key),
            Term::Seq { kind, items } => self.display(*kind, items),
            Term::Dict(entries) => self.dict(cx, entries),
            Term::Concat(_) => self.shown(cx),
            Term::Op(op, operands) => self.operator(cx, *op, operands),
            Term::Phi(operands) => {
                let taken = operands.iter().filter(|(_, t)| *t == self.from).any(|(guard, _)| {
                    guard.is_none_or(|guard| {
                        cx.refuel();
                        cx.eval(guard.test, self.frame).truth().is_none_or(|t| t == guard.value)
                            && (guard.value || !self.tests_for_secrets(cx, guard.test))
                    })
                });
                if taken { vec![path] } else { Vec::new() }
            }
            Term::Await(_) | Term::Escaped { .. } => vec![path],
            Term::Enter(_) => match path.first() {
                Some(Key::Any) => vec![path.rest()],
                _ => vec![path],
            },
            Term::Iter(_) => self.element(cx),
            Term::Unpack(_, index) => {
                let key = if *index < 0 { Key::Any } else { Key::of_index(i64::from(*index)) };
                path.item(key).into_iter().collect()
            }
            Term::UnpackRest(_) => match path.first() {
                None => vec![path],
                Some(Key::Attr(_) | Key::Text) => Vec::new(),
                Some(_) => vec![path.rest().below(Key::Any)],
            },
            Term::Comp { kind, key, elt, .. } => {
                let held = if *kind == CompKind::Dict { Key::Unknown } else { Key::Any };
                let of_element = (*elt == self.from).then(|| path.below(held));
                let of_key = (*key == Some(self.from) && path.is_whole())
                    .then(|| Path::of(Key::Any))
                    .filter(|_| *kind == CompKind::Dict);
                of_element.or(of_key).into_iter().collect()
            }
            Term::Update { base, path: keys, op } => self.update(cx, *base, keys, op),
            Term::Yield(_) => Vec::new(),
            _ => Vec::new(),
        }
    }

    /// `key in SENSITIVE`, where the names of that collection mean secrets: what is left when it
    /// does not hold is what others may see.
    fn tests_for_secrets(&self, cx: &Cx<'_, '_>, test: TermId) -> bool {
        let Term::Op(Op::Compare(CmpOp::In), operands) = &self.ir.terms[test] else { return false };
        let [_, names] = &operands[..] else { return false };
        cx.refuel();
        let names = cx.eval(*names, self.frame);
        let Some((names, _)) = crate::link::elements(&names) else { return false };
        let secret: Vec<crate::base::Symbol> = cx
            .project
            .rules
            .library
            .label_models
            .values()
            .flat_map(|model| model.names.iter().copied())
            .collect();
        names.iter().filter_map(|name| name.as_str()).any(|name| cx.means(name, &secret))
    }

    fn attribute(&self, name: crate::base::Symbol) -> Vec<Path> {
        match self.path.first() {
            None => vec![self.path],
            Some(Key::Attr(own)) if own == name => vec![self.path.rest()],
            _ => Vec::new(),
        }
    }

    fn item(&self, cx: &Cx<'_, '_>, key: TermId) -> Vec<Path> {
        match &self.ir.terms[key] {
            Term::Slice(bounds) => match self.path.first() {
                None if self.is_hint(cx, bounds) => Vec::new(),
                None => vec![self.path],
                Some(Key::Attr(_) | Key::Text) => Vec::new(),
                Some(_) => vec![self.path.rest().below(Key::Any)],
            },
            _ => self.path.item(self.key(cx, key)).into_iter().collect(),
        }
    }

    /// Whether a slice leaves no more than a few characters, from which nobody gets in.
    fn is_hint(&self, cx: &Cx<'_, '_>, bounds: &[Option<TermId>; 3]) -> bool {
        let number = |bound: Option<TermId>| {
            let constant = self.constant(cx, bound?).or_else(|| self.default_of(cx, bound?));
            match constant? {
                Const::Int(n) => Some(n),
                _ => None,
            }
        };
        let [lower, upper, _] = *bounds;
        match (number(lower), number(upper)) {
            (_, Some(end)) if end > 0 => end - number(lower).unwrap_or(0).max(0) <= HINT,
            (Some(start), _) if start < 0 && upper.is_none() => -start <= HINT,
            _ => false,
        }
    }

    /// The default of a parameter: what helpers that shorten leave as long as nobody asks for more.
    fn default_of(&self, cx: &Cx<'_, '_>, term: TermId) -> Option<Const> {
        let Term::Param(index) = self.ir.terms[term] else { return None };
        let default = self.ir.params.get(index as usize)?.default?;
        let parent = FnRef { unit: self.frame.func.unit, func: self.ir.parent? };
        cx.refuel();
        cx.eval(default, &Frame::open(parent)).as_const().cloned()
    }

    fn display(&self, kind: SeqKind, items: &[Element]) -> Vec<Path> {
        let mut paths = Vec::new();
        let mut certain = kind != SeqKind::Set;
        for (index, item) in (0i64..).zip(items) {
            let key = if certain { Key::of_index(index) } else { Key::Any };
            if item.value == self.from {
                paths.extend(match item.star {
                    false => Some(self.path.below(key)),
                    true => self.path.item(Key::Any).map(|inner| inner.below(Key::Any)),
                });
            }
            certain &= !item.star;
        }
        paths
    }

    fn dict(&self, cx: &Cx<'_, '_>, entries: &[Entry]) -> Vec<Path> {
        let mut paths = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if entry.key == Some(self.from) && self.path.is_whole() {
                paths.push(Path::of(Key::Any));
            }
            if entry.value != self.from {
                continue;
            }
            match entry.key {
                Some(key) => {
                    let key = self.key(cx, key);
                    let later = &entries[index + 1..];
                    let replaced = key != Key::Unknown
                        && later.iter().any(|e| e.key.is_some_and(|k| self.key(cx, k) == key));
                    if !replaced {
                        paths.push(self.path.below(key));
                    }
                }
                None if self.path.in_items() => paths.push(self.path),
                None => {}
            }
        }
        paths
    }

    /// The key that a term is.
    pub fn key(&self, cx: &Cx<'_, '_>, term: TermId) -> Key {
        match &self.ir.terms[term] {
            Term::Const(key) => Key::of_const(key),
            _ => super::cells::key_of(cx, term, self.frame),
        }
    }

    fn operator(&self, cx: &Cx<'_, '_>, op: Op, operands: &[TermId]) -> Vec<Path> {
        match op {
            Op::Binary(BinOp::Mod) => self.formatted(cx, operands),
            Op::Format(_) => self.shown(cx),
            Op::Binary(BinOp::Add) if self.path.is_whole() => vec![self.path],
            Op::Binary(BinOp::Add | BinOp::BitOr | BinOp::Mul) => {
                let keyed =
                    self.path.first().is_some_and(|key| !matches!(key, Key::Attr(_) | Key::Text));
                if keyed { vec![self.path] } else { Vec::new() }
            }
            Op::Bool(BoolOp::Or) => vec![self.path],
            // `a and b` is `a` only when that is empty.
            Op::Bool(BoolOp::And) if operands.last() == Some(&self.from) => vec![self.path],
            _ => Vec::new(),
        }
    }

    /// `"…%(name)s…" % values`: of a dict, what the template names.
    fn formatted(&self, cx: &Cx<'_, '_>, operands: &[TermId]) -> Vec<Path> {
        let template = operands.first().and_then(|term| self.constant(cx, *term));
        let named = match (template, self.path.first()) {
            (Some(Const::Str(text)), Some(own @ Key::Item(_))) => {
                super::containers::percent_names(&text).map(|names| names.contains(&own))
            }
            _ => None,
        };
        match named {
            Some(false) => Vec::new(),
            _ => self.shown(cx),
        }
    }

    /// A text that shows the value.
    fn shown(&self, cx: &Cx<'_, '_>) -> Vec<Path> {
        let shown = super::text::is_shown(cx, self.from, self.path, self.frame);
        if shown { vec![Path::WHOLE] } else { Vec::new() }
    }

    /// What iterating gives: of dicts the keys.
    pub fn element(&self, cx: &Cx<'_, '_>) -> Vec<Path> {
        match self.path.first() {
            None => vec![self.path],
            Some(Key::Attr(_) | Key::Text) => Vec::new(),
            Some(_) => {
                cx.refuel();
                let ty = cx.type_of_term(self.from, self.frame);
                let is_dict = matches!(&ty, Some(crate::link::Ty::Lib(path))
                    if path.len() == 1 && cx.project.name(path[0]) == "dict");
                if is_dict { Vec::new() } else { vec![self.path.rest()] }
            }
        }
    }

    /// A container after a mutation: what was in it, if it still is, and what was put in.
    fn update(&self, cx: &Cx<'_, '_>, base: TermId, keys: &[TermId], op: &Mutation) -> Vec<Path> {
        let mut paths = Vec::new();
        let within =
            |path: Path| keys.iter().rev().fold(path, |path, key| path.below(self.key(cx, *key)));
        if base == self.from && !self.is_replaced(cx, keys, op) {
            paths.push(self.path);
        }
        match op {
            Mutation::Set { key, value, .. } if *value == self.from => {
                paths.push(within(self.path.below(self.key(cx, *key))));
            }
            Mutation::Method { name, args, .. } => {
                let name = cx.project.name(*name);
                for (index, arg) in args.iter().enumerate().filter(|(_, a)| a.value == self.from) {
                    let put = super::containers::put(cx, self, name, args, index, arg);
                    paths.extend(put.map(within));
                }
            }
            _ => {}
        }
        paths
    }

    /// Whether a mutation replaces or removes the labelled part.
    fn is_replaced(&self, cx: &Cx<'_, '_>, keys: &[TermId], op: &Mutation) -> bool {
        let mut path = self.path;
        for key in keys {
            match path.first() {
                Some(own @ Key::Item(_)) if own == self.key(cx, *key) => path = path.rest(),
                _ => return false,
            }
        }
        let is = |key: TermId| matches!(path.first(), Some(own @ Key::Item(_)) if own == self.key(cx, key));
        match op {
            Mutation::Set { key, .. } | Mutation::Delete(key) => is(*key),
            Mutation::Method { name, args, .. } => match cx.project.name(*name) {
                "clear" => true,
                "pop" => args.first().is_some_and(|arg| is(arg.value)),
                "update" => args.iter().any(|arg| match arg.kind {
                    crate::syntax::ast::ArgKind::Keyword(name) => {
                        path.first() == Some(Key::of_text(cx.project.name(name)))
                    }
                    _ => false,
                }),
                _ => false,
            },
        }
    }

    /// The constant that a key of the call `args` is.
    pub fn constant(&self, cx: &Cx<'_, '_>, term: TermId) -> Option<Const> {
        cx.refuel();
        cx.eval(term, self.frame).as_const().cloned()
    }
}
