//! What `tickstep sweep` and `tickstep merge` do alike once all sets are there: judge
//! them, show how far that is, and print what it came to.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::research::search::{Finish, FinishedSweep, SearchError};
use crate::research::space::Set;
use crate::research::sweep::{Sweep, SweepFiles};
use crate::research::trials::Tried;
use crate::research::validation::{Validation, ValidationError, ValidationOptions, WalkError};
use crate::run::Backtest;
use anyhow::bail;

use super::terminal::{Bar, Out, Stopped, uninterrupted};

/// Writes what is left to write of a sweep; the first Ctrl-C stops a walk forward.
pub(super) fn judged<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync>(
    finish: &Finish<'_>,
    sweep: &Sweep<'a, M>,
    found: &SweepFiles,
    tried: &Tried,
    threads: Option<usize>,
    quiet: bool,
) -> anyhow::Result<FinishedSweep> {
    let walk = finish.plan.config.walk_forward;
    let windows = walk.map_or(0, |how| how.windows(&sweep.coverage()).len());
    let bar = Bar::new("judging", "human_pos", quiet || windows == 0);
    let (done, total) = (AtomicU64::new(0), (windows * sweep.sets.len()) as u64);
    let go_on = || bar.at(done.fetch_add(1, Ordering::Relaxed), total).is_continue();
    let options = ValidationOptions {
        tried: Some(tried),
        threads,
        go_on: &go_on,
        ..finish.plan.validation_options()
    };
    match uninterrupted(|| finish.write(sweep, found, &options)) {
        Err(SearchError::Validation(ValidationError::Walk(WalkError::Interrupted))) => {
            bail!(Stopped(format!(
                "interrupted; all sets are finished and kept in {}: the same command judges them, a \
             sweep with --resume",
                finish.dir.display()
            )))
        }
        finished => Ok(finished?),
    }
}

/// Prints how far the best is to be believed.
pub(super) fn print_validation(validation: Option<&Validation>, stdout: &mut Out) {
    validation.iter().flat_map(|b| b.lines()).for_each(|line| stdout.line(line));
}
