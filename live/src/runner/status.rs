//! What a runner can be asked of itself.

use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::SlotId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side};

use super::book_report::BookReport;
use super::input::Room;
use super::intents::prices;
use super::limits::Urgency;
use super::report::{
    AccountReport, HostReport, InstrumentReport, PositionReport, PositionWorth, QuoteReport,
    RunnerReport,
};
use super::tables::ReadKind;
use super::{Host, Intervals, Row, Runner};
use crate::broker::{BracketPrices, PendingOrder, VenuePosition};
use crate::intent::Stage;

/// A position of the program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// The broker's number of it.
    pub position: String,
    /// The slot that holds it.
    pub slot: SlotId,
    /// Buy for a long position.
    pub side: Side,
    /// What is open, in lots.
    pub lots: Lots,
    /// The bracket that it should have.
    pub bracket: BracketPrices,
}

impl Runner {
    /// What people call an account; `None` where there is none of this number.
    #[must_use]
    pub fn account_name(&self, account: AccountId) -> Option<&str> {
        self.rows.get(account.index()).map(|row| row.name.as_str())
    }

    /// Name and port of an account's server; `None` on paper.
    #[must_use]
    pub fn account_server(&self, account: AccountId) -> Option<&str> {
        let (at, _) = self.at_broker(account)?;
        at.identity.rsplit_once(" at ").map(|(_, server)| server)
    }

    /// How often an account is read at its broker where nothing is under way; `None` on
    /// paper.
    #[must_use]
    pub fn intervals(&self, account: AccountId) -> Option<Intervals> {
        self.at_broker(account).map(|(broker, _)| broker.intervals)
    }

    /// Requests that an account may still send today, where its host counts them.
    #[must_use]
    pub fn left_today(&self, account: AccountId) -> Option<u32> {
        let (_, live) = self.at_broker(account)?;
        live.budget.daily.as_ref().map(|daily| daily.left(self.now))
    }

    /// What an account holds at its broker that is the program's: the broker's number, the
    /// slot, what is open in lots, and the bracket that it should have.
    #[must_use]
    pub fn holds(&self, account: AccountId) -> Vec<Holds> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let holds = live.held.iter().map(|h| Holds {
            position: h.id.clone(),
            slot: h.slot,
            side: h.side,
            lots: h.lots,
            bracket: self.wanted(account, h).unwrap_or_default(),
        });
        holds.collect()
    }

    /// What is under way or in doubt on an account, for people; nothing where all is settled.
    #[must_use]
    pub fn unsettled(&self, account: AccountId) -> Vec<String> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let mut found: Vec<String> = live.halted.iter().cloned().collect();
        let under_way = live.writes.iter().filter(|w| !w.intent.rests());
        found.extend(under_way.map(|w| format!("{:?} {:?}", w.purpose, w.intent)));
        found.extend(live.gone_orders.iter().map(|gone| format!("{gone:?}")));
        let missing = live.held.iter().filter(|h| h.missing > 0);
        found.extend(missing.map(|h| format!("position {} is missing", h.id)));
        if !live.is_known() {
            found.push(format!("what it holds is not known; {:?}", live.link.state()));
        }
        found
    }

    /// The time of the last step.
    #[must_use]
    pub const fn now(&self) -> Nanos {
        self.now
    }

    /// Writes that were sent, or wait to be, and are not over, of all accounts.
    #[must_use]
    pub fn orders_under_way(&self) -> usize {
        let lives = self.rows.iter().filter_map(|row| row.broker.as_ref());
        lives.map(|(_, live)| live.writes.len()).sum()
    }

    /// Whether any account holds a position.
    #[must_use]
    pub fn holds_any(&self) -> bool {
        self.accounts().iter().any(|a| !a.engine().ledger().is_flat())
            || self.orders_under_way() > 0
    }

    /// When the newest bar of an instrument opened; `None` where there is none yet.
    #[must_use]
    pub fn newest_bar(&self, instrument: InstrumentId) -> Option<Nanos> {
        let history = self.known.history.get(instrument.index())?;
        Some(history.back()?.body.closed_bar()?.1.ts_open)
    }

    /// When the last day of the accounts began that was told; `None` before the first.
    #[must_use]
    pub const fn day(&self) -> Option<Nanos> {
        self.known.day
    }

    /// What accounts are called, in their order.
    #[must_use]
    pub fn account_names(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.name.clone()).collect()
    }

    /// The account that people call so.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<AccountId> {
        let at = self.rows.iter().position(|row| row.name == name)?;
        Some(AccountId(at as u16))
    }

    /// Writes of an account that are not over, for people.
    #[must_use]
    pub fn under_way(&self, account: AccountId) -> Vec<String> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let said = live.writes.iter().filter(|w| !w.intent.rests()).map(|w| {
            let stands = match w.intent.stage() {
                Stage::Ready => "waits to be sent",
                Stage::InFlight { .. } => "is on its way",
                Stage::Accepted { .. } => "was taken and is read back",
                Stage::Resting { .. } => "waits for its price",
                Stage::Unknown { .. } => "has an unknown outcome and is read back",
                Stage::Done(_) => "is over",
            };
            format!("intent {} on {} {stands}", w.intent.id().0, w.write.symbol())
        });
        let leaving = live.leaving.values().map(|position| {
            let VenuePosition { id, volume, symbol, .. } = position;
            format!(
                "position {id} of {volume} {symbol}, which no strategy counts on, is to be closed"
            )
        });
        said.chain(leaving).collect()
    }

    /// Positions at an account's broker that the program did not open.
    fn foreign(&self, account: AccountId) -> Vec<VenuePosition> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let named = |theirs: &VenuePosition| VenuePosition {
            symbol: self.own_symbol(account, &theirs.symbol).to_owned(),
            ..theirs.clone()
        };
        live.foreign.values().map(named).collect()
    }

    /// Orders that wait at an account's broker and that the program did not place.
    fn foreign_orders(&self, account: AccountId) -> Vec<PendingOrder> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let theirs = live.orders.values().filter(|order| live.rests_as(&order.id).is_none());
        let named = |theirs: &PendingOrder| PendingOrder {
            symbol: self.own_symbol(account, &theirs.symbol).to_owned(),
            ..theirs.clone()
        };
        theirs.map(named).collect()
    }

    /// Everything about it.
    #[must_use]
    pub fn report_all(&self) -> RunnerReport {
        let instruments = (0..self.known.prices.len()).map(|at| self.instrument_report(at));
        let hosts = self.hosts.iter().enumerate().map(|(at, host)| self.host_report(at, host));
        let accounts = self.rows.iter().enumerate();
        RunnerReport {
            now: self.now,
            trading: self.settings.trading,
            disk_full: self.known.room == Room::Reserve,
            awaited: self.awaited().into_iter().map(str::to_owned).collect(),
            stopping: self.known.stopping,
            instruments: instruments.collect(),
            hosts: hosts.collect(),
            accounts: accounts.map(|(at, row)| self.account_report(at, row)).collect(),
        }
    }

    fn instrument_report(&self, at: usize) -> InstrumentReport {
        let id = InstrumentId(at as u16);
        let (known, last) = (self.instrument(AccountId(0), id), &self.known.prices[at]);
        let quotes = self.known.quotes.iter();
        let own = quotes.filter(|((on, symbol), _)| self.instrument_of(on, symbol) == Some(id));
        let quotes = own.map(|((server, _), (quote, at))| QuoteReport {
            server: server.clone(),
            bid: quote.bid,
            ask: quote.ask,
            at: *at,
        });
        InstrumentReport {
            symbol: known.symbol().to_owned(),
            price: last.px.map(|px| known.price(px)),
            at: last.of,
            still: last.still,
            book: self.known.books[at].as_ref().and_then(|book| BookReport::of(book, known)),
            quotes: quotes.collect(),
        }
    }

    fn host_report(&self, at: usize, host: &Host) -> HostReport {
        let lives = self.rows.iter().filter_map(|row| row.broker.as_ref());
        let on_it = lives.filter(|(broker, _)| broker.host == at).map(|(_, live)| live);
        let buckets = on_it.clone().map(|live| &live.budget.bucket);
        HostReport {
            name: host.name.clone(),
            accounts: host.accounts,
            per_minute: host.per_minute,
            feed: host.feed,
            share: host.share(),
            at_once: buckets.clone().map(super::limits::Bucket::holds).sum(),
            left: buckets.map(|bucket| bucket.left(self.now)).sum(),
            unanswered: self.unanswered(at),
            answers: host.answers.report(self.now),
            // What the account that knows it best has found.
            clock_ahead: on_it.filter_map(|live| live.clock.offset()).min_by_key(|(_, off)| *off),
        }
    }

    fn account_report(&self, at: usize, row: &Row) -> AccountReport {
        let id = AccountId(at as u16);
        let ledger = self.session.accounts()[at].engine().ledger();
        let live = row.broker.as_ref().map(|(_, live)| live);
        let positions = ledger.open_positions().map(|(slot, held)| {
            let instrument = &ledger.market(held.instrument).instrument;
            let ours = |h: &&super::tables::Held| h.slot == slot;
            let numbers = live.map(|l| l.held.iter().filter(ours).map(|h| h.id.clone()).collect());
            PositionReport {
                strategy: row.slots[slot.index()].0.clone(),
                symbol: instrument.symbol().to_owned(),
                side: held.side,
                quantity: instrument.qty(held.lots),
                entry: instrument.price(held.entry_px()),
                since: held.entry_ts,
                bracket: prices(instrument, held.bracket),
                now: PositionWorth::of(ledger, held),
                at_broker: numbers.unwrap_or_default(),
            }
        });
        AccountReport {
            id,
            name: row.name.clone(),
            paper: live.is_none(),
            session: live.map(|l| l.link.state().clone()),
            stopped: row.stopped,
            known: row
                .broker
                .as_ref()
                .is_none_or(|(at, live)| live.is_known() && !self.is_behind(at, live)),
            halted: live.and_then(|l| l.halted.clone()),
            cash: ledger.cash(),
            equity: ledger.equity(),
            at_broker: live.and_then(|l| l.money.clone()),
            positions: positions.collect(),
            differences: self.audit(id).iter().map(ToString::to_string).collect(),
            orders: self.resting_orders(id),
            foreign_orders: self.foreign_orders(id),
            foreign: self.foreign(id),
            under_way: self.under_way(id),
            read_back_every: live.map(|_| self.every(id, ReadKind::Positions)),
            read_back: live.and_then(|l| l.read(ReadKind::Positions).done),
            lists_from: live.and_then(super::tables::LiveAccount::lists_from),
            left_alone_until: live.and_then(|l| l.budget.breaker.open_until()),
            next_question: live.map(|_| self.may_send_at(id, Urgency::Routine)),
            left_today: self.left_today(id),
            strategies: row
                .slots
                .iter()
                .map(|(name, on)| (name.clone(), self.instrument(id, *on).symbol().to_owned()))
                .collect(),
            limits: self.limits_report(at),
        }
    }
}
