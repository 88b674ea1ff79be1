//! `verify`, `replay`, `rebuild`, `incident`: what a journal says.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use sha2::{Digest, Sha256};
use tickstep_config::{OwnStrategies, instant};
use tickstep_core::units::Nanos;
use tickstep_journal::{Folder, ReadFolder, Reader, verify};

use super::console::Console;
use super::remote::zone;
use super::remote_args::StateArgs;
use crate::config::LiveConfig;
use crate::driver::{
    IncidentSpan, Recovered, build_with, incident, incident_page, last_configured, replay,
};
use crate::logs::LogSettings;
use crate::record::RecordKind;
use crate::service::{CutOff, replay_of, store_path};
use crate::store::{Store, StoreOptions, oldest_record};

/// Where the journal of a state folder is.
#[must_use]
pub fn journal_folder(state: &std::path::Path) -> PathBuf {
    state.join("journal")
}

/// The folder of a journal, which is there.
fn folder_of(args: &VerifyArgs, console: &Console<'_>) -> anyhow::Result<PathBuf> {
    let folder = journal_folder(&args.state.folder(console));
    // One that does not exist has no bad record, and is no journal either.
    std::fs::metadata(&folder).with_context(|| {
        let state = args.state.folder(console);
        format!(
            "there is no journal in {}; --state names the folder of a state, which `run` says \
             when it starts",
            state.display()
        )
    })?;
    Ok(folder)
}

/// `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Whose journal
    #[command(flatten)]
    pub state: StateArgs,
}

/// Reads all of the journal; fails with the first record that is not as it was written, or
/// that the database beside it knows of and that is gone.
pub async fn check(args: &VerifyArgs, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let state = args.state.folder(console);
    let folder = folder_of(args, console)?;
    let named = || folder.display().to_string();
    let verified = verify(&ReadFolder::new(&folder)).with_context(named)?;
    let head: String = verified.head.iter().map(|b| format!("{b:02x}")).collect();
    writeln!(console.output, "records {} to {}", verified.first, verified.next.saturating_sub(1))?;
    writeln!(console.output, "head {head}")?;
    if let Some(torn) = &verified.torn {
        writeln!(console.output, "the end is torn, as a crash leaves it: {torn}")?;
    }
    let options = StoreOptions::default();
    let cut = CutOff::of(&ReadFolder::new(&folder), &store_path(&state), options).await;
    if let Some(cut) = cut.with_context(named)? {
        anyhow::bail!("{}: {cut}", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Does again what the journal says, and prints a hash of what it sent; fails where a replay
/// would have sent anything else.
pub fn repeat(
    args: &VerifyArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let folder = folder_of(args, console)?;
    let named = || folder.display().to_string();
    let source = ReadFolder::new(&folder);
    let mut recovered = Recovered::default();
    let reader = Reader::oldest(source.clone()).with_context(named)?;
    replay(reader, &build_with(own), &mut recovered).with_context(named)?;
    let mut hash = Sha256::new();
    let mut reader = Reader::oldest(source).with_context(named)?;
    while let Some(record) = reader.next().with_context(named)? {
        if record.kind == RecordKind::Write as u8 {
            hash.update(record.payload);
        }
    }
    let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let Recovered { inputs, writes, changes, .. } = recovered;
    writeln!(console.output, "{inputs} inputs, {changes} changes of the configuration, replayed")?;
    writeln!(console.output, "{writes} orders, each as it was sent")?;
    writeln!(console.output, "orders {hash}")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the database again from the journal; rows older than the journal stay.
pub async fn rebuild(
    args: &VerifyArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let state = args.state.folder(console);
    let folder = folder_of(args, console)?;
    let named = || folder.display().to_string();
    // Held meanwhile, so that no runner writes to either.
    let _lock = Folder::open(&folder).with_context(named)?;
    let source = ReadFolder::new(&folder);
    let Some(first) = oldest_record(source.clone()).with_context(named)? else {
        anyhow::bail!("{}: the journal is empty", folder.display());
    };
    let last = verify(&source).with_context(named)?.next.saturating_sub(1);
    // Rows are kept as long as the runner keeps them.
    let text = last_configured(Reader::latest(&source).with_context(named)?)?.text;
    let config = LiveConfig::parse(&text, &folder, &[], own).with_context(named)?;
    let mut store = Store::open(&store_path(&state), config.store.options()).await?;
    let caught = store.rebuild(replay_of(folder.clone(), own.clone()), first, last).await?;
    for left in &caught.left_out {
        writeln!(console.output, "left out: {left:?}")?;
    }
    store.close().await?;
    let records = caught.records;
    writeln!(console.output, "rebuilt from records {first} to {last}: {records} with news")?;
    Ok(ExitCode::SUCCESS)
}

/// `incident`.
#[derive(Clone, Debug, Args)]
pub struct IncidentArgs {
    /// Whose journal
    #[command(flatten)]
    pub state: StateArgs,
    /// The time around which it was, such as 2026-09-07T19:00
    #[arg(value_name = "TIME", conflicts_with_all = ["from", "to"], required_unless_present = "from")]
    pub time: Option<String>,
    /// Minutes before and behind that time
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    pub around: u32,
    /// The first time, instead of a time around which it was
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// The last time; the end of the journal where it is left out
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
    /// Every record as a line of JSON, with all that it has
    #[arg(long)]
    pub json: bool,
    /// Zone of times that name none, and of those that are shown
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub zone: String,
    /// The file to write, which must not exist; standard output where it is left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The span that is asked for.
fn span(args: &IncidentArgs) -> anyhow::Result<IncidentSpan> {
    let zone = zone(&args.zone)?;
    let around = Nanos::MINUTE.times(i64::from(args.around));
    let at = |name: &str, text: &Option<String>| {
        text.as_ref().map(|text| instant(name, text, &zone)).transpose()
    };
    let (from, to) = match at("TIME", &args.time)? {
        Some(time) => (time - around, time + around),
        None => {
            let from = at("--from", &args.from)?.unwrap_or(Nanos(i64::MIN));
            (from, at("--to", &args.to)?.unwrap_or(Nanos(i64::MAX)))
        }
    };
    Ok(IncidentSpan { from, to, zone })
}

/// Writes what the journal has of a span into one file.
pub fn report(
    args: &IncidentArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let folder = journal_folder(&args.state.folder(console));
    let named = || folder.display().to_string();
    std::fs::metadata(&folder).with_context(named)?;
    let span = span(args)?;
    let incident = if args.json { incident } else { incident_page };
    let source = ReadFolder::new(&folder);
    let build = build_with(own);
    let Some(path) = &args.out else {
        let mut out = std::io::BufWriter::new(&mut *console.output);
        incident(&source, &build, &span, &mut out).with_context(named)?;
        return Ok(ExitCode::SUCCESS);
    };
    // It has what accounts hold in it, which is nobody else's concern.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.with_context(|| path.display().to_string())?;
    let mut file = std::io::BufWriter::new(file);
    let count = incident(&source, &build, &span, &mut file).with_context(named)?;
    let what = if args.json { "records" } else { "things that happened" };
    writeln!(console.output, "{count} {what} in {}", path.display())?;
    Ok(ExitCode::SUCCESS)
}
