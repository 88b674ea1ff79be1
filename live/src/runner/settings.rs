//! What a runner is built of.

use rust_decimal::Decimal;
use tickstep_core::engine::EngineConfig;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::SessionError;
use tickstep_core::sim::Sim;
use tickstep_core::units::{Fraction, Nanos};

use super::intervals::Intervals;
use super::limits::TooFewRequests;
use super::link::SessionTerms;
use super::retry_rules::RetryRules;
use super::window::Window;
use crate::broker::{Abilities, BracketStyle};

/// Times and switches of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether orders are sent at all; without it no write of any kind is.
    pub trading: bool,
    /// Whether an account enters only while ledger and broker agree.
    pub validate_state: bool,
    /// After more than so many missing bars features warm up again.
    pub max_gap: u32,
    /// Bars of each instrument that are kept, so that features can warm up again.
    pub warm_up_bars: usize,
    /// How long a reply is awaited.
    pub timeout: Nanos,
    /// How far before its order, by the broker's clock, an execution may seem to lie.
    pub window_before: Nanos,
    /// How long after its order was sent an execution may come.
    pub window_after: Nanos,
    /// How late a broker's lists may show what it did.
    pub lag: Nanos,
    /// How long an order that was given up is remembered, in case it executes after all.
    pub late: Nanos,
    /// How often positions are read back while something is under way.
    pub positions_soon: Nanos,
    /// Whether brokers' quotes are the market's price between bars: not where the market
    /// comes from somewhere else.
    pub marks_by_quotes: bool,
    /// Which entries that a broker refused are tried again.
    pub retry: RetryRules,
    /// Most logins under way at one server; the others wait for one of them to end.
    pub logins_at_once: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let seconds = |n| Nanos::SECOND.times(n);
        Self {
            trading: true,
            validate_state: false,
            max_gap: 1,
            warm_up_bars: 2_000,
            timeout: seconds(10),
            window_before: seconds(2),
            window_after: seconds(10),
            lag: seconds(2),
            late: seconds(600),
            positions_soon: seconds(1),
            marks_by_quotes: true,
            retry: RetryRules::default(),
            logins_at_once: 20,
        }
    }
}

impl Settings {
    /// Where executions may lie, by the broker's clock.
    pub(super) const fn window(&self) -> Window {
        Window { before: self.window_before, after: self.window_after }
    }
}

/// A host that accounts share, and what it may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSetup {
    /// What it is called; a host of another name is another one.
    pub name: String,
    /// The server that is behind it: quotes are of a server, whoever's requests are counted.
    pub server: String,
    /// Requests a minute, of all its accounts and the feed together.
    pub per_minute: u32,
    /// Those of them that are kept for the feed.
    pub feed: u32,
    /// Requests a day of UTC, where there is such a limit.
    pub per_day: Option<u32>,
    /// How its sessions are kept.
    pub sessions: SessionTerms,
    /// How often its accounts are read.
    pub intervals: Intervals,
}

/// What an account's entries are checked for before they are sent; on paper, before they fill
/// at an open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderRules {
    /// Oldest decision that is executed.
    pub oldest: Option<Nanos>,
    /// Oldest price that is traded on; on paper an open is a price that has just come.
    pub price_age: Option<Nanos>,
    /// Farthest that the price may have moved since the decision, a fraction of it.
    pub most_moved: Option<Fraction>,
    /// Free margin below which nothing is opened, account currency.
    pub free_margin_floor: Option<Decimal>,
}

/// Where an account's orders go.
pub enum VenueSetup {
    /// To the simulated exchange, on the live market.
    Paper(Box<Sim>),
    /// To a broker.
    Broker {
        /// Which account of which broker it is, in words that stay the same.
        identity: String,
        /// The host, by its place in the runner's list.
        host: usize,
        /// What the broker can do.
        abilities: Abilities,
        /// The currency that the broker has to state of the account.
        currency: String,
        /// How the broker calls each instrument, in the account's order.
        symbols: Vec<Option<String>>,
        /// How far the broker's price may be from the feed's before an entry is refused, a
        /// fraction of it, in the same order; any where none is stated.
        most_apart: Vec<Option<Fraction>>,
        /// Whether it is logged in from the start.
        log_in: bool,
    },
}

/// An account.
pub struct AccountSetup {
    /// What people call it.
    pub name: String,
    /// Its engine.
    pub engine: EngineConfig,
    /// What its orders are checked for.
    pub rules: OrderRules,
    /// Where its orders go.
    pub venue: VenueSetup,
}

/// Why a runner cannot be built.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunnerError {
    /// An account's engine, or a feature.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// More accounts on a host than its limit can serve.
    #[error("host {host}: {error}")]
    Limit {
        /// The host.
        host: String,
        /// Why.
        error: TooFewRequests,
    },
    /// An account names a host that is not there.
    #[error("account {account} is on host {host}, which is not in the list of hosts")]
    NoHost {
        /// The account.
        account: String,
        /// The host it names.
        host: usize,
    },
    /// A broker that takes stop and target as orders of their own.
    #[error(
        "account {account} is at a broker that takes stop and target as orders of their own \
         (bracket = \"orders\"), which this program cannot look after yet; use a broker that \
         takes them with the entry (bracket = \"attached\")"
    )]
    BracketOrders {
        /// The account.
        account: String,
    },
    /// An account has symbols for another number of instruments than it trades.
    #[error("account {account} has symbols for {found} instruments and trades {wanted}")]
    Symbols {
        /// The account.
        account: String,
        /// Symbols.
        found: usize,
        /// Instruments.
        wanted: usize,
    },
}

/// The strategies of an account with their instruments, in the order in which its engine
/// decides: by instrument, then as they are listed.
pub(super) fn named_slots(engine: &EngineConfig) -> Vec<(String, InstrumentId)> {
    let mut slots: Vec<_> = engine.slots.iter().map(|s| (s.name.clone(), s.instrument)).collect();
    slots.sort_by_key(|(_, instrument)| *instrument);
    slots
}

/// Whether the runner can trade an account of such a broker, which has to name as many
/// symbols as the account has instruments.
pub(super) fn can_trade(
    account: &str,
    abilities: Abilities,
    (found, wanted): (usize, usize),
) -> Result<(), RunnerError> {
    let account = account.to_owned();
    if abilities.bracket == BracketStyle::Orders {
        return Err(RunnerError::BracketOrders { account });
    }
    if found != wanted {
        return Err(RunnerError::Symbols { account, found, wanted });
    }
    Ok(())
}
