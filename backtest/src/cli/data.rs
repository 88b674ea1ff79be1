//! What several commands are told about data files.

use std::path::Path;
use tickstep_core::units::Nanos;

use crate::load::{Format, LoadError, LoadOptions, Price};
use crate::series::{BadOption, Repair};
use rust_decimal::Decimal;

/// Options that say how files are laid out and what is mended in them.
#[derive(clap::Args)]
pub struct DataArgs {
    /// Layout of the files: a bundled format (see `tickstep check --formats`) or a .toml
    #[arg(long, value_name = "NAME|FILE")]
    pub format: Option<String>,
    /// Clock of the files: UTC, +02:00, Europe/Athens, America/New_York+07:00
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<String>,
    /// Which price of bid and ask data: bid, ask or mid
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub price: Option<Price>,
    /// Mend instead of refuse, and count: sort, drop-duplicates, keep-first, keep-last,
    /// drop-invalid, clip-taker, drop-taker, round
    #[arg(long = "repair", value_name = "NAME,...", value_delimiter = ',', value_parser = repair)]
    pub repairs: Vec<Repair>,
}

/// Options that a configuration would state for an instrument.
#[derive(clap::Args)]
pub struct GridArgs {
    /// Price step [default: told by the decimals]
    #[arg(long, value_name = "STEP")]
    tick_size: Option<Decimal>,
    /// Volume step [default: told by the decimals]
    #[arg(long, value_name = "STEP")]
    volume_step: Option<Decimal>,
    /// Length of a bar in the files, such as 1m [default: told by the open times]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    bar: Option<Nanos>,
}

impl DataArgs {
    /// As options of the loader.
    pub fn options(&self, grid: &GridArgs) -> Result<LoadOptions, LoadError> {
        let zone = self.time_zone.as_deref();
        let stated = |name| Format::stated(name, Path::new(""), zone, self.price);
        let format = self.format.as_deref().map(stated);
        if self.format.is_none() && (self.time_zone.is_some() || self.price.is_some()) {
            return Err(BadOption {
                option: if self.time_zone.is_some() { "--time-zone" } else { "--price" },
                value: "stated".to_owned(),
                range: "given together with --format",
            }
            .into());
        }
        Ok(LoadOptions {
            tick_size: grid.tick_size,
            volume_step: grid.volume_step,
            interval: grid.bar,
            format: format.transpose()?,
            repairs: self.repairs.clone(),
            ..LoadOptions::default()
        })
    }
}

fn price(text: &str) -> Result<Price, String> {
    match text {
        "bid" => Ok(Price::Bid),
        "ask" => Ok(Price::Ask),
        "mid" => Ok(Price::Mid),
        _ => Err("it must be bid, ask or mid".to_owned()),
    }
}

fn repair(text: &str) -> Result<Repair, String> {
    let names: Vec<&str> = Repair::ALL.iter().map(|repair| repair.name()).collect();
    Repair::of(text).ok_or_else(|| format!("no such repair; there is {}", names.join(", ")))
}

/// `250ms`, `30s`, `5m`, `4h`, `1d`.
pub fn span(text: &str) -> Result<Nanos, String> {
    let units = [
        ("ms", Nanos(1_000_000)),
        ("s", Nanos::SECOND),
        ("m", Nanos::MINUTE),
        ("h", Nanos::HOUR),
        ("d", Nanos::DAY),
    ];
    let read = units.into_iter().find_map(|(unit, length)| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(length.0).filter(|ns| *ns > 0).map(Nanos)
    });
    read.ok_or_else(|| "write 250ms, 30s, 5m, 4h or 1d".to_owned())
}
