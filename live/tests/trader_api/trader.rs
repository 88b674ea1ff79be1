//! Requests and answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{
    BracketPrices, Broker as _, Call, Candle, CandleInterval, Fault, LoggedIn, PendingKind, Read,
    Reply, Write,
};
use tickstep_live::intent::{Doubt, Intent, IntentId, Outcome, RequestId};
use tickstep_live::match_trader::{BrokerHost, HostSettings};
use tickstep_live::trader_api::{TraderConnection, TraderLogin, TraderTerms};

use crate::canned::{Act, Canned, ok, reply};

const TOKEN: &str = "canary-bearer-token";
const ACCOUNT: &str = "950552";
const HERE: &str = r#"{"accountId":950552,"currency":"USD"}"#;
const T0: i64 = 1_788_782_400_000;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn terms(change: &[(&str, &str)]) -> TraderTerms {
    let text = include_str!("../data/trader_api_paths.toml");
    let mut values: BTreeMap<String, String> = toml::from_str(text).unwrap();
    values.extend(change.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    TraderTerms::of(&values).unwrap()
}

fn connection(base: &str, terms: TraderTerms) -> TraderConnection {
    let settings = HostSettings { timeout: Duration::from_millis(400), ..HostSettings::new(base) };
    let host = Arc::new(BrokerHost::new(settings).unwrap());
    let login = TraderLogin { account: ACCOUNT.to_owned(), token: TOKEN.to_owned().into() };
    TraderConnection::new(host, Arc::new(terms), login).unwrap()
}

/// A server that knows the account, and a connection that has seen it.
async fn opened(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> (Canned, TraderConnection) {
    let server = Canned::start(move |request| match request.starts_with("GET /v9/account ") {
        true => Act::Say(ok(HERE)),
        false => act(request),
    })
    .await;
    let connection = connection(&server.base, terms(&[]));
    let here = LoggedIn { account: ACCOUNT.to_owned(), expires: None, leverage: None };
    assert_eq!(connection.call(Call::LogIn).await.0, Reply::LoggedIn(here));
    (server, connection)
}

static INTENTS: AtomicU64 = AtomicU64::new(1);

async fn write(connection: &TraderConnection, write: Write) -> (u64, Reply) {
    let n = INTENTS.fetch_add(1, Ordering::SeqCst);
    let ticket = Intent::new(IntentId(n)).send(RequestId(n), Nanos(0)).unwrap();
    (n, connection.call(Call::Write(ticket, write)).await.0)
}

fn accepted(id: Option<&str>) -> Reply {
    Reply::Write(Outcome::Accepted { id: id.map(str::to_owned) })
}

fn entry() -> Write {
    Write::Open {
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.10"),
        bracket: BracketPrices { stop: Some(d("1.075")), target: None },
    }
}

/// Every write, what is sent for it, and what the pages say is answered. `COMMENT` stands
/// for the intent's.
fn writes() -> Vec<(Write, &'static str, &'static str, bool, &'static str, Reply)> {
    let (symbol, position) = (|| "EURUSD".to_owned(), || "W1/2".to_owned());
    let bracket = BracketPrices { stop: None, target: Some(d("1.09")) };
    let (side, volume, price, kind) = (Side::Sell, d("0.2"), d("1.0850"), PendingKind::Limit);
    let made = r#"{"pendingOrderId":"W7"}"#;
    vec![
        (
            entry(),
            "POST /v9/positions ",
            r#"{"symbol":"EURUSD","side":"BUY","volume":0.1,"tpPrice":null,"slPrice":1.075,"comment":"COMMENT"}"#,
            true,
            r#"201 Created {"positionId":"W6"}"#,
            accepted(Some("W6")),
        ),
        (
            Write::EditPosition { position: position(), symbol: symbol(), side, volume, bracket },
            "PATCH /v9/positions/W1%2F2 ",
            r#"{"tpPrice":1.09,"slPrice":null}"#,
            false,
            "204 No Content",
            accepted(None),
        ),
        (
            Write::Close { position: position(), symbol: symbol(), side, volume, whole: true },
            "POST /v9/positions/W1%2F2/close ",
            "{}",
            true,
            "204 No Content",
            accepted(None),
        ),
        (
            Write::Close { position: position(), symbol: symbol(), side, volume, whole: false },
            "POST /v9/positions/W1%2F2/close ",
            r#"{"volume":0.2}"#,
            true,
            "204 No Content",
            accepted(None),
        ),
        (
            Write::CreateOrder { symbol: symbol(), side, volume, kind, price, bracket },
            "POST /v9/pending-orders ",
            r#"{"symbol":"EURUSD","side":"SELL","type":"LIMIT","activationPrice":1.085,"volume":0.2,"tpPrice":1.09,"slPrice":null,"comment":"COMMENT"}"#,
            true,
            made,
            accepted(Some("W7")),
        ),
        (
            Write::EditOrder {
                order: position(),
                symbol: symbol(),
                side,
                volume,
                kind,
                price,
                bracket,
            },
            "PATCH /v9/pending-orders/W1%2F2 ",
            r#"{"activationPrice":1.085,"volume":0.2,"tpPrice":1.09,"slPrice":null}"#,
            false,
            "204 No Content",
            accepted(None),
        ),
        (
            Write::CancelOrder { order: position(), symbol: symbol(), side, kind },
            "DELETE /v9/pending-orders/W1%2F2 ",
            "",
            false,
            "204 No Content",
            accepted(None),
        ),
    ]
}

fn said(answer: &str) -> String {
    match answer {
        "204 No Content" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        made => reply("201 Created", made.trim_start_matches("201 Created ")),
    }
}

#[tokio::test]
async fn every_write_goes_out_once_as_the_pages_have_it() {
    for (what, line, body, keyed, answer, wanted) in writes() {
        let (server, connection) = opened(move |_| Act::Say(said(answer))).await;
        let (n, found) = write(&connection, what).await;
        assert_eq!(found, wanted, "{line}");
        let seen = server.seen();
        assert_eq!(seen.len(), 2, "{line}");
        let (head, sent) = seen[1].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(line), "{head}");
        assert_eq!(sent, body.replace("COMMENT", &format!("tickstep {n}")));
        let head = head.to_ascii_lowercase();
        assert!(head.contains(&format!("authorization: bearer {TOKEN}")), "{head}");
        assert_eq!(head.contains("idempotency-key: "), keyed, "{head}");
        if !sent.is_empty() {
            assert!(
                serde_json::from_str::<Value>(sent).is_ok() && head.contains("application/json")
            );
        }
    }
}

#[tokio::test]
async fn no_two_writes_have_one_key() {
    let (server, connection) =
        opened(|_| Act::Say(reply("201 Created", r#"{"positionId":"W6"}"#))).await;
    for _ in 0..3 {
        write(&connection, entry()).await;
    }
    let key = |request: &String| {
        let line =
            request.lines().find(|line| line.to_ascii_lowercase().starts_with("idempotency"));
        line.map(str::to_owned)
    };
    let keys: std::collections::BTreeSet<_> = server.seen().iter().filter_map(key).collect();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn what_was_not_surely_refused_is_unknown_and_is_not_sent_again() {
    let problem = r#"{"path":"/v9/positions","status":400,
        "type":"error://trader-api/trading-validation-failed","title":"Validation failed",
        "detail":"volume","additionalInfo":null}"#;
    let rejected = |code: &str, message: &str| {
        let (code, message) = (Some(code.to_owned()), message.to_owned());
        Reply::Write(Outcome::Rejected { code, message })
    };
    let failed = "Validation failed: volume";
    let table = [
        (reply("400 Bad", problem), Some(rejected("trading-validation-failed", failed))),
        (reply("422 Bad", problem), Some(rejected("trading-validation-failed", failed))),
        (
            reply("403 No", "<title>Just a moment...</title>"),
            Some(rejected("403", "Just a moment...")),
        ),
        (reply("404 Not Found", "gone"), Some(rejected("404", "gone"))),
        (reply("401 No", problem), Some(Reply::Failed(Fault::Unauthorised))),
        (
            reply("429 Slow\r\nRetry-After: 7", ""),
            Some(Reply::Failed(Fault::TooMany { retry_after: Some(Nanos::SECOND.times(7)) })),
        ),
        (reply("502 Bad Gateway", ""), Some(Reply::Write(Outcome::Unknown(Doubt::Server(502))))),
        // An entry is answered by 201 and its number, and by nothing else.
        (reply("201 Created", "{}"), None),
        (reply("201 Created", ""), None),
        (reply("200 OK", r#"{"positionId":"W6"}"#), None),
        (reply("202 Accepted", r#"{"positionId":"W6"}"#), None),
        (said("204 No Content"), None),
        (reply("302 Found\r\nLocation: /v9/elsewhere", ""), None),
        (reply("409 Conflict", problem), None),
        (
            "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"positionId\":\"W6\"}".to_owned(),
            None,
        ),
    ];
    for (answer, wanted) in table {
        let told = answer.clone();
        let (server, connection) =
            opened(move |_| Act::SayAndClose(told.clone(), Duration::ZERO)).await;
        let (_, found) = write(&connection, entry()).await;
        match wanted {
            Some(wanted) => assert_eq!(found, wanted, "{answer}"),
            None => {
                assert!(matches!(found, Reply::Write(Outcome::Unknown(_))), "{answer}: {found:?}")
            }
        }
        assert_eq!(server.count("POST /v9/positions "), 1, "{answer}");
    }
    let (server, connection) = opened(|_| Act::Close).await;
    let (_, found) = write(&connection, entry()).await;
    assert!(matches!(found, Reply::Write(Outcome::Unknown(Doubt::Disconnected(_)))), "{found:?}");
    assert_eq!(server.count("POST /v9/positions "), 1);
    let (server, connection) =
        opened(|_| Act::Trickle("HTTP/1.1 ".to_owned(), Duration::from_millis(100))).await;
    let (_, found) = write(&connection, entry()).await;
    assert_eq!(found, Reply::Write(Outcome::Unknown(Doubt::Timeout)));
    assert_eq!(server.count("POST /v9/positions "), 1);
}

/// It has no body by which a second sending would be seen, so it goes out on a connection of
/// its own, where no layer has a reason for one.
#[tokio::test]
async fn a_withdrawal_goes_out_once_on_a_connection_of_its_own() {
    let cancel = || Write::CancelOrder {
        order: "W7".to_owned(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        kind: PendingKind::Limit,
    };
    // The second request of a connection is left unanswered, as by a server that had closed it.
    let (server, connection) = opened(|request| match request.starts_with("GET ") {
        true => Act::Say(ok(r#"{"balance":"1"}"#)),
        false => Act::Close,
    })
    .await;
    for n in 1..=20 {
        let (reply, _) = connection.call(Call::Read(Read::Balance)).await;
        assert!(matches!(reply, Reply::Balance(_)), "{reply:?}");
        let (_, reply) = write(&connection, cancel()).await;
        assert!(
            matches!(reply, Reply::Write(Outcome::Unknown(Doubt::Disconnected(_)))),
            "{reply:?}"
        );
        assert_eq!(server.count("DELETE /v9/pending-orders/W7 "), n);
    }
    assert_eq!(server.lines_of("DELETE "), 20, "each on its own");
    assert_eq!(server.lines_of("GET "), 1, "questions share one");
    drop(server);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (_, reply) = write(&connection, cancel()).await;
    assert!(matches!(reply, Reply::Failed(Fault::Network(_))), "{reply:?}: it was not sent");
}

#[tokio::test]
async fn a_token_is_for_the_account_that_is_meant() {
    for (answer, wanted) in [
        (ok(r#"{"accountId":"7"}"#), Fault::WrongAccount { wanted: ACCOUNT.to_owned(), found: "7".to_owned() }),
        (reply("401 No", ""), Fault::BadCredentials),
        (reply("403 No", r#"{"type":"error://trader-api/forbidden"}"#), Fault::Forbidden("forbidden: ".to_owned())),
        (ok("{}"), Fault::Unreadable("the account has no tradingAccountId; `names.theirs = tradingAccountId` tells which field it is".to_owned())),
    ] {
        let server = Canned::start(move |_| Act::Say(answer.clone())).await;
        let connection = connection(&server.base, terms(&[]));
        assert_eq!(connection.call(Call::LogIn).await.0, Reply::Failed(wanted));
        // Nothing is asked by such a token.
        let denied = Reply::Failed(Fault::Unauthorised);
        assert_eq!(connection.call(Call::Read(Read::Balance)).await.0, denied);
        assert_eq!(write(&connection, entry()).await.1, denied);
        assert_eq!(server.seen().len(), 1);
    }
    let (server, connection) = opened(|_| Act::Say(ok("{}"))).await;
    assert_eq!(connection.call(Call::LogOut).await.0, Reply::LoggedOut);
    assert_eq!(write(&connection, entry()).await.1, Reply::Failed(Fault::Unauthorised));
    assert_eq!(server.seen().len(), 1, "nothing is sent after a log-out");
}

#[tokio::test]
async fn candles_are_read_as_the_pages_have_them() {
    let candles = format!(
        r#"{{"symbol":"EURUSD","interval":"M15","candles":[
            {{"time":{T0},"open":1.1,"high":1.12,"low":1.09,"close":1.11,"volume":100}},
            {{"time":{},"open":1.11,"high":1.12,"low":1.10,"close":1.115,"volume":7}}]}}"#,
        T0 + 900_000
    );
    let (server, connection) = opened(move |_| Act::Say(ok(&candles))).await;
    let from = Nanos(T0 * 1_000_000);
    let to = Nanos(from.0 + Nanos::MINUTE.times(15).0);
    let read =
        |to| Read::Candles { symbol: "EURUSD".to_owned(), interval: CandleInterval::M15, from, to };
    let (reply, _) = connection.call(Call::Read(read(to))).await;
    let first = Candle {
        ts_open: from,
        open: d("1.1"),
        high: d("1.12"),
        low: d("1.09"),
        close: d("1.11"),
        volume: Some(d("100")),
        taker_buy: None,
    };
    assert_eq!(reply, Reply::Candles(vec![first]));
    let wanted = format!(
        "GET /v9/candles?symbol=EURUSD&interval=M15&from={T0}&to={}&limit=750 ",
        T0 + 900_000
    );
    assert!(server.seen()[1].starts_with(&wanted), "{}", server.seen()[1]);
    let far = Nanos(from.0 + Nanos::MINUTE.times(15 * 751).0);
    let (reply, _) = connection.call(Call::Read(read(far))).await;
    let Reply::Failed(Fault::Refused(why)) = reply else { panic!("{reply:?}") };
    assert_eq!(why, "752 bars are asked for, and one answer has 750");
    // A unit of seconds.
    let connection = connection_in_seconds(&server.base).await;
    connection.call(Call::Read(read(Nanos(to.0 + 1)))).await;
    let last = server.seen().last().unwrap().clone();
    assert!(last.contains(&format!("from={}&to={}", T0 / 1000, T0 / 1000 + 901)), "{last}");
}

async fn connection_in_seconds(base: &str) -> TraderConnection {
    let connection = connection(base, terms(&[("time_unit", "seconds")]));
    connection.call(Call::LogIn).await;
    connection
}

#[tokio::test]
async fn what_is_read_may_have_other_names_and_wrappings() {
    let position = r#"{"positionId":"W1","symbol":"EURUSD","side":"BUY","lots":"0.1",
        "openTime":"2026-09-07T10:00:00Z","openPrice":1.10,"slPrice":1.09,"tpPrice":null,
        "comment":"tickstep 5"}"#;
    let mut found = Vec::new();
    for body in [
        format!("[{position}]"),
        format!(r#"{{"positions":[{position}]}}"#),
        format!(r#"{{"items":[{position}],"total":1}}"#),
    ] {
        let server = Canned::start(move |request| match request.starts_with("GET /v9/account ") {
            true => Act::Say(ok(HERE)),
            false => Act::Say(ok(&body)),
        })
        .await;
        let connection = connection(&server.base, terms(&[("names.lots", "volume")]));
        connection.call(Call::LogIn).await;
        let (reply, _) = connection.call(Call::Read(Read::Positions)).await;
        let Reply::Positions(list) = reply else { panic!("{reply:?}") };
        found.push(list);
    }
    let [one] = &found[0][..] else { panic!("{found:?}") };
    assert_eq!((&*one.id, one.volume, one.open_price), ("W1", d("0.1"), d("1.1")));
    assert_eq!(one.bracket, BracketPrices { stop: Some(d("1.09")), target: None });
    assert_eq!(one.comment.as_deref(), Some("tickstep 5"));
    assert!(found.iter().all(|list| *list == found[0]));
}

#[tokio::test]
async fn the_token_is_shown_to_nobody() {
    let echo = format!(r#"{{"type":"error://{TOKEN}","title":"{TOKEN}","detail":"{TOKEN}"}}"#);
    for status in ["200 OK", "201 Created", "400 Bad", "403 No", "404 No", "500 Oh"] {
        let body = echo.clone();
        let (_server, connection) = opened(move |_| Act::Say(reply(status, &body))).await;
        let mut shown = format!("{connection:?}");
        for read in [Read::Balance, Read::Positions, Read::Orders, Read::Instruments] {
            shown += &format!("{:?}", connection.call(Call::Read(read)).await);
        }
        for (what, ..) in writes() {
            shown += &format!("{:?}", write(&connection, what).await);
        }
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}
