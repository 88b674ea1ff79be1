//! `review`: a month's figures.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tickstep_config::OwnStrategies;
use tickstep_journal::ReadFolder;

use super::console::Console;
use super::journal::journal_folder;
use super::remote::zone;
use super::remote_args::StateArgs;
use crate::driver::build_with;
use crate::logs::LogSettings;
use crate::review::{Month, page, review};
use crate::service::store_path;
use crate::store::{SampleRow, Store, StoreOptions};

/// `review`.
#[derive(Clone, Debug, Args)]
pub struct ReviewArgs {
    /// Whose state
    #[command(flatten)]
    pub state: StateArgs,
    /// The month, such as 2026-11
    #[arg(long, value_name = "MONTH")]
    pub month: String,
    /// Zone by whose clocks the month begins and ends, and of the times that are shown
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub zone: String,
    /// The file to write, which must not exist; standard output where it is left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Writes the page of a month.
pub async fn month(
    args: &ReviewArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let month = Month::read(&args.month, zone(&args.zone)?)?;
    let state = args.state.folder(console);
    let folder = journal_folder(&state);
    let named = || folder.display().to_string();
    std::fs::metadata(&folder).with_context(named)?;
    let samples = samples(&state, &month).await?;
    let figures = review(&ReadFolder::new(&folder), &build_with(own), &month, samples);
    let text = page(&figures.with_context(named)?);
    let Some(path) = &args.out else {
        console.output.write_all(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    // It has what accounts are worth in it, which is nobody else's concern.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| path.display().to_string())?;
    writeln!(console.output, "the review of {} is in {}", month.name, path.display())?;
    Ok(ExitCode::SUCCESS)
}

/// What was measured in a month, where there is a database.
async fn samples(state: &std::path::Path, month: &Month) -> anyhow::Result<Vec<SampleRow>> {
    let path = store_path(state);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let store = Store::open(&path, StoreOptions::default()).await?;
    let samples = store.reads().samples(month.from, month.to).await;
    store.close().await?;
    Ok(samples?)
}
