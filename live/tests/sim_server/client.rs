//! A small client for the tests, and a server whose clock they move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, USER_AGENT};
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tickstep_core::units::Nanos;
use tickstep_live::exchange::{
    AccountTerms, Exchange, ExchangeRules, Listing, PriceTape, TapeBar, WeekHours,
};
use tickstep_live::sim_server::{Desk, SimLogin, SimOptions, serve};
use tokio::net::TcpListener;

/// 2026-09-07T10:00:00Z, a Monday.
pub const START: Nanos = Nanos(1_788_775_200_000_000_000);
pub const EMAIL: &str = "trader@example.com";
pub const PASSWORD: &str = "correct horse";
/// The account that is meant, and another one that the login lists first.
pub const ACCOUNT: &str = "950552";
pub const DECOY: &str = "950001";
pub const SYSTEM: &str = "8d4b9d7e-4c6c-4f3c-9f0a-6a1b3c5d7e9f";

pub fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Ten minutes before the start and an hour after it, at 1.08101 to 1.08103; after half an
/// hour the price falls by a thousand points.
pub fn euro() -> PriceTape {
    let bar = |minute: i64| {
        let px = if minute < 30 { d("1.08101") } else { d("1.07101") };
        let [high, low] = [px + d("0.00010"), px - d("0.00005")];
        let ts_open = Nanos(START.0 + minute * Nanos::MINUTE.0);
        TapeBar { ts_open, open: px, high, low, close: px, volume: d("100"), spread: d("0.00002") }
    };
    PriceTape::new(Nanos::MINUTE, (-10..60).map(bar).collect()).unwrap()
}

fn gold() -> PriceTape {
    let bar = |minute: i64| TapeBar {
        ts_open: Nanos(START.0 + minute * Nanos::MINUTE.0),
        open: d("4390.00"),
        high: d("4391.00"),
        low: d("4389.00"),
        close: d("4390.50"),
        volume: d("7"),
        spread: d("0.20"),
    };
    PriceTape::new(Nanos::MINUTE, (-10..60).map(bar).collect()).unwrap()
}

pub fn exchange() -> Exchange {
    exchange_with(ExchangeRules::plain())
}

pub fn exchange_with(rules: ExchangeRules) -> Exchange {
    let mut exchange = Exchange::new(rules).unwrap();
    let euros = Listing {
        commission_per_lot: d("7"),
        stops_level: 10,
        ..Listing::plain("EURUSD", d("0.00001"), d("100000"))
    };
    exchange.list(euros, euro()).unwrap();
    let hours = vec![WeekHours { day: 0, open_s: 3_600, close_s: 79_200 }];
    let metal = Listing {
        calculation: "CFD".to_owned(),
        hours,
        ..Listing::plain("XAUUSD", d("0.01"), d("100"))
    };
    exchange.list(metal, gold()).unwrap();
    for id in [ACCOUNT, DECOY] {
        exchange.open_account(AccountTerms::plain(id, d("10000"))).unwrap();
    }
    exchange
}

pub fn options() -> SimOptions {
    let accounts = [DECOY, ACCOUNT].map(str::to_owned).to_vec();
    let (email, password) = (EMAIL.to_owned(), PASSWORD.to_owned());
    SimOptions {
        late_reply_ms: 400,
        ..SimOptions::plain(vec![SimLogin { email, password, accounts }])
    }
}

/// A server, its clock, and what is behind it.
pub struct Server {
    pub base: String,
    pub desk: Desk,
    clock: Arc<AtomicI64>,
    _end: tokio::sync::oneshot::Sender<()>,
}

impl Server {
    pub async fn start(options: SimOptions) -> Self {
        Self::over(exchange(), options).await
    }

    pub async fn over(exchange: Exchange, options: SimOptions) -> Self {
        // The tests' own HTTP client wants one; whichever test is first sets it.
        let _set = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(AtomicI64::new(START.0));
        let told = Arc::clone(&clock);
        let now = Arc::new(move || Nanos(told.load(Ordering::SeqCst)));
        let desk = Desk::new(exchange, options, now);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (end, ended) = tokio::sync::oneshot::channel();
        let until = async move {
            let _dropped = ended.await;
        };
        tokio::spawn(serve(listener, desk.clone(), until));
        Self { base, desk, clock, _end: end }
    }

    pub async fn plain() -> (Self, Client) {
        let server = Self::start(options()).await;
        let client = server.logged_in().await;
        (server, client)
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * Nanos::SECOND.0, Ordering::SeqCst);
    }

    pub fn client(&self) -> Client {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(200))
            .build()
            .unwrap();
        Client { base: self.base.clone(), http, trading: String::new() }
    }

    pub async fn logged_in(&self) -> Client {
        let mut client = self.client();
        let reply = client.log_in("/manager/mtr-login").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        client.pick(&reply.json(), ACCOUNT);
        client
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect()
    }
}

pub struct Client {
    pub base: String,
    pub http: reqwest::Client,
    pub trading: String,
}

impl Client {
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header(USER_AGENT, "tickstep-tests/1");
        if !self.trading.is_empty() {
            request = request.header("Auth-trading-api", &self.trading);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Reply { status, headers, text: response.text().await? })
    }

    pub async fn log_in(&self, path: &str) -> Reply {
        let body = json!({ "email": EMAIL, "password": PASSWORD, "brokerId": "2" });
        self.try_send(Method::POST, path, Some(&body)).await.unwrap()
    }

    pub fn pick(&mut self, login: &Value, account: &str) {
        let list = login.get("tradingAccounts").or(login.get("accounts")).unwrap();
        let found = list.as_array().unwrap().iter().find(|a| a["tradingAccountId"] == account);
        self.trading = found.unwrap()["tradingApiToken"].as_str().unwrap().to_owned();
    }

    pub async fn get(&self, path: &str) -> Reply {
        let path = format!("/mtr-api/{SYSTEM}/{path}");
        self.try_send(Method::GET, &path, None).await.unwrap()
    }

    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Reply, reqwest::Error> {
        self.try_send(Method::POST, &format!("/mtr-api/{SYSTEM}/{path}"), Some(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.try_post(path, body).await.unwrap()
    }

    pub async fn rows(&self, path: &str) -> Vec<Value> {
        let value = self.get(path).await.json();
        let name = if path == "active-orders" { "orders" } else { "positions" };
        value[name].as_array().unwrap().clone()
    }
}

pub fn entry() -> Value {
    json!({
        "instrument": "EURUSD", "orderSide": "BUY", "volume": 0.1,
        "slPrice": 1.075, "tpPrice": 1.09, "isMobile": false
    })
}

/// Whether each name of `wanted` is there, written as the same type, and nothing else is.
pub fn same_shape(wanted: &Value, found: &Value) {
    let (Value::Object(wanted), Value::Object(found)) = (wanted, found) else {
        panic!("two objects expected: {wanted} {found}");
    };
    let names = |map: &serde_json::Map<String, Value>| -> Vec<String> {
        let mut names: Vec<_> = map.keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(wanted), names(found));
    for (name, value) in wanted {
        let kind = std::mem::discriminant(value);
        assert_eq!(kind, std::mem::discriminant(&found[name]), "{name}: {}", found[name]);
    }
}
