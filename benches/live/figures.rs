//! Median and 99th percentile of what was timed, and what it is held to.

use std::time::Duration;

use anyhow::ensure;

/// What several measurements of one thing come to.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    count: usize,
    pub median: Duration,
    p99: Duration,
}

impl Figures {
    /// Of at least one measurement.
    pub fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |part: usize| all[(all.len() * part / 100).min(all.len() - 1)];
        Self { count: all.len(), median: at(50), p99: at(99) }
    }

    pub fn row(&self, what: &str) {
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let (median, p99, count) = (us(self.median), us(self.p99), self.count);
        println!("{what:<48} median {median:>9.1} us, p99 {p99:>9.1} us, of {count}");
    }
}

/// What was found, held against what it may be.
pub struct Limits {
    /// Whether this is a measurement, so that times count.
    pub measuring: bool,
    missed: Vec<String>,
}

impl Limits {
    pub const fn new(measuring: bool) -> Self {
        Self { measuring, missed: Vec::new() }
    }

    pub fn most(&mut self, what: &str, found: f64, most: f64) {
        self.note(what, found, "at most", most, found <= most);
    }

    pub fn least(&mut self, what: &str, found: f64, least: f64) {
        self.note(what, found, "at least", least, found >= least);
    }

    fn note(&mut self, what: &str, found: f64, bound: &str, limit: f64, kept: bool) {
        let line = format!("{what}: {found:.2}, {bound} {limit:.2}");
        println!("  {line}");
        if self.measuring && !kept {
            self.missed.push(line);
        }
    }

    /// An error where a limit was missed.
    pub fn kept(self) -> anyhow::Result<()> {
        ensure!(self.missed.is_empty(), "not kept: {}", self.missed.join("; "));
        Ok(())
    }
}
