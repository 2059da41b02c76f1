//! Where control goes when something is left by its exception.

use super::events::Start;
use super::order::{Marks, Point};
use super::search::Spot;
use super::tri::Tri;
use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{Cx, FnRef};
use crate::base::Symbol;
use crate::facts::{NodeId, Term, TermId};

/// Deepest chain of callers that an exception is followed through.
const MAX_CALLERS: u32 = 3;

impl<'p> Cx<'p, '_> {
    /// The handlers that an exception of the code at a spot may reach, in its function or where
    /// that is called.
    pub fn leaving(&self, spot: Spot) -> Vec<Start> {
        let raised = self.raised_at(spot);
        let func = spot.func();
        let mut found = Vec::new();
        for point in self.points(spot) {
            self.leave(func, point, &raised, 0, &mut found);
        }
        found
    }

    fn leave(
        &self,
        func: FnRef,
        point: Point,
        raised: &[Vec<Symbol>],
        depth: u32,
        found: &mut Vec<Start>,
    ) {
        let flow = self.flow(func);
        let mut next: Vec<Point> = Vec::new();
        let mut escapes = true;
        for handler in flow.handlers(point) {
            let caught = self.catches(func, *handler, raised);
            if caught != Tri::No {
                next.push(Point { node: *handler, at: 0 });
            }
            if caught == Tri::Yes {
                escapes = false;
                break;
            }
        }
        // What a handler raises instead may be anything to the callers.
        let raises_another = flow.reach(next.iter().copied(), &Marks::default()).raises;
        if !next.is_empty() {
            found.push(Start { func, point, next, failed: true, ruled_out: Vec::new() });
        }
        if depth == MAX_CALLERS || !(escapes || raises_another) {
            return;
        }
        let raised = if raises_another { &[] } else { raised };
        let around = self.wrappers(func).into_iter().flatten();
        for call in around.chain(self.calls_of(func)) {
            self.leave(call.func, call.point, raised, depth + 1, found);
        }
    }

    /// Whether a handler catches one of these exceptions; none: whatever.
    fn catches(&self, func: FnRef, handler: NodeId, raised: &[Vec<Symbol>]) -> Tri {
        let Some(types) = self.project.ir(func).blocks[handler].catches else { return Tri::Yes };
        self.refuel();
        let value = self.eval(types, &Frame::open(func));
        match value.as_seq() {
            Some(seq) => {
                let start = if seq.open { Tri::Unknown } else { Tri::No };
                seq.items.iter().fold(start, |known, one| known.or(|| self.may_be(one, raised)))
            }
            None => self.may_be(&value, raised),
        }
    }

    /// Whether an exception class is, or is a base of, one that is raised.
    fn may_be(&self, caught: &Val, raised: &[Vec<Symbol>]) -> Tri {
        let caught = match &caught.kind {
            Kind::Lib(path) => Ty::Lib(path.to_vec()),
            Kind::Class(class) => Ty::Class(*class),
            _ => return Tri::Unknown,
        };
        let builtin = match &caught {
            Ty::Lib(path) if path.len() == 1 => Some(self.project.name(path[0])),
            _ => None,
        };
        if matches!(builtin, Some("Exception" | "BaseException")) {
            return Tri::Yes;
        }
        if raised.is_empty() {
            return Tri::Unknown;
        }
        let raised: Vec<Ty> = raised.iter().map(|path| Ty::Lib(path.clone())).collect();
        let above = |ty: &Ty, wanted: &Ty| self.mro(ty).contains(wanted);
        if raised.iter().all(|one| above(one, &caught)) {
            return Tri::Yes;
        }
        // Libraries raise their own exceptions; how these are related is not always known.
        let library = matches!(&caught, Ty::Lib(_)) && builtin.is_none();
        match library || raised.iter().any(|one| above(one, &caught) || above(&caught, one)) {
            true => Tri::Unknown,
            false => Tri::No,
        }
    }

    /// What a library call is known to raise.
    fn raised_at(&self, spot: Spot) -> Vec<Vec<Symbol>> {
        let Spot::Call(site) = spot else { return Vec::new() };
        let Term::Call { func: callee, .. } = self.project.ir(site.func).terms[site.term] else {
            return Vec::new();
        };
        self.raised_by(callee, site.func)
    }

    fn raised_by(&self, callee: TermId, func: FnRef) -> Vec<Vec<Symbol>> {
        self.refuel();
        let model = self.library_model(callee, &Frame::open(func));
        model.map(|model| model.raises.clone()).unwrap_or_default()
    }
}
