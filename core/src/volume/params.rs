//! What counts as a signal: thresholds and a switch for each rule.

use serde::{Deserialize, Serialize};

use super::{Share, VolumeRatio, VolumeSplit};
use crate::chart::Breakout;
use crate::params::{OutOfRange, ParamError};
use crate::units::Fraction;

/// Which of the four rules are on. One that is off needs no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default = "VolumeRules::all", deny_unknown_fields)]
pub struct VolumeRules {
    /// Volume ratio at or above `spike_multiple`.
    pub ratio: bool,
    /// Buy share at or above `min_buy_share`; short: at or below 1 less it.
    pub share: bool,
    /// Close beyond the range of the `lookback` bars before.
    pub breakout: bool,
    /// At least `min_streak` bars in a row on one side of their open.
    pub streak: bool,
}

impl VolumeRules {
    /// Every rule on, the default.
    #[must_use]
    pub const fn all() -> Self {
        Self { ratio: true, share: true, breakout: true, streak: true }
    }
}

/// Parameters of a volume analysis. Fields absent from a configuration take
/// [`VolumeParams::defaults`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default = "VolumeParams::defaults", deny_unknown_fields)]
pub struct VolumeParams {
    /// Where the buyers' part comes from.
    pub volume_split: VolumeSplit,
    /// Bars in the deciding baseline, 2 to 1000.
    pub baseline_period: usize,
    /// Bars whose range a breakout must leave, 1 to 1000.
    pub lookback: usize,
    /// Volume ratio that counts, above 0 and up to 1000.
    pub spike_multiple: Fraction,
    /// Buy share that counts, 0.5 to 1.
    pub min_buy_share: Fraction,
    /// Bars in a row that count, 1 to 1000.
    pub min_streak: u32,
    /// Which rules are on.
    pub rules: VolumeRules,
}

/// The ratio alone has no direction, so no signal could ever follow.
const NO_DIRECTION: &str = "rules: share, breakout and streak are all off; at least one must be on \
                            to tell long from short";

/// What the volume of a bar suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeSignal {
    /// Every rule that is on holds upwards.
    Long,
    /// Every rule that is on holds downwards.
    Short,
    /// Neither, both, or something a rule needs is undefined.
    Neutral,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeMeasures {
    /// Volume of the bar against the baseline that decides.
    pub ratio: Option<VolumeRatio>,
    /// Part of the bar's volume that aggressive buyers took.
    pub buy_share: Option<Share>,
    /// Whether the close left the range of the `lookback` bars before.
    pub breakout: Option<Breakout>,
    /// Bars in a row on one side of their open, ending at the bar; negative when below it.
    pub streak: i64,
}

impl VolumeParams {
    /// Taker volume; 20 bars of baseline and of lookback; 3 times the volume, a
    /// buy share of 0.60, 3 bars in a row; every rule on.
    #[must_use]
    pub const fn defaults() -> Self {
        Self {
            volume_split: VolumeSplit::Taker,
            baseline_period: 20,
            lookback: 20,
            spike_multiple: Fraction::lit(3, 0),
            min_buy_share: Fraction::lit(60, 2),
            min_streak: 3,
            rules: VolumeRules::all(),
        }
    }

    /// Checks the ranges, those of rules that are off too.
    pub fn validate(&self) -> Result<(), ParamError> {
        let count = |field, value: usize, least, range| {
            let ok = (least..=1000).contains(&value);
            if ok { Ok(()) } else { Err(OutOfRange::new(field, value, range)) }
        };
        count("baseline_period", self.baseline_period, 2, "2 to 1000")?;
        count("lookback", self.lookback, 1, "1 to 1000")?;
        count("min_streak", self.min_streak as usize, 1, "1 to 1000")?;
        let fraction = |field, value: Fraction, ok, range| {
            if ok { Ok(()) } else { Err(OutOfRange::new(field, value, range)) }
        };
        let k = self.spike_multiple;
        let ok = k > Fraction::ZERO && k <= Fraction::lit(1000, 0);
        fraction("spike_multiple", k, ok, "above 0 and at most 1000")?;
        let p = self.min_buy_share;
        let ok = p >= Fraction::lit(5, 1) && p <= Fraction::lit(1, 0);
        fraction("min_buy_share", p, ok, "0.5 to 1")?;
        let VolumeRules { ratio: _, share, breakout, streak } = self.rules;
        if share || breakout || streak { Ok(()) } else { Err(ParamError::Conflict(NO_DIRECTION)) }
    }

    /// The signal of one bar. Where both sides hold (a share of exactly one half
    /// with `min_buy_share` 0.5) there is none.
    #[must_use]
    pub fn signal(&self, measures: &VolumeMeasures) -> VolumeSignal {
        let VolumeMeasures { ratio, buy_share, breakout, streak } = *measures;
        let on = self.rules;
        if on.ratio && !ratio.is_some_and(|ratio| ratio.at_least(self.spike_multiple)) {
            return VolumeSignal::Neutral;
        }
        let least = i64::from(self.min_streak);
        let long = (!on.share || buy_share.is_some_and(|s| s.at_least(self.min_buy_share)))
            && (!on.breakout || breakout == Some(Breakout::Up))
            && (!on.streak || streak >= least);
        let short_share = self.min_buy_share.complement();
        let short = (!on.share || buy_share.is_some_and(|s| s.at_most(short_share)))
            && (!on.breakout || breakout == Some(Breakout::Down))
            && (!on.streak || streak <= -least);
        match (long, short) {
            (true, false) => VolumeSignal::Long,
            (false, true) => VolumeSignal::Short,
            _ => VolumeSignal::Neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Lots;

    fn measures(volume: i64, buys: i64, breakout: Breakout, streak: i64) -> VolumeMeasures {
        VolumeMeasures {
            ratio: VolumeRatio::new(Lots::new(volume).unwrap(), 200, 20),
            buy_share: Share::new(buys, 10),
            breakout: Some(breakout),
            streak,
        }
    }

    #[test]
    fn each_rule_can_fail_alone_and_be_switched_off() {
        use Breakout::{Down, Neither, Up};
        use VolumeSignal::{Long, Neutral, Short};
        let all = VolumeRules::all();
        let cases = [
            (measures(30, 6, Up, 3), all, Long),
            (measures(30, 4, Down, -3), all, Short),
            (measures(29, 6, Up, 3), all, Neutral),
            (measures(30, 5, Up, 3), all, Neutral),
            (measures(30, 6, Neither, 3), all, Neutral),
            (measures(30, 6, Up, 2), all, Neutral),
            (measures(30, 4, Up, 3), all, Neutral),
            (measures(29, 6, Up, 3), VolumeRules { ratio: false, ..all }, Long),
            (measures(30, 5, Up, 3), VolumeRules { share: false, ..all }, Long),
            (measures(30, 4, Neither, -3), VolumeRules { breakout: false, ..all }, Short),
            (measures(30, 4, Down, 0), VolumeRules { streak: false, ..all }, Short),
        ];
        for (measures, rules, want) in cases {
            let params = VolumeParams { rules, ..VolumeParams::defaults() };
            assert_eq!(params.signal(&measures), want, "{measures:?} {rules:?}");
        }
    }

    #[test]
    fn undefined_holds_no_rule_that_is_on() {
        let params = VolumeParams::defaults();
        let full = measures(30, 6, Breakout::Up, 3);
        assert_eq!(params.signal(&full), VolumeSignal::Long);
        for missing in [
            VolumeMeasures { ratio: None, ..full },
            VolumeMeasures { buy_share: None, ..full },
            VolumeMeasures { breakout: None, ..full },
        ] {
            assert_eq!(params.signal(&missing), VolumeSignal::Neutral);
        }
    }

    #[test]
    fn both_sides_are_no_signal() {
        let rules = VolumeRules { breakout: false, streak: false, ..VolumeRules::all() };
        let min_buy_share = Fraction::lit(5, 1);
        let params = VolumeParams { rules, min_buy_share, ..VolumeParams::defaults() };
        params.validate().unwrap();
        let signal = |buys| params.signal(&measures(30, buys, Breakout::Neither, 0));
        use VolumeSignal::{Long, Neutral, Short};
        assert_eq!([4, 5, 6].map(signal), [Short, Neutral, Long]);
    }

    #[test]
    fn a_refusal_names_field_value_and_range() {
        let good = VolumeParams::defaults();
        good.validate().unwrap();
        let cases = [
            (
                VolumeParams { baseline_period: 1, ..good },
                "baseline_period = 1 is out of range; it must be 2 to 1000",
            ),
            (
                VolumeParams { baseline_period: 1001, ..good },
                "baseline_period = 1001 is out of range; it must be 2 to 1000",
            ),
            (
                VolumeParams { lookback: 0, ..good },
                "lookback = 0 is out of range; it must be 1 to 1000",
            ),
            (
                VolumeParams { min_streak: 0, ..good },
                "min_streak = 0 is out of range; it must be 1 to 1000",
            ),
            (
                VolumeParams { spike_multiple: Fraction::ZERO, ..good },
                "spike_multiple = 0 is out of range; it must be above 0 and at most 1000",
            ),
            (
                VolumeParams { min_buy_share: Fraction::lit(49, 2), ..good },
                "min_buy_share = 0.49 is out of range; it must be 0.5 to 1",
            ),
        ];
        for (params, want) in cases {
            assert_eq!(std::format!("{}", params.validate().unwrap_err()), want);
        }
        let rules = VolumeRules { ratio: true, share: false, breakout: false, streak: false };
        let undirected = VolumeParams { rules, ..good };
        assert_eq!(undirected.validate(), Err(ParamError::Conflict(NO_DIRECTION)));
    }

    #[test]
    fn a_configuration_may_name_only_what_differs() {
        let text = r#"{"spike_multiple": "2.5", "rules": {"streak": false}}"#;
        let params: VolumeParams = serde_json::from_str(text).unwrap();
        let rules = VolumeRules { streak: false, ..VolumeRules::all() };
        let spike_multiple = Fraction::lit(25, 1);
        assert_eq!(params, VolumeParams { spike_multiple, rules, ..VolumeParams::defaults() });
        assert!(serde_json::from_str::<VolumeParams>(r#"{"spike": 3}"#).is_err());
    }
}
