//! What users write down for tickstep, read with care: a TOML file with changes made to
//! it, every digit of its numbers kept, and a fault told with its place and the nearest
//! thing that would be right.
//!
//! A [`Document`] is the text and its places; [`read`] and [`section`] read tables of it,
//! so that programs may share a file: each reads its own and says which it leaves alone.
//! The tables that a backtest and a live runner have in common are here: the
//! [account](AccountConfig), the [terms](InstrumentTerms) of its instruments, their
//! [costs](CostConfig), when their markets [trade](CalendarConfig), its [strategies](StrategyConfig) with those a program
//! [brings](OwnStrategies), what is [assumed](SimulationConfig) of the simulated exchange, and
//! [times](instant). What is about files of data is not.
//!
//! Reading touches no other file, but for [measured costs](FittedConfig::loaded) where a program
//! asks for them. Nothing that costs money has a hidden default.
//!
//! ```
//! use std::path::Path;
//! use tickstep_config::{AccountConfig, ConfigError, Document, section};
//!
//! let text = "[account]\ncurrency = \"USDT\"\ncash = 0.1\ntime_zon = \"UTC\"";
//! let file = Document::parse(text, Path::new("live.toml"), &["account.cash=5".to_owned()])?;
//! let account = section::<AccountConfig>(file.table(), "account").map_err(|e| file.placed(e));
//! assert_eq!(
//!     account.unwrap_err().to_string(),
//!     "live.toml:4:1: unknown field `time_zon`, expected one of `currency`, `cash`, \
//!      `time_zone`, `day_start`; did you mean `time_zone`?"
//! );
//! # Ok::<(), ConfigError>(())
//! ```

mod account;
mod calendar;
mod costs;
mod day;
mod document;
mod error;
mod fitted;
mod names;
mod nearest;
mod own;
mod set;
mod simulation;
mod source;
mod strategy;
mod table;
mod terms;
mod time;

pub use account::AccountConfig;
pub use calendar::{CalendarConfig, HoursConfig, MarketHours, local};
pub use costs::{CostConfig, Costs, CostsNotStated};
pub use day::DayStarts;
pub use document::{Document, read, section};
pub use error::ConfigError;
pub use fitted::{FitAccount, FitFile, FittedConfig, SlippageTicks};
pub use names::names;
pub use nearest::hint;
pub use own::{FromToml, OwnStrategies, OwnStrategy, ParamTable};
pub use set::apply;
pub use simulation::SimulationConfig;
pub use source::exact;
pub use strategy::{Strategies, StrategyChoice, StrategyConfig};
pub use table::{InstrumentTable, read_table, write_table};
pub use terms::{AccountTerms, ConvertConfig, ConvertMethod, InstrumentTerms};
pub use time::instant;
