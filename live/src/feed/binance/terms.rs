//! How a feed from Binance works: where it is, what is told, and how often.

use tickstep_core::units::Nanos;

use super::link::LinkTerms;
use super::market::BinanceMarket;

/// How the feed works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinanceTerms {
    /// The market.
    pub market: BinanceMarket,
    /// Where streams of klines and trades are.
    pub market_url: String,
    /// Where streams of books are.
    pub depth_url: String,
    /// Levels of each side of a book that are told; 0 is no book at all.
    pub levels: usize,
    /// How often a book is told at most.
    pub depth_every: Nanos,
    /// How often the last trade is told at most.
    pub trades_every: Nanos,
    /// Whether prices between two ticks are rounded.
    pub rounds: bool,
    /// How long nothing may come of an instrument while its market is open.
    pub quiet: Nanos,
    /// Bars that are asked for at the start.
    pub warm_up: usize,
    /// Weight of questions in a minute.
    pub weight_per_minute: u32,
    /// How connections are kept.
    pub link: LinkTerms,
}
