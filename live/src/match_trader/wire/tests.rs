//! The JSON of the reference, what is known to differ from it, and anything at all.

use proptest::prelude::*;
use tickstep_core::units::{Nanos, Side};

use super::*;
use crate::broker::{BracketPrices, ClosedRow, PendingKind, PendingOrder, Quote, VenuePosition};
use crate::intent::{Doubt, Outcome};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// 2026-09-07T10:00:00Z.
const TEN: Nanos = Nanos(1_788_775_200_000_000_000);

#[test]
fn money() {
    let body =
        br#"{ "balance":"10000.00","equity":"10012.30","freeMargin":"9800.00","margin":"212.30",
        "marginLevel":"4716.0","credit":"0.00","profit":"12.30","netProfit":"11.80",
        "currency":"USD","currencyPrecision":2 }"#;
    let read = balance(body).unwrap();
    assert_eq!((read.balance, read.equity), (d("10000.00"), Some(d("10012.30"))));
    assert_eq!((read.margin, read.free_margin), (Some(d("212.30")), Some(d("9800.00"))));
    assert_eq!(read.currency.as_deref(), Some("USD"));
    let read =
        balance(br#"{"balance":12345678901234.567890123,"equity":null,"margin":""}"#).unwrap();
    assert_eq!(read.balance, d("12345678901234.567890123"), "more digits than a float has");
    assert_eq!((read.equity, read.margin, read.currency), (None, None, None));
    assert_eq!(balance(b"{}").unwrap_err().to_string(), "balance : balance is missing");
}

const POSITION: &str = r#"{
  "id":"W6910422326264457","symbol":"EURUSD","alias":"EURUSD","side":"BUY","volume":"0.01",
  "openTime":"2026-09-07T10:00:00Z","openTimeMillis":1788775200000,"openPrice":"1.10",
  "stopLoss":"0","takeProfit":"0","swap":"0.00","commission":"-0.07",
  "profit":"1.20","netProfit":"1.13","currentPrice":"1.1012","margin":"11.0","positions":[] }"#;

fn one(position: &str) -> Result<VenuePosition, String> {
    let read = positions(format!("{{\"positions\":[{position}]}}").as_bytes());
    let mut read = read.map_err(|e| e.to_string())?;
    assert_eq!(read.len(), 1);
    Ok(read.remove(0))
}

#[test]
fn a_position() {
    let wanted = VenuePosition {
        id: "W6910422326264457".to_owned(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.01"),
        open_price: d("1.1"),
        open_time: TEN,
        bracket: BracketPrices::default(),
        commission: d("-0.07"),
        swap: d("0.00"),
        profit: Some(d("1.20")),
        comment: None,
    };
    assert_eq!(one(POSITION).as_ref(), Ok(&wanted));
    // What was seen to be written in other ways, and means the same.
    for (from, to) in [
        ("\"0.01\"", "0.01"),
        ("\"1.10\"", "1.10"),
        ("\"openTimeMillis\":1788775200000,", ""),
        ("1788775200000", "\"1788775200000\""),
        ("1788775200000", "null"),
        ("10:00:00Z\",\"openTimeMillis\":1788775200000", "10:00:00\""),
        ("\"stopLoss\":\"0\"", "\"stopLoss\":null"),
        ("\"stopLoss\":\"0\",", ""),
        ("\"positions\":[]", "\"positions\":null,\"new\":{\"a\":[1]}"),
        ("\"BUY\"", "\"buy\""),
    ] {
        assert!(POSITION.contains(from), "{from}");
        assert_eq!(one(&POSITION.replace(from, to)).as_ref(), Ok(&wanted), "{from} {to}");
    }
    let levels = POSITION.replace("\"0\",\"takeProfit\":\"0\"", "\"1.0500\",\"takeProfit\":1.2");
    let bracket = BracketPrices { stop: Some(d("1.05")), target: Some(d("1.2")) };
    assert_eq!(one(&levels).unwrap().bracket, bracket);
    for (from, to, words) in [
        ("\"BUY\"", "\"HOLD\"", "position W6910422326264457: side is HOLD"),
        ("\"BUY\"", "null", "side is "),
        ("\"0.01\"", "\"\"", "volume is missing"),
        ("\"1.10\"", "null", "openPrice is missing"),
        ("\"1.10\"", "\"x\"", "\"x\" is no number"),
        (
            "2026-09-07T10:00:00Z\",\"openTimeMillis\":1788775200000",
            "today\"",
            "openTime is missing",
        ),
    ] {
        let error = one(&POSITION.replace(from, to)).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_is_nested_in_a_position_is_its_fills_or_positions() {
    let with = |children: &str| {
        let body = POSITION.replace("\"positions\":[]", &format!("\"positions\":[{children}]"));
        let read = positions(format!("{{\"positions\":[{body}]}}").as_bytes()).unwrap();
        read.into_iter().map(|p| (p.id, p.volume.to_string())).collect::<Vec<_>>()
    };
    let child = |id: &str, volume: &str, more: &str| {
        format!(
            r#"{{"id":"{id}","symbol":"EURUSD","side":"BUY","volume":"{volume}","openPrice":"1.1",
                "openTimeMillis":1788775200000{more}}}"#
        )
    };
    let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(id, volume)| ((*id).to_owned(), (*volume).to_owned())).collect()
    };
    let fills = [child("W1", "0.004", ""), child("W2", "0.006", "")].join(",");
    assert_eq!(with(&fills), own(&[("W6910422326264457", "0.01")]));
    let zero = r#","stopLoss":"0","takeProfit":null"#;
    let fills = [child("W1", "0.004", zero), child("W2", "0.006", zero)].join(",");
    assert_eq!(with(&fills), own(&[("W6910422326264457", "0.01")]));
    // They do not make it up, or have what only a position has.
    let apart = own(&[("W1", "0.004"), ("W2", "0.007")]);
    assert_eq!(with(&[child("W1", "0.004", ""), child("W2", "0.007", "")].join(",")), apart);
    let held = child("W1", "0.004", r#","stopLoss":"1.05""#);
    let apart = own(&[("W1", "0.004"), ("W2", "0.006")]);
    assert_eq!(with(&[held, child("W2", "0.006", "")].join(",")), apart);
}

#[test]
fn an_order() {
    let body = r#"{ "orders":[ {"id":"W123","symbol":"XAUUSD","alias":"XAUUSD","type":"LIMIT",
        "side":"SELL","volume":"0.01","activationPrice":"4395.62",
        "creationTime":"2026-09-07T10:00:00Z","stopLoss":"0","takeProfit":"0","comment":""} ] }"#;
    let wanted = PendingOrder {
        id: "W123".to_owned(),
        symbol: "XAUUSD".to_owned(),
        side: Side::Sell,
        kind: PendingKind::Limit,
        volume: d("0.01"),
        price: d("4395.62"),
        created: Some(TEN),
        bracket: BracketPrices::default(),
        comment: None,
    };
    assert_eq!(orders(body.as_bytes()), Ok(vec![wanted]));
    assert_eq!(orders(br#"{"orders":[]}"#), Ok(Vec::new()));
    let odd = orders(body.replace("LIMIT", "ICEBERG").as_bytes()).unwrap_err().to_string();
    assert_eq!(odd, "order W123: type is ICEBERG");
}

#[test]
fn a_closed_row() {
    let body = r#"{ "operations":[ {"id":"W1","uid":"W1_close1","closingOrderID":"W2",
        "symbol":"EURUSD","side":"BUY","volume":"0.01","openPrice":"1.10","closePrice":"1.11",
        "openTime":"2026-09-07T10:00:00Z","time":"2026-09-07T11:00:00Z","stopLoss":"0",
        "takeProfit":"0","commission":"0","swap":"0","profit":"10","netProfit":"9","reason":"...",
        "closeReason":"CLOSE_REASON_PARTIAL","comment":"tickstep 7"} ] }"#;
    let wanted = ClosedRow {
        uid: "W1_close1".to_owned(),
        position: "W1".to_owned(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.01"),
        open_price: d("1.1"),
        close_price: d("1.11"),
        open_time: TEN,
        close_time: Nanos(TEN.0 + Nanos::HOUR.0),
        commission: d("0"),
        swap: d("0"),
        profit: Some(d("10")),
        reason: Some("CLOSE_REASON_PARTIAL".to_owned()),
        comment: Some("tickstep 7".to_owned()),
    };
    let read = |body: String| closed(body.as_bytes()).map_err(|e| e.to_string());
    assert_eq!(read(body.to_owned()), Ok(vec![wanted.clone()]));
    let by_order = ClosedRow { uid: "W2".to_owned(), ..wanted };
    assert_eq!(read(body.replace("\"uid\":\"W1_close1\",", "")), Ok(vec![by_order]));
    let nameless = body.replace("\"uid\":\"W1_close1\",\"closingOrderID\":\"W2\",", "");
    assert_eq!(read(nameless).unwrap_err(), "closed position W1: uid is missing");
    assert!(read(body.replace("BUY", "")).unwrap_err().contains("side is "));
    assert_eq!(read(body.replace("tickstep 7", "")).unwrap()[0].comment, None);
}

#[test]
fn an_instrument_comes_in_a_list_or_wrapped_or_alone() {
    let one = r#"{"symbol":"EURUSD.","alias":"EURUSD","type":"FOREX","sessionOpen":true,
        "volumeMin":0.01,"volumeMax":"50","volumeStep":"0.01","volumePrecision":2,
        "pricePrecision":5,"contractSize":100000,"sizeOfOnePoint":0.00001,"leverage":100,
        "fixedLeverage":false,"quoteCurrency":"USD","stopsLevel":3.5,"tags":[],
        "tradingHours":[{"dayNumber":1}],"terminationDate":null}"#;
    for body in [format!("[{one}]"), format!(" {{\"instruments\":[{one}]}}"), one.to_owned()] {
        let read = instruments(body.as_bytes()).unwrap();
        assert_eq!(read.len(), 1, "{body}");
        let terms = &read[0];
        assert_eq!((&*terms.symbol, terms.session_open), ("EURUSD.", Some(true)));
        assert_eq!(
            [terms.volume_min, terms.volume_max, terms.volume_step].map(Option::unwrap),
            [d("0.01"), d("50"), d("0.01")]
        );
        assert_eq!((terms.contract_size, terms.tick_size), (Some(d("100000")), Some(d("0.00001"))));
        assert_eq!((terms.stops_level, terms.leverage), (Some(4), Some(d("100"))));
    }
    assert_eq!(instruments(b"[]"), Ok(Vec::new()));
    let bare = instruments(br#"[{"symbol":"X","stopsLevel":-1}]"#).unwrap();
    assert_eq!((bare[0].stops_level, bare[0].session_open), (None, None));
    assert!(instruments(br#"{"instruments":null}"#).is_err());
}

#[test]
fn a_quote() {
    let one = r#"{"symbol":"EURUSD","alias":"EURUSD","bid":"1.08101","ask":"1.08103",
        "change":"0.12","high":"1.08200","low":"1.07900",
        "timestampMs":1726200032067,"timestampSec":1726200032}"#;
    let (bid, ask) = (d("1.08101"), d("1.08103"));
    let ts = Some(Nanos(1_726_200_032_067_000_000));
    let wanted = Quote { symbol: "EURUSD".to_owned(), bid, ask, ts };
    for body in [format!("[{one}]"), format!("{{\"quotations\":[{one}]}}"), one.to_owned()] {
        assert_eq!(quotes(body.as_bytes()), Ok(vec![wanted.clone()]), "{body}");
    }
    let seconds = format!("[{}]", one.replace("\"timestampMs\":1726200032067,", ""));
    assert_eq!(quotes(seconds.as_bytes()).unwrap()[0].ts, Some(Nanos(1_726_200_032_000_000_000)));
    let timeless = quotes(br#"[{"symbol":"X","bid":1.1,"ask":1.2},{"symbol":"Y","bid":1.1}]"#);
    let timeless = timeless.unwrap();
    assert_eq!((timeless.len(), timeless[0].ts), (1, None));
}

#[test]
fn bars_are_sorted_and_each_comes_once() {
    let body = br#"{ "symbol":"EURUSD","interval":"M15",
        "candles":[ {"time":1788782400000,"open":1.1,"high":1.12,"low":1.09,"close":1.11,"volume":100} ] }"#;
    let bars = candles(body).unwrap();
    assert_eq!((bars.len(), bars[0].ts_open), (1, Nanos(1_788_782_400_000_000_000)));
    assert_eq!(
        [bars[0].open, bars[0].high, bars[0].low, bars[0].close].map(|p| p.to_string()),
        ["1.1", "1.12", "1.09", "1.11"]
    );
    assert_eq!(bars[0].volume, Some(d("100")));
    let bar = |time: i64, close: &str| {
        format!(r#"{{"time":{time},"open":"1","high":"2","low":"1","close":"{close}"}}"#)
    };
    let list =
        [bar(1_788_782_460_000, "1.5"), bar(1_788_782_400, "1.1"), bar(1_788_782_400_000, "1.2")];
    let bars = candles(format!("{{\"candles\":[{}]}}", list.join(",")).as_bytes()).unwrap();
    let closes: Vec<_> = bars.iter().map(|bar| bar.close.to_string()).collect();
    assert_eq!(closes, ["1.2", "1.5"], "the later of two");
    assert_eq!(bars[0].volume, None);
    let bad = br#"{"candles":[{"time":null}]}"#;
    assert_eq!(candles(bad).unwrap_err().to_string(), "candle 0: time is missing");
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted { id: (!id.is_empty()).then(|| id.to_owned()) }
}

fn rejected(code: &str, message: &str) -> Outcome {
    let code = (!code.is_empty()).then(|| code.to_owned());
    Outcome::Rejected { code, message: message.to_owned() }
}

#[test]
fn a_write_is_accepted_refused_or_unknown() {
    let ok =
        r#"{ "status":"OK","nativeCode":null,"errorMessage":"","orderId":"W6093823881210053" }"#;
    let refused = r#"{"status":"REJECTED","nativeCode":"NO_MONEY","errorMessage":"Not enough","orderId":null}"#;
    let page = "<!DOCTYPE html><html><head><title>Access\n denied</title></head></html>";
    for (http, body, wanted) in [
        (200, ok, accepted("W6093823881210053")),
        (201, ok, accepted("W6093823881210053")),
        (200, r#"{"status":"OK","orderId":17}"#, accepted("17")),
        (200, r#"{"status":"OK"}"#, accepted("")),
        // Seen at an order that was withdrawn.
        (200, r#"{"status":"OK","errorCode":"UNKNOWN_ERROR","orderId":"W1"}"#, accepted("W1")),
        (200, refused, rejected("NO_MONEY", "Not enough")),
        (400, refused, rejected("NO_MONEY", "Not enough")),
        (422, refused, rejected("NO_MONEY", "Not enough")),
        (200, r#"{"status":"REJECTED","errorCode":"X"}"#, rejected("X", "")),
        (
            400,
            "Validation failed for argument [0]",
            rejected("400", "Validation failed for argument [0]"),
        ),
        (403, page, rejected("403", "Access denied")),
        (
            404,
            r#"{"errorCode":"ORDER_NOT_FOUND","message":"Order not found"}"#,
            rejected("ORDER_NOT_FOUND", "Order not found"),
        ),
        (
            404,
            r#"{"status":404,"error":"Not Found"}"#,
            rejected("404", r#"{"status":404,"error":"Not Found"}"#),
        ),
        (404, "", rejected("404", "")),
        (410, "", rejected("410", "")),
    ] {
        assert_eq!(outcome(http, body.as_bytes()), wanted, "{http} {body}");
    }
    for (http, body) in [
        (200, ""),
        (200, "{}"),
        (200, "<html>OK"),
        (200, r#"{"status":"PARTIAL_SUCCESS"}"#),
        (200, r#"{"status":"ok"}"#),
        (200, r#"{"status":null}"#),
        // What contradicts itself.
        (400, ok),
        (404, ok),
        (302, refused),
        (307, ""),
        (408, ""),
        (409, ""),
        (100, ok),
        (0, ""),
    ] {
        let found = outcome(http, body.as_bytes());
        assert!(
            matches!(found, Outcome::Unknown(Doubt::Unreadable(_))),
            "{http} {body}: {found:?}"
        );
    }
    for http in [500, 502, 503, 504, 599] {
        for body in ["", ok, refused] {
            assert_eq!(outcome(http, body.as_bytes()), Outcome::Unknown(Doubt::Server(http)));
        }
    }
}

#[test]
fn a_page_is_shortened() {
    let long = format!("<html><head><title> Just\n a moment... </title>{}", "x".repeat(100_000));
    assert_eq!(words(long.as_bytes()), "Just a moment...");
    assert_eq!(words(b"<html><title></title><body><h1>No</h1> <p>entry</p>"), "No entry");
    assert_eq!(words(b" plain \r\n text "), "plain text");
    let long = "\u{e4}".repeat(10_000);
    assert_eq!(words(long.as_bytes()), format!("{}...", "\u{e4}".repeat(200)));
    assert_eq!(words(&[0xff, b'a']), "\u{fffd}a");
}

fn everything(http: u16, body: &[u8]) {
    let _read = (balance(body), positions(body), orders(body), closed(body));
    let _read = (instruments(body), quotes(body), candles(body), words(body));
    let sure = match outcome(http, body) {
        Outcome::Accepted { .. } => (200..300).contains(&http),
        Outcome::Rejected { .. } => (200..300).contains(&http) || (400..500).contains(&http),
        Outcome::Unknown(_) => true,
    };
    assert!(sure, "{http}");
}

/// Documents that nearly are what they should be.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let documents = [
        format!("{{\"positions\":[{POSITION}]}}"),
        r#"{"balance":"1","equity":2.5,"currency":"USD"}"#.to_owned(),
        r#"[{"symbol":"X","bid":"1.1","ask":1.2,"timestampMs":1726200032067}]"#.to_owned(),
        r#"{"candles":[{"time":1788782400000,"open":1,"high":2,"low":1,"close":1.5}]}"#.to_owned(),
        r#"{"status":"REJECTED","nativeCode":1,"errorMessage":"x","orderId":null}"#.to_owned(),
    ];
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0_usize..3);
    (prop::sample::select(documents.to_vec()), proptest::collection::vec(edit, 0..6)).prop_map(
        |(text, edits)| {
            let mut bytes = text.into_bytes();
            for (at, byte, how) in edits {
                let at = at.index(bytes.len().max(1));
                match how {
                    0 if at < bytes.len() => bytes[at] = byte,
                    1 if at < bytes.len() => drop(bytes.remove(at)),
                    _ => bytes.insert(at.min(bytes.len()), byte),
                }
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2_000),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_are_too_odd(http in 0_u16..700, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        everything(http, &body);
    }

    #[test]
    fn no_document_is_too_odd(http in 0_u16..700, body in nearly()) {
        everything(http, &body);
    }

    #[test]
    fn a_price_is_read_digit_for_digit(mantissa in 1_i64.., scale in 0_u32..=18) {
        let price = Decimal::new(mantissa, scale);
        let body = format!(r#"[{{"symbol":"X","bid":{price},"ask":"{price}"}}]"#);
        let read = quotes(body.as_bytes()).unwrap();
        prop_assert_eq!((read[0].bid, read[0].ask), (price, price));
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = "{\"positions\":[".repeat(50_000);
    assert!(positions(deep.as_bytes()).is_err());
    let deep = format!("{{\"balance\":{}", "[".repeat(200_000));
    assert!(balance(deep.as_bytes()).is_err());
}
