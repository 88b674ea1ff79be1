//! `tickstep run`: a configuration or data files to a run folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{Config, OwnStrategies};
use crate::folder::{Identity, Manifest, RunResults, check, terms};
use crate::load::{LoadError, recognise, remedy, remedy_words};
use crate::report::{opening, page_of, terminal};
use crate::research::search::register_run;
use crate::research::trials::Registry;
use crate::run::RunError;
use crate::run::bounds::order_words;
use crate::series::Repair;
use crate::series::Series;
use crate::setup::{Prepared, SetupError};
use crate::times::utc;
use anyhow::{bail, ensure};

use super::job::{Job, SourceArgs};
use super::terminal::{Bar, Interrupted, Out, catch_interrupts, uninterrupted, warn};

/// Run strategies over historical bars and write a run folder.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  tickstep run examples/fil.toml
  tickstep run examples/fil.toml --set strategy.params.spike_multiple=5
  tickstep run FILUSDT-1m-2023-*.csv.gz --set costs.maker_fee=0.0002 --set costs.taker_fee=0.0005 \\
      --set costs.slippage.ticks=1 --set strategy.params.pressure_rule=buy_share
  tickstep run --manifest runs/fil-1a2b3c4d/manifest.json")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Folder to write [default: runs/NAME-HASH, or beside the manifest's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only the path of the run folder on standard output, no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: Args, own: &OwnStrategies) -> anyhow::Result<()> {
    catch_interrupts()?;
    let job = Job::of(&args.source, own)?;
    if let Some(dir) = &args.out {
        // Before the work, not after it.
        check(dir)?;
    }
    let prepared = load(&job.config, &job.base, args.quiet)?;
    let data = prepared.data(&job.base);
    if let Some((path, wanted)) = &job.wanted {
        same_data(path, wanted, &data)?;
    }
    let mut stdout = Out::default();
    if !args.quiet {
        describe(&prepared, &mut stdout);
    }
    let bar = Bar::new("running", "human_pos", args.quiet);
    let outcome = prepared.backtest()?.run_with(&mut |p| bar.at(p.done as u64, p.total as u64));
    drop(bar);
    let run = match outcome {
        Err(RunError::Interrupted) => bail!(Interrupted),
        outcome => outcome?,
    };
    let search = job.wanted.as_ref().and_then(|(_, manifest)| manifest.search);
    let stats = run.stats_after(&prepared.instruments, prepared.interval(), search);
    let findings = prepared.findings(&run)?;
    let dir = match (&args.out, &job.wanted) {
        (Some(dir), _) => dir.clone(),
        (None, Some((path, _))) => again(path),
        (None, None) => {
            let id = Identity::of(&(&prepared.config, &data)).to_string();
            Path::new("runs").join(format!("{}-{}", job.name, &id[..8]))
        }
    };
    let results = RunResults {
        run: &run,
        stats: &stats,
        instruments: &prepared.instruments,
        series: &prepared.series,
        config: &prepared.config,
        search,
        base: &job.base,
        data,
        findings: findings.clone(),
    };
    let page = page_of(&prepared.series, prepared.zone());
    let manifest = uninterrupted(|| results.write(&dir, page))?;
    // What is made again was tried, and counted, before.
    let registry = job.wanted.is_none().then(|| register(&prepared, &manifest, &dir));
    if args.quiet {
        stdout.line(dir.display());
    } else {
        let terms = terms(&prepared.config, &prepared.instruments, &prepared.series);
        stdout.line(opening(&stats, &terms, &job.config.account.currency));
        stdout.line(terminal(&stats, &job.config.account.currency, prepared.zone()));
        if let Some(bounds) = findings.bounds {
            stdout.line(bounds.words(order_words(job.config.simulation.intrabar), run.resolved));
        }
        stdout.line(format_args!("Written to {}: {}", dir.display(), manifest.names()));
        registry.iter().for_each(|registry| stdout.line(registry.words()));
    }
    if let Some((path, wanted)) = &job.wanted {
        same_results(path, wanted, &manifest)?;
        if !args.quiet {
            stdout.line(format_args!("Every byte is the same as in {}.", path.display()));
        }
    }
    stdout.end()
}

/// A single run is a search of one set. An error is no fault of the run.
fn register(prepared: &Prepared, manifest: &Manifest, dir: &Path) -> Registry {
    let registry = Registry::of_result(dir);
    let told = register_run(&registry, &manifest.config, prepared, &manifest.data, false);
    if let Err(error) = told {
        warn(format_args!("warning: {error}"));
    }
    registry
}

pub(super) fn load(config: &Config, base: &Path, quiet: bool) -> anyhow::Result<Prepared> {
    let bar = Bar::new("loading", "bytes", quiet);
    match Prepared::load_with(config.clone(), base, &mut |p| bar.at(p.bytes, p.total)) {
        Err(SetupError::Load(LoadError::Cancelled)) => bail!(Interrupted),
        Err(SetupError::Load(error)) => {
            let repairs = remedy(&error, |repairs| still_refused(config, base, repairs));
            match remedy_words(&repairs) {
                Some(words) => bail!("{error}\n  `tickstep check` lists all there is; {words}"),
                None => match seems(&error) {
                    Some(words) => bail!("{error}\n  {words}"),
                    None => bail!(error),
                },
            }
        }
        outcome => Ok(outcome?),
    }
}

/// Why the data is refused with these repairs too.
fn still_refused(config: &Config, base: &Path, repairs: &[Repair]) -> Option<LoadError> {
    let mut config = config.clone();
    for instrument in &mut config.instrument {
        instrument.repair.extend(repairs);
    }
    let bar = Bar::new("loading", "bytes", true);
    match Prepared::load_with(config, base, &mut |p| bar.at(p.bytes, p.total)) {
        Err(SetupError::Load(error)) => Some(error),
        _ => None,
    }
}

/// `, calendar nyse (inferred)`; nothing of a market that never closes.
fn calendar_words(series: &Series) -> String {
    let calendar = series.calendar();
    if calendar.is_continuous() {
        return String::new();
    }
    let told = if series.is_calendar_inferred() { " (inferred)" } else { "" };
    format!(", calendar {}{told}", calendar.name())
}

/// What a file seems to be that is not read.
pub(super) fn seems(error: &LoadError) -> Option<String> {
    let LoadError::File { path, .. } = error else { return None };
    recognise(Path::new(path)).map(|seems| seems.words())
}

/// What was loaded, so that an inferred grid or a hole is seen before the result.
pub(super) fn describe(prepared: &Prepared, stdout: &mut Out) {
    for (i, (series, instrument)) in prepared.series.iter().zip(&prepared.instruments).enumerate() {
        let spec = instrument.spec();
        let lot_stated = prepared.config.instrument[i].terms.lot_step.is_some();
        let from = |inferred| if inferred { " (inferred)" } else { "" };
        let missing: u64 = series.gaps().iter().map(|g| g.missing).sum();
        let span = match (series.bars().first(), series.bars().len().checked_sub(1)) {
            (Some(first), Some(last)) => {
                format!("{} to {}", utc(first.ts_open), utc(series.close_of(last)))
            }
            _ => "nothing".to_owned(),
        };
        stdout.line(format_args!(
            "{}: {} bars of {}, {span}, {} gaps ({missing} bars missing), {} segments{}",
            series.symbol(),
            series.bars().len(),
            series.interval(),
            series.gaps().len(),
            series.segments().len(),
            calendar_words(series),
        ));
        stdout.line(format_args!(
            "  tick {}{}, lot {}{}, maker {}, taker {}, slippage {}",
            spec.tick_size,
            from(series.grid().tick_inferred),
            spec.lot_step,
            from(series.grid().volume_inferred && !lot_stated),
            spec.maker_fee,
            spec.taker_fee,
            prepared.slippage_words(series.symbol()),
        ));
        let repaired = series.all_repaired();
        if !repaired.is_none() {
            stdout.line(format_args!("  repaired: {repaired}"));
        }
        if let Some(words) = series.stamps().words() {
            stdout.line(format_args!("  {words}"));
        }
    }
}

fn again(manifest: &Path) -> PathBuf {
    // A bare `manifest.json` has no parent to stand beside.
    let bare = manifest.parent().is_none_or(|dir| dir.file_name().is_none());
    let full = if bare { fs::canonicalize(manifest).ok() } else { None };
    let dir = full.as_deref().unwrap_or(manifest).parent().unwrap_or(Path::new("."));
    let name = dir.file_name().map_or_else(|| "run".into(), |n| n.to_string_lossy());
    dir.with_file_name(format!("{name}-again"))
}

pub(super) fn same_data(
    path: &Path,
    wanted: &Manifest,
    data: &[crate::folder::InstrumentData],
) -> anyhow::Result<()> {
    for (was, is) in wanted.data.iter().zip(data) {
        for (was, is) in was.files.iter().zip(&is.files) {
            ensure!(
                was.sha256 == is.sha256,
                "{} is not the file that {} was made from: its SHA-256 is {}, there it was {}",
                is.path,
                path.display(),
                is.sha256,
                was.sha256
            );
        }
    }
    ensure!(
        wanted.data == data,
        "the data found is not what {} lists; are files missing or added?",
        path.display()
    );
    Ok(())
}

fn same_results(path: &Path, wanted: &Manifest, made: &Manifest) -> anyhow::Result<()> {
    for (was, is) in wanted.results.iter().zip(&made.results) {
        ensure!(
            was == is,
            "{} differs from the one of {}: its SHA-256 is {}, there it was {}",
            is.name,
            path.display(),
            is.sha256,
            was.sha256
        );
    }
    Ok(())
}
