//! What was measured of the program each minute.

use serde::Serialize;
use tickstep_core::units::Nanos;

use super::reads::Reads;
use super::select::{Cells, Select};
use crate::store::error::StoreError;

/// What was measured at a time; what the machine does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SampleRow {
    /// When.
    pub at: Nanos,
    /// Memory of the process, in bytes.
    pub memory_bytes: Option<u64>,
    /// What is free on the disk of the state, in bytes.
    pub disk_free_bytes: Option<u64>,
    /// What waited in all queues.
    pub waiting: u64,
    /// What had been dropped from full queues since the start.
    pub dropped: u64,
    /// Requests of accounts in the quarter of an hour before.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Median time to an answer at the slowest host.
    pub median_ns: Option<u64>,
    /// The time that 99 of 100 answers took at most, at the slowest host.
    pub p99_ns: Option<u64>,
    /// Health: 0 healthy, 1 degraded, 2 critical.
    pub level: u64,
}

const SAMPLES: &str = "SELECT at, memory_bytes, disk_free_bytes, waiting, dropped, requests, \
    failed, median_ns, p99_ns, health FROM resource_samples";

pub(super) fn samples(from: Nanos, to: Nanos) -> Select {
    Select::new(SAMPLES).and("at >=", from.0).and("at <", to.0).then("ORDER BY at")
}

impl Reads {
    /// What was measured in `[from, to)`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn samples(&self, from: Nanos, to: Nanos) -> Result<Vec<SampleRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            let whole = |value: i64| u64::try_from(value).unwrap_or(0);
            Ok(SampleRow {
                at: row.time()?,
                memory_bytes: row.some_int()?.map(whole),
                disk_free_bytes: row.some_int()?.map(whole),
                waiting: whole(row.int()?),
                dropped: whole(row.int()?),
                requests: whole(row.int()?),
                failed: whole(row.int()?),
                median_ns: row.some_int()?.map(whole),
                p99_ns: row.some_int()?.map(whole),
                level: whole(row.int()?),
            })
        };
        self.all(samples(from, to), read).await
    }
}
