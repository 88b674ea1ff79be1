//! An account as it is saved, and why what is saved cannot be taken up.

use serde::{Deserialize, Serialize};
use tickstep_core::restore::RestoreError;
use tickstep_core::units::Nanos;

use super::input::Stop;
use super::tables::LiveAccount;

/// Why a snapshot cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Its bytes are none.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(String),
    /// The engines cannot take up what it says.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// An account is another one than it was.
    #[error(
        "account {account} was {was} and is {now}; an account keeps its venue and number: give \
         the new one another name"
    )]
    Moved {
        /// The account.
        account: String,
        /// What it was.
        was: String,
        /// What it is.
        now: String,
    },
    /// An account is gone that is not done with.
    #[error("account {account} cannot go: {what}; close it first")]
    AccountOpen {
        /// The account.
        account: String,
        /// What is open there.
        what: String,
    },
    /// A strategy on an instrument is gone that is not done with.
    #[error(
        "account {account} would no longer trade {strategy} on {symbol}, where a position or an \
         order is open; close it first"
    )]
    SlotOpen {
        /// The account.
        account: String,
        /// The strategy.
        strategy: String,
        /// The instrument.
        symbol: String,
    },
}

/// An account, as it is saved.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedRow {
    pub name: String,
    /// Which account of which broker it is; `None` on paper.
    pub identity: Option<String>,
    /// Strategy and symbol of each slot, in the engine's order.
    pub slots: Vec<(String, String)>,
    pub stopped: Option<Stop>,
    pub agreed: bool,
    pub alarm: Nanos,
    pub touched: bool,
    /// What is known of it where it is at a broker.
    pub live: Option<LiveAccount>,
}
