//! What a command line says of logs, and a service whose news are written to them.

use std::path::PathBuf;

use tickstep_core::session::AccountId;

use crate::logs::{LogError, LogGuard, LogSettings, start, tell};
use crate::runner::Happening;
use crate::service::{Handle, Heard};

/// Logs go to standard error: as lines for people on a terminal, as JSON elsewhere. They
/// have no secret in them, whatever the level.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// Lowest level that is logged, or levels of parts: info,tickstep_live::runner=debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: String,
    /// Folder for logs as JSON beside that, a file a day
    #[arg(long, value_name = "FOLDER")]
    pub log_folder: Option<PathBuf>,
    /// Files that are kept in it
    #[arg(long, value_name = "DAYS", default_value_t = LogSettings::default().kept)]
    pub log_kept: usize,
    /// Zone of the times that people are shown
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub log_zone: String,
}

impl LogArgs {
    /// Begins to write logs, until what it gives is dropped.
    pub fn start(&self) -> Result<LogGuard, LogError> {
        start(&LogSettings {
            filter: self.log.clone(),
            folder: self.log_folder.clone(),
            kept: self.log_kept,
            zone: self.log_zone.clone(),
        })
    }
}

async fn names(handle: &Handle) -> Vec<String> {
    let all = handle.control().look(|runner, _, _| {
        let accounts = (0..runner.accounts().len()).filter_map(|n| u16::try_from(n).ok());
        let name = |n| runner.account_name(AccountId(n)).unwrap_or_default().to_owned();
        accounts.map(name).collect()
    });
    all.await.unwrap_or_default()
}

/// Writes what happens in a service to the logs, until the service has ended.
pub async fn log_happenings(handle: Handle) {
    let mut events = handle.events();
    let mut called = names(&handle).await;
    while let Some(heard) = events.next().await {
        match heard {
            Heard::Happened(happened) => {
                let renamed = |what: &Happening| matches!(what, Happening::Configured { .. });
                // Another configuration may have other accounts.
                if happened.what.iter().any(renamed) {
                    called = names(&handle).await;
                }
                let name = |account: AccountId| called.get(account.index()).map(String::as_str);
                happened.what.iter().for_each(|what| tell(what, &name));
            }
            Heard::Missed(steps) => {
                tracing::warn!(event = "log_missed", "{steps} steps went by too fast to be logged");
            }
        }
    }
}
