//! What Binance sends, as rows: every digit as it came, in the layouts of its public archive.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use tickstep_core::units::Nanos;

use super::sequence::NumberedRow;

/// A message of a stream, as far as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedMessage {
    /// A bar.
    Bar {
        /// The exchange's symbol.
        symbol: String,
        /// The exchange's word for its length.
        interval: String,
        /// When it opened.
        opens: Nanos,
        /// Its row, once it is finished.
        row: Option<String>,
    },
    /// A trade.
    Trade {
        /// The exchange's symbol.
        symbol: String,
        /// Its row.
        row: NumberedRow,
    },
    /// A change of a book.
    Depth {
        /// The exchange's symbol.
        symbol: String,
        /// Number that the change before it ends with where nothing is missing.
        before: i64,
        /// Number that it ends with.
        last: i64,
    },
    /// Anything else.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct KindOf<'a> {
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct BarMessage {
    s: String,
    k: BarBody,
}

#[derive(Deserialize)]
struct BarBody {
    t: i64,
    #[serde(rename = "T")]
    ends: i64,
    i: String,
    o: Decimal,
    h: Decimal,
    l: Decimal,
    c: Decimal,
    v: Decimal,
    n: i64,
    x: bool,
    q: Decimal,
    #[serde(rename = "V")]
    taker: Decimal,
    #[serde(rename = "Q")]
    taker_quote: Decimal,
}

#[derive(Deserialize)]
struct TradeBody {
    a: i64,
    p: Decimal,
    q: Decimal,
    f: i64,
    l: i64,
    #[serde(rename = "T")]
    at: i64,
    m: bool,
}

#[derive(Deserialize)]
struct TradeMessage {
    s: String,
    #[serde(flatten)]
    trade: TradeBody,
}

#[derive(Deserialize)]
struct ChangeMessage {
    s: String,
    #[serde(rename = "U")]
    first: i64,
    u: i64,
    pu: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BookHead {
    last_update_id: i64,
}

type BarAnswer = (
    i64,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    i64,
    Decimal,
    i64,
    Decimal,
    Decimal,
    serde::de::IgnoredAny,
);

fn read<'a, T: Deserialize<'a>>(what: &str, bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what} cannot be read: {error}"))
}

fn millis(n: i64) -> Result<Nanos, String> {
    let at = Some(n).filter(|n| *n >= 0).and_then(|n| n.checked_mul(1_000_000));
    at.map(Nanos).ok_or_else(|| format!("{n} is no time"))
}

/// Reads a message of combined streams.
pub fn recorded_message(bytes: &[u8]) -> Result<RecordedMessage, String> {
    let Ok(Envelope { data }) = serde_json::from_slice(bytes) else {
        // An answer to a subscription, or what is no message at all.
        return read::<serde::de::IgnoredAny>("a message", bytes).map(|_| RecordedMessage::Other);
    };
    let data = data.get().as_bytes();
    let kind: KindOf<'_> = read("a message", data)?;
    Ok(match kind.e.as_deref() {
        Some("kline") => {
            let BarMessage { s: symbol, k } = read("a kline", data)?;
            let (interval, opens) = (k.i.clone(), millis(k.t)?);
            let row = k.x.then(|| bar_text(&k));
            RecordedMessage::Bar { symbol, interval, opens, row }
        }
        Some("aggTrade") => {
            let TradeMessage { s: symbol, trade } = read("a trade", data)?;
            RecordedMessage::Trade { symbol, row: trade_row(&trade)? }
        }
        Some("depthUpdate") => {
            let change: ChangeMessage = read("a change of a book", data)?;
            let before = change.pu.unwrap_or(change.first.saturating_sub(1));
            RecordedMessage::Depth { symbol: change.s, before, last: change.u }
        }
        Some(_) | None => RecordedMessage::Other,
    })
}

fn bar_text(k: &BarBody) -> String {
    let BarBody { t, ends, o, h, l, c, v, n, q, taker, taker_quote, .. } = k;
    format!("{t},{o},{h},{l},{c},{v},{ends},{q},{n},{taker},{taker_quote},0")
}

fn trade_row(trade: &TradeBody) -> Result<NumberedRow, String> {
    let TradeBody { a, p, q, f, l, at, m } = trade;
    let text = format!("{a},{p},{q},{f},{l},{at},{m}");
    Ok(NumberedRow { number: *a, at: millis(*at)?, text })
}

/// Reads the answer to a question for bars of this length.
pub fn recorded_bars(bytes: &[u8], length: Nanos) -> Result<Vec<NumberedRow>, String> {
    let rows: Vec<BarAnswer> = read("bars", bytes)?;
    let row = |(t, o, h, l, c, v, ends, q, n, taker, quote, _): BarAnswer| {
        let text = format!("{t},{o},{h},{l},{c},{v},{ends},{q},{n},{taker},{quote},0");
        let at = millis(t)?;
        Ok(NumberedRow { number: at.0 / length.0, at, text })
    };
    rows.into_iter().map(row).collect()
}

/// Reads the answer to a question for trades.
pub fn recorded_trades(bytes: &[u8]) -> Result<Vec<NumberedRow>, String> {
    let rows: Vec<TradeBody> = read("trades", bytes)?;
    rows.iter().map(trade_row).collect()
}

/// The number of the last change that a book has.
pub fn recorded_book(bytes: &[u8]) -> Result<i64, String> {
    read("a book", bytes).map(|BookHead { last_update_id }| last_update_id)
}

/// A message as the rest of a line: JSON has no line ends but between its parts.
pub fn in_one_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().replace(['\n', '\r'], " ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::recorder::row::row_mark;
    use crate::recorder::segment_name::RecordedStream;
    use proptest::prelude::*;

    #[test]
    fn a_bar_is_the_same_row_by_the_stream_and_by_an_answer() {
        let message = br#"{"stream":"x","data":{"e":"kline","E":1,"s":"FILUSDT","k":{
            "t":1690848000000,"T":1690848059999,"s":"FILUSDT","i":"1m","f":1,"L":2,"o":"4.2550",
            "c":"4.252","h":"4.256","l":"4.252","v":"25259.1","n":279,"x":true,"q":"107470.97",
            "V":"11512.6","Q":"48984.8","B":"0"}}}"#;
        let answer = br#"[[1690848000000,"4.2550","4.256","4.252","4.252","25259.1",1690848059999,
            "107470.97",279,"11512.6","48984.8","0"]]"#;
        let RecordedMessage::Bar { row: Some(text), .. } = recorded_message(message).unwrap()
        else {
            panic!("a finished bar")
        };
        let rows = recorded_bars(answer, Nanos::MINUTE).unwrap();
        assert_eq!(rows[0].text, text);
        assert_eq!(
            text,
            "1690848000000,4.2550,4.256,4.252,4.252,25259.1,1690848059999,107470.97,279,11512.6,\
             48984.8,0"
        );
        let mark = row_mark(RecordedStream::Bars(Nanos::MINUTE), &text).unwrap();
        assert_eq!(mark.numbers.map(|n| n.last), Some(rows[0].number));
    }

    #[test]
    fn a_trade_is_a_row_of_the_archive() {
        let message = br#"{"stream":"x","data":{"e":"aggTrade","E":9,"s":"FILUSDT","a":26129,
            "p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true}}"#;
        let answer = br#"[{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,
            "T":1498793709153,"m":true,"M":true}]"#;
        let RecordedMessage::Trade { row, .. } = recorded_message(message).unwrap() else {
            panic!("a trade")
        };
        assert_eq!(row.text, "26129,0.01633102,4.70443515,27781,27781,1498793709153,true");
        assert_eq!(recorded_trades(answer).unwrap(), [row]);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _read = recorded_message(&bytes);
            let _read = recorded_bars(&bytes, Nanos::MINUTE);
            let _read = recorded_trades(&bytes);
            let _read = recorded_book(&bytes);
        }

        #[test]
        fn no_message_is_too_odd(name in "[a-zA-Z]{1,2}", value in "[0-9\\[\\]\"{}:,.-]{0,12}",
                                 kind in prop_oneof!["kline", "aggTrade", "depthUpdate"]) {
            let text = format!(r#"{{"stream":"x","data":{{"e":"{kind}","{name}":{value}}}}}"#);
            let _read = recorded_message(text.as_bytes());
        }
    }
}
