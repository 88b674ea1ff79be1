//! Any eight of sixteen blocks of many sets, at the price of an addition.
//!
//! A set's sum over a half of the history is the sum over those of its first eight
//! blocks that are in it plus that over those of its last eight. There are 256 choices
//! of each, so two tables of 256 sums serve all 12,870 halves: one addition where a
//! matrix product takes sixteen multiplications. A split's complement is another
//! lookup in the same tables.
//!
//! Invariants: a set has the same score to the last digit however it is looked up, so
//! copies of a set tie; every comparison is of quotients, or of products too far apart
//! for rounding to matter.

use ndarray::Array2;

use super::blocks::{BlockTable, NOISE};
use crate::research::store::{BLOCKS, block_lengths};

/// Sets taken side by side: four tables of 256 rows of them fit a core's own cache.
pub(super) const LANES: usize = 32;
/// Blocks in each of the two halves that a split's mask is looked up by.
const HALF: usize = BLOCKS / 2;
/// Masks of eight blocks.
const MASKS: usize = 1 << HALF;

/// Relative width within which two scores are compared by quotients, far above what
/// rounding can do.
pub(super) const SLACK: f64 = 1e-9;

type LaneRow = [f64; LANES];

/// Every mask of eight of sixteen blocks, and the length of each half.
pub(super) struct Halves {
    /// A mask without the last block, whose complement holds it: each pair is the
    /// same two halves with their parts exchanged.
    masks: Vec<u16>,
    counts: [usize; BLOCKS],
}

impl Halves {
    pub fn new(periods: usize) -> Self {
        let masks = (0..1_u16 << (BLOCKS - 1)).filter(|m| m.count_ones() as usize == HALF);
        Self { masks: masks.collect(), counts: block_lengths(periods) }
    }

    pub fn periods(&self, mask: u16) -> usize {
        (0..BLOCKS).filter(|b| mask >> b & 1 == 1).map(|b| self.counts[b]).sum()
    }

    /// Both orders of every pair, in the order that winners and ranks are kept in.
    pub fn splits(&self) -> impl Iterator<Item = u16> {
        self.masks.iter().flat_map(|mask| [*mask, !mask])
    }
}

/// Sums over every subset of the first and of the last eight blocks, for up to
/// [`LANES`] sets. Any half of the history is then one addition.
pub(super) struct HalfSums {
    sums: [Vec<LaneRow>; 2],
    squares: [Vec<LaneRow>; 2],
}

impl HalfSums {
    pub fn new(table: &BlockTable, part: usize) -> Self {
        let from = part * LANES;
        let sets = LANES.min(table.sets() - from);
        let subsets = |values: &Array2<f64>, first: usize| {
            let mut columns = [[0.0; LANES]; HALF];
            for lane in 0..sets {
                for (block, column) in columns.iter_mut().enumerate() {
                    column[lane] = values[[from + lane, first + block]];
                }
            }
            let mut rows = vec![[0.0; LANES]; MASKS];
            for mask in 1..MASKS {
                let without = rows[mask & (mask - 1)];
                let column = &columns[mask.trailing_zeros() as usize];
                let row = &mut rows[mask];
                for lane in 0..LANES {
                    row[lane] = without[lane] + column[lane];
                }
            }
            rows
        };
        Self {
            sums: [subsets(table.sums(), 0), subsets(table.sums(), HALF)],
            squares: [subsets(table.squares(), 0), subsets(table.squares(), HALF)],
        }
    }

    /// The rows that hold a mask's two parts.
    pub fn rows(&self, mask: u16) -> HalfRows<'_> {
        let (low, high) = (usize::from(mask) & (MASKS - 1), usize::from(mask) >> HALF);
        HalfRows {
            sums: [&self.sums[0][low], &self.sums[1][high]],
            squares: [&self.squares[0][low], &self.squares[1][high]],
        }
    }

    /// Whether a set scores more than `limit`, but for rounding: without a division.
    pub fn reaches(&self, mask: u16, periods: f64, limit: f64) -> bool {
        let rows = self.rows(mask);
        // Here and below a counter, not a range: without optimisation, as in tests, a
        // range's steps are calls that take longer than all the rest.
        let (mut any, mut lane) = (false, 0);
        while lane < LANES {
            let half = rows.half(lane);
            any |= half.sum * half.sum.abs() > limit * half.spread(periods);
            lane += 1;
        }
        any
    }

    /// How the sets compare with the score `own`.
    pub fn compare(&self, mask: u16, periods: f64, own: f64) -> Rank {
        // A product tells on which side a set lies unless it is within rounding; only
        // then is the quotient taken, which is what scores are compared by.
        let slack = if own.is_finite() { own.abs() * SLACK } else { 0.0 };
        let (low, high) = (own - slack, own + slack);
        // At most LANES each: a check for overflow would only cost time.
        let (mut below, mut above, mut defined) = (0_u32, 0_u32, 0_u32);
        let rows = self.rows(mask);
        let mut lane = 0;
        while lane < LANES {
            let half = rows.half(lane);
            let (num, spread) = (half.sum * half.sum.abs(), half.spread(periods));
            let has = spread > NOISE * periods * half.squares;
            below = below.wrapping_add(u32::from(has & (num < low * spread)));
            above = above.wrapping_add(u32::from(has & (num > high * spread)));
            defined = defined.wrapping_add(u32::from(has));
            lane += 1;
        }
        if below + above == defined {
            return Rank { below, equal: 0, above };
        }
        let mut rank = Rank::default();
        for lane in 0..LANES {
            let score = rows.half(lane).score(periods);
            rank.below += u32::from(score < own && score > f64::NEG_INFINITY);
            rank.equal += u32::from(score == own && score > f64::NEG_INFINITY);
            rank.above += u32::from(score > own);
        }
        rank
    }
}

/// Up to [`LANES`] sets over one half of the history; the lanes beyond the last set are
/// empty.
pub(super) struct HalfRows<'a> {
    sums: [&'a LaneRow; 2],
    squares: [&'a LaneRow; 2],
}

impl HalfRows<'_> {
    #[inline(always)]
    pub fn half(&self, lane: usize) -> Half {
        Half {
            sum: self.sums[0][lane] + self.sums[1][lane],
            squares: self.squares[0][lane] + self.squares[1][lane],
        }
    }
}

/// One set over one half of the history.
#[derive(Clone, Copy)]
pub(super) struct Half {
    /// Sum of the returns.
    pub sum: f64,
    /// Sum of the squared returns.
    pub squares: f64,
}

impl Half {
    /// Adds in the order of [`HalfSums::new`], highest block first and the two lookups
    /// last, so that a set is equal to itself to the last digit. Zero for the set
    /// that a split without a winner names.
    pub fn new(table: &BlockTable, mask: u16, set: u32) -> Self {
        let set = set as usize;
        if set >= table.sets() {
            return Self { sum: 0.0, squares: 0.0 };
        }
        let add = |values: &Array2<f64>, first: usize| {
            let held = (first..first + HALF).rev().filter(|b| mask >> b & 1 == 1);
            held.fold(0.0, |sum, b| sum + values[[set, b]])
        };
        Self {
            sum: add(table.sums(), 0) + add(table.sums(), HALF),
            squares: add(table.squares(), 0) + add(table.squares(), HALF),
        }
    }

    /// `n Q - S^2`: the variance times `n (n - 1)`.
    #[inline(always)]
    fn spread(self, periods: f64) -> f64 {
        self.squares * periods - self.sum * self.sum
    }

    /// Orders sets as their Sharpe ratios do: `S |S| / (n Q - S^2)`, which is
    /// `SR |SR|` times a constant and needs no root. Negative infinity where there is
    /// no Sharpe ratio.
    pub fn score(self, periods: f64) -> f64 {
        let spread = self.spread(periods);
        let score = self.sum * self.sum.abs() / spread;
        if spread > NOISE * periods * self.squares { score } else { f64::NEG_INFINITY }
    }
}

/// How many sets with a Sharpe ratio out of sample stand where relative to the
/// winner; it is level with itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Rank {
    /// Sets with a lower score.
    pub below: u32,
    /// Sets with this score.
    pub equal: u32,
    /// Sets with a higher score.
    pub above: u32,
}

impl Rank {
    pub const fn add(&mut self, other: Self) {
        self.below += other.below;
        self.equal += other.equal;
        self.above += other.above;
    }
}
