//! A search done again and again as its user would have done it: choose the best set
//! on the past, trade it on what came next, move on.
//!
//! The only test of a search whose answer no set has seen. What is judged is not a
//! set but the way of choosing one.
//!
//! # Invariants
//!
//! - Nothing from `train_end` on reaches a choice: the training account sees no bar
//!   that ends later. A position open there is marked in equity, as it was known then,
//!   but is no trade: trades whose exit would lie beyond are dropped from every figure
//!   over trades and from their minimum number.
//! - Between `train_end` and the start of its test lies at least the longest time the
//!   chosen set held a training trade, plus the embargo: what it had opened by then
//!   would have been over. The test ends where it would have without that gap.
//! - Both accounts start with fresh cash, their features warm on all data before.
//! - Tests do not overlap, and days between them are not in the stitched curve.
//! - Same sets, same result on any number of threads; ties go to the lower number.
//!
//! # Known limits
//!
//! A position open at the end of a test is closed there, for the next window trades
//! another set. Compounding restarts with each window, so sizes by risk are those of an
//! account that never grew. The whole search is run once a window.

mod config;
mod error;
mod stitch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

pub use config::WalkConfig;
pub use error::WalkError;
pub use stitch::{DayReturn, WalkDay, day_returns};

use super::split::WalkWindow;
use crate::research::space::{Set, Sets};
use crate::run::{Backtest, FeatureCache, Period, RunError, Stepping, Summary};
use tickstep_core::stats::Direction;
use tickstep_core::stats::{Coverage, mean, sharpe};

/// What makes the account of a set over a period of the data.
pub type Make<'s, 'a> = &'s (dyn Fn(&Set, Period) -> Result<Backtest<'a>, String> + Sync);

/// What is walked forward.
pub struct Forward<'s, 'a> {
    /// Every set of the search.
    pub sets: &'s Sets,
    /// The account of a set. One that is refused is never chosen.
    pub make: Make<'s, 'a>,
    /// Features of the same data.
    pub cache: &'a FeatureCache<'a>,
    /// The objective of a run, in its own unit.
    pub score: &'s (dyn Fn(&Summary) -> Option<f64> + Sync),
    /// Which way is better.
    pub direction: Direction,
    /// Trades in a training below which a set is not chosen.
    pub min_trades: u32,
    /// The set that was best over all of the data, for the curve in sample.
    pub best: Option<usize>,
    /// Asked before every run; false stops the walk.
    pub go_on: &'s (dyn Fn() -> bool + Sync),
}

/// A walk through the whole history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WalkForward {
    /// The windows, in time order.
    pub windows: Vec<Walked>,
    /// The days of all tests, stitched together.
    pub days: Vec<WalkDay>,
    /// Mean **annual** Sharpe ratio of the chosen sets in their trainings, over the
    /// windows that were tested.
    pub in_sample_sharpe: Option<f64>,
    /// **Annual** Sharpe ratio of the stitched days.
    pub out_of_sample_sharpe: Option<f64>,
    /// The second over the first; `None` where the first is not above zero.
    pub efficiency: Option<f64>,
}

/// One window of a walk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Walked {
    /// Its times; where a set was chosen `test_start` is after its gap.
    pub window: WalkWindow,
    /// The set; `None` where none had an objective and trades enough.
    pub chosen: Option<Chosen>,
}

/// The best set of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Number of the set.
    pub set: usize,
    /// The set's values, `key=value` each.
    pub values: String,
    /// Longest time from entry to exit in the training.
    pub longest_hold: Nanos,
    /// What it achieved in the training.
    pub inside: Leg,
    /// What it achieved in the test; `None` where the gap left nothing of it, or it
    /// holds no bar.
    pub outside: Option<Leg>,
}

/// A set over one part of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// The objective, in its own unit.
    pub objective: Option<f64>,
    /// **Annual** Sharpe ratio of daily returns.
    pub sharpe: Option<f64>,
    /// Number of closed trades.
    pub trades: usize,
    /// Equity at the end over cash at the start, less 1.
    pub total_return: f64,
}

/// A set in a training.
#[derive(Clone, Copy)]
struct Trained {
    set: usize,
    /// The objective, turned so that more is better.
    good: f64,
    leg: Leg,
    longest_hold: Nanos,
}

impl Forward<'_, '_> {
    /// Walks through the bars that are traded, which `coverage` tells the days of.
    pub fn walk(&self, coverage: &Coverage, how: &WalkConfig) -> Result<WalkForward, WalkError> {
        let plan = how.plan(coverage)?;
        let span = coverage.span().unwrap_or_default();
        let mut windows = Vec::with_capacity(plan.len());
        let mut outside = Vec::new();
        for window in plan {
            let (walked, returns) = self.window(window, how.embargo())?;
            windows.push(walked);
            outside.extend(returns);
        }
        let inside = match self.best {
            Some(set) => self.whole(set, span)?,
            None => Vec::new(),
        };
        let days_per_year = f64::from(coverage.days_per_year());
        Ok(WalkForward::of(windows, &outside, &inside, days_per_year))
    }

    /// One window, and the returns of its test with the days they end on.
    fn window(
        &self,
        mut window: WalkWindow,
        embargo: Nanos,
    ) -> Result<(Walked, Vec<DayReturn>), WalkError> {
        let train = Period { from: Some(window.train_start), to: Some(window.train_end) };
        let best = (0..self.sets.len())
            .into_par_iter()
            .map(|set| self.trained(set, train))
            .reduce(|| Ok(None), |a, b| Ok(better(a?, b?)))?;
        let Some(best) = best else {
            return Ok((Walked { window, chosen: None }, Vec::new()));
        };
        window.test_start = window.train_end + best.longest_hold + embargo;
        let values = self.sets.get(best.set).map(|set| set.to_string()).unwrap_or_default();
        let (outside, returns) = self.tested(best.set, window)?;
        let Trained { set, leg: inside, longest_hold, .. } = best;
        let chosen = Chosen { set, values, longest_hold, inside, outside };
        Ok((Walked { window, chosen: Some(chosen) }, returns))
    }

    fn trained(&self, set: usize, period: Period) -> Result<Option<Trained>, WalkError> {
        if !(self.go_on)() {
            return Err(WalkError::Interrupted);
        }
        // A set that is refused, or has no bar here, is not chosen.
        let Ok(mut summary) = self.run(set, period) else { return Ok(None) };
        summary.nets.truncate(summary.nets.len() - summary.cut);
        let leg = self.leg(&summary);
        let good = leg.objective.map(|value| self.direction.turned(value));
        let enough = leg.trades >= self.min_trades as usize;
        let longest_hold = summary.longest_hold;
        Ok(good.filter(|_| enough).map(|good| Trained { set, good, leg, longest_hold }))
    }

    fn tested(
        &self,
        set: usize,
        window: WalkWindow,
    ) -> Result<(Option<Leg>, Vec<DayReturn>), WalkError> {
        let period = Period { from: Some(window.test_start), to: Some(window.test_end) };
        if window.test_start >= window.test_end {
            return Ok((None, Vec::new()));
        }
        match self.run(set, period) {
            Ok(summary) => Ok((Some(self.leg(&summary)), day_returns(&summary))),
            Err(Refused::Empty) => Ok((None, Vec::new())),
            Err(Refused::Words(why)) => Err(WalkError::Run { set, why }),
        }
    }

    fn whole(&self, set: usize, span: (Nanos, Nanos)) -> Result<Vec<DayReturn>, WalkError> {
        let period = Period { from: Some(span.0), to: Some(span.1) };
        let summary = self.run(set, period).map_err(|refused| WalkError::Run {
            set,
            why: match refused {
                Refused::Empty => "there is no bar".to_owned(),
                Refused::Words(why) => why,
            },
        })?;
        Ok(day_returns(&summary))
    }

    fn run(&self, set: usize, period: Period) -> Result<Summary, Refused> {
        let none = || Refused::Words(format!("there is no set {set}"));
        let set = self.sets.get(set).ok_or_else(none)?;
        let account = (self.make)(&set, period).map_err(Refused::Words)?;
        // An overflow in one set must not cost the others.
        let ran = || account.summary(Some(self.cache), Stepping::TradeByTrade);
        let ran = catch_unwind(AssertUnwindSafe(ran))
            .map_err(|_| Refused::Words("the run panicked; please report this".to_owned()))?;
        ran.map_err(|error| match error {
            RunError::Empty(_) => Refused::Empty,
            other => Refused::Words(other.to_string()),
        })
    }

    fn leg(&self, summary: &Summary) -> Leg {
        let days_per_year = f64::from(summary.daily.coverage().days_per_year());
        let returns: Vec<f64> = day_returns(summary).into_iter().map(|(_, r)| r).collect();
        Leg {
            objective: (self.score)(summary).filter(|v| v.is_finite()),
            sharpe: sharpe(&returns, 0.0, days_per_year),
            trades: summary.nets.len(),
            total_return: returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0,
        }
    }
}

/// Why an account did not run.
enum Refused {
    /// Its period holds no bar.
    Empty,
    /// It did not run for another reason, in words.
    Words(String),
}

fn better(a: Option<Trained>, b: Option<Trained>) -> Option<Trained> {
    let (Some(x), Some(y)) = (a, b) else { return a.or(b) };
    let later_wins = y.good > x.good || (y.good == x.good && y.set < x.set);
    Some(if later_wins { y } else { x })
}

impl WalkForward {
    /// Of windows, the returns of their tests and those of one set over all of the
    /// data, each with the end of its day.
    fn of(
        windows: Vec<Walked>,
        outside: &[DayReturn],
        inside: &[DayReturn],
        days_per_year: f64,
    ) -> Self {
        let chosen = windows.iter().filter_map(|w| w.chosen.as_ref());
        let tested = chosen.filter(|c| c.outside.is_some());
        let trained: Vec<f64> = tested.filter_map(|c| c.inside.sharpe).collect();
        let returns: Vec<f64> = outside.iter().map(|(_, r)| *r).collect();
        let in_sample_sharpe = mean(&trained);
        let out_of_sample_sharpe = sharpe(&returns, 0.0, days_per_year);
        let both = in_sample_sharpe.filter(|inside| *inside > 0.0).zip(out_of_sample_sharpe);
        Self {
            windows,
            days: stitch::days(outside, inside),
            in_sample_sharpe,
            out_of_sample_sharpe,
            efficiency: both.map(|(inside, outside)| outside / inside),
        }
    }
}
