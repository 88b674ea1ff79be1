//! The text of a description of a format, as it is written.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::load::clock::TimeUnit;
use crate::load::marks::{DecimalMark, ThousandsMark};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub file_names: Vec<String>,
    pub encoding: Option<OneOrMany>,
    #[serde(default)]
    pub skip_lines: usize,
    pub comment: Option<OneOrMany>,
    #[serde(default, deserialize_with = "delimiter")]
    pub delimiter: Option<u8>,
    pub decimal: Option<DecimalMark>,
    pub thousands: Option<ThousandsMark>,
    pub suffixes: Option<bool>,
    #[serde(default)]
    pub order: RowOrder,
    #[serde(default = "yes")]
    pub header: bool,
    pub fields: Option<usize>,
    #[serde(default)]
    pub volume_is: VolumeIs,
    pub price: Option<Price>,
    pub interval_s: Option<u32>,
    pub columns: Option<ColumnRefs>,
    #[serde(default)]
    pub time: TimeStyle,
    pub pair: Option<PairWords>,
}

const fn yes() -> bool {
    true
}

/// Which price of bid and ask data is the bar's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// The bid, at which sellers sell.
    Bid,
    /// The ask, at which buyers buy.
    Ask,
    /// (bid + ask) / 2 of each of open, high, low and close, exact, on half ticks.
    Mid,
}

/// A text, or several of which any will do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// In which order a layout always has its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// `tab`, `space`, or one character that no number has in it.
fn delimiter<'de, D: Deserializer<'de>>(text: D) -> Result<Option<u8>, D::Error> {
    let text = String::deserialize(text)?;
    match text.as_bytes() {
        b"tab" => Ok(Some(b'\t')),
        b"space" => Ok(Some(b' ')),
        [byte] if !byte.is_ascii_alphanumeric() && !b"\"\r\n+-.\0".contains(byte) => {
            Ok(Some(*byte))
        }
        _ => Err(D::Error::custom(format!(
            "delimiter = {text:?} is none; write one character such as \",\", \";\" or \"|\", or \"tab\" or \
             \"space\""
        ))),
    }
}

/// What the volume of a file counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VolumeIs {
    /// Units or contracts traded.
    #[default]
    Traded,
    /// Number of quote changes.
    Ticks,
    /// Units traded where the file has the column; every bar has 0 where it has not.
    Optional,
    /// There is no volume; every bar has 0.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum ColumnRef {
    Position(usize),
    /// A name, or the beginning of one before a `*`; the first column that fits.
    Name(String),
    /// The first of these names that is there.
    AnyOf(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnRefs {
    pub date: Option<ColumnRef>,
    pub time: ColumnRef,
    pub open: Option<ColumnRef>,
    pub high: Option<ColumnRef>,
    pub low: Option<ColumnRef>,
    pub close: Option<ColumnRef>,
    pub volume: Option<ColumnRef>,
    pub taker_buy_volume: Option<ColumnRef>,
    pub bid: Option<OhlcRefs>,
    pub ask: Option<OhlcRefs>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OhlcRefs {
    pub open: ColumnRef,
    pub high: ColumnRef,
    pub low: ColumnRef,
    pub close: ColumnRef,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TimeStyle {
    pub unit: Option<TimeUnit>,
    pub zone: Option<String>,
    pub pattern: Option<OneOrMany>,
    pub stamp: StampAt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StampAt {
    #[default]
    Open,
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PairWords {
    pub bid: String,
    pub ask: String,
}
