//! One request from its arrival to its reply.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};
use tickstep_core::units::Nanos;

use super::body;
use super::desk::{Desk, Floor};
use super::door;
use super::line::LineSwitch;
use super::options::RefusalWording;
use super::render;
use super::reply::{SimReply, send};
use crate::exchange::{CandleSpan, Note, Objection, Receipt, Seen, Trouble, VenueCall};

/// Largest body that is read, in bytes.
const BODY: usize = 1 << 20;

/// Answers a request.
pub(crate) async fn answer(desk: Desk, call: VenueCall, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let line = parts.extensions.get::<ConnectInfo<LineSwitch>>();
    let line = line.map(|ConnectInfo(line)| line.clone()).unwrap_or_default();
    let place = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let Ok(body) = to_bytes(body, BODY).await else {
        let reply = SimReply::error(StatusCode::PAYLOAD_TOO_LARGE, "Too large");
        return send(&desk, &line, &place, Seen::Answered(reply)).await;
    };
    let delay = desk.floor().options.write_delay();
    if call.is_write() && !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let now = desk.now();
    let seen = {
        let mut floor = desk.floor();
        Visit { call, now, parts: &parts, body: &body }.serve(&mut floor)
    };
    send(&desk, &line, &place, seen).await
}

/// A request that has arrived.
struct Visit<'a> {
    call: VenueCall,
    now: Nanos,
    parts: &'a Parts,
    body: &'a Bytes,
}

impl Visit<'_> {
    fn serve(&self, floor: &mut Floor) -> Seen<SimReply> {
        *floor.census.requests.entry(self.call).or_default() += 1;
        floor.weather(self.now);
        let headers = &self.parts.headers;
        if self.is_trade() || self.call == VenueCall::Details {
            let stray = door::cookie(headers, "rt").is_some();
            let belongs = self.parts.uri.path().starts_with(&floor.options.refresh_cookie_path);
            floor.census.stray_cookies += u64::from(stray && !belongs);
        }
        let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok());
        let named = agent.is_some_and(|agent| !agent.is_empty() && !agent.contains("python"));
        if floor.options.bot_filter && !named {
            return Seen::Forbidden;
        }
        let account = if self.is_trade() { door::admitted(floor, self.now, headers) } else { None };
        if let Some(account) = account.as_ref().filter(|_| self.call.is_write()) {
            *floor.census.writes.entry(account.clone()).or_default() += 1;
        }
        if let Err(wait) = floor.admit(self.now, account.as_deref()) {
            floor.census.too_many += 1;
            let told = floor.options.rate.retry_after;
            return Seen::TooMany(told.then(|| door::seconds_up(wait)));
        }
        if !self.is_trade() {
            return self.serve_door(floor);
        }
        let Some(account) = account else {
            floor.census.unauthorised += 1;
            return Seen::Unauthorised;
        };
        let system = self.parts.uri.path().split('/').nth(2).unwrap_or_default();
        if system != floor.options.system_of(&account) {
            return Seen::Answered(SimReply::error(StatusCode::NOT_FOUND, "Not found"));
        }
        let trouble = floor.trouble(self.call, Some(&account));
        if trouble == Some(Trouble::Unauthorised) {
            self.end_session(floor);
        }
        if self.call.is_write() {
            self.write(floor, &account, trouble.as_ref())
        } else {
            self.read(floor, &account, trouble.as_ref())
        }
    }

    /// Whether it needs a session.
    const fn is_trade(&self) -> bool {
        !matches!(self.call, VenueCall::Details | VenueCall::LogIn | VenueCall::Refresh)
    }

    fn serve_door(&self, floor: &mut Floor) -> Seen<SimReply> {
        let body: Option<Value> = serde_json::from_slice(self.body).ok();
        let email = match self.call {
            VenueCall::Refresh => door::refreshing(floor, &self.parts.headers),
            _ => body.as_ref().and_then(|body| body["email"].as_str().map(str::to_owned)),
        };
        let trouble = floor.trouble(self.call, email.as_deref());
        let hidden = trouble.as_ref().and_then(Trouble::hides);
        if hidden.is_some() && !trouble.as_ref().is_some_and(Trouble::executes) {
            return hidden.unwrap_or(Seen::Gone);
        }
        let reply = match self.call {
            VenueCall::LogIn => match body {
                Some(body) => door::log_in(floor, self.now, self.parts.uri.path(), &body),
                None => SimReply::error(StatusCode::BAD_REQUEST, "JSON parse error"),
            },
            VenueCall::Refresh => door::refresh(floor, self.now, &self.parts.headers),
            _ => door::details(floor),
        };
        hidden.unwrap_or(Seen::Answered(reply))
    }

    fn end_session(&self, floor: &mut Floor) {
        let secret = &floor.options.secret;
        let session = door::cookie(&self.parts.headers, "co-auth");
        let serial =
            session.and_then(|t| super::token::serial(secret, &t, super::token::TokenUse::Session));
        let email = serial.and_then(|s| floor.sessions.check(self.now, s).ok());
        if let Some(email) = email.map(|pass| pass.email.clone()) {
            floor.sessions.revoke(&email);
        }
    }

    fn read(&self, floor: &mut Floor, account: &str, trouble: Option<&Trouble>) -> Seen<SimReply> {
        if let Some(hidden) = trouble.and_then(Trouble::hides) {
            return hidden;
        }
        let reply = self
            .answered(floor, account, trouble)
            .unwrap_or_else(|(status, message)| SimReply::error(status, &message));
        Seen::Answered(reply)
    }

    fn answered(
        &self,
        floor: &mut Floor,
        account: &str,
        trouble: Option<&Trouble>,
    ) -> Result<SimReply, (StatusCode, String)> {
        let pen = floor.pen();
        let gone = || (StatusCode::NOT_FOUND, "Account not found".to_owned());
        let value = match self.call {
            VenueCall::Instruments => {
                let all = floor.exchange.listings(self.now);
                let list: Vec<_> =
                    all.map(|(listing, open)| render::instrument(&pen, listing, open)).collect();
                let wrapped = pen.wording.wrapped_instruments;
                match &list[..] {
                    [one] if pen.wording.single_instrument => one.clone(),
                    _ if wrapped => json!({ "instruments": list }),
                    _ => json!(list),
                }
            }
            VenueCall::Quotes => self.quotes(floor)?,
            VenueCall::Candles => self.candles(floor, trouble)?,
            VenueCall::Positions => {
                let view = floor.exchange.view(self.now, account).ok_or_else(gone)?;
                let held = view.holdings.to_vec();
                let rows: Vec<_> =
                    held.iter().map(|held| position(floor, self.now, held)).collect();
                json!({ "positions": rows })
            }
            VenueCall::Orders => {
                let view = floor.exchange.view(self.now, account).ok_or_else(gone)?;
                let rows: Vec<_> = view.waiting.iter().map(|w| render::order(&pen, w)).collect();
                json!({ "orders": rows })
            }
            VenueCall::Closed => {
                let (from, to) = self.window(floor)?;
                let view = floor.exchange.view(self.now, account).ok_or_else(gone)?;
                let inside = view.closed.iter().filter(|row| from <= row.closed && row.closed < to);
                let rows: Vec<_> = inside.map(|row| render::closed(&pen, row)).collect();
                json!({ "operations": rows })
            }
            VenueCall::Balance => {
                let view = floor.exchange.view(self.now, account).ok_or_else(gone)?;
                render::balance(&pen, &view.funds)
            }
            VenueCall::Details
            | VenueCall::LogIn
            | VenueCall::Refresh
            | VenueCall::Open
            | VenueCall::EditPosition
            | VenueCall::Close
            | VenueCall::ClosePart
            | VenueCall::CloseMany
            | VenueCall::CreateOrder
            | VenueCall::EditOrder
            | VenueCall::CancelOrder => unreachable!("these are no reads"),
        };
        Ok(SimReply::ok(&value))
    }

    fn query(&self) -> BTreeMap<String, String> {
        Query::try_from_uri(&self.parts.uri).map_or_else(|_| BTreeMap::new(), |Query(map)| map)
    }

    fn quotes(&self, floor: &mut Floor) -> Result<Value, (StatusCode, String)> {
        let missing = || (StatusCode::BAD_REQUEST, "symbols is required".to_owned());
        let symbols = self.query().remove("symbols").ok_or_else(missing)?;
        let pen = floor.pen();
        let known: Vec<_> =
            floor.exchange.listings(self.now).map(|(l, _)| l.symbol.clone()).collect();
        let mut rows = Vec::new();
        for symbol in symbols.split(',') {
            if !known.iter().any(|k| k == symbol) {
                return Err((StatusCode::NOT_FOUND, format!("Instrument {symbol} not found")));
            }
            // One that has shown no price yet is left out.
            rows.extend(floor.exchange.quote(self.now, symbol).map(|q| render::quote(&pen, q)));
        }
        Ok(if pen.wording.wrapped_quotes { json!({ "quotations": rows }) } else { json!(rows) })
    }

    fn candles(
        &self,
        floor: &mut Floor,
        trouble: Option<&Trouble>,
    ) -> Result<Value, (StatusCode, String)> {
        let query = self.query();
        let bad = |name: &str| {
            let message = format!("Validation failed for argument '{name}'");
            (StatusCode::BAD_REQUEST, message)
        };
        let pen = floor.pen();
        let symbol = query.get("symbol").ok_or_else(|| bad("symbol"))?;
        let interval = query.get("interval").and_then(|name| CandleSpan::named(name));
        let span = interval.ok_or_else(|| bad("interval"))?;
        let time = |name: &str, other: Nanos| match query.get(name) {
            Some(text) => pen.read_time(&text.clone().into()).ok_or_else(|| bad(name)),
            None => Ok(other),
        };
        let window = (time("from", Nanos(i64::MIN / 2))?, time("to", self.now)?);
        let found = floor.exchange.candles(self.now, symbol, span, window);
        let unknown = || (StatusCode::NOT_FOUND, format!("Instrument {symbol} not found"));
        let mut candles = found.ok_or_else(unknown)?;
        if let Some(trouble) = trouble {
            trouble.disturb(&mut candles);
        }
        Ok(render::candles(&pen, symbol, span, &candles))
    }

    fn window(&self, floor: &Floor) -> Result<(Nanos, Nanos), (StatusCode, String)> {
        let bad = |what: &str| (StatusCode::BAD_REQUEST, format!("Validation failed: {what}"));
        let body: Value = serde_json::from_slice(self.body).map_err(|_| bad("body"))?;
        let pen = floor.pen();
        let time = |name: &str| pen.read_time(&body[name]).ok_or_else(|| bad(name));
        Ok((time("from")?, time("to")?))
    }

    fn write(&self, floor: &mut Floor, account: &str, trouble: Option<&Trouble>) -> Seen<SimReply> {
        let omitted = floor.options.wording.omitted_level;
        let body = serde_json::from_slice(self.body).map_err(|_| "JSON parse error".to_owned());
        let view = floor.exchange.view_true(self.now, account);
        let read = match (body, view) {
            (Ok(body), Some(view)) => body::read(self.call, &body, omitted, &view),
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err("Account not found".to_owned()),
        };
        let instructions = match read {
            Ok(instructions) => instructions,
            Err(error) => {
                // What cannot be read is refused before anything can happen to it.
                return Seen::Answered(SimReply::error(StatusCode::BAD_REQUEST, &error));
            }
        };
        let intent = self.parts.headers.get("x-intent").and_then(|v| v.to_str().ok());
        let note = Note { intent: intent.and_then(|i| i.parse().ok()), ..Note::default() };
        let mut done = Vec::new();
        let mut odd = false;
        let mut hidden = None;
        for instruction in instructions {
            let seen = floor.exchange.submit_under(self.now, account, instruction, &note, trouble);
            match seen {
                Seen::Answered(result) => done.push(result),
                Seen::OddCode(result) => {
                    odd = true;
                    done.push(result);
                }
                Seen::Lost(lost) => hidden = Some(Seen::Lost(lost)),
                Seen::Unauthorised => hidden = Some(Seen::Unauthorised),
                Seen::Forbidden => hidden = Some(Seen::Forbidden),
                Seen::Redirected(status) => hidden = Some(Seen::Redirected(status)),
                Seen::TooMany(seconds) => hidden = Some(Seen::TooMany(seconds)),
                Seen::Gone => hidden = Some(Seen::Gone),
            }
        }
        hidden.unwrap_or_else(|| Seen::Answered(self.told(floor, &done, odd)))
    }

    fn told(&self, floor: &Floor, done: &[Result<Receipt, Objection>], odd: bool) -> SimReply {
        let order = done.iter().flatten().next().map(|receipt| receipt.order.clone());
        let refused = done.iter().find_map(|result| result.as_ref().err());
        let status = match (&order, refused) {
            (Some(_), Some(_)) => "PARTIAL_SUCCESS",
            (_, None) => "OK",
            (None, Some(_)) => "REJECTED",
        };
        if let Some(Objection::NoOrder(_)) = refused {
            let body = json!({ "errorCode": "ORDER_NOT_FOUND", "errorMessage": "Order not found" });
            return SimReply { status: StatusCode::NOT_FOUND, ..SimReply::ok(&body) };
        }
        if refused.is_none()
            && self.call == VenueCall::EditOrder
            && floor.options.wording.empty_edit
        {
            return SimReply::empty();
        }
        let mut body = json!({
            "status": status,
            "nativeCode": refused.and_then(Objection::code),
            "errorMessage": refused.map_or_else(String::new, ToString::to_string),
            "orderId": order,
        });
        if odd {
            body["errorCode"] = "UNKNOWN_ERROR".into();
        }
        let reply = SimReply::ok(&body);
        match (floor.options.wording.refusal, status) {
            (RefusalWording::BadRequest, "REJECTED") => {
                SimReply { status: StatusCode::BAD_REQUEST, ..reply }
            }
            _ => reply,
        }
    }
}

fn position(floor: &mut Floor, now: Nanos, held: &crate::exchange::Holding) -> Value {
    let pen = floor.pen();
    let side = held.side.opposite();
    let quote = floor.exchange.quote(now, &held.symbol).map(|quote| quote.side(side));
    render::position(&pen, &floor.exchange, held, quote.unwrap_or(held.open_px))
}
