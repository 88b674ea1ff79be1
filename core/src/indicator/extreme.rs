//! Highest and lowest of a moving window.

use alloc::boxed::Box;
use alloc::vec;

use super::{Indicator, period};
use crate::params::OutOfRange;

/// Highest of the last `n` values, in the unit of its input. First value at index `n - 1`.
///
/// Keeps only the values that can still become the highest, which fall from
/// front to back: each enters and leaves once, so a step is O(1) amortised.
///
/// ```
/// use tickstep_core::indicator::{Highest, Indicator};
/// let mut highest = Highest::new(2)?;
/// assert_eq!(highest.over([5, 3, 9, 1, 1]), [None, Some(5), Some(9), Some(9), Some(1)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Highest {
    /// `(index, value)`, a power of two of them so that a place is one mask away.
    candidates: Box<[(usize, i64)]>,
    head: usize,
    tail: usize,
    seen: usize,
    n: usize,
}

impl Highest {
    /// The highest of the last `n` values.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        let n = period("period", n)?;
        let candidates = vec![(0, 0); n.next_power_of_two()].into_boxed_slice();
        Ok(Self { candidates, head: 0, tail: 0, seen: 0, n })
    }
}

impl Indicator for Highest {
    type Input = i64;
    type Output = i64;

    #[inline]
    fn next(&mut self, input: i64) -> Option<i64> {
        let mask = self.candidates.len() - 1;
        let index = self.seen;
        self.seen += 1;
        // At most one falls out of the window per step, and it makes room.
        if self.head != self.tail && self.candidates[self.head & mask].0 + self.n <= index {
            self.head += 1;
        }
        while self.head != self.tail && self.candidates[(self.tail - 1) & mask].1 <= input {
            self.tail -= 1;
        }
        self.candidates[self.tail & mask] = (index, input);
        self.tail += 1;
        (self.seen >= self.n).then(|| self.candidates[self.head & mask].1)
    }

    fn reset(&mut self) {
        (self.head, self.tail, self.seen) = (0, 0, 0);
    }
}

/// Lowest of the last `n` values, in the unit of its input. First value at index `n - 1`.
///
/// ```
/// use tickstep_core::indicator::{Indicator, Lowest};
/// let mut lowest = Lowest::new(2)?;
/// assert_eq!(lowest.over([5, 3, 9, 1]), [None, Some(3), Some(3), Some(1)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lowest {
    /// Of the complements: `!x` reverses the order as `-x` would, and cannot overflow.
    highest: Highest,
}

impl Lowest {
    /// The lowest of the last `n` values.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        Ok(Self { highest: Highest::new(n)? })
    }
}

impl Indicator for Lowest {
    type Input = i64;
    type Output = i64;

    #[inline]
    fn next(&mut self, input: i64) -> Option<i64> {
        self.highest.next(!input).map(|x| !x)
    }

    fn reset(&mut self) {
        self.highest.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    #[test]
    fn extremes_of_the_type_itself() {
        let series = [i64::MIN, i64::MAX, i64::MIN];
        assert_eq!(Lowest::new(1).unwrap().over(series), series.map(Some));
        assert_eq!(Highest::new(1).unwrap().over(series), series.map(Some));
    }

    proptest! {
        #[test]
        fn equals_looking_at_all(n in 1_usize..12, series in testing::prices()) {
            let most = testing::windows(&series, n, |w| *w.iter().max().unwrap());
            let least = testing::windows(&series, n, |w| *w.iter().min().unwrap());
            prop_assert_eq!(Highest::new(n).unwrap().over(series.iter().copied()), most);
            prop_assert_eq!(Lowest::new(n).unwrap().over(series.iter().copied()), least);
            testing::restarts_alike(|| Highest::new(n).unwrap(), &series);
            testing::restarts_alike(|| Lowest::new(n).unwrap(), &series);
        }
    }
}
