//! A thousand sets over a year of minutes.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "../examples/sma_cross.rs"]
mod sma_cross;
mod support;

use sma_cross::SmaCross;
use support::{BARS, Cpu};
use tickstep_backtest::run::{Passing, Shared, Summary};
use tickstep_core::strategy::Strategy;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::units::Fraction;

fn scalpers() -> Vec<ScalperParams> {
    let mut sets = Vec::new();
    for spike in [20, 25, 30, 40, 50] {
        for share in [55, 60, 65, 70] {
            for ma in [3, 5, 8, 13, 21] {
                for stop in [20, 25, 30, 35, 40] {
                    for target in [40, 60] {
                        sets.push(ScalperParams {
                            pressure_rule: Pressure::BuyShare,
                            spike_multiple: Fraction::lit(spike, 1),
                            min_buy_share: Fraction::lit(share, 2),
                            ma_period: ma,
                            stop_loss: Fraction::lit(stop, 4),
                            take_profit: Fraction::lit(target, 4),
                            ..ScalperParams::spec()
                        });
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

fn main() -> anyhow::Result<()> {
    let series = support::year()?;
    let one = |shared: &Shared<'_>, strategy: Box<dyn Strategy + Send>| -> Summary {
        let setup = support::account(&series, support::fil().unwrap(), vec![strategy]);
        setup.summary(Some(shared), Passing::Over).unwrap()
    };
    for round in 0..std::env::var("ROUNDS").map_or(2, |r| r.parse().unwrap()) {
        let shared = Shared::new([&series], 400 << 20);
        let mut trades = 0;
        let sets: Vec<_> = scalpers()
            .into_iter()
            .step_by(std::env::var("STEP").map_or(1, |s| s.parse().unwrap()))
            .collect();
        let cpu = Cpu::of(
            1,
            || (),
            |()| {
                for p in &sets {
                    trades += one(&shared, Box::new(Scalper::new(p.clone()).unwrap())).nets.len();
                }
            },
        );
        println!(
            "{round} scalper: {:.3} s, {:.0} M, {} trades a set, {:.0} MB shared",
            cpu.min,
            sets.len() as f64 * BARS as f64 / cpu.min / 1e6,
            trades / sets.len(),
            shared.bytes() as f64 / 1e6
        );
        let shared = Shared::new([&series], 400 << 20);
        let mut trades = 0;
        let sets: Vec<_> = crosses()
            .into_iter()
            .step_by(std::env::var("STEP").map_or(1, |s| s.parse().unwrap()))
            .collect();
        let cpu = Cpu::of(
            1,
            || (),
            |()| {
                for &(f, s) in &sets {
                    trades += one(&shared, Box::new(SmaCross::new(f, s))).nets.len();
                }
            },
        );
        println!(
            "{round} cross: {:.3} s, {:.0} M, {} trades a set, {:.0} MB shared",
            cpu.min,
            sets.len() as f64 * BARS as f64 / cpu.min / 1e6,
            trades / sets.len(),
            shared.bytes() as f64 / 1e6
        );
    }
    Ok(())
}
