//! How far a sweep has come, told after each set.

use std::ops::ControlFlow;

use super::table::Ranking;
use crate::research::store::SetRecord;

/// How far a sweep has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepProgress {
    /// Number of sets of this shard that are done, those of earlier processes too.
    pub done: u64,
    /// Number of these that failed since this process began.
    pub failed: u64,
    /// Number of sets of this shard.
    pub total: u64,
    /// The best by the main objective since this process began, and its value.
    pub best: Option<(u64, f64)>,
}

/// Told how far the sweep has come after each set; `Break` ends it.
pub type SweepWatch<'w> = dyn FnMut(SweepProgress) -> ControlFlow<()> + Send + 'w;

/// What the threads share while they run.
pub(super) struct SweepTally<'w> {
    pub(super) progress: SweepProgress,
    best: Ranking,
    watch: &'w mut SweepWatch<'w>,
    pub(super) stopped: bool,
}

impl<'w> SweepTally<'w> {
    /// A tally of `total` sets, of which `done` are finished already.
    pub(super) fn new(done: u64, total: u64, best: Ranking, watch: &'w mut SweepWatch<'w>) -> Self {
        let progress = SweepProgress { done, failed: 0, total, best: None };
        Self { progress, best, watch, stopped: false }
    }

    pub(super) fn told(&mut self, set: u64, record: &SetRecord) {
        self.progress.done += 1;
        self.progress.failed += u64::from(*record == SetRecord::Failed);
        self.best.offer(set, record);
        let best = self.best.top(0);
        self.progress.best = best.first().and_then(|r| Some((r.set, *r.values.first()?)));
        self.stopped |= (self.watch)(self.progress).is_break();
    }
}
