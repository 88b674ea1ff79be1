//! Figures of a list of trade results in money, one net P&L a trade.
//!
//! A trade of exactly zero is **break-even**: neither a win nor a loss. It counts
//! in the number of trades, so `win rate + loss rate + break-even rate = 1`, it
//! ends a streak of either kind, and the identity of expectancy reads
//! `mean = W * avg win - L * |avg loss|` with `L` the loss rate, which is `1 - W`
//! only where nothing broke even.
//!
//! Sums are exact decimals; only their ratio is `f64`. The worked figures are
//! those of the trades 2, -1, 3, -1, -1, 4, -2, 1.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::float::{finite, ratio, to_f64};
use super::moments::std_dev;
use crate::math::sqrt;

/// Wins, losses and break-evens of a list of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WinLossTally {
    /// Results above zero.
    pub wins: usize,
    /// Results below zero.
    pub losses: usize,
    /// Results of exactly zero.
    pub break_evens: usize,
    /// Sum of the wins, as money.
    pub won: Decimal,
    /// Sum of the losses, as money at or below zero.
    pub lost: Decimal,
}

impl WinLossTally {
    /// Counts and sums `pnl`.
    #[must_use]
    pub fn new(pnl: &[Decimal]) -> Self {
        let mut tally = Self::default();
        for &p in pnl {
            if p.is_zero() {
                tally.break_evens += 1;
            } else if p.is_sign_positive() {
                tally.wins += 1;
                tally.won += p;
            } else {
                tally.losses += 1;
                tally.lost += p;
            }
        }
        tally
    }

    /// Number of results, break-evens included.
    #[must_use]
    pub const fn trades(&self) -> usize {
        self.wins + self.losses + self.break_evens
    }

    /// Sum of all results.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.won + self.lost
    }

    /// Wins over all results, a fraction: see [`win_rate`].
    #[must_use]
    pub fn win_rate(&self) -> Option<f64> {
        finite(self.wins as f64 / self.trades() as f64)
    }

    /// Mean of the wins, as money: see [`average_win`].
    #[must_use]
    pub fn average_win(&self) -> Option<f64> {
        ratio(self.won, Decimal::from(self.wins))
    }

    /// Mean of the losses, as money, negative: see [`average_loss`].
    #[must_use]
    pub fn average_loss(&self) -> Option<f64> {
        ratio(self.lost, Decimal::from(self.losses))
    }

    /// Mean win over mean loss: see [`payoff_ratio`].
    #[must_use]
    pub fn payoff_ratio(&self) -> Option<f64> {
        finite(self.average_win()? / self.average_loss()?.abs())
    }

    /// Sum of the wins over the sum of the losses: see [`profit_factor`].
    #[must_use]
    pub fn profit_factor(&self) -> Option<f64> {
        ratio(self.won, -self.lost)
    }

    /// Mean result, as money: see [`expectancy`].
    #[must_use]
    pub fn expectancy(&self) -> Option<f64> {
        ratio(self.net(), Decimal::from(self.trades()))
    }

    /// Kelly fraction: see [`kelly`].
    #[must_use]
    pub fn kelly(&self) -> Option<f64> {
        let w = self.win_rate()?;
        finite(w - (1.0 - w) / self.payoff_ratio()?)
    }

    /// System quality number, see [`sqn`]; `pnl` is the list this was made of.
    #[must_use]
    pub fn sqn(&self, pnl: &[Decimal]) -> Option<f64> {
        let values: Vec<f64> = pnl.iter().map(|p| to_f64(*p)).collect();
        let spread = std_dev(&values)?;
        if spread == 0.0 {
            return None;
        }
        finite(sqrt(pnl.len() as f64) * self.expectancy()? / spread)
    }
}

/// Share of results above zero, of all of them; `None` without trades.
///
/// ```
/// use tickstep_core::stats::win_rate;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(win_rate(&pnl), Some(0.5));
/// ```
#[must_use]
pub fn win_rate(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).win_rate()
}

/// Mean of the results above zero, money; `None` without one.
///
/// ```
/// use tickstep_core::stats::average_win;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(average_win(&pnl), Some(2.5));
/// ```
#[must_use]
pub fn average_win(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).average_win()
}

/// Mean of the results below zero, money, negative; `None` without one.
///
/// ```
/// use tickstep_core::stats::average_loss;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(average_loss(&pnl), Some(-1.25));
/// ```
#[must_use]
pub fn average_loss(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).average_loss()
}

/// Payoff ratio, `avg win / |avg loss|`; `None` without a win or without a loss.
///
/// ```
/// use tickstep_core::stats::payoff_ratio;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(payoff_ratio(&pnl), Some(2.0));
/// ```
#[must_use]
pub fn payoff_ratio(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).payoff_ratio()
}

/// Profit factor, `sum(p+) / |sum(p-)|` on money; 0 without a win, `None` without a loss.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_core::stats::profit_factor;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(Decimal::from);
/// assert_eq!(profit_factor(&pnl), Some(2.0));
/// assert_eq!(profit_factor(&[Decimal::ONE]), None);
/// assert_eq!(profit_factor(&[Decimal::NEGATIVE_ONE]), Some(0.0));
/// ```
#[must_use]
pub fn profit_factor(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).profit_factor()
}

/// Expectancy, the mean result a trade, money: `W avg win - L |avg loss|`.
/// `None` without trades.
///
/// ```
/// use tickstep_core::stats::expectancy;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(expectancy(&pnl), Some(0.625)); // 0.5 * 2.5 - 0.5 * 1.25
/// ```
#[must_use]
pub fn expectancy(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).expectancy()
}

/// System quality number, `sqrt(N) mean(p) / std(p)` on money, sample deviation.
/// Van Tharp takes results in R and caps N at 100; this does neither, so read it
/// with N. `None` below two trades or when all results are equal.
///
/// ```
/// use tickstep_core::stats::sqn;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert!((sqn(&pnl).unwrap() - 0.8035897321).abs() < 1e-10);
/// ```
#[must_use]
pub fn sqn(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).sqn(pnl)
}

/// Kelly criterion, `W - (1 - W) / payoff`, the fraction of equity to put at risk.
/// `W` is [`win_rate`], so break-evens count against. Kelly (1956). `None` without
/// a win or without a loss; negative where the game is not worth playing.
///
/// ```
/// use tickstep_core::stats::kelly;
/// let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(kelly(&pnl), Some(0.25));
/// ```
#[must_use]
pub fn kelly(pnl: &[Decimal]) -> Option<f64> {
    WinLossTally::new(pnl).kelly()
}

/// Longest run of results above zero, and of results below zero, in the given
/// order. A break-even ends both.
///
/// ```
/// use tickstep_core::stats::longest_streaks;
/// let pnl = [2, -1, 3, -1, -1, 4, 0, 1].map(rust_decimal::Decimal::from);
/// assert_eq!(longest_streaks(&pnl), (1, 2));
/// ```
#[must_use]
pub fn longest_streaks(pnl: &[Decimal]) -> (usize, usize) {
    let longest = |wanted: fn(&Decimal) -> bool| {
        pnl.split(|p| !wanted(p)).map(<[Decimal]>::len).max().unwrap_or(0)
    };
    (longest(|p| *p > Decimal::ZERO), longest(|p| *p < Decimal::ZERO))
}
