//! Whatever bytes come in, from a broker, a client of the simulator, a person or a disk:
//! they are read or refused, and nothing panics. `PROPTEST_CASES` says how many are tried.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "match_trader/canned.rs"]
mod canned;
#[allow(dead_code)]
#[path = "sim_server/client.rs"]
mod client;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, CandleInterval, Fault, Read, Reply};
use tickstep_live::cli::accounts::read_csv;
use tickstep_live::intent::{Doubt, Outcome};
use tickstep_live::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings, wire};
use tickstep_live::record::{RecordKind, decode_input, decode_write};
use tickstep_live::service::{WishAnswer, WishLine};
use tickstep_live::sim_server::SimCommand;
use tickstep_live::trader_api::{
    TraderTerms, TraderWrite, outcome as trader_outcome, read_reply, same_account,
};

use crate::canned::{Act, Canned, ok, session};
use crate::client::{ACCOUNT, Server, options};

/// Replies as the reference has them, and what else comes in.
const DOCUMENTS: [&str; 16] = [
    r#"{"balance":"10000.00","equity":"10012.30","freeMargin":"9800.00","margin":"212.30",
        "marginLevel":"4716.0","credit":"0.00","profit":"12.30","netProfit":"11.80",
        "currency":"USD","currencyPrecision":2}"#,
    r#"{"instruments":[{"symbol":"EURUSD","alias":"EURUSD","type":"FOREX","sessionOpen":true,
        "volumeMin":0.01,"volumeMax":"100","volumeStep":0.01,"contractSize":100000,
        "sizeOfOnePoint":0.00001,"leverage":100,"stopsLevel":10,"quoteCurrency":"USD"}]}"#,
    r#"[{"symbol":"EURUSD","alias":"EURUSD","bid":"1.08101","ask":"1.08103","change":"0.12",
        "timestampMs":1726200032067,"timestampSec":1726200032}]"#,
    r#"{"symbol":"EURUSD","interval":"M15","candles":[{"time":1788782400000,"open":1.1,
        "high":1.12,"low":1.09,"close":1.11,"volume":100}]}"#,
    r#"{"positions":[{"id":"W6910422326264457","symbol":"EURUSD","side":"BUY","volume":"0.01",
        "openTime":"2026-09-07T10:00:00Z","openTimeMillis":1788775200000,"openPrice":"1.10",
        "stopLoss":"0","takeProfit":"0","swap":"0.00","commission":"-0.07","profit":"1.20",
        "positions":[]}]}"#,
    r#"{"orders":[{"id":"W123","symbol":"XAUUSD","type":"LIMIT","side":"SELL","volume":"0.01",
        "activationPrice":"4395.62","creationTime":"2026-09-07T10:00:00Z","stopLoss":"0",
        "takeProfit":"0","comment":""}]}"#,
    r#"{"operations":[{"id":"W1","uid":"W1_close1","closingOrderID":"W2","symbol":"EURUSD",
        "side":"BUY","volume":"0.01","openPrice":"1.10","closePrice":"1.11",
        "openTime":"2026-09-07T10:00:00Z","time":"2026-09-07T11:00:00Z","commission":"0",
        "swap":"0","profit":"10","reason":"...","closeReason":"CLOSE_REASON_PARTIAL"}]}"#,
    r#"{"status":"OK","nativeCode":null,"errorMessage":"","orderId":"W6093823881210053"}"#,
    r#"{"email":"trader@example.com","token":"a.eyJleHAiOjE3ODg3NzUyMDB9.b","tradingAccounts":[
        {"tradingAccountId":"950552","tradingApiToken":"t","offer":{"system":{"uuid":"u-1"}}}]}"#,
    r#"{"partnerId":"2","brokerName":"Example","platformUrl":"https://mtr.example.com"}"#,
    r#"{"path":"/v1/positions","status":400,"type":"error://trader-api/unauthorized",
        "title":"t","detail":"d","additionalInfo":null}"#,
    r#"{"positionId":"W1","pendingOrderId":7,"accountId":"950552"}"#,
    r#"{"instrument":"EURUSD","orderSide":"BUY","volume":0.1,"slPrice":1.075,"tpPrice":1.09,
        "price":1.08,"priceOrder":1.08,"type":"LIMIT","id":"W1","positionId":"W1","isMobile":false}"#,
    r#"[{"positionId":"W1","instrument":"EURUSD","orderSide":"BUY","volume":"0.1"}]"#,
    r#"{"id":"7","who":"a","why":"b","wish":{"do":"close","account":null,"symbol":"EURUSD","wait_s":5}}"#,
    "name,email,password,broker,account\none,a@example.com,\"x,\"\"y\",2,950552\n",
];

/// What may stand in the place of any value.
fn odd_values() -> Vec<Value> {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let nested = (0..60).fold(Value::Null, |inside, _| Value::Array(vec![inside]));
    let texts = ["", " ", "NaN", "-", "1e", "1e999999999", "\u{0}\u{1b}[2J\n", "BUY", "9999-99-99"];
    let texts = texts.into_iter().map(Value::from);
    let long = ["9", "x", "<", "\u{1F600}", "{\"token\":\""].map(|t| Value::from(t.repeat(3_000)));
    let numbers = ["-0", "0", "1e308", "-1e308", "1e-308", "18446744073709551615"];
    let more = ["-9223372036854775808", "253402300800000", "0.1234567890123456789012345678901"];
    [
        Value::Null,
        true.into(),
        nested,
        serde_json::json!({}),
        serde_json::json!([]),
        serde_json::json!([{}]),
    ]
    .into_iter()
    .chain(texts)
    .chain(long)
    .chain(numbers.into_iter().chain(more).map(number))
    .collect()
}

fn nodes<'v>(value: &'v mut Value, into: &mut Vec<&'v mut Value>) {
    let is_leaf = !matches!(value, Value::Array(list) if !list.is_empty())
        && !matches!(value, Value::Object(map) if !map.is_empty());
    if is_leaf {
        into.push(value);
        return;
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|v| nodes(v, into)),
        Value::Object(map) => map.values_mut().for_each(|v| nodes(v, into)),
        _ => {}
    }
}

/// What is done to a document.
#[derive(Clone, Debug)]
enum Edit {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Double(prop::sample::Index, prop::sample::Index),
    Replace(prop::sample::Index, Value),
    Wrap(u8, u16),
}

fn edited(mut bytes: Vec<u8>, edit: Edit) -> Vec<u8> {
    let at = |index: prop::sample::Index, length: usize| index.index(length + 1);
    match edit {
        Edit::Flip(_, _) | Edit::Double(..) if bytes.is_empty() => {}
        Edit::Flip(index, bit) => {
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << (bit % 8);
        }
        Edit::Cut(index) => bytes.truncate(at(index, bytes.len())),
        Edit::Insert(index, new) => {
            let at = at(index, bytes.len());
            bytes.splice(at..at, new);
        }
        Edit::Double(one, two) => {
            let (one, two) = (at(one, bytes.len()), at(two, bytes.len()));
            let part = bytes[one.min(two)..one.max(two)].to_vec();
            bytes.splice(two..two, part);
        }
        Edit::Replace(index, new) => {
            if let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) {
                let mut found = Vec::new();
                nodes(&mut value, &mut found);
                let at = index.index(found.len());
                *found[at] = new;
                bytes = serde_json::to_vec(&value).unwrap();
            }
        }
        Edit::Wrap(kind, depth) => {
            let (open, close) =
                [("[", "]"), ("{\"positions\":[", "]}"), ("{\"a\":", "}")][usize::from(kind % 3)];
            let text = String::from_utf8_lossy(&bytes);
            let depth = usize::from(depth);
            bytes = format!("{}{text}{}", open.repeat(depth), close.repeat(depth)).into_bytes();
        }
    }
    bytes
}

/// Documents that are nearly right, and bytes that are not.
fn odd() -> impl Strategy<Value = Vec<u8>> {
    let index = any::<prop::sample::Index>;
    let edit = prop_oneof![
        1 => (index(), any::<u8>()).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        1 => index().prop_map(Edit::Cut),
        1 => (index(), proptest::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(at, new)| Edit::Insert(at, new)),
        1 => (index(), index()).prop_map(|(one, two)| Edit::Double(one, two)),
        4 => (index(), prop::sample::select(odd_values()))
            .prop_map(|(at, new)| Edit::Replace(at, new)),
        1 => (any::<u8>(), 0_u16..9_000).prop_map(|(kind, depth)| Edit::Wrap(kind, depth)),
    ];
    let near = (prop::sample::select(DOCUMENTS.to_vec()), proptest::collection::vec(edit, 0..4))
        .prop_map(|(document, edits)| edits.into_iter().fold(document.into(), edited));
    prop_oneof![8 => near, 1 => proptest::collection::vec(any::<u8>(), 0..400)]
}

fn terms() -> TraderTerms {
    let calls = [
        ("account", "GET /a"),
        ("balance", "GET /b"),
        ("instruments", "GET /c"),
        ("quotes", "GET /d"),
        ("candles", "GET /e"),
        ("positions", "GET /f"),
        ("orders", "GET /g"),
        ("closed", "GET /h"),
        ("open", "POST /i"),
        ("edit", "POST /j/{id}"),
        ("close", "POST /k/{id}"),
        ("create_order", "POST /l"),
        ("edit_order", "POST /m/{id}"),
        ("cancel_order", "POST /n/{id}"),
        ("time_unit", "seconds"),
        ("names.status", "side"),
        ("names.id", "positions"),
    ];
    let values = calls.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    TraderTerms::of(&values).unwrap()
}

fn questions() -> Vec<Read> {
    let (from, to) = (Nanos(i64::MIN), Nanos(i64::MAX));
    vec![
        Read::Balance,
        Read::Instruments,
        Read::Quotes(vec!["EURUSD".to_owned()]),
        Read::Candles { symbol: "EURUSD".to_owned(), interval: CandleInterval::M1, from, to },
        Read::Positions,
        Read::Orders,
        Read::Closed { from, to },
    ]
}

fn at_least(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(cases), ..default }
}

proptest! {
    #![proptest_config(at_least(500))]

    #[test]
    fn no_answer_of_a_broker_is_too_odd(body in odd(), http in 0_u16..700) {
        let _read = (wire::balance(&body), wire::instruments(&body), wire::quotes(&body));
        let _read = (wire::candles(&body), wire::positions(&body), wire::orders(&body));
        let _read = (wire::closed(&body), wire::words(&body));
        // An outcome is never taken for an acceptance unless the reply says so.
        if let Outcome::Accepted { .. } = wire::outcome(http, &body) {
            prop_assert!((200..300).contains(&http));
            prop_assert!(String::from_utf8_lossy(&body).contains("OK"));
        }
    }

    #[test]
    fn no_answer_of_the_trader_api_is_too_odd(body in odd(), http in 0_u16..700) {
        let terms = terms();
        for read in questions() {
            let _read = read_reply(&terms, &read, &body);
        }
        let _read = same_account(&terms, &body, ACCOUNT);
        for write in [TraderWrite::Makes, TraderWrite::Changes] {
            if let Outcome::Accepted { .. } = trader_outcome(write, http, &body) {
                let wanted = if write == TraderWrite::Makes { 201 } else { 204 };
                prop_assert_eq!(http, wanted);
            }
        }
    }

    #[test]
    fn no_record_line_or_list_is_too_odd(body in odd()) {
        for kind in (0..9).filter_map(RecordKind::of) {
            let _read = decode_input(kind, &body);
        }
        let _read = (decode_write(&body), read_csv(&body));
        let _read = serde_json::from_slice::<WishLine>(&body);
        let _read = serde_json::from_slice::<WishAnswer>(&body);
        let _read = serde_json::from_slice::<SimCommand>(&body);
    }
}

/// Samples of a strategy, as many as a property would try.
fn samples(cases: u32) -> Vec<Vec<u8>> {
    let config = at_least(cases);
    let mut runner = TestRunner::new(config.clone());
    let strategy = odd();
    (0..config.cases).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Every text in a reply that is the broker's own.
fn texts(reply: &Reply) -> Vec<&str> {
    match reply {
        Reply::Failed(
            Fault::Forbidden(text)
            | Fault::Network(text)
            | Fault::Refused(text)
            | Fault::Unreadable(text)
            | Fault::WrongAccount { found: text, .. },
        )
        | Reply::Write(Outcome::Unknown(Doubt::Disconnected(text) | Doubt::Unreadable(text))) => {
            vec![text]
        }
        Reply::Write(Outcome::Rejected { code, message }) => {
            code.iter().chain([message]).map(String::as_str).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn over_http_too_a_client_reads_or_refuses_and_says_so_in_few_words() {
    let said = Arc::new(std::sync::Mutex::new(String::new()));
    let told = Arc::clone(&said);
    let server = Canned::start(move |_| Act::Say(told.lock().unwrap().clone())).await;
    let host = Arc::new(BrokerHost::new(HostSettings::new(&*server.base)).unwrap());
    let login = BrokerLogin {
        account: ACCOUNT.to_owned(),
        email: "a@example.com".to_owned(),
        password: "correct horse".to_owned().into(),
        broker: None,
    };
    let connection = Connection::new(host, login).unwrap();
    for body in samples(200) {
        // The canned server sends text.
        let body = String::from_utf8_lossy(&body).into_owned();
        let calls =
            [Call::LogIn, Call::Refresh].into_iter().chain(questions().into_iter().map(Call::Read));
        for call in calls {
            *said.lock().unwrap() = match call {
                Call::Read(_) => ok(&body),
                _ if body.len().is_multiple_of(3) => ok(&session("a.b.c")),
                _ => ok(&body),
            };
            let (reply, _) = connection.call(call).await;
            for text in texts(&reply) {
                assert!(text.chars().count() <= 403, "{} characters", text.chars().count());
            }
        }
    }
}

#[tokio::test]
async fn the_simulator_answers_every_body() {
    let server = Server::start(options()).await;
    let client = server.logged_in().await;
    let system = client::SYSTEM;
    let paths = [
        "position/open",
        "position/edit",
        "position/close",
        "position/close-partially",
        "positions/close",
        "pending-order/create",
        "pending-order/edit",
        "pending-order/cancel",
        "closed-positions",
    ];
    let paths = paths.map(|path| format!("{}/mtr-api/{system}/{path}", server.base));
    let others = ["/manager/mtr-login", "/manager/refresh-token", "/control"];
    let others = others.map(|path| format!("{}{path}", server.base));
    for (n, body) in samples(200).into_iter().enumerate() {
        let url = paths.iter().chain(&others).nth(n % (paths.len() + others.len())).unwrap();
        let request = client
            .http
            .post(url)
            .header("user-agent", "tickstep-tests/1")
            .header("content-type", "application/json")
            .header("auth-trading-api", &client.trading)
            .body(body.clone());
        let reply = request.send().await;
        let status = reply.unwrap_or_else(|e| panic!("{url}: {e}")).status().as_u16();
        let shown = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        assert!(status < 500, "{url}: {status} to {shown}");
        // So that no limit answers in place of the reader.
        server.pass(1);
    }
}
