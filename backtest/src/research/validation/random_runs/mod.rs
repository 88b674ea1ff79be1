//! Random strategies that are really run: the exits, sizes and costs of the strategy
//! under test, as many trades on as many long and short sides, at bars drawn anew.
//!
//! What is left between the two is the timing of entries, which is what a signal is.
//!
//! # Invariants
//!
//! - Bars are drawn from those at which the strategy could have entered: it is asked
//!   at every close of the period for its exits ([`Strategy::exits`]).
//! - Trades of the random strategies are as many as the strategy's to [`TOLERANCE`],
//!   where the account lets them; [`RandomRuns::trades`] says how many they were.
//! - Same seed, same result on any number of threads.
//!
//! # Known limits
//!
//! An account of one strategy on one instrument. Bars are drawn apart by the
//! strategy's longest holding time, or by as much as leaves half of the bars free
//! where it trades too often for that; a bar drawn while a position is open lapses,
//! and more bars are drawn in its place. Random entries do not reverse a position, so
//! a strategy that leaves by its opposite signal is compared with one that leaves by
//! its stop, target and time only. Where positions fill much of the time, or limits of
//! the account halt it after losses, random strategies trade less often: where trades
//! cost money that flatters them, so the test errs towards chance.

mod strategy;

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::calendar::BarTimes;
use tickstep_core::ledger::Trade;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::profit_factor;
use tickstep_core::strategy::StrategyFactory;
use tickstep_core::units::{Nanos, Side};

use super::monte_carlo::Band;
use super::random_entry::{RandomEntry, places};
use crate::run::{Backtest, FeatureCache, Stepping, Summary};
use strategy::{AtRandom, Candidates};

/// Number of random strategies.
pub const RANDOM: usize = 2_000;
/// Share of the trades by which a random strategy may miss their number; two trades
/// are always allowed for.
pub const TOLERANCE: f64 = 0.01;
/// Times that bars are drawn for the first random strategy, which finds out how many
/// to draw, and for each of the others.
const ATTEMPTS: (usize, usize) = (6, 2);

/// A strategy among random ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomRuns {
    /// Net profit, account currency.
    pub net: RandomEntry,
    /// Profit factor; `None` where a run has none.
    pub profit_factor: Option<RandomEntry>,
    /// Trades of the random strategies.
    pub trades: Band,
}

/// Why there are no random strategies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRandom {
    /// More than one strategy, or instrument.
    #[error(
        "entries at random are drawn for one strategy on one instrument; this account has more"
    )]
    Several,
    /// The strategy does not state its exits, or they never stand.
    #[error("{0} states no exits that entries at random could have")]
    NoExits(String),
    /// There is nothing to compare, or not the bars to draw from.
    #[error("{trades} trades and {bars} bars to enter at are too few for entries at random")]
    TooFew {
        /// Trades of the strategy.
        trades: usize,
        /// Bars it could have entered at.
        bars: usize,
    },
    /// An account cannot be run.
    #[error("entries at random cannot be run: {0}")]
    Run(String),
}

/// Runs `draws` random strategies ([`RANDOM`] as a rule) against the `trades` of the
/// strategy of `make`'s account, over the data of `shared`.
pub fn random_runs<'a>(
    make: &(dyn Fn() -> Result<Backtest<'a>, String> + Sync),
    cache: &'a FeatureCache<'a>,
    trades: &[Trade],
    draws: usize,
    seed: u64,
) -> Result<RandomRuns, NoRandom> {
    let (candidates, times) = candidates(make, cache)?;
    let few = || NoRandom::TooFew { trades: trades.len(), bars: candidates.len() };
    if trades.is_empty() || draws == 0 || candidates.len() < 2 * trades.len() {
        return Err(few());
    }
    let held = |t: &Trade| times.missing(t.entry_ts, t.exit_ts) + 1;
    let longest = trades.iter().map(held).max().unwrap_or(0);
    let sides: Vec<Side> = trades.iter().map(|t| t.side).collect();
    let apart = usize::try_from(longest).unwrap_or(0) + 2;
    let drawing = Drawing {
        apart: apart.min(candidates.len() / (2 * sides.len())),
        candidates: &candidates,
        sides: &sides,
        seed,
    };
    // What the first one had to ask for is a good beginning for all.
    let (_, ask) = drawing.run(make, cache, 0, sides.len(), ATTEMPTS.0)?;
    let runs: Vec<Summary> = (0..draws)
        .into_par_iter()
        .map(|draw| drawing.run(make, cache, draw, ask, ATTEMPTS.1).map(|(summary, _)| summary))
        .collect::<Result<_, _>>()?;
    let nets: Vec<f64> = runs.iter().map(|run| total(&run.nets)).collect();
    let factors: Option<Vec<f64>> = runs.iter().map(|run| profit_factor(&run.nets)).collect();
    let own: Vec<Decimal> = trades.iter().map(|t| t.net).collect();
    let factor = profit_factor(&own).zip(factors);
    Ok(RandomRuns {
        net: RandomEntry::of(total(&own), &nets).ok_or_else(few)?,
        profit_factor: factor.and_then(|(own, random)| RandomEntry::of(own, &random)),
        trades: Band::of(runs.iter().map(|run| Some(run.nets.len() as f64))),
    })
}

fn total(nets: &[Decimal]) -> f64 {
    decimal_to_f64(nets.iter().sum())
}

/// The closes at which the strategy could enter, and where bars lie in time.
fn candidates<'a>(
    make: &(dyn Fn() -> Result<Backtest<'a>, String> + Sync),
    cache: &'a FeatureCache<'a>,
) -> Result<(Vec<Nanos>, BarTimes), NoRandom> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let mut times = BarTimes::MINUTE;
    let mut name = String::new();
    let account = replaced(make, |inner, account| {
        times = account.instruments[0].series.times().clone();
        name.clone_from(&account.strategies[0].name);
        let found = Arc::clone(&found);
        StrategyFactory::new(move |spec| {
            Ok(Candidates { inner: inner.build(spec)?, found: Arc::clone(&found) })
        })
    })?;
    account.summary(Some(cache), Stepping::EveryBar).map_err(|e| NoRandom::Run(e.to_string()))?;
    let mut found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    // The last close has no open after it to enter at.
    found.pop();
    if found.is_empty() { Err(NoRandom::NoExits(name)) } else { Ok((found, times)) }
}

/// The account with another strategy in the place of its only one.
fn replaced<'a>(
    make: &(dyn Fn() -> Result<Backtest<'a>, String> + Sync),
    by: impl FnOnce(StrategyFactory, &Backtest<'a>) -> StrategyFactory,
) -> Result<Backtest<'a>, NoRandom> {
    let mut account = make().map_err(NoRandom::Run)?;
    if account.instruments.len() != 1 || account.strategies.len() != 1 {
        return Err(NoRandom::Several);
    }
    let inner = account.strategies[0].strategy.clone();
    account.strategies[0].strategy = by(inner, &account);
    Ok(account)
}

/// How bars are drawn.
struct Drawing<'d> {
    candidates: &'d [Nanos],
    sides: &'d [Side],
    /// Bars from one entry to the next, at least.
    apart: usize,
    seed: u64,
}

impl Drawing<'_> {
    /// One random strategy, begun with `ask` bars, and the bars it took.
    fn run<'a>(
        &self,
        make: &(dyn Fn() -> Result<Backtest<'a>, String> + Sync),
        cache: &'a FeatureCache<'a>,
        draw: usize,
        ask: usize,
        attempts: usize,
    ) -> Result<(Summary, usize), NoRandom> {
        let wanted = self.sides.len();
        let near = |got: usize| got.abs_diff(wanted) as f64 <= (wanted as f64 * TOLERANCE).max(2.0);
        let mut ask = ask;
        let mut kept: Option<(Summary, usize)> = None;
        for attempt in 0..attempts {
            let (times, sides) = self.draw(draw, attempt, ask);
            let sides: Arc<[Side]> = sides.into();
            let account = replaced(make, |inner, _| {
                StrategyFactory::new(move |spec| {
                    let (times, sides) = (Arc::clone(&times), Arc::clone(&sides));
                    Ok(AtRandom { inner: inner.build(spec)?, times, sides })
                })
            })?;
            let summary = account
                .summary(Some(cache), Stepping::TradeByTrade)
                .map_err(|e| NoRandom::Run(e.to_string()))?;
            let got = summary.nets.len();
            let nearer =
                |(s, _): &(Summary, usize)| got.abs_diff(wanted) < s.nets.len().abs_diff(wanted);
            if kept.as_ref().is_none_or(nearer) {
                kept = Some((summary, ask));
            }
            if near(got) {
                break;
            }
            ask = (ask * wanted).div_ceil(got.max(1)).clamp(1, self.candidates.len());
        }
        kept.ok_or(NoRandom::TooFew { trades: wanted, bars: self.candidates.len() })
    }

    /// `ask` closes, rising, with their sides. Drawn from a list that is shorter by the
    /// gaps, which are then put back: every choice that keeps them is as likely.
    fn draw(&self, draw: usize, attempt: usize, ask: usize) -> (Arc<[Nanos]>, Vec<Side>) {
        let all = self.candidates.len();
        let ask = ask.min(all);
        let gap = (self.apart.max(1) - 1).min((all - ask) / ask.max(1));
        let free = all - gap * ask.saturating_sub(1);
        let sides: Vec<Side> = self.sides.iter().copied().cycle().take(ask).collect();
        // Far from the seeds of other draws.
        let seed = self.seed.wrapping_add((attempt as u64) << 40);
        // As `entries` would draw them, without a list of all bars.
        let drawn = places(free, &sides, seed, draw).unwrap_or_default();
        let spread = drawn.iter().enumerate().map(|(i, (bar, _))| self.candidates[bar + i * gap]);
        (spread.collect(), drawn.iter().map(|(_, side)| *side).collect())
    }
}
