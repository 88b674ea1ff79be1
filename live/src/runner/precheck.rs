//! What is refused here rather than by a broker, with the reason: a broker's refusal costs
//! a request, comes late, and reads worse.

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side, Ticks};

use super::matching::{opens, rest};
use super::tables::{Entry, Held, LiveAccount, Purpose, ReadKind, Under};
use super::unsent::Unsent;
use super::{AtBroker, OrderRules, Room, Runner};
use crate::broker::{PositionStyle, VenueInstrument, Write};

impl OrderRules {
    /// Whether a decision of this age is not executed any more.
    pub(super) fn too_old(&self, age: Nanos) -> Option<Unsent> {
        let most = self.oldest.filter(|most| age > *most)?;
        Some(Unsent::TooOld { age_ms: age.millis(), most_ms: most.millis() })
    }

    /// Whether the price has moved too far since the decision.
    pub(super) fn moved(&self, from: Decimal, to: Decimal) -> Option<Unsent> {
        let most = self.most_moved?.decimal() * from;
        let (from, to) = (from.normalize(), to.normalize());
        ((to - from).abs() > most).then_some(Unsent::Moved { from, to })
    }
}

impl Runner {
    /// Why a write must not be sent now; `None` where it may.
    pub(super) fn refusal(
        &self,
        broker: &AtBroker,
        live: &LiveAccount,
        under: &Under,
    ) -> Option<Unsent> {
        let Purpose::Entry(entry) = &under.purpose else { return None };
        let (symbol, _, volume, _) = opens(&under.write)?;
        if !self.settings.trading {
            return Some(Unsent::TradingOff);
        }
        if self.known.room == Room::Reserve {
            return Some(Unsent::DiskFull);
        }
        if self.rows[live.id.index()].stopped.is_some() {
            return Some(Unsent::Stopped);
        }
        if self.known.stopping {
            return Some(Unsent::Stopping);
        }
        if self.known.prices[entry.instrument.index()].still {
            return Some(Unsent::FeedStill);
        }
        if symbol.is_empty() {
            return Some(Unsent::NotMapped);
        }
        if !live.link.is_up() {
            return Some(Unsent::NoSession);
        }
        if !live.is_known() || self.is_behind(broker, live) {
            return Some(Unsent::StateUnknown);
        }
        if let Some((ours, theirs)) = self.other_currency(live.id) {
            return Some(Unsent::OtherCurrency { ours, theirs });
        }
        if self.settings.validate_state && !self.known.validated {
            return Some(Unsent::Awaited(self.awaited().join(", ")));
        }
        if self.settings.validate_state
            && let Some(difference) = self.audit(live.id).into_iter().next()
        {
            return Some(Unsent::Differs(difference.to_string()));
        }
        let Some(terms) = live.venue.get(symbol) else { return Some(Unsent::NotMapped) };
        if let Some((ours, theirs)) = self.other_contract(live.id, entry.instrument) {
            return Some(Unsent::OtherContract { ours, theirs });
        }
        if terms.session_open == Some(false) {
            return Some(Unsent::SessionClosed);
        }
        if broker.abilities.positions == PositionStyle::Netting
            && another_holds(live, entry, symbol)
        {
            return Some(Unsent::HeldByAnother);
        }
        sized(terms, *volume)
            .or_else(|| self.timely(live.id, under, entry))
            .or_else(|| self.apart(broker, symbol, entry))
            .or_else(|| self.levels_apart(broker, terms, under, entry))
            .or_else(|| self.margin_left(live, under))
    }

    /// Whether positions were read back so long ago that what the account holds is not known
    /// any more: twice as long as they should be, and the time of two replies that do not come.
    pub(super) fn is_behind(&self, broker: &AtBroker, live: &LiveAccount) -> bool {
        let patience = broker.intervals.positions.times(2) + self.settings.timeout.times(2);
        let read = live.read(ReadKind::Positions).done;
        read.is_none_or(|read| self.now - read > patience)
    }

    /// Whether decision and price are young enough, and the price where it was.
    fn timely(&self, account: AccountId, under: &Under, entry: &Entry) -> Option<Unsent> {
        let rules = &self.rows[account.index()].rules;
        if let Some(late) = rules.too_old(self.now - under.decided) {
            return Some(late);
        }
        let last = &self.known.prices[entry.instrument.index()];
        let Some(px) = last.px else { return Some(Unsent::NoPrice { most_ms: 0 }) };
        if let Some(most) = rules.price_age.filter(|most| self.now - last.of > *most) {
            return Some(Unsent::NoPrice { most_ms: most.millis() });
        }
        if under.waits() {
            return None;
        }
        let tick = self.tick(entry);
        let price = |px: Ticks| tick * Decimal::from(px.0);
        rules.moved(price(entry.px), price(px))
    }

    /// Whether the broker's middle price is near enough to the feed's.
    fn apart(&self, broker: &AtBroker, symbol: &str, entry: &Entry) -> Option<Unsent> {
        let most = broker.most_apart.get(entry.instrument.index()).copied().flatten()?;
        let server = self.hosts[broker.host].server.clone();
        let quote = self.known.quotes.get(&(server, symbol.to_owned()));
        let fresh = quote.filter(|(_, at)| self.now - *at <= OLDEST_QUOTE);
        let last = self.known.prices[entry.instrument.index()].px;
        let (Some((quote, _)), Some(last)) = (fresh, last) else {
            return Some(Unsent::NoQuote { most_ms: OLDEST_QUOTE.millis() });
        };
        let ours = self.tick(entry) * Decimal::from(last.0);
        let theirs = quote.bid + (quote.ask - quote.bid) / Decimal::TWO;
        let far = (theirs - ours).abs() > most.decimal() * ours;
        far.then(|| Unsent::Apart {
            ours: ours.normalize(),
            theirs: theirs.normalize(),
            most: most.decimal().normalize(),
        })
    }

    /// Whether more margin is free than the account's floor: what the broker stated last,
    /// less what entries take that it may not have counted then.
    fn margin_left(&self, live: &LiveAccount, own: &Under) -> Option<Unsent> {
        let floor = self.rows[live.id.index()].rules.free_margin_floor?;
        let Some(stated) = live.money.as_ref().and_then(|money| money.free_margin) else {
            return Some(Unsent::FreeMarginUnknown { floor });
        };
        let ledger = self.session.accounts()[live.id.index()].engine().ledger();
        let margin = |instrument, px: Ticks, lots| {
            let known = &ledger.market(instrument).instrument;
            ledger.to_account(instrument, known.notional(px, lots) / known.leverage())
        };
        let under_way = live.writes.iter().filter(|w| w.intent.may_fill());
        let entries = under_way.filter(|w| w.intent.id() != own.intent.id());
        let entries = entries.filter_map(Under::entry);
        let entries = entries.map(|entry| margin(entry.instrument, entry.px, rest(entry)));
        let counted = live.read(ReadKind::Balance).done_there;
        let lag = self.settings.lag;
        let new = live.held.iter().filter(|h| counted.is_none_or(|at| h.open_time + lag > at));
        let px = |held: &Held| self.known.prices[held.instrument.index()].px.unwrap_or(Ticks(0));
        let new = new.map(|held| margin(held.instrument, px(held), held.lots));
        let free = stated - entries.chain(new).sum::<Decimal>();
        (free < floor).then_some(Unsent::FreeMargin { free, floor })
    }

    fn tick(&self, entry: &Entry) -> Decimal {
        let ledger = self.session.accounts()[0].engine().ledger();
        ledger.market(entry.instrument).instrument.spec().tick_size
    }

    /// Whether stop and target are as far from the price as the broker wants them.
    fn levels_apart(
        &self,
        broker: &AtBroker,
        terms: &VenueInstrument,
        under: &Under,
        entry: &Entry,
    ) -> Option<Unsent> {
        let least = terms.stops_level.filter(|least| *least > 0)?;
        let (symbol, _, _, bracket) = opens(&under.write)?;
        let tick = terms.tick_size.unwrap_or_else(|| self.tick(entry));
        let server = self.hosts[broker.host].server.clone();
        let quote = self.known.quotes.get(&(server, symbol.clone()));
        let last = self.known.prices[entry.instrument.index()].px?;
        let last = self.tick(entry) * Decimal::from(last.0);
        // A long position is left at the bid, a short one at the ask.
        let market = quote.map_or(last, |(quote, _)| match entry.side {
            Side::Buy => quote.bid,
            Side::Sell => quote.ask,
        });
        let least_distance = tick * Decimal::from(least);
        let price = match &under.write {
            // It enters at its own price, which is as far from the market as a level.
            Write::CreateOrder { price, .. } => {
                if (*price - market).abs() < least_distance {
                    return Some(Unsent::TooNear { level: *price, price: market, least });
                }
                *price
            }
            _ => market,
        };
        let near = |level: &Decimal| (*level - price).abs() < least_distance;
        let level = [bracket.stop, bracket.target].into_iter().flatten().find(near)?;
        Some(Unsent::TooNear { level, price, least })
    }
}

/// Whether the volume is one that the broker takes.
fn sized(terms: &VenueInstrument, volume: Decimal) -> Option<Unsent> {
    if let Some(least) = terms.volume_min.filter(|least| volume < *least) {
        return Some(Unsent::TooSmall { volume, least });
    }
    if let Some(most) = terms.volume_max.filter(|most| volume > *most) {
        return Some(Unsent::TooLarge { volume, most });
    }
    let step = terms.volume_step.filter(|step| !step.is_zero())?;
    let from = Decimal::ZERO;
    let off = !((volume - from) % step).is_zero();
    off.then_some(Unsent::OffStep { volume, step })
}

/// Whether a netting account holds the instrument for another slot, so that two brackets
/// would have to share one position.
fn another_holds(live: &LiveAccount, entry: &Entry, symbol: &str) -> bool {
    live.held.iter().any(|h| h.symbol == symbol && h.slot != entry.slot)
        || live.writes.iter().any(|w| {
            w.intent.may_fill()
                && w.write.symbol() == symbol
                && w.entry().is_some_and(|e| e.slot != entry.slot)
        })
        || live.foreign.values().any(|p| p.symbol == symbol)
}

/// When a decision is too old to be executed, whatever its account says.
pub(super) const LONGEST_WAIT: Nanos = Nanos(30_000_000_000);

/// How old a broker's quote may be that a feed's price is held against. It is asked for every
/// ten seconds at least, and told again after five where nothing changed.
const OLDEST_QUOTE: Nanos = Nanos::SECOND.times(25);
