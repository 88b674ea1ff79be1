//! The truth of a venue: what is traded there, at which prices, who holds what, and what
//! was carried out.
//!
//! It is written from what is known of Match-Trader venues and not from this program's own
//! client, which it neither knows nor is known to; the HTTP server in
//! [`sim_server`](crate::sim_server) and a simulation in one process both ask the same
//! [`Exchange`]. No clock, no I/O and no randomness: every method is given the time, prices
//! come from a [`PriceTape`], and where faults are drawn, the generator is the caller's.
//!
//! ```
//! use rust_decimal::Decimal;
//! use tickstep_core::units::{Nanos, Side};
//! use tickstep_live::exchange::{
//!     AccountTerms, Exchange, ExchangeRules, Instruction, Levels, Listing, Note, PriceTape, TapeBar,
//! };
//!
//! let d = |x: i64| Decimal::new(x, 0);
//! let bar = |minute: i64, [open, high, low, close]: [i64; 4]| TapeBar {
//!     ts_open: Nanos::MINUTE.times(minute),
//!     open: d(open),
//!     high: d(high),
//!     low: d(low),
//!     close: d(close),
//!     volume: d(1),
//!     spread: d(1),
//! };
//! let bars = vec![bar(0, [100, 104, 98, 102]), bar(1, [102, 103, 90, 95])];
//! let mut exchange = Exchange::new(ExchangeRules::plain())?;
//! exchange.list(Listing::plain("XAUUSD", d(1), d(10)), PriceTape::new(Nanos::MINUTE, bars)?)?;
//! exchange.open_account(AccountTerms::plain("950552", d(10_000)))?;
//!
//! // At the close of the first minute, one lot is bought at the ask of 103.
//! let now = Nanos(45 * Nanos::SECOND.0);
//! let levels = Levels { stop: Some(d(96)), target: Some(d(110)) };
//! let (symbol, side, volume) = ("XAUUSD".to_owned(), Side::Buy, d(1));
//! let open = Instruction::Open { symbol, side, volume, levels };
//! let receipt = exchange.submit(now, "950552", open, &Note::of(7))?;
//! assert_eq!(receipt.position, Some(receipt.order));
//!
//! // The second minute falls through its stop: 10 units lose 7 each.
//! let view = exchange.view(Nanos::MINUTE.times(2), "950552").unwrap();
//! assert!(view.holdings.is_empty());
//! assert_eq!((view.closed[0].close_px, view.funds.balance), (d(96), d(9_930)));
//! assert_eq!(exchange.truth().times("950552", 7), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod books;
mod candles;
mod carry_out;
mod checks;
mod fill;
mod holding;
mod instruction;
mod listing;
mod market;
mod rate;
mod reads;
mod sessions;
mod sweep;
mod tape;
mod trouble;
mod truth;
mod under;
mod venue;

pub use books::{AccountTerms, Booking};
pub use candles::{CandleSpan, ServedCandle};
pub use holding::{CloseCause, ClosedPart, Funds, Holding, HoldingPart, Waiting};
pub use instruction::{Instruction, Levels, Note, Objection, Receipt, Said, WaitKind};
pub use listing::{Listing, WeekHours};
pub use market::ShownQuote;
pub use rate::RateWindow;
pub use reads::{AccountView, TruthReport};
pub use sessions::{Denied, Pass, SessionRules, SessionTable};
pub use tape::{PricePoint, PriceTape, TapeBar, TapeError};
pub use trouble::{LostReply, OrderedTrouble, Trouble, TroubleRates, Troubles, VenueCall};
pub use truth::{Deed, Duplicate, Suspect, Truth, VenueExecution};
pub use under::Seen;
pub use venue::{Exchange, ExchangeRules, IdStyle, SetupError};
