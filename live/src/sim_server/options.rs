//! How the server spells its replies, and what it allows: everything that is known to
//! differ between brokers, or is not known at all.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::exchange::SessionRules;

/// How the reply to a login calls its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountsWording {
    /// `tradingAccounts` and `selectedTradingAccount`, as documented.
    TradingAccounts,
    /// `accounts` and `selectedAccount`, as several brokers do.
    Accounts,
}

/// Where an account says which system it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemPlace {
    /// At `offer.system.uuid`.
    Offer,
    /// At `system.uuid`.
    Account,
}

/// What a session that was prolonged is answered with; cookies come with all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshAnswer {
    /// Nothing.
    Empty,
    /// The token.
    Token,
    /// What a login is answered with.
    Login,
}

/// Whether amounts are texts or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberWording {
    /// Texts in balances, positions, orders and prices; numbers in bars and instruments.
    Documented,
    /// The other way round everywhere.
    Opposite,
    /// Texts everywhere.
    Texts,
    /// Numbers everywhere.
    Numbers,
}

/// How an instruction is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalWording {
    /// 200 with `REJECTED`.
    Rejected,
    /// 400 with the same body.
    BadRequest,
}

/// What an edit does with a level that it leaves out, which nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedLevel {
    /// It stays.
    Stays,
    /// It goes.
    Goes,
}

/// How replies are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wording {
    /// How a login calls its accounts.
    pub accounts: AccountsWording,
    /// Where an account says which system it is on. A login by `v2` says it at the account.
    pub system: SystemPlace,
    /// Whether `partnerId` is a number.
    pub numeric_partner: bool,
    /// What a prolonged session is answered with.
    pub refresh: RefreshAnswer,
    /// Whether instruments come as `{"instruments": [...]}` and not as a list.
    pub wrapped_instruments: bool,
    /// Whether the only instrument there is comes by itself and not in a list.
    pub single_instrument: bool,
    /// Whether prices come as `{"quotations": [...]}` and not as a list.
    pub wrapped_quotes: bool,
    /// Whether amounts are texts or numbers.
    pub numbers: NumberWording,
    /// Whether a stop or target that is not there is `null` and not `"0"`.
    pub null_levels: bool,
    /// Whether times are written without their `Z`.
    pub without_zone: bool,
    /// Whether `openTimeMillis` and `timestampMs` are left out.
    pub without_millis: bool,
    /// Whether bars tell their time in seconds and not in milliseconds.
    pub candle_seconds: bool,
    /// Whether a balance comes without the equity.
    pub without_equity: bool,
    /// Whether closed rows come without their `uid`.
    pub without_uid: bool,
    /// How an instruction is refused.
    pub refusal: RefusalWording,
    /// Whether an order's change is answered with nothing.
    pub empty_edit: bool,
    /// Whether weeks begin on Sunday in `dayNumber`.
    pub sunday_first: bool,
    /// What an edit does with a level that it leaves out.
    pub omitted_level: OmittedLevel,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            accounts: AccountsWording::TradingAccounts,
            system: SystemPlace::Offer,
            numeric_partner: false,
            refresh: RefreshAnswer::Empty,
            wrapped_instruments: false,
            single_instrument: false,
            wrapped_quotes: false,
            numbers: NumberWording::Documented,
            null_levels: false,
            without_zone: false,
            without_millis: false,
            candle_seconds: false,
            without_equity: false,
            without_uid: false,
            refusal: RefusalWording::Rejected,
            empty_edit: false,
            sunday_first: false,
            omitted_level: OmittedLevel::Goes,
        }
    }
}

/// What requests are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateScope {
    /// All together.
    Host,
    /// Those of an account apart; what has no account yet goes together.
    Account,
}

/// How many requests the server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateRules {
    /// In any minute of the server's time.
    pub per_minute: usize,
    /// Counted by what.
    pub scope: RateScope,
    /// Whether 429 comes with `Retry-After`.
    pub retry_after: bool,
}

/// A login and the accounts that it lists, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimLogin {
    /// E-mail.
    pub email: String,
    /// Password.
    pub password: String,
    /// Numbers of its accounts; the first is the one that the server selects.
    pub accounts: Vec<String>,
}

/// Everything about the server that is not the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimOptions {
    /// Number of the broker, which a login has to send.
    pub partner: String,
    /// System that accounts are on, unless `systems` says another.
    pub system: String,
    /// Systems of single accounts, by the account's number.
    pub systems: BTreeMap<String, String>,
    /// Logins.
    pub logins: Vec<SimLogin>,
    /// How sessions are given out.
    pub sessions: SessionRules,
    /// Path of the cookie `rt`; it comes back at this path and below only.
    pub refresh_cookie_path: String,
    /// How many requests it takes.
    pub rate: RateRules,
    /// How replies are spelled.
    pub wording: Wording,
    /// How long a write is on its way before it is carried out, in real milliseconds.
    pub write_delay_ms: u64,
    /// How long a late reply takes, in real milliseconds.
    pub late_reply_ms: u64,
    /// Added to every time that the server tells or is told.
    pub skew: Nanos,
    /// Whether clients that do not say who they are get a page in HTML.
    pub bot_filter: bool,
    /// Whether `/control` is there.
    pub control: bool,
    /// Seed of the faults that come by themselves.
    pub seed: u64,
    /// What tokens are signed with.
    pub secret: String,
}

impl SimOptions {
    /// As the documents have it: 500 requests a minute for the host, sessions of 15 minutes,
    /// replies that are 20 seconds late.
    #[must_use]
    pub fn plain(logins: Vec<SimLogin>) -> Self {
        Self {
            partner: "2".to_owned(),
            system: "8d4b9d7e-4c6c-4f3c-9f0a-6a1b3c5d7e9f".to_owned(),
            systems: BTreeMap::new(),
            logins,
            sessions: SessionRules::plain(),
            refresh_cookie_path: "/manager".to_owned(),
            rate: RateRules { per_minute: 500, scope: RateScope::Host, retry_after: true },
            wording: Wording::default(),
            write_delay_ms: 0,
            late_reply_ms: 20_000,
            skew: Nanos(0),
            bot_filter: true,
            control: true,
            seed: 0,
            secret: "a simulated venue keeps no secrets".to_owned(),
        }
    }

    /// System that an account is on.
    #[must_use]
    pub fn system_of(&self, account: &str) -> &str {
        self.systems.get(account).unwrap_or(&self.system)
    }

    pub(crate) const fn write_delay(&self) -> Duration {
        Duration::from_millis(self.write_delay_ms)
    }

    pub(crate) const fn late(&self) -> Duration {
        Duration::from_millis(self.late_reply_ms)
    }
}
