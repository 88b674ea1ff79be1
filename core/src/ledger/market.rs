//! An instrument as an account sees it.

use crate::instrument::{Conversion, Instrument};
use crate::units::Ticks;

/// An instrument, how its money is converted, and its last price.
#[derive(Clone, Debug)]
pub struct Market {
    /// The instrument.
    pub instrument: Instrument,
    /// Quote currency to account currency.
    pub conversion: Conversion,
    /// Last known price.
    pub mark: Option<Ticks>,
}

impl Market {
    /// A market without a price yet.
    #[must_use]
    pub const fn new(instrument: Instrument, conversion: Conversion) -> Self {
        Self { instrument, conversion, mark: None }
    }
}
