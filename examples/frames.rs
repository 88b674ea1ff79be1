//! The results of a run as polars frames: `cargo run --features polars --example frames`.

use std::path::Path;

use tickstep_backtest::config::Config;
use tickstep_backtest::frame;
use tickstep_backtest::setup::Prepared;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let prepared = Prepared::load(Config::read(&folder.join("fil.toml"), &[])?, folder)?;
    let run = prepared.backtest()?.run()?;
    let trades = frame::trades(&run, &prepared.instruments)?;
    println!("{}", trades.select(["entry_time", "side", "exit_reason", "net_pnl"])?.head(Some(5)));
    println!("{}", frame::equity(&run)?.tail(Some(5)));
    Ok(())
}
