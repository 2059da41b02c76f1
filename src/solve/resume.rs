//! What a call goes on with when the function that it entered gives a label back.

use super::calls;
use super::path::{Key, Path};
use super::search::{At, CallFrom, Exit, Search, State, Step};
use crate::facts::Term;
use crate::link::TermRef;
use crate::link::Use;

impl Search<'_, '_, '_> {
    /// Resumes a call with what the function it entered gives back.
    /// `inside` is the state that leaves.
    pub fn resume(&mut self, call: &CallFrom, exit: &Exit, path: Path, labels: u64, inside: u32) {
        let entry = self.entry(call.state);
        let loc = self.loc(call.call);
        let at = At::Term(call.call);
        match exit {
            Exit::Return => {
                let is_text = self.state(call.state).at == at;
                // What is only handed on is one step; what is read of an object is shown.
                let steps = match self.is_in_part(inside) {
                    true => self.steps_inside(call, inside),
                    false => vec![Step { loc, text: "handed on and returned".to_owned() }],
                };
                let path = if is_text { Path::of(Key::Text) } else { path };
                self.follow(call.state, State { entry, at, path, labels }, steps);
            }
            Exit::Raise(ty) => {
                let steps = self.steps_inside(call, inside);
                let state = State { entry, at, path, labels };
                self.caught(call.state, &state, call.call, ty.as_ref(), steps);
            }
            Exit::Into(param) => {
                let steps = self.steps_inside(call, inside);
                self.resume_into(call, *param, path, labels, steps);
            }
            Exit::Calls(inner, index) => {
                self.resume_wrapped(call, *inner, *index, path, inside);
            }
        }
    }

    /// A decorator's wrapper hands an argument on to the function it wraps.
    fn resume_wrapped(
        &mut self,
        call: &CallFrom,
        inner: TermRef,
        index: usize,
        path: Path,
        from: u32,
    ) {
        let Some((wrapped, decorator)) = call.wraps else { return };
        let Term::Call { args, .. } = self.graph.project.term(inner) else { return };
        let entered = calls::decorated(self.cx, self.graph, wrapped, decorator + 1, 0);
        let ir = self.graph.project.ir(entered.func);
        for (param, path) in calls::parameters(self.cx, ir, 0, args, index, path) {
            self.enter_call(from, inner, &entered, args, param, path);
        }
    }

    /// An object that was handed in holds the label now.
    fn resume_into(
        &mut self,
        call: &CallFrom,
        param: u32,
        path: Path,
        labels: u64,
        steps: Vec<Step>,
    ) {
        let entry = self.entry(call.state);
        let func = call.call.func;
        if call.makes && param == 0 {
            let state = State { entry, at: At::Term(call.call), path, labels };
            self.follow(call.state, state, steps);
            return;
        }
        let Some((_, given)) = call.args.iter().find(|(p, _)| *p == param) else { return };
        for of in self.graph.uses(func).of(*given).to_vec() {
            let Use::Term(user) = of else { continue };
            let escaped = matches!(&self.graph.project.ir(func).terms[user],
                Term::Escaped { call: by, .. } if *by == call.call.term);
            if escaped {
                let at = At::Term(TermRef { func, term: user });
                self.follow(call.state, State { entry, at, path, labels }, steps.clone());
            }
        }
    }
}
