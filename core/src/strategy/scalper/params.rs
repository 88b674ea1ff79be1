//! Parameters of the scalper, their defaults and ranges.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::depth::DepthParams;
use crate::params::{OutOfRange, ParamError, above_zero, in_range, proper_fraction};
use crate::units::Fraction;
use crate::volume::VolumeSplit;

/// Rule 2: who presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pressure {
    /// The order book's imbalance.
    Imbalance,
    /// The aggressive buyers' share of the bar's volume.
    BuyShare,
    /// Rule 2 is off.
    Off,
}

/// Parameters of the scalper. [`ScalperParams::spec`] hands out the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "ScalperParams::spec")]
pub struct ScalperParams {
    /// Rule 1 on or off.
    pub volume_rule: bool,
    /// Bars before the current one whose mean volume is the baseline, 2 to 1000.
    pub baseline_period: usize,
    /// Volume over baseline that is a spike, above 0 to 100; usual 2, 3, 5.
    pub spike_multiple: Fraction,
    /// Rule 2: `imbalance`, `buy_share` or `off`.
    pub pressure_rule: Pressure,
    /// Imbalance that LONG must exceed, 0.5 to below 1.
    pub min_imbalance: Fraction,
    /// Buy share that LONG must reach, 0.5 to 1.
    pub min_buy_share: Fraction,
    /// How buy share is read from a bar.
    pub volume_split: VolumeSplit,
    /// How the order book is looked at.
    pub depth: DepthParams,
    /// Rule 3 on or off.
    pub cross_rule: bool,
    /// Bars of the simple mean, 2 to 1000.
    pub ma_period: usize,
    /// Rule 4 on or off.
    pub rsi_rule: bool,
    /// Bars of Wilder's RSI, 2 to 1000.
    pub rsi_period: usize,
    /// LONG needs an RSI below, 50 to 100.
    pub overbought: Fraction,
    /// SHORT needs an RSI above, 0 to 50.
    pub oversold: Fraction,
    /// Most positions open or waiting on the account, 1 to 10000.
    pub max_positions: usize,
    /// Target distance, a fraction of the entry price; usual 0.003 to 0.005.
    pub take_profit: Fraction,
    /// Stop distance, a fraction of the entry price; usual 0.002 to 0.003.
    pub stop_loss: Fraction,
    /// Longest hold, seconds, 1 to 604800; usual 60 to 300.
    pub max_hold_s: u32,
    /// Stop and target in multiples of ATR instead of fractions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atr: Option<AtrExits>,
    /// Trail the stop this fraction behind the best price, at each close. A close
    /// already at that level or through it leaves at the next open, as `trailing_stop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing_stop: Option<Fraction>,
    /// Move the stop to the entry price once the best price is this fraction ahead.
    /// A close already back at it or through it leaves at the next open, as `break_even`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even: Option<Fraction>,
    /// Seconds without entries after a losing trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cool_down_s: Option<u32>,
    /// UTC hours (0 to 23) in which entries are allowed; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_hours: Vec<u8>,
    /// UTC weekdays (1 Monday to 7 Sunday) on which entries are allowed; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_weekdays: Vec<u8>,
}

/// Stop and target in multiples of Wilder's ATR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtrExits {
    /// Bars, 2 to 1000.
    pub period: usize,
    /// Stop distance, ATRs, above 0 to 100.
    pub stop: Fraction,
    /// Target distance, ATRs, above 0 to 100.
    pub target: Fraction,
}

impl ScalperParams {
    /// The specification's defaults; every other set is written down in full.
    #[must_use]
    pub fn spec() -> Self {
        Self {
            volume_rule: true,
            baseline_period: 20,
            spike_multiple: Fraction::lit(3, 0),
            pressure_rule: Pressure::Imbalance,
            min_imbalance: Fraction::lit(60, 2),
            min_buy_share: Fraction::lit(60, 2),
            volume_split: VolumeSplit::Taker,
            depth: DepthParams::spec(),
            cross_rule: true,
            ma_period: 5,
            rsi_rule: true,
            rsi_period: 14,
            overbought: Fraction::lit(70, 0),
            oversold: Fraction::lit(30, 0),
            max_positions: 5,
            take_profit: Fraction::lit(4, 3),
            stop_loss: Fraction::lit(25, 4),
            max_hold_s: 300,
            atr: None,
            trailing_stop: None,
            break_even: None,
            cool_down_s: None,
            allowed_hours: Vec::new(),
            allowed_weekdays: Vec::new(),
        }
    }

    /// Checks that every parameter is in its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        let period = |name, n| in_range(name, n, 2, 1_000, "2 to 1000");
        let one = Fraction::lit(1, 0);
        let half = Fraction::lit(5, 1);
        let hundred = Fraction::lit(100, 0);
        period("baseline_period", self.baseline_period)?;
        period("ma_period", self.ma_period)?;
        period("rsi_period", self.rsi_period)?;
        above_zero("spike_multiple", self.spike_multiple, hundred, "above 0, at most 100")?;
        if self.min_imbalance < half || self.min_imbalance >= one {
            let range = "at least 0.5, below 1";
            return Err(OutOfRange::new("min_imbalance", self.min_imbalance, range).into());
        }
        in_range("min_buy_share", self.min_buy_share, half, one, "0.5 to 1")?;
        in_range("overbought", self.overbought, Fraction::lit(50, 0), hundred, "50 to 100")?;
        in_range("oversold", self.oversold, Fraction::ZERO, Fraction::lit(50, 0), "0 to 50")?;
        in_range("max_positions", self.max_positions, 1, 10_000, "1 to 10000")?;
        proper_fraction("take_profit", self.take_profit)?;
        proper_fraction("stop_loss", self.stop_loss)?;
        in_range("max_hold_s", self.max_hold_s, 1, 604_800, "1 to 604800 seconds")?;
        if let Some(atr) = self.atr {
            period("atr.period", atr.period)?;
            above_zero("atr.stop", atr.stop, hundred, "above 0, at most 100")?;
            above_zero("atr.target", atr.target, hundred, "above 0, at most 100")?;
        }
        if let Some(f) = self.trailing_stop {
            proper_fraction("trailing_stop", f)?;
        }
        if let Some(f) = self.break_even {
            proper_fraction("break_even", f)?;
        }
        if let Some(s) = self.cool_down_s {
            in_range("cool_down_s", s, 1, 604_800, "1 to 604800 seconds")?;
        }
        for hour in &self.allowed_hours {
            in_range("allowed_hours", *hour, 0, 23, "hours 0 to 23, UTC")?;
        }
        for day in &self.allowed_weekdays {
            in_range("allowed_weekdays", *day, 1, 7, "1 (Monday) to 7 (Sunday)")?;
        }
        self.depth.validate()?;
        if self.pressure_rule == Pressure::Off && !self.cross_rule {
            return Err(ParamError::Conflict(
                "pressure_rule is off and cross_rule is false; at least one of them must be on",
            ));
        }
        Ok(())
    }
}
