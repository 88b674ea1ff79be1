//! `[record]`: where `tickstep-live record` writes a market to, and what of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;
use tickstep_core::units::Nanos;

use super::venue::within;

/// `[record]`. A runner takes nothing from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordConfig {
    /// The folder; relative to the configuration.
    pub folder: PathBuf,
    /// Whether trades are written.
    pub trades: bool,
    /// Whether order books are written, as every message that comes: on a busy instrument a
    /// gigabyte a day and more.
    pub depth: bool,
    /// Size of a file after which the next begins, in MiB, 1 to 65,536. Each day begins one.
    pub rotate_mib: u32,
    /// How long trades may have been missed to be asked for, in hours, 0 to 720: an hour of a
    /// busy instrument takes minutes of the exchange's limit of requests. Older ones are
    /// noted as missing. Bars are always asked for.
    pub oldest_trades_h: u32,
}

impl Default for RecordConfig {
    fn default() -> Self {
        let folder = PathBuf::from("recording");
        Self { folder, trades: true, depth: true, rotate_mib: 256, oldest_trades_h: 24 }
    }
}

impl RecordConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.folder.as_os_str().is_empty() {
            let words = "is empty; write the path of a folder";
            return Err(ConfigError::at_key("record.folder", words));
        }
        within("record.rotate_mib", self.rotate_mib, 1, 65_536)?;
        within("record.oldest_trades_h", self.oldest_trades_h, 0, 720)
    }

    /// With its folder below that of the configuration, where it is a relative one.
    pub(super) fn below(&mut self, folder: &Path) {
        self.folder = folder.join(&self.folder);
    }

    /// Size after which the next file begins, in bytes.
    #[must_use]
    pub const fn rotate_bytes(&self) -> u64 {
        (self.rotate_mib as u64) << 20
    }

    /// How long trades may have been missed to be asked for.
    #[must_use]
    pub const fn oldest_trades(&self) -> Nanos {
        Nanos::HOUR.times(self.oldest_trades_h as i64)
    }
}
