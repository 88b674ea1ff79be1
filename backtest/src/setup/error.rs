//! Why a configuration does not become a run.

use std::path::PathBuf;

use tickstep_config::{ConfigError, CostsNotStated};
use tickstep_core::instrument::InstrumentError;
use tickstep_core::params::ParamError;

use super::funding;
use crate::load::LoadError;

/// Why a configuration does not become a run.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An instrument's terms cannot be used.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A parameter is out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A funding series cannot be read.
    #[error(transparent)]
    Funding(#[from] funding::FundingError),
    /// A pattern of file names matches no file.
    #[error(
        "{symbol}: {pattern} matches no file below {}; check the path or the pattern, or name its folder with --base", base.display()
    )]
    NoFile {
        /// Name of the instrument.
        symbol: String,
        /// The pattern as configured.
        pattern: String,
        /// Folder it starts from.
        base: PathBuf,
    },
    /// Costs are not stated.
    #[error(transparent)]
    Costs(#[from] CostsNotStated),
    /// The configuration is of other instruments than those loaded.
    #[error("the data of {loaded} was loaded, not of {asked}; load the configuration anew")]
    NotLoaded {
        /// Symbols that were loaded.
        loaded: String,
        /// Symbols of the configuration.
        asked: String,
    },
    /// Bar files have no order book.
    #[error(
        "strategy {strategy}: pressure_rule = imbalance needs order book, which bar files do not \
         have; --set strategy.params.pressure_rule=buy_share looks at the takers instead, =off at \
         neither"
    )]
    NoBook {
        /// Name of the strategy.
        strategy: String,
    },
}
