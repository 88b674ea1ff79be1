//! What a broker trades, and at which prices.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{WireError, json, list, need};
use crate::broker::{Candle, Quote, VenueInstrument};
use crate::match_trader::number::{Num, When};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInstrument {
    symbol: String,
    session_open: Option<bool>,
    #[serde(default)]
    volume_min: Num,
    #[serde(default)]
    volume_max: Num,
    #[serde(default)]
    volume_step: Num,
    #[serde(default)]
    contract_size: Num,
    #[serde(default)]
    size_of_one_point: Num,
    #[serde(default)]
    stops_level: Num,
    #[serde(default)]
    leverage: Num,
    quote_currency: Option<String>,
}

/// Reads `GET /effective-instruments`: a list, a list in an object, or a single one.
pub fn instruments(body: &[u8]) -> Result<Vec<VenueInstrument>, WireError> {
    let list: Vec<WireInstrument> = list("instruments", "instruments", body)?;
    let terms = list.into_iter().map(|wire| VenueInstrument {
        symbol: wire.symbol,
        session_open: wire.session_open,
        volume_min: wire.volume_min.0,
        volume_max: wire.volume_max.0,
        volume_step: wire.volume_step.0,
        contract_size: wire.contract_size.0,
        tick_size: wire.size_of_one_point.0,
        stops_level: wire.stops_level.0.and_then(|n| u32::try_from(n.ceil()).ok()),
        leverage: wire.leverage.0,
        quote_currency: wire.quote_currency,
    });
    Ok(terms.collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireQuote {
    symbol: String,
    #[serde(default)]
    bid: Num,
    #[serde(default)]
    ask: Num,
    #[serde(default)]
    timestamp_ms: When,
    #[serde(default)]
    timestamp_sec: When,
}

/// Reads `GET /quotations`. A quote without both prices, or with one that is zero, is left
/// out; one without a time has none.
pub fn quotes(body: &[u8]) -> Result<Vec<Quote>, WireError> {
    let list: Vec<WireQuote> = list("quotations", "quotations", body)?;
    let read = |wire: WireQuote| {
        let ts = wire.timestamp_ms.or(wire.timestamp_sec);
        // Zero is what a broker without a price says; positions are marked at none of that.
        let price = |price: Num| price.0.filter(|p| *p > Decimal::ZERO);
        Some(Quote { symbol: wire.symbol, bid: price(wire.bid)?, ask: price(wire.ask)?, ts })
    };
    Ok(list.into_iter().filter_map(read).collect())
}

#[derive(Deserialize)]
struct WireCandle {
    #[serde(default)]
    time: When,
    #[serde(default)]
    open: Num,
    #[serde(default)]
    high: Num,
    #[serde(default)]
    low: Num,
    #[serde(default)]
    close: Num,
    #[serde(default)]
    volume: Num,
}

#[derive(Deserialize)]
struct WireCandles {
    candles: Vec<WireCandle>,
}

/// Reads `GET /candles`, sorted by their open, one for each. The last may be in the making;
/// who reads it knows the time.
pub fn candles(body: &[u8]) -> Result<Vec<Candle>, WireError> {
    let wire: WireCandles = json("candles", body)?;
    let mut found = Vec::with_capacity(wire.candles.len());
    for (at, candle) in wire.candles.into_iter().enumerate() {
        let (what, id) = ("candle", at.to_string());
        found.push(Candle {
            ts_open: need(what, &id, "time", candle.time.0)?,
            open: need(what, &id, "open", candle.open.0)?.normalize(),
            high: need(what, &id, "high", candle.high.0)?.normalize(),
            low: need(what, &id, "low", candle.low.0)?.normalize(),
            close: need(what, &id, "close", candle.close.0)?.normalize(),
            volume: candle.volume.0,
            taker_buy: None,
        });
    }
    // The later of two with one open is the one that was corrected.
    found.reverse();
    found.sort_by_key(|c: &Candle| c.ts_open);
    found.dedup_by_key(|c| c.ts_open);
    Ok(found)
}
