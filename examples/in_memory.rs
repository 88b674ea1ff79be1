//! Bars that are in memory, a strategy, a run: no file and no configuration.

use tickstep_backtest::prelude::*;
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};

fn main() -> anyhow::Result<()> {
    // Open times in nanoseconds since the Unix epoch, UTC, and one price a minute.
    let minutes: Vec<i64> = (28_333_334..28_338_334).map(|n| n * Nanos::MINUTE.0).collect();
    let px: Vec<f64> = (0..5_000).map(|n| f64::from(10_000 + n * n % 997) / 100.0).collect();
    let (open, high, low, close, volume) = (&px, &px, &px, &px, &px);
    let bars = FloatBars { ts_open: &minutes, open, high, low, close, volume, taker_buy: None };
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
