//! A local exchange: streams and questions, and what goes wrong there.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{
    ErrorResponse, Request, Response as Shake,
};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::capture::{Minute, SYMBOL, Scripted};
use crate::truth::{TrueBar, Truth};

enum Out {
    Text(String),
    /// As after 24 hours.
    End,
    /// Nothing is read or sent any more, and the connection stays.
    Freeze,
}

struct Client {
    streams: BTreeSet<String>,
    out: mpsc::UnboundedSender<Out>,
}

/// What goes wrong.
#[derive(Default)]
pub struct Trouble {
    /// Next messages that reach nobody.
    pub lose: usize,
    /// Next questions that are refused, with this status.
    pub too_many: (usize, u16),
    /// Next snapshots that are as the book was here.
    pub stale: Option<(usize, Truth)>,
    /// No connection is let in.
    pub shut: bool,
}

pub struct Inner {
    script: Vec<Scripted>,
    pub at: usize,
    /// Each instrument's book.
    truths: BTreeMap<String, Truth>,
    pub bars: BTreeMap<i64, TrueBar>,
    clients: Vec<Client>,
    pub trouble: Trouble,
    /// Connections that were opened.
    pub opened: usize,
    /// Pings that clients sent.
    pub pings: usize,
    /// Questions that came, and when: path and status.
    pub asked: Vec<(String, u16, Instant)>,
    /// Trades that were made, whoever was told of them.
    pub trades: Vec<Value>,
    came: Arc<Notify>,
}

impl Client {
    fn is_there(&self) -> bool {
        !self.out.is_closed()
    }
}

#[derive(Clone)]
pub struct Exchange {
    inner: Arc<Mutex<Inner>>,
    /// Told of each connection that is let in or ends, and of each question.
    came: Arc<Notify>,
    pub rest: String,
    pub streams: String,
}

impl Exchange {
    /// One that has the whole of a minute to play. Bars before it are flat.
    pub async fn open(minute: &Minute) -> Self {
        let first = &minute.bars[0];
        let before = (1..=300).map(|n| first.opens_ms - n * 1_000);
        let before = before.map(|ms| (ms, TrueBar::flat(ms, first.ohlc[0])));
        let truths = BTreeMap::from([(SYMBOL.to_owned(), minute.begins.clone())]);
        Self::of(minute.script.clone(), truths, before.collect()).await
    }

    /// One that has a script to play, and books and bars before it.
    pub async fn of(
        script: Vec<Scripted>,
        truths: BTreeMap<String, Truth>,
        bars: BTreeMap<i64, TrueBar>,
    ) -> Self {
        let came = Arc::new(Notify::new());
        let inner = Inner {
            script,
            at: 0,
            truths,
            bars,
            clients: Vec::new(),
            trouble: Trouble::default(),
            opened: 0,
            pings: 0,
            asked: Vec::new(),
            trades: Vec::new(),
            came: Arc::clone(&came),
        };
        let inner = Arc::new(Mutex::new(inner));
        let app = Router::new()
            .route("/api/v3/depth", get(depth))
            .route("/api/v3/klines", get(klines))
            .route("/api/v3/aggTrades", get(trades))
            .route("/fapi/v1/depth", get(depth))
            .route("/fapi/v1/klines", get(klines))
            .with_state(Arc::clone(&inner));
        let rest = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let streams = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let exchange = Self {
            inner: Arc::clone(&inner),
            came: Arc::clone(&came),
            rest: format!("http://{}", rest.local_addr().unwrap()),
            streams: format!("ws://{}", streams.local_addr().unwrap()),
        };
        tokio::spawn(async move { axum::serve(rest, app).await });
        tokio::spawn(async move {
            while let Ok((stream, _)) = streams.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&inner), Arc::clone(&came)));
            }
        });
        exchange
    }

    pub fn look(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Waits until as many connections are there.
    pub async fn clients(&self, wanted: usize) {
        self.until("a connection", |inner| inner.clients.len() >= wanted).await;
    }

    /// Waits until something holds here, looking at each connection that comes or ends and at
    /// each question.
    pub async fn until(&self, what: &str, holds: impl Fn(&Inner) -> bool) {
        let there = async {
            loop {
                let mut came = std::pin::pin!(self.came.notified());
                came.as_mut().enable();
                if holds(&self.look()) {
                    return;
                }
                came.await;
            }
        };
        patiently(what, there).await;
    }

    /// Plays the next messages; whether there were so many.
    pub fn play(&self, messages: usize) -> bool {
        (0..messages).all(|_| self.look().step())
    }

    /// Plays all that were sent up to a time.
    pub fn play_until(&self, at_ms: i64) -> bool {
        let mut inner = self.look();
        while inner.script.get(inner.at).is_some_and(|next| next.at_ms <= at_ms) {
            inner.step();
        }
        inner.at < inner.script.len()
    }

    pub fn end_connections(&self) {
        self.look().clients.drain(..).for_each(|client| drop(client.out.send(Out::End)));
    }

    pub fn freeze(&self) {
        self.look().clients.drain(..).for_each(|client| drop(client.out.send(Out::Freeze)));
    }
}

impl Inner {
    /// Whether somebody who is there listens to a stream.
    pub fn is_heard(&self, stream: &str) -> bool {
        self.clients.iter().any(|client| client.is_there() && client.streams.contains(stream))
    }

    /// The book of an instrument.
    pub fn truth(&self, symbol: &str) -> &Truth {
        &self.truths[symbol]
    }

    fn step(&mut self) -> bool {
        let Some(Scripted { stream, data, .. }) = self.script.get(self.at).cloned() else {
            return false;
        };
        self.at += 1;
        match data["e"].as_str() {
            Some("depthUpdate") => {
                let symbol = data["s"].as_str().unwrap();
                self.truths.get_mut(symbol).unwrap().apply(&data);
            }
            Some("kline") => {
                let k = &data["k"];
                let d = |name: &str| k[name].as_str().unwrap().parse().unwrap();
                let bar = TrueBar {
                    opens_ms: k["t"].as_i64().unwrap(),
                    ohlc: [d("o"), d("h"), d("l"), d("c")],
                    volume: d("v"),
                    taker: d("V"),
                };
                self.bars.insert(bar.opens_ms, bar);
            }
            Some("aggTrade") => self.trades.push(data.clone()),
            _ => {}
        }
        if self.trouble.lose > 0 {
            self.trouble.lose -= 1;
            return true;
        }
        let text = json!({ "stream": stream, "data": data }).to_string();
        self.clients.retain(|client| {
            let wants = client.streams.contains(&stream);
            !wants || client.out.send(Out::Text(text.clone())).is_ok()
        });
        true
    }

    /// Notes a question; a refusal, where it meets one.
    fn ask(&mut self, path: &str) -> Option<Response> {
        let (left, status) = self.trouble.too_many;
        let refused = (left > 0).then_some(status);
        self.asked.push((path.to_owned(), refused.unwrap_or(200), Instant::now()));
        self.came.notify_waiters();
        let status = StatusCode::from_u16(refused?).unwrap();
        self.trouble.too_many.0 -= 1;
        Some((status, [("retry-after", "1")], "{\"code\":-1003}").into_response())
    }
}

/// Waits for what has to come, and names it where it does not. Short waits are counted, as
/// a program that was held up meanwhile has not waited.
pub async fn patiently(what: &str, work: impl Future<Output = ()>) {
    let patience = async {
        for _ in 0..18_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        biased;
        () = work => {}
        () = patience => panic!("{what} is awaited in vain"),
    }
}

type Params = Query<BTreeMap<String, String>>;

async fn depth(State(inner): State<Arc<Mutex<Inner>>>, Query(params): Params) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(refused) = inner.ask("depth") {
        return refused;
    }
    if let Some((left, truth)) = inner.trouble.stale.as_mut().filter(|(left, _)| *left > 0) {
        *left -= 1;
        return axum::Json(truth.snapshot()).into_response();
    }
    axum::Json(inner.truth(&params["symbol"]).snapshot()).into_response()
}

async fn klines(State(inner): State<Arc<Mutex<Inner>>>, Query(params): Params) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(refused) = inner.ask("klines") {
        return refused;
    }
    let n = |name: &str| params[name].parse::<i64>().unwrap();
    let found = inner.bars.range(n("startTime")..=n("endTime")).take(n("limit") as usize);
    let rows: Value = found.map(|(_, bar)| bar.row()).collect();
    // The exchange's own time is that of what it sent last.
    let now = inner.script[inner.at.saturating_sub(1)].at_ms / 1_000;
    let date = jiff::Timestamp::from_second(now).unwrap();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    ([("date", date), ("x-mbx-used-weight-1m", "7".to_owned())], axum::Json(rows)).into_response()
}

async fn trades(State(inner): State<Arc<Mutex<Inner>>>, Query(params): Params) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(refused) = inner.ask("aggTrades") {
        return refused;
    }
    let n = |name: &str| params[name].parse::<u64>().unwrap();
    let found = inner.trades.iter().filter(|trade| trade["a"].as_u64().unwrap() >= n("fromId"));
    let row = |t: &Value| {
        json!({ "a": t["a"], "p": t["p"], "q": t["q"], "f": t["f"], "l": t["l"], "T": t["T"],
            "m": t["m"], "M": true })
    };
    axum::Json(found.take(n("limit") as usize).map(row).collect::<Value>()).into_response()
}

async fn serve(stream: TcpStream, inner: Arc<Mutex<Inner>>, came: Arc<Notify>) {
    connection(stream, inner, Arc::clone(&came)).await;
    // What it was told by is gone now.
    came.notify_waiters();
}

async fn connection(stream: TcpStream, inner: Arc<Mutex<Inner>>, came: Arc<Notify>) {
    let mut streams = BTreeSet::new();
    let shut = inner.lock().unwrap().trouble.shut;
    #[allow(clippy::result_large_err)]
    let take = |request: &Request, shake: Shake| -> Result<Shake, ErrorResponse> {
        let query = request.uri().query().unwrap_or_default();
        let names = query.strip_prefix("streams=").unwrap_or_default();
        streams.extend(names.split('/').map(str::to_owned));
        match shut {
            true => Err(ErrorResponse::new(Some("full".to_owned()))),
            false => Ok(shake),
        }
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, take).await else { return };
    let (out, mut outs) = mpsc::unbounded_channel();
    {
        let mut inner = inner.lock().unwrap();
        inner.opened += 1;
        inner.clients.push(Client { streams, out });
    }
    came.notify_waiters();
    loop {
        tokio::select! {
            out = outs.recv() => match out {
                Some(Out::Text(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Out::End) | None => {
                    let reason = "24 hours".into();
                    let frame = CloseFrame { code: CloseCode::Away, reason };
                    let _ = socket.close(Some(frame)).await;
                    return;
                }
                Some(Out::Freeze) => std::future::pending().await,
            },
            came = socket.next() => match came {
                Some(Ok(Message::Ping(_))) => inner.lock().unwrap().pings += 1,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
