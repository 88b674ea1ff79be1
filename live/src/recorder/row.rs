//! What a row of a recording says of itself, read from its own text: the same code looks at
//! a row before it is written and when it is checked.

use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_core::units::Nanos;

use super::segment_name::RecordedStream;

/// The numbers that a row covers: of a bar its place in time, of trades their number, of a
/// change of a book its update ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowNumbers {
    /// The number that the row before ends with where nothing is missing.
    pub before: i64,
    /// The number that it ends with.
    pub last: i64,
}

/// What a row says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowMark {
    /// Its time: open of a bar, time of a trade, time of receipt.
    pub at: Nanos,
    /// Its numbers; a whole book has none.
    pub numbers: Option<RowNumbers>,
}

#[derive(Deserialize)]
struct DepthRow {
    data: Option<DepthNumbers>,
    #[serde(rename = "lastUpdateId")]
    last_update_id: Option<i64>,
}

#[derive(Deserialize)]
struct DepthNumbers {
    #[serde(rename = "U")]
    first: i64,
    u: i64,
    pu: Option<i64>,
}

/// Reads a row without the end of its line; what is wrong with it.
pub fn row_mark(stream: RecordedStream, row: &str) -> Result<RowMark, String> {
    match stream {
        RecordedStream::Bars(length) => bar(row, length),
        RecordedStream::Trades => trade(row),
        RecordedStream::Depth => depth(row),
    }
}

fn fields<const N: usize>(row: &str) -> Result<[&str; N], String> {
    let all: Vec<&str> = row.split(',').collect();
    let count = all.len();
    all.try_into().map_err(|_| format!("{count} columns where there are {N}"))
}

fn whole(name: &str, text: &str) -> Result<i64, String> {
    let read = text.parse().ok().filter(|n| *n >= 0);
    read.ok_or_else(|| format!("{name}: \"{text}\" is no whole number"))
}

fn decimal(name: &str, text: &str) -> Result<Decimal, String> {
    let read = text.parse::<Decimal>().ok().filter(|n| *n >= Decimal::ZERO);
    read.ok_or_else(|| format!("{name}: \"{text}\" is no amount"))
}

fn millis(name: &str, text: &str) -> Result<Nanos, String> {
    let at = whole(name, text)?.checked_mul(1_000_000);
    at.map(Nanos).ok_or_else(|| format!("{name}: {text} is no time"))
}

fn bar(row: &str, length: Nanos) -> Result<RowMark, String> {
    let [opens, open, high, low, close, volume, closes, quote, count, taker, taker_quote, _] =
        fields(row)?;
    let at = millis("open_time", opens)?;
    if at.0 % length.0 != 0 {
        return Err(format!("open_time: no bar opens at {opens}"));
    }
    let ends = millis("close_time", closes)?;
    if ends != at + length - Nanos(1_000_000) {
        return Err(format!("close_time: the bar of {opens} does not close at {closes}"));
    }
    let [open, high, low, close] = [("open", open), ("high", high), ("low", low), ("close", close)]
        .map(|(name, text)| decimal(name, text));
    let (open, high, low, close) = (open?, high?, low?, close?);
    if low > open.min(close) || high < open.max(close) {
        return Err("the prices of a bar lie between its low and its high".to_owned());
    }
    if decimal("taker_buy_volume", taker)? > decimal("volume", volume)? {
        return Err(format!("takers bought {taker} of a volume of {volume}"));
    }
    decimal("quote_volume", quote)?;
    decimal("taker_buy_quote_volume", taker_quote)?;
    whole("count", count)?;
    let last = at.0 / length.0;
    Ok(RowMark { at, numbers: Some(RowNumbers { before: last - 1, last }) })
}

fn trade(row: &str) -> Result<RowMark, String> {
    let [id, price, quantity, first, last, at, maker] = fields(row)?;
    decimal("price", price)?;
    decimal("quantity", quantity)?;
    if whole("first_trade_id", first)? > whole("last_trade_id", last)? {
        return Err(format!("trades begin with {first} and end with {last}"));
    }
    if !matches!(maker, "true" | "false") {
        return Err(format!("is_buyer_maker: \"{maker}\" is neither true nor false"));
    }
    let id = whole("agg_trade_id", id)?;
    let numbers = Some(RowNumbers { before: id - 1, last: id });
    Ok(RowMark { at: millis("transact_time", at)?, numbers })
}

fn depth(row: &str) -> Result<RowMark, String> {
    let (at, json) = row.split_once(' ').ok_or("there is no time of receipt before a message")?;
    let at = Nanos(whole("time of receipt", at)?);
    let read: DepthRow =
        serde_json::from_str(json).map_err(|error| format!("the message: {error}"))?;
    match (read.data, read.last_update_id) {
        (Some(DepthNumbers { first, u, pu }), _) if 0 < first && first <= u => Ok(RowMark {
            at,
            numbers: Some(RowNumbers { before: pu.unwrap_or(first - 1), last: u }),
        }),
        (Some(DepthNumbers { first, u, .. }), _) => {
            Err(format!("the message begins with number {first} and ends with {u}"))
        }
        (None, Some(_)) => Ok(RowMark { at, numbers: None }),
        (None, None) => Err("the message is neither a book nor a change of one".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: RecordedStream = RecordedStream::Bars(Nanos::MINUTE);
    const BAR: &str = "1690848000000,4.255,4.256,4.252,4.252,25259.1,1690848059999,107470.97,\
                       279,11512.6,48984.8,0";

    #[test]
    fn rows_say_what_they_are() {
        let bar = row_mark(MINUTE, BAR).unwrap();
        let last = 1_690_848_000_000 / 60_000;
        assert_eq!(bar.numbers, Some(RowNumbers { before: last - 1, last }));
        let trade = "26129,0.016,4.7,27781,27782,1498793709153,true";
        let trade = row_mark(RecordedStream::Trades, trade).unwrap();
        assert_eq!(trade.numbers, Some(RowNumbers { before: 26_128, last: 26_129 }));
        assert_eq!(trade.at, Nanos(1_498_793_709_153_000_000));
        let change =
            "17 {\"stream\":\"x\",\"data\":{\"U\":10,\"u\":12,\"pu\":7,\"b\":[],\"a\":[]}}";
        let change = row_mark(RecordedStream::Depth, change).unwrap();
        assert_eq!(change.numbers, Some(RowNumbers { before: 7, last: 12 }));
        let book = row_mark(RecordedStream::Depth, "17 {\"lastUpdateId\":9,\"bids\":[]}").unwrap();
        assert_eq!(book, RowMark { at: Nanos(17), numbers: None });
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (stream, row, words) in [
            (MINUTE, "1,2", "2 columns where there are 12"),
            (MINUTE, &BAR.replace("1690848000000", "1690848000001"), "no bar opens at"),
            (MINUTE, &BAR.replace("059999", "119999"), "does not close at"),
            (MINUTE, &BAR.replace("4.256", "4.1"), "between its low and its high"),
            (MINUTE, &BAR.replace("11512.6", "31512.6"), "takers bought"),
            (RecordedStream::Trades, "1,2,3,5,4,6,true", "begin with 5 and end with 4"),
            (RecordedStream::Trades, "1,2,3,4,5,6,yes", "neither true nor false"),
            (RecordedStream::Trades, "1,-2,3,4,5,6,true", "no amount"),
            (RecordedStream::Depth, "17", "no time of receipt"),
            (RecordedStream::Depth, "17 {}", "neither a book nor"),
            (RecordedStream::Depth, "17 {\"data\":{\"U\":3,\"u\":2}}", "begins with number 3"),
        ] {
            let said = row_mark(stream, row).unwrap_err();
            assert!(said.contains(words), "{row}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_row_is_too_odd(row in "[0-9,.{}\":a-zA-Z -]{0,80}") {
            for stream in [MINUTE, RecordedStream::Trades, RecordedStream::Depth] {
                let _read = row_mark(stream, &row);
            }
        }
    }
}
