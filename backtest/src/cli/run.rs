//! `tickstep run`: a configuration or data files to a run folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{Config, Document, OwnStrategies};
use crate::folder::{Identity, Manifest, RunResults, check};
use crate::load::{LoadError, symbol_of};
use crate::report::{page_of, terminal};
use crate::research::SearchConfig;
use crate::research::store::Shard;
use crate::research::trials::{Registry, TradedSpan, Trial};
use crate::run::RunError;
use crate::setup::{Prepared, SetupError};
use crate::times::utc;
use anyhow::{Context, bail, ensure};

use super::data::{DataArgs, format_from};
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
    /// A configuration (.toml), or the bar files of one instrument
    #[arg(value_name = "CONFIG.toml|DATA", required_unless_present = "manifest")]
    inputs: Vec<PathBuf>,
    /// Change a key of the configuration, such as account.cash=50000
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    data: DataArgs,
    /// Make the run of a manifest again and compare every byte
    #[arg(long, value_name = "FILE", conflicts_with_all = ["inputs", "sets", "symbol", "format", "time_zone", "price", "bar", "tick_size", "lot_step", "volume_step", "repairs"])]
    manifest: Option<PathBuf>,
    /// Folder to write [default: runs/NAME-HASH, or beside the manifest's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder that data paths start from [default: the configuration's, or the manifest's]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Only the path of the run folder on standard output, no progress
    #[arg(long, short)]
    quiet: bool,
}

/// What is to be run, and from where.
struct Job {
    config: Config,
    base: PathBuf,
    name: String,
    wanted: Option<(PathBuf, Manifest)>,
}

/// Runs the command.
pub fn run(args: Args, own: &OwnStrategies) -> anyhow::Result<()> {
    catch_interrupts()?;
    let mut job = job(&args, own)?;
    args.data.tell(&mut job.config, &job.base)?;
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
            let id = Identity::of(&(&job.config, &data)).to_string();
            Path::new("runs").join(format!("{}-{}", job.name, &id[..8]))
        }
    };
    let results = RunResults {
        run: &run,
        stats: &stats,
        instruments: &prepared.instruments,
        config: &job.config,
        search,
        base: &job.base,
        data,
        findings: findings.clone(),
    };
    let page = page_of(&prepared.series, prepared.zone());
    let manifest = uninterrupted(|| results.write(&dir, page))?;
    register(&prepared, &manifest, &dir);
    if args.quiet {
        stdout.line(dir.display());
    } else {
        stdout.line(terminal(&stats, &job.config.account.currency, prepared.zone()));
        if let Some(bounds) = findings.bounds {
            stdout.line(bounds.words(intrabar_words(&job.config), run.resolved));
        }
        stdout.line(format_args!("Written to {}: {}", dir.display(), manifest.names()));
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
fn register(prepared: &Prepared, manifest: &Manifest, dir: &Path) {
    let trial = Trial {
        search: Identity::of(&(&manifest.config, &manifest.data)),
        instruments: TradedSpan::of_all(&prepared.series, prepared.period()),
        strategies: manifest.config.strategy_names(),
        planned: 1,
        shard: Shard::WHOLE,
        done: 1,
        failed: 0,
    };
    if let Err(error) = Registry::of(&beside(dir)).add(&trial) {
        warn(format_args!("warning: {error}"));
    }
}

/// The folder that the folder of a run lies in.
pub(super) fn beside(dir: &Path) -> PathBuf {
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn job(args: &Args, own: &OwnStrategies) -> anyhow::Result<Job> {
    if let Some(path) = &args.manifest {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Manifest = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a tickstep manifest", path.display()))?;
        if manifest.tickstep != env!("CARGO_PKG_VERSION") {
            warn(format_args!(
                "warning: {} was made by tickstep {}, this is {}; the bytes may differ",
                path.display(),
                manifest.tickstep,
                env!("CARGO_PKG_VERSION")
            ));
        }
        let mut config = manifest.config.clone();
        config.bring(own).with_context(|| format!("{}", path.display()))?;
        return Ok(Job {
            config,
            base: args.base.clone().unwrap_or_else(|| seen_from(path, &manifest.base)),
            name: String::new(),
            wanted: Some((path.clone(), manifest)),
        });
    }
    let is_toml = |p: &Path| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let stem = |p: &Path| {
        p.file_stem().map_or_else(|| "run".to_owned(), |s| s.to_string_lossy().into_owned())
    };
    if let [file] = args.inputs.as_slice()
        && is_toml(file)
    {
        ensure!(
            args.data.symbol.is_none(),
            "--symbol names the instrument of data files; a configuration names its own"
        );
        let parent = file.parent().map(Path::to_path_buf).unwrap_or_default();
        // What a sweep varies is nothing to a single run.
        let mut config = SearchConfig::of(&Document::read(file, &args.sets)?, own)?.run;
        if let Some(base) = &args.base {
            formats_from(&mut config, &parent, base)?;
        }
        return Ok(Job {
            config,
            base: args.base.clone().unwrap_or(parent),
            name: stem(file),
            wanted: None,
        });
    }
    ensure!(
        !args.inputs.iter().any(|p| is_toml(p)),
        "give one configuration, or data files, not both; data belongs into the configuration's \
         [[instrument]]"
    );
    // Relative to the folder they share, so that the manifest holds no path of this machine.
    let folder = |p: &PathBuf| p.parent().map(Path::to_path_buf).unwrap_or_default();
    let shared = args.inputs.first().map(folder).unwrap_or_default();
    let shared =
        if args.inputs.iter().all(|p| folder(p) == shared) { shared } else { PathBuf::new() };
    let files: Vec<String> = args
        .inputs
        .iter()
        .map(|p| p.strip_prefix(&shared).unwrap_or(p).display().to_string())
        .collect();
    let symbol = match &args.data.symbol {
        Some(symbol) => symbol.clone(),
        None => symbol_of(&files)?,
    };
    let quote = ["USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "GBP", "JPY", "BTC", "ETH"]
        .into_iter()
        .find(|q| symbol.len() > q.len() && symbol.ends_with(q))
        .unwrap_or("quote");
    Ok(Job {
        config: Config::for_data(&symbol, quote, &files, &args.sets)?,
        base: args.base.clone().unwrap_or(shared),
        name: symbol,
        wanted: None,
    })
}

/// Names the descriptions of formats from `base`, which a configuration names from its
/// own `folder`.
pub(super) fn formats_from(config: &mut Config, folder: &Path, base: &Path) -> anyhow::Result<()> {
    for name in config.instrument.iter_mut().filter_map(|i| i.format.as_mut()) {
        if Path::new(name.as_str()).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            *name = format_from(base, &folder.join(&*name).to_string_lossy())?;
        }
    }
    Ok(())
}

pub(super) fn load(config: &Config, base: &Path, quiet: bool) -> anyhow::Result<Prepared> {
    let bar = Bar::new("loading", "bytes", quiet);
    match Prepared::load_with(config.clone(), base, &mut |p| bar.at(p.bytes, p.total)) {
        Err(SetupError::Load(LoadError::Cancelled)) => bail!(Interrupted),
        Err(SetupError::Load(error)) => match error.repair() {
            Some(repair) => bail!(
                "{error}\n  `tickstep check` lists all there is; `--repair {repair}` would mend \
                 this, and count it"
            ),
            None => bail!(error),
        },
        outcome => Ok(outcome?),
    }
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
            "{}: {} bars of {}, {span}, {} gaps ({missing} bars missing), {} segments",
            series.symbol(),
            series.bars().len(),
            series.interval(),
            series.gaps().len(),
            series.segments().len(),
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
    }
}

fn intrabar_words(config: &Config) -> &'static str {
    use tickstep_core::sim::cost::Intrabar;
    match config.simulation.intrabar {
        Intrabar::StopFirst | Intrabar::FinerBars => "stop first",
        Intrabar::TargetFirst | Intrabar::FinerBarsTarget => "target first",
        Intrabar::OhlcPath => "nearer extreme first",
    }
}

/// The data's folder, as a manifest names it from its own.
pub(super) fn seen_from(manifest: &Path, base: &str) -> PathBuf {
    manifest.parent().unwrap_or(Path::new("")).join(base)
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
