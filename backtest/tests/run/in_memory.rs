//! Runs over bars that a program has already: as from files, and as from a configuration.

use tickstep_backtest::config::{Config, Costs, InstrumentTerms};
use tickstep_backtest::run::Backtest;
use tickstep_backtest::setup::{Prepared, SetupError};
use tickstep_core::instrument::Slippage;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};

use crate::support::files::examples;
use crate::support::{dec, tiny};

fn config(sets: &[&str]) -> Config {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Config::read(&examples().join("cross.toml"), &sets).unwrap()
}

#[test]
fn a_configuration_over_bars_that_are_there_is_the_run_from_files() {
    let files = Prepared::load(config(&[]), &examples()).unwrap();
    let memory = Prepared::over(config(&[]), files.series.clone()).unwrap();
    let run = files.backtest().unwrap().run().unwrap();
    assert!(!run.trades.is_empty());
    assert!(memory.backtest().unwrap().run().unwrap() == run);
}

#[test]
fn bars_of_another_instrument_than_the_configured_are_refused() {
    let wrong = Prepared::over(config(&[]), vec![tiny::closes(&[1_000; 9])]);
    assert!(matches!(wrong, Err(SetupError::NotLoaded { .. })));
    let none = Prepared::over(config(&[]), Vec::new());
    assert!(matches!(none, Err(SetupError::NotLoaded { .. })));
}

#[test]
fn an_account_put_together_in_a_program_is_the_configured_one() {
    let sets = [
        "costs.maker_fee=0.0002",
        "costs.taker_fee=0.0005",
        "costs.slippage={ ticks = 1 }",
        "strategy.params={ fast = 20, slow = 60, stop_loss = 0.01 }",
        "strategy.sizing={ method = \"fixed_notional\", notional = 10000 }",
        "instrument.leverage=5",
    ];
    let configured = Prepared::load(config(&sets), &examples()).unwrap();
    let params = SmaCrossParams {
        fast: 20,
        slow: 60,
        stop_loss: Some("0.01".parse().unwrap()),
        ..SmaCrossParams::spec()
    };
    let fees = (dec("0.0002"), dec("0.0005"));
    let costs = Costs { maker_fee: fees.0, taker_fee: fees.1, slippage: Slippage::Ticks(1) };
    let own = &configured.config.instrument[0].terms;
    let run = Backtest::on(&configured.series[0])
        .cash(configured.config.account.cash)
        .costs(costs)
        .terms(InstrumentTerms { leverage: Some(dec("5")), lot_step: own.lot_step, ..own.clone() })
        .strategy(
            "sma_cross",
            SmaCross::factory(params).unwrap(),
            Sizing::FixedNotional { notional: dec("10000") },
        )
        .run();
    assert!(run.unwrap() == configured.backtest().unwrap().run().unwrap());
    let said = Backtest::on(&configured.series[0]).run().unwrap_err().to_string();
    assert!(said.contains("costs have no default"), "{said}");
}
