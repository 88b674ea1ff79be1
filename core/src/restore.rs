//! What a saved state is fitted into: the same account, or one whose instruments and
//! strategies were changed meanwhile. They are found again by their names.
//!
//! Refuses to do: convert what is held between grids. A price step that changed makes
//! other positions of the same numbers, so it is an error.

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::instrument::{Instrument, InstrumentId};
use crate::order::{Order, SlotId};

/// An instrument as what is saved names it: its symbol, and what its ticks and lots are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    pub(crate) symbol: String,
    pub(crate) tick_size: Decimal,
    pub(crate) lot_step: Decimal,
    pub(crate) contract_size: Decimal,
}

impl Grid {
    /// The grid of an instrument.
    #[must_use]
    pub fn of(instrument: &Instrument) -> Self {
        let spec = instrument.spec();
        Self {
            symbol: spec.symbol.clone(),
            tick_size: spec.tick_size,
            lot_step: spec.lot_step,
            contract_size: spec.contract_size,
        }
    }
}

/// Where the instruments and slots of a saved state are in the account that takes it;
/// `None` for what it has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub(crate) instruments: Vec<Option<InstrumentId>>,
    pub(crate) slots: Vec<Option<SlotId>>,
}

impl Places {
    /// Where an instrument is now.
    #[must_use]
    pub fn instrument(&self, old: InstrumentId) -> Option<InstrumentId> {
        self.instruments.get(old.index()).copied().flatten()
    }

    /// Where a slot is now.
    #[must_use]
    pub fn slot(&self, old: SlotId) -> Option<SlotId> {
        self.slots.get(old.index()).copied().flatten()
    }
}

impl Order {
    /// The same order where its slot is now.
    pub(crate) fn moved(&self, places: &Places) -> Option<Self> {
        let slot = places.slot(self.slot)?;
        Some(Self { slot, instrument: places.instrument(self.instrument)?, ..*self })
    }
}

/// Why a state cannot be restored. What should have taken it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// An instrument is counted in other steps.
    #[error(
        "{symbol} was saved with other tick size, lot step or contract size than it has now; \
         what is held cannot be told in them"
    )]
    Grid {
        /// Name of the instrument.
        symbol: String,
    },
    /// The state contradicts itself.
    #[error("the saved state contradicts itself: {0}")]
    Contradiction(&'static str),
    /// Money of the state is beyond what is kept exactly here.
    #[error("money of the saved state is not kept to the last digit beside what is traded now")]
    Money,
    /// A simulated exchange for an account at a broker, or the other way around.
    #[error("the state was saved at another kind of venue than the account trades at now")]
    Venue,
    /// As many states are needed as there are accounts.
    #[error("{found} accounts were saved and the session has {expected}")]
    Accounts {
        /// Accounts of the session.
        expected: usize,
        /// Accounts of the state.
        found: usize,
    },
}
