//! A server that speaks the Trader API as the vendor's pages have it, on paths that nobody
//! knows, with an exchange behind it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tickstep_core::units::{Nanos, Side};
use tickstep_live::clock::{Clock, FastTime};
use tickstep_live::exchange::{
    AccountTerms, CandleSpan, Exchange, ExchangeRules, Holding, Instruction, Levels, Listing, Note,
    PriceTape, Said, TapeBar,
};
use tokio::net::TcpListener;

/// Paths of this server; those of the real one are not known.
pub const PATHS: &str = include_str!("../data/trader_api_paths.toml");

/// What becomes of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// As the pages say.
    Plain,
    /// Executed, answered by 502, and with the stop somewhere else.
    Blurred,
    /// Executed, and answered after half a minute of the venue's time.
    Slow,
}

struct Floor {
    exchange: Exchange,
    habit: Habit,
    keys: Vec<String>,
    comments: Vec<String>,
}

/// The server, as a test holds it.
#[derive(Clone)]
pub struct Desk {
    floor: Arc<Mutex<Floor>>,
    clock: Clock,
}

type Answer = Result<Response, Response>;

pub fn token(n: u32) -> String {
    format!("canary-token-{n}")
}

fn number(n: u32) -> String {
    (950_000 + n).to_string()
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({
        "path": "/v9", "status": status.as_u16(), "type": format!("error://trader-api/{code}"),
        "title": "Failed", "detail": detail, "additionalInfo": null,
    });
    (status, axum::Json(body)).into_response()
}

fn invalid(detail: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, "trading-validation-failed", detail)
}

fn side_word(side: Side) -> &'static str {
    if side == Side::Buy { "BUY" } else { "SELL" }
}

fn level(value: &Value) -> Result<Option<Decimal>, Response> {
    match value {
        Value::Null => Ok(None),
        Value::Number(n) => {
            Decimal::from_str(&n.to_string()).map(Some).map_err(|_| invalid("a level"))
        }
        _ => Err(invalid("a level is a number or null")),
    }
}

impl Desk {
    /// Serves, with so many accounts, as long as the test goes on.
    pub async fn start((since, speed): (i64, u32), accounts: u32, prices: &str) -> (Self, String) {
        let clock = Clock::fast(FastTime { since: Nanos(since * Nanos::SECOND.0), speed }, None);
        let mut exchange = Exchange::new(ExchangeRules::plain()).unwrap();
        let listing = Listing {
            quote_currency: "USD".to_owned(),
            volume_min: d("0.1"),
            volume_step: d("0.1"),
            volume_max: d("100000"),
            ..Listing::plain("FILUSDT", d("0.001"), Decimal::ONE)
        };
        let first = clock.now().0.div_euclid(Nanos::MINUTE.0) - 500;
        let bars = prices.lines().skip(1).enumerate().map(|(at, row)| {
            let f: Vec<Decimal> = row.split(',').skip(1).map(d).collect();
            TapeBar {
                ts_open: Nanos::MINUTE.times(first + at as i64),
                open: f[0],
                high: f[1],
                low: f[2],
                close: f[3],
                volume: f[4],
                spread: d("0.002"),
            }
        });
        let tape = PriceTape::new(Nanos::MINUTE, bars.collect()).unwrap();
        exchange.list(listing, tape).unwrap();
        for n in 1..=accounts {
            exchange.open_account(AccountTerms::plain(&number(n), d("100000"))).unwrap();
        }
        let (keys, comments) = (Vec::new(), Vec::new());
        let floor = Floor { exchange, habit: Habit::Plain, keys, comments };
        let desk = Self { floor: Arc::new(Mutex::new(floor)), clock };
        let router = Router::new()
            .route("/v9/account", get(account))
            .route("/v9/account/summary", get(summary))
            .route("/v9/symbols", get(symbols))
            .route("/v9/quotes", get(quotes))
            .route("/v9/candles", get(candles))
            .route("/v9/positions", get(positions).post(open))
            .route("/v9/positions/{id}", patch(edit))
            .route("/v9/positions/{id}/close", post(close))
            .route("/v9/pending-orders", get(orders))
            .route("/v9/history", post(history))
            .with_state(desk.clone())
            .layer(axum::middleware::from_fn_with_state(desk.clone(), dated));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (desk, base)
    }

    pub fn turn(&self, habit: Habit) {
        self.floor.lock().unwrap().habit = habit;
    }

    /// Entries that came in.
    pub fn opens(&self) -> usize {
        self.floor.lock().unwrap().comments.len()
    }

    /// Comments of the entries, and the keys of everything that has one.
    pub fn said(&self) -> (Vec<String>, Vec<String>) {
        let floor = self.floor.lock().unwrap();
        (floor.comments.clone(), floor.keys.clone())
    }

    /// What is open, by account.
    pub fn open_ids(&self) -> Vec<(String, String)> {
        let mut floor = self.floor.lock().unwrap();
        let now = self.clock.now();
        let ids: Vec<String> = floor.exchange.account_ids().map(str::to_owned).collect();
        let mut open = Vec::new();
        for account in ids {
            let view = floor.exchange.view_true(now, &account).unwrap();
            open.extend(view.holdings.iter().map(|h| (account.clone(), h.id.clone())));
        }
        open
    }

    /// Intents that were carried out more than once, and entries without stop and target.
    pub fn wrong(&self) -> (usize, usize) {
        let mut floor = self.floor.lock().unwrap();
        let now = self.clock.now();
        let report = floor.exchange.report(now, None);
        (report.duplicates.len(), report.unbracketed.len())
    }

    fn who(&self, headers: &HeaderMap) -> Result<String, Response> {
        let given = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let n = (1..100).find(|n| given == format!("Bearer {}", token(*n)));
        let denied = || problem(StatusCode::UNAUTHORIZED, "unauthorized", "no such token");
        n.map(number).ok_or_else(denied)
    }

    /// Carries out a change under its key.
    fn submit(
        &self,
        account: &str,
        headers: &HeaderMap,
        instruction: Instruction,
        comment: &str,
    ) -> Result<Option<String>, Response> {
        let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut floor = self.floor.lock().unwrap();
        floor.keys.extend(key.clone());
        let intent = comment.strip_prefix("tickstep ").map(|n| n.parse().unwrap());
        // Numbers of a runner are its own, and it has one for all accounts.
        let note = Note { intent, key, comment: comment.to_owned() };
        let done = floor.exchange.submit(self.clock.now(), account, instruction, &note);
        done.map(|receipt| receipt.position).map_err(|objection| invalid(&objection.to_string()))
    }
}

/// The server's own time goes with every answer, as time runs here.
async fn dated(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = Timestamp::from_nanosecond(desk.clock.now().0.into()).unwrap();
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
    response.headers_mut().insert("date", date.parse().unwrap());
    response
}

async fn account(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    let account = desk.who(&headers)?;
    Ok(axum::Json(json!({ "accountId": account, "currency": "USD" })).into_response())
}

async fn summary(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    let account = desk.who(&headers)?;
    let funds = desk.floor.lock().unwrap().exchange.view(desk.clock.now(), &account).unwrap().funds;
    Ok(axum::Json(json!({
        "balance": funds.balance, "equity": funds.equity, "margin": funds.margin,
        "freeMargin": funds.free_margin, "currency": "USD",
    }))
    .into_response())
}

async fn symbols(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    desk.who(&headers)?;
    Ok(axum::Json(json!({ "symbols": [{
        "symbol": "FILUSDT", "sessionOpen": true, "volumeMin": 0.1, "volumeMax": 100_000,
        "volumeStep": 0.1, "contractSize": 1, "sizeOfOnePoint": 0.001, "stopsLevel": 0,
        "leverage": 100, "quoteCurrency": "USD",
    }]}))
    .into_response())
}

async fn quotes(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    desk.who(&headers)?;
    let mut floor = desk.floor.lock().unwrap();
    let quote = floor.exchange.quote(desk.clock.now(), "FILUSDT").cloned();
    let rows = quote.map(|q| {
        json!({ "symbol": q.symbol, "bid": q.bid, "ask": q.ask, "timestampMs": q.ts.0 / 1_000_000 })
    });
    Ok(axum::Json(json!({ "quotes": Vec::from_iter(rows) })).into_response())
}

async fn candles(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Answer {
    desk.who(&headers)?;
    let Some(span) = CandleSpan::named(&query["interval"]) else {
        return Err(problem(StatusCode::BAD_REQUEST, "candle-interval-invalid", "interval"));
    };
    let ms = |name: &str| Nanos(query[name].parse::<i64>().unwrap() * 1_000_000);
    let limit = query.get("limit").map_or(100, |n| n.parse().unwrap());
    let mut floor = desk.floor.lock().unwrap();
    let window = (ms("from"), ms("to"));
    let found = floor.exchange.candles(desk.clock.now(), &query["symbol"], span, window);
    let rows = found.unwrap().into_iter().take(limit).map(|c| {
        json!({ "time": c.ts_open.0 / 1_000_000, "open": c.open, "high": c.high, "low": c.low,
                "close": c.close, "volume": c.volume })
    });
    let rows: Vec<Value> = rows.collect();
    let body = json!({ "symbol": query["symbol"], "interval": query["interval"], "candles": rows });
    Ok(axum::Json(body).into_response())
}

fn shown(held: &Holding) -> Value {
    json!({
        "positionId": held.id, "symbol": held.symbol, "side": side_word(held.side),
        "volume": held.volume, "openTimeMillis": held.opened.0 / 1_000_000,
        "openPrice": held.open_px, "slPrice": held.levels.stop, "tpPrice": held.levels.target,
        "commission": held.commission, "swap": held.swap, "comment": held.comment,
    })
}

async fn positions(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    let account = desk.who(&headers)?;
    let mut floor = desk.floor.lock().unwrap();
    let view = floor.exchange.view(desk.clock.now(), &account).unwrap();
    let rows: Vec<Value> = view.holdings.iter().map(shown).collect();
    Ok(axum::Json(json!({ "positions": rows })).into_response())
}

async fn orders(State(desk): State<Desk>, headers: HeaderMap) -> Answer {
    desk.who(&headers)?;
    Ok(axum::Json(json!({ "pendingOrders": [] })).into_response())
}

async fn history(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Answer {
    let account = desk.who(&headers)?;
    let body: Value = serde_json::from_slice(&body).map_err(|e| invalid(&e.to_string()))?;
    let ms = |name: &str| body[name].as_i64().map(|n| Nanos(n * 1_000_000));
    let (Some(from), Some(to)) = (ms("from"), ms("to")) else { return Err(invalid("from, to")) };
    let mut floor = desk.floor.lock().unwrap();
    let view = floor.exchange.view(desk.clock.now(), &account).unwrap();
    let rows = view.closed.iter().filter(|row| from <= row.closed && row.closed < to).map(|row| {
        json!({
            "positionId": row.position, "uid": row.uid, "symbol": row.symbol,
            "side": side_word(row.side), "volume": row.volume, "openPrice": row.open_px,
            "closePrice": row.close_px, "openTime": row.opened.0 / 1_000_000,
            "time": row.closed.0 / 1_000_000, "commission": row.commission, "swap": row.swap,
            "profit": row.profit, "comment": row.comment,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(axum::Json(json!({ "operations": rows })).into_response())
}

async fn open(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Answer {
    let account = desk.who(&headers)?;
    let body: Value = serde_json::from_slice(&body).map_err(|e| invalid(&e.to_string()))?;
    let side = match body["side"].as_str() {
        Some("BUY") => Side::Buy,
        Some("SELL") => Side::Sell,
        _ => return Err(invalid("side")),
    };
    let symbol = body["symbol"].as_str().unwrap_or_default().to_owned();
    let volume = level(&body["volume"])?.ok_or_else(|| invalid("volume"))?;
    let (stop, target) = (level(&body["slPrice"])?, level(&body["tpPrice"])?);
    let levels = Levels { stop, target };
    let comment = body["comment"].as_str().unwrap_or_default().to_owned();
    let habit = {
        let mut floor = desk.floor.lock().unwrap();
        floor.comments.push(comment.clone());
        floor.habit
    };
    let opened = Instruction::Open { symbol, side, volume, levels };
    let position = desk.submit(&account, &headers, opened, &comment)?;
    let position = position.ok_or_else(|| invalid("no position"))?;
    match habit {
        Habit::Plain => {}
        Habit::Slow => {
            let late = desk.clock.real(Nanos::SECOND.times(30));
            tokio::time::sleep(late).await;
        }
        Habit::Blurred => {
            let away = d("0.001") * Decimal::from(side.sign());
            let levels = Levels { stop: stop.map(|stop| stop - away), target };
            let amend = Instruction::Amend { position, said: Said::default(), levels };
            desk.submit(&account, &HeaderMap::new(), amend, "")?;
            return Err((StatusCode::BAD_GATEWAY, "<html>502</html>").into_response());
        }
    }
    let made = axum::Json(json!({ "positionId": position }));
    Ok((StatusCode::CREATED, made).into_response())
}

async fn edit(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let account = desk.who(&headers)?;
    let body: Value = serde_json::from_slice(&body).map_err(|e| invalid(&e.to_string()))?;
    let levels = Levels { stop: level(&body["slPrice"])?, target: level(&body["tpPrice"])? };
    let amend = Instruction::Amend { position: id, said: Said::default(), levels };
    desk.submit(&account, &headers, amend, "")?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn close(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let account = desk.who(&headers)?;
    let body: Value = serde_json::from_slice(&body).map_err(|e| invalid(&e.to_string()))?;
    let part = level(&body["volume"])?;
    let close = Instruction::Close { position: id, said: Said::default(), part };
    desk.submit(&account, &headers, close, "")?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
