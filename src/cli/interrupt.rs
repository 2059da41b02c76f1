//! Ctrl-C: what is half done is put away, and the exit code is that of a program that was
//! interrupted.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

/// What a shell makes of a program that ends by SIGINT.
const INTERRUPTED: i32 = 130;

/// What must not stay behind.
struct Open {
    bar: Option<ProgressBar>,
    file: Option<PathBuf>,
}

static OPEN: Mutex<Open> = Mutex::new(Open { bar: None, file: None });

/// From now on Ctrl-C puts away what is open. Where the signal is ignored, as it is for
/// programs in the background, it stays so.
pub(super) fn handle() {
    // Without a handler the signal still ends the program, only less tidily.
    let _ = ctrlc::try_set_handler(|| {
        // Held until the end: nothing new is opened.
        let open = open();
        if let Some(bar) = &open.bar {
            bar.finish_and_clear();
        }
        if let Some(file) = &open.file {
            let _ = fs::remove_file(file);
        }
        #[expect(clippy::exit, reason = "the other threads are at work and do not listen")]
        process::exit(INTERRUPTED)
    });
}

/// Makes a file by `create` that goes away when the program is interrupted.
pub(super) fn guarding(path: &Path, create: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
    let mut open = open();
    let file = create()?;
    open.file = Some(path.to_owned());
    Ok(file)
}

/// The file is written, and stays.
pub(super) fn forget_file() {
    open().file = None;
}

/// Which bar is shown, if one is.
pub(super) fn show(bar: Option<ProgressBar>) {
    open().bar = bar;
}

/// Nothing in it can be half changed.
fn open() -> MutexGuard<'static, Open> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
