//! One import for a program of one's own: `use tickstep_backtest::prelude::*;`.
//!
//! It holds what a strategy is written in, what a run is put together from and what
//! comes out of it; everything else is imported from where it stands.

pub use tickstep_core::decision::Reason;
pub use tickstep_core::features::{Exact, ExactId, FeatureSpec, Real, RealId, Timeframe};
pub use tickstep_core::instrument::Slippage;
pub use tickstep_core::ledger::Trade;
pub use tickstep_core::sizing::Sizing;
pub use tickstep_core::stats::Stats;
pub use tickstep_core::strategy::builtin::{StrategyKind, StrategyParams};
pub use tickstep_core::strategy::scheduled::{Scheduled, Signal};
pub use tickstep_core::strategy::{
    Distance, Entry, Exit, Exits, Moment, Proposal, Strategy, StrategyFactory,
};
pub use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};

pub use crate::config::{Config, ConfigError, Costs, ParamTable};
pub use crate::load::{FloatBars, IntegerBars, LoadOptions, from_f64, from_i64};
pub use crate::report::terminal;
pub use crate::research::SearchConfig;
pub use crate::research::search::SweepPlan;
pub use crate::run::{Backtest, Run};
pub use crate::series::{Grid, Series};
pub use crate::setup::Prepared;
