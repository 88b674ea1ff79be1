//! What is sent for each call: method, path below the account's prefix, query and body.

use core::fmt::Write as _;

use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};

use super::json::Object;
use super::terms::Paths;
use crate::broker::{BracketPrices, CandleInterval, PendingKind, Read, Write};

/// A request, before it has a host and a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Path, from the account's prefix on, with its query.
    pub path: String,
    /// Body of a POST, as JSON; without one it is a GET.
    pub body: Option<String>,
}

impl Request {
    fn get(path: &str, query: &[(&str, &str)]) -> Self {
        let mut path = path.to_owned();
        for (at, (name, value)) in query.iter().enumerate() {
            path.push(if at == 0 { '?' } else { '&' });
            path.push_str(name);
            path.push('=');
            encode(value, &mut path);
        }
        Self { path, body: None }
    }

    fn post(path: &str, body: Object) -> Self {
        Self { path: path.to_owned(), body: Some(body.end()) }
    }
}

/// Writes a value of a query. Commas and colons stay, as the vendor's pages have them.
pub(crate) fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' | b':' => {
                into.push(char::from(byte));
            }
            // Writing to a text cannot fail.
            _ => {
                let _written = write!(into, "%{byte:02X}");
            }
        }
    }
}

pub(crate) const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

pub(crate) const fn kind(kind: PendingKind) -> &'static str {
    match kind {
        PendingKind::Limit => "LIMIT",
        PendingKind::Stop => "STOP",
    }
}

/// The name that the interface has for a length; lower case is refused.
pub(crate) const fn interval(interval: CandleInterval) -> &'static str {
    match interval {
        CandleInterval::M1 => "M1",
        CandleInterval::M5 => "M5",
        CandleInterval::M15 => "M15",
        CandleInterval::M30 => "M30",
        CandleInterval::H1 => "H1",
        CandleInterval::H4 => "H4",
        CandleInterval::D1 => "D1",
    }
}

/// RFC 3339, UTC, to the second.
fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}

/// A window in whole seconds, no smaller than what is asked for: fractions are seen in no
/// client, and what is too much can be told by its time.
fn window(from: Nanos, to: Nanos) -> [String; 2] {
    let second = Nanos::SECOND.0;
    let up = i64::from(to.0.rem_euclid(second) != 0);
    [rfc3339(from.0.div_euclid(second)), rfc3339(to.0.div_euclid(second) + up)]
}

/// Stop and target; 0 is none. Both are always sent: what an omitted one becomes is not
/// documented.
fn levels(body: Object, bracket: BracketPrices) -> Object {
    let price = |level: Option<Decimal>| level.unwrap_or_default();
    body.number("slPrice", price(bracket.stop))
        .number("tpPrice", price(bracket.target))
        .flag("isMobile", false)
}

/// The request of a question.
#[must_use]
pub fn read(paths: &Paths, read: &Read) -> Request {
    match read {
        Read::Balance => Request::get(&paths.balance, &[]),
        Read::Instruments => Request::get(&paths.instruments, &[]),
        Read::Quotes(symbols) => {
            Request::get(&paths.quotations, &[("symbols", &symbols.join(","))])
        }
        Read::Candles { symbol, interval: length, from, to } => {
            let [from, to] = window(*from, *to);
            let query = [
                ("symbol", &**symbol),
                ("interval", interval(*length)),
                ("from", &from),
                ("to", &to),
            ];
            Request::get(&paths.candles, &query)
        }
        Read::Positions => Request::get(&paths.open_positions, &[]),
        Read::Orders => Request::get(&paths.active_orders, &[]),
        Read::Closed { from, to } => {
            let [from, to] = window(*from, *to);
            let body = Object::new().text("from", &from).text("to", &to);
            Request::post(&paths.closed_positions, body)
        }
    }
}

/// The request of a change. Volumes are numbers, but for a full close, where they are text.
#[must_use]
pub fn write(paths: &Paths, write: &Write) -> Request {
    let what = |symbol: &str, of: Side| {
        Object::new().text("instrument", symbol).text("orderSide", side(of))
    };
    match write {
        Write::Open { symbol, side, volume, bracket } => {
            let body = what(symbol, *side).number("volume", *volume);
            Request::post(&paths.open, levels(body, *bracket))
        }
        Write::EditPosition { position, symbol, side, volume, bracket } => {
            let body = what(symbol, *side).text("id", position).number("volume", *volume);
            Request::post(&paths.edit, levels(body, *bracket))
        }
        Write::Close { position, symbol, side, volume, whole: true } => {
            let volume = volume.normalize().to_string();
            let body = what(symbol, *side).text("positionId", position).text("volume", &volume);
            Request::post(&paths.close, body)
        }
        Write::Close { position, symbol, side, volume, whole: false } => {
            let body = what(symbol, *side).text("positionId", position);
            let body = body.number("volume", *volume).flag("isMobile", false);
            Request::post(&paths.close_partially, body)
        }
        Write::CreateOrder { symbol, side, volume, kind: k, price, bracket } => {
            let body = what(symbol, *side).number("volume", *volume);
            let body = body.number("price", *price).text("type", kind(*k));
            Request::post(&paths.create_order, levels(body, *bracket))
        }
        Write::EditOrder { order, symbol, side, volume, kind: k, price, bracket } => {
            let body = what(symbol, *side).text("id", order).number("volume", *volume);
            let body = body.number("priceOrder", *price).text("type", kind(*k));
            Request::post(&paths.edit_order, levels(body, *bracket))
        }
        Write::CancelOrder { order, symbol, side, kind: k } => {
            let body = what(symbol, *side).text("id", order).text("type", kind(*k));
            Request::post(&paths.cancel_order, body.flag("isMobile", false))
        }
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
