//! Where a runner's market comes from: a recorded tape, or a broker's candles and quotes.
//!
//! A feed hands the driver news of the market in their order, each with its time. What a
//! feed cannot bring (a session is down, a market stands still) is said, so that nothing is
//! entered on prices that nobody has seen for a while.

pub mod binance;
mod candles;
mod csv_bars;
mod days;
mod events;
mod funding;
mod journal_tape;
mod liveness;
mod market;
mod recording;
mod session;
mod share;
mod tape;
mod venue;

pub use candles::{CandleFault, CandleTrack, TrackedBar};
pub use csv_bars::{BarFileError, read_bars};
pub use days::DayClock;
pub use funding::{FundingFileError, FundingPayment, constant_funding, read_funding};
pub use journal_tape::{JournalRoster, JournalTapeError};
pub use liveness::Liveness;
pub use market::FedMarket;
pub use recording::{Recording, RecordingError, RecordingFor, RecordingPlan, fed_markets};
pub use session::FeedSession;
pub use tape::{RecordedMarket, RecordedTape, TapeEvent, TapeMark, play};
pub use venue::{VenueFeed, VenueFeedTerms, VenueMarket, VenueQuotes};
