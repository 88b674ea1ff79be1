//! Whether what is best on most of the history is good on the rest: every choice of a
//! few groups of days as a test, the best set of the other days traded there, the
//! tests laid end to end to whole histories that no choice has seen.
//!
//! One walk forward is one path, and may be a lucky one. This gives several, at the
//! price of learning from the future too: it judges the way of choosing, not what
//! would have been earned.
//!
//! Invariants: a set is chosen by days that are neither tested nor purged; the first
//! of equals; the same result on any number of threads.
//!
//! Known limits: sets are those whose daily returns are kept, a sample of a large
//! search; the choice is by Sharpe ratio, whatever the search was for. The purge is by
//! the label ends given: those of the best set's trades, see [`label_ends`]; sets that
//! hold longer are purged too little, which matters where positions stay for days.

use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tickstep_core::ledger::Trade;
use tickstep_core::units::Nanos;

use super::blocks::sharpe_of;
use super::monte_carlo::Band;
use super::split::{Cpcv, CpcvSplit};
use tickstep_core::stats::{Coverage, sharpe};

/// Groups that a history is cut into, and how many of them are a test: 45 splits, 9 paths.
pub const CPCV: (usize, usize) = (10, 2);

/// Whole histories out of sample, by combinatorial purged cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    /// Number of sets chosen from.
    pub sets: usize,
    /// Number of days of every path.
    pub days: usize,
    /// Splits in which a set could be chosen.
    pub splits: usize,
    /// **Annual** Sharpe ratio of each path; `None` for one with a hole or no spread.
    pub sharpes: Vec<Option<f64>>,
    /// Percentiles of those Sharpe ratios.
    pub sharpe: Band,
    /// Share of the paths with a Sharpe ratio where it is below 0.
    pub below_zero: Option<f64>,
}

impl Paths {
    /// Of daily returns, one row a set and one column a day, split as `cpcv` says; Sharpe
    /// ratios of so many days a year.
    /// `None` without a set, for a return that is not a finite number, and when `cpcv`
    /// is of another number of days.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use tickstep_backtest::research::validation::{Cpcv, Paths};
    /// // the second of two sets is the better one on every day
    /// let returns = Array2::from_shape_fn((2, 40), |(set, day)| {
    ///     [0.01, -0.01][day % 2] + set as f64 * 0.002
    /// });
    /// let cpcv = Cpcv::constant(40, 10, 2, 0, 0).unwrap();
    /// let paths = Paths::of(returns.view(), &cpcv, 365).unwrap();
    /// assert_eq!((paths.splits, paths.sharpes.len()), (45, 9));
    /// // 0.2 / sqrt(40 / 39) a day, on every path
    /// let annual = 0.2 * (39.0_f64 / 40.0 * 365.0).sqrt();
    /// assert!(paths.sharpes.iter().all(|s| (s.unwrap() - annual).abs() < 1e-9));
    /// assert_eq!(paths.below_zero, Some(0.0));
    /// ```
    #[must_use]
    pub fn of(returns: ArrayView2<'_, f64>, cpcv: &Cpcv, days_per_year: u32) -> Option<Self> {
        let (sets, days) = returns.dim();
        if sets == 0 || days != cpcv.observations() || returns.iter().any(|r| !r.is_finite()) {
            return None;
        }
        let splits: Vec<CpcvSplit> = cpcv.splits().collect();
        let chosen: Vec<Option<usize>> =
            splits.par_iter().map(|split| best(returns, &split.train)).collect();
        let paths = usize::try_from(cpcv.paths()).ok()?;
        let mut laid = vec![vec![None; days]; paths];
        for (split, set) in splits.iter().zip(&chosen) {
            let Some(set) = *set else { continue };
            for (test, path) in split.tests.iter().zip(&split.paths) {
                for day in test.clone() {
                    laid[*path][day] = Some(returns[[set, day]]);
                }
            }
        }
        let annual = |path: Vec<Option<f64>>| {
            let whole: Option<Vec<f64>> = path.into_iter().collect();
            sharpe(&whole?, 0.0, f64::from(days_per_year))
        };
        let sharpes: Vec<Option<f64>> = laid.into_iter().map(annual).collect();
        let known = sharpes.iter().flatten().count();
        let below = sharpes.iter().flatten().filter(|s| **s < 0.0).count();
        Some(Self {
            sets,
            days,
            splits: chosen.iter().flatten().count(),
            sharpe: Band::of(sharpes.iter().copied()),
            sharpes,
            below_zero: (known > 0).then(|| below as f64 / known as f64),
        })
    }
}

/// The set with the highest Sharpe ratio over `days`, the first of equals.
fn best(returns: ArrayView2<'_, f64>, days: &[usize]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (set, row) in returns.rows().into_iter().enumerate() {
        let (sum, squares) = days.iter().fold((0.0, 0.0), |(sum, squares), day| {
            let r: f64 = row[*day];
            (sum + r, squares + r * r)
        });
        if let Some(sr) = sharpe_of(sum, squares, days.len())
            && best.is_none_or(|(_, top)| sr > top)
        {
            best = Some((set, sr));
        }
    }
    best.map(|(set, _)| set)
}

/// For each day with data, the last day that a trade entered on it reaches to; the day
/// itself where none does. The label ends of a [`Cpcv`] over daily returns.
///
/// ```
/// use tickstep_backtest::research::validation::label_ends;
/// use tickstep_core::stats::Coverage;
/// use tickstep_core::units::Nanos;
/// let hour = |n| Nanos::HOUR.times(n);
/// // Four days, and one that has no data between the second and the third.
/// let mut coverage = Coverage::of_bars([(hour(0), hour(24)), (hour(24), hour(48))]);
/// coverage.add_segment([(hour(72), hour(96)), (hour(96), hour(120))]);
/// // entered at noon of the first day, left on the third
/// let holds = [(hour(12), hour(74)), (hour(30), hour(31))];
/// assert_eq!(label_ends(&coverage, holds), [2, 1, 2, 3]);
/// ```
#[must_use]
pub fn label_ends(
    coverage: &Coverage,
    holds: impl IntoIterator<Item = (Nanos, Nanos)>,
) -> Vec<usize> {
    // What happens as a bar opens is of the day in which that bar lies.
    let day = |ts: Nanos| coverage.days_until(ts + Nanos(1)).checked_sub(1);
    let mut ends: Vec<usize> = (0..coverage.days().len()).collect();
    for (entry, exit) in holds {
        let (Some(entry), Some(exit)) = (day(entry), day(exit)) else { continue };
        if let Some(end) = ends.get_mut(entry) {
            *end = (*end).max(exit);
        }
    }
    ends
}

/// When each trade was entered and left, for [`label_ends`].
pub fn holds(trades: &[Trade]) -> impl Iterator<Item = (Nanos, Nanos)> + '_ {
    trades.iter().map(|t| (t.entry_ts, t.exit_ts))
}
