//! Why a journal cannot be held against a run.

use std::path::PathBuf;

use tickstep_config::ConfigError;
use tickstep_core::codec::DecodeError;
use tickstep_journal::{ReadError, Unreadable};

/// Why a journal cannot be held against a run.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A folder without a journal.
    #[error(
        "{} has no journal; name the state folder of a live runner, or the folder `journal` in it",
        .0.display()
    )]
    NoJournal(PathBuf),
    /// The journal is not as it was written.
    #[error("{}: {error}; `tickstep-live verify` says more", journal.display())]
    Damaged {
        /// The journal.
        journal: PathBuf,
        /// What is wrong.
        error: ReadError,
    },
    /// A record that cannot be read.
    #[error("{}: record {number}: {error}", journal.display())]
    Record {
        /// The journal.
        journal: PathBuf,
        /// Its number.
        number: u64,
        /// What is wrong.
        error: Unreadable,
    },
    /// News of the market that cannot be read.
    #[error("{}: record {number}: {error}", journal.display())]
    Market {
        /// The journal.
        journal: PathBuf,
        /// Its number.
        number: u64,
        /// What is wrong.
        error: DecodeError,
    },
    /// The configuration in it cannot be read.
    #[error("{}: the configuration that was in force: {error}", journal.display())]
    Config {
        /// The journal.
        journal: PathBuf,
        /// What is wrong.
        error: ConfigError,
    },
    /// A journal of before outcomes were written, or of a day without any.
    #[error(
        "{} has no outcome of any order or position: nothing was traded, or it was written by a \
         release that did not keep them",
        .0.display()
    )]
    NoOutcomes(PathBuf),
    /// No account of that name.
    #[error("the journal has no account {asked}; it has {there}")]
    NoAccount {
        /// The name.
        asked: String,
        /// Those there are.
        there: String,
    },
    /// The journal is of something else than the run.
    #[error("the run and the journal are not of the same configuration: {0}")]
    Differs(String),
    /// They have no time in common.
    #[error(
        "the run is of {run} and the journal of {journal}: they have no time in common; run the \
         backtest over the days that were traded"
    )]
    Apart {
        /// Span of the run.
        run: String,
        /// Span of the journal.
        journal: String,
    },
    /// The run has nothing to compare with.
    #[error(
        "the run has no trade from {from} to {to}, the time that both cover; the journal has \
         {live}"
    )]
    NoTrades {
        /// From when on.
        from: String,
        /// Until when.
        to: String,
        /// Trades of the journal in it.
        live: usize,
    },
    /// Too little to measure.
    #[error("account {account}: {words}")]
    TooLittle {
        /// The account.
        account: String,
        /// What is missing.
        words: String,
    },
    /// A number of a table that does not fit.
    #[error("{0}")]
    Number(String),
}
