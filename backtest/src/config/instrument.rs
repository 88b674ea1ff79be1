//! What a configuration says of an instrument.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::Slippage;

use crate::load::Price;
use crate::series::Repair;

/// An instrument and its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// Name, such as `FILUSDT`.
    pub symbol: String,
    /// Files or patterns, relative to the configuration; inner lists are separate segments.
    pub data: Vec<DataItem>,
    /// Finer bars of the same instrument, for `intrabar = "finer_bars"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finer: Vec<DataItem>,
    /// Layout of files that are not shaped like the archives: the name of a bundled format
    /// (`tickstep check --formats` lists them) or a `.toml` relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The clock of files whose format does not name it: IANA, `+02:00`, `America/New_York+07:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `bid`, `ask` or `mid`, for formats that have both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// What is mended in the data instead of refused, such as `["sort", "drop-duplicates"]`.
    /// Every change is counted and reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repair: Vec<Repair>,
    /// Seconds of a bar; the smallest difference of open times when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// Price step; inferred from the data's decimals when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick_size: Option<Decimal>,
    /// Quantity step; the volume step when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_step: Option<Decimal>,
    /// Step of the volumes in the data; inferred from their decimals when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_step: Option<Decimal>,
    /// Round prices and volumes that are off the stated grid instead of refusing them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub round_to_grid: bool,
    /// Base units in one unit of quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_size: Option<Decimal>,
    /// Smallest order quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_qty: Option<Decimal>,
    /// Smallest order value, quote currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_notional: Option<Decimal>,
    /// Notional over required margin; 10 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leverage: Option<Decimal>,
    /// Fraction of notional below which a position is liquidated; half the initial margin when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_margin: Option<Decimal>,
    /// Quote currency; the account's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// How quote money becomes account money, where the currencies differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convert: Option<ConvertConfig>,
    /// Funding or swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<FundingConfig>,
    /// Fee of a resting fill, instead of the one under `[costs]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_fee: Option<Decimal>,
    /// Fee of an aggressive fill, instead of the one under `[costs]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_fee: Option<Decimal>,
    /// Slippage, instead of the one under `[costs]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slippage: Option<Slippage>,
}

impl InstrumentConfig {
    /// A key that means nothing without `format`, and is stated without it.
    pub(super) fn stated_without_format(&self) -> Option<&'static str> {
        if self.format.is_some() {
            return None;
        }
        self.time_zone.as_ref().map(|_| "time_zone").or(self.price.map(|_| "price"))
    }
}

/// A file or pattern, or several that make a segment of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a file or pattern in quotes, or a list of them")]
pub enum DataItem {
    /// Part of the first segment.
    File(String),
    /// A segment.
    Segment(Vec<String>),
}

/// Conversion of quote money by another instrument of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertConfig {
    /// That instrument's symbol. To multiply, another one, quoted in the account's currency.
    /// To divide, one quoted in this instrument's quote currency, itself included (`USDJPY`
    /// of an account in USD); its base must be the account's currency, which is not checked.
    pub via: String,
    /// Multiply by its price, or divide by it.
    pub method: ConvertMethod,
}

/// Direction of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvertMethod {
    /// Quote money times the price.
    Multiply,
    /// Quote money over the price.
    Divide,
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
    /// A CSV with `time,rate` or `time,long_rate,short_rate`, relative to the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl FundingConfig {
    /// What is wrong, and the key below this one, if it is one key's fault.
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        match (self.rate, self.every_s, &self.file) {
            (Some(rate), Some(every_s), None) => {
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
            _ => Err((
                "",
                "write either { rate = 0.0001, every_s = 28800 } or \
                           { file = \"rates.csv\" }"
                    .to_owned(),
            )),
        }
    }
}
