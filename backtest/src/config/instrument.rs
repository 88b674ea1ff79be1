//! What a configuration says of an instrument: the terms it is traded on, and its data.

use rust_decimal::Decimal;
use serde::de::{self, Deserializer, MapAccess};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use tickstep_config::{CalendarConfig, InstrumentTable, InstrumentTerms, read_table, write_table};

use crate::load::Price;
use crate::series::Repair;

/// An instrument and its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstrumentConfig {
    /// Symbol, grid, margin, currency and costs.
    pub terms: InstrumentTerms,
    /// Files or patterns, relative to the configuration; inner lists are separate segments.
    /// None where a program has the bars in memory.
    pub data: Vec<DataItem>,
    /// Finer bars of the same instrument, for `intrabar = "finer_bars"`.
    pub finer: Vec<DataItem>,
    /// Layout of files that are not shaped like the archives: the name of a bundled format
    /// (`tickstep check --formats` lists them) or a `.toml` relative to the configuration.
    pub format: Option<String>,
    /// The clock of files whose format does not name it: IANA, `+02:00`, `America/New_York+07:00`.
    pub time_zone: Option<String>,
    /// `bid`, `ask` or `mid`, for formats that have both sides.
    pub price: Option<Price>,
    /// What is mended in the data instead of refused, such as `["sort", "drop-duplicates"]`.
    /// Every change is counted and reported.
    pub repair: Vec<Repair>,
    /// The files hold several instruments, told apart by a column: each becomes one of these,
    /// by its own symbol.
    pub split: bool,
    /// Seconds of a bar; the usual difference of open times when absent. 86400 is a day of
    /// the market, 604800 a week.
    pub interval_s: Option<u32>,
    /// When the market trades: the name of a bundled calendar (`nyse`, `krx`, `tse`, `hkex`,
    /// `sse`, `lse`, `xetra`, `cme`, `forex`, `weekdays`, `always`), or its days and hours, such
    /// as `{ zone = "Asia/Tokyo", days = "mon-fri", hours = ["09:00-11:30", "12:30-15:30"],
    /// holidays = ["2026-01-01"] }`. When absent it is told by the open times, where they show
    /// it plainly.
    pub calendar: Option<CalendarConfig>,
    /// Step of the volumes in the data; inferred from their decimals when absent.
    pub volume_step: Option<Decimal>,
    /// Round prices and volumes that are off the stated grid instead of refusing them.
    pub round_to_grid: bool,
    /// Funding or swap that open positions pay; none when absent.
    pub funding: Option<FundingConfig>,
}

impl Serialize for InstrumentConfig {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_table(self, to)
    }
}

impl<'de> Deserialize<'de> for InstrumentConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_table(from)
    }
}

impl InstrumentTable for InstrumentConfig {
    /// A manifest has them in this order: its bytes are compared.
    const KEYS: &'static [&'static str] = &[
        "symbol",
        "data",
        "finer",
        "format",
        "time_zone",
        "price",
        "repair",
        "split",
        "interval_s",
        "calendar",
        "tick_size",
        "lot_step",
        "volume_step",
        "round_to_grid",
        "contract_size",
        "min_qty",
        "min_notional",
        "leverage",
        "maintenance_margin",
        "quote",
        "convert",
        "funding",
        "maker_fee",
        "taker_fee",
        "slippage",
    ];

    fn terms(&mut self) -> &mut InstrumentTerms {
        &mut self.terms
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "data" => self.data = map.next_value()?,
            "finer" => self.finer = map.next_value()?,
            "format" => self.format = map.next_value()?,
            "time_zone" => self.time_zone = map.next_value()?,
            "price" => self.price = map.next_value()?,
            "repair" => self.repair = map.next_value()?,
            "split" => self.split = map.next_value()?,
            "interval_s" => self.interval_s = map.next_value()?,
            "calendar" => self.calendar = map.next_value()?,
            "volume_step" => self.volume_step = map.next_value()?,
            "round_to_grid" => self.round_to_grid = map.next_value()?,
            "funding" => self.funding = map.next_value()?,
            _ => return Err(de::Error::unknown_field(key, Self::KEYS)),
        }
        Ok(())
    }

    fn write<S: SerializeMap>(&self, key: &str, out: &mut S) -> Result<(), S::Error> {
        if self.terms.write(key, out)? {
            return Ok(());
        }
        match (key, self) {
            ("data", Self { data, .. }) => out.serialize_entry(key, data),
            ("finer", Self { finer, .. }) if !finer.is_empty() => out.serialize_entry(key, finer),
            ("format", Self { format: Some(format), .. }) => out.serialize_entry(key, format),
            ("time_zone", Self { time_zone: Some(zone), .. }) => out.serialize_entry(key, zone),
            ("price", Self { price: Some(price), .. }) => out.serialize_entry(key, price),
            ("repair", Self { repair, .. }) if !repair.is_empty() => {
                out.serialize_entry(key, repair)
            }
            ("split", Self { split: true, .. }) => out.serialize_entry(key, &true),
            ("interval_s", Self { interval_s: Some(s), .. }) => out.serialize_entry(key, s),
            ("calendar", Self { calendar: Some(calendar), .. }) => {
                out.serialize_entry(key, calendar)
            }
            ("volume_step", Self { volume_step: Some(step), .. }) => out.serialize_entry(key, step),
            ("round_to_grid", Self { round_to_grid: true, .. }) => out.serialize_entry(key, &true),
            ("funding", Self { funding: Some(funding), .. }) => out.serialize_entry(key, funding),
            _ => Ok(()),
        }
    }
}

impl InstrumentConfig {
    /// A key that means nothing without `format`, and is stated without it.
    pub(super) fn stated_without_format(&self) -> Option<&'static str> {
        if self.format.is_some() {
            return None;
        }
        self.price.map(|_| "price")
    }
}

/// A file or pattern, or several that make a segment of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a file or pattern in quotes, or a list of them")]
pub enum DataItem {
    /// A file or pattern that is part of the first segment.
    File(String),
    /// Files or patterns that make a segment of their own.
    Segment(Vec<String>),
}

/// Funding: a constant `rate` every `every_s`, or a series from a `file`; one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FundingConfig {
    /// Fraction of notional, above -1 and below 1; longs pay, shorts receive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// Seconds between payments, since the Unix epoch; 1 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_s: Option<u32>,
    /// A CSV or JSON with `time,rate` or `time,long_rate,short_rate`, or as exchanges and
    /// ccxt export it; relative to the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The file may cover a part of the data; positions go without funding in the rest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

impl FundingConfig {
    /// What is wrong, and the key below this one, if it is one key's fault.
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        match (self.rate, self.every_s, &self.file) {
            (Some(rate), Some(every_s), None) if !self.partial => {
                if rate.abs() >= Decimal::ONE {
                    let words = format!("{rate} is out of range; it must be above -1 and below 1");
                    return Err((".rate", words));
                }
                if every_s == 0 {
                    let words = "0 is out of range; it must be 1 or more seconds";
                    return Err((".every_s", words.to_owned()));
                }
                Ok(())
            }
            (None, None, Some(_)) => Ok(()),
            (Some(_), Some(_), None) => Err((".partial", "goes with a file; remove it".to_owned())),
            _ => Err((
                "",
                "write either { rate = 0.0001, every_s = 28800 } or \
                           { file = \"rates.csv\" }"
                    .to_owned(),
            )),
        }
    }
}
