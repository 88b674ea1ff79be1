//! What a runner says of itself, as it happens: for a screen, a database, an alert.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::decision::Action;
use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
pub use tickstep_journal::StatedMoney;

use super::fate::Fate;
use super::news::{Alert, OrderNews, PositionNews};
use super::signal_id::SignalId;
use crate::broker::ClosedRow;
use crate::intent::IntentId;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A decision to be executed on accounts.
    Signal(SignalMade),
    /// A signal from outside was not taken.
    SignalRefused {
        /// Who gave it.
        source: String,
        /// The source's number of it.
        key: String,
        /// Why it was not taken.
        why: String,
    },
    /// What became of a signal on every account.
    Result(SignalResult),
    /// An order moved on.
    Order(OrderNews),
    /// A position was opened, changed or closed.
    Position(PositionNews),
    /// A position is over: what came of it.
    Traded {
        /// The account.
        account: AccountId,
        /// The strategy that held it.
        strategy: String,
        /// The instrument.
        symbol: String,
        /// Its fills, reason and money.
        trade: Box<Trade>,
        /// Its money as the broker states it, where it states all of it: brokers round.
        stated: Option<StatedMoney>,
    },
    /// The program was started again.
    Restarted,
    /// A position that no strategy counts on was closed, or part of it.
    Stray(StrayClose),
    /// What accounts are worth; every five minutes.
    Worth(Vec<AccountWorth>),
    /// A bar of the market closed.
    Bar {
        /// The instrument.
        instrument: InstrumentId,
        /// Length of the bar.
        interval: Nanos,
        /// The bar, its prices in ticks and its volumes in units of
        /// [`VOLUME_DECIMALS`](super::VOLUME_DECIMALS).
        bar: Bar,
    },
    /// An account's money, as its broker states it.
    Money {
        /// The account.
        account: AccountId,
        /// Balance, account currency.
        balance: Decimal,
        /// Equity, account currency, where the broker states it.
        equity: Option<Decimal>,
        /// Margin in use, account currency, where the broker states it.
        margin: Option<Decimal>,
        /// Free margin, account currency, where the broker states it.
        free_margin: Option<Decimal>,
        /// Currency of the account, where the broker states it.
        currency: Option<String>,
    },
    /// Money was paid in to an account, or taken out: its balance moved, and no trade
    /// explains it.
    Paid {
        /// The account.
        account: AccountId,
        /// How much, account currency; below zero where it was taken out.
        amount: Decimal,
        /// Cash with it, account currency.
        balance: Decimal,
    },
    /// An account's session was opened, prolonged, lost or ended.
    Session {
        /// The account.
        account: AccountId,
        /// Whether it is open now.
        up: bool,
        /// The broker's number of the account, where it is open.
        number: Option<String>,
        /// When it ends unless it is prolonged, where the broker says so.
        expires: Option<Nanos>,
        /// Notional over margin of the account, where the broker says so.
        leverage: Option<Decimal>,
        /// Why not, where it is not.
        why: Option<String>,
    },
    /// Something a person should know.
    Alert(Alert),
    /// The configuration was changed while running.
    Configured {
        /// Who.
        who: String,
        /// Why.
        why: String,
        /// The whole of it now, without any secret.
        text: String,
        /// Settings that changed.
        values: Vec<SettingChange>,
    },
    /// An operator's act was taken.
    Operated {
        /// The operator's number of it.
        id: String,
        /// Who.
        who: String,
        /// Why.
        why: String,
        /// What it did.
        what: String,
        /// What it changed, as it was before, where it changes a value.
        old: Option<String>,
        /// The same as it is now.
        new: Option<String>,
        /// What came of it, part by part.
        lines: Vec<ActLine>,
        /// Whether it was taken before, so that nothing more was done.
        again: bool,
    },
    /// All orders that an operator's act led to are over, or wait for their price.
    Acted(ActResult),
}

/// The close of a position that no strategy counts on: one that executed after its order
/// had been given up, or one that somebody opened by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrayClose {
    /// The account.
    pub account: AccountId,
    /// The order of ours that it came of; `None` for one that the program did not open.
    pub intent: Option<IntentId>,
    /// The broker's row of it.
    pub row: ClosedRow,
}

/// What an account is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountWorth {
    /// The account.
    pub account: AccountId,
    /// Balance, account currency.
    pub balance: Decimal,
    /// Balance and open positions, account currency.
    pub equity: Decimal,
    /// Margin in use, where the broker states it or the account is on paper.
    pub margin: Option<Decimal>,
    /// Whether the broker states the equity; else it is computed at the last prices.
    pub stated: bool,
    /// Whether it can trade: its session is open, or it is on paper.
    pub up: bool,
    /// Positions that the program holds on it.
    pub positions: u32,
}

/// A setting that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// Its key.
    pub setting: String,
    /// Its value before, as the configuration writes it; `None` where it had none.
    pub old: Option<String>,
    /// Its value now.
    pub new: Option<String>,
}

impl Happening {
    /// That an account has no session any more, and why.
    pub(super) const fn no_session(account: AccountId, why: String) -> Self {
        let (number, expires, leverage) = (None, None, None);
        Self::Session { account, up: false, number, expires, leverage, why: Some(why) }
    }
}

/// A decision, before it is executed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalMade {
    /// Its number.
    pub id: SignalId,
    /// When it was made.
    pub at: Nanos,
    /// The strategy.
    pub strategy: String,
    /// The instrument.
    pub symbol: String,
    /// What it does.
    #[serde(with = "action")]
    pub action: Action,
    /// The price known then.
    pub price: Decimal,
    /// Confidence from 0 to 1, where the strategy states one.
    pub confidence: Option<f64>,
    /// The conditions that led to it.
    pub reason: Vec<(String, f64)>,
}

mod action {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use tickstep_core::decision::Action;

    const ALL: [Action; 4] = [Action::OpenLong, Action::OpenShort, Action::Close, Action::Hold];

    pub(super) fn serialize<S: Serializer>(action: &Action, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(action.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Action, D::Error> {
        let name = String::deserialize(from)?;
        let found = ALL.into_iter().find(|a| a.name() == name);
        found.ok_or_else(|| de::Error::custom(format!("no action is called {name}")))
    }
}

/// Times as whole milliseconds where people or other programs read them, and to the
/// nanosecond in the journal.
mod execution_time_ms {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tickstep_core::units::Nanos;

    const MILLISECOND: i64 = 1_000_000;

    pub(super) fn serialize<S: Serializer>(time: &Nanos, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { time.millis().serialize(to) } else { time.serialize(to) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Nanos, D::Error> {
        if !from.is_human_readable() {
            return Nanos::deserialize(from);
        }
        Ok(Nanos(i64::deserialize(from)?.saturating_mul(MILLISECOND)))
    }
}

/// What became of a signal.
///
/// Published, it has `signal_id`, `executed_count`, `failed_count`, `skipped_count`,
/// `resting_count`, `total_volume`, and `execution_time_ms` as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalResult {
    /// The signal.
    #[serde(rename = "signal_id")]
    pub id: SignalId,
    /// The instrument.
    pub symbol: String,
    /// Accounts on which it was executed.
    #[serde(rename = "executed_count")]
    pub executed: u32,
    /// Accounts on which it was rejected or not placed.
    #[serde(rename = "failed_count")]
    pub failed: u32,
    /// Accounts on which it was not sent.
    #[serde(rename = "skipped_count")]
    pub skipped: u32,
    /// Accounts on which it waits for its price.
    #[serde(rename = "resting_count")]
    pub resting: u32,
    /// Volume executed on all accounts, in the instrument's quantity.
    #[serde(rename = "total_volume")]
    pub volume: Decimal,
    /// From the decision to the last account's end.
    #[serde(rename = "execution_time_ms", with = "execution_time_ms")]
    pub took: Nanos,
    /// Every account, in the runner's order.
    pub accounts: Vec<AccountResult>,
}

/// What became of a signal on one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountResult {
    /// The account.
    pub account: AccountId,
    /// The order, where one was made.
    pub intent: Option<IntentId>,
    /// What became of it.
    pub fate: Fate,
}

/// What came of an act, or of a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    /// The account, where it concerns one.
    pub account: Option<AccountId>,
    /// What it concerns, and what is done, for people.
    pub what: String,
    /// Why it is not done, where it is not.
    pub refused: Option<String>,
}

/// What came of the orders that an act led to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActResult {
    /// The operator's number of the act.
    pub id: String,
    /// From the act to the last order's end.
    #[serde(rename = "execution_time_ms", with = "execution_time_ms")]
    pub took: Nanos,
    /// Each order on every account, in the order they were decided.
    pub results: Vec<SignalResult>,
}

impl ActResult {
    /// It line by line, for people, where accounts are called so.
    #[must_use]
    pub fn lines(&self, names: &[String]) -> Vec<String> {
        let mut lines = Vec::new();
        for result in &self.results {
            for AccountResult { account, fate, .. } in &result.accounts {
                let name = names.get(account.index()).map_or("?", String::as_str);
                lines.push(format!("{}: {name}: {fate}", result.symbol));
            }
        }
        lines
    }
}
