//! Bars that are in memory, a strategy, a run: no file and no configuration.

use tickstep_backtest::config::Costs;
use tickstep_backtest::load::{FloatBars, LoadOptions, from_f64};
use tickstep_backtest::run::Backtest;
use tickstep_core::instrument::Slippage;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};

fn main() -> anyhow::Result<()> {
    let start = 1_700_000_040_000_000_000; // nanoseconds since the Unix epoch, UTC
    let times: Vec<i64> = (0..5_000).map(|minute| start + minute * 60_000_000_000).collect();
    let px: Vec<f64> = (0..5_000).map(|n| f64::from(10_000 + n * n % 997) / 100.0).collect();
    let (open, high, low, close, volume) = (&px, &px, &px, &px, &px);
    let bars = FloatBars { ts_open: &times, open, high, low, close, volume, taker_buy: None };
    let series = from_f64("MADE-UP", &bars, &LoadOptions::default())?;

    let fee = "0.0005".parse()?;
    let costs = Costs { maker_fee: fee, taker_fee: fee, slippage: Slippage::Ticks(1) };
    let cross = SmaCross::factory(SmaCrossParams::spec())?;
    let size = Sizing::FixedNotional { notional: 10_000.into() };
    let run = Backtest::on(&series).costs(costs).strategy("cross", cross, size).run()?;

    let net: rust_decimal::Decimal = run.trades.iter().map(|t| t.net).sum();
    println!("{} trades, {} net", run.trades.len(), net.round_dp(2));
    Ok(())
}
