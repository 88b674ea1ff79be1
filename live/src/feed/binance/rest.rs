//! Questions by REST, each asked once.

use core::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, redirect, retry};
use tickstep_core::units::Nanos;

use super::market::{BinanceMarket, RestCall};
use super::question::{BinanceAnswer, BinanceQuestion};
use super::wire::{depth_snapshot, kline_rows};
use crate::net::header;

/// Longest answer that is taken.
const LONGEST: usize = 16 << 20;

/// What came of a question, unread.
#[derive(Clone, Debug)]
pub(crate) enum RestReply {
    /// An answer, and what the exchange counts of this address in its minute.
    Body { bytes: Vec<u8>, used: Option<u32> },
    /// The exchange has had enough: a 429 or a 418.
    TooMany { status: u16, retry_after: Option<Nanos> },
    /// There is none.
    Failed(String),
}

/// The REST interface.
#[derive(Clone, Debug)]
pub(crate) struct RestClient {
    client: Client,
    market: BinanceMarket,
    base: String,
}

impl RestClient {
    pub fn new(
        market: BinanceMarket,
        base: &str,
        tls: rustls::ClientConfig,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("tickstep/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .timeout(timeout)
            .tls_backend_preconfigured(tls)
            .build()?;
        Ok(Self { client, market, base: base.trim_end_matches('/').to_owned() })
    }

    /// Asks; the answer, and the exchange's time of it where it says so.
    pub async fn ask(&self, question: &BinanceQuestion) -> (BinanceAnswer, Option<Nanos>) {
        let (reply, date) = self.get(&self.call(question)).await;
        let answer = match reply {
            RestReply::Body { bytes, used } => read(question, &bytes, used),
            RestReply::TooMany { status, retry_after } => {
                BinanceAnswer::TooMany { status, retry_after }
            }
            RestReply::Failed(why) => BinanceAnswer::Failed(why),
        };
        (answer, date)
    }

    /// Gets what is at a path with its query.
    pub async fn get(&self, call: &str) -> (RestReply, Option<Nanos>) {
        let request = self.client.get(format!("{}{call}", self.base));
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return (failed(&error), None),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let date = text(&headers, DATE.as_str()).and_then(header::date);
        if matches!(status, 418 | 429) {
            let after = text(&headers, RETRY_AFTER.as_str());
            let retry_after = after.and_then(|text| header::retry_after(text, date));
            return (RestReply::TooMany { status, retry_after }, date);
        }
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= LONGEST => bytes.extend(chunk),
                Ok(Some(_)) => {
                    let why = format!("the answer has more than {LONGEST} bytes");
                    return (RestReply::Failed(why), date);
                }
                Ok(None) => break,
                Err(error) => return (failed(&error), date),
            }
        }
        if status != 200 {
            let said: String = String::from_utf8_lossy(&bytes).chars().take(200).collect();
            return (RestReply::Failed(format!("HTTP {status}: {said}")), date);
        }
        let used = text(&headers, "x-mbx-used-weight-1m").and_then(|n| n.trim().parse().ok());
        (RestReply::Body { bytes, used }, date)
    }

    /// The path of a question with its query.
    fn call(&self, question: &BinanceQuestion) -> String {
        let millis = |at: Nanos| at.0.max(0) / 1_000_000;
        match question {
            BinanceQuestion::Klines { symbol, interval, from, to, limit } => {
                let RestCall { path, .. } = self.market.klines();
                let (from, to) = (millis(*from), millis(*to));
                format!(
                    "{path}?symbol={symbol}&interval={interval}&startTime={from}\
                     &endTime={to}&limit={limit}"
                )
            }
            BinanceQuestion::Depth { symbol, limit } => {
                let RestCall { path, .. } = self.market.depth();
                format!("{path}?symbol={symbol}&limit={limit}")
            }
        }
    }
}

fn read(question: &BinanceQuestion, body: &[u8], used: Option<u32>) -> BinanceAnswer {
    let read = match question {
        BinanceQuestion::Klines { .. } => {
            kline_rows(body).map(|bars| BinanceAnswer::Klines { bars, used })
        }
        BinanceQuestion::Depth { .. } => {
            depth_snapshot(body).map(|snapshot| BinanceAnswer::Depth { snapshot, used })
        }
    };
    read.unwrap_or_else(|fault| BinanceAnswer::Failed(fault.to_string()))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What is at the bottom of an error.
fn failed(error: &reqwest::Error) -> RestReply {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    RestReply::Failed(last.to_string())
}
