//! Daily returns as sums over blocks, from which the overfitting of a search is
//! told without keeping the returns of every set.

use super::store::{BLOCKS, Blocks};

impl Blocks {
    /// Sums over [`BLOCKS`] contiguous parts of `returns`, as long as each other to
    /// within one; `None` where some would be empty.
    ///
    /// ```
    /// use tickstep_backtest::sweep::store::Blocks;
    ///
    /// let blocks = Blocks::of(&[0.5; 32]).map(|b| (b.sums[15], b.squares[0]));
    /// assert_eq!(blocks, Some((1.0, 0.5)));
    /// assert_eq!(Blocks::of(&[0.5; 15]), None);
    /// ```
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        let n = returns.len();
        let part = |i: usize| &returns[i * n / BLOCKS..(i + 1) * n / BLOCKS];
        (n >= BLOCKS).then(|| Self {
            sums: std::array::from_fn(|i| part(i).iter().sum()),
            squares: std::array::from_fn(|i| part(i).iter().map(|r| r * r).sum()),
        })
    }
}
