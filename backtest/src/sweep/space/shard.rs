//! A share of a search, so that machines that know nothing of each other can
//! split it: shards are disjoint, and together they are all of it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpaceError;

/// One of so many shares, such as `3/16`.
///
/// ```
/// use tickstep_backtest::sweep::space::Shard;
///
/// let shard: Shard = "2/3".parse()?;
/// assert_eq!(shard.range(10), 3..6);
/// assert_eq!(shard.to_string(), "2/3");
/// # Ok::<(), tickstep_backtest::sweep::space::SpaceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Share `index` of `of`, from 1 to `of`.
    pub fn new(index: u32, of: u32) -> Result<Self, SpaceError> {
        if index == 0 || index > of {
            let message = "the first number must be from 1 to the second";
            return Err(SpaceError::Shard { given: format!("{index}/{of}"), message });
        }
        Ok(Self { index, of })
    }

    /// Which share, from 1.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many shares there are.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Its part of `0..len`, as long as the others' to within one.
    #[must_use]
    pub fn range(self, len: usize) -> Range<usize> {
        let cut = |shares: u32| {
            let at = len as u128 * u128::from(shares) / u128::from(self.of);
            // At most `len`.
            at as usize
        };
        cut(self.index - 1)..cut(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = SpaceError;

    fn from_str(text: &str) -> Result<Self, SpaceError> {
        let parts = text.split_once('/');
        let numbers =
            parts.and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        let (index, of) = numbers.ok_or_else(|| SpaceError::Shard {
            given: text.to_owned(),
            message: "it is not two whole numbers with a / between them",
        })?;
        Self::new(index, of)
    }
}

impl TryFrom<String> for Shard {
    type Error = SpaceError;

    fn try_from(text: String) -> Result<Self, SpaceError> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
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
            assert!(said.contains("write it as 3/16"), "{said}");
        }
    }

    proptest! {
        #[test]
        fn shards_partition(len in 0_usize..100_000, of in 1_u32..300) {
            let mut next = 0;
            for index in 1..=of {
                let range = Shard::new(index, of).unwrap().range(len);
                prop_assert_eq!(range.start, next);
                prop_assert!(range.len().abs_diff(len / of as usize) <= 1);
                next = range.end;
            }
            prop_assert_eq!(next, len);
        }
    }
}
