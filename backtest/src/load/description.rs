//! The text of a description of a format, as it is written.

use serde::Deserialize;

use super::format::Price;

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
    pub columns: Wanted,
    #[serde(default)]
    pub time: Times,
    pub pair: Option<Pair>,
}

const fn yes() -> bool {
    true
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
    /// Quote changes.
    Ticks,
    /// There is no volume; every bar has 0.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum At {
    Position(usize),
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub date: Option<At>,
    pub time: At,
    pub open: Option<At>,
    pub high: Option<At>,
    pub low: Option<At>,
    pub close: Option<At>,
    pub volume: Option<At>,
    pub taker_buy_volume: Option<At>,
    pub bid: Option<Four>,
    pub ask: Option<Four>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Four {
    pub open: At,
    pub high: At,
    pub low: At,
    pub close: At,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Times {
    pub unit: Option<TimeUnit>,
    pub zone: Option<String>,
    pub stamp: StampAt,
}

/// How the description says times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeUnit {
    S,
    Ms,
    Us,
    Ns,
    Text,
    MsOfDay,
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
pub(super) struct Pair {
    pub bid: String,
    pub ask: String,
}
