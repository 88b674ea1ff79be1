//! Options that callers give, and those that a search is judged by.

use std::sync::atomic::{AtomicU64, Ordering};

use tickstep_backtest::research::store::Shard;
use tickstep_backtest::research::trials::Tried;
use tickstep_backtest::research::validation::ValidationOptions;

use super::search::Shared;
use crate::failure::{Class, Failure};
use crate::released::Watch;

/// Does `work` with the options that a search is judged by; progress of a walk forward is
/// shown.
pub fn with_options<T>(
    shared: &Shared,
    tried: &Tried,
    threads: Option<usize>,
    watch: &Watch,
    work: impl FnOnce(&ValidationOptions<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let options = shared.plan.validation_options();
    let windows = options.walk_forward.map_or(0, |how| {
        let coverage = shared.prepared.coverage();
        how.windows(&coverage).len()
    });
    let sets = if windows > 0 { shared.sweep(None)?.sets.len() } else { 0 };
    let (done, total) = (AtomicU64::new(0), (windows * sets) as u64);
    watch.say("judging".to_owned());
    let go_on = || {
        let done = done.fetch_add(1, Ordering::Relaxed);
        watch.at(done.min(total), total).is_continue()
    };
    work(&ValidationOptions { tried: Some(tried), threads, go_on: &go_on, ..options })
}

/// Threads that were asked for, one at least.
pub fn least(threads: Option<usize>) -> Result<Option<usize>, Failure> {
    match threads {
        Some(0) => Err(Failure::argument(
            Class::Config,
            "threads",
            "0 is out of range; it must be 1 or more",
        )),
        threads => Ok(threads),
    }
}

/// The part of a search that was asked for.
pub fn part(shard: Option<&str>) -> Result<Shard, Failure> {
    let read = |text: &str| text.parse().map_err(|e| Failure::argument(Class::Config, "shard", e));
    shard.map_or(Ok(Shard::WHOLE), read)
}
