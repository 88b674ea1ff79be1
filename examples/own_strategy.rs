//! A strategy of one's own on the bundled candles: data, costs and account of
//! a configuration, a moving-average cross in place of its scalper.

mod sma_cross;

use std::path::Path;

use rust_decimal::Decimal;
use tickstep_backtest::config::Config;
use tickstep_backtest::report::terminal;
use tickstep_backtest::setup::Prepared;
use tickstep_core::engine::SlotConfig;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::BracketAnchor;
use tickstep_core::sizing::Sizing;

use sma_cross::SmaCross;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::read(&folder.join("fil.toml"), &[])?;
    let prepared = Prepared::load(config, folder)?;
    let mut backtest = prepared.backtest()?;
    backtest.strategies = vec![SlotConfig {
        name: "own".to_owned(),
        instrument: InstrumentId(0),
        strategy: SmaCross::factory(50, 200),
        sizing: Sizing::FixedNotional { notional: Decimal::from(10_000) },
        anchor: BracketAnchor::Fill,
    }];
    let run = backtest.run()?;
    println!("{}", terminal(&prepared.stats(&run), "USDT", prepared.zone()));
    Ok(())
}
