//! What was measured of the program each minute.

use super::apply::run;
use super::error::StoreError;
use super::open::Store;
use super::query::SampleRow;
use super::sql::{self, statement};

impl Store {
    /// Keeps what was measured. It is in no journal, and stays when the database is made
    /// again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sample(&mut self, sample: &SampleRow) -> Result<(), StoreError> {
        let int = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let some = |value: Option<u64>| value.map(int);
        let statement = statement!(
            sql::SAMPLE,
            sample.at.0,
            some(sample.memory_bytes),
            some(sample.disk_free_bytes),
            int(sample.waiting),
            int(sample.dropped),
            int(sample.requests),
            int(sample.failed),
            some(sample.median_ns),
            some(sample.p99_ns),
            int(sample.level),
        );
        run(&mut self.write, statement).await
    }
}
