//! What several commands are told about data files.

use std::path::Path;
use tickstep_core::units::Nanos;

use crate::config::Config;
use crate::folder::relative;
use crate::load::{Format, LoadError, LoadOptions, Price, Zone};
use crate::series::{BadOption, Repair};
use crate::times::parse_span;
use anyhow::ensure;
use rust_decimal::Decimal;
use tickstep_config::{CalendarConfig, ConfigError, MarketHours};

/// What is stated of data files, the same in every command that reads them.
#[derive(clap::Args)]
pub struct DataArgs {
    /// Name of the instrument [default: told by the file names]
    #[arg(long, value_name = "NAME")]
    pub symbol: Option<String>,
    /// Layout of the files: a bundled format (see `tickstep check --formats`) or a .toml,
    /// from the current folder on
    #[arg(long, value_name = "NAME|FILE")]
    pub format: Option<String>,
    /// Clock of the files: UTC, +02:00, Europe/Athens, America/New_York+07:00
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<String>,
    /// Which price of bid and ask data: bid, ask or mid
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub price: Option<Price>,
    /// Length of a bar in the files, such as 1m [default: told by the open times]
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub bar: Option<Nanos>,
    /// When the market trades: nyse, krx, tse, hkex, sse, lse, xetra, cme, forex, weekdays or
    /// always [default: told by the open times]
    #[arg(long, value_name = "NAME", value_parser = calendar)]
    pub calendar: Option<CalendarConfig>,
    /// Price step [default: told by the decimals]
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub tick_size: Option<Decimal>,
    /// Step of the quantities of orders [default: the volume step]; bars have none
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub lot_step: Option<Decimal>,
    /// Volume step [default: told by the decimals]
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub volume_step: Option<Decimal>,
    /// Mend instead of refuse, and count: sort, drop-duplicates, keep-first, keep-last,
    /// drop-invalid, clip-taker, drop-taker, round, snap, drop-outside
    #[arg(long = "repair", value_name = "NAME,...", value_delimiter = ',', value_parser = repair)]
    pub repairs: Vec<Repair>,
}

impl DataArgs {
    /// As options of the loader.
    pub fn options(&self) -> Result<LoadOptions, LoadError> {
        let zone = self.time_zone.as_deref();
        let stated = |name| Format::stated(name, Path::new(""), zone, self.price);
        let format = self.format.as_deref().map(stated);
        if self.format.is_none() && self.price.is_some() {
            return Err(BadOption {
                option: "--price",
                value: "stated".to_owned(),
                range: "given together with --format",
            }
            .into());
        }
        Ok(LoadOptions {
            tick_size: self.tick_size,
            volume_step: self.volume_step,
            interval: self.bar,
            // The name was looked up as it was read.
            calendar: self.calendar.as_ref().and_then(|named| MarketHours::of(named).ok()),
            instrument: self.symbol.clone(),
            format: format.transpose()?,
            zone: zone.map(Zone::stated).transpose()?,
            repairs: self.repairs.clone(),
            ..LoadOptions::default()
        })
    }

    /// Says it to every instrument of a configuration that does not say it itself. Data
    /// paths of the configuration start from `base`, `--format` from the current folder.
    pub fn tell(&self, config: &mut Config, base: &Path) -> anyhow::Result<()> {
        let format = self.format.as_deref().map(|name| format_from(base, name)).transpose()?;
        let seconds = self.bar.map(|bar| {
            let whole = (bar.0 % Nanos::SECOND.0 == 0).then_some(bar.0 / Nanos::SECOND.0);
            whole.and_then(|s| u32::try_from(s).ok())
        });
        ensure!(seconds != Some(None), "--bar must be whole seconds here, such as 1s or 1m");
        for instrument in &mut config.instrument {
            instrument.format = instrument.format.take().or_else(|| format.clone());
            instrument.time_zone = instrument.time_zone.take().or_else(|| self.time_zone.clone());
            instrument.price = instrument.price.or(self.price);
            instrument.interval_s = instrument.interval_s.or(seconds.flatten());
            instrument.calendar = instrument.calendar.take().or_else(|| self.calendar.clone());
            instrument.volume_step = instrument.volume_step.or(self.volume_step);
            instrument.terms.tick_size = instrument.terms.tick_size.or(self.tick_size);
            instrument.terms.lot_step = instrument.terms.lot_step.or(self.lot_step);
            instrument.repair.extend(&self.repairs);
            instrument.repair.sort_unstable();
            instrument.repair.dedup();
            ensure!(
                instrument.format.is_some() || instrument.price.is_none(),
                "{}: a price goes with a format; give --format too",
                instrument.terms.symbol
            );
        }
        Ok(())
    }
}

/// A format that is named from the current folder, as it is named from `base`: the
/// bundled ones by their names, descriptions by their way there.
pub fn format_from(base: &Path, name: &str) -> anyhow::Result<String> {
    if !name.to_ascii_lowercase().ends_with(".toml") || Path::new(name).is_absolute() {
        return Ok(name.to_owned());
    }
    let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    let whole = base.canonicalize().unwrap_or_else(|_| base.to_path_buf());
    Ok(relative(&whole, Path::new(name))?)
}

/// A step above zero.
fn step(text: &str) -> Result<Decimal, String> {
    let step = Decimal::from_str_exact(text).ok().filter(|step| *step > Decimal::ZERO);
    step.ok_or_else(|| "it must be a decimal above 0, such as 0.01".to_owned())
}

fn calendar(text: &str) -> Result<CalendarConfig, String> {
    match MarketHours::named(text) {
        Ok(_) => Ok(CalendarConfig::Named(text.to_owned())),
        Err(ConfigError::AtKey { message, .. }) => Err(message),
        Err(other) => Err(other.to_string()),
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
