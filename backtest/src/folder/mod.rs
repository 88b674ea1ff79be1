//! The run folder: `trades.csv`, `equity.csv`, `decisions.csv`, `stats.json`,
//! `report.html` and `manifest.json`, and `findings.json` where there are any.
//!
//! Everything is written beside the folder first and moved into place at the
//! end, so that a folder holds a whole run or none; a folder that is not a run is
//! never touched. The bytes are a function of the configuration, the data and
//! the version alone: no clock, host or absolute path gets in. The page is drawn by
//! whoever writes the folder; nothing here knows how it looks.

pub mod columns;
mod error;
mod findings;
mod identity;
mod manifest;
mod read;
mod staging;
mod terms;
mod write;

pub use error::{FolderError, OutputError};
pub use findings::Findings;
pub use identity::Identity;
pub(crate) use identity::sha256;
pub use manifest::{DataFile, IN_MEMORY, InstrumentData, Manifest, ResultFile};
pub use read::RunFolder;
pub(crate) use read::{DecisionRow, EquityRow, TradeRow};
pub use staging::check;
pub(crate) use staging::relative;
pub use terms::{Term, terms};
pub use write::RunResults;
