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
use tickstep_core::math::ln;

use super::blocks::{BlockTable, NOISE, sharpe_of};
use super::half_sums::{Half, HalfSums, Halves, LANES, Rank, SLACK};
use tickstep_core::stats::mean;

/// Number of ways to split sixteen blocks into halves.
pub const SPLITS: usize = 12_870;
/// Width of a bin of [`Pbo::logits`].
pub const LOGIT_BIN: f64 = 0.5;
/// Number of bins of [`Pbo::logits`]; an even number, 0 is the middle edge.
pub const LOGIT_BINS: usize = 32;

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
    /// use tickstep_backtest::research::validation::{BlockTable, Pbo, ReturnBlocks, SPLITS};
    /// // the first set is the better one in every block
    /// let wave = |shift: f64| (0..64).map(|i| shift + [0.01, -0.01][i % 2]).collect::<Vec<_>>();
    /// let sets = [0.002, 0.0, -0.001].map(|shift| ReturnBlocks::of(&wave(shift)).unwrap());
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

/// The best set of a split in sample.
#[derive(Clone, Copy)]
struct Winner {
    score: f64,
    set: u32,
}

fn parts(table: &BlockTable) -> usize {
    table.sets().div_ceil(LANES)
}

/// The best set in sample of every split.
fn winners(table: &BlockTable, halves: &Halves) -> Vec<Winner> {
    let none = || vec![Winner { score: f64::NEG_INFINITY, set: u32::MAX }; SPLITS];
    let periods: Vec<f64> = halves.splits().map(|m| halves.periods(m) as f64).collect();
    let scan = |mut best: Vec<Winner>, part: usize| {
        let sums = HalfSums::new(table, part);
        for ((best, mask), n) in best.iter_mut().zip(halves.splits()).zip(&periods) {
            if !sums.reaches(mask, *n, best.score - best.score.abs() * SLACK) {
                continue;
            }
            for lane in 0..LANES {
                let score = sums.rows(mask).half(lane).score(*n);
                *best = better(*best, Winner { score, set: (part * LANES + lane) as u32 });
            }
        }
        best
    };
    let join = |mut a: Vec<Winner>, b: Vec<Winner>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = better(*a, b);
        }
        a
    };
    (0..parts(table)).into_par_iter().fold(none, scan).reduce(none, join)
}

/// The higher one, the first of equals; what has no score is never better.
fn better(a: Winner, b: Winner) -> Winner {
    let level = b.score == a.score && b.score > f64::NEG_INFINITY;
    if b.score > a.score || (level && b.set < a.set) { b } else { a }
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
    let count = |mut ranks: Vec<Rank>, part: usize| {
        let sums = HalfSums::new(table, part);
        for (rank, (mask, n, own)) in ranks.iter_mut().zip(&splits) {
            rank.add(sums.compare(*mask, *n, *own));
        }
        ranks
    };
    let join = |mut a: Vec<Rank>, b: Vec<Rank>| {
        for (a, b) in a.iter_mut().zip(b) {
            a.add(b);
        }
        a
    };
    (0..parts(table)).into_par_iter().fold(none, count).reduce(none, join)
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
    let at = (ln(odds) / LOGIT_BIN).ceil() + middle - 1.0;
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
