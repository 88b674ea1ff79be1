//! What a login answers. Brokers spell it in several ways; the account that is wanted is
//! found by its number, and never taken because it is the first.

use base64::Engine;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tickstep_config::exact;
use tickstep_core::units::Nanos;

use super::number::{Num, Text};
use crate::broker::Fault;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLogin {
    token: Option<String>,
    trading_accounts: Option<Vec<WireAccount>>,
    accounts: Option<Vec<WireAccount>>,
    selected_trading_account: Option<WireAccount>,
    selected_account: Option<WireAccount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAccount {
    #[serde(default)]
    trading_account_id: Text,
    trading_api_token: Option<String>,
    leverage: Option<Value>,
    offer: Option<WireOffer>,
    system: Option<WireSystem>,
}

#[derive(Deserialize)]
struct WireOffer {
    leverage: Option<Value>,
    system: Option<WireSystem>,
}

#[derive(Deserialize)]
struct WireSystem {
    uuid: Option<Text>,
}

/// What an account needs to trade.
pub(super) struct Key {
    /// The account's own token.
    pub token: SecretString,
    /// The system that the account is on.
    pub system: String,
    /// Notional over margin, where it is said.
    pub leverage: Option<Decimal>,
}

/// What a login, or a refresh, brought.
pub(super) struct Opened {
    /// Value of the session's cookie.
    pub token: Option<SecretString>,
    /// The account's part; a refresh may leave it out.
    pub key: Option<Key>,
    /// Whether it says nothing of accounts, not even that there is none.
    silent: bool,
}

/// Reads the answer to a login for the account `wanted`.
pub(super) fn login(body: &[u8], wanted: &str) -> Result<(Option<SecretString>, Key), Fault> {
    let opened = read(body, wanted)?;
    if opened.silent {
        // An empty answer, as servers give that have lost it: it refuses nothing.
        return Err(Fault::Unreadable("the login's answer has no list of accounts".to_owned()));
    }
    let none = || Fault::WrongAccount { wanted: wanted.to_owned(), found: "no account".to_owned() };
    Ok((opened.token, opened.key.ok_or_else(none)?))
}

/// Reads the answer to a refresh: nothing, a token, or what a login answers.
pub(super) fn refresh(body: &[u8], wanted: &str) -> Result<Opened, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(Opened { token: None, key: None, silent: true });
    }
    read(body, wanted)
}

fn read(body: &[u8], wanted: &str) -> Result<Opened, Fault> {
    let wire: WireLogin = serde_json::from_slice(body).map_err(|e| {
        // The body has secrets, so that only the place is told.
        let place = format!("line {} column {}", e.line(), e.column());
        Fault::Unreadable(format!("the login's answer, {place}"))
    })?;
    let token = wire.token.filter(|token| !token.is_empty()).map(SecretString::from);
    let silent = wire.trading_accounts.is_none()
        && wire.accounts.is_none()
        && wire.selected_trading_account.is_none()
        && wire.selected_account.is_none();
    let lists = [wire.trading_accounts, wire.accounts].into_iter().flatten().flatten();
    let selected = [wire.selected_trading_account, wire.selected_account].into_iter().flatten();
    let all: Vec<WireAccount> = lists.chain(selected).collect();
    let key = if all.is_empty() { None } else { Some(own(all, wanted)?) };
    Ok(Opened { token, key, silent })
}

/// An amount, however it is written. What is none keeps nobody from logging in.
fn above_zero(value: Option<Value>) -> Option<Decimal> {
    let amount = match value? {
        Value::Number(number) => exact(&number.to_string()),
        Value::String(text) => exact(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    amount.filter(|amount| *amount > Decimal::ZERO)
}

/// The account that is wanted. What one mention of it leaves out, another may have.
fn own(all: Vec<WireAccount>, wanted: &str) -> Result<Key, Fault> {
    let mut found: Vec<String> = Vec::new();
    let (mut token, mut system, mut leverage) = (None, None, None);
    for account in all {
        let id = account.trading_account_id.0;
        if id == wanted {
            let (offered, usual) = account.offer.map_or((None, None), |o| (o.system, o.leverage));
            leverage = leverage.or_else(|| above_zero(account.leverage));
            leverage = leverage.or_else(|| above_zero(usual));
            let of = |s: Option<WireSystem>| s.and_then(|s| Text::some(s.uuid));
            system = system.or_else(|| of(offered).or_else(|| of(account.system)));
            token = token.or(account.trading_api_token.filter(|t| !t.is_empty()));
        }
        if !found.contains(&id) {
            found.push(id);
        }
    }
    if !found.iter().any(|id| id == wanted) {
        let found = found.join(", ");
        return Err(Fault::WrongAccount { wanted: wanted.to_owned(), found });
    }
    let lacks = |what: &str| Fault::Unreadable(format!("the account has no {what} in the login"));
    let system = system.ok_or_else(|| lacks("system"))?;
    // It becomes part of a path.
    if !system.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
        return Err(Fault::Unreadable("the system of the account is no number of one".to_owned()));
    }
    let token = token.ok_or_else(|| lacks("trading token"))?.into();
    Ok(Key { token, system, leverage })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDetails {
    #[serde(default)]
    partner_id: Text,
    #[serde(default)]
    broker_id: Text,
}

/// Reads the broker's number.
pub(super) fn broker_id(body: &[u8]) -> Result<String, Fault> {
    let read = serde_json::from_slice::<WireDetails>(body);
    let details = read.map_err(|e| Fault::Unreadable(format!("platform details: {e}")))?;
    let found = [details.partner_id, details.broker_id].into_iter().map(|t| t.0);
    let none = || Fault::Unreadable("platform details: partnerId is missing".to_owned());
    found.into_iter().find(|id| !id.is_empty()).ok_or_else(none)
}

#[derive(Deserialize)]
struct TokenClaims {
    #[serde(default)]
    exp: Num,
}

/// When a session's token ends; it is a JWT, whose middle part says so. The signature is
/// the broker's own business.
pub(super) fn expiry(token: &str) -> Option<Nanos> {
    let middle = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(middle.trim_end_matches('='))
        .ok()?;
    let seconds = serde_json::from_slice::<TokenClaims>(&bytes).ok()?.exp.0?;
    let seconds = i64::try_from(seconds.trunc()).ok()?;
    seconds.checked_mul(Nanos::SECOND.0).map(Nanos)
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
