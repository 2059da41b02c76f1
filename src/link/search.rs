//! Finding the places a pattern holds: candidates by name, a match at each, and, where a match
//! hangs on parameters of the enclosing function only, another try at each of its callers.

use std::sync::Arc;

use super::index::{CallSite, StoreSite};
use super::joins::Target;
use super::tri::{Bindings, Tri};
use super::value::{Frame, Kind, Origin, Val};
use super::{ClassRef, Cx, FnRef, Notes, TermRef, UnitId};
use crate::base::{FxHashSet, Loc, Span, Symbol};
use crate::facts::{Const, FnId, InstrKind, Place, Term, TermId};
use crate::rule::model::{NamePat, Pat, Pattern, PatternKind, VarId, Where, WhereSubject};
use crate::syntax::ast::ArgKind;

/// Where to search.
#[derive(Debug, Clone, Copy)]
pub enum Within<'q> {
    /// All production code.
    Project,
    /// One file.
    Module(UnitId),
    /// The methods of a class.
    Class(ClassRef),
    /// One function, with what is defined in it.
    Function(FnRef),
    /// These functions, with what is defined in them.
    Functions(&'q FxHashSet<FnRef>),
}

/// A place where a pattern holds (or may hold).
#[derive(Debug, Clone)]
pub struct Hit {
    /// Whether it certainly holds.
    pub tri: Tri,
    /// What was captured.
    pub bindings: Bindings,
    /// The matched code; for a wrapper, the call that supplies the deciding value.
    pub loc: Loc,
    /// The function that code stands in.
    pub func: FnRef,
    /// The matched code inside the wrapper, innermost last.
    pub inside: Vec<Loc>,
    /// The matched call in its activation, when it is a call.
    pub made: Option<Origin>,
    /// The call at `loc`: the matched one, or for a wrapper the wrapper's.
    pub site: Option<TermRef>,
    /// What the answer hung on.
    pub notes: Notes,
    /// The matched place of `func`: of a wrapper the call.
    pub spot: Spot,
    /// The matched places inside wrappers, outermost last.
    pub wrapped: Vec<Spot>,
}

/// A place that may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spot {
    /// A call.
    Call(CallSite),
    /// A binding, store or deletion.
    Store(StoreSite),
    /// Another expression.
    Expr(TermRef),
    /// A `return` or `raise` with a value.
    Exit {
        /// The function it stands in.
        func: FnRef,
        /// The value; none for a bare `return` and the end of a body.
        term: Option<TermId>,
        /// The statement.
        span: Span,
        /// Whether it is a `raise`.
        raises: bool,
    },
    /// A decorated function.
    Function(FnRef),
}

/// What is looked for: a pattern and conditions on what it captures.
pub struct Query<'q> {
    /// Alternatives.
    pub patterns: &'q [Pattern],
    /// Conditions, and-ed.
    pub wheres: &'q [Where],
    /// Values captured before.
    pub start: &'q Bindings,
    /// Where.
    pub within: Within<'q>,
    /// Whether callers are asked for what is captured, too: a match whose captures hang on
    /// parameters is offered as the calls make it, where there are any.
    pub concrete: bool,
}

impl Cx<'_, '_> {
    /// Offers every place where the query holds or may hold, until `each` answers `false`.
    pub fn search(&self, query: &Query<'_>, each: &mut dyn FnMut(Hit) -> bool) {
        self.search_calls(query, &|_| true, each);
    }

    /// Offers every place where the query holds or may hold by what stands there, whatever
    /// callers supply.
    pub fn search_direct(&self, query: &Query<'_>, each: &mut dyn FnMut(Hit)) {
        for pattern in query.patterns {
            for candidate in self.candidates(pattern) {
                let func = candidate.func();
                if !self.is_within(func, query.within) || self.differs(pattern, query, candidate) {
                    continue;
                }
                if let Some((hit, _)) =
                    self.attempt(pattern, query, candidate, &Frame::open(func), None)
                {
                    each(hit);
                }
            }
        }
    }

    /// [`Cx::search`], among the calls that are `wanted` only.
    pub fn search_calls(
        &self,
        query: &Query<'_>,
        wanted: &dyn Fn(TermRef) -> bool,
        each: &mut dyn FnMut(Hit) -> bool,
    ) {
        for pattern in query.patterns {
            for candidate in self.candidates(pattern) {
                let func = candidate.func();
                if !self.is_within(func, query.within) || self.differs(pattern, query, candidate) {
                    continue;
                }
                if let Spot::Call(site) = candidate
                    && !wanted(TermRef { func: site.func, term: site.term })
                {
                    continue;
                }
                let mut going = true;
                self.try_candidate(pattern, query, candidate, &mut |hit| {
                    going = each(hit);
                    going
                });
                if !going {
                    return;
                }
            }
        }
    }

    /// Whether the name that an assignment binds certainly is another than a pattern wants, or the
    /// constant that is the first argument: told without evaluation, as there are many of them.
    fn differs(&self, pattern: &Pattern, query: &Query<'_>, candidate: Spot) -> bool {
        if let (PatternKind::Assign { target: Pat::Var(var), .. }, Spot::Store(site)) =
            (&pattern.kind, candidate)
        {
            return self.is_named_otherwise(*var, query, site);
        }
        let PatternKind::Expr(Pat::Call { func, args: wanted, .. }) = &pattern.kind else {
            return false;
        };
        if let (Pat::Var(_) | Pat::Any, Spot::Call(site)) = (&**func, candidate) {
            return wanted.iter().any(|arg| self.lacks_keyword(site, arg.name));
        }
        let Some(Pat::Const(wanted)) =
            wanted.first().filter(|a| a.name.is_none()).map(|a| &a.value)
        else {
            return false;
        };
        let Spot::Call(site) = candidate else { return false };
        let terms = &self.project.ir(site.func).terms;
        let Term::Call { args, .. } = &terms[site.term] else { return false };
        let Some(first) = args.first().filter(|arg| arg.kind == ArgKind::Positional) else {
            return false;
        };
        match (&terms[first.value], wanted) {
            (Term::Const(Const::Str(actual)), Const::Str(wanted)) => actual != wanted,
            _ => false,
        }
    }

    /// Whether a call, of which it is not known what it calls, certainly has no such keyword.
    fn lacks_keyword(&self, site: CallSite, name: Option<Symbol>) -> bool {
        let (Some(name), Term::Call { args, .. }) =
            (name, &self.project.ir(site.func).terms[site.term])
        else {
            return false;
        };
        !args.iter().any(|arg| match arg.kind {
            ArgKind::Keyword(keyword) => keyword == name,
            ArgKind::DoubleStar => true,
            ArgKind::Positional | ArgKind::Star => false,
        })
    }

    /// Whether a condition on the name that an assignment binds does not hold.
    fn is_named_otherwise(&self, var: VarId, query: &Query<'_>, site: StoreSite) -> bool {
        let instr = &self.project.ir(site.func).blocks[site.node].instrs[site.instr];
        let InstrKind::Bind { name, .. } = &instr.kind else { return false };
        let name = Val::text(self.project.name(*name));
        let mut vars = query.start.clone();
        vars.set(var, name.clone());
        query.wheres.iter().any(|condition| {
            condition.subject == WhereSubject::Var(var)
                && self.holds(&condition.pred, &name, &mut vars) == Tri::No
        })
    }

    fn is_within(&self, func: FnRef, within: Within<'_>) -> bool {
        match within {
            Within::Project => true,
            Within::Module(unit) => func.unit == unit,
            Within::Class(class) => {
                func.unit == class.unit && self.enclosing_class(func) == Some(class)
            }
            Within::Function(outer) => self.enclosing(func).any(|f| f == outer),
            Within::Functions(all) => self.enclosing(func).any(|f| all.contains(&f)),
        }
    }

    /// A function and those it is defined in, innermost first; not the module body, unless it
    /// is the one asked about.
    fn enclosing(&self, func: FnRef) -> impl Iterator<Item = FnRef> + '_ {
        std::iter::successors(Some(func), |at| {
            let parent = self.project.ir(*at).parent?;
            (parent != FnId(0)).then_some(FnRef { unit: at.unit, func: parent })
        })
    }

    /// The class whose method a function is, or is defined in.
    pub fn enclosing_class(&self, func: FnRef) -> Option<ClassRef> {
        let mut at = func;
        loop {
            let ir = self.project.ir(at);
            if let Some(class) = ir.class {
                return Some(ClassRef { unit: func.unit, class });
            }
            at = FnRef { unit: func.unit, func: ir.parent? };
        }
    }

    /// The innermost class in whose body a place of a function or module stands.
    pub fn class_around(&self, func: FnRef, loc: Loc) -> Option<ClassRef> {
        let facts = &self.project.units[func.unit].facts;
        let around = facts.classes.iter_enumerated().filter(|(_, class)| {
            let whole = self.project.loc(func.unit, class.span);
            class.scope == func.func && whole.start <= loc.start && loc.end <= whole.end
        });
        let innermost =
            around.max_by_key(|(_, class)| self.project.loc(func.unit, class.span).start);
        innermost.map(|(class, _)| ClassRef { unit: func.unit, class })
    }

    fn try_candidate(
        &self,
        pattern: &Pattern,
        query: &Query<'_>,
        candidate: Spot,
        each: &mut dyn FnMut(Hit) -> bool,
    ) {
        let func = candidate.func();
        let open = Frame::open(func);
        let Some((hit, hangs)) = self.attempt(pattern, query, candidate, &open, None) else {
            return;
        };
        if !hangs {
            each(hit);
            return;
        }
        let mut budget = super::callers::MAX_INSTANCES;
        let mut decided = false;
        let mut offer = |mut instance: Hit| {
            decided = true;
            instance.inside.push(hit.loc);
            each(instance)
        };
        self.instances(
            func,
            0,
            &mut budget,
            &mut |frame, caller| self.attempt(pattern, query, candidate, frame, Some(caller)),
            &mut offer,
        );
        if !decided {
            each(hit);
        }
    }

    /// One match of one candidate in one activation, seen from a caller or from where it stands;
    /// none if it certainly does not hold. The second part of the answer says whether an unknown
    /// hangs on parameters.
    fn attempt(
        &self,
        pattern: &Pattern,
        query: &Query<'_>,
        candidate: Spot,
        frame: &Arc<Frame>,
        caller: Option<(FnRef, Loc)>,
    ) -> Option<(Hit, bool)> {
        self.refuel();
        let mut bindings = query.start.clone();
        let matched = self.match_candidate(&pattern.kind, candidate, frame, &mut bindings);
        let tri = matched.and(|| self.holds_all(query.wheres, &mut bindings));
        if tri == Tri::No {
            return None;
        }
        let (func, loc) =
            caller.unwrap_or_else(|| (candidate.func(), self.candidate_loc(candidate)));
        if query.concrete {
            bindings.0.iter().flatten().for_each(|value| self.note_param(value));
        }
        let notes = self.notes.get();
        let site = match candidate {
            Spot::Call(site) => Some(TermRef { func: site.func, term: site.term }),
            _ => None,
        };
        let made = site.map(|term| Origin { term, frame: Arc::clone(frame) });
        let hit = Hit {
            tri,
            bindings,
            loc,
            func,
            inside: Vec::new(),
            made,
            site,
            notes,
            spot: candidate,
            wrapped: Vec::new(),
        };
        let hangs = notes.param && (tri == Tri::Unknown || query.concrete);
        Some((hit, hangs))
    }

    fn match_candidate(
        &self,
        kind: &PatternKind,
        candidate: Spot,
        frame: &Arc<Frame>,
        vars: &mut Bindings,
    ) -> Tri {
        match (kind, candidate) {
            (PatternKind::Expr(Pat::Concept { name, roles }), Spot::Store(site)) => {
                self.match_concept_store(*name, roles, site, frame, vars)
            }
            (PatternKind::Expr(pat), Spot::Call(CallSite { func, term, .. })) => {
                self.match_pat(pat, &self.as_made(func, term, frame), vars)
            }
            // Which operator it is the term says, and only its operands are asked for.
            (PatternKind::Expr(pat @ Pat::Op(..)), Spot::Expr(TermRef { func, term })) => {
                self.match_pat(pat, &self.as_made(func, term, frame), vars)
            }
            (PatternKind::Expr(pat), Spot::Expr(term)) => {
                let mut value = self.eval(term.term, frame);
                value.origin = Some(Origin { term, frame: Arc::clone(frame) });
                self.match_pat(pat, &value, vars)
            }
            (PatternKind::Assign { target, value }, Spot::Store(site)) => {
                self.match_store(target, Some(value), site, frame, vars)
            }
            (PatternKind::Delete(target), Spot::Store(site)) => {
                self.match_store(target, None, site, frame, vars)
            }
            (PatternKind::Return(pat), Spot::Exit { term, raises: false, .. })
            | (PatternKind::Raise(pat), Spot::Exit { term, raises: true, .. }) => match (pat, term)
            {
                (Some(pat), Some(term)) => {
                    let value = self.eval(term, frame);
                    self.match_pat(pat, &value, vars)
                }
                (None, None) => Tri::Yes,
                _ => Tri::No,
            },
            (PatternKind::Function { decorators, name }, Spot::Function(func)) => {
                self.match_function(decorators, name, func, vars)
            }
            _ => Tri::No,
        }
    }

    /// A term as the value it makes, seen from the term itself.
    fn as_made(&self, func: FnRef, term: TermId, frame: &Arc<Frame>) -> Val {
        let span = self.project.ir(func).spans[term];
        let origin = Origin { term: TermRef { func, term }, frame: Arc::clone(frame) };
        Val::opaque().from_origin(origin).at(self.project.loc(func.unit, span))
    }

    pub(super) fn match_store(
        &self,
        target: &Pat,
        value: Option<&Pat>,
        site: StoreSite,
        frame: &Arc<Frame>,
        vars: &mut Bindings,
    ) -> Tri {
        let instr = &self.project.ir(site.func).blocks[site.node].instrs[site.instr];
        match (&instr.kind, value) {
            (InstrKind::Bind { name, value: term, .. }, Some(pat)) => {
                self.match_assign(target, Some((pat, *term)), Target::Name(*name), frame, vars)
            }
            (InstrKind::Store { place: Place::Outer(name), value: term }, Some(pat)) => {
                self.match_assign(target, Some((pat, *term)), Target::Name(*name), frame, vars)
            }
            (InstrKind::Store { place, value: term }, Some(pat)) => {
                self.match_assign(target, Some((pat, *term)), Target::Place(place), frame, vars)
            }
            (InstrKind::Delete(place), None) => {
                self.match_assign(target, None, Target::Place(place), frame, vars)
            }
            _ => Tri::No,
        }
    }

    /// A concept that is defined by assignments: `flask.session[$K] = $USER`.
    fn match_concept_store(
        &self,
        name: Symbol,
        roles: &[(Symbol, Pat)],
        site: StoreSite,
        frame: &Arc<Frame>,
        vars: &mut Bindings,
    ) -> Tri {
        let Some(concept) = self.project.rules.library.concepts.get(&name) else { return Tri::No };
        let mut answer = Tri::No;
        for pattern in &concept.patterns {
            let mut inner = Bindings::new(pattern.vars.len());
            let matched = match &pattern.pattern.kind {
                PatternKind::Assign { target, value } => {
                    self.match_store(target, Some(value), site, frame, &mut inner)
                }
                PatternKind::Delete(target) => {
                    self.match_store(target, None, site, frame, &mut inner)
                }
                _ => continue,
            };
            let mut trial = vars.clone();
            let tri = matched.and(|| {
                let receiver = self.stored_into(site, frame);
                self.concept_roles(pattern, roles, &receiver, inner, &mut trial)
            });
            if tri == Tri::Yes {
                *vars = trial;
                return Tri::Yes;
            }
            answer = answer.or(|| tri);
        }
        answer
    }

    /// The object an assignment changes.
    fn stored_into(&self, site: StoreSite, frame: &Arc<Frame>) -> Val {
        let instr = &self.project.ir(site.func).blocks[site.node].instrs[site.instr];
        match &instr.kind {
            InstrKind::Store { place: Place::Item(object, _) | Place::Attr(object, _), .. }
            | InstrKind::Delete(Place::Item(object, _) | Place::Attr(object, _)) => {
                self.eval(*object, frame)
            }
            _ => Val::opaque(),
        }
    }

    fn match_function(
        &self,
        decorators: &[Pat],
        name: &NamePat,
        func: FnRef,
        vars: &mut Bindings,
    ) -> Tri {
        let ir = self.project.ir(func);
        let Some(parent) = ir.parent else { return Tri::No };
        let outer = Frame::open(FnRef { unit: func.unit, func: parent });
        let mut answer = Tri::Yes;
        for pat in decorators {
            let mut one = Tri::No;
            for decorator in &ir.decorators {
                let mut trial = vars.clone();
                let value = self.eval(*decorator, &outer);
                let tri = self.match_pat(pat, &value, &mut trial);
                if tri == Tri::Yes {
                    *vars = trial;
                }
                one = one.or(|| tri);
            }
            answer = answer.and(|| one);
        }
        answer.and(|| match name {
            NamePat::Any => Tri::Yes,
            NamePat::Fixed(wanted) => Tri::from_bool(*wanted == ir.name),
            NamePat::Var(var) => {
                let value = Val::new(Kind::Function(func));
                vars.set(*var, value.at(self.project.loc(func.unit, ir.name_span)));
                Tri::Yes
            }
        })
    }

    fn candidate_loc(&self, candidate: Spot) -> Loc {
        let func = candidate.func();
        let ir = self.project.ir(func);
        let span = match candidate {
            Spot::Call(site) => ir.spans[site.term],
            Spot::Store(site) => ir.blocks[site.node].instrs[site.instr].span,
            Spot::Expr(term) => ir.spans[term.term],
            Spot::Exit { span, .. } => span,
            Spot::Function(_) => ir.name_span,
        };
        self.project.loc(func.unit, span)
    }
}

impl Spot {
    /// The function it stands in.
    pub fn func(self) -> FnRef {
        match self {
            Self::Call(site) => site.func,
            Self::Store(site) => site.func,
            Self::Expr(term) => term.func,
            Self::Exit { func, .. } | Self::Function(func) => func,
        }
    }
}
