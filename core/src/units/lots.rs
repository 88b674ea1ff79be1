//! A quantity, in whole lots.

use core::cmp::Ordering;
use core::fmt;
use core::num::NonZeroI64;
use core::ops::{Add, AddAssign, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// A quantity: whole lots of one instrument, never negative.
///
/// It is kept with its bits turned over, which no quantity makes zero, so that an
/// `Option` of it takes no more room: a bar has one, and a year of minutes half a million.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Lots(NonZeroI64);

impl Lots {
    /// The quantity of nothing.
    pub const ZERO: Self = Self(NonZeroI64::new(!0).expect("its bits turned over are not zero"));

    /// `None` when `n` is negative.
    #[inline]
    #[must_use]
    pub const fn new(n: i64) -> Option<Self> {
        if n < 0 {
            return None;
        }
        match NonZeroI64::new(!n) {
            Some(turned) => Some(Self(turned)),
            None => None,
        }
    }

    /// The number of lots.
    #[inline]
    #[must_use]
    pub const fn get(self) -> i64 {
        !self.0.get()
    }

    /// Whether there is nothing.
    #[inline]
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.get() == 0
    }

    /// `self - rhs`, or `None` when that would be negative.
    #[must_use]
    pub const fn checked_sub(self, rhs: Self) -> Option<Self> {
        Self::new(self.get() - rhs.get())
    }
}

impl Default for Lots {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for Lots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lots").field(&self.get()).finish()
    }
}

impl PartialOrd for Lots {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Lots {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}

impl Add for Lots {
    type Output = Self;
    #[inline]
    fn add(self, rhs: Self) -> Self {
        Self::new(self.get() + rhs.get()).expect("a sum of quantities is one")
    }
}

impl AddAssign for Lots {
    fn add_assign(&mut self, rhs: Self) {
        *self = *self + rhs;
    }
}

impl Sub for Lots {
    type Output = Self;
    #[inline]
    fn sub(self, rhs: Self) -> Self {
        self.checked_sub(rhs).expect("a quantity stays at or above zero")
    }
}

impl SubAssign for Lots {
    fn sub_assign(&mut self, rhs: Self) {
        *self = *self - rhs;
    }
}

impl From<Lots> for i64 {
    fn from(lots: Lots) -> Self {
        lots.get()
    }
}

impl TryFrom<i64> for Lots {
    type Error = NegativeLots;
    fn try_from(n: i64) -> Result<Self, NegativeLots> {
        Self::new(n).ok_or(NegativeLots(n))
    }
}

/// A quantity was negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is never negative, got {0} lots")]
pub struct NegativeLots(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_never_negative() {
        assert_eq!(Lots::new(-1), None);
        assert!(serde_json::from_str::<Lots>("-1").is_err());
        assert_eq!(serde_json::from_str::<Lots>("3").unwrap().get(), 3);
    }

    #[test]
    fn they_count_and_compare_as_their_numbers_and_an_option_takes_no_more_room() {
        let numbers = [0, 1, 2, 7, i64::MAX - 1, i64::MAX];
        for (a, b) in numbers.into_iter().flat_map(|a| numbers.map(|b| (a, b))) {
            let (lots, other) = (Lots::new(a).unwrap(), Lots::new(b).unwrap());
            assert_eq!((lots.get(), lots.is_zero()), (a, a == 0));
            assert_eq!((lots.cmp(&other), lots == other), (a.cmp(&b), a == b));
            assert_eq!(lots.checked_sub(other).map(Lots::get), (a >= b).then(|| a - b));
            assert_eq!(alloc::format!("{lots:?}"), alloc::format!("Lots({a})"));
        }
        assert_eq!(Lots::default(), Lots::ZERO);
        assert_eq!(size_of::<Option<Lots>>(), size_of::<i64>());
    }

    #[test]
    #[should_panic(expected = "at or above zero")]
    fn subtracting_too_much_stops() {
        let _ = Lots::ZERO - Lots::new(1).unwrap();
    }
}
