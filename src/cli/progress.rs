//! A bar on the terminal while a long run goes on.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::interrupt;
use super::streams::Streams;
use crate::base::{Position, Progress};

/// Runs that are over by then show no bar: it would only flicker.
const DELAY: Duration = Duration::from_millis(500);
/// Time between two looks at the progress.
const PACE: Duration = Duration::from_millis(100);

/// Shows how far a run is, on a terminal, until it is dropped.
pub(super) struct Bar {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// A bar for a run, unless stderr is no terminal that can show one or is to be quiet.
    pub fn of(progress: &Arc<Progress>, quiet: bool, streams: &Streams) -> Self {
        if quiet || !streams.animated {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel();
        let progress = Arc::clone(progress);
        let unicode = streams.err.unicode;
        let thread = thread::Builder::new().spawn(move || show(&progress, unicode, &stopped)).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        // The thread ends when the other side of its channel is gone.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // What it may have died of concerns nobody.
            let _ = thread.join();
        }
    }
}

fn style(template: &str, unicode: bool) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.expect("internal error: a template that is known");
    style.progress_chars(if unicode { "█▌ " } else { "#> " })
}

fn show(progress: &Progress, unicode: bool, stopped: &Receiver<()>) {
    if stopped.recv_timeout(DELAY) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let counted = style("{msg:16} [{bar:32}] {pos}/{len}", unicode);
    let uncounted = style("{msg}", unicode);
    interrupt::show(Some(bar.clone()));
    loop {
        let Position { phase, done, all } = progress.position();
        bar.set_style(if all == 0 { &uncounted } else { &counted }.clone());
        bar.set_message(phase);
        bar.set_length(all as u64);
        bar.set_position(done.min(all) as u64);
        bar.tick();
        if stopped.recv_timeout(PACE) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
    interrupt::show(None);
}
