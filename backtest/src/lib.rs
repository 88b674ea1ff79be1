//! Backtests of short-horizon strategies over historical bars: load, run, sweep, and
//! know how far the best result is to be believed.
//!
//! The machine itself, events in and intents out, is [`tickstep_core`]; this crate feeds
//! it. The command `tickstep` ([`cli`]) does all of the following from a TOML file.
//!
//! # Load
//!
//! A [`Series`](series::Series) is the bars of one instrument, checked: prices are whole
//! ticks, volumes whole steps, times rise by whole intervals, and whatever is doubtful is
//! an error that names its row. It comes from files ([`load::load`]), from arrays
//! ([`load::from_f64`]), or from bars that are in memory:
//!
//! ```
//! use tickstep_backtest::prelude::*;
//!
//! let start = 1_700_000_040_000_000_000; // nanoseconds since the Unix epoch, UTC
//! let minutes: Vec<i64> = (0..500).map(|minute| start + minute * 60_000_000_000).collect();
//! let px: Vec<f64> = (0..500).map(|n| f64::from(10_000 + n * n % 97) / 100.0).collect();
//! let (open, high, low, close, volume) = (&px, &px, &px, &px, &px);
//! let bars = FloatBars { ts_open: &minutes, open, high, low, close, volume, taker_buy: None };
//! let series = from_f64("MADE-UP", &bars, &LoadOptions::default())?;
//!
//! assert_eq!(series.bars().len(), 500);
//! assert_eq!(series.grid().tick_size.to_string(), "0.01"); // inferred from the decimals
//! # Ok::<(), tickstep_backtest::load::LoadError>(())
//! ```
//!
//! # Run
//!
//! A strategy asks for features once and proposes at each close; sizing, risk, orders and
//! money are the engine's. Costs have no default.
//!
//! ```
//! use tickstep_backtest::prelude::*;
//!
//! const RSI: Real = Real::Rsi { n: 14 };
//!
//! /// Buys when the RSI of 14 bars is below 30, for a quarter of a percent or ten minutes.
//! struct Oversold {
//!     rsi: RealId,
//! }
//!
//! impl Strategy for Oversold {
//!     fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
//!         let Some(rsi) = now.features.real(self.rsi) else { return };
//!         if RSI.is_below(rsi, 30.0) {
//!             let quarter = Some(Distance::Fraction(Fraction::lit(25, 4)));
//!             let hold = Some(Nanos::MINUTE.times(10));
//!             let exits = Exits { stop: quarter, target: quarter, hold };
//!             out.enter = Some(Entry::new(Side::Buy, exits, Reason::of("rsi", rsi)));
//!         }
//!     }
//! }
//!
//! # let start = 1_700_000_040_000_000_000;
//! # let minutes: Vec<i64> = (0..500).map(|minute| start + minute * 60_000_000_000).collect();
//! # let px: Vec<f64> = (0..500).map(|n| f64::from(10_000 + n * n % 97) / 100.0).collect();
//! # let (open, high, low, close, volume) = (&px, &px, &px, &px, &px);
//! # let bars = FloatBars { ts_open: &minutes, open, high, low, close, volume, taker_buy: None };
//! # let series = from_f64("MADE-UP", &bars, &LoadOptions::default())?;
//! let oversold = StrategyFactory::new(|spec| {
//!     Ok(Oversold { rsi: spec.real(Timeframe::Base, RSI)? })
//! });
//! let fee = "0.0004".parse()?;
//! let costs = Costs { maker_fee: fee, taker_fee: fee, slippage: Slippage::Ticks(1) };
//! let size = Sizing::FixedNotional { notional: 10_000.into() };
//! let run = Backtest::on(&series).costs(costs).strategy("oversold", oversold, size).run()?;
//!
//! assert!(run.trades.iter().all(|t| t.net == t.gross - t.fees - t.funding));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A configuration file says the same and more: several instruments and strategies on
//! one account, limits, funding, a warm-up ([`config`], [`setup::Prepared`]):
//!
//! ```
//! use std::path::Path;
//! use tickstep_backtest::prelude::*;
//!
//! let folder = Path::new("../examples");
//! let august = ["instrument.data=[\"data/FILUSDT-1m-2023-08.csv.gz\"]".to_owned()];
//! let config = Config::read(&folder.join("fil.toml"), &august)?;
//! let prepared = Prepared::load(config, folder)?;
//! let run = prepared.backtest()?.run()?;
//! let stats = prepared.stats(&run);
//!
//! assert_eq!(stats.trades.count, run.trades.len());
//! assert!(terminal(&stats, "USDT", prepared.zone()).contains("Break-even Cost"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Sweep
//!
//! `[sweep]` names axes, which are any keys of the configuration, and an objective, which
//! is any metric of [`tickstep_core::stats`]. Every set is the single run that its values
//! would make, to the last bit; kept in memory here, in a folder by the command.
//!
//! ```
//! use std::path::Path;
//! use tickstep_backtest::prelude::*;
//!
//! let folder = Path::new("../examples");
//! let search = r#"
//!     [sweep]
//!     method = "grid"
//!     objective = "sharpe"
//!     random_entries = 20
//!     [[sweep.axis]]
//!     key = "strategy.params.spike_multiple"
//!     values = [3, 5]
//!     [[sweep.axis]]
//!     key = "strategy.params.max_hold_s"
//!     values = [300, 900]
//! "#;
//! let file = folder.join("fil.toml");
//! let august = ["instrument.data=[\"data/FILUSDT-1m-2023-08.csv.gz\"]".to_owned()];
//! let text = std::fs::read_to_string(&file)? + search;
//! let plan = SweepPlan::new(SearchConfig::parse(&text, &file, &august)?)?;
//! let prepared = Prepared::load(plan.base().clone(), folder)?;
//! let sweep = plan.over(&prepared)?;
//! let result = sweep.run()?;
//!
//! assert_eq!(sweep.sets.len(), 4);
//! let best = &result.best(1)[0];
//! assert!(best.values[0].is_finite());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Validate
//!
//! The best of many looks good by luck alone. What is validated is the whole search: how
//! many sets were tried, how alike they are, what entries at random make of the same bars.
//!
//! ```
//! # use std::path::Path;
//! # use tickstep_backtest::prelude::*;
//! # let folder = Path::new("../examples");
//! # let search = r#"
//! #     [sweep]
//! #     method = "grid"
//! #     objective = "sharpe"
//! #     random_entries = 20
//! #     [[sweep.axis]]
//! #     key = "strategy.params.spike_multiple"
//! #     values = [3, 5]
//! # "#;
//! # let file = folder.join("fil.toml");
//! # let august = ["instrument.data=[\"data/FILUSDT-1m-2023-08.csv.gz\"]".to_owned()];
//! # let text = std::fs::read_to_string(&file)? + search;
//! # let plan = SweepPlan::new(SearchConfig::parse(&text, &file, &august)?)?;
//! # let prepared = Prepared::load(plan.base().clone(), folder)?;
//! # let sweep = plan.over(&prepared)?;
//! # let result = sweep.run()?;
//! let validated = sweep.validate(&result, &plan.validation_options())?;
//! assert!(validated.validation.lines().iter().any(|line| line.starts_with("Verdict")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! [`series`] is the noun at the bottom; [`load`] makes it, [`quality`] looks at files
//! before they are trusted; [`run`] steps an account over it; [`setup`] goes from
//! configuration to run; [`folder`] keeps a run and [`report`] draws it; [`research`]
//! searches. Arrows between them point down only.
//!
//! # Features
//!
//! `cli` (default) builds the command and the libraries of a terminal; a program that only
//! runs backtests leaves it out. `polars` adds Parquet files and frames. Neither changes a
//! number.

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod features;
pub mod folder;
#[cfg(feature = "polars")]
pub mod frame;
pub mod load;
pub mod prelude;
pub mod quality;
pub mod report;
pub mod research;
pub mod run;
pub mod series;
pub mod setup;
pub mod times;
