//! Best prices between bars: what positions are valued at each second, and whether prices
//! come at all.

use rust_decimal::Decimal;
use tickstep_core::event::{Body, Event};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side};

use super::news::{AlertKind, Severity};
use super::{Effects, LastPrice, Runner, alert};
use crate::broker::Quote;

impl Runner {
    /// Best prices came: where the broker's are the market's, positions are marked at the bid,
    /// which is what a broker's bars are made of too, and limits on losses are held against
    /// that.
    pub(super) fn quoted(&mut self, server: &str, quotes: Vec<Quote>) {
        let now = self.now;
        let mut marked = false;
        // A bid or an ask of nothing is one that is not known.
        let known = |quote: &Quote| quote.bid > Decimal::ZERO && quote.ask > Decimal::ZERO;
        for quote in quotes.into_iter().filter(known) {
            if self.settings.marks_by_quotes
                && let Some(instrument) = self.instrument_of(server, &quote.symbol)
            {
                let of = self.quoted_at(server, &quote);
                let known = self.instrument(AccountId(0), instrument);
                let last = &self.known.prices[instrument.index()];
                // One that stands since before says nothing new.
                if let Some(px) = known.price_near(quote.bid)
                    && (of > last.of || last.px.is_none())
                {
                    self.known.prices[instrument.index()] =
                        LastPrice { px: Some(px), at: now, of, still: false };
                    let (lots, taker) = (Lots::ZERO, Side::Sell);
                    let body = Body::PublicTrade { instrument, px, lots, taker };
                    marked |= self.session.feed(Event::at(now, 0, body), &mut self.caught).is_ok();
                }
            }
            self.known.quotes.insert((server.to_owned(), quote.symbol.clone()), (quote, now));
        }
        if marked {
            let fed = self.session.feed(Event::at(now, 0, Body::Decide), &mut self.caught);
            debug_assert!(fed.is_ok(), "the moment to decide is never refused: {fed:?}");
        }
    }

    /// When a quote was the market's, by our clock: the latest that it may have been, and now
    /// where the broker does not say.
    fn quoted_at(&self, server: &str, quote: &Quote) -> Nanos {
        let there = self.rows.iter().position(|row| {
            row.broker.as_ref().is_some_and(|(at, _)| self.hosts[at.host].server == server)
        });
        let ahead = |row: usize| {
            let account = AccountId(row as u16);
            self.venue_time_at_least(account, self.now) - self.now
        };
        let of = quote.ts.zip(there).map(|(ts, row)| ts - ahead(row));
        of.map_or(self.now, |of| of.min(self.now))
    }

    /// The instrument that a server calls so.
    pub(super) fn instrument_of(&self, server: &str, symbol: &str) -> Option<InstrumentId> {
        let at_brokers = self.rows.iter().filter_map(|row| row.broker.as_ref());
        let there = at_brokers.filter(|(at, _)| self.hosts[at.host].server == server);
        let mut names = there.map(|(at, _)| &at.symbols);
        let place = names.find_map(|s| s.iter().position(|s| s.as_deref() == Some(symbol)))?;
        Some(InstrumentId(place as u16))
    }

    /// Prices of an instrument have stopped coming, or come again.
    pub(super) fn feed(
        &mut self,
        instrument: InstrumentId,
        still_since: Option<Nanos>,
        out: &mut Effects,
    ) {
        let Some(price) = self.known.prices.get_mut(instrument.index()) else { return };
        let was = core::mem::replace(&mut price.still, still_since.is_some());
        if was == still_since.is_some() {
            return;
        }
        let symbol = self.instrument(AccountId(0), instrument).symbol();
        let (severity, words) = match still_since {
            Some(since) => {
                let seconds = (self.now - since).0.max(0) / Nanos::SECOND.0;
                let words = format!(
                    "nothing new of {symbol} has come for {seconds} s: no new entries on it \
                     until something does; closes go on"
                );
                (Severity::Critical, words)
            }
            None => (Severity::Notice, format!("prices of {symbol} come again")),
        };
        out.happenings.push(alert(severity, None, AlertKind::Feed, words));
    }

    /// The program is about to end: what was not sent is not sent any more, but closes.
    pub(super) fn stop(&mut self) {
        self.known.stopping = true;
        self.rows.iter_mut().for_each(|row| row.touched = true);
        let accounts = (0..self.rows.len()).map(|index| AccountId(index as u16));
        accounts.for_each(|account| self.withdraw_entries(account));
    }
}
