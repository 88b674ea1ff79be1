//! The scalper's entry rules as comparisons that sets of parameters can share.
//!
//! Thresholds are rounded to coarse steps, always towards holding more often, so
//! that a search over many of them reads few answers: a spike multiple down to a
//! quarter, a buy share down to a twentieth, an RSI level outwards to a multiple of 5.

use alloc::vec::Vec;

use super::{Pressure, ScalperParams};
use crate::features::{Exact, Real};
use crate::strategy::wake::{At, Comparison, Relation, Wake, Wakes};
use crate::units::{Fraction, Side};
use crate::volume::VolumeSplit;

impl ScalperParams {
    pub(super) fn wakes(&self) -> Wakes {
        let rules = Wake::When([Side::Buy, Side::Sell].map(|side| self.rules(side)).to_vec());
        let guards = self.trailing_stop.is_some() || self.break_even.is_some();
        Wakes { open: if guards { Wake::Always } else { rules.clone() }, flat: rules }
    }

    fn rules(&self, side: Side) -> Vec<Comparison> {
        let mut rules = Vec::new();
        let mut exact = |left, relation, right, at| {
            rules.push(Comparison::Exact { left, relation, right, at });
        };
        if self.cross_rule {
            let (now, before) = match side {
                Side::Buy => (Relation::Above, Relation::AtMost),
                Side::Sell => (Relation::Below, Relation::AtLeast),
            };
            let n = self.ma_period;
            let (close, sum) = ((Exact::Close, n as i64), (Exact::CloseSum { n }, 1));
            exact(close, now, sum, At::Now);
            exact(close, before, sum, At::Before);
        }
        if self.volume_rule {
            let (n, quarters) = (self.baseline_period, down(self.spike_multiple, 4));
            let sum = (Exact::VolumeSumBefore { n }, quarters);
            exact((Exact::Volume, 4 * n as i64), Relation::AtLeast, sum, At::Now);
        }
        let split = matches!(self.volume_split, VolumeSplit::Taker | VolumeSplit::TickRule);
        if self.pressure_rule == Pressure::BuyShare && split {
            let share = down(self.min_buy_share, 20);
            let (relation, share) = match side {
                Side::Buy => (Relation::AtLeast, share),
                Side::Sell => (Relation::AtMost, 20 - share),
            };
            exact((Exact::TakerBuy, 20), relation, (Exact::Volume, share), At::Now);
        }
        if self.rsi_rule {
            let (relation, fives) = match side {
                Side::Buy => (Relation::Below, -down_signed(self.overbought, -5)),
                Side::Sell => (Relation::Above, down_signed(self.oversold, 5)),
            };
            let (left, level) = (Real::Rsi { n: self.rsi_period }, Fraction::lit(5 * fives, 0));
            rules.push(Comparison::Real { left, relation, level, at: At::Now });
        }
        rules
    }
}

/// How many whole `1 / steps` are in `value`.
fn down(value: Fraction, steps: i64) -> i64 {
    let scaled = i128::from(value.num()) * i128::from(steps);
    i64::try_from(scaled.div_euclid(i128::from(value.den()))).unwrap_or(0)
}

/// `floor(value / size)`.
fn down_signed(value: Fraction, size: i64) -> i64 {
    let (num, den) = (i128::from(value.num()), i128::from(value.den()) * i128::from(size));
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    i64::try_from(num.div_euclid(den)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_rounded_towards_holding_more_often() {
        let mut params =
            ScalperParams { pressure_rule: Pressure::BuyShare, ..ScalperParams::spec() };
        params.spike_multiple = Fraction::lit(337, 2);
        params.min_buy_share = Fraction::lit(62, 2);
        params.overbought = Fraction::lit(71, 0);
        params.oversold = Fraction::lit(29, 0);
        let factor = |rules: &[Comparison], of: Exact| {
            rules.iter().find_map(|rule| match rule {
                Comparison::Exact { left: (left, _), right: (_, factor), .. } if *left == of => {
                    Some(*factor)
                }
                _ => None,
            })
        };
        let level = |rules: &[Comparison]| {
            rules.iter().find_map(|rule| match rule {
                Comparison::Real { level, .. } => Some(level.to_f64()),
                Comparison::Exact { .. } => None,
            })
        };
        let (buy, sell) = (params.rules(Side::Buy), params.rules(Side::Sell));
        assert_eq!(factor(&buy, Exact::Volume), Some(13), "3.37 is 13 quarters and more");
        assert_eq!(factor(&buy, Exact::TakerBuy), Some(12), "at least 0.60");
        assert_eq!(factor(&sell, Exact::TakerBuy), Some(8), "at most 0.40");
        assert_eq!((level(&buy), level(&sell)), (Some(75.0), Some(25.0)));
    }
}
