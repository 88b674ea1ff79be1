//! One instrument of the exchange: its tape, its present price, whether it trades.

use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};

use super::listing::Listing;
use super::tape::{PricePoint, PriceTape};

/// Prices of an instrument as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownQuote {
    /// The instrument.
    pub symbol: String,
    /// Best bid.
    pub bid: Decimal,
    /// Best ask.
    pub ask: Decimal,
    /// When they came.
    pub ts: Nanos,
    /// First bid of the UTC day.
    pub day_open: Decimal,
    /// Highest bid of the UTC day so far.
    pub day_high: Decimal,
    /// Lowest bid of the UTC day so far.
    pub day_low: Decimal,
}

/// An instrument.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    /// Its terms.
    pub listing: Listing,
    /// Its prices.
    pub tape: PriceTape,
    quote: Option<ShownQuote>,
    frozen: Option<(Nanos, Option<ShownQuote>)>,
    forced: Option<bool>,
    /// Whether prices went by that nobody could trade at.
    missed: bool,
}

impl Market {
    /// An instrument that has shown no price yet.
    pub const fn new(listing: Listing, tape: PriceTape) -> Self {
        Self { listing, tape, quote: None, frozen: None, forced: None, missed: false }
    }

    /// When its next price comes.
    pub fn next_ts(&self) -> Option<Nanos> {
        self.tape.next_ts()
    }

    /// Whether it trades.
    pub fn is_open(&self, now: Nanos) -> bool {
        self.forced.unwrap_or_else(|| self.listing.trades_at(now))
    }

    /// Opens or closes its session whatever its hours say, or lets them say it again.
    pub const fn force(&mut self, open: Option<bool>) {
        self.forced = open;
    }

    /// Stops showing prices, or shows them again. Trades go on at the true ones.
    pub fn freeze(&mut self, now: Nanos, frozen: bool) {
        match (frozen, &self.frozen) {
            (true, None) => self.frozen = Some((now, self.quote.clone())),
            (true, Some(_)) => {}
            (false, _) => self.frozen = None,
        }
    }

    /// The price it trades at.
    pub const fn quote(&self) -> Option<&ShownQuote> {
        self.quote.as_ref()
    }

    /// The price that it shows.
    pub fn shown(&self) -> Option<&ShownQuote> {
        self.frozen.as_ref().map_or(self.quote.as_ref(), |(_, quote)| quote.as_ref())
    }

    /// Until when its bars are shown.
    pub fn shown_until(&self, now: Nanos) -> Nanos {
        self.frozen.as_ref().map_or(now, |(ts, _)| *ts)
    }

    /// Takes the next price of the tape: where it came from, and the price itself, unless
    /// nobody can trade.
    pub fn step(&mut self) -> Option<(Decimal, PricePoint)> {
        let point = self.tape.take()?;
        if !self.is_open(point.ts) {
            self.missed = true;
            return None;
        }
        let jumps = point.jump || std::mem::take(&mut self.missed);
        let before = self.quote.as_ref().map(|q| q.bid).filter(|_| !jumps);
        self.missed = false;
        self.show(&point);
        Some((before.unwrap_or(point.bid), point))
    }

    fn show(&mut self, point: &PricePoint) {
        let PricePoint { ts, bid, ask, .. } = *point;
        let day = |ts: Nanos| ts.0.div_euclid(Nanos::DAY.0);
        let same_day = self.quote.take().filter(|q| day(q.ts) == day(ts));
        let (day_open, high, low) =
            same_day.map_or((bid, bid, bid), |q| (q.day_open, q.day_high, q.day_low));
        self.quote = Some(ShownQuote {
            symbol: self.listing.symbol.clone(),
            bid,
            ask,
            ts,
            day_open,
            day_high: high.max(bid),
            day_low: low.min(bid),
        });
    }

    /// What a market order on `side` pays at a quote, where it fills so many ticks worse than
    /// others.
    pub fn fill(&self, side: Side, quote: &ShownQuote, worse: u32) -> Decimal {
        let slip = self.listing.ticks(self.listing.slippage_ticks.saturating_add(worse));
        match side {
            Side::Buy => quote.ask + slip,
            Side::Sell => (quote.bid - slip).max(self.listing.tick_size),
        }
    }
}

impl ShownQuote {
    /// The price at which an order on `side` trades.
    #[must_use]
    pub const fn side(&self, side: Side) -> Decimal {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }
}
