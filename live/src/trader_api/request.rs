//! What is sent for each call.

use reqwest::Method;
use tickstep_core::units::Nanos;

use super::terms::{Route, TimeUnit, TraderTerms};
use crate::broker::{Read, Write};
use crate::intent::IntentId;
use crate::match_trader::json::Object;
use crate::match_trader::request::{encode, interval, kind, side};

/// Most bars of one answer.
const BARS: i64 = 750;

/// A request, before it has a host and a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraderRequest {
    /// Method.
    pub method: Method,
    /// Path with its query.
    pub path: String,
    /// Body, as JSON.
    pub body: Option<String>,
    /// Whether it takes an idempotency key.
    pub keyed: bool,
}

impl TraderRequest {
    fn read(route: &Route, query: &[(&str, &str)]) -> Self {
        let (mut path, mut body) = (route.path.clone(), None);
        if route.method == Method::POST {
            let all =
                query.iter().fold(Object::new(), |object, (name, value)| match value.parse() {
                    Ok(number) => object.number(name, number),
                    Err(_) => object.text(name, value),
                });
            body = Some(all.end());
        } else {
            for (at, (name, value)) in query.iter().enumerate() {
                path.push(if at == 0 { '?' } else { '&' });
                path.push_str(name);
                path.push('=');
                encode(value, &mut path);
            }
        }
        Self { method: route.method.clone(), path, body, keyed: false }
    }

    fn write(route: &Route, id: Option<&str>, body: Option<Object>, keyed: bool) -> Self {
        let mut number = String::new();
        encode(id.unwrap_or_default(), &mut number);
        let path = route.path.replacen("{id}", &number, 1);
        Self { method: route.method.clone(), path, body: body.map(Object::end), keyed }
    }
}

/// A window in the interface's unit, no smaller than what is asked for.
fn window(unit: TimeUnit, from: Nanos, to: Nanos) -> [String; 2] {
    let unit = match unit {
        TimeUnit::Seconds => Nanos::SECOND.0,
        TimeUnit::Milliseconds => Nanos::SECOND.0 / 1000,
    };
    let up = i64::from(to.0.rem_euclid(unit) != 0);
    [from.0.div_euclid(unit).to_string(), (to.0.div_euclid(unit) + up).to_string()]
}

/// The request of a question; in words where one request cannot answer it.
pub fn read_request(terms: &TraderTerms, read: &Read) -> Result<TraderRequest, String> {
    Ok(match read {
        Read::Balance => TraderRequest::read(&terms.balance, &[]),
        Read::Instruments => TraderRequest::read(&terms.instruments, &[]),
        Read::Quotes(symbols) => {
            TraderRequest::read(&terms.quotes, &[("symbols", &symbols.join(","))])
        }
        Read::Candles { symbol, interval: length, from, to } => {
            let bars = to.0.saturating_sub(from.0).max(0) / length.length().0 + 1;
            if bars > BARS {
                return Err(format!("{bars} bars are asked for, and one answer has {BARS}"));
            }
            let [from, to] = window(terms.time_unit, *from, *to);
            let query = [
                ("symbol", &**symbol),
                ("interval", interval(*length)),
                ("from", &from),
                ("to", &to),
                ("limit", &BARS.to_string()),
            ];
            TraderRequest::read(&terms.candles, &query)
        }
        Read::Positions => TraderRequest::read(&terms.positions, &[]),
        Read::Orders => TraderRequest::read(&terms.orders, &[]),
        Read::Closed { from, to } => {
            let [from, to] = window(terms.time_unit, *from, *to);
            TraderRequest::read(&terms.closed, &[("from", &from), ("to", &to)])
        }
    })
}

/// The request of a change. `intent` stands in the comment of what it opens.
#[must_use]
pub fn write_request(terms: &TraderTerms, intent: IntentId, write: &Write) -> TraderRequest {
    let comment = intent.comment();
    let what = |symbol: &str, of| Object::new().text("symbol", symbol).text("side", side(of));
    match write {
        Write::Open { symbol, side, volume, bracket } => {
            let body = what(symbol, *side)
                .number("volume", *volume)
                .level("tpPrice", bracket.target)
                .level("slPrice", bracket.stop)
                .text("comment", &comment);
            TraderRequest::write(&terms.open, None, Some(body), true)
        }
        // That there is such a call, and that it takes these, is inferred from the pending
        // orders' own.
        Write::EditPosition { position, bracket, .. } => {
            let body =
                Object::new().level("tpPrice", bracket.target).level("slPrice", bracket.stop);
            TraderRequest::write(&terms.edit, Some(position), Some(body), false)
        }
        // A volume that is left out is all of it.
        Write::Close { position, volume, whole, .. } => {
            let body = match whole {
                true => Object::new(),
                false => Object::new().number("volume", *volume),
            };
            TraderRequest::write(&terms.close, Some(position), Some(body), true)
        }
        Write::CreateOrder { symbol, side, volume, kind: k, price, bracket } => {
            let body = what(symbol, *side)
                .text("type", kind(*k))
                .number("activationPrice", *price)
                .number("volume", *volume)
                .level("tpPrice", bracket.target)
                .level("slPrice", bracket.stop)
                .text("comment", &comment);
            TraderRequest::write(&terms.create_order, None, Some(body), true)
        }
        Write::EditOrder { order, volume, price, bracket, .. } => {
            let body = Object::new()
                .number("activationPrice", *price)
                .number("volume", *volume)
                .level("tpPrice", bracket.target)
                .level("slPrice", bracket.stop);
            TraderRequest::write(&terms.edit_order, Some(order), Some(body), false)
        }
        Write::CancelOrder { order, .. } => {
            TraderRequest::write(&terms.cancel_order, Some(order), None, false)
        }
    }
}
