//! `tickstep merge`: the shards of a sweep to the folder that one run would give.

use std::path::{Path, PathBuf};

use crate::config::OwnStrategies;
use crate::research::search::{Finish, FinishedSweep, Register, SweepManifest, SweepPlan};
use crate::research::store::Shard;
use crate::research::sweep::SweepFiles;
use crate::research::sweep::files::MANIFEST;
use crate::research::trials::Registry;
use anyhow::{Context, ensure};

use super::job::seen_from;
use super::judged::{judged, print_validation};
use super::run::load;
use super::sweep::{counted, failed_words, same_data, show, written};
use super::terminal::{Out, catch_interrupts, uninterrupted};

/// Join the shards of a sweep to one.
#[derive(clap::Args)]
#[command(after_help = "Example:
  tickstep merge runs/fil-sweep-1a2b3c4d-*of16 --out runs/fil-sweep-1a2b3c4d")]
pub struct Args {
    /// Folders of all shards, in any order
    #[arg(value_name = "SHARD", num_args = 1.., required = true)]
    shards: Vec<PathBuf>,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder that data paths start from [default: the shards']
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Only the path of the folder on standard output, no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: &Args, own: &OwnStrategies) -> anyhow::Result<()> {
    catch_interrupts()?;
    let (from, manifest) = manifest(&args.shards)?;
    let base = args.base.clone().unwrap_or_else(|| seen_from(&from.join(MANIFEST), &manifest.base));
    let plan = SweepPlan::with(manifest.config.clone(), own)?;
    let prepared = load(plan.base(), &base, args.quiet)?;
    let data = prepared.data(&base);
    same_data(&manifest, &data)?;
    let identity = plan.identity(&data);
    ensure!(
        identity == manifest.identity,
        "{} was made by tickstep {}, this is {}; merge with the version that ran the shards",
        from.display(),
        manifest.tickstep,
        env!("CARGO_PKG_VERSION")
    );
    let sweep = plan.over(&prepared)?;
    let found = uninterrupted(|| SweepFiles::join(&args.shards, &args.out, identity))?;
    ensure!(
        found.store.header().identity() == identity,
        "{} holds the sets of another sweep than its {MANIFEST} tells of; run that shard again",
        from.display()
    );
    let finish = Finish {
        plan: &plan,
        prepared: &prepared,
        base: &base,
        dir: &args.out,
        shard: Shard::WHOLE,
    };
    // As one run of all sets would have been, whatever the shards' own registries say.
    let (registry, planned) = (Registry::of_result(&args.out), sweep.sets.len() as u64);
    let mut register = Register::of(&plan, &prepared, registry, Shard::WHOLE, planned);
    let tried = counted(&mut register, &prepared, &found.store)?;
    let FinishedSweep { tables, manifest, validation } =
        judged(&finish, &sweep, &found, &tried, None, args.quiet)?;
    let mut stdout = Out::default();
    if args.quiet {
        stdout.line(args.out.display());
        return stdout.end();
    }
    let (sets, shards) = (found.store.count(), args.shards.len());
    let failed = failed_words(&tables, &found.store)?;
    stdout.line(format_args!("{sets} sets of {shards} shards{failed}"));
    show(&sweep.sets, &sweep.metrics, &plan, &found.store, &tables, &mut stdout)?;
    print_validation(validation.as_ref(), &mut stdout);
    stdout.line(register.registry().words());
    written(&args.out, &manifest, &mut stdout);
    stdout.end()
}

/// That of the first shard that is finished; the others are compared by their records.
fn manifest(shards: &[PathBuf]) -> anyhow::Result<(&Path, SweepManifest)> {
    let finished = shards.iter().find(|dir| dir.join(MANIFEST).is_file());
    let dir = finished.with_context(|| {
        format!("no shard has a {MANIFEST}: none is finished; finish each with --resume")
    })?;
    Ok((dir, SweepManifest::read(dir)?))
}
