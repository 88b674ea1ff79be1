//! A user's own strategy: always in the market, on the side of the faster of
//! two simple means of closes. It shares nothing with the scalper but the trait.
//!
//! Signal LONG: the fast mean is above the slow one and was not a bar before;
//! SHORT mirrors it. The means are compared in whole ticks, so a tie is a tie.

use tickstep_core::chart::{Cross, Mean, MeanPair};
use tickstep_core::decision::Reason;
use tickstep_core::features::{Exact, ExactId, FeatureError, FeatureSpec, Timeframe};
use tickstep_core::strategy::wake::{At, Comparison, Relation, Wake, Wakes};
use tickstep_core::strategy::{Entry, Moment, Proposal, Strategy, StrategyFactory};
use tickstep_core::units::Side;

/// The strategy.
pub struct SmaCross {
    fast: usize,
    slow: usize,
    sums: (ExactId, ExactId),
}

impl SmaCross {
    /// Means of `fast` and `slow` bars.
    pub fn new(fast: usize, slow: usize, spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
        let mut sum = |n| spec.exact(Timeframe::Base, Exact::CloseSum { n });
        Ok(Self { fast, slow, sums: (sum(fast)?, sum(slow)?) })
    }

    /// Makes such crosses.
    #[must_use]
    pub fn factory(fast: usize, slow: usize) -> StrategyFactory {
        StrategyFactory::new(move |spec| Self::new(fast, slow, spec))
    }

    fn cross(&self, now: &Moment<'_>) -> Option<Cross> {
        let (fast, slow) = self.sums;
        let pair = |fast, slow| {
            Some(MeanPair { fast: Mean::new(fast, self.fast)?, slow: Mean::new(slow, self.slow)? })
        };
        let features = now.features;
        let before = pair(features.exact_before(fast)?, features.exact_before(slow)?)?;
        Some(Cross::between(before, pair(features.exact(fast)?, features.exact(slow)?)?))
    }
}

impl Strategy for SmaCross {
    fn wakes(&self) -> Wakes {
        let sum = |n: usize, by: usize| (Exact::CloseSum { n }, by as i64);
        let (left, right) = (sum(self.fast, self.slow), sum(self.slow, self.fast));
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

    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let side = match self.cross(now) {
            Some(Cross::Up) => Side::Buy,
            Some(Cross::Down) => Side::Sell,
            Some(Cross::Neither) | None => return,
        };
        out.enter = Some(Entry {
            side,
            stop: None,
            target: None,
            hold: None,
            confidence: None,
            reason: Reason::of("close", now.bar.close.0 as f64),
            withheld: None,
        });
    }
}
