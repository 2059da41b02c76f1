//! What the exit code says.

use std::process::ExitCode;

/// The exit codes, the same for every command and format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: nothing at or above the threshold.
    Success,
    /// 1: shown findings at or above the threshold, or failed examples of a rule.
    Findings,
    /// 2: no answer. Wrong arguments, configuration or rule packs, a missing path, an
    /// internal error; with `--strict`, a file that was not analysed whole.
    Failure,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Findings => 1,
            Exit::Failure => 2,
        })
    }
}
