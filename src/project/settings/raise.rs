//! What instructions raise, and where that is caught.

use super::run::{Activation, Runner, only_raises};
use crate::facts::{Block, InstrKind, NodeId, Term};
use crate::link::{Kind, Val};

/// What an instruction raises when it does so certainly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exception {
    /// A module or a name of it is not there.
    Import,
    /// A variable is not set.
    Variable,
    /// A name is not bound.
    Name,
}

/// Whether an instruction raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raises {
    No,
    /// Anything but that a module is not there.
    Maybe,
    /// That a module is not there.
    MaybeImport,
    Surely(Exception),
    /// Does not, and what the block raises from here on is dropped: `with suppress(…)`.
    Suppressed,
}

/// Exceptions that say that something cannot be imported.
const IMPORT_ERRORS: [&str; 2] = ["ImportError", "ModuleNotFoundError"];

/// Python's exceptions that reading a variable does not raise.
const OTHER_ERRORS: [&str; 11] = [
    "ImportError",
    "ModuleNotFoundError",
    "ValueError",
    "TypeError",
    "AttributeError",
    "NameError",
    "IndexError",
    "OSError",
    "IOError",
    "FileNotFoundError",
    "ZeroDivisionError",
];

impl Exception {
    fn is_caught_as(self, name: &str) -> bool {
        let any = matches!(name, "Exception" | "BaseException");
        match self {
            Self::Import => any || IMPORT_ERRORS.contains(&name),
            // Libraries that read variables have exceptions of their own.
            Self::Variable => !OTHER_ERRORS.contains(&name),
            Self::Name => any || name == "NameError",
        }
    }
}

impl<'p> Runner<'_, 'p, '_> {
    /// The handler that an exception is caught by; none where that gives up: the program only
    /// runs where nothing is raised.
    pub(super) fn handler(
        &self,
        act: &Activation<'p>,
        block: &Block,
        exception: Exception,
    ) -> Option<NodeId> {
        let catches = |to: &&NodeId| match self.caught(act, **to) {
            None => true,
            Some(names) => {
                names.iter().any(|name| name.as_ref().is_none_or(|n| exception.is_caught_as(n)))
            }
        };
        let handler = block.handlers.iter().find(catches).copied();
        handler.filter(|handler| !only_raises(act.ir, *handler))
    }

    /// The handlers that something unknown may be caught by.
    pub(super) fn open_handlers(&self, act: &Activation<'p>, block: &Block) -> Vec<NodeId> {
        let is_import = |name: &Option<String>| {
            name.as_ref().is_some_and(|name| IMPORT_ERRORS.contains(&name.as_str()))
        };
        let only_imports =
            |to: NodeId| self.caught(act, to).is_some_and(|names| names.iter().all(is_import));
        block.handlers.iter().copied().filter(|to| !only_imports(*to)).collect()
    }

    /// The names of the exceptions that a handler catches, none for each that is not known; no
    /// list for a bare `except` and for `finally`.
    fn caught(&self, act: &Activation<'p>, handler: NodeId) -> Option<Vec<Option<String>>> {
        let mut instrs = act.ir.blocks[handler].instrs.iter();
        let types = instrs.find_map(|instr| match &instr.kind {
            InstrKind::Eval(term) => match &act.ir.terms[*term] {
                Term::Caught(types) => Some(*types),
                _ => None,
            },
            _ => None,
        });
        let value = self.eval(types??, act);
        let all = match value.as_seq() {
            Some(seq) => seq.items.as_slice(),
            None => std::slice::from_ref(&value),
        };
        let name = |value: &Val| match &value.kind {
            Kind::Lib(path) => path.last().map(|name| self.cx.project.name(*name).to_owned()),
            _ => None,
        };
        Some(all.iter().map(name).collect())
    }
}
