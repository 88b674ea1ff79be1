//! What came of the sets of a sweep, wherever it is kept, for all that looks at them
//! afterwards.

use crate::research::store::{SetRecord, StoreError};

/// Daily returns of a sampled set, with its number; `None` where it failed or was ruined.
pub type SampledReturns = (u64, Option<Vec<f64>>);

/// The results of a sweep, in memory or in files.
pub trait SetRecords: Sync {
    /// What came of a set; `None` where it was not run.
    fn record(&self, set: u64) -> Result<Option<SetRecord>, StoreError>;

    /// Every set that was run, in order.
    fn all(&self) -> Box<dyn Iterator<Item = Result<(u64, SetRecord), StoreError>> + '_>;

    /// Daily returns, fractions, of a sample of the sets, in order.
    fn sampled(&self) -> Box<dyn Iterator<Item = Result<SampledReturns, StoreError>> + '_>;

    /// UTC days that every set was traded on.
    fn days(&self) -> usize;
}
