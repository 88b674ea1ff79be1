//! The worst and the best order inside bars bound what the ticks really gave.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRng, TestRunner};
use rust_decimal::Decimal;
use tickstep_backtest::run::bounds::Bounds;
use tickstep_backtest::run::{Backtest, RunError};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::units::Side;

use crate::support::cases;
use crate::support::tiny::*;

const BARS: usize = 40;
const START: i64 = 1_000;

/// A walk of one-tick steps, cut into bars; the first tick of a bar is one step
/// from the last of the bar before, like any other.
struct Walk {
    bars: Vec<Vec<i64>>,
}

impl Walk {
    fn new(steps: &[bool], lengths: &[usize]) -> Self {
        let mut px = START;
        let mut steps = steps.iter().cycle();
        let bars = lengths
            .iter()
            .map(|n| {
                (0..*n)
                    .map(|_| {
                        px += if *steps.next().unwrap() { 1 } else { -1 };
                        px
                    })
                    .collect()
            })
            .collect();
        Self { bars }
    }

    fn ohlc(&self) -> Vec<(i64, i64, i64, i64)> {
        let of = |b: &Vec<i64>| {
            (b[0], *b.iter().max().unwrap(), *b.iter().min().unwrap(), b[b.len() - 1])
        };
        self.bars.iter().map(of).collect()
    }
}

/// One entry of the script: at which bar, which side, how far the levels, how long.
#[derive(Clone, Copy, Debug)]
struct Plan {
    at: usize,
    side: Side,
    stop: i64,
    target: i64,
    hold: usize,
}

/// What the ticks give: in at the first tick of the next bar, out at the first
/// tick on a level, else at the first tick once the hold is over, else at the end.
fn on_ticks(walk: &Walk, plans: &[Plan]) -> i64 {
    let mut net = 0;
    let mut free_from = 0;
    for plan in plans {
        let entry_bar = plan.at + 1;
        if plan.at < free_from || entry_bar >= walk.bars.len() {
            continue;
        }
        let entry = walk.bars[entry_bar][0];
        let sign = plan.side.sign();
        let leaves = |px: i64| {
            let moved = sign * (px - entry);
            moved <= -plan.stop || moved >= plan.target
        };
        let last_bar = (entry_bar + plan.hold).min(walk.bars.len());
        let hit = (entry_bar..last_bar)
            .find_map(|b| walk.bars[b].iter().find(|px| leaves(**px)).map(|px| (b, *px)));
        let (left_in, exit) = match hit {
            Some((b, px)) => (b, px),
            None if last_bar < walk.bars.len() => (last_bar, walk.bars[last_bar][0]),
            None => (last_bar, *walk.bars[last_bar - 1].last().unwrap()),
        };
        net += sign * (exit - entry);
        // Flat at the close of that bar, so a plan there is heard again.
        free_from = left_in;
    }
    net
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (0..BARS - 1, any::<bool>(), 1_i64..6, 1_i64..6, 1_usize..6);
    prop::collection::vec(plan, 1..12).prop_map(|drawn| {
        let mut plans: Vec<Plan> = drawn
            .into_iter()
            .map(|(at, buy, stop, target, hold)| Plan {
                at,
                side: if buy { Side::Buy } else { Side::Sell },
                stop,
                target,
                hold,
            })
            .collect();
        plans.sort_by_key(|p| p.at);
        // Far enough apart that no plan meets an open position: an opposite one would reverse it.
        let mut free = 0;
        plans.retain(|p| {
            let keep = p.at >= free;
            if keep {
                free = p.at + p.hold + 2;
            }
            keep
        });
        plans
    })
}

fn script(plans: &[Plan]) -> Vec<(i64, Do)> {
    plans
        .iter()
        .map(|p| {
            let entry = Entry {
                stop: Some(Distance::Ticks(p.stop as f64)),
                target: Some(Distance::Ticks(p.target as f64)),
                hold: Some(tickstep_core::units::Nanos::MINUTE.times(p.hold as i64)),
                ..bare(p.side)
            };
            (p.at as i64, Do::Enter(entry))
        })
        .collect()
}

#[test]
fn ten_thousand_walks_lie_within_their_bounds() {
    let config = Cases { cases: cases(10_000), ..Cases::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let (ambiguous_walks, wide) = (Cell::new(0), Cell::new(0));
    let walks = (
        prop::collection::vec(any::<bool>(), 300..600),
        prop::collection::vec(1_usize..25, BARS),
        plans(),
    );
    TestRunner::new_with_rng(config, rng)
        .run(&walks, |(steps, lengths, plans)| {
            let walk = Walk::new(&steps, &lengths);
            prop_assume!(walk.bars.iter().flatten().all(|px| *px > 10));
            let series = tape(&walk.ohlc());
            let make = |intrabar| {
                let backtest = scripted(&series, &script(&plans));
                Ok::<_, RunError>(Backtest { intrabar, ..backtest })
            };
            let chosen = make(Intrabar::OhlcPath).unwrap().run().unwrap();
            let bounds = Bounds::of(&chosen, Intrabar::OhlcPath, make).unwrap();
            let truth = Decimal::from(on_ticks(&walk, &plans));
            prop_assert!(!bounds.scenario);
            prop_assert!(bounds.worst <= truth, "{bounds:?} {truth}");
            prop_assert!(truth <= bounds.best, "{bounds:?} {truth}");
            prop_assert!(bounds.worst <= bounds.chosen && bounds.chosen <= bounds.best);
            if bounds.ambiguous_bars == 0 {
                prop_assert_eq!(bounds.worst, truth);
                prop_assert_eq!(bounds.best, truth);
            } else {
                ambiguous_walks.set(ambiguous_walks.get() + 1);
                wide.set(wide.get() + u32::from(bounds.worst < bounds.best));
            }
            Ok(())
        })
        .unwrap();
    assert!(ambiguous_walks.get() > 1_000, "{ambiguous_walks:?} walks had an ambiguous bar");
    assert_eq!(wide, ambiguous_walks, "an ambiguous bar makes the bounds differ");
}
