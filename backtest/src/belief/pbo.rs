//! Probability of backtest overfitting: how often the set that was best on half of
//! the history falls into the lower half of all sets on the other half.
//!
//! Combinatorially symmetric cross-validation, Bailey, Borwein, Lopez de Prado and
//! Zhu, "The Probability of Backtest Overfitting" (2015, SSRN 2326253), S = 16: all
//! C(16, 8) = 12,870 ways to choose the eight in-sample blocks.
//!
//! Invariants: the result does not depend on the number of threads (maxima with the
//! first of equals, and counts, are joined, never floats); memory is bounded by the
//! table plus about half a megabyte a thread.
//!
//! Choices:
//!
//! - Equal Sharpe ratios take their average rank out of sample; in sample the first
//!   of equals is the best.
//! - A set without spread in a half (it did not trade there) has no Sharpe ratio
//!   there. In sample it cannot be the best. Out of sample it is left out of the
//!   ranking, so sets that never trade flatter nobody. When the best set itself is
//!   silent out of sample it takes the last rank: it has not held.
//! - A half in which no set has a Sharpe ratio is left out; [`Pbo::splits`] says how many remain.
//!
//! Known limits: Sharpe is the only criterion; splits overlap, so 12,870 of them are
//! far fewer independent observations: on pure noise single searches scatter widely
//! about one half. A block edge cuts through open positions.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blocks::{BLOCKS, BlockTable, NOISE, counts, sharpe_of};
use crate::stats::mean;

/// Number of splits.
pub const SPLITS: usize = 12_870;
/// Width of a bin of [`Pbo::logits`].
pub const LOGIT_BIN: f64 = 0.5;
/// Number of bins of [`Pbo::logits`]; an even number, 0 is the middle edge.
pub const LOGIT_BINS: usize = 32;

/// Sets taken side by side: four tables of 256 rows of them fit a core's own cache.
const LANES: usize = 32;
/// Blocks in each of the two halves that a split's mask is looked up by.
const HALF: usize = BLOCKS / 2;
/// Masks of eight blocks.
const MASKS: usize = 1 << HALF;

type Row = [f64; LANES];

/// Probability of backtest overfitting, and what it was counted from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pbo {
    /// Share of splits whose logit is at or below 0, in 0..=1.
    pub probability: f64,
    /// Number of parameter sets, 2 or more.
    pub sets: usize,
    /// Splits counted, at most [`SPLITS`].
    pub splits: usize,
    /// Splits in which the best set had no Sharpe ratio out of sample.
    pub silent: usize,
    /// Share of splits in which the best set lost money out of sample, in 0..=1.
    pub loss: f64,
    /// Slope of the best set's Sharpe ratio out of sample on that in sample, over
    /// the splits that have both; `None` when they do not vary. Below zero the
    /// better in sample, the worse out of sample.
    pub slope: Option<f64>,
    /// Mean Sharpe ratio per period of the best set in sample.
    pub in_sample: f64,
    /// Mean Sharpe ratio per period of the best set out of sample, over the splits
    /// that have one.
    pub out_of_sample: Option<f64>,
    /// Counts of the logits `ln(w / (1 - w))`, `w = rank / (N + 1)`: bins of
    /// [`LOGIT_BIN`], open below and closed above, 0 in the middle; the first and
    /// the last also hold what lies beyond. The first half adds up to the
    /// probability times the splits.
    pub logits: Vec<u32>,
}

impl Pbo {
    /// Of a table of sets. `None` below two sets and when no set has spread.
    ///
    /// ```
    /// use tickstep_backtest::belief::{BlockTable, Blocks, Pbo, SPLITS};
    /// // the first set is the better one in every block
    /// let wave = |shift: f64| (0..64).map(|i| shift + [0.01, -0.01][i % 2]).collect::<Vec<_>>();
    /// let sets = [0.002, 0.0, -0.001].map(|shift| Blocks::of(&wave(shift)).unwrap());
    /// let pbo = Pbo::of(&BlockTable::of(&sets).unwrap()).unwrap();
    /// assert_eq!((pbo.probability, pbo.loss, pbo.splits), (0.0, 0.0, SPLITS));
    /// // rank 3 of 3: ln(0.75 / 0.25) = 1.0986
    /// assert_eq!(pbo.logits[18], 12_870);
    /// ```
    #[must_use]
    pub fn of(table: &BlockTable) -> Option<Self> {
        if table.sets() < 2 {
            return None;
        }
        let halves = Halves::new(table.periods());
        let winners = winners(table, &halves);
        let ranks = ranks(table, &halves, &winners);
        summarise(table, &halves, &winners, &ranks)
    }
}

/// Every mask of eight of sixteen blocks, and the length of each half.
struct Halves {
    /// A mask without the last block, whose complement holds it: each pair is the
    /// same two halves with their parts exchanged.
    masks: Vec<u16>,
    counts: [usize; BLOCKS],
}

impl Halves {
    fn new(periods: usize) -> Self {
        let masks = (0..1_u16 << (BLOCKS - 1)).filter(|m| m.count_ones() as usize == HALF);
        Self { masks: masks.collect(), counts: counts(periods) }
    }

    fn periods(&self, mask: u16) -> usize {
        (0..BLOCKS).filter(|b| mask >> b & 1 == 1).map(|b| self.counts[b]).sum()
    }

    /// Both orders of every pair, in the order that winners and ranks are kept in.
    fn splits(&self) -> impl Iterator<Item = u16> {
        self.masks.iter().flat_map(|mask| [*mask, !mask])
    }
}

/// Sums over every subset of the first and of the last eight blocks, for up to
/// [`LANES`] sets. Any half of the history is then one addition.
struct Tile {
    sums: [Vec<Row>; 2],
    squares: [Vec<Row>; 2],
}

impl Tile {
    fn new(table: &BlockTable, tile: usize) -> Self {
        let from = tile * LANES;
        let sets = LANES.min(table.sets() - from);
        let subsets = |values: &ndarray::Array2<f64>, first: usize| {
            let mut rows = vec![[0.0; LANES]; MASKS];
            for mask in 1..MASKS {
                let without = rows[mask & (mask - 1)];
                let block = first + mask.trailing_zeros() as usize;
                for lane in 0..sets {
                    rows[mask][lane] = without[lane] + values[[from + lane, block]];
                }
            }
            rows
        };
        Self {
            sums: [subsets(table.sums(), 0), subsets(table.sums(), HALF)],
            squares: [subsets(table.squares(), 0), subsets(table.squares(), HALF)],
        }
    }

    /// The [`Half::score`] of every set of this tile over the blocks of `mask`; the
    /// lanes beyond the last set have none.
    fn scores(&self, mask: u16, periods: f64, scores: &mut Row) {
        let (low, high) = (usize::from(mask) & (MASKS - 1), usize::from(mask) >> HALF);
        let (s0, s1) = (&self.sums[0][low], &self.sums[1][high]);
        let (q0, q1) = (&self.squares[0][low], &self.squares[1][high]);
        for lane in 0..LANES {
            let half = Half { sum: s0[lane] + s1[lane], squares: q0[lane] + q1[lane] };
            scores[lane] = half.score(periods);
        }
    }
}

/// One set over one half of the history.
#[derive(Clone, Copy)]
struct Half {
    sum: f64,
    squares: f64,
}

impl Half {
    /// Adds in the order of [`Tile::new`], highest block first and the two lookups
    /// last, so that a set is equal to itself to the last digit. Zero for the set
    /// that a split without a winner names.
    fn new(table: &BlockTable, mask: u16, set: u32) -> Self {
        let set = set as usize;
        if set >= table.sets() {
            return Self { sum: 0.0, squares: 0.0 };
        }
        let add = |values: &ndarray::Array2<f64>, first: usize| {
            let held = (first..first + HALF).rev().filter(|b| mask >> b & 1 == 1);
            held.fold(0.0, |sum, b| sum + values[[set, b]])
        };
        Self {
            sum: add(table.sums(), 0) + add(table.sums(), HALF),
            squares: add(table.squares(), 0) + add(table.squares(), HALF),
        }
    }

    /// Orders sets as their Sharpe ratios do: `S |S| / (n Q - S^2)`, which is
    /// `SR |SR|` times a constant and needs no root. Negative infinity where there is
    /// no Sharpe ratio.
    #[inline(always)]
    fn score(self, periods: f64) -> f64 {
        let squares = self.squares * periods;
        let spread = squares - self.sum * self.sum;
        let score = self.sum * self.sum.abs() / spread;
        if spread > NOISE * squares { score } else { f64::NEG_INFINITY }
    }
}

/// The best set of a split in sample.
#[derive(Clone, Copy)]
struct Winner {
    score: f64,
    set: u32,
}

/// How many sets with a Sharpe ratio out of sample stand where relative to the
/// winner; it is level with itself.
#[derive(Clone, Copy, Default)]
struct Rank {
    below: u32,
    equal: u32,
    above: u32,
}

fn tiles(table: &BlockTable) -> usize {
    table.sets().div_ceil(LANES)
}

/// The best set in sample of every split.
fn winners(table: &BlockTable, halves: &Halves) -> Vec<Winner> {
    let none = || vec![Winner { score: f64::NEG_INFINITY, set: u32::MAX }; SPLITS];
    let periods: Vec<f64> = halves.splits().map(|m| halves.periods(m) as f64).collect();
    let scan = |mut best: Vec<Winner>, tile: usize| {
        let sums = Tile::new(table, tile);
        let mut scores = [0.0; LANES];
        for ((best, mask), n) in best.iter_mut().zip(halves.splits()).zip(&periods) {
            sums.scores(mask, *n, &mut scores);
            let top = highest(&scores);
            if top < best.score || top == f64::NEG_INFINITY {
                continue;
            }
            let lane = scores.iter().position(|s| *s == top).unwrap_or(0);
            let found = Winner { score: top, set: (tile * LANES + lane) as u32 };
            *best = better(*best, found);
        }
        best
    };
    let join = |mut a: Vec<Winner>, b: Vec<Winner>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = better(*a, b);
        }
        a
    };
    (0..tiles(table)).into_par_iter().fold(none, scan).reduce(none, join)
}

/// In four strands, which the processor can take side by side.
fn highest(scores: &Row) -> f64 {
    let mut top = [f64::NEG_INFINITY; 4];
    for four in scores.chunks_exact(4) {
        for (top, score) in top.iter_mut().zip(four) {
            *top = if *score > *top { *score } else { *top };
        }
    }
    top[0].max(top[1]).max(top[2].max(top[3]))
}

fn better(a: Winner, b: Winner) -> Winner {
    if b.score > a.score || (b.score == a.score && b.set < a.set) { b } else { a }
}

/// Where each split's winner stands out of sample.
fn ranks(table: &BlockTable, halves: &Halves, winners: &[Winner]) -> Vec<Rank> {
    let none = || vec![Rank::default(); SPLITS];
    let splits: Vec<(u16, f64, f64)> = halves
        .splits()
        .zip(winners)
        .map(|(mask, w)| (!mask, halves.periods(!mask) as f64, w.set))
        .map(|(mask, n, set)| (mask, n, Half::new(table, mask, set).score(n)))
        .collect();
    let count = |mut ranks: Vec<Rank>, tile: usize| {
        let sums = Tile::new(table, tile);
        let mut scores = [0.0; LANES];
        for (rank, (mask, n, own)) in ranks.iter_mut().zip(&splits) {
            sums.scores(*mask, *n, &mut scores);
            for score in scores {
                rank.below += u32::from(score < *own && score > f64::NEG_INFINITY);
                rank.equal += u32::from(score == *own);
                rank.above += u32::from(score > *own);
            }
        }
        ranks
    };
    let join = |mut a: Vec<Rank>, b: Vec<Rank>| {
        for (a, b) in a.iter_mut().zip(b) {
            a.below += b.below;
            a.equal += b.equal;
            a.above += b.above;
        }
        a
    };
    (0..tiles(table)).into_par_iter().fold(none, count).reduce(none, join)
}

fn summarise(
    table: &BlockTable,
    halves: &Halves,
    winners: &[Winner],
    ranks: &[Rank],
) -> Option<Pbo> {
    let (mut splits, mut overfit, mut losses, mut silent) = (0_u32, 0_u32, 0_u32, 0_usize);
    let mut logits = vec![0; LOGIT_BINS];
    let (mut inside, mut outside, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for ((mask, winner), rank) in halves.splits().zip(winners).zip(ranks) {
        if winner.set == u32::MAX {
            continue;
        }
        splits += 1;
        let sharpe = |mask| {
            let half = Half::new(table, mask, winner.set);
            (half.sum, sharpe_of(half.sum, half.squares, halves.periods(mask)))
        };
        let (profit, oos) = sharpe(!mask);
        losses += u32::from(profit < 0.0);
        let is = sharpe(mask).1;
        inside.extend(is);
        outside.extend(oos);
        pairs.extend(is.zip(oos));
        let held = Half::new(table, !mask, winner.set).score(halves.periods(!mask) as f64);
        // Twice the rank, and the number of ranks plus one.
        let (twice, over) = if held == f64::NEG_INFINITY {
            silent += 1;
            (2, rank.above + 2)
        } else {
            (2 * rank.below + rank.equal + 1, rank.below + rank.equal + rank.above + 1)
        };
        overfit += u32::from(twice <= over);
        logits[bin(f64::from(twice) / f64::from(2 * over - twice))] += 1;
    }
    Some(Pbo {
        probability: f64::from(overfit) / f64::from(splits),
        sets: table.sets(),
        splits: splits as usize,
        silent,
        loss: f64::from(losses) / f64::from(splits),
        slope: slope(&pairs),
        in_sample: mean(&inside)?,
        out_of_sample: mean(&outside),
        logits,
    })
}

/// The bin of the logit whose odds are `w / (1 - w)`.
fn bin(odds: f64) -> usize {
    let middle = (LOGIT_BINS / 2) as f64;
    let at = (odds.ln() / LOGIT_BIN).ceil() + middle - 1.0;
    at.clamp(0.0, (LOGIT_BINS - 1) as f64) as usize
}

/// Least squares slope of the second on the first; `None` when the first does not
/// vary.
fn slope(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let (sum_x, sum_y) = pairs.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (mut xx, mut xy, mut largest) = (0.0, 0.0, 0.0_f64);
    for (x, y) in pairs {
        let dx = x - sum_x / n;
        xx += dx * dx;
        xy += dx * (y - sum_y / n);
        largest = largest.max(x.abs());
    }
    (xx > NOISE * NOISE * n * largest * largest).then(|| xy / xx)
}
