//! `backup` and `restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::Console;
use super::remote_args::StateArgs;
use super::unlock::VaultArgs;
use crate::backup::{BackupPlan, back_up, restore};

/// Copies a state with its vault and configuration into a new folder, of a runner at work or
/// of one that has ended; each file with its sum.
#[derive(Clone, Debug, Args)]
pub struct BackupArgs {
    /// Whose state
    #[command(flatten)]
    pub state: StateArgs,
    /// The vault, which stays locked [default: TICKSTEP_VAULT, else accounts.vault, where that
    /// is there]
    #[arg(long, value_name = "FILE")]
    pub vault: Option<PathBuf>,
    /// The folder to make
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
}

/// Makes a state of a backup, whose files are checked, in a folder that is empty or not there.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// The folder of the state
    #[arg(long, value_name = "FOLDER")]
    pub state: PathBuf,
    /// Where the vault goes [default: into the folder of the state]
    #[arg(long, value_name = "FILE")]
    pub vault: Option<PathBuf>,
}

/// `backup`.
pub async fn backup(args: &BackupArgs, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let known = VaultArgs { vault: args.vault.clone(), ..VaultArgs::default() }.path(console);
    let vault = (args.vault.is_some() || known.exists()).then_some(known);
    let plan = BackupPlan { state: args.state.folder(console), vault, to: args.to.clone() };
    let manifest = back_up(&plan).await?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (first, last) = (manifest.first_record, manifest.next_record.saturating_sub(1));
    writeln!(
        console.output,
        "{}: {} files, {bytes} bytes, records {first} to {last}, each file with its sum",
        plan.to.display(),
        manifest.files.len()
    )?;
    match plan.vault {
        Some(vault) => writeln!(
            console.output,
            "the vault {} is in it, locked as it was; keep its key elsewhere",
            vault.display()
        )?,
        None => writeln!(console.output, "there is no vault in it; --vault names one")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `restore`.
pub fn give_back(args: &RestoreArgs, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let restored = restore(&args.backup, &args.state, args.vault.as_deref())?;
    let manifest = &restored.manifest;
    let (first, last) = (manifest.first_record, manifest.next_record.saturating_sub(1));
    writeln!(
        console.output,
        "{}: the state of {}, records {first} to {last}; every file is as it was backed up",
        args.state.display(),
        manifest.made
    )?;
    if let Some(vault) = &restored.vault {
        writeln!(console.output, "the vault is {}", vault.display())?;
    }
    writeln!(
        console.output,
        "the configuration that was in force is {}; a start asks the brokers what they hold \
         before it opens anything: tickstep-live run CONFIG --validate-state",
        restored.configuration.display()
    )?;
    Ok(ExitCode::SUCCESS)
}
