//! The simple moving-average cross: the plainest rule there is, to hold a search
//! or a cleverer strategy against.
//!
//! Entry LONG when the fast mean of closes is above the slow one and was not a
//! bar before; SHORT mirrors it. The means are compared in whole ticks, so a tie
//! is a tie. It is always in the market, on the side of the last cross, unless a
//! stop, a target or a longest hold lets go before the next one.

use alloc::vec;

use serde::{Deserialize, Serialize};

use super::wake::{At, Comparison, Relation, Wake, Wakes};
use super::{Distance, Entry, Moment, Proposal, Strategy, StrategyFactory};
use crate::chart::{Cross, Mean, MeanPair};
use crate::decision::Reason;
use crate::features::{Exact, ExactId, FeatureError, FeatureSpec, Timeframe};
use crate::indicator::MAX_PERIOD;
use crate::math::decimal_to_f64;
use crate::params::{ParamError, in_range, proper_fraction};
use crate::units::{Fraction, Nanos, Side};

/// Parameters of the cross. [`SmaCrossParams::spec`] hands out the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "SmaCrossParams::spec")]
pub struct SmaCrossParams {
    /// Bars of the fast mean, 1 (the close itself) to 1000000, fewer than `slow`.
    pub fast: usize,
    /// Bars of the slow mean, 2 to 1000000: as long as data allows.
    pub slow: usize,
    /// Target distance, a fraction of the entry price, above 0 to below 1; no target when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Fraction>,
    /// Stop distance, a fraction of the entry price, above 0 to below 1; no stop
    /// when absent, and then a size by risk is its cap, `max_margin_use` of free margin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Fraction>,
    /// Longest hold, seconds, 1 to 604800; until the opposite cross when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_hold_s: Option<u32>,
}

impl SmaCrossParams {
    /// The defaults: 20 bars over 50, left only by the opposite cross.
    #[must_use]
    pub const fn spec() -> Self {
        Self { fast: 20, slow: 50, take_profit: None, stop_loss: None, max_hold_s: None }
    }

    /// Checks every range, and that fast is faster than slow.
    pub fn validate(&self) -> Result<(), ParamError> {
        in_range("fast", self.fast, 1, MAX_PERIOD, "1 to 1000000")?;
        in_range("slow", self.slow, 2, MAX_PERIOD, "2 to 1000000")?;
        if let Some(f) = self.take_profit {
            proper_fraction("take_profit", f)?;
        }
        if let Some(f) = self.stop_loss {
            proper_fraction("stop_loss", f)?;
        }
        if let Some(s) = self.max_hold_s {
            in_range("max_hold_s", s, 1, 604_800, "1 to 604800 seconds")?;
        }
        if self.fast >= self.slow {
            return Err(ParamError::Conflict(
                "fast must be below slow; where one is left out, fast is 20 and slow is 50",
            ));
        }
        Ok(())
    }
}

/// The moving-average cross: its parameters and the ids of its features.
#[derive(Clone, Debug)]
pub struct SmaCross {
    params: SmaCrossParams,
    fast: ExactId,
    slow: ExactId,
}

impl SmaCross {
    /// A cross whose features are asked of `spec`.
    pub fn new(params: SmaCrossParams, spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
        params.validate()?;
        let mut sum = |n| spec.exact(Timeframe::Base, Exact::CloseSum { n });
        let (fast, slow) = (sum(params.fast)?, sum(params.slow)?);
        Ok(Self { params, fast, slow })
    }

    /// Makes crosses of these parameters, which are validated.
    pub fn factory(params: SmaCrossParams) -> Result<StrategyFactory, ParamError> {
        params.validate()?;
        Ok(StrategyFactory::new(move |spec| Self::new(params.clone(), spec)))
    }

    /// The parameters it was made with.
    #[must_use]
    pub const fn params(&self) -> &SmaCrossParams {
        &self.params
    }

    #[inline]
    fn pair(&self, fast: Option<i64>, slow: Option<i64>) -> Option<MeanPair> {
        let p = &self.params;
        Some(MeanPair { fast: Mean::new(fast?, p.fast)?, slow: Mean::new(slow?, p.slow)? })
    }

    /// The side of a cross at this close, and the means that crossed.
    #[inline]
    fn signal(&self, now: &Moment<'_>) -> Option<(Side, MeanPair)> {
        let (fast, slow) = (self.fast, self.slow);
        let features = now.features;
        let before = self.pair(features.exact_before(fast), features.exact_before(slow))?;
        let means = self.pair(features.exact(fast), features.exact(slow))?;
        match Cross::between(before, means) {
            Cross::Up => Some((Side::Buy, means)),
            Cross::Down => Some((Side::Sell, means)),
            Cross::Neither => None,
        }
    }

    #[inline(never)]
    fn entry(&self, now: &Moment<'_>, side: Side, means: MeanPair) -> Entry {
        let p = &self.params;
        let mut reason = Reason::default();
        if now.explain {
            let tick = decimal_to_f64(now.instrument.spec().tick_size);
            reason = Reason::of("close", now.bar.close.0 as f64 * tick);
            reason.push("fast", means.fast.to_f64() * tick);
            reason.push("slow", means.slow.to_f64() * tick);
        }
        Entry {
            side,
            stop: p.stop_loss.map(Distance::Fraction),
            target: p.take_profit.map(Distance::Fraction),
            hold: p.max_hold_s.map(|s| Nanos::SECOND.times(i64::from(s))),
            confidence: None,
            reason,
            withheld: None,
        }
    }
}

impl Strategy for SmaCross {
    #[inline]
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if let Some((side, means)) = self.signal(now) {
            out.enter = Some(self.entry(now, side, means));
        }
    }

    fn wakes(&self) -> Wakes {
        let sum = |n: usize, by: usize| (Exact::CloseSum { n }, by as i64);
        let SmaCrossParams { fast, slow, .. } = self.params;
        // The whole rule, so it is asked at crosses only; means times both periods.
        let (left, right) = (sum(fast, slow), sum(slow, fast));
        let cross = |now, before| {
            [(now, At::Now), (before, At::Before)]
                .map(|(relation, at)| Comparison::Exact { left, relation, right, at })
                .to_vec()
        };
        let up = cross(Relation::Above, Relation::AtMost);
        let down = cross(Relation::Below, Relation::AtLeast);
        let crosses = Wake::When(vec![up, down]);
        Wakes { flat: crosses.clone(), open: crosses }
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    fn fault(change: fn(&mut SmaCrossParams)) -> String {
        let mut params = SmaCrossParams::spec();
        change(&mut params);
        SmaCross::factory(params).unwrap_err().to_string()
    }

    #[test]
    fn parameters_out_of_range_or_in_the_wrong_order_are_refused_in_words() {
        assert!(SmaCross::factory(SmaCrossParams::spec()).is_ok());
        let close_over_two = SmaCrossParams { fast: 1, slow: 2, ..SmaCrossParams::spec() };
        assert!(close_over_two.validate().is_ok());
        assert_eq!(fault(|p| p.fast = 0), "fast = 0 is out of range; it must be 1 to 1000000");
        assert!(fault(|p| p.slow = 1_000_001).contains("it must be 2 to 1000000"));
        assert!(fault(|p| p.fast = 50).starts_with("fast must be below slow"));
        assert!(fault(|p| p.slow = 10).starts_with("fast must be below slow"));
        assert!(fault(|p| p.stop_loss = Some(Fraction::ZERO)).starts_with("stop_loss = 0"));
        assert!(fault(|p| p.take_profit = Some(Fraction::lit(1, 0))).contains("below 1"));
        assert!(fault(|p| p.max_hold_s = Some(0)).contains("1 to 604800 seconds"));
    }
}
