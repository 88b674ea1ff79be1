//! `tickstep sweep`: the sets of a configuration with `[sweep]` to a folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::config::{Document, OwnStrategies};
use crate::folder::InstrumentData;
use crate::research::SearchConfig;
use crate::research::search::{Finish, FinishedSweep, Register, SweepManifest, SweepPlan};
use crate::research::space::{Sets, endings};
use crate::research::store::{Shard, Store, StoreError};
use crate::research::sweep::files::{SETS, check};
use crate::research::sweep::metric::Metrics;
use crate::research::sweep::table::PrintedSets;
use crate::research::sweep::{RankedTables, SweepError, SweepJob, SweepProgress};
use crate::research::trials::{Registry, RegistryError, Tried};
use crate::setup::Prepared;
use anyhow::{bail, ensure};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

use super::ask;
use super::judged::{judged, print_validation};
use super::run::{describe, load};
use super::terminal::{Bar, Out, Stopped, catch_interrupts, warn};

/// Run many sets of parameters over the same bars and rank them.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  tickstep sweep examples/sweep.toml
  tickstep sweep examples/sweep.toml --set sweep.top=5 --threads 4
  tickstep sweep examples/sweep.toml --resume
  tickstep sweep examples/sweep.toml --shard 3/16    (then: tickstep merge runs/sweep-sweep-*of16)
  tickstep sweep examples/sweep.toml --ask           (an optimiser asks, a line for each set)")]
pub struct Args {
    /// A configuration with a sweep table
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Change a key of the configuration, such as sweep.top=5
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Folder to write [default: runs/NAME-sweep-HASH]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder that data paths start from [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Go on with what is in the folder
    #[arg(long)]
    resume: bool,
    /// Only this part of the sets, such as 3/16
    #[arg(long, value_name = "N/OF", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
    /// Threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Answer sets that another program asks for on standard input, a JSON line each
    #[arg(long, conflicts_with_all = ["out", "resume", "shard"])]
    ask: bool,
    /// Only the path of the folder on standard output, no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: &Args, own: &OwnStrategies) -> anyhow::Result<()> {
    let plan =
        SweepPlan::with(SearchConfig::of(&Document::read(&args.config, &args.sets)?, own)?, own)?;
    let parent = || args.config.parent().map(Path::to_path_buf).unwrap_or_default();
    let base = args.base.clone().unwrap_or_else(parent);
    if args.ask {
        let prepared = load(plan.base(), &base, true)?;
        let threads = args.threads.map_or(0, usize::from);
        return ask::run(&plan, &prepared, &prepared.data(&base), threads);
    }
    catch_interrupts()?;
    let prepared = load(plan.base(), &base, args.quiet)?;
    let data = prepared.data(&base);
    let mut stdout = Out::default();
    let sweep = plan.over(&prepared)?;
    if !args.quiet {
        describe(&prepared, &mut stdout);
        stdout.line(sets_words(&sweep.sets, args.shard));
    }
    let job = SweepJob {
        identity: plan.identity(&data),
        shard: args.shard,
        threads: args.threads.map(usize::from),
        resume: args.resume,
    };
    let dir = args.out.clone().unwrap_or_else(|| default_folder(args, &job));
    // Before it is registered: what is refused was not tried.
    check(&dir)?;
    ensure!(args.resume || !dir.join(SETS).exists(), StoreError::Exists(dir.join(SETS)));
    let registry = Registry::of_result(&dir);
    let planned = sweep.sets.len() as u64;
    let mut register = Register::of(&plan, &prepared, registry, job.shard, planned);
    let bars: usize = prepared.series.iter().map(|s| s.bars().len()).sum();
    let bar = Bar::of_sets(args.quiet);
    let mut watch = watch(&bar, &mut register, bars, args.quiet, &sweep.metrics);
    let ran = sweep.run_into(&dir, &job, &mut watch);
    drop(watch);
    let elapsed = bar.elapsed();
    drop(bar);
    let found = match ran {
        Err(SweepError::Interrupted { done, total }) => {
            warn_of(register.tell());
            bail!(interrupted(done, total, &dir))
        }
        ran => ran?,
    };
    let finish =
        Finish { plan: &plan, prepared: &prepared, base: &base, dir: &dir, shard: args.shard };
    let tried = counted(&mut register, &prepared, &found.store)?;
    let FinishedSweep { tables, manifest, validation } =
        judged(&finish, &sweep, &found, &tried, job.threads, args.quiet)?;
    if args.quiet {
        stdout.line(dir.display());
    } else {
        let seconds = elapsed.as_secs_f64();
        let failed = failed_words(&tables, &found.store)?;
        stdout.line(format_args!("{} sets in {seconds:.1} s{failed}", found.store.count()));
        show(&sweep.sets, &sweep.metrics, &plan, &found.store, &tables, &mut stdout)?;
        print_validation(validation.as_ref(), &mut stdout);
        stdout.line(register.registry().words());
        written(&dir, &manifest, &mut stdout);
    }
    stdout.end()?;
    some_done(&tables, &found.store, &dir)
}

fn interrupted(done: u64, total: u64, dir: &Path) -> Stopped {
    Stopped(format!(
        "interrupted; {done} of {total} sets are finished and kept in {}: the same command with \
         --resume goes on",
        dir.display()
    ))
}

fn some_done(tables: &RankedTables, store: &Store, dir: &Path) -> anyhow::Result<()> {
    ensure!(
        tables.failed < store.count(),
        "every set failed; sets.failed.csv in {} says why",
        dir.display()
    );
    Ok(())
}

fn default_folder(args: &Args, job: &SweepJob) -> PathBuf {
    let stem = args.config.file_stem().map(|s| s.to_string_lossy().into_owned());
    let name = stem.unwrap_or_else(|| "run".to_owned());
    let id = job.identity.to_string();
    let part = match args.shard {
        Shard::WHOLE => String::new(),
        shard => format!("-{}of{}", shard.number(), shard.of()),
    };
    Path::new("runs").join(format!("{name}-sweep-{}{part}", &id[..8]))
}

fn sets_words(sets: &Sets, shard: Shard) -> String {
    let mut words = format!("{} sets", sets.len());
    if sets.excluded() > 0 {
        words += &format!(", {} excluded by constraints", sets.excluded());
    }
    if sets.repeated() > 0 {
        words += &format!(", {} draws repeated", sets.repeated());
    }
    if shard != Shard::WHOLE {
        let range = shard.range(sets.len() as u64);
        words += &format!("; shard {shard} has {}", range.end - range.start);
    }
    words
}

/// What is shown and registered as sets go by.
fn watch<'w>(
    bar: &'w Bar,
    register: &'w mut Register,
    bars: usize,
    quiet: bool,
    metrics: &Metrics,
) -> impl FnMut(SweepProgress) -> ControlFlow<()> + Send + 'w {
    let objective = metrics.objective_names().next().unwrap_or_default();
    let mut begun = false;
    move |p: SweepProgress| {
        if !begun {
            begun = true;
            bar.from(p.done - 1, p.total);
        }
        if !quiet {
            let rate = bar.rate();
            let best = p.best.map_or_else(String::new, |(set, v)| {
                format!(", best {objective} {v:.3} (set {set})")
            });
            let bars = rate * bars as f64 / 1e6;
            bar.say(format!("{rate:.0} sets/s, {bars:.0} M bars/s{best}"));
        }
        warn_of(register.at(p, bar.elapsed().as_secs()));
        bar.at(p.done, p.total)
    }
}

/// A fault of the file of trials, which a search can do without.
pub(super) fn warn_of(fault: Option<RegistryError>) {
    fault.iter().for_each(|fault| warn(format_args!("warning: {fault}")));
}

/// Tells that all sets are done, and counts what was tried in all searches.
pub(super) fn counted(
    register: &mut Register,
    prepared: &Prepared,
    store: &Store,
) -> anyhow::Result<Tried> {
    warn_of(register.end(store.count(), store.failures()?.count() as u64));
    let tried = register.tried(prepared);
    tried.doubts.iter().for_each(|doubt| warn(format_args!("warning: {doubt}")));
    Ok(tried)
}

/// How many sets failed, and why the first did; nothing where none did.
pub(super) fn failed_words(tables: &RankedTables, store: &Store) -> anyhow::Result<String> {
    let first = store.failures()?.next().transpose()?;
    Ok(first.map_or_else(String::new, |first| {
        format!(
            ", {} failed (sets.failed.csv says why); the first, set {}: {}",
            tables.failed, first.set, first.why
        )
    }))
}

/// The best sets.
pub(super) fn show(
    sets: &Sets,
    metrics: &Metrics,
    plan: &SweepPlan,
    store: &Store,
    tables: &RankedTables,
    stdout: &mut Out,
) -> anyhow::Result<()> {
    let Some(top) = tables.tops.first().filter(|top| !top.is_empty()) else {
        if tables.failed < store.count() {
            stdout.line(format_args!(
                "No set has {} trades or more and a value of the objective; sweep.min_trades lowers \
                 the first, results.csv shows what there is.",
                plan.sweep.min_trades
            ));
        }
        return Ok(());
    };
    let keys: Vec<&str> = plan.space.axes().iter().map(|a| a.key()).collect();
    let mut records = Vec::with_capacity(top.len());
    for ranked in top {
        records.extend(store.get(ranked.set)?.map(|record| (ranked.set, record)));
    }
    let printed = PrintedSets::of(sets, metrics, endings(&keys), &records);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(printed.head);
    table.add_rows(printed.rows);
    stdout.line(table);
    if let Some(objective) = metrics.objective_names().next() {
        stdout.line(format_args!("The best by {objective}, of {} sets.", store.count()));
    }
    if let Some(front) = &tables.front {
        let cut = if front.whole { "" } else { "the first " };
        stdout.line(format_args!(
            "{cut}{} sets are beaten by no other in all of {} (front.csv)",
            front.sets.len(),
            metrics.objective_names().collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(())
}

/// Prints where the results are.
pub(super) fn written(dir: &Path, manifest: &SweepManifest, stdout: &mut Out) {
    let names: Vec<&str> = manifest.results.iter().map(|r| r.name.as_str()).collect();
    stdout.line(format_args!("Written to {}: {}, sweep.json", dir.display(), names.join(", ")));
    if manifest.shard != Shard::WHOLE {
        stdout.line(format_args!(
            "This is shard {}; join all {} with: tickstep merge FOLDER... --out DIR",
            manifest.shard,
            manifest.shard.of()
        ));
    }
}

/// An error where the data is not what a manifest lists.
pub(super) fn same_data(manifest: &SweepManifest, data: &[InstrumentData]) -> anyhow::Result<()> {
    for (was, is) in manifest.data.iter().zip(data) {
        for (was, is) in was.files.iter().zip(&is.files) {
            anyhow::ensure!(
                was == is,
                "{} is not the file that the sweep was made from: its SHA-256 is {}, there it was \
                 {}; put the old file back, or sweep anew",
                is.path,
                is.sha256,
                was.sha256
            );
        }
    }
    anyhow::ensure!(
        manifest.data == data,
        "the data found is not what the sweep was made from; are files missing or added?"
    );
    Ok(())
}
