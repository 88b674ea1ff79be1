//! What a runner says of itself when it is asked: for a person, a screen, a stop.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::{Ledger, Position};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::input::{Room, Stop};
use super::intents::prices;
use super::limits::Urgency;
use super::link::LinkState;
use super::tables::ReadKind;
use super::{Host, Row, Runner};
use crate::broker::{BracketPrices, PendingKind, PendingOrder, VenuePosition};
use crate::intent::Stage;

/// Everything about a runner at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerReport {
    /// The time.
    pub now: Nanos,
    /// Whether orders are sent at all.
    pub trading: bool,
    /// Whether the journal's disk is full but for what closes need.
    pub disk_full: bool,
    /// Accounts that hold all entries until ledger and broker agree on them.
    pub awaited: Vec<String>,
    /// Whether it is about to end.
    pub stopping: bool,
    /// Its instruments.
    pub instruments: Vec<InstrumentReport>,
    /// The hosts of its brokers.
    pub hosts: Vec<HostReport>,
    /// Its accounts.
    pub accounts: Vec<AccountReport>,
}

/// An instrument, as a runner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstrumentReport {
    /// Its name.
    pub symbol: String,
    /// The last price, where one has come.
    pub price: Option<Decimal>,
    /// When it came.
    pub at: Nanos,
    /// Whether nothing new comes any more.
    pub still: bool,
}

/// A host, as requests to it are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostReport {
    /// What it is called.
    pub name: String,
    /// Accounts on it.
    pub accounts: u32,
    /// Requests a minute that it takes.
    pub per_minute: u32,
    /// Those of them that are kept for the feed.
    pub feed: u32,
    /// Those that each account may send: an equal share of the others.
    pub share: u32,
    /// Accounts that it does not answer, and that ask it less until it does.
    pub unanswered: u32,
    /// How far its clock is ahead of ours, and how far that may be off.
    pub clock_ahead: Option<(Nanos, Nanos)>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountReport {
    /// Its number in the runner.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// Whether it trades on the simulated exchange.
    pub paper: bool,
    /// Its session at its broker; none on paper.
    pub session: Option<LinkState>,
    /// Whether an operator keeps it from opening anything.
    pub stopped: Option<Stop>,
    /// Whether what it holds is known, so that it may take new risk.
    pub known: bool,
    /// Why it takes no new risk until a person has looked.
    pub halted: Option<String>,
    /// Cash, account currency: deposits and everything realised.
    pub cash: Decimal,
    /// Equity at the last prices, account currency.
    pub equity: Decimal,
    /// What its broker says of its money, where it has one.
    pub at_broker: Option<crate::broker::Balance>,
    /// Its positions.
    pub positions: Vec<PositionReport>,
    /// In what ledger and broker differ, as the broker's last lists show.
    pub differences: Vec<String>,
    /// Orders of the program's that wait for their price.
    pub orders: Vec<OrderReport>,
    /// Positions at its broker that the program did not open, as its last list shows them,
    /// with our names of instruments where they are among ours.
    pub foreign: Vec<VenuePosition>,
    /// Orders that wait at its broker and that the program did not place, likewise.
    pub foreign_orders: Vec<PendingOrder>,
    /// What is under way.
    pub under_way: Vec<String>,
    /// How often its positions are read back, where it is at a broker.
    pub read_back_every: Option<Nanos>,
    /// When they were last read back.
    pub read_back: Option<Nanos>,
    /// When the oldest of its last lists was asked for: positions, what was closed, balance,
    /// orders.
    pub lists_from: Option<Nanos>,
    /// Until when it leaves its host alone, because it is not answered.
    pub left_alone_until: Option<Nanos>,
    /// When it may send its next question at the earliest, where it is at a broker.
    pub next_question: Option<Nanos>,
    /// Requests that it may still send today, where they are counted.
    pub left_today: Option<u32>,
}

/// An order of the program's that waits for its price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderReport {
    /// The broker's number of it.
    pub number: String,
    /// The strategy that it opens a position for.
    pub strategy: String,
    /// The instrument.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// How it waits.
    pub kind: PendingKind,
    /// The price it waits for.
    pub price: Decimal,
    /// Volume, in the broker's lots.
    pub volume: Decimal,
    /// Stop and target of the position that it opens.
    pub bracket: BracketPrices,
    /// Whether it is being withdrawn.
    pub leaving: bool,
}

/// A position of the program's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionReport {
    /// The strategy that holds it.
    pub strategy: String,
    /// The instrument.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// What is open, in the instrument's quantity.
    pub quantity: Decimal,
    /// Entry price, to the nearest tick.
    pub entry: Decimal,
    /// When it was opened.
    pub since: Nanos,
    /// Stop and target.
    pub bracket: BracketPrices,
    /// The last price of its instrument, and what it makes of the position.
    pub now: Option<PositionWorth>,
    /// Its numbers at the broker, where it is at one.
    pub at_broker: Vec<String>,
}

/// What an open position is worth at a price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionWorth {
    /// The price.
    pub price: Decimal,
    /// Open profit before costs, account currency.
    pub profit: Decimal,
    /// The same on the margin of the entry, per cent: the ROI.
    pub profit_percent: Decimal,
    /// From entry to the price in its favour, per cent of the entry price.
    pub price_move_percent: Decimal,
}

impl PositionWorth {
    /// What it is at the last price; `None` before any.
    fn of(ledger: &Ledger, held: &Position) -> Option<Self> {
        let market = ledger.market(held.instrument);
        let (instrument, px) = (&market.instrument, market.mark?);
        let (open, cost) = (held.open_ticks_lots(px), held.cost);
        let money = |ticks_lots| ledger.to_account(held.instrument, instrument.value(ticks_lots));
        let percent = |part: Decimal, whole: Decimal| {
            (part * Decimal::ONE_HUNDRED).checked_div(whole).map(|p| p.round_dp(8).normalize())
        };
        let margin = money(cost).checked_div(instrument.leverage())?;
        Some(Self {
            price: instrument.price(px),
            profit: money(open).normalize(),
            profit_percent: percent(money(open), margin)?,
            price_move_percent: percent(instrument.value(open), instrument.value(cost))?,
        })
    }
}

impl Runner {
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
        let history = self.history.get(instrument.index())?;
        Some(history.back()?.body.closed_bar()?.1.ts_open)
    }

    /// When the last day of the accounts began that was told; `None` before the first.
    #[must_use]
    pub const fn day(&self) -> Option<Nanos> {
        self.day
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
        said.collect()
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
        let first = self.accounts()[0].engine().ledger();
        let instruments =
            first.markets().iter().zip(&self.prices).map(|(market, last)| InstrumentReport {
                symbol: market.instrument.symbol().to_owned(),
                price: last.px.map(|px| market.instrument.price(px)),
                at: last.at,
                still: last.still,
            });
        let hosts = self.hosts.iter().enumerate().map(|(at, host)| self.host_report(at, host));
        let accounts = self.rows.iter().enumerate();
        RunnerReport {
            now: self.now,
            trading: self.settings.trading,
            disk_full: self.room == Room::Reserve,
            awaited: self.awaited().into_iter().map(str::to_owned).collect(),
            stopping: self.stopping,
            instruments: instruments.collect(),
            hosts: hosts.collect(),
            accounts: accounts.map(|(at, row)| self.account_report(at, row)).collect(),
        }
    }

    fn host_report(&self, at: usize, host: &Host) -> HostReport {
        let on_it = |row: &&Row| row.broker.as_ref().is_some_and(|(b, _)| b.host == at);
        let offsets = self
            .rows
            .iter()
            .filter(on_it)
            .map(|row| row.broker.as_ref().and_then(|(_, live)| live.clock.offset()));
        HostReport {
            name: host.name.clone(),
            accounts: host.accounts,
            per_minute: host.per_minute,
            feed: host.feed,
            share: host.share(),
            unanswered: self.unanswered(at),
            // What the account that knows it best has found.
            clock_ahead: offsets.flatten().min_by_key(|(_, off)| *off),
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
        }
    }
}
