//! Messages as documented, and bytes of any kind.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const KLINE: &str = r#"{"e":"kline","E":1638747660000,"s":"BTCUSDT","k":{"t":1638747600000,
"T":1638747659999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025",
"l":"0.0010","v":"1000","n":100,"x":true,"q":"1.0000","V":"400","Q":"0.500","B":"123456"}}"#;
const TRADE: &str = r#"{"e":"aggTrade","E":1,"s":"BNBUSDT","a":5933014,"p":"0.001","q":"100",
"nq":"100","f":100,"l":105,"T":123456785,"m":true,"st":1}"#;
const DIFF: &str = r#"{"e":"depthUpdate","E":123456789,"T":123456788,"s":"BNBUSDT","U":157,
"u":160,"pu":149,"b":[["0.0024","10"]],"a":[["0.0026","0"]],"ps":"BNBUSDT","st":1}"#;
const ROWS: &str = r#"[[1499040000000,"0.01","0.8","0.01","0.02","148.5",1499644799999,"2434.1",
308,"100.25","28.4","17928899.6"]]"#;
const BOOK: &str = r#"{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,
"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","0.00000012"]]}"#;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn documented_messages_are_read_alone_and_combined() {
    for text in [KLINE, TRADE, DIFF] {
        let wrapped = format!(r#"{{"stream":"x@y","data":{text}}}"#);
        let alone = stream_message(text.as_bytes()).unwrap();
        assert_eq!(stream_message(wrapped.as_bytes()).unwrap(), alone);
        assert_ne!(alone, StreamMessage::Other);
    }
    let StreamMessage::Kline(kline) = stream_message(KLINE.as_bytes()).unwrap() else { panic!() };
    assert!(kline.is_closed && kline.interval == "1m");
    assert_eq!(kline.candle.ts_open, Nanos(1_638_747_600_000_000_000));
    assert_eq!((kline.candle.volume, kline.candle.taker_buy), (Some(d("1000")), Some(d("400"))));
    let StreamMessage::Trade(trade) = stream_message(TRADE.as_bytes()).unwrap() else { panic!() };
    assert_eq!((trade.id, trade.taker), (5_933_014, Side::Sell));
    let StreamMessage::Depth(diff) = stream_message(DIFF.as_bytes()).unwrap() else { panic!() };
    assert_eq!((diff.first, diff.last, diff.before), (157, 160, Some(149)));
    let level = |px, lots| vec![Level { px: Ticks(px), lots: Lots::new(lots).unwrap() }];
    assert_eq!((diff.bids, diff.asks), (level(240_000, 10_000_000), level(260_000, 0)));
    let book = depth_snapshot(BOOK.as_bytes()).unwrap();
    assert_eq!((book.last, book.bids), (1_027_024, level(400_000_000, 431_000_000)));
    // A quantity below a millionth is there all the same.
    assert_eq!(book.asks, level(400_000_200, 1));
    let rows = kline_rows(ROWS.as_bytes()).unwrap();
    assert_eq!((rows[0].close, rows[0].taker_buy), (d("0.02"), Some(d("100.25"))));
}

#[test]
fn other_messages_pass() {
    for text in [r#"{"result":null,"id":1}"#, r#"{"stream":"a","data":{"e":"bookTicker","u":1}}"#] {
        assert_eq!(stream_message(text.as_bytes()), Ok(StreamMessage::Other));
    }
}

#[test]
fn what_is_not_as_documented_is_named() {
    let swap = |text: &str, from: &str, to: &str| {
        stream_message(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    };
    for (said, words) in [
        (swap(KLINE, "\"400\"", "\"1001\""), "takers bought 1001 of a volume of 1000"),
        (swap(KLINE, "\"0.0025\"", "\"x\""), "a kline from Binance cannot be read"),
        (swap(DIFF, "\"U\":157", "\"U\":161"), "begins with number 161 and ends with 160"),
        (swap(DIFF, "\"0.0024\"", "\"0.000000001\""), "10 at 0.000000001 is no level of a book"),
        (swap(DIFF, "\"10\"", "\"-1\""), "-1 at 0.0024 is no level of a book"),
        (swap(TRADE, "123456785", "-1"), "-1 is no time"),
        (swap(TRADE, "{", "["), "a message from Binance cannot be read"),
    ] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn microseconds_are_told_by_their_size() {
    assert_eq!(time("x", 1_736_000_000_000_000), Ok(Nanos(1_736_000_000_000_000_000)));
    assert_eq!(time("x", 1_736_000_000_000), Ok(Nanos(1_736_000_000_000_000_000)));
    assert!(time("x", i64::MAX).is_err());
}

/// Bytes near to a message: parts of it cut, doubled or replaced.
fn near(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let bytes = text.as_bytes().to_vec();
    let len = bytes.len();
    let hit = (0..len, prop::collection::vec(any::<u8>(), 0..6), 0..12_usize);
    prop::collection::vec(hit, 1..4).prop_map(move |hits| {
        let mut out = bytes.clone();
        for (at, with, cut) in hits {
            let at = at.min(out.len());
            let end = (at + cut).min(out.len());
            out.splice(at..end, with);
        }
        out
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _read = (stream_message(&bytes), depth_snapshot(&bytes), kline_rows(&bytes));
    }

    #[test]
    fn bytes_near_to_a_message_are_read_or_refused(
        bytes in prop_oneof![near(KLINE), near(TRADE), near(DIFF), near(ROWS), near(BOOK)],
    ) {
        let _read = (stream_message(&bytes), depth_snapshot(&bytes), kline_rows(&bytes));
    }

    #[test]
    fn numbers_of_any_size_are_read_or_refused(price in "-?[0-9]{1,40}(\\.[0-9]{1,40})?", n: i64) {
        for text in [KLINE, TRADE, DIFF] {
            let text = text.replace("0.0024", &price).replace("0.0025", &price);
            let text = text.replace("0.001\"", &format!("{price}\"")).replace("123456785", &n.to_string());
            let _read = stream_message(text.as_bytes());
        }
    }
}
