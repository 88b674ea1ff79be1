//! What a runner says of itself when it is asked: for a person, a screen, a stop.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::ledger::{Ledger, Position};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::answers::AnswersReport;
use super::book_report::BookReport;
use super::input::Stop;
use super::link::LinkState;
use crate::broker::{BracketPrices, PendingKind, PendingOrder, VenuePosition};

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
    /// Its order book, where the feed tells one and it has come.
    pub book: Option<BookReport>,
    /// Best bid and ask at each server that was asked for them.
    pub quotes: Vec<QuoteReport>,
}

/// The best prices of an instrument at a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuoteReport {
    /// The server.
    pub server: String,
    /// Best bid.
    pub bid: Decimal,
    /// Best ask.
    pub ask: Decimal,
    /// When they came.
    pub at: Nanos,
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
    /// Requests that all its accounts may send at once after a while without any.
    pub at_once: u32,
    /// Those of them that may be sent now.
    pub left: u32,
    /// Accounts that it does not answer, and that ask it less until it does.
    pub unanswered: u32,
    /// How it answered lately.
    pub answers: AnswersReport,
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
    /// The strategies that trade on it, each with its instrument's symbol.
    pub strategies: Vec<(String, String)>,
    /// Its limits on losses and profit.
    pub limits: LimitsReport,
}

/// An account's limits on losses and profit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsReport {
    /// Equity or balance that the day opened with, where a limit on a day's loss is set.
    pub day_open: Option<Decimal>,
    /// The highest equity, where a limit looks at equity.
    pub peak: Option<Decimal>,
    /// What is reached, and what that does, until it is lifted.
    pub reached: Vec<String>,
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
    pub(super) fn of(ledger: &Ledger, held: &Position) -> Option<Self> {
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
