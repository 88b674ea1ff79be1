//! Returns as sums over sixteen blocks of time, from which the overfitting of a
//! search is told without keeping the returns of every set.
//!
//! Invariants: blocks are contiguous, in time order, cover every period and differ in
//! length by one at most, the longer ones first.

/// Number of blocks that a set's returns are summed over, `S` of combinatorially
/// symmetric cross-validation: enough halves to count over, few enough that a block of
/// daily returns is still weeks long.
pub const BLOCKS: usize = 16;

/// Sums over the returns of each block of the traded span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockSums {
    /// Sum of the returns, a fraction.
    pub sums: [f64; BLOCKS],
    /// Sum of their squares.
    pub squares: [f64; BLOCKS],
}

impl BlockSums {
    /// Of returns per period (daily ones as a rule), in time order. `None` below
    /// sixteen periods and when a return is not a finite number.
    ///
    /// ```
    /// use tickstep_backtest::research::store::BlockSums;
    ///
    /// let blocks = BlockSums::of(&[0.5; 32]).map(|b| (b.sums[15], b.squares[0]));
    /// assert_eq!(blocks, Some((1.0, 0.5)));
    /// assert_eq!(BlockSums::of(&[0.5; 15]), None);
    /// ```
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        if returns.len() < BLOCKS || returns.iter().any(|r| !r.is_finite()) {
            return None;
        }
        let mut blocks = Self { sums: [0.0; BLOCKS], squares: [0.0; BLOCKS] };
        let mut rest = returns;
        for (b, count) in block_lengths(returns.len()).into_iter().enumerate() {
            let (block, after) = rest.split_at(count);
            blocks.sums[b] = block.iter().sum();
            blocks.squares[b] = block.iter().map(|r| r * r).sum();
            rest = after;
        }
        blocks.squares.iter().all(|q| q.is_finite()).then_some(blocks)
    }
}

/// Number of periods in each block.
pub(in crate::research) fn block_lengths(periods: usize) -> [usize; BLOCKS] {
    std::array::from_fn(|b| periods / BLOCKS + usize::from(b < periods % BLOCKS))
}
