//! What names say.

use crate::base::Symbol;
use crate::link::Cx;

/// Shortest name that says by itself which class an attribute belongs to.
const TELLING: usize = 5;

/// Whether a name is long enough to tell an object by.
pub fn is_telling(cx: &Cx<'_, '_>, name: Symbol) -> bool {
    cx.project.name(name).len() >= TELLING
}
