//! `where` predicates on values.

use super::measure::{bytes, distinct, items};
use super::ops::equal;
use super::order::{Marks, Point};
use super::tri::{Bindings, Tri};
use super::types::Ty;
use super::url::{self, HOLE, rendered};
use super::value::{Frame, Kind, Origin, Part, Val};
use super::{Cx, FnRef, sqltext};
use crate::base::Symbol;
use crate::facts::{Const, InstrKind, Term};
use crate::rule::model::{Is, PathKey, Pattern, PatternKind, Pred, Where, WhereSubject};

impl Cx<'_, '_> {
    /// Whether all conditions on metavariables hold.
    pub fn holds_all(&self, wheres: &[Where], vars: &mut Bindings) -> Tri {
        let mut answer = Tri::Yes;
        for condition in wheres {
            let WhereSubject::Var(var) = condition.subject else { continue };
            let Some(value) = vars.get(var).cloned() else {
                return Tri::No;
            };
            answer = answer.and(|| self.holds(&condition.pred, &value, vars));
            if answer == Tri::No {
                break;
            }
        }
        answer
    }

    /// Whether a predicate holds for a value.
    pub fn holds(&self, pred: &Pred, value: &Val, vars: &mut Bindings) -> Tri {
        match pred {
            Pred::Eq(constant) => self.equals(value, constant),
            Pred::In(constants) => {
                constants.iter().fold(Tri::No, |a, c| a.or(|| self.equals(value, c)))
            }
            Pred::Regex(regex) => {
                self.each_in_force(value, &|v| self.text_test(v, |text| regex.is_match(text)))
            }
            Pred::Prefix(prefix) => self.each_in_force(value, &|v| match &v.kind {
                Kind::Text(parts) => match parts.first() {
                    Some(Part::Lit(text)) if text.len() >= prefix.len() => {
                        Tri::from_bool(text.starts_with(prefix.as_str()))
                    }
                    _ => Tri::Unknown,
                },
                // Of a credential only the words before its random part are kept.
                Kind::Secret(secret) if secret.prefix.starts_with(prefix.as_str()) => Tri::Yes,
                Kind::Secret(secret) if prefix.starts_with(&*secret.prefix) => Tri::Unknown,
                _ => self.text_test(v, |text| text.starts_with(prefix.as_str())),
            }),
            Pred::Importable(wanted) => self.each_in_force(value, &|v| match v.as_str() {
                Some(text) if *wanted => self.importable(text),
                Some(text) => !self.importable(text),
                None => Tri::Unknown,
            }),
            Pred::Lt(limit) => self.number_test(value, |n| n < *limit),
            Pred::Gt(limit) => self.number_test(value, |n| n > *limit),
            Pred::Length(inner) => {
                let known = self.count_test(value, inner, vars, items);
                // A slice may be shorter than its bounds say, and is never longer.
                match &**inner {
                    Pred::Lt(limit) if known == Tri::Unknown => {
                        let most = self.slice_bound(value);
                        most.filter(|most| most < limit).map_or(known, |_| Tri::Yes)
                    }
                    _ => known,
                }
            }
            Pred::Bytes(inner) => self.count_test(value, inner, vars, bytes),
            Pred::Distinct(inner) => self.count_test(value, inner, vars, distinct),
            Pred::Truthy(wanted) => self.each_in_force(value, &|v| match (v.truth(), &v.kind) {
                (Some(truth), _) => Tri::from_bool(truth == *wanted),
                (None, Kind::Absent) => Tri::No,
                (None, _) => Tri::Unknown,
            }),
            Pred::Accepts { positional, keywords } => {
                self.each_in_force(value, &|v| self.accepts(v, *positional, keywords))
            }
            Pred::Is(kinds) => kinds.iter().fold(Tri::No, |a, kind| a.or(|| self.is(*kind, value))),
            Pred::Type(paths) => {
                self.is_instance(value, &|ty| paths.iter().any(|path| self.is_subclass(ty, path)))
            }
            Pred::ExactType(paths) => self.is_instance(
                value,
                &|ty| matches!(ty, Ty::Lib(own) if paths.iter().any(|path| path == own)),
            ),
            Pred::Import(paths) => self.each_in_force(value, &|v| self.names_one_of(v, paths)),
            Pred::Name(vocabularies) => self.has_name(value, vocabularies),
            Pred::Secret(kind) => self.each_in_force(value, &|v| self.is_secret(*kind, v)),
            Pred::Label { labels, at } => {
                let part = at.iter().fold(value.clone(), |v, key| match key {
                    PathKey::Name(name) => self.part(&v, name),
                    PathKey::Var(var) => match vars.get(*var).and_then(Val::as_str) {
                        Some(key) => self.part(&v, key),
                        None => Val::opaque(),
                    },
                });
                match self.carries(&part, labels) {
                    false if self.notes.get().exhausted => Tri::Unknown,
                    carried => Tri::from_bool(carried),
                }
            }
            Pred::Origin(pattern) => match &pattern.kind {
                PatternKind::Expr(pat) => self.match_pat(pat, value, vars),
                _ => Tri::No,
            },
            Pred::Item(_) | Pred::AllItems(_) | Pred::LacksItem(_) => {
                self.items_test(pred, value, vars)
            }
            Pred::Key(_) | Pred::LacksKey(_) | Pred::Value(_) | Pred::LacksValue(_) => {
                self.entries_test(pred, value, vars)
            }
            Pred::Attr(name, inner) => {
                let part = self.attr_part(value, name);
                self.holds(inner, &part, vars)
            }
            Pred::Url(part, inner) => self.each_url(value, |text| {
                let part = url::part(text, part, HOLE);
                self.holds(inner, &part, &mut vars.clone())
            }),
            Pred::Sql(pattern) => {
                let mut answer = Tri::No;
                for text in self.texts(value) {
                    let mut trial = vars.clone();
                    let tri = sqltext::find(pattern, &text, |var, word| match trial.get(var) {
                        Some(bound) => bound.as_str() == Some(word),
                        None => {
                            let mut name = Val::text(word);
                            name.loc = value.loc;
                            trial.set(var, name);
                            true
                        }
                    });
                    if tri {
                        *vars = trial;
                        return Tri::Yes;
                    }
                    if text.contains(HOLE) {
                        answer = Tri::Unknown;
                    }
                }
                if matches!(value.kind, Kind::Opaque | Kind::Param(..)) {
                    return self.no_unless_unknown(value);
                }
                answer
            }
            Pred::Returns(inner) => self.returns(value, inner, vars),
            Pred::Executes(pattern) => match &value.kind {
                Kind::Function(func) => Tri::from_bool(self.always_evaluates(*func, pattern, vars)),
                _ => self.no_unless_unknown(value),
            },
            Pred::Same(var) => match vars.get(*var).cloned() {
                Some(other) => self.same(&other, value),
                None => Tri::No,
            },
            Pred::Capture(var) => match value.kind {
                Kind::Absent => Tri::No,
                _ => self.match_var(*var, value, vars),
            },
            Pred::Local(local) => {
                let is_local = self.each_in_force(value, &host_is_local);
                if *local { is_local } else { !is_local }
            }
            Pred::Field(wheres) => self.has_field(value, wheres, vars),
            Pred::Not(inner) => !self.holds(inner, value, vars),
            Pred::Any(inner) => {
                inner.iter().fold(Tri::No, |a, p| a.or(|| self.holds(p, value, vars)))
            }
            Pred::All(inner) => {
                inner.iter().fold(Tri::Yes, |a, p| a.and(|| self.holds(p, value, vars)))
            }
        }
    }

    fn equals(&self, value: &Val, constant: &Const) -> Tri {
        if matches!(value.kind, Kind::Absent) {
            return Tri::No;
        }
        let wanted = Val::new(Kind::Const(constant.clone()));
        self.each_in_force(value, &|v| match &v.kind {
            Kind::Text(_) => Tri::Unknown,
            _ => Tri::from_bool(equal(v, &wanted) == Some(true)),
        })
    }

    /// A test of text; a text with unknown parts can only be found to pass.
    fn text_test(&self, value: &Val, test: impl Fn(&str) -> bool) -> Tri {
        match &value.kind {
            Kind::Const(Const::Str(text)) => Tri::from_bool(test(text)),
            Kind::Const(Const::Bytes(bytes)) => {
                Tri::from_bool(test(&String::from_utf8_lossy(bytes)))
            }
            Kind::Const(Const::Int(n)) => Tri::from_bool(test(&n.to_string())),
            Kind::Text(parts) => {
                if test(&rendered(parts)) {
                    Tri::Yes
                } else {
                    Tri::Unknown
                }
            }
            Kind::Lib(path) => Tri::from_bool(test(&self.project.dotted(path))),
            _ => Tri::No,
        }
    }

    fn number_test(&self, value: &Val, test: impl Fn(f64) -> bool) -> Tri {
        self.each_in_force(value, &|v| match &v.kind {
            Kind::Const(Const::Bool(_)) => Tri::No,
            _ => match v.as_number() {
                Some(number) => Tri::from_bool(test(number)),
                None => Tri::No,
            },
        })
    }

    /// The most that `x[a:b]` holds.
    fn slice_bound(&self, value: &Val) -> Option<f64> {
        let origin = value.origin.as_ref()?;
        let terms = &self.project.ir(origin.term.func).terms;
        let Term::Item(_, key) = terms[origin.term.term] else { return None };
        let Term::Slice([start, Some(stop), None]) = terms[key] else { return None };
        let number = |term| match self.eval(term, &origin.frame).kind {
            Kind::Const(Const::Int(n)) => u32::try_from(n).ok(),
            _ => None,
        };
        let start = start.map_or(Some(0), number)?;
        Some(f64::from(number(stop)?.saturating_sub(start)))
    }

    fn count_test(
        &self,
        value: &Val,
        inner: &Pred,
        vars: &Bindings,
        count: impl Fn(&Val) -> Option<usize>,
    ) -> Tri {
        self.each_in_force(value, &|v| match count(v) {
            Some(n) => {
                let n = Val::int(i64::try_from(n).unwrap_or(i64::MAX));
                self.holds(inner, &n, &mut vars.clone())
            }
            None => match v.kind {
                Kind::Const(_) => Tri::No,
                _ => Tri::Unknown,
            },
        })
    }

    fn is(&self, kind: Is, value: &Val) -> Tri {
        let mut answer = Tri::No;
        for v in value.alternatives() {
            let unknown = matches!(v.kind, Kind::Opaque);
            let tri = match kind {
                Is::Literal => match &v.kind {
                    Kind::Const(Const::None) => Tri::No,
                    Kind::Param(..) | Kind::Opaque => self.no_unless_unknown(v),
                    _ => Tri::from_bool(is_literal(v)),
                },
                Is::None => match v.in_force() {
                    Some(inner) if inner.is_unknown() => self.no_unless_unknown(inner),
                    Some(inner) => Tri::from_bool(matches!(inner.as_const(), Some(Const::None))),
                    None => Tri::No,
                },
                Is::Unset if unknown => Tri::Unknown,
                Is::Unset => Tri::from_bool(is_unset(v)),
                Is::True => self.each_in_force(v, &|inner| {
                    Tri::from_bool(matches!(inner.as_const(), Some(Const::Bool(true))))
                }),
                Is::Env if unknown => Tri::Unknown,
                Is::Env => Tri::from_bool(matches!(v.kind, Kind::Env(_))),
                Is::Param => Tri::from_bool(matches!(v.kind, Kind::Param(..))),
                Is::Decorated => Tri::from_bool(match v.kind {
                    Kind::Param(func, _) => self.returns_inner(func),
                    _ => false,
                }),
                Is::Absent if unknown => Tri::Unknown,
                Is::Absent => Tri::from_bool(matches!(v.kind, Kind::Absent)),
                Is::Setting if unknown => Tri::Unknown,
                Is::Setting => Tri::from_bool(matches!(v.kind, Kind::Setting(_))),
            };
            answer = answer.or(|| tri);
        }
        answer
    }

    fn is_instance(&self, value: &Val, fits: &dyn Fn(&Ty) -> bool) -> Tri {
        let mut answer = Tri::No;
        for v in value.alternatives() {
            let tri = match (&v.kind, self.type_of_val(v)) {
                (Kind::Absent | Kind::Const(Const::None), _) => Tri::No,
                (_, Some(ty)) => Tri::from_bool(fits(&ty)),
                (_, None) => self.no_unless_unknown(v),
            };
            answer = answer.or(|| tri);
        }
        answer
    }

    /// Whether a value is, or a dotted string names, one of the classes or functions.
    fn names_one_of(&self, value: &Val, paths: &[Vec<Symbol>]) -> Tri {
        let hit = |ty: &Ty| paths.iter().any(|path| self.is_subclass(ty, path));
        match &value.kind {
            Kind::Lib(own) => {
                Tri::from_bool(paths.iter().any(|p| **p == **own) || hit(&Ty::Lib(own.to_vec())))
            }
            Kind::Class(class) => Tri::from_bool(hit(&Ty::Class(*class))),
            Kind::Const(Const::Str(text)) => {
                if paths.iter().any(|path| self.project.dotted(path) == **text) {
                    return Tri::Yes;
                }
                let Some(origin) = &value.origin else { return Tri::No };
                let named = self.lookup_dotted_path(text, origin.term.func.unit);
                match named.as_ref().map(|n| &n.kind) {
                    Some(Kind::Lib(_) | Kind::Class(_)) => {
                        named.map_or(Tri::No, |named| self.names_one_of(&named, paths))
                    }
                    _ => Tri::No,
                }
            }
            _ => Tri::No,
        }
    }

    /// What a dotted path in a text names, seen from a file.
    pub fn lookup_dotted_path(&self, text: &str, unit: super::UnitId) -> Option<Val> {
        let path: Option<Vec<Symbol>> =
            text.split('.').map(|part| self.project.names.get(part)).collect();
        self.lookup_path(unit, &path?)
    }

    fn has_name(&self, value: &Val, vocabularies: &[Symbol]) -> Tri {
        let means = |text: &str| self.means(text, vocabularies);
        let mut answer = Tri::No;
        for v in value.alternatives() {
            let tri = match &v.kind {
                Kind::Const(Const::Str(text)) => Tri::from_bool(means(text)),
                Kind::Const(_) | Kind::Absent => Tri::No,
                Kind::Function(f) => {
                    Tri::from_bool(means(self.project.name(self.project.ir(*f).name)))
                }
                Kind::Class(c) => {
                    Tri::from_bool(means(self.project.name(self.project.class(*c).name)))
                }
                _ => {
                    let mut names = self.spelled_names(v);
                    if let (Kind::Lib(path), true) = (&v.kind, names.is_empty()) {
                        names.extend(path.last().map(|name| self.project.name(*name).to_owned()));
                    }
                    // A call without a name of its own is called as the part that it gives.
                    if names.is_empty()
                        && let Some(part) = self.accessed_part(v)
                    {
                        names = self.spelled_names(&part);
                    }
                    if names.is_empty() {
                        self.no_unless_unknown(v)
                    } else {
                        Tri::from_bool(names.iter().any(|n| means(n)))
                    }
                }
            };
            answer = answer.or(|| tri);
        }
        answer
    }

    fn items_test(&self, pred: &Pred, value: &Val, vars: &mut Bindings) -> Tri {
        let (inner, lacks) = match pred {
            Pred::Item(inner) => (inner, false),
            Pred::LacksItem(inner) | Pred::AllItems(inner) => (inner, true),
            _ => return Tri::No,
        };
        let all = matches!(pred, Pred::AllItems(_));
        let test = |v: &Val| {
            let Some(seq) = v.in_force().and_then(Val::as_seq) else {
                // `None` and an argument not given have no items.
                let empty = matches!(v.kind, Kind::Absent | Kind::Const(Const::None));
                return if empty {
                    Tri::from_bool(lacks && !all)
                } else {
                    self.no_unless_unknown(v)
                };
            };
            let hit = |item: &Val| {
                let tri = self.holds(inner, item, &mut vars.clone());
                if all { !tri } else { tri }
            };
            let some = seq.items.iter().fold(Tri::No, |a, item| a.or(|| hit(item)));
            let some = if seq.open { some.or(|| Tri::Unknown) } else { some };
            match (lacks, all && seq.items.is_empty()) {
                (_, true) => Tri::No,
                (true, _) => !some,
                (false, _) => some,
            }
        };
        quantify(value, lacks, test)
    }

    fn entries_test(&self, pred: &Pred, value: &Val, vars: &mut Bindings) -> Tri {
        let (inner, lacks, keys) = match pred {
            Pred::Key(inner) => (inner, false, true),
            Pred::LacksKey(inner) => (inner, true, true),
            Pred::Value(inner) => (inner, false, false),
            Pred::LacksValue(inner) => (inner, true, false),
            _ => return Tri::No,
        };
        let test = |v: &Val| {
            let Some(dict) = v.in_force().and_then(Val::as_dict) else {
                let empty = matches!(v.kind, Kind::Absent | Kind::Const(Const::None));
                return if empty { Tri::from_bool(lacks) } else { self.no_unless_unknown(v) };
            };
            let some = dict.entries.iter().fold(Tri::No, |a, (key, item)| {
                let part = if keys { key } else { item };
                a.or(|| self.holds(inner, part, &mut vars.clone()))
            });
            let some = if dict.open { some.or(|| Tri::Unknown) } else { some };
            if dict.open && some == Tri::Unknown {
                self.note_param(v);
            }
            if lacks { !some } else { some }
        };
        quantify(value, lacks, test)
    }

    /// `attr.NAME`: an entry of a dict, else an attribute.
    fn attr_part(&self, value: &Val, name: &str) -> Val {
        match &value.in_force().unwrap_or(value).kind {
            Kind::Dict(_) => self.part(value, name),
            Kind::Class(_) | Kind::Opaque | Kind::Param(..) | Kind::Lib(_) | Kind::Module(_) => {
                match self.project.names.get(name) {
                    Some(symbol) => self.attribute(value, symbol),
                    None => Val::opaque(),
                }
            }
            _ => Val::new(Kind::Absent),
        }
    }

    fn each_url(&self, value: &Val, test: impl Fn(&str) -> Tri) -> Tri {
        self.each_in_force(value, &|v| match &v.kind {
            Kind::Const(Const::Str(text)) => test(text),
            Kind::Text(parts) => test(&rendered(parts)),
            _ => Tri::No,
        })
    }

    /// The texts a value may be, with holes for unknown parts.
    pub(super) fn texts(&self, value: &Val) -> Vec<String> {
        let mut texts = Vec::new();
        for v in value.alternatives() {
            let Some(v) = v.in_force() else { continue };
            match &v.kind {
                Kind::Const(Const::Str(text)) => texts.push(text.to_string()),
                Kind::Text(parts) => texts.push(rendered(parts)),
                _ => {}
            }
        }
        texts
    }

    /// Whether every value a function returns satisfies a predicate.
    fn returns(&self, value: &Val, inner: &Pred, vars: &mut Bindings) -> Tri {
        let Kind::Function(func) = value.kind else { return self.no_unless_unknown(value) };
        match self.returned(&Frame::open(func)) {
            Some(returned) => returned
                .alternatives()
                .iter()
                .fold(Tri::Yes, |a, v| a.and(|| self.holds(inner, v, vars))),
            None => Tri::Unknown,
        }
    }

    /// Whether every normal way through a function evaluates a call that matches.
    pub fn always_evaluates(&self, func: FnRef, pattern: &Pattern, vars: &Bindings) -> bool {
        let PatternKind::Expr(pat) = &pattern.kind else { return false };
        let frame = Frame::open(func);
        let ir = self.project.ir(func);
        let mut marks = Marks::default();
        for (node, block) in ir.blocks.iter_enumerated() {
            for (at, instr) in block.instrs.iter().enumerate() {
                let InstrKind::Eval(term) = instr.kind else { continue };
                if !matches!(ir.terms[term], Term::Call { .. }) {
                    continue;
                }
                let term = super::TermRef { func, term };
                let value = Val::opaque().from_origin(Origin { term, frame: frame.clone() });
                if self.match_pat(pat, &value, &mut vars.clone()) == Tri::Yes {
                    marks.points.insert(Point { node, at });
                }
            }
        }
        !marks.points.is_empty() && self.flow(func).always(&marks)
    }
}

/// One alternative is enough for what is there; what lacks must lack in all of them.
fn quantify(value: &Val, lacks: bool, test: impl Fn(&Val) -> Tri) -> Tri {
    let mut answers = value.alternatives().iter().map(test);
    if lacks {
        answers.fold(Tri::Yes, |a, t| a.and(|| t))
    } else {
        let first = answers.next().unwrap_or(Tri::No);
        answers.fold(first, |a, t| a.or(|| t))
    }
}

/// Whether a host (or each of several, separated by commas) is this machine: a loopback name or
/// address (RFC 6761, RFC 5735), or the folder of a socket. No host at all means this machine too.
fn host_is_local(value: &Val) -> Tri {
    let is_local = |host: &str| {
        let name = host.trim().trim_start_matches('[');
        let name =
            if name.starts_with("::1") { "::1" } else { name.split(':').next().unwrap_or("") };
        name.is_empty()
            || name == "::1"
            || name.starts_with(['/', '@'])
            || name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    };
    match &value.kind {
        Kind::Absent | Kind::Const(Const::None) => Tri::Yes,
        Kind::Const(Const::Str(hosts)) => Tri::from_bool(hosts.split(',').all(is_local)),
        Kind::Text(_) => Tri::Unknown,
        _ => Tri::No,
    }
}

/// Whether a value is read from a variable that nothing sets, and is `None` then.
fn is_unset(value: &Val) -> bool {
    match &value.kind {
        Kind::Env(env) => env
            .default
            .as_ref()
            .is_some_and(|v| matches!(v.as_const(), Some(Const::None)) || is_unset(v)),
        _ => false,
    }
}

fn is_literal(value: &Val) -> bool {
    match &value.kind {
        Kind::Const(_) | Kind::Secret(_) => true,
        Kind::Seq(seq) => !seq.open && seq.items.iter().all(is_literal),
        Kind::Dict(dict) => !dict.open && dict.entries.iter().all(|(_, v)| is_literal(v)),
        _ => false,
    }
}
