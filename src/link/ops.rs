//! Python's operators on values. Environment values and alternatives are computed through:
//! `int(os.environ.get("X", "5")) + 1` is an environment value with default 6.

use std::sync::Arc;

use super::Cx;
use super::eval::env_val;
use super::value::{Frame, Kind, MAX_ALTERNATIVES, Val, one_of};
use crate::facts::{Const, Op, SeqKind, TermId};
use crate::syntax::ast::{BinOp, BoolOp, CmpOp, UnaryOp};

/// Longest text that arithmetic on constants may build.
pub(super) const MAX_TEXT: usize = 1 << 16;

impl Cx<'_, '_> {
    pub(super) fn operate(&self, op: Op, operands: &[TermId], frame: &Arc<Frame>) -> Val {
        match op {
            Op::Bool(op) => self.bool_chain(op, operands, frame),
            Op::Unary(op) => match operands {
                [operand] => lift(&self.eval(*operand, frame), &|v| unary(op, v)),
                _ => Val::opaque(),
            },
            Op::Compare(op) => match operands {
                [a, b] => {
                    let (a, b) = (self.eval(*a, frame), self.eval(*b, frame));
                    self.set_in_environment(op, &a, &b).unwrap_or_else(|| {
                        lift2(&a, &b, &|a, b| compare(op, a, b).map_or_else(Val::opaque, Val::bool))
                    })
                }
                _ => Val::opaque(),
            },
            Op::Binary(op) => {
                let mut values = operands.iter().map(|t| self.eval(*t, frame));
                let Some(first) = values.next() else { return Val::opaque() };
                values.fold(first, |a, b| match self.joined(op, &a, &b) {
                    Some(text) => text,
                    None => lift2(&a, &b, &|a, b| self.binary(op, a, b)),
                })
            }
            Op::Format(conversion) => match operands {
                [value] => self.format_field(&self.eval(*value, frame), conversion, &Val::text("")),
                [value, spec] => {
                    let (value, spec) = (self.eval(*value, frame), self.eval(*spec, frame));
                    self.format_field(&value, conversion, &spec)
                }
                _ => Val::opaque(),
            },
            Op::Case => {
                let mut values = operands.iter().map(|t| self.eval(*t, frame));
                let Some(subject) = values.next() else { return Val::opaque() };
                let patterns: Vec<Val> = values.collect();
                lift(&subject, &|subject| case(subject, &patterns))
            }
        }
    }

    /// `"K" in os.environ`
    fn set_in_environment(&self, op: CmpOp, key: &Val, object: &Val) -> Option<Val> {
        let key = key.as_str().filter(|_| matches!(op, CmpOp::In | CmpOp::NotIn))?;
        let Kind::Lib(path) = &object.kind else { return None };
        self.environment_model(path)?;
        let set = self.project.environment.contains_key(key);
        Some(env_val(Some(key.to_owned()), Val::bool(set == (op == CmpOp::In))))
    }

    /// `a or b`: the first that is true; an environment read whose default is false gives an
    /// environment value with the other's value as default.
    fn bool_chain(&self, op: BoolOp, operands: &[TermId], frame: &Arc<Frame>) -> Val {
        let stops = op == BoolOp::Or;
        let mut possible = Vec::new();
        let mut env: Option<Option<String>> = None;
        for (index, term) in operands.iter().enumerate() {
            let value = self.eval(*term, frame);
            let last = index + 1 == operands.len();
            let truth = value.truth();
            let is_env = match &value.kind {
                Kind::Env(inner) => Some(inner.key.clone()),
                _ => None,
            };
            if let (Some(_), Some(key)) = (truth, &is_env) {
                env = env.or_else(|| Some(key.clone()));
            }
            if last || truth == Some(stops) {
                possible.push(value);
                break;
            }
            if truth.is_none() {
                // `os.environ.get("K") or "…"`: what follows holds while it is not set.
                match (is_env, &value.kind) {
                    // It must be set for the program to start: it is what it is set to.
                    (Some(_), Kind::Env(inner)) if stops && inner.default.is_none() => {
                        possible.push(value);
                        break;
                    }
                    (Some(key), _) if stops => env = env.or(Some(key)),
                    _ => possible.push(value),
                }
            }
        }
        let value = one_of(possible);
        match env {
            Some(key) if !matches!(value.kind, Kind::Env(_) | Kind::OneOf(_)) => {
                env_val(key, value)
            }
            _ => value,
        }
    }

    /// Text beside what the environment must have: that is a hole in it, as in an f-string.
    fn joined(&self, op: BinOp, a: &Val, b: &Val) -> Option<Val> {
        let required = |v: &Val| matches!(&v.kind, Kind::Env(env) if env.default.is_none());
        let joins = (is_text(a) && required(b)) || (required(a) && is_text(b));
        (op == BinOp::Add && joins).then(|| self.concat(vec![a.clone(), b.clone()]))
    }

    fn binary(&self, op: BinOp, a: &Val, b: &Val) -> Val {
        match op {
            BinOp::Add => self.add(a, b),
            BinOp::Mod => self.modulo(a, b),
            BinOp::BitOr => union(a, b),
            BinOp::Div if a.as_str().is_some() => self.path_below(a, b),
            _ => arithmetic(op, a, b).unwrap_or_else(Val::opaque),
        }
    }

    fn add(&self, a: &Val, b: &Val) -> Val {
        if let (Some(x), Some(y)) = (a.as_seq(), b.as_seq()) {
            let items = x.items.iter().chain(&y.items).cloned().collect();
            return Val::seq(x.kind, items, x.open || y.open);
        }
        // One side known is half of the list.
        if let (Some(x), true) = (a.as_seq(), b.is_unknown()) {
            return Val::seq(x.kind, x.items.clone(), true);
        }
        if let (true, Some(y)) = (a.is_unknown(), b.as_seq()) {
            return Val::seq(y.kind, y.items.clone(), true);
        }
        if is_text(a) || is_text(b) {
            return self.concat(vec![a.clone(), b.clone()]);
        }
        if let (Kind::Const(Const::Bytes(x)), Kind::Const(Const::Bytes(y))) = (&a.kind, &b.kind) {
            return Val::new(Kind::Const(Const::Bytes([&x[..], &y[..]].concat().into())));
        }
        arithmetic(BinOp::Add, a, b).unwrap_or_else(Val::opaque)
    }

    /// `"…%s…" % value`
    fn modulo(&self, a: &Val, b: &Val) -> Val {
        match a.as_str() {
            Some(format) => {
                let values: Vec<Val> = match (&b.kind, b.as_seq()) {
                    (_, Some(seq)) if !seq.open => seq.items.clone(),
                    _ => vec![b.clone()],
                };
                self.percent_format(format, values, b)
            }
            None => arithmetic(BinOp::Mod, a, b).unwrap_or_else(Val::opaque),
        }
    }
}

/// Whether a constant is one of those that a `case` pattern compares with.
fn case(subject: &Val, patterns: &[Val]) -> Val {
    if subject.as_const().is_none() || patterns.is_empty() {
        return Val::opaque();
    }
    let mut unknown = false;
    for pattern in patterns {
        match equal(subject, pattern) {
            Some(true) => return Val::bool(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { Val::opaque() } else { Val::bool(false) }
}

fn is_text(value: &Val) -> bool {
    matches!(value.kind, Kind::Const(Const::Str(_)) | Kind::Text(_))
}

/// Applies `f` below environment values and to each alternative.
pub fn lift(value: &Val, f: &dyn Fn(&Val) -> Val) -> Val {
    match &value.kind {
        Kind::Env(env) => env_val(
            env.key.clone(),
            env.default.as_ref().map_or_else(Val::opaque, |default| lift(default, f)),
        ),
        Kind::Setting(setting) => setting.value.as_ref().map_or_else(Val::opaque, |v| lift(v, f)),
        Kind::OneOf(values) => one_of(values.iter().map(|v| lift(v, f)).collect()),
        _ => f(value),
    }
}

/// Applies `f` to two values likewise.
pub fn lift2(a: &Val, b: &Val, f: &dyn Fn(&Val, &Val) -> Val) -> Val {
    if a.alternatives().len() * b.alternatives().len() > MAX_ALTERNATIVES * 2 {
        return Val::opaque();
    }
    lift(a, &|a| lift(b, &|b| f(a, b)))
}

fn unary(op: UnaryOp, value: &Val) -> Val {
    let number = |n: Const| Val::new(Kind::Const(n));
    match (op, &value.kind) {
        (UnaryOp::Not, _) => value.truth().map_or_else(Val::opaque, |t| Val::bool(!t)),
        (UnaryOp::Neg, Kind::Const(Const::Int(n))) => {
            n.checked_neg().map_or_else(Val::opaque, Val::int)
        }
        (UnaryOp::Neg, Kind::Const(Const::Float(n))) => number(Const::Float(-n)),
        (UnaryOp::Neg, Kind::Const(Const::Bool(b))) => Val::int(-i64::from(*b)),
        (UnaryOp::Pos, Kind::Const(Const::Int(n))) => Val::int(*n),
        (UnaryOp::Pos, Kind::Const(Const::Float(n))) => number(Const::Float(*n)),
        (UnaryOp::Pos, Kind::Const(Const::Bool(b))) => Val::int(i64::from(*b)),
        (UnaryOp::Invert, Kind::Const(Const::Int(n))) => Val::int(!n),
        (UnaryOp::Invert, Kind::Const(Const::Bool(b))) => Val::int(!i64::from(*b)),
        _ => Val::opaque(),
    }
}

/// Dict union and set union.
fn union(a: &Val, b: &Val) -> Val {
    match (a.as_dict(), b.as_dict()) {
        (Some(x), Some(y)) => {
            let mut entries = x.entries.clone();
            for (key, value) in &y.entries {
                super::mutate::set_entry(&mut entries, key.clone(), value.clone());
            }
            return Val::dict(entries, x.open || y.open);
        }
        (Some(x), None) if b.is_unknown() => return Val::dict(x.entries.clone(), true),
        (None, Some(y)) if a.is_unknown() => return Val::dict(y.entries.clone(), true),
        _ => {}
    }
    if let (Some(x), Some(y)) = (a.as_seq(), b.as_seq()) {
        let items = x.items.iter().chain(&y.items).cloned().collect();
        return Val::seq(x.kind, items, x.open || y.open);
    }
    arithmetic(BinOp::BitOr, a, b).unwrap_or_else(Val::opaque)
}

/// The integer a constant is; truth values are integers in Python.
fn int_of(value: &Val) -> Option<i64> {
    match value.as_const()? {
        Const::Int(n) => Some(*n),
        Const::Bool(b) => Some(i64::from(*b)),
        _ => None,
    }
}

pub(super) fn arithmetic(op: BinOp, a: &Val, b: &Val) -> Option<Val> {
    if let (
        BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor,
        Some(Const::Bool(x)),
        Some(Const::Bool(y)),
    ) = (op, a.as_const(), b.as_const())
    {
        return Some(Val::bool(match op {
            BinOp::BitAnd => x & y,
            BinOp::BitOr => x | y,
            _ => x ^ y,
        }));
    }
    if let Some(repeated) = repeat(op, a, b) {
        return Some(repeated);
    }
    if let (Some(x), Some(y)) = (int_of(a), int_of(b)) {
        return int_arithmetic(op, x, y);
    }
    let (x, y) = (a.as_number()?, b.as_number()?);
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::Div if y != 0.0 => x / y,
        BinOp::FloorDiv if y != 0.0 => divmod(x, y).0,
        BinOp::Mod if y != 0.0 => divmod(x, y).1,
        _ => return None,
    };
    result.is_finite().then(|| Val::new(Kind::Const(Const::Float(result))))
}

/// `duration.days`, `duration.seconds`, `duration.microseconds`: the parts that a duration is
/// kept in, of which only the first may be negative.
pub fn duration_part(seconds: f64, name: &str) -> Val {
    const DAY: f64 = 86_400.0;
    let within_day = seconds.rem_euclid(DAY);
    let part = match name {
        "days" => (seconds / DAY).floor(),
        "seconds" => within_day.floor(),
        "microseconds" => (within_day.fract() * 1e6).round(),
        _ => return Val::opaque(),
    };
    if part.abs() < 9e15 { Val::int(part as i64) } else { Val::opaque() }
}

/// Quotient and rest of floats as Python rounds them: the rest is exact and has the sign of `y`.
fn divmod(x: f64, y: f64) -> (f64, f64) {
    let (mut rest, mut quotient) = (x % y, (x - x % y) / y);
    if rest == 0.0 {
        rest = 0.0_f64.copysign(y);
    } else if (rest < 0.0) != (y < 0.0) {
        rest += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(x / y), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn int_arithmetic(op: BinOp, x: i64, y: i64) -> Option<Val> {
    let shift = || u32::try_from(y).ok().filter(|n| *n < 63);
    let result = match op {
        BinOp::Add => x.checked_add(y)?,
        BinOp::Sub => x.checked_sub(y)?,
        BinOp::Mul => x.checked_mul(y)?,
        BinOp::Div => {
            // Python divides exactly; beyond 2^53 a quotient of floats would differ.
            let exact = |n: i64| n.unsigned_abs() <= 1 << 53;
            if y == 0 || !exact(x) || !exact(y) {
                return None;
            }
            return Some(Val::new(Kind::Const(Const::Float(x as f64 / y as f64))));
        }
        BinOp::FloorDiv if y != 0 => {
            let quotient = x.checked_div(y)?;
            if x % y != 0 && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
        }
        BinOp::Mod if y != 0 => {
            let rest = x.checked_rem(y)?;
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }
        BinOp::Pow => x.checked_pow(u32::try_from(y).ok()?)?,
        BinOp::LShift => x.checked_mul(1_i64.checked_shl(shift()?)?)?,
        BinOp::RShift => x >> shift()?,
        BinOp::BitAnd => x & y,
        BinOp::BitOr => x | y,
        BinOp::BitXor => x ^ y,
        _ => return None,
    };
    Some(Val::int(result))
}

/// `"ab" * 3`, `[x] * 2`
fn repeat(op: BinOp, a: &Val, b: &Val) -> Option<Val> {
    if op != BinOp::Mul {
        return None;
    }
    let (base, times) = match (int_of(a), int_of(b)) {
        (None, Some(times)) => (a, times),
        (Some(times), None) => (b, times),
        _ => return None,
    };
    let times = usize::try_from(times.max(0)).ok()?;
    match &base.kind {
        Kind::Const(Const::Str(text)) if text.len().checked_mul(times)? <= MAX_TEXT => {
            Some(Val::text(&text.repeat(times)))
        }
        Kind::Const(Const::Bytes(bytes)) if bytes.len().checked_mul(times)? <= MAX_TEXT => {
            Some(Val::new(Kind::Const(Const::Bytes(bytes.repeat(times).into()))))
        }
        Kind::Seq(seq) if !seq.open && seq.items.len().checked_mul(times)? <= 256 => {
            let items = seq.items.iter().cycle().take(seq.items.len() * times).cloned().collect();
            Some(Val::seq(seq.kind, items, false))
        }
        _ => None,
    }
}

/// A comparison, where it can be known.
pub fn compare(op: CmpOp, a: &Val, b: &Val) -> Option<bool> {
    match op {
        CmpOp::Eq => equal(a, b),
        CmpOp::NotEq => equal(a, b).map(|e| !e),
        CmpOp::Is => identical(a, b),
        CmpOp::IsNot => identical(a, b).map(|e| !e),
        CmpOp::In => contains(b, a),
        CmpOp::NotIn => contains(b, a).map(|c| !c),
        CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
            let order = if let (Some(x), Some(y)) = (int_of(a), int_of(b)) {
                x.cmp(&y)
            } else if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
                x.partial_cmp(&y)?
            } else {
                a.as_str()?.cmp(b.as_str()?)
            };
            Some(match op {
                CmpOp::Lt => order.is_lt(),
                CmpOp::LtE => order.is_le(),
                CmpOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            })
        }
    }
}

/// Python's `==`, where it can be known.
pub fn equal(a: &Val, b: &Val) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Const(x), Kind::Const(y)) => Some(match (int_of(a), int_of(b)) {
            (Some(x), Some(y)) => x == y,
            _ => match (a.as_number(), b.as_number()) {
                (Some(x), Some(y)) => x == y,
                _ => x == y,
            },
        }),
        // Sets are kept as they are written: in some order, equal members several times.
        (Kind::Seq(x), Kind::Seq(y))
            if (x.kind, y.kind) == (SeqKind::Set, SeqKind::Set) && !x.open && !y.open =>
        {
            let within = |items: &[Val], set: &Val| all(items.iter().map(|i| contains(set, i)));
            Some(within(&x.items, b)? && within(&y.items, a)?)
        }
        (Kind::Seq(x), Kind::Seq(y)) if x.kind == y.kind && !x.open && !y.open => {
            if x.items.len() != y.items.len() {
                return Some(false);
            }
            all(x.items.iter().zip(&y.items).map(|(a, b)| equal(a, b)))
        }
        (Kind::Dict(x), Kind::Dict(y)) if !x.open && !y.open => {
            if x.entries.len() != y.entries.len() {
                return Some(false);
            }
            all(x.entries.iter().map(|(key, value)| match super::mutate::entry(y, key) {
                Some(other) => equal(value, other),
                None => Some(false),
            }))
        }
        (Kind::Const(_), Kind::Seq(_) | Kind::Dict(_))
        | (Kind::Seq(_) | Kind::Dict(_), Kind::Const(_)) => Some(false),
        (Kind::Secret(x), Kind::Secret(y)) => Some(x.digest == y.digest),
        (Kind::Secret(_), Kind::Const(_)) | (Kind::Const(_), Kind::Secret(_)) => Some(false),
        (Kind::Lib(x), Kind::Lib(y)) if x == y => Some(true),
        (Kind::Class(x), Kind::Class(y)) => Some(x == y),
        (Kind::Function(x), Kind::Function(y)) => Some(x == y),
        _ => None,
    }
}

/// Python's `is`: only singletons and definitions have an identity that is known.
fn identical(a: &Val, b: &Val) -> Option<bool> {
    let singleton = |v: &Val| matches!(v.as_const(), Some(Const::None | Const::Bool(_)));
    let known = |v: &Val| !v.is_unknown() && !matches!(v.kind, Kind::Lib(_) | Kind::Absent);
    if singleton(a) || singleton(b) {
        return (known(a) && known(b)).then(|| match (a.as_const(), b.as_const()) {
            (Some(x), Some(y)) => x == y,
            _ => false,
        });
    }
    match (&a.kind, &b.kind) {
        (Kind::Class(_), Kind::Class(_)) | (Kind::Function(_), Kind::Function(_)) => equal(a, b),
        _ => None,
    }
}

/// Python's `item in container`, where it can be known.
fn contains(container: &Val, item: &Val) -> Option<bool> {
    let found = |items: &mut dyn Iterator<Item = &Val>, open: bool| {
        let mut unknown = open;
        for candidate in items {
            match equal(candidate, item) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    };
    match &container.kind {
        Kind::Seq(seq) => found(&mut seq.items.iter(), seq.open),
        Kind::Dict(dict) => found(&mut dict.entries.iter().map(|(k, _)| k), dict.open),
        Kind::Const(Const::Str(text)) => Some(text.contains(item.as_str()?)),
        _ => None,
    }
}

fn all(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers.try_fold(true, |all, answer| answer.map(|a| all && a))
}
