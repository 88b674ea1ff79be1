//! What every subcommand needs of the terminal: streams, interruption and progress.

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

/// The user pressed Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// The user pressed Ctrl-C and something was kept: what, and how to go on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stopped(pub String);

/// Standard output. A fault of it never stops the work, and is told at the end.
#[derive(Default)]
pub struct Out(Option<io::Error>);

impl Out {
    /// Writes a line, unless an earlier one could not be written.
    pub fn line(&mut self, text: impl Display) {
        if self.0.is_none() {
            let mut out = io::stdout().lock();
            self.0 = writeln!(out, "{text}").and_then(|()| out.flush()).err();
        }
    }

    /// The first fault. A reader that went away, as `head` does, is none.
    pub fn end(self) -> anyhow::Result<()> {
        match self.0 {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error).context("cannot write to standard output")
            }
            _ => Ok(()),
        }
    }
}

/// A line to standard error, for whoever still reads it.
pub fn warn(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error with its causes, leaving out those whose words are there already.
pub fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            let colon = if told.is_empty() { "" } else { ": " };
            told = format!("{told}{colon}{cause}");
        }
    }
    told
}

static STOP: AtomicBool = AtomicBool::new(false);
static WRITING: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks the work to stop; a second one ends the process,
/// but never amid the writing of a run folder.
pub fn catch_interrupts() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if interrupted(&STOP, &WRITING) {
            std::process::exit(130);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether a Ctrl-C ends the process at once.
fn interrupted(stop: &AtomicBool, writing: &AtomicBool) -> bool {
    stop.swap(true, Ordering::SeqCst) && !writing.load(Ordering::SeqCst)
}

/// Does what must not be cut short: it takes a moment, and a part of it is worse than none.
pub fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    WRITING.store(true, Ordering::SeqCst);
    let done = work();
    WRITING.store(false, Ordering::SeqCst);
    done
}

/// A bar on a terminal, nothing in a pipe.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar for work of `unit`s, or none at all.
    pub fn new(what: &'static str, unit: &str, quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let template = format!("{{msg:>8}} [{{bar:40}}] {{percent:>3}} % {{{unit}}} {{eta}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self(bar)
    }

    /// A bar for sets, with their rate and what is said of them.
    pub fn of_sets(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let template =
            "{msg:>8} [{bar:30}] {human_pos}/{human_len} sets {prefix} {eta} left".to_owned();
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message("sweeping");
        Self(bar)
    }

    /// From here on the rate is measured: what was done before does not count.
    pub fn from(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.reset_eta();
    }

    /// Units a second.
    pub fn rate(&self) -> f64 {
        self.0.per_sec()
    }

    /// What is said beside the bar.
    pub fn say(&self, words: String) {
        self.0.set_prefix(words);
    }

    /// Since it was made.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }

    /// Shows how far the work is; `Break` once Ctrl-C was pressed.
    pub fn at(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.0.set_length(total);
        self.0.set_position(done);
        if STOP.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_interrupt_ends_the_process_unless_it_is_writing() {
        let (stop, writing) = (AtomicBool::new(false), AtomicBool::new(true));
        assert!(!interrupted(&stop, &writing));
        assert!(!interrupted(&stop, &writing));
        writing.store(false, Ordering::SeqCst);
        assert!(interrupted(&stop, &writing));
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no space").context("a.csv: no space; free some");
        assert_eq!(told(&error), "a.csv: no space; free some");
        let error = anyhow::anyhow!("no space").context("cannot write a.csv");
        assert_eq!(told(&error), "cannot write a.csv: no space");
    }
}
