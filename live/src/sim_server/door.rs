//! Who the server is, coming in, staying in.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use tickstep_core::units::Nanos;

use super::desk::Floor;
use super::options::{AccountsWording, RefreshAnswer, SystemPlace};
use super::reply::SimReply;
use super::token::{self, TokenUse};
use super::wire::number;
use crate::exchange::{Denied, Pass};

/// Paths that open a session, and whether each belongs to the web terminal: those take a
/// broker's number that is a number, or none.
pub(crate) const LOGINS: [(&str, bool); 5] = [
    ("/manager/mtr-login", false),
    ("/manager/co-login", false),
    ("/mtr-backend/login", false),
    ("/mtr-core-edge/login", true),
    ("/mtr-core-edge/v2/login", true),
];
/// Paths that prolong one.
pub(crate) const REFRESHES: [&str; 2] = ["/manager/refresh-token", "/mtr-backend/refresh-token"];

pub(crate) fn details(floor: &Floor) -> SimReply {
    let partner = &floor.options.partner;
    let partner = match partner.parse::<u64>() {
        Ok(number) if floor.options.wording.numeric_partner => json!(number),
        _ => json!(partner),
    };
    SimReply::ok(&json!({
        "partnerId": partner,
        "brokerName": "tickstep sim",
        "platformUrl": "https://mtr.example.com",
    }))
}

pub(crate) fn log_in(floor: &mut Floor, now: Nanos, path: &str, body: &Value) -> SimReply {
    let terminal = LOGINS.iter().any(|(p, terminal)| *p == path && *terminal);
    let partner = &floor.options.partner;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let named = match (text("brokerId"), body.get("partnerId")) {
        (Some(id), _) => id == partner,
        (None, Some(id)) if terminal => id.to_string().trim_matches('"') == partner,
        (None, None) => terminal,
        (None, Some(_)) => false,
    };
    let (Some(email), Some(password), true) = (text("email"), text("password"), named) else {
        let message = "Validation failed: email, password and brokerId are required";
        return SimReply::error(StatusCode::BAD_REQUEST, message);
    };
    match floor.sessions.log_in(now, email, password) {
        Ok(pass) => {
            let at_account = path.contains("/v2/");
            let body = opened(floor, &pass, at_account);
            with_cookies(floor, &pass, SimReply::ok(&body))
        }
        Err(denied) => refused(denied),
    }
}

pub(crate) fn refresh(floor: &mut Floor, now: Nanos, headers: &HeaderMap) -> SimReply {
    let secret = &floor.options.secret;
    let serial = cookie(headers, "rt").and_then(|t| token::serial(secret, &t, TokenUse::Refresh));
    let renewed = serial.ok_or(Denied::NoSession).and_then(|s| floor.sessions.refresh(now, s));
    match renewed {
        Ok(pass) => {
            let reply = match floor.options.wording.refresh {
                RefreshAnswer::Empty => SimReply::empty(),
                RefreshAnswer::Token => SimReply::ok(&json!({ "token": session(floor, &pass) })),
                RefreshAnswer::Login => SimReply::ok(&opened(floor, &pass, false)),
            };
            with_cookies(floor, &pass, reply)
        }
        Err(denied) => refused(denied),
    }
}

/// Whose session a request wants to prolong, whether it can or not.
pub(crate) fn refreshing(floor: &Floor, headers: &HeaderMap) -> Option<String> {
    let token = cookie(headers, "rt")?;
    token::owner(&floor.options.secret, &token, TokenUse::Refresh)
}

fn refused(denied: Denied) -> SimReply {
    match denied {
        Denied::Credentials | Denied::NoSession => {
            SimReply::error(StatusCode::UNAUTHORIZED, &denied.to_string())
        }
        Denied::TooOften(wait) => SimReply::too_many(Some(seconds_up(wait))),
    }
}

/// Whole seconds that are no less than a span.
pub(crate) fn seconds_up(span: Nanos) -> u32 {
    let seconds = span.0.div_euclid(Nanos::SECOND.0) + i64::from(span.0 % Nanos::SECOND.0 != 0);
    u32::try_from(seconds).unwrap_or(0)
}

/// The token of the cookie `co-auth`.
fn session(floor: &Floor, pass: &Pass) -> String {
    token::mint(&floor.options.secret, pass, TokenUse::Session, pass.expires, floor.options.skew)
}

fn with_cookies(floor: &Floor, pass: &Pass, reply: SimReply) -> SimReply {
    let until = pass.issued + floor.sessions.rules().refresh_life;
    let options = &floor.options;
    let rt = token::mint(&options.secret, pass, TokenUse::Refresh, until, options.skew);
    reply.cookie("co-auth", &session(floor, pass), "/").cookie(
        "rt",
        &rt,
        &options.refresh_cookie_path,
    )
}

/// What a login is answered with.
fn opened(floor: &Floor, pass: &Pass, at_account: bool) -> Value {
    let ids = floor.sessions.accounts(&pass.email);
    let accounts: Vec<_> = ids.iter().map(|id| account(floor, pass, id, at_account)).collect();
    let (list, selected) = match floor.options.wording.accounts {
        AccountsWording::TradingAccounts => ("tradingAccounts", "selectedTradingAccount"),
        AccountsWording::Accounts => ("accounts", "selectedAccount"),
    };
    let mut body = Map::new();
    body.insert("email".to_owned(), pass.email.clone().into());
    body.insert("token".to_owned(), session(floor, pass).into());
    body.insert(selected.to_owned(), accounts.first().cloned().unwrap_or(Value::Null));
    body.insert(list.to_owned(), accounts.into());
    Value::Object(body)
}

fn account(floor: &Floor, pass: &Pass, id: &str, at_account: bool) -> Value {
    let options = &floor.options;
    let secret = &options.secret;
    let terms = floor.exchange.terms(id);
    let leverage = terms.map_or(Value::Null, |terms| number(terms.leverage));
    let system = json!({
        "uuid": options.system_of(id),
        "name": "Simulated",
        "demo": true,
        "active": true,
        "systemType": "MTR",
        "tradingApiDomain": "http://ta-sim:8080",
    });
    let mut value = json!({
        "tradingAccountId": id,
        "uuid": format!("account-{id}"),
        "tradingApiToken": token::trading(secret, id, pass.session),
        "tradingAccountToken": { "token": token::alternative(secret, id, pass.session) },
        "branchUuid": "branch-1",
        "created": "2024-08-19T07:54:11.936Z",
        "leverage": leverage,
        "offer": {
            "uuid": "offer-1",
            "partnerId": options.partner,
            "name": "Simulated",
            "description": "",
            "currency": terms.map(|terms| terms.currency.clone()),
            "initialDeposit": terms.map(|terms| number(terms.deposit)),
            "demo": true,
            "hidden": false,
            "leverage": leverage,
            "verificationRequired": false,
            "branch": { "uuid": "branch-1" },
        },
    });
    if at_account || options.wording.system == SystemPlace::Account {
        value["system"] = system;
    } else {
        value["offer"]["system"] = system;
    }
    value
}

/// A cookie that a client sent.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all("cookie").into_iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
}

/// The account that a request may act on, by its two tokens.
pub(crate) fn admitted(floor: &Floor, now: Nanos, headers: &HeaderMap) -> Option<String> {
    let secret = &floor.options.secret;
    let session = cookie(headers, "co-auth")?;
    let serial = token::serial(secret, &session, TokenUse::Session)?;
    let pass = floor.sessions.check(now, serial).ok()?;
    let given = headers.get("auth-trading-api")?.to_str().ok()?;
    let owns = |id: &&String| token::trading(secret, id, pass.session) == given;
    floor.sessions.accounts(&pass.email).iter().find(owns).cloned()
}
