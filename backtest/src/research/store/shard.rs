//! A share of a search, so that machines that know nothing of each other can
//! split it: shards are disjoint, and together they are all of it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A contiguous part of a search: the third of sixteen is `3/16`.
///
/// ```
/// use tickstep_backtest::research::store::Shard;
///
/// let shard: Shard = "3/16".parse()?;
/// assert_eq!(shard.range(1_000_000), 125_000..187_500);
/// assert_eq!(Shard::WHOLE.range(10), 0..10);
/// assert!("0/16".parse::<Shard>().is_err());
/// # Ok::<(), tickstep_backtest::research::store::ShardError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    /// Which part it is, counted from 1.
    number: u32,
    of: u32,
}

/// A text that is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a shard; give two numbers as in 3/16: this one, of how many")]
pub struct ShardError(String);

impl Shard {
    /// The one part that holds all sets.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Part `number`, counted from 1, of `of`; `None` where there is no such part.
    #[must_use]
    pub const fn new(number: u32, of: u32) -> Option<Self> {
        if number >= 1 && number <= of { Some(Self { number, of }) } else { None }
    }

    /// Which part it is, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// Number of parts that the sets are divided into.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Its sets, of `total`. The parts of one cut are disjoint, cover all sets, and
    /// differ in size by one at most.
    #[must_use]
    pub fn range(self, total: u64) -> Range<u64> {
        let at = |n: u32| share(u64::from(n), total, u64::from(self.of));
        at(self.number - 1)..at(self.number)
    }
}

/// floor(n * total / of), which is at most `total` where n is at most `of`.
pub(super) fn share(n: u64, total: u64, of: u64) -> u64 {
    let product = u128::from(n) * u128::from(total);
    u64::try_from(product / u128::from(of)).unwrap_or(u64::MAX)
}

/// The first row whose set is not below `set`, of `rows` sampled from `total`.
pub(super) fn row_from(set: u64, total: u64, rows: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    let product = u128::from(set) * u128::from(rows);
    u64::try_from(product.div_ceil(u128::from(total))).unwrap_or(u64::MAX)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(given: &str) -> Result<Self, ShardError> {
        let parts = given.split_once('/');
        parts
            .and_then(|(n, of)| Self::new(n.trim().parse().ok()?, of.trim().parse().ok()?))
            .ok_or_else(|| ShardError(given.to_owned()))
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Self, ShardError> {
        text.parse()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/2/3"] {
            let said = text.parse::<Shard>().unwrap_err().to_string();
            assert!(said.contains("as in 3/16"), "{said}");
        }
    }

    #[test]
    fn every_row_finds_its_set_and_no_other_set_is_sampled() {
        for (total, rows) in [(1, 1), (10, 3), (10, 10), (1_000, 7), (1_001, 1_000), (5, 0)] {
            let sampled: Vec<u64> = (0..rows).map(|row| share(row, total, rows)).collect();
            for (row, set) in sampled.iter().enumerate() {
                assert_eq!(row_from(*set, total, rows), row as u64, "{set} of {total}");
            }
            for set in 0..=total {
                let before = sampled.iter().filter(|s| **s < set).count() as u64;
                assert_eq!(row_from(set, total, rows), before, "{set} of {total}");
            }
        }
    }

    proptest! {
        #[test]
        fn shards_partition(len in 0_u64..100_000, of in 1_u32..300) {
            let mut next = 0;
            for number in 1..=of {
                let range = Shard::new(number, of).unwrap().range(len);
                prop_assert_eq!(range.start, next);
                prop_assert!((range.end - range.start).abs_diff(len / u64::from(of)) <= 1);
                next = range.end;
            }
            prop_assert_eq!(next, len);
        }
    }
}
