//! A thousand sets over a year of minutes: the general sweep against loops that
//! can do nothing else, in the same run.
//!
//! Every set gives return, drawdown, trades, win rate, profit factor and daily
//! Sharpe ratio. A regression here is time that every set of every search pays. The
//! figures of each set are asserted against the dedicated loop's before anything
//! is timed.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "support/dedicated.rs"]
mod dedicated;
mod support;

use std::time::Instant;

use dedicated::{Figures, Set};
use rayon::prelude::*;
use support::{BARS, Cpu};
use tickstep_backtest::run::{FeatureCache, Stepping, Summary};
use tickstep_backtest::series::Series;
use tickstep_core::stats::{self, WinLossTally};
use tickstep_core::strategy::StrategyFactory;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
use tickstep_core::units::Fraction;

/// Features and comparisons that may be kept, bytes.
const BUDGET: usize = 256 << 20;

fn scalpers() -> Vec<Set> {
    let mut sets = Vec::new();
    for spike in [20, 25, 30, 40, 50] {
        for share in [55, 60, 65, 70] {
            for ma in [3, 5, 8, 13, 21] {
                for stop in [20, 25, 30, 35, 40] {
                    for target in [40, 60] {
                        sets.push(Set { spike, share, ma, stop, target });
                    }
                }
            }
        }
    }
    sets
}

fn crosses() -> Vec<(usize, usize)> {
    let fast = (1..=25).map(|n| 4 * n);
    fast.flat_map(|f| (1..=40).map(move |n| (f, 100 + 10 * n))).collect()
}

fn scalper(set: &Set) -> StrategyFactory {
    let params = ScalperParams {
        pressure_rule: Pressure::BuyShare,
        spike_multiple: Fraction::lit(set.spike, 1),
        min_buy_share: Fraction::lit(set.share, 2),
        ma_period: set.ma,
        stop_loss: Fraction::lit(set.stop, 4),
        take_profit: Fraction::lit(set.target, 4),
        ..ScalperParams::spec()
    };
    Scalper::factory(params).expect("within its ranges")
}

fn cross(&(fast, slow): &(usize, usize)) -> StrategyFactory {
    let params = SmaCrossParams { fast, slow, ..SmaCrossParams::spec() };
    SmaCross::factory(params).expect("within its ranges")
}

/// The figures of a general run in the dedicated loop's form.
fn figures(summary: &Summary) -> Figures {
    let tally = WinLossTally::new(&summary.nets);
    let whole = |money: rust_decimal::Decimal| {
        let money = money * rust_decimal::Decimal::new(100_000_000, 0);
        i64::try_from(money.trunc().mantissa() / 10_i128.pow(money.trunc().scale())).unwrap_or(0)
    };
    let closes = summary.daily.closes();
    let start = closes.first().map_or(0.0, |_| 1_000_000.0);
    let returns = stats::simple_returns(start, closes).unwrap_or_default();
    Figures {
        trades: summary.nets.len(),
        net: whole(tally.net()),
        max_drawdown: summary.deepest.depth().unwrap_or(0.0),
        wins: tally.wins,
        won: whole(tally.won),
        lost: whole(tally.lost),
        daily_sharpe: stats::sharpe(&returns, 0.0, 1.0).unwrap_or(f64::NAN),
    }
}

fn general(series: &Series, cache: &FeatureCache<'_>, strategy: StrategyFactory) -> Figures {
    let fil = support::fil().expect("it is valid");
    let setup = support::account(series, fil, vec![strategy]);
    figures(&setup.summary(Some(cache), Stepping::TradeByTrade).expect("it runs"))
}

fn same(general: &Figures, dedicated: &Figures, what: &str) {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert_eq!((general.trades, general.net), (dedicated.trades, dedicated.net), "{what}");
    assert_eq!((general.wins, general.won), (dedicated.wins, dedicated.won), "{what}");
    assert_eq!(general.lost, dedicated.lost, "{what}");
    assert!(
        near(general.max_drawdown, dedicated.max_drawdown),
        "{what}: {general:?} {dedicated:?}"
    );
    assert!(
        near(general.daily_sharpe, dedicated.daily_sharpe),
        "{what}: {general:?} {dedicated:?}"
    );
}

/// A sweep and the loop it is measured against.
struct Case<'a, S> {
    name: &'static str,
    sets: Vec<S>,
    general: &'a (dyn Fn(&FeatureCache<'_>, &S) -> Figures + Sync),
    dedicated: &'a (dyn Fn(&dedicated::FeatureCache<'_>, &S) -> Figures + Sync),
    windows: Vec<usize>,
}

impl<S: Sync + std::fmt::Debug> Case<'_, S> {
    fn check(&self, series: &Series) {
        let (cache, floor) = (
            FeatureCache::new([series], BUDGET),
            dedicated::FeatureCache::new(series.bars(), &self.windows),
        );
        for set in self.sets.iter().step_by(37) {
            let what = format!("{} {set:?}", self.name);
            same(&(self.general)(&cache, set), &(self.dedicated)(&floor, set), &what);
        }
    }

    fn measure(&self, series: &Series) {
        let speed = |cpu: f64| self.sets.len() as f64 * BARS as f64 / cpu / 1e6;
        let mut trades = 0;
        let general = Cpu::of(
            3,
            || (),
            |()| {
                let cache = FeatureCache::new([series], BUDGET);
                trades = self.sets.iter().map(|s| (self.general)(&cache, s).trades).sum::<usize>();
            },
        );
        let dedicated = Cpu::of(
            3,
            || (),
            |()| {
                let cache = dedicated::FeatureCache::new(series.bars(), &self.windows);
                self.sets.iter().map(|s| (self.dedicated)(&cache, s).trades).sum::<usize>()
            },
        );
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.expect("threads can be started");
            let cache = FeatureCache::new([series], BUDGET);
            let began = Instant::now();
            pool.install(|| {
                self.sets
                    .iter()
                    .par_bridge()
                    .map(|s| (self.general)(&cache, s).trades)
                    .sum::<usize>()
            });
            began.elapsed().as_secs_f64()
        };
        // The better of three, as whoever else uses the machine takes time from either.
        let least = |threads| (0..3).map(|_| on(threads)).fold(f64::INFINITY, f64::min);
        let (one, two) = (least(1), least(2));
        println!(
            "{:<8} {:>5.0} M general, {:>5.0} M dedicated, ratio {:.2}; two threads {:.2} times; {} trades a set",
            self.name,
            speed(general.min),
            speed(dedicated.min),
            dedicated.min / general.min,
            one / two,
            trades / self.sets.len(),
        );
    }
}

fn main() -> anyhow::Result<()> {
    let series = support::year()?;
    let scalpers = Case {
        name: "scalper",
        sets: scalpers(),
        general: &|cache, set| general(&series, cache, scalper(set)),
        dedicated: &dedicated::scalper,
        windows: vec![3, 5, 8, 13, 21],
    };
    let mut windows: Vec<usize> = crosses().iter().flat_map(|c| [c.0, c.1]).collect();
    windows.sort_unstable();
    windows.dedup();
    let crosses = Case {
        name: "cross",
        sets: crosses(),
        general: &|cache, set| general(&series, cache, cross(set)),
        dedicated: &|cache, set| dedicated::cross(cache, set.0, set.1),
        windows,
    };
    scalpers.check(&series);
    crosses.check(&series);
    if support::measuring() {
        println!("million bars x sets per CPU second, {} sets, {BARS} bars", scalpers.sets.len());
        scalpers.measure(&series);
        crosses.measure(&series);
    }
    Ok(())
}
