//! What Binance sends, as bytes: messages of streams, and answers by REST.
//!
//! Unknown messages and unknown fields are let pass, since the exchange adds some now and
//! then. Anything else that is not as documented is a fault with words, never a panic.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tickstep_core::event::Level;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use crate::broker::Candle;
use crate::runner::VOLUME_DECIMALS;

/// Decimals of a price in a book: what the exchange has at most.
pub(super) const PRICE_DECIMALS: u32 = 8;

/// A message that is not as documented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} from Binance cannot be read: {why}")]
pub struct BinanceFault {
    /// What it should have been.
    what: &'static str,
    /// Why it is not.
    why: String,
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamMessage {
    /// A bar, in progress or finished.
    Kline(StreamKline),
    /// Trades of one order at one price.
    Trade(AggTrade),
    /// Changes of an order book.
    Depth(DepthDiff),
    /// One that was not asked for, or an answer to a subscription.
    Other,
}

/// A bar of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamKline {
    /// The exchange's symbol.
    pub symbol: String,
    /// The exchange's time of the message.
    pub ts: Nanos,
    /// The exchange's word for the length of the bar.
    pub interval: String,
    /// Its prices and volumes so far.
    pub candle: Candle,
    /// Whether it is finished.
    pub is_closed: bool,
}

/// Trades of one order at one price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggTrade {
    /// The exchange's symbol.
    pub symbol: String,
    /// The exchange's number of it, which rises by one.
    pub id: u64,
    /// When it was traded.
    pub ts: Nanos,
    /// Price.
    pub price: Decimal,
    /// Quantity.
    pub quantity: Decimal,
    /// Side of the taker.
    pub taker: Side,
}

/// Changes of a book. Prices are in units of the eighth decimal, quantities in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthDiff {
    /// The exchange's symbol.
    pub symbol: String,
    /// The exchange's time of it.
    pub ts: Nanos,
    /// Number of the first change in it.
    pub first: u64,
    /// Number of the last change in it.
    pub last: u64,
    /// Number of the last change in the one before it, where the market tells.
    pub before: Option<u64>,
    /// Bids that changed.
    pub bids: Vec<Level>,
    /// Asks that changed.
    pub asks: Vec<Level>,
}

/// A whole book, in the same units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepthSnapshot {
    /// Number of the last change that is in it.
    pub last: u64,
    /// Bids.
    pub bids: Vec<Level>,
    /// Asks.
    pub asks: Vec<Level>,
}

#[derive(Deserialize)]
struct Combined<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireKlineMessage {
    #[serde(rename = "E")]
    ts: i64,
    #[serde(rename = "s")]
    symbol: String,
    k: WireKline,
}

#[derive(Deserialize)]
struct WireKline {
    t: i64,
    i: String,
    o: Decimal,
    h: Decimal,
    l: Decimal,
    c: Decimal,
    v: Decimal,
    #[serde(rename = "V")]
    taker: Decimal,
    x: bool,
}

#[derive(Deserialize)]
struct WireTrade {
    s: String,
    a: u64,
    p: Decimal,
    q: Decimal,
    #[serde(rename = "T")]
    ts: i64,
    m: bool,
}

type Pair = (Decimal, Decimal);

#[derive(Deserialize)]
struct WireDiff {
    #[serde(rename = "E")]
    ts: i64,
    s: String,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    pu: Option<u64>,
    b: Vec<Pair>,
    a: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSnapshot {
    last_update_id: u64,
    bids: Vec<Pair>,
    asks: Vec<Pair>,
}

/// Open time, prices, volume, close time, quote volume, trades, taker's volume and what follows.
#[derive(Deserialize)]
struct KlineRow(
    i64,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    serde::de::IgnoredAny,
    serde::de::IgnoredAny,
    serde::de::IgnoredAny,
    Decimal,
    serde::de::IgnoredAny,
    serde::de::IgnoredAny,
);

fn fault(what: &'static str, why: impl ToString) -> BinanceFault {
    BinanceFault { what, why: why.to_string() }
}

fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, BinanceFault> {
    serde_json::from_slice(bytes).map_err(|error| fault(what, error))
}

/// The latest time that a message may have: the beginning of 2200.
const LATEST: i64 = 7_258_118_400_000_000_000;

/// A time in milliseconds, or in microseconds where it is so large.
fn time(what: &'static str, n: i64) -> Result<Nanos, BinanceFault> {
    let unit = if n >= 1_000_000_000_000_000 { 1_000 } else { 1_000_000 };
    let known = n.checked_mul(unit).filter(|at| (0..LATEST).contains(at));
    known.map(Nanos).ok_or_else(|| fault(what, format!("{n} is no time")))
}

fn units(price: Decimal, decimals: u32) -> Option<Decimal> {
    price.checked_mul(Decimal::from(10_u64.pow(decimals)))
}

fn levels(what: &'static str, pairs: &[Pair]) -> Result<Vec<Level>, BinanceFault> {
    let one = |&(price, quantity): &Pair| {
        let px = units(price, PRICE_DECIMALS).filter(Decimal::is_integer)?;
        let lots = units(quantity, VOLUME_DECIMALS)?;
        // The smallest of all quantities is not nothing, which would remove the level.
        let lots = if quantity > Decimal::ZERO { lots.trunc().max(Decimal::ONE) } else { lots };
        let lots = Lots::new(i64::try_from(lots).ok()?)?;
        Some(Level { px: Ticks(i64::try_from(px).ok()?), lots })
    };
    let read = |pair: &Pair| {
        let odd = || fault(what, format!("{} at {} is no level of a book", pair.1, pair.0));
        one(pair).ok_or_else(odd)
    };
    pairs.iter().map(read).collect()
}

/// Reads a message of a stream, alone or wrapped as combined streams have it.
pub fn stream_message(bytes: &[u8]) -> Result<StreamMessage, BinanceFault> {
    let whole: Combined<'_> =
        serde_json::from_slice(bytes).map_err(|error| fault("a message", error))?;
    let Some(data) = whole.data else { return message(whole.e.as_deref(), bytes) };
    let inner = data.get().as_bytes();
    let kind: Combined<'_> =
        serde_json::from_slice(inner).map_err(|error| fault("a message", error))?;
    message(kind.e.as_deref(), inner)
}

fn message(kind: Option<&str>, bytes: &[u8]) -> Result<StreamMessage, BinanceFault> {
    Ok(match kind {
        Some("kline") => StreamMessage::Kline(kline(bytes)?),
        Some("aggTrade") => StreamMessage::Trade(trade(bytes)?),
        Some("depthUpdate") => StreamMessage::Depth(diff(bytes)?),
        Some(_) | None => StreamMessage::Other,
    })
}

fn kline(bytes: &[u8]) -> Result<StreamKline, BinanceFault> {
    let what = "a kline";
    let WireKlineMessage { ts, symbol, k } = read(what, bytes)?;
    let WireKline { t, i, o, h, l, c, v, taker, x } = k;
    let candle = candle(what, t, [o, h, l, c], (v, taker))?;
    Ok(StreamKline { symbol, ts: time(what, ts)?, interval: i, candle, is_closed: x })
}

fn candle(
    what: &'static str,
    opens: i64,
    [open, high, low, close]: [Decimal; 4],
    (volume, taker): (Decimal, Decimal),
) -> Result<Candle, BinanceFault> {
    if taker < Decimal::ZERO || taker > volume {
        let why = format!("takers bought {taker} of a volume of {volume}");
        return Err(fault(what, why));
    }
    let ts_open = time(what, opens)?;
    let (volume, taker_buy) = (Some(volume), Some(taker));
    Ok(Candle { ts_open, open, high, low, close, volume, taker_buy })
}

fn trade(bytes: &[u8]) -> Result<AggTrade, BinanceFault> {
    let what = "a trade";
    let WireTrade { s, a, p, q, ts, m } = read(what, bytes)?;
    // Where the buyer is the maker, the taker sold.
    let taker = if m { Side::Sell } else { Side::Buy };
    Ok(AggTrade { symbol: s, id: a, ts: time(what, ts)?, price: p, quantity: q, taker })
}

fn diff(bytes: &[u8]) -> Result<DepthDiff, BinanceFault> {
    let what = "a change of a book";
    let WireDiff { ts, s, first, u, pu, b, a } = read(what, bytes)?;
    if first > u {
        return Err(fault(what, format!("it begins with number {first} and ends with {u}")));
    }
    let (bids, asks) = (levels(what, &b)?, levels(what, &a)?);
    Ok(DepthDiff { symbol: s, ts: time(what, ts)?, first, last: u, before: pu, bids, asks })
}

/// Reads the answer to a question for a whole book.
pub fn depth_snapshot(bytes: &[u8]) -> Result<DepthSnapshot, BinanceFault> {
    let what = "a book";
    let WireSnapshot { last_update_id, bids, asks } = read(what, bytes)?;
    let (bids, asks) = (levels(what, &bids)?, levels(what, &asks)?);
    Ok(DepthSnapshot { last: last_update_id, bids, asks })
}

/// Reads the answer to a question for bars.
pub fn kline_rows(bytes: &[u8]) -> Result<Vec<Candle>, BinanceFault> {
    let what = "bars";
    let rows: Vec<KlineRow> = read(what, bytes)?;
    let one = |row: KlineRow| {
        let KlineRow(opens, open, high, low, close, volume, _, _, _, taker, ..) = row;
        candle(what, opens, [open, high, low, close], (volume, taker))
    };
    rows.into_iter().map(one).collect()
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
