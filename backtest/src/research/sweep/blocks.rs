//! Daily returns as sums over blocks, from which the overfitting of a search is
//! told without keeping the returns of every set.

use crate::research::store::Blocks;
use crate::research::validation;

impl Blocks {
    /// Sums over [`validation::BLOCKS`] contiguous parts of `returns`, as long as each other to
    /// within one, the longer ones first; `None` where some would be empty.
    ///
    /// ```
    /// use tickstep_backtest::research::store::Blocks;
    ///
    /// let blocks = Blocks::of(&[0.5; 32]).map(|b| (b.sums[15], b.squares[0]));
    /// assert_eq!(blocks, Some((1.0, 0.5)));
    /// assert_eq!(Blocks::of(&[0.5; 15]), None);
    /// ```
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        let validation::Blocks { sums, squares, .. } = validation::Blocks::of(returns)?;
        Some(Self { sums, squares })
    }

    /// As sums over returns of so many days, for [`crate::research::validation`].
    #[must_use]
    pub const fn over(&self, days: usize) -> validation::Blocks {
        validation::Blocks { sums: self.sums, squares: self.squares, periods: days }
    }
}
