//! The `tokscan` command.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use tokscan::cli::{self, Exit};

fn main() -> ExitCode {
    let run = AssertUnwindSafe(|| cli::run(std::env::args_os()));
    // What panicked has said so; it must not look like an answer about the code.
    catch_unwind(run).unwrap_or(Exit::Failure).into()
}
