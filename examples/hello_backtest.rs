//! The scalper on four months of bundled candles, in ten lines.

use std::path::Path;

use tickstep_backtest::config::Config;
use tickstep_backtest::report::terminal;
use tickstep_backtest::setup::Prepared;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::read(&folder.join("fil.toml"), &[])?;
    let prepared = Prepared::load(config, folder)?;
    let run = prepared.backtest()?.run()?;
    println!("{}", terminal(&prepared.stats(&run), "USDT", prepared.zone()));
    Ok(())
}
