//! A strategy of one's own on live markets, with all commands of `tickstep-live`.
//!
//!   cargo run --example live_strategy -- run examples/live_paper.toml --paper

use std::process::ExitCode;

use serde::Deserialize;
use tickstep_config::{ConfigError, ParamTable};
use tickstep_core::decision::Reason;
use tickstep_core::features::{Exact, ExactId, Timeframe};
use tickstep_core::params::in_range;
use tickstep_core::strategy::{
    Distance, Entry, Exits, Moment, Proposal, Strategy, StrategyFactory,
};
use tickstep_core::units::{Fraction, Nanos, Side};

/// Sells a close below the lowest low of the bars before, for a while.
struct Breakdown {
    lowest: ExactId,
    exits: Exits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    bars: usize,
    hold_s: u32,
    stop: Fraction,
}

impl Breakdown {
    fn from_toml(params: ParamTable) -> Result<StrategyFactory, ConfigError> {
        let Params { bars, hold_s, stop } = params.read()?;
        in_range("bars", bars, 2, 1_000, "2 to 1000")?;
        let hold = Some(Nanos::SECOND.times(i64::from(hold_s)));
        let exits = Exits { stop: Some(Distance::Fraction(stop)), target: None, hold };
        Ok(StrategyFactory::new(move |spec| {
            let lowest = spec.exact(Timeframe::Base, Exact::LowestBefore { n: bars })?;
            Ok(Self { lowest, exits })
        }))
    }
}

impl Strategy for Breakdown {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if now.features.exact(self.lowest).is_some_and(|lowest| now.bar.close.0 < lowest) {
            out.enter = Some(Entry::new(Side::Sell, self.exits, Reason::default()));
        }
    }

    fn exits(&self, _: &Moment<'_>) -> Option<Exits> {
        Some(self.exits)
    }
}

fn main() -> ExitCode {
    tickstep_live::cli::main([("breakdown", Breakdown::from_toml as _)])
}
