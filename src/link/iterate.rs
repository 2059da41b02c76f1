//! Iteration over known values: comprehensions, slices, functions applied to each element.

use std::ops::Range;
use std::sync::Arc;

use super::Cx;
use super::args::Actuals;
use super::eval::env_val;
use super::mutate::set_entry;
use super::value::{Frame, Kind, Val};
use crate::facts::{Const, SeqKind, Term, TermId};
use crate::syntax::ast::CompKind;

/// Elements beyond which an iteration is not followed.
pub const MAX_ELEMENTS: usize = 256;

/// A comprehension being evaluated.
struct Made {
    entries: Vec<(Val, Val)>,
    items: Vec<Val>,
    open: bool,
    /// The environment variable that one of the iterables hangs on.
    env: Option<Option<String>>,
}

impl Cx<'_, '_> {
    /// `[elt for … in … if …]` and its siblings, element by element.
    pub(super) fn comprehension(&self, comp: &Term, frame: &Arc<Frame>) -> Val {
        let Term::Comp { kind, iters, .. } = comp else { return Val::opaque() };
        let mut made = Made { entries: Vec::new(), items: Vec::new(), open: false, env: None };
        let twice = iters.iter().enumerate().any(|(i, iter)| iters[..i].contains(iter));
        if twice {
            // The elements of two loops over one term cannot be told apart.
            made.open = true;
        } else {
            self.comp_level(comp, 0, frame, &mut made);
        }
        let value = match kind {
            CompKind::Dict => Val::dict(made.entries, made.open),
            CompKind::List | CompKind::Generator => Val::seq(SeqKind::List, made.items, made.open),
            CompKind::Set => Val::seq(SeqKind::Set, made.items, made.open),
        };
        match made.env {
            Some(key) => env_val(key, value),
            None => value,
        }
    }

    fn comp_level(&self, comp: &Term, level: usize, frame: &Arc<Frame>, made: &mut Made) {
        let Term::Comp { iters, .. } = comp else { return };
        let Some(iter) = iters.get(level) else { return self.comp_element(comp, frame, made) };
        let iterable = self.eval(*iter, frame);
        if let Kind::Env(env) = &iterable.kind {
            made.env.get_or_insert_with(|| env.key.clone());
        }
        let Some((elements, open)) = elements(&iterable) else {
            made.open = true;
            return;
        };
        made.open |= open
            || (!matches!(comp, Term::Comp { kind: CompKind::Set, .. }) && is_unordered(&iterable));
        for element in elements {
            if made.items.len() + made.entries.len() > MAX_ELEMENTS {
                made.open = true;
                return;
            }
            self.with_element(frame.func, *iter, element, || {
                self.comp_level(comp, level + 1, frame, made);
            });
        }
    }

    fn comp_element(&self, comp: &Term, frame: &Arc<Frame>, made: &mut Made) {
        let Term::Comp { key, elt, tests, .. } = comp else { return };
        for test in tests {
            match self.eval(*test, frame).truth() {
                Some(true) => {}
                Some(false) => return,
                None => {
                    made.open = true;
                    return;
                }
            }
        }
        let value = self.eval(*elt, frame);
        match key {
            Some(key) => {
                let key = self.eval(*key, frame);
                made.open |= key.as_const().is_none();
                set_entry(&mut made.entries, key, value);
            }
            None => made.items.push(value),
        }
    }

    /// `value[lower:upper:step]`
    pub(super) fn slice(
        &self,
        value: &Val,
        parts: &[Option<TermId>; 3],
        frame: &Arc<Frame>,
    ) -> Val {
        let Some(bounds) = self.slice_bounds(parts, frame) else { return Val::opaque() };
        super::ops::lift(value, &|value| match &value.kind {
            Kind::Seq(seq) if !seq.open && seq.kind != SeqKind::Set => {
                let picked = picks(seq.items.len(), bounds);
                picked.map_or_else(Val::opaque, |picked| {
                    let items = picked.into_iter().filter_map(|i| seq.items.get(i).cloned());
                    Val::seq(seq.kind, items.collect(), false)
                })
            }
            Kind::Const(Const::Str(text)) => {
                let letters: Vec<char> = text.chars().collect();
                let picked = picks(letters.len(), bounds);
                picked.map_or_else(Val::opaque, |picked| {
                    let text: String = picked.into_iter().filter_map(|i| letters.get(i)).collect();
                    Val::text(&text)
                })
            }
            _ => Val::opaque(),
        })
    }

    /// The bounds and the step of a slice; none where one of them is not known.
    pub(super) fn slice_bounds(
        &self,
        parts: &[Option<TermId>; 3],
        frame: &Arc<Frame>,
    ) -> Option<[Option<i64>; 3]> {
        let mut bounds = [None; 3];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            let Some(part) = part else { continue };
            match self.eval(*part, frame).in_force().and_then(Val::as_const) {
                Some(Const::Int(n)) => *bound = Some(*n),
                Some(Const::None) => {}
                _ => return None,
            }
        }
        Some(bounds)
    }

    /// Calls a function value.
    pub(super) fn call_value(&self, func: &Val, args: Vec<Val>) -> Val {
        let actuals = Actuals { positional: args, ..Actuals::default() };
        match &func.kind {
            Kind::Function(f) if self.is_small(*f) => {
                let args = self.bind_fn(*f, None, &actuals);
                let frame = Frame::called(*f, Some(args), None, 1);
                self.returned(&frame).unwrap_or_else(Val::opaque)
            }
            // `str.strip`: a method of Python's own types, on the first argument.
            Kind::Lib(path) if path.len() == 2 => {
                let Some((receiver, rest)) = actuals.positional.split_first() else {
                    return Val::opaque();
                };
                let actuals = Actuals { positional: rest.to_vec(), ..Actuals::default() };
                self.library_call(path, Some(receiver), &actuals)
            }
            Kind::Lib(path) => self.library_call(path, None, &actuals),
            _ => Val::opaque(),
        }
    }
}

/// What iterating a value gives, and whether there may be more; none when it is not known.
pub fn elements(value: &Val) -> Option<(Vec<Val>, bool)> {
    match &value.in_force()?.kind {
        Kind::Seq(seq) => Some((seq.items.clone(), seq.open)),
        Kind::Dict(dict) => {
            Some((dict.entries.iter().map(|(key, _)| key.clone()).collect(), dict.open))
        }
        Kind::Const(Const::Str(text)) if text.len() <= MAX_ELEMENTS => {
            Some((text.chars().map(|c| Val::text(&c.to_string())).collect(), false))
        }
        _ => None,
    }
}

/// Whether the order in which a value is gone through is not known.
pub(super) fn is_unordered(value: &Val) -> bool {
    let set = value.in_force().and_then(Val::as_seq).filter(|seq| seq.kind == SeqKind::Set);
    set.is_some_and(|set| set.items.len() > 1)
}

/// The places that a slice without a step of its own means in `length` elements.
pub(super) fn contiguous(length: usize, bounds: [Option<i64>; 3]) -> Option<Range<usize>> {
    let [lower, upper, step] = bounds;
    if step.is_some_and(|step| step != 1) {
        return None;
    }
    let end = i64::try_from(length).ok()?;
    let place = |at: i64| {
        let at = if at < 0 { at.saturating_add(end) } else { at };
        usize::try_from(at.clamp(0, end)).ok()
    };
    let start = place(lower.unwrap_or(0))?;
    Some(start..place(upper.unwrap_or(end))?.max(start))
}

/// The indices a slice picks of `length` elements.
fn picks(length: usize, [lower, upper, step]: [Option<i64>; 3]) -> Option<Vec<usize>> {
    let length = i64::try_from(length).ok()?;
    let step = step.unwrap_or(1);
    let clamp = |at: i64, low: i64, high: i64| {
        let at = if at < 0 { at.saturating_add(length) } else { at };
        at.clamp(low, high)
    };
    let mut picked = Vec::new();
    let mut push = |at: i64| picked.extend(usize::try_from(at));
    match step {
        0 => return None,
        1.. => {
            let end = upper.map_or(length, |at| clamp(at, 0, length));
            let mut at = lower.map_or(0, |at| clamp(at, 0, length));
            while at < end {
                push(at);
                at = at.saturating_add(step);
            }
        }
        _ => {
            let end = upper.map_or(-1, |at| clamp(at, -1, length - 1));
            let mut at = lower.map_or(length - 1, |at| clamp(at, -1, length - 1));
            while at > end {
                push(at);
                at = at.saturating_add(step);
            }
        }
    }
    Some(picked)
}
