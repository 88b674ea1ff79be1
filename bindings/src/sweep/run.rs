//! Running a search: whole, in memory or into a folder; a part of it, elsewhere; and the
//! parts joined.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use tickstep_backtest::research::search::{Finish, Register};
use tickstep_backtest::research::store::{Shard, StoreError};
use tickstep_backtest::research::sweep::files::{SETS, check};
use tickstep_backtest::research::sweep::{Sweep, SweepError, SweepFiles, SweepJob, SweepResult};
use tickstep_backtest::research::trials::Registry;
use tickstep_backtest::research::validation::Validation;

use super::failure::{of_search, of_sweep, of_validation, other_search};
use super::found::Found;
use super::options::{least, part, with_options};
use super::results::{Kept, Results, Told};
use super::search::{Search, Shared};
use super::words::shown;
use crate::failure::{Class, Failure};
use crate::released::Watch;

/// Where the sets of a search that stays in memory are counted from, as those of
/// `tickstep sweep --ask` are.
pub const NOWHERE: &str = "runs/sweep";

/// Runs a search; into the folder `out`, or in memory where there is none.
#[pyfunction]
#[pyo3(signature = (search, *, threads, out, resume, shard, trials, progress))]
#[allow(clippy::too_many_arguments)]
pub fn sweep_run(
    py: Python<'_>,
    search: &Search,
    threads: Option<usize>,
    out: Option<PathBuf>,
    resume: bool,
    shard: Option<&str>,
    trials: Option<PathBuf>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Found> {
    let shared = Arc::clone(&search.shared);
    let (threads, shard) = (least(threads)?, part(shard)?);
    search.shared.own.released(py, progress, move |watch| match out {
        None => in_memory(&shared, threads, trials, watch),
        Some(dir) => {
            let job = SweepJob { identity: shared.identity(), shard, threads, resume };
            in_folder(&shared, &dir, &job, trials, watch)
        }
    })
}

/// Runs the records of a part of a search into a folder, and goes on with what is there.
/// `identity` is the search's, where the data may be told of otherwise here.
#[pyfunction]
#[pyo3(signature = (search, dir, *, shard, identity, threads, progress))]
pub fn sweep_shard(
    py: Python<'_>,
    search: &Search,
    dir: PathBuf,
    shard: &str,
    identity: String,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let shared = Arc::clone(&search.shared);
    let identity = identity.try_into().map_err(|e: String| Failure::new(Class::Internal, e))?;
    let job =
        SweepJob { identity, shard: part(Some(shard))?, threads: least(threads)?, resume: true };
    search.shared.own.released(py, progress, move |watch| {
        let sweep = shared.sweep(None)?;
        let ran = sweep.run_into(&dir, &job, &mut |p| {
            let told = watch.at(p.done, p.total);
            // What a strategy raised ends it, as it says nothing more.
            if shared.own.has_raised() { ControlFlow::Break(()) } else { told }
        });
        ran.map(drop).map_err(|e| of_sweep(e, &shared.names))
    })
}

/// Whether a folder holds all records of a part of a search; one of another search is refused.
#[pyfunction]
pub fn sweep_holds(search: &Search, dir: PathBuf, shard: &str) -> PyResult<bool> {
    let ours = search.shared.identity();
    if let Some(theirs) = SweepFiles::identity_of(&dir).filter(|theirs| *theirs != ours) {
        return Err(other_search(&dir, &theirs.to_string(), &ours.to_string()).into());
    }
    Ok(SweepFiles::are_whole(&dir, search.shared.identity(), part(Some(shard))?))
}

/// Refuses a folder that a sweep cannot be written to, before anything is run.
#[pyfunction]
pub fn sweep_checked(search: &Search, out: PathBuf, resume: bool) -> PyResult<()> {
    Ok(writable(&out, resume).map_err(|e| of_sweep(e, &search.shared.names))?)
}

/// Joins the records of all parts of a search in `dir` and judges them; what a sweep leaves
/// is written there, unless it is to stay in memory.
#[pyfunction]
#[pyo3(signature = (search, shards, dir, *, in_memory, threads, trials, progress))]
#[allow(clippy::too_many_arguments)]
pub fn sweep_join(
    py: Python<'_>,
    search: &Search,
    shards: Vec<PathBuf>,
    dir: PathBuf,
    in_memory: bool,
    threads: Option<usize>,
    trials: Option<PathBuf>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Found> {
    let shared = Arc::clone(&search.shared);
    let threads = least(threads)?;
    search.shared.own.released(py, progress, move |watch| {
        let fail = |e| of_sweep(e, &shared.names);
        let files = SweepFiles::join(&shards, &dir, shared.identity()).map_err(fail)?;
        let out = if in_memory { Path::new(NOWHERE) } else { &dir };
        let mut register = register(&shared, out, trials, Shard::WHOLE)?;
        let mut told = Told::default();
        if in_memory {
            let result = shared.sweep(None)?.loaded(&files).map_err(fail)?;
            end(&mut register, &shared, result.len() as u64, result.failures().len(), &mut told);
            return judged(&shared, result, threads, told, watch);
        }
        finished(&shared, &dir, Shard::WHOLE, files, threads, register, told, watch)
    })
}

fn in_memory(
    shared: &Arc<Shared>,
    threads: Option<usize>,
    trials: Option<PathBuf>,
    watch: &Watch,
) -> Result<Found, Failure> {
    let sweep = shared.sweep(None)?;
    let mut register = register(shared, Path::new(NOWHERE), trials, Shard::WHOLE)?;
    let mut told = Told::default();
    let ran = {
        let mut watch = shown(watch, &mut register, &sweep.metrics, &mut told.warnings);
        sweep.run_on(threads, &mut watch)
    };
    let result = ran.map_err(|error| {
        // What was tried counts, although nothing of it is kept; a fault of it is no news now.
        let _ = register.tell();
        of_sweep(error, &shared.names)
    })?;
    end(&mut register, shared, result.len() as u64, result.failures().len(), &mut told);
    judged(shared, result, threads, told, watch)
}

fn in_folder(
    shared: &Arc<Shared>,
    dir: &Path,
    job: &SweepJob,
    trials: Option<PathBuf>,
    watch: &Watch,
) -> Result<Found, Failure> {
    let fail = |e| of_sweep(e, &shared.names);
    let sweep = shared.sweep(None)?;
    // Before it is registered: what is refused was not tried.
    writable(dir, job.resume).map_err(fail)?;
    let mut register = register(shared, dir, trials, job.shard)?;
    let mut told = Told::default();
    let ran = {
        let mut watch = shown(watch, &mut register, &sweep.metrics, &mut told.warnings);
        sweep.run_into(dir, job, &mut watch)
    };
    let files = ran.map_err(|error| {
        // A fault of it is no news now.
        let _ = register.tell();
        fail(error)
    })?;
    finished(shared, dir, job.shard, files, job.threads, register, told, watch)
}

/// Writes what a sweep leaves behind beside its records.
#[allow(clippy::too_many_arguments)]
fn finished(
    shared: &Arc<Shared>,
    dir: &Path,
    shard: Shard,
    files: SweepFiles,
    threads: Option<usize>,
    mut register: Register,
    mut told: Told,
    watch: &Watch,
) -> Result<Found, Failure> {
    let sweep = shared.sweep(None)?;
    let failed = files.store.failures().map_err(|e| of_sweep(e.into(), &shared.names))?.count();
    end(&mut register, shared, files.store.count(), failed, &mut told);
    let Shared { plan, prepared, base, .. } = &**shared;
    let finish = Finish { plan, prepared, base, dir, shard };
    let done = with_options(shared, &told.tried, threads, watch, |options| {
        finish.write(&sweep, &files, options).map_err(|e| of_search(e, &shared.names))
    })?;
    let kept = Kept::Files { dir: dir.to_path_buf(), files: Box::new(files) };
    Ok(found(shared, kept, &sweep, shard, done.validation, told))
}

/// Judges a search that is kept in memory.
pub fn judged(
    shared: &Arc<Shared>,
    result: SweepResult,
    threads: Option<usize>,
    told: Told,
    watch: &Watch,
) -> Result<Found, Failure> {
    let sweep = shared.sweep(Some(&result.sets))?;
    let validation: Validation = with_options(shared, &told.tried, threads, watch, |options| {
        let validated = sweep.validate(&result, options);
        Ok(validated.map_err(|e| of_validation(e, &shared.names))?.validation)
    })?;
    let kept = Kept::Memory(Box::new(result));
    Ok(found(shared, kept, &sweep, Shard::WHOLE, Some(validation), told))
}

fn register(
    shared: &Shared,
    out: &Path,
    trials: Option<PathBuf>,
    shard: Shard,
) -> Result<Register, Failure> {
    let registry = trials.map_or_else(|| Registry::of_result(out), Registry::at);
    let planned = shared.sweep(None)?.sets.len() as u64;
    Ok(Register::of(&shared.plan, &shared.prepared, registry, shard, planned))
}

/// Tells that all sets are done, and takes note of what was tried in all searches.
fn end(register: &mut Register, shared: &Shared, sets: u64, failed: usize, told: &mut Told) {
    told.warnings.extend(register.end(sets, failed as u64).map(|fault| fault.to_string()));
    told.count(register.tried(&shared.prepared), register.registry());
}

fn found<M>(
    shared: &Arc<Shared>,
    kept: Kept,
    sweep: &Sweep<'_, M>,
    shard: Shard,
    validation: Option<Validation>,
    told: Told,
) -> Found {
    Found { results: Results::new(shared, kept, sweep, shard, validation, told) }
}

fn writable(dir: &Path, resume: bool) -> Result<(), SweepError> {
    check(dir)?;
    let sets = dir.join(SETS);
    if !resume && sets.exists() {
        return Err(StoreError::Exists(sets).into());
    }
    Ok(())
}
