//! A backtest with what was measured covers sessions that it never saw.
//!
//! A broker's way is drawn for each write: 0.1 to 3 s, one in five 10 to 25 s, slippage of 0
//! to 4 ticks, one in thirty refused. Costs are measured on six days. Of each of sixty later
//! sessions of eight hours, the net P&L of the trades that ended in it, as the journal has it,
//! is held against a band: the lowest to the highest of that of 39 backtests over the same
//! bars, which differ by the seed alone. Were the model the truth, 38 of 40 sessions would lie
//! within; at least nine of ten have to. Where nothing was drawn, in a backtest without the
//! model, most must lie outside: a band that holds everything would show nothing.

use rust_decimal::Decimal;
use tickstep_backtest::config::Config;
use tickstep_backtest::setup::Prepared;
use tickstep_core::order::ExitReason;
use tickstep_core::units::Nanos;
use tickstep_journal::Outcome;
use tickstep_live::driver::simulated::WayOfWrite;

use crate::desk::{Desk, Dice, WARM_UP, bars, minute, outcomes, told};

const MEASURED: (usize, usize) = (1_440, 1_440 * 7);
const FIRST: usize = 1_440 * 7;
const SESSIONS: usize = 60;
const LENGTH: usize = 480;
const SEEDS: u64 = 39;

fn drawn(mut dice: Dice) -> impl FnMut() -> WayOfWrite {
    move || {
        let slow = dice.below(5) == 0;
        let ms = if slow { 10_000 + dice.below(15_000) } else { 100 + dice.below(2_900) };
        WayOfWrite {
            latency: Nanos(ms as i64 * 1_000_000),
            slips: dice.below(5) as u32,
            refused: dice.below(30) == 0,
        }
    }
}

/// Net P&L of the trades that ended in a session at the broker, and how many there were.
fn traded(state: &std::path::Path, end: Nanos) -> (Decimal, usize) {
    let ended = outcomes(state).into_iter().filter_map(|outcome| match outcome {
        Outcome::Trade(trade) if trade.trade.exit_ts <= end => Some(trade.trade.net),
        Outcome::Trade(_) | Outcome::Order(_) => None,
    });
    let nets: Vec<Decimal> = ended.collect();
    (nets.iter().sum(), nets.len())
}

fn backtested(prepared: &Prepared, config: &Config) -> Decimal {
    let run = prepared.backtest_of(config).unwrap().run().unwrap();
    let ended = run.trades.iter().filter(|trade| trade.exit != ExitReason::EndOfData);
    ended.map(|trade| trade.net).sum()
}

#[test]
fn a_backtest_with_what_was_measured_covers_nine_of_ten_held_out_sessions() {
    let (desk, bars) = (Desk::new(), bars());
    desk.session("measured", &bars, MEASURED, &mut drawn(Dice(1)));
    desk.run("run", MEASURED, &[]);
    desk.tickstep(&["compare", "run", "measured", "--fit", "fit.toml"]).unwrap();
    let (mut within, mut traded_at_all, mut plain_hits) = (0, 0, 0);
    let mut widths = Decimal::ZERO;
    for at in 0..SESSIONS {
        let span = (FIRST + at * LENGTH, FIRST + (at + 1) * LENGTH);
        let way = &mut drawn(Dice(1_000 + at as u64));
        let state = desk.session(&format!("held{at}"), &bars, span, way);
        let (live, count) = traded(&state, minute(span.1));
        if count == 0 {
            continue;
        }
        let sets = [
            format!("period.from={}", told(minute(span.0))),
            format!("period.to={}", told(minute(span.1))),
            format!("period.warm_up_s={}", 60 * WARM_UP),
            "costs.fitted.file=\"fit.toml\"".to_owned(),
        ];
        let config = Config::read(&desk.path("base.toml"), &sets).unwrap();
        let prepared = Prepared::load(config, desk.dir.path()).unwrap();
        let mut config = prepared.config.clone();
        let results: Vec<Decimal> = (0..SEEDS)
            .map(|seed| {
                config.costs.fitted.as_mut().unwrap().seed = seed;
                backtested(&prepared, &config)
            })
            .collect();
        let (least, most) = (*results.iter().min().unwrap(), *results.iter().max().unwrap());
        within += usize::from(least <= live && live <= most);
        widths += most - least;
        config.costs.fitted = None;
        plain_hits += usize::from(backtested(&prepared, &config) == live);
        traded_at_all += 1;
    }
    println!("{within} of {traded_at_all} within; {plain_hits} met; widths {widths}");
    assert!(traded_at_all >= 50, "{traded_at_all} sessions traded");
    assert!(within * 10 >= traded_at_all * 9, "{within} of {traded_at_all}");
    assert!(plain_hits * 10 < traded_at_all, "{plain_hits} of {traded_at_all} without the model");
}
