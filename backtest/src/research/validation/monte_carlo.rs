//! What else could have come of the same trades or the same days.
//!
//! Two questions. Shuffling keeps the trades and asks how deep the drawdown could
//! have been had they come in another order. The bootstrap draws days (or trades)
//! with replacement and asks how far the figures themselves are chance.
//!
//! Invariants: same seed, same bands on any number of threads; percentiles are over
//! the resamples that have a value, and their number is given.
//!
//! Known limits: both know only what happened: no band contains a crash that was not
//! in the sample. Shuffling takes trades as independent and sized alike, so it hides
//! the streaks that trends make. Drawdowns here are between closed trades or days,
//! less deep than on bars.

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tickstep_core::math::{above_zero, cbrt, log10, sqrt};

use super::sample::{generator, stationary};
use tickstep_core::stats::{max_drawdown, mean, quantile, sharpe, std_dev};

/// Number of resamples that a 5 % percentile is steady with.
pub const RESAMPLES: usize = 2_000;

/// Percentiles of a figure over the resamples that have one; `None` when none has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// 5th percentile, in the unit of the figure.
    pub p5: Option<f64>,
    /// Median, in the unit of the figure.
    pub p50: Option<f64>,
    /// 95th percentile, in the unit of the figure.
    pub p95: Option<f64>,
    /// Number of resamples that have a value.
    pub values: usize,
}

impl Band {
    /// Percentiles with linear interpolation; those without a value are left out.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::Band;
    /// let band = Band::of([Some(1.0), None, Some(3.0)]);
    /// assert_eq!((band.p50, band.values), (Some(2.0), 2));
    /// assert_eq!(Band::of([None]).p5, None);
    /// ```
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let known: Vec<f64> = values.into_iter().flatten().collect();
        let at = |q| quantile(&known, q);
        Self { p5: at(0.05), p50: at(0.5), p95: at(0.95), values: known.len() }
    }
}

/// Trades in another order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShuffleBands {
    /// Sum of the P&L, account currency: every order leaves it as it is.
    pub result: f64,
    /// Deepest drawdown in the order given, a fraction of the peak at or below 0.
    pub observed: f64,
    /// Deepest drawdown over the orders drawn. Its p5 is the bad end.
    pub max_drawdown: Band,
}

/// Shuffles the net P&L of trades (account currency, sizes that do not grow with the
/// account) on a starting equity. The result is the same in any order, and so is that
/// of returns that compound; only the way there differs. `None` without trades, with
/// a `start` not above zero or a number that is not finite.
///
/// ```
/// use tickstep_backtest::research::validation::shuffle_trades;
/// let bands = shuffle_trades(&[10.0, -5.0, 10.0, -5.0], 100.0, 1_000, 1).unwrap();
/// assert_eq!(bands.result, 10.0);
/// assert!((bands.observed + 5.0 / 110.0).abs() < 1e-12);
/// assert!((bands.max_drawdown.p5.unwrap() + 0.1).abs() < 1e-12); // both losses first
/// ```
#[must_use]
pub fn shuffle_trades(
    pnl: &[f64],
    start: f64,
    resamples: usize,
    seed: u64,
) -> Option<ShuffleBands> {
    if pnl.is_empty() || pnl.iter().any(|p| !p.is_finite()) || !start.is_finite() {
        return None;
    }
    let drawdown = |pnl: &[f64]| {
        let curve = pnl.iter().scan(start, |equity, p| {
            *equity += p;
            Some(*equity)
        });
        max_drawdown(start, &curve.collect::<Vec<_>>())
    };
    let observed = drawdown(pnl)?;
    let draw = |index| {
        let mut order = pnl.to_vec();
        order.shuffle(&mut generator(seed, index));
        drawdown(&order)
    };
    let drawn: Vec<_> = (0..resamples).into_par_iter().map(draw).collect();
    Some(ShuffleBands { result: pnl.iter().sum(), observed, max_drawdown: Band::of(drawn) })
}

/// Bands of a stationary bootstrap of returns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnBands {
    /// Mean block length used, periods.
    pub block: f64,
    /// Total return, compounded, a fraction.
    pub total: Band,
    /// Deepest drawdown, a fraction of the peak at or below 0.
    pub max_drawdown: Band,
    /// Sharpe ratio **per period**.
    pub sharpe: Band,
}

/// Stationary bootstrap of returns per period (days as a rule), Politis and Romano
/// (1994): blocks of random length keep what neighbouring days have in common.
/// `block` is their mean length in periods, by default [`block_length`]. After ruin
/// (equity at or below zero) a resample stays where it is. `None` below two returns,
/// for a return that is not finite, a block below 1, and when the default has no value.
///
/// ```
/// use tickstep_backtest::research::validation::bootstrap_returns;
/// let bands = bootstrap_returns(&[0.01; 30], Some(5.0), 100, 1).unwrap();
/// assert!((bands.total.p5.unwrap() - (1.01_f64.powi(30) - 1.0)).abs() < 1e-12);
/// assert_eq!(bands.total.p5, bands.total.p95);
/// assert_eq!((bands.sharpe.p50, bands.sharpe.values), (None, 0)); // no variance
/// ```
#[must_use]
pub fn bootstrap_returns(
    returns: &[f64],
    block: Option<f64>,
    resamples: usize,
    seed: u64,
) -> Option<ReturnBands> {
    let block = usable_block(returns, block)?;
    let draw = |drawn: &mut Vec<f64>, index| {
        stationary(returns, block, &mut generator(seed, index), drawn);
        let curve = compounded(drawn);
        (curve.last().map(|end| end - 1.0), max_drawdown(1.0, &curve), sharpe(drawn, 0.0, 1.0))
    };
    let drawn: Vec<_> = (0..resamples).into_par_iter().map_init(Vec::new, draw).collect();
    Some(ReturnBands {
        block,
        total: Band::of(drawn.iter().map(|d| d.0)),
        max_drawdown: Band::of(drawn.iter().map(|d| d.1)),
        sharpe: Band::of(drawn.iter().map(|d| d.2)),
    })
}

/// Bands of a stationary bootstrap of trades.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeBands {
    /// Mean block length used, trades.
    pub block: f64,
    /// Sum of the P&L, account currency.
    pub result: Band,
    /// Profit factor, `sum(p+) / |sum(p-)|`; a resample without a loss has none, so
    /// the band leans low when losses are few.
    pub profit_factor: Band,
}

/// Stationary bootstrap of the net P&L of trades in the order they closed; `block`
/// in trades, 1 draws each trade alone. `None` as for [`bootstrap_returns`].
///
/// ```
/// use tickstep_backtest::research::validation::bootstrap_trades;
/// let pnl = [2.0, -1.0].repeat(50);
/// let bands = bootstrap_trades(&pnl, Some(1.0), 1_000, 1).unwrap();
/// let factor = bands.profit_factor;
/// assert!(factor.p5.unwrap() < 2.0 && 2.0 < factor.p95.unwrap());
/// ```
#[must_use]
pub fn bootstrap_trades(
    pnl: &[f64],
    block: Option<f64>,
    resamples: usize,
    seed: u64,
) -> Option<TradeBands> {
    let block = usable_block(pnl, block)?;
    let draw = |drawn: &mut Vec<f64>, index| {
        stationary(pnl, block, &mut generator(seed, index), drawn);
        let won: f64 = drawn.iter().map(|p| above_zero(*p)).sum();
        let lost: f64 = drawn.iter().map(|p| above_zero(-p)).sum();
        let factor = Some(won / lost).filter(|factor| factor.is_finite());
        (Some(won - lost), factor)
    };
    let drawn: Vec<_> = (0..resamples).into_par_iter().map_init(Vec::new, draw).collect();
    Some(TradeBands {
        block,
        result: Band::of(drawn.iter().map(|d| d.0)),
        profit_factor: Band::of(drawn.iter().map(|d| d.1)),
    })
}

fn usable_block(values: &[f64], block: Option<f64>) -> Option<f64> {
    if values.len() < 2 || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    block.or_else(|| block_length(values)).filter(|b| b.is_finite() && *b >= 1.0)
}

/// Equity after each period from 1; it stays where it is at ruin.
fn compounded(returns: &[f64]) -> Vec<f64> {
    let grow = |equity: &mut f64, r: &f64| {
        if *equity > 0.0 {
            *equity *= 1.0 + r;
        }
        Some(*equity)
    };
    returns.iter().scan(1.0, grow).collect()
}

/// Mean block length, periods, at which the stationary bootstrap of the mean errs
/// least: Politis and White (2004) with the correction of Patton, Politis and White
/// (2009), `(2 G^2 / D)^(1/3) n^(1/3)`, `G = sum |k| R(k)`, `D = 2 (sum R(k))^2` over
/// autocovariances under a flat-top window. Between 1 and `min(3 sqrt(n), n / 3)`.
/// As in Patton's own program, the window is twice the first lag from which on
/// `max(5, log10 n)` autocorrelations in a row are insignificant. `None` below 16
/// values or without spread.
///
/// ```
/// use tickstep_backtest::research::validation::block_length;
/// let alternating: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
/// assert!(block_length(&alternating).unwrap() > 1.0);
/// assert_eq!(block_length(&[0.01; 100]), None);
/// ```
#[must_use]
pub fn block_length(values: &[f64]) -> Option<f64> {
    let n = values.len();
    if n < 16 || std_dev(values)? == 0.0 {
        return None;
    }
    let (m, count) = (mean(values)?, n as f64);
    let centred: Vec<f64> = values.iter().map(|v| v - m).collect();
    let run = (log10(count) as usize).max(5);
    let most = sqrt(count).ceil() as usize + run;
    let covariance =
        |lag: usize| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / count;
    let r: Vec<f64> = (0..=most).map(covariance).collect();
    let bar = 2.0 * sqrt(log10(count) / count) * r[0];
    let first = (1..=most - run).find(|lag| r[*lag..lag + run].iter().all(|r| r.abs() < bar));
    let window = first.map_or(most, |lag| (2 * lag).min(most));
    let (mut g, mut d) = (0.0, r[0]);
    for (k, r) in r.iter().enumerate().take(window + 1).skip(1) {
        let weight = (2.0 * (1.0 - k as f64 / window as f64)).min(1.0);
        g += 2.0 * weight * k as f64 * r;
        d += 2.0 * weight * r;
    }
    let block = cbrt(g * g / (d * d) * count);
    let longest = (3.0 * sqrt(count)).min(count / 3.0).ceil();
    (!block.is_nan()).then(|| block.clamp(1.0, longest))
}
