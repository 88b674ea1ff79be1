//! A year of minutes as one CSV file in Binance's 12 columns.

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use tickstep_backtest::load::{LoadOptions, load};
use tickstep_backtest::series::Series;

/// Sums over all rows, in steps of the grid: close, volume, taker-buy volume.
pub type Checksum = (i64, i64, i64);

pub fn checksum(series: &Series) -> Checksum {
    series.bars().iter().fold((0, 0, 0), |(close, volume, taker), b| {
        let bought = b.taker_buy.map_or(0, |t| t.get());
        (close + b.close.0, volume + b.volume.get(), taker + bought)
    })
}

/// Writes the bars as the archive does; quote volumes and counts are made up.
pub fn write(series: &Series, path: &Path) -> anyhow::Result<()> {
    let mut text = String::with_capacity(series.bars().len() * 128);
    text.push_str(
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,\
         taker_buy_volume,taker_buy_quote_volume,ignore\n",
    );
    for (n, b) in series.bars().iter().enumerate() {
        let ms = b.ts_open.millis();
        let [open, high, low, close] =
            [b.open, b.high, b.low, b.close].map(|px| series.grid().price_f64(px));
        let (volume, price) = (series.grid().volume_f64(b.volume), close);
        let taker = b.taker_buy.map_or(0.0, |t| series.grid().volume_f64(t));
        writeln!(
            text,
            "{ms},{open:.3},{high:.3},{low:.3},{close:.3},{volume:.1},{},{:.4},{},{taker:.1},{:.4},0",
            ms + 59_999,
            volume * price,
            n % 900,
            taker * price,
        )?;
    }
    fs::write(path, text)?;
    Ok(())
}

/// Loads it as a run does: grid inferred, every bar checked, the file hashed.
pub fn ours(path: &Path) -> anyhow::Result<Series> {
    let files = [vec![path.to_path_buf()]];
    Ok(load(Some("FILUSDT"), &files, &LoadOptions::default(), &mut |_| ControlFlow::Continue(()))?)
}
