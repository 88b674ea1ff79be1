//! An instrument, as feeds see it.

use tickstep_core::calendar::BarTimes;
use tickstep_core::instrument::Instrument;

/// An instrument that a feed brings, with the lengths of its bars.
#[derive(Clone, Debug)]
pub struct FedMarket {
    /// The instrument.
    pub instrument: Instrument,
    /// Where its bars lie in time.
    pub times: BarTimes,
}
