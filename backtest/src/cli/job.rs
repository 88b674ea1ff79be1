//! What `tickstep run` is told to run: a configuration, data files, or a manifest.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::data::{DataArgs, format_from};
use super::terminal::warn;
use crate::config::{Config, Document, OwnStrategies};
use crate::folder::Manifest;
use crate::load::name_of;
use crate::research::SearchConfig;
use crate::setup::split;

/// What is run, and what is stated of its data.
#[derive(clap::Args)]
pub struct SourceArgs {
    /// A configuration (.toml), or the bar files of one instrument
    #[arg(value_name = "CONFIG.toml|DATA", required_unless_present = "manifest")]
    inputs: Vec<PathBuf>,
    /// Change a key of the configuration, such as account.cash=50000
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    pub data: DataArgs,
    /// Make the run of a manifest again and compare every byte
    #[arg(long, value_name = "FILE", conflicts_with_all = ["inputs", "sets", "symbol", "format",
        "time_zone", "price", "bar", "calendar", "tick_size", "lot_step", "volume_step", "repairs", "split"])]
    manifest: Option<PathBuf>,
    /// Make an instrument of each symbol in data files that tell them apart by a column
    #[arg(long, conflicts_with = "symbol")]
    split: bool,
    /// Folder that data paths start from [default: the configuration's, or the manifest's]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
}

/// What is to be run, and from where.
pub struct Job {
    pub config: Config,
    /// Folder that the data's paths start from.
    pub base: PathBuf,
    /// What a run folder is called after.
    pub name: String,
    /// The manifest whose run is made again.
    pub wanted: Option<(PathBuf, Manifest)>,
}

impl Job {
    /// What the command line asks for.
    pub fn of(args: &SourceArgs, own: &OwnStrategies) -> anyhow::Result<Self> {
        if let Some(path) = &args.manifest {
            return of_manifest(path, args, own);
        }
        let mut job = Self::told(args, own)?;
        args.data.tell(&mut job.config, &job.base)?;
        if args.split {
            job.config.instrument.iter_mut().for_each(|instrument| instrument.split = true);
        }
        let go_on = &mut || ControlFlow::Continue(());
        job.config = split(job.config, &job.base, go_on)?;
        Ok(job)
    }

    fn told(args: &SourceArgs, own: &OwnStrategies) -> anyhow::Result<Self> {
        let is_toml = |p: &Path| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
        match args.inputs.as_slice() {
            [file] if is_toml(file) => of_configuration(file, args, own),
            inputs => {
                ensure!(
                    !inputs.iter().any(|p| is_toml(p)),
                    "give one configuration, or data files, not both; data belongs into the \
                     configuration's [[instrument]]"
                );
                of_files(args)
            }
        }
    }
}

fn of_manifest(path: &Path, args: &SourceArgs, own: &OwnStrategies) -> anyhow::Result<Job> {
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
    Ok(Job {
        config,
        base: args.base.clone().unwrap_or_else(|| seen_from(path, &manifest.base)),
        name: String::new(),
        wanted: Some((path.to_owned(), manifest)),
    })
}

fn of_configuration(file: &Path, args: &SourceArgs, own: &OwnStrategies) -> anyhow::Result<Job> {
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
    let name = file.file_stem().map_or_else(|| "run".into(), |s| s.to_string_lossy());
    Ok(Job {
        config,
        base: args.base.clone().unwrap_or(parent),
        name: name.into_owned(),
        wanted: None,
    })
}

fn of_files(args: &SourceArgs) -> anyhow::Result<Job> {
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
        None if args.split => "SPLIT".to_owned(),
        None => name_of(&args.inputs, &args.data.options()?)?,
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
fn formats_from(config: &mut Config, folder: &Path, base: &Path) -> anyhow::Result<()> {
    for name in config.instrument.iter_mut().filter_map(|i| i.format.as_mut()) {
        if Path::new(name.as_str()).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            *name = format_from(base, &folder.join(&*name).to_string_lossy())?;
        }
    }
    Ok(())
}

/// The data's folder, as a manifest names it from its own.
pub fn seen_from(manifest: &Path, base: &str) -> PathBuf {
    manifest.parent().unwrap_or(Path::new("")).join(base)
}
