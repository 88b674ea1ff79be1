//! A strategy of one's own: its parameters in TOML, and what it does at each bar. The program
//! that tests it, `own_strategy.rs`, and the one that trades it, `live_strategy.rs`, have it in
//! this one file.

use serde::Deserialize;
use tickstep_config::{ConfigError, ParamTable};
use tickstep_core::decision::Reason;
use tickstep_core::features::{Exact, ExactId, Timeframe};
use tickstep_core::params::in_range;
use tickstep_core::strategy::{
    Distance, Entry, Exits, Moment, Proposal, Strategy, StrategyFactory,
};
use tickstep_core::units::{Fraction, Nanos, Side};

/// Buys a close above the highest high of the bars before, for a while.
pub struct Breakout {
    highest: ExactId,
    exits: Exits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    bars: usize,
    hold_s: u32,
    stop: Fraction,
}

impl Breakout {
    /// The strategy that a table of parameters makes.
    pub fn from_toml(params: ParamTable) -> Result<StrategyFactory, ConfigError> {
        let Params { bars, hold_s, stop } = params.read()?;
        in_range("bars", bars, 2, 1_000, "2 to 1000")?;
        let hold = Some(Nanos::SECOND.times(i64::from(hold_s)));
        let exits = Exits { stop: Some(Distance::Fraction(stop)), target: None, hold };
        Ok(StrategyFactory::new(move |spec| {
            let highest = spec.exact(Timeframe::Base, Exact::HighestBefore { n: bars })?;
            Ok(Self { highest, exits })
        }))
    }
}

impl Strategy for Breakout {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if now.features.exact(self.highest).is_some_and(|highest| now.bar.close.0 > highest) {
            out.enter = Some(Entry::new(Side::Buy, self.exits, Reason::default()));
        }
    }

    fn exits(&self, _: &Moment<'_>) -> Option<Exits> {
        Some(self.exits)
    }
}
