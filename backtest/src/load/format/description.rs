//! The text of a description of a format, as it is written.

use serde::{Deserialize, Serialize};

use crate::load::clock::TimeUnit;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub about: String,
    #[serde(default = "yes")]
    pub header: bool,
    pub fields: Option<usize>,
    #[serde(default)]
    pub delimiter: Delimiter,
    #[serde(default)]
    pub volume_is: VolumeIs,
    pub price: Option<Price>,
    pub interval_s: Option<u32>,
    pub columns: ColumnRefs,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Delimiter {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "tab")]
    Tab,
    #[serde(rename = "space")]
    Space,
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
    /// There is no volume; every bar has 0.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum ColumnRef {
    Position(usize),
    Name(String),
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
