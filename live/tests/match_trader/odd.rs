//! What a server may say that no simulator of a venue does.

use std::time::Duration;

use serde_json::json;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, Fault, Read, Reply};
use tickstep_live::intent::{Doubt, Outcome};
use tickstep_live::match_trader::{BrokerLogin, HostSettings, Paths, wire};

use crate::canned::{Act, Canned, ok, reply, session};
use crate::client::{EMAIL, PASSWORD};
use crate::support::{connection, entry, hasty, log_in, login, read, settings, with, write};

const DATE: &str = "Date: Mon, 07 Sep 2026 10:00:00 GMT";

#[tokio::test]
async fn a_request_is_what_the_reference_says() {
    let server = Canned::start(|request| match request.contains("mtr-login") {
        true => Act::Say(ok(&session("session-token"))),
        false => Act::Say(ok(r#"{"status":"OK","orderId":"W1"}"#)),
    })
    .await;
    let connection = connection(&server.base);
    log_in(&connection).await;
    let accepted = Outcome::Accepted { id: Some("W1".to_owned()) };
    assert_eq!(write(&connection, entry()).await, Reply::Write(accepted));
    let seen = server.seen();
    let parts = |at: usize| -> (String, String) {
        let (head, body): (&str, &str) = seen[at].split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };
    let (head, body) = parts(0);
    assert_eq!(body, format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}","brokerId":"2"}}"#));
    assert!(head.starts_with("POST /manager/mtr-login HTTP/1.1\r\n"), "{head}");
    let version = env!("CARGO_PKG_VERSION");
    let common = [
        "content-type: application/json".to_owned(),
        "accept: application/json".to_owned(),
        format!("user-agent: tickstep/{version}"),
    ];
    for line in &common {
        assert_eq!(head.matches(&**line).count(), 1, "{head}");
    }
    assert!(!head.contains("cookie") && !head.contains("auth-trading-api"));
    let (head, body) = parts(1);
    assert_eq!(
        body,
        r#"{"instrument":"EURUSD","orderSide":"BUY","volume":0.1,"slPrice":1.075,"tpPrice":1.09,"isMobile":false}"#
    );
    assert!(head.starts_with("POST /mtr-api/system-1/position/open HTTP/1.1\r\n"), "{head}");
    let own = [
        "auth-trading-api: trading-token".to_owned(),
        "cookie: co-auth=session-token".to_owned(),
        format!("content-length: {}", body.len()),
    ];
    for line in common.iter().chain(&own) {
        assert_eq!(head.matches(&**line).count(), 1, "{line}: {head}");
    }
    assert!(!head.contains("transfer-encoding") && !head.contains("expect"), "{head}");
}

#[tokio::test]
async fn only_a_test_tells_the_number_of_an_intent() {
    let server = Canned::after_login(|_| Act::Say(ok("{}"))).await;
    let plain = HostSettings::new(&*server.base);
    assert_eq!(plain.intent_header, None);
    let connection = with(plain, login());
    log_in(&connection).await;
    write(&connection, entry()).await;
    assert_eq!((server.count("/position/open"), server.count("x-intent")), (1, 0));
}

#[tokio::test]
async fn paths_and_the_name_of_the_program_can_be_set() {
    let server = Canned::start(|request| match request.contains("co-login") {
        true => Act::Say(ok(&session("session-token"))),
        false => Act::Say(ok(r#"{"balance":1}"#)),
    })
    .await;
    let paths = Paths {
        login: "/manager/co-login".to_owned(),
        prefix: "/edge/{system}/v2".to_owned(),
        balance: "/money".to_owned(),
        ..Paths::default()
    };
    let user_agent = "Desk 7 (desk@example.com)".to_owned();
    let connection = with(HostSettings { paths, user_agent, ..settings(&server.base) }, login());
    log_in(&connection).await;
    assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    assert!(server.seen()[1].starts_with("GET /edge/system-1/v2/money HTTP/1.1\r\n"));
    assert_eq!(server.count("user-agent: Desk 7 (desk@example.com)\r\n"), 2);
}

#[tokio::test]
async fn times_of_replies_and_waits_are_the_servers_own() {
    let until = "Retry-After: Mon, 07 Sep 2026 10:01:30 GMT";
    let table = [
        (format!("429 x\r\n{DATE}\r\nRetry-After: 7"), Some(7)),
        (format!("429 x\r\n{DATE}\r\n{until}"), Some(90)),
        (format!("429 x\r\n{DATE}"), None),
        (format!("429 x\r\n{DATE}\r\nRetry-After: soon"), None),
        (format!("429 x\r\n{until}"), None),
    ];
    for (head, wait) in table {
        let dated = head.contains("Date");
        let server = Canned::after_login(move |_| Act::Say(reply(&head, "slow down"))).await;
        let connection = connection(&server.base);
        log_in(&connection).await;
        let retry_after = wait.map(|seconds| Nanos::SECOND.times(seconds));
        let wanted = Reply::Failed(Fault::TooMany { retry_after });
        let now = dated.then_some(Nanos(1_788_775_200_000_000_000));
        assert_eq!(connection.call(Call::Read(Read::Balance)).await, (wanted.clone(), now));
        assert_eq!(write(&connection, entry()).await, wanted, "it was turned away");
        assert_eq!(server.count("/position/open"), 1);
    }
}

#[tokio::test]
async fn no_reply_is_read_without_end() {
    let server = Canned::after_login(|request| {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n";
        let endless = "HTTP/1.1 200 OK\r\n\r\n";
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
        Act::Flood(match request {
            r if r.contains("/balance") => chunked.to_owned(),
            r if r.contains("/quotations") => endless.to_owned(),
            _ => long.to_owned(),
        })
    })
    .await;
    let settings = HostSettings { longest_body: 100_000, ..settings(&server.base) };
    let connection = with(settings, login());
    log_in(&connection).await;
    let words = || "longer than 100000 bytes".to_owned();
    for question in [Read::Balance, Read::Quotes(vec!["X".to_owned()]), Read::Positions] {
        assert_eq!(read(&connection, question).await, Reply::Failed(Fault::Unreadable(words())));
    }
    let unknown = Outcome::Unknown(Doubt::Unreadable(words()));
    assert_eq!(write(&connection, entry()).await, Reply::Write(unknown));
}

#[tokio::test]
async fn a_torn_page_still_says_that_it_was_refused() {
    let server = Canned::after_login(|_| {
        let head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n";
        let page = "<html><head><title>Just a moment...</title>";
        Act::SayAndClose(format!("{head}{page}"), Duration::ZERO)
    })
    .await;
    let connection = connection(&server.base);
    log_in(&connection).await;
    let words = || "Just a moment...".to_owned();
    let forbidden = Reply::Failed(Fault::Forbidden(words()));
    assert_eq!(read(&connection, Read::Balance).await, forbidden);
    let rejected = Outcome::Rejected { code: Some("403".to_owned()), message: words() };
    assert_eq!(write(&connection, entry()).await, Reply::Write(rejected));
}

/// Everything that a connection says, with a server that says every secret back.
#[tokio::test]
async fn no_secret_comes_out_again() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3ODg3NzUyMDB9.c2lnbmF0dXJl";
    let secrets = [PASSWORD, JWT, "trading-token", "refresh-secret"];
    for status in ["200 OK", "400 x", "403 x", "404 x", "409 x", "500 x"] {
        for page in [false, true] {
            let echo = |words: String| match page {
                true => format!("<html><title>{words}</title></html>"),
                false => words,
            };
            let all = echo(secrets.join(" and "));
            let said = all.clone();
            let server = Canned::start(move |request| {
                let head = "200 OK\r\nSet-Cookie: rt=refresh-secret; Path=/manager";
                match request.starts_with("POST /manager/mtr-login") {
                    true if !request.contains("again") => Act::Say(reply(head, &session(JWT))),
                    _ => Act::Say(reply(status, &said)),
                }
            })
            .await;
            let connection = connection(&server.base);
            log_in(&connection).await;
            let mut said = format!("{connection:?} {:?}", login());
            for call in [
                Call::Refresh,
                Call::Read(Read::Balance),
                Call::Read(Read::Positions),
                Call::Write(crate::support::ticket(), entry()),
            ] {
                let (reply, _) = connection.call(call).await;
                said.push_str(&format!("{reply:?}"));
                if let Reply::Failed(fault) = reply {
                    said.push_str(&fault.to_string());
                }
            }
            for secret in secrets {
                assert!(!said.contains(secret), "{secret} of {all}: {said}");
            }
            // Without a session, only what it was given is known, and how tokens look.
            let other = BrokerLogin { email: "again".to_owned(), ..login() };
            let (reply, _) = with(settings(&server.base), other).call(Call::LogIn).await;
            let said = format!("{reply:?}");
            assert!(!said.contains(PASSWORD) && !said.contains(JWT), "{said}");
        }
    }
}

#[tokio::test]
async fn a_session_may_be_a_text_that_says_nothing() {
    // The tokens of this broker are no JWTs.
    let server = Canned::start(|request| {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match request {
            r if r.contains("mtr-login") => Act::Say(ok(&session("opaque"))),
            r if r.contains("refresh") && n == 1 => Act::Say(ok(r#"{"token":"another"}"#)),
            r if r.contains("refresh") => Act::Say(ok(r#"{"token":"another"}"#)),
            _ => Act::Say(ok(r#"{"balance":"1"}"#)),
        }
    })
    .await;
    let connection = connection(&server.base);
    let (reply, _) = connection.call(Call::LogIn).await;
    let Reply::LoggedIn(session) = reply else { panic!("{reply:?}") };
    assert_eq!(session.expires, None);
    let (reply, _) = connection.call(Call::Refresh).await;
    assert!(matches!(reply, Reply::LoggedIn(_)), "{reply:?}");
    read(&connection, Read::Balance).await;
    assert_eq!(server.count("cookie: co-auth=another\r\n"), 1);
    // The same one again prolongs nothing.
    let (reply, _) = connection.call(Call::Refresh).await;
    assert!(matches!(reply, Reply::Failed(Fault::Unreadable(_))), "{reply:?}");
}

#[tokio::test]
async fn who_logs_out_while_a_login_is_under_way_is_out() {
    let server = Canned::start(|request| match request.contains("mtr-login") {
        true => Act::Trickle(ok(&session("t")), Duration::from_micros(500)),
        false => Act::Say(ok(r#"{"balance":"1"}"#)),
    })
    .await;
    let connection = hasty(&server.base, 5_000);
    log_in(&connection).await;
    let denied = Reply::Failed(Fault::Unauthorised);
    let out = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        // The tokens of the session before are gone at once.
        let asked = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let reply = read(&connection, Read::Balance).await;
            (reply, server.seen().len())
        };
        let (out, asked) = tokio::join!(connection.call(Call::LogOut), asked);
        assert_eq!(asked, (denied.clone(), 2), "while the second login is under way");
        out.0
    };
    let ((came_in, _), out) = tokio::join!(connection.call(Call::LogIn), out);
    assert!(matches!(came_in, Reply::LoggedIn(_)), "{came_in:?}");
    assert_eq!(out, Reply::LoggedOut);
    assert_eq!(read(&connection, Read::Balance).await, denied);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_price_of_zero_is_not_known_and_nothing_is_booked_or_marked_at_it() {
    let position = |field: &str, value: &str| {
        let mut position = json!({
            "id": "W1", "symbol": "EURUSD", "side": "BUY", "volume": "0.1", "openPrice": "1.1",
            "openTime": "2026-09-07T10:00:00Z"
        });
        position[field] = value.into();
        wire::positions(json!({ "positions": [position] }).to_string().as_bytes())
    };
    assert_eq!(position("openPrice", "1.10").unwrap().len(), 1);
    for (field, value, found) in [
        ("openPrice", "0", "0"),
        ("openPrice", "0.00", "0"),
        ("openPrice", "", "missing"),
        ("openPrice", "-1.1", "-1.1"),
        ("volume", "0.00", "0"),
    ] {
        let said = position(field, value).unwrap_err().to_string();
        assert_eq!(said, format!("position W1: {field} is {found}"));
    }
    let closed = json!({ "operations": [{
        "id": "W1", "uid": "W1_1", "symbol": "EURUSD", "side": "BUY", "volume": "0.1",
        "openPrice": "1.1", "closePrice": "0.0", "openTime": "2026-09-07T10:00:00Z",
        "time": "2026-09-07T11:00:00Z"
    }] });
    let said = wire::closed(closed.to_string().as_bytes()).unwrap_err().to_string();
    assert_eq!(said, "closed position W1: closePrice is 0");
    let quotes = json!([
        { "symbol": "EURUSD", "bid": "0", "ask": "1.1" },
        { "symbol": "GBPUSD", "bid": "1.2", "ask": "0.00" },
        { "symbol": "XAUUSD", "bid": "2400", "ask": "2400.5" }
    ]);
    let quotes = wire::quotes(quotes.to_string().as_bytes()).unwrap();
    assert_eq!(quotes.iter().map(|q| &*q.symbol).collect::<Vec<_>>(), ["XAUUSD"]);
}
