//! What is kept of each parameter set: sixteen block sums of its returns instead
//! of the returns.
//!
//! A search over a million sets cannot hold a million return series, and cross
//! validation by halves needs none: the mean and the deviation of any eight blocks
//! follow from the blocks' sums and sums of squares.
//!
//! Invariants: the blocks are contiguous, in time order, cover every period and
//! differ in length by one at most (the longer ones first); all sets of a table
//! have the same number of periods; every number is finite.
//!
//! Known limits: a deviation is a difference of two sums here, so one below a
//! millionth of the root mean square cannot be told from none and counts as none.

use ndarray::Array2;
use tickstep_core::math::sqrt;

use crate::research::store::{BLOCKS, BlockSums};

/// A sum of squared deviations below this share of the sum of squares is rounding.
pub(super) const NOISE: f64 = 1e-12;

/// One parameter set's returns, summed by block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReturnBlocks {
    /// Sum of the returns of each block.
    pub sums: [f64; BLOCKS],
    /// Sum of the squared returns of each block.
    pub squares: [f64; BLOCKS],
    /// Number of periods in all.
    pub periods: usize,
}

impl ReturnBlocks {
    /// Of returns per period (daily ones as a rule), in time order. `None` below
    /// sixteen periods and when a return is not a finite number.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::ReturnBlocks;
    /// let returns: Vec<f64> = (0..17).map(f64::from).collect();
    /// let blocks = ReturnBlocks::of(&returns).unwrap();
    /// assert_eq!(blocks.sums[..3], [1.0, 2.0, 3.0]); // 0 + 1, 2, 3
    /// assert_eq!(blocks.squares[15], 256.0);
    /// assert_eq!(ReturnBlocks::of(&returns[..15]), None);
    /// ```
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        BlockSums::of(returns).map(|sums| Self::over(&sums, returns.len()))
    }

    /// The blocks of sums that were kept, over a number of `periods`.
    #[must_use]
    pub const fn over(blocks: &BlockSums, periods: usize) -> Self {
        Self { sums: blocks.sums, squares: blocks.squares, periods }
    }

    /// Sharpe ratio per period of the whole series, `m / s`, the deviation over
    /// `n - 1`; `None` without spread.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::ReturnBlocks;
    /// let returns: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 0.03 } else { -0.01 }).collect();
    /// // mean 0.01, deviation 0.02 sqrt(40 / 39)
    /// let sr = ReturnBlocks::of(&returns).unwrap().sharpe().unwrap();
    /// assert!((sr - 0.5 * (39.0_f64 / 40.0).sqrt()).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn sharpe(&self) -> Option<f64> {
        sharpe_of(self.sums.iter().sum(), self.squares.iter().sum(), self.periods)
    }
}

/// The blocks of many sets over the same periods: 256 bytes a set, whatever the
/// length of its history.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockTable {
    sums: Array2<f64>,
    squares: Array2<f64>,
    periods: usize,
}

impl BlockTable {
    /// A table of the sets in the order given. `None` when empty or when two sets
    /// differ in their number of periods.
    #[must_use]
    pub fn of(sets: &[ReturnBlocks]) -> Option<Self> {
        let mut rows = BlockRows::for_sets(sets.len());
        sets.iter().for_each(|set| rows.push(set));
        rows.table()
    }

    /// Number of sets, at least one.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.sums.nrows()
    }

    /// Number of periods of every set.
    #[must_use]
    pub const fn periods(&self) -> usize {
        self.periods
    }

    /// Sums of returns, sets x 16.
    #[must_use]
    pub const fn sums(&self) -> &Array2<f64> {
        &self.sums
    }

    /// Sums of squared returns, sets x 16.
    #[must_use]
    pub const fn squares(&self) -> &Array2<f64> {
        &self.squares
    }

    /// Sharpe ratio per period of every set over all periods; `None` for those
    /// without spread.
    #[must_use]
    pub fn sharpes(&self) -> Vec<Option<f64>> {
        let rows = self.sums.rows().into_iter().zip(self.squares.rows());
        rows.map(|(s, q)| sharpe_of(s.sum(), q.sum(), self.periods)).collect()
    }
}

/// A [`BlockTable`] in the making, of as many sets as are foreseen, so that a million
/// take no more memory on the way than in the end.
#[derive(Clone, Debug, Default)]
pub struct BlockRows {
    sums: Vec<f64>,
    squares: Vec<f64>,
    periods: Option<usize>,
    differ: bool,
}

impl BlockRows {
    /// Room for the blocks of `sets` parameter sets.
    #[must_use]
    pub fn for_sets(sets: usize) -> Self {
        let room = || Vec::with_capacity(sets.saturating_mul(BLOCKS));
        Self { sums: room(), squares: room(), periods: None, differ: false }
    }

    /// Takes the blocks of the next set.
    pub fn push(&mut self, set: &ReturnBlocks) {
        self.differ |= *self.periods.get_or_insert(set.periods) != set.periods;
        self.sums.extend(set.sums);
        self.squares.extend(set.squares);
    }

    /// The table. `None` when empty or when two sets differ in their number of periods.
    #[must_use]
    pub fn table(self) -> Option<BlockTable> {
        let periods = self.periods.filter(|_| !self.differ)?;
        let shape = (self.sums.len() / BLOCKS, BLOCKS);
        Some(BlockTable {
            sums: Array2::from_shape_vec(shape, self.sums).ok()?,
            squares: Array2::from_shape_vec(shape, self.squares).ok()?,
            periods,
        })
    }
}

/// Sharpe ratio of `n` periods from the sum and the sum of squares.
pub(super) fn sharpe_of(sum: f64, squares: f64, n: usize) -> Option<f64> {
    let count = n as f64;
    let spread = squares - sum * sum / count;
    if n < 2 || spread <= NOISE * squares {
        return None;
    }
    let sr = sum / count / sqrt(spread / (count - 1.0));
    sr.is_finite().then_some(sr)
}

/// The best set by its Sharpe ratio: its index and the ratio; the first of equals.
///
/// ```
/// use tickstep_backtest::research::validation::best_sharpe;
/// assert_eq!(best_sharpe(&[None, Some(0.1), Some(0.3), Some(0.3)]), Some((2, 0.3)));
/// assert_eq!(best_sharpe(&[None]), None);
/// ```
#[must_use]
pub fn best_sharpe(sharpes: &[Option<f64>]) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for (set, sharpe) in sharpes.iter().enumerate() {
        if let Some(sr) = *sharpe
            && best.is_none_or(|(_, top)| sr > top)
        {
            best = Some((set, sr));
        }
    }
    best
}
