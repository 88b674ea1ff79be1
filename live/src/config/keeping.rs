//! How much of what happened is kept, and for how long.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;
use tickstep_core::units::Nanos;

use super::venue::within;
use crate::driver::production::Rotation;
use crate::store::{Retention, StoreOptions};

/// `[journal]`. What is changed here counts from the next start on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// Size of a file after which the next begins, in MiB, 1 to 65,536.
    pub rotate_mib: u32,
    /// Time after which the next file begins, in hours, 1 to 720.
    pub rotate_hours: u32,
    /// Files that are kept, 1 or more; all when absent. The database can be made again, and
    /// a day replayed, as far back as they reach. One that has records which the database has
    /// not taken in yet stays until it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_files: Option<u32>,
    /// Room that is held in reserve, so that closes stay durable on a full disk, in MiB, 1
    /// to 65,536.
    pub reserve_mib: u32,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { rotate_mib: 256, rotate_hours: 24, keep_files: None, reserve_mib: 16 }
    }
}

const fn mib(n: u32) -> u64 {
    (n as u64) << 20
}

impl JournalConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, value, least, most) in [
            ("rotate_mib", self.rotate_mib, 1, 65_536),
            ("rotate_hours", self.rotate_hours, 1, 720),
            ("keep_files", self.keep_files.unwrap_or(1), 1, u32::MAX),
            ("reserve_mib", self.reserve_mib, 1, 65_536),
        ] {
            within(&format!("journal.{key}"), value, least, most)?;
        }
        Ok(())
    }

    /// When the journal begins a new file.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        Rotation {
            bytes: mib(self.rotate_mib),
            every: Nanos::HOUR.times(i64::from(self.rotate_hours)),
            keep: self.keep_files.map(u64::from),
        }
    }

    /// What is held in reserve, in bytes.
    #[must_use]
    pub const fn reserve(&self) -> u64 {
        mib(self.reserve_mib)
    }
}

/// `[store]`: the database that people ask. Orders, positions, trades, signals and acts of
/// people stay in it for good; days are 1 to 36,500. What is changed here counts from the
/// next start on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Days that lines of the log are kept.
    pub logs_days: u32,
    /// Lines of the log at most, the newest ones; 1 or more.
    pub most_logs: u32,
    /// Days that heartbeats of the engine are kept.
    pub heartbeats_days: u32,
    /// Days that points of equity curves are kept.
    pub equity_days: u32,
    /// Days that bars of the market are kept.
    pub candles_days: u32,
    /// Days that it is kept what became of a signal on each account; its sums stay.
    pub results_days: u32,
    /// Days that alerts are kept.
    pub alerts_days: u32,
    /// Days that it is kept what was measured of the program each minute.
    pub samples_days: u32,
    /// How long a statement waits for another program that holds the file, in milliseconds,
    /// 0 to 600,000.
    pub busy_ms: u32,
    /// Largest that the file may become, in MiB, 1 to 1,000,000; any size when absent. At
    /// that size the database falls behind, and trading goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_mib: Option<u32>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            logs_days: 30,
            most_logs: 500_000,
            heartbeats_days: 7,
            equity_days: 400,
            candles_days: 400,
            results_days: 90,
            alerts_days: 400,
            samples_days: 100,
            busy_ms: 5_000,
            max_mib: None,
        }
    }
}

/// Bytes of a page of the database.
const PAGE: u64 = 4096;

impl StoreConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, value, least, most) in [
            ("logs_days", self.logs_days, 1, 36_500),
            ("most_logs", self.most_logs, 1, u32::MAX),
            ("heartbeats_days", self.heartbeats_days, 1, 36_500),
            ("equity_days", self.equity_days, 1, 36_500),
            ("candles_days", self.candles_days, 1, 36_500),
            ("results_days", self.results_days, 1, 36_500),
            ("alerts_days", self.alerts_days, 1, 36_500),
            ("samples_days", self.samples_days, 1, 36_500),
            ("busy_ms", self.busy_ms, 0, 600_000),
            ("max_mib", self.max_mib.unwrap_or(1), 1, 1_000_000),
        ] {
            within(&format!("store.{key}"), value, least, most)?;
        }
        Ok(())
    }

    /// The same, as the database takes it.
    #[must_use]
    pub fn options(&self) -> StoreOptions {
        let days = |n: u32| Nanos::DAY.times(i64::from(n));
        StoreOptions {
            retention: Retention {
                logs: days(self.logs_days),
                most_logs: self.most_logs,
                heartbeats: days(self.heartbeats_days),
                equity: days(self.equity_days),
                candles: days(self.candles_days),
                results: days(self.results_days),
                alerts: days(self.alerts_days),
                samples: days(self.samples_days),
            },
            busy: Duration::from_millis(u64::from(self.busy_ms)),
            most_pages: self.max_mib.map(|n| u32::try_from(mib(n) / PAGE).unwrap_or(u32::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stated_is_what_journal_and_database_do_by_themselves() {
        assert_eq!(JournalConfig::default().rotation(), Rotation::default());
        assert_eq!(StoreConfig::default().options(), StoreOptions::default());
    }

    #[test]
    fn sizes_and_times_are_taken_in_their_units() {
        let journal =
            JournalConfig { rotate_mib: 2, rotate_hours: 3, keep_files: Some(4), reserve_mib: 5 };
        let every = Nanos::HOUR.times(3);
        let rotation = Rotation { bytes: 2 << 20, every, keep: Some(4) };
        assert_eq!((journal.rotation(), journal.reserve()), (rotation, 5 << 20));
        let store = StoreConfig { candles_days: 2, max_mib: Some(3), ..StoreConfig::default() };
        let options = store.options();
        assert_eq!(options.retention.candles, Nanos::DAY.times(2));
        assert_eq!(options.most_pages, Some(768));
    }
}
