//! Ctrl-C: what is half done is put away, and the exit code is that of a program that was
//! interrupted.

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

use crate::source::abandon_unfinished;

/// What a shell makes of a program that ends by SIGINT.
const INTERRUPTED: i32 = 130;

/// The bar that is shown, if one is.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on Ctrl-C puts away what is open. Where the signal is ignored, as it is for
/// programs in the background, it stays so.
pub(super) fn handle() {
    // Without a handler the signal still ends the program, only less tidily.
    let _ = ctrlc::try_set_handler(|| {
        // Held until the end: nothing new is opened.
        let bar = bar();
        if let Some(bar) = &*bar {
            bar.finish_and_clear();
        }
        let _unfinished = abandon_unfinished();
        #[expect(clippy::exit, reason = "the other threads are at work and do not listen")]
        process::exit(INTERRUPTED)
    });
}

/// Which bar is shown, if one is.
pub(super) fn show(shown: Option<ProgressBar>) {
    *bar() = shown;
}

/// Nothing in it can be half changed.
fn bar() -> MutexGuard<'static, Option<ProgressBar>> {
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}
