//! Everything that can reach a runner. A journal of these, with the time of each, is the
//! whole of a day.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::bracket_change::BracketChange;
use crate::broker::{BracketPrices, PendingKind, Quote, Reply};
use crate::intent::RequestId;

/// Decimals in which feeds count the volumes of bars: millionths of whatever the market
/// counts, so that what is stored of one feed is not another's multiple.
pub const VOLUME_DECIMALS: u32 = 6;

/// What reaches a runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// News of the market, or the calendar.
    Market {
        /// The market's time of it.
        ts_exch: Nanos,
        /// What happened; a venue's report does not come this way. Volumes of bars and
        /// quantities of books are in units of [`VOLUME_DECIMALS`]; a book is told whole, its
        /// best levels.
        body: Body,
    },
    /// A broker answered.
    Reply {
        /// The request that is answered.
        request: RequestId,
        /// The answer.
        reply: Reply,
        /// The broker's clock when it answered, where it says so; to a second or better.
        venue_time: Option<Nanos>,
    },
    /// The time has come that the runner asked to be woken at, or later.
    Wake,
    /// An operator acts.
    Operator {
        /// The operator's own number of the act: one that comes again is done once.
        id: String,
        /// Who it is.
        who: String,
        /// Why, in the operator's words.
        why: String,
        /// What shall happen.
        act: Act,
    },
    /// A signal from outside the program.
    Signal(OutsideSignal),
    /// How much room the journal has.
    Room(Room),
    /// Best prices of a server's symbols, those that changed. They are of every account at
    /// the server, and mark positions of all.
    Quotes {
        /// The server, as [`HostSetup`](super::HostSetup) names it.
        server: String,
        /// The prices.
        quotes: Vec<Quote>,
    },
    /// The prices of an instrument have stopped coming, or come again.
    Feed {
        /// The instrument.
        instrument: InstrumentId,
        /// Since when nothing new has come; `None` where it comes again.
        still_since: Option<Nanos>,
    },
    /// The program is about to end: nothing is opened any more. It starts again with
    /// [`Input::Restarted`].
    Stopping,
    /// The program starts again with what its journal told: sessions are gone, and replies
    /// to what was sent will not come.
    Restarted,
}

/// Room for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// Enough.
    Plenty,
    /// What was set aside for closes is being used: no new entries.
    Reserve,
}

/// What an operator can do. Each act may be given again without doing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// No new entries.
    Pause(Reach),
    /// Entries again, after a pause or a kill.
    Resume(Reach),
    /// Close everything, and no new entries until it is resumed.
    Kill(Reach),
    /// Close what is open.
    Close {
        /// Where.
        reach: Reach,
        /// Of this instrument alone.
        symbol: Option<String>,
    },
    /// Close one position, or part of it.
    ClosePosition {
        /// The account.
        account: AccountId,
        /// The broker's number of the position.
        position: String,
        /// How much, in the broker's lots; all of it where absent.
        volume: Option<Decimal>,
    },
    /// Give one position another stop and target.
    EditPosition {
        /// The account.
        account: AccountId,
        /// The broker's number of the position.
        position: String,
        /// What becomes of its levels.
        change: BracketChange,
    },
    /// Ask brokers at once for all that accounts have, whatever was asked lately.
    ReadBack(Reach),
    /// Withdraw one order that waits for its price.
    CancelOrder {
        /// The account.
        account: AccountId,
        /// The broker's number of the order.
        order: String,
    },
    /// Withdraw all orders of the program's that wait for their price.
    CancelOrders {
        /// Where.
        reach: Reach,
        /// Of this instrument alone.
        symbol: Option<String>,
    },
    /// Have one order wait for another price, and perhaps open its position with other
    /// levels.
    EditOrder {
        /// The account.
        account: AccountId,
        /// The broker's number of the order.
        order: String,
        /// The price it waits for from now on.
        price: Decimal,
        /// What becomes of its levels.
        change: BracketChange,
    },
    /// What another program's signal would do, on these accounts.
    Signal {
        /// Where.
        reach: Reach,
        /// The signal; it enters by the same door, with the same checks.
        signal: Box<OutsideSignal>,
    },
    /// Several acts, one after the other, before anything else happens.
    Batch(Vec<Act>),
    /// End an account's session, or open one again.
    Session {
        /// The account.
        account: AccountId,
        /// Whether it shall be logged in.
        wanted: bool,
    },
}

impl Act {
    /// Every account that it names.
    pub(super) fn accounts_mut(&mut self) -> Vec<&mut AccountId> {
        match self {
            Self::Pause(reach)
            | Self::Resume(reach)
            | Self::Kill(reach)
            | Self::ReadBack(reach)
            | Self::Close { reach, .. }
            | Self::CancelOrders { reach, .. }
            | Self::Signal { reach, .. } => match reach {
                Reach::All => Vec::new(),
                Reach::Account(account) => vec![account],
            },
            Self::ClosePosition { account, .. }
            | Self::EditPosition { account, .. }
            | Self::CancelOrder { account, .. }
            | Self::EditOrder { account, .. }
            | Self::Session { account, .. } => vec![account],
            Self::Batch(acts) => acts.iter_mut().flat_map(Self::accounts_mut).collect(),
        }
    }
}

/// How accounts are kept from entering until they are resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// No new entries.
    Pause,
    /// No new entries, and what was open was closed.
    Kill,
}

/// Which accounts an act reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// All of them, those that join later too.
    All,
    /// One.
    Account(AccountId),
}

impl Reach {
    /// Whether it reaches an account.
    #[must_use]
    pub fn covers(self, account: AccountId) -> bool {
        match self {
            Self::All => true,
            Self::Account(one) => one == account,
        }
    }
}

/// What a signal from outside wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Enter on this side; an opposite position is reversed.
    Enter(Side),
    /// Leave whatever is open.
    Leave,
}

/// A price that an entry waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitsFor {
    /// How it waits.
    pub kind: PendingKind,
    /// The price.
    pub price: Decimal,
}

/// A signal that another program gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideSignal {
    /// Who gives it.
    pub source: String,
    /// The source's own number of it; the same one is taken once.
    pub key: String,
    /// The strategy it is for, as the configuration calls it.
    pub strategy: String,
    /// The instrument, as the configuration calls it.
    pub symbol: String,
    /// What it wants.
    pub kind: SignalKind,
    /// Price it was given at.
    pub price: Option<Decimal>,
    /// Stop and target.
    pub bracket: BracketPrices,
    /// Longest time the position is held.
    pub hold: Option<Nanos>,
    /// The price that an entry waits for at the broker; at once where there is none.
    #[serde(default)]
    pub waits: Option<WaitsFor>,
    /// When it was given.
    pub given: Nanos,
}
