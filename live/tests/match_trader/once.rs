//! Nothing is sent twice, and what was not sent is known not to have been.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tickstep_live::broker::{Call, Fault, Read, Reply};
use tickstep_live::exchange::{OrderedTrouble, Trouble, VenueCall};
use tickstep_live::intent::{Doubt, Outcome};
use tickstep_live::match_trader::HostSettings;
use tokio::net::TcpListener;

use crate::canned::{Act, Canned, ok};
use crate::client::{ACCOUNT, Server};
use crate::support::{
    connection, entry, hasty, log_in, opened, read, settings, ticket, with, write,
};

const BALANCE: &str = r#"{"balance":"1"}"#;
const ACCEPTED: &str = r#"{"status":"OK","orderId":"W1"}"#;

#[tokio::test]
async fn a_server_that_closes_a_connection_gets_a_write_once() {
    // The second request of each connection is read and then left unanswered.
    let server = Canned::after_login(|request| match request.contains("/balance") {
        true => Act::Say(ok(BALANCE)),
        false => Act::Close,
    })
    .await;
    let connection = connection(&server.base);
    log_in(&connection).await;
    for n in 1..=40 {
        assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
        let reply = write(&connection, entry()).await;
        assert!(
            matches!(reply, Reply::Write(Outcome::Unknown(Doubt::Disconnected(_)))),
            "{reply:?}"
        );
        assert_eq!(server.count("/position/open"), n);
    }
}

#[tokio::test]
async fn a_write_that_meets_a_closing_connection_arrives_once_or_is_known_not_to_have() {
    // Connections end at about the time at which the next request is sent on them.
    let server = Canned::after_login(|request| match request.contains("/balance") {
        true => {
            static PAUSE: AtomicU64 = AtomicU64::new(0);
            let pause = PAUSE.fetch_add(370, Ordering::SeqCst) % 4_000;
            Act::SayAndClose(ok(BALANCE), Duration::from_micros(pause))
        }
        false => Act::Say(ok(ACCEPTED)),
    })
    .await;
    let connection = connection(&server.base);
    log_in(&connection).await;
    let mut told = BTreeMap::new();
    for _ in 0..300 {
        let _closing = read(&connection, Read::Balance).await;
        // From a write that is far ahead of the end to one that comes after it.
        let pause = Duration::from_micros(told.len() as u64 * 830 % 4_000);
        tokio::time::sleep(pause).await;
        let ticket = ticket();
        let intent = ticket.intent().0;
        let (reply, _) = connection.call(Call::Write(ticket, entry())).await;
        told.insert(intent, reply);
    }
    let mut came: BTreeMap<u64, usize> = BTreeMap::new();
    for request in server.seen().iter().filter(|r| r.contains("/position/open")) {
        let intent = request.split_once("x-intent: ").unwrap().1.lines().next().unwrap();
        *came.entry(intent.parse().unwrap()).or_default() += 1;
    }
    for (intent, reply) in &told {
        let times = came.get(intent).copied().unwrap_or(0);
        let range = match reply {
            Reply::Write(Outcome::Accepted { .. }) => 1..=1,
            Reply::Write(Outcome::Unknown(Doubt::Disconnected(_))) => 0..=1,
            Reply::Failed(Fault::Network(_)) => 0..=0,
            other => panic!("{other:?}"),
        };
        assert!(range.contains(&times), "{times} times: {reply:?}");
    }
    let accepted = |r: &&Reply| matches!(r, Reply::Write(Outcome::Accepted { .. }));
    let (done, all) = (told.values().filter(accepted).count(), told.len());
    assert!(done > 30 && done < all, "{done} of {all} were accepted, so that little was tried");
}

#[tokio::test]
async fn a_write_to_a_server_that_is_gone_was_not_sent() {
    let server = Canned::after_login(|_| Act::Say(ok(ACCEPTED))).await;
    let connection = connection(&server.base);
    log_in(&connection).await;
    drop(server);
    tokio::time::sleep(Duration::from_millis(20)).await;
    for _ in 0..2 {
        let reply = write(&connection, entry()).await;
        assert!(matches!(reply, Reply::Failed(Fault::Network(_))), "{reply:?}");
    }
}

#[tokio::test]
async fn a_write_that_waits_for_a_connection_was_not_sent() {
    // It takes connections and says nothing, so that no handshake ends.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", silent.local_addr().unwrap());
    for (connect, all) in [(100, 5_000), (5_000, 100)] {
        let settings = HostSettings {
            connect_timeout: Duration::from_millis(connect),
            timeout: Duration::from_millis(all),
            ..settings(&base)
        };
        let connection = with(settings, crate::support::login());
        let (reply, _) = connection.call(Call::LogIn).await;
        // A login's password goes the same way as an order.
        let Reply::Failed(Fault::Network(words)) = reply else { panic!("{reply:?}") };
        assert!(!words.contains("127.0.0.1"), "{words}");
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password() {
    let server = Canned::start(|_| Act::Say(ok("{}"))).await;
    let base = server.base.replace("http:", "https:");
    let connect_timeout = Duration::from_millis(300);
    let settings = HostSettings { connect_timeout, ..settings(&base) };
    let connection = with(settings, crate::support::login());
    let (reply, _) = connection.call(Call::LogIn).await;
    assert!(matches!(reply, Reply::Failed(Fault::Network(_))), "{reply:?}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for executed in [true, false] {
        for status in [301, 302, 307, 308] {
            let server = Server::start(crate::client::options()).await;
            let connection = opened(&server).await;
            let trouble = Trouble::Redirect { executed, status };
            server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble.clone()));
            let reply = write(&connection, entry()).await;
            let words = format!("HTTP status {status}: ");
            let unknown = Outcome::Unknown(Doubt::Unreadable(words));
            assert_eq!(reply, Reply::Write(unknown));
            assert_eq!(server.desk.census().writes[ACCOUNT], 1);
            server.desk.order(OrderedTrouble::next(VenueCall::Balance, trouble));
            let reply = read(&connection, Read::Balance).await;
            let words = format!("{status}, a redirect");
            assert_eq!(reply, Reply::Failed(Fault::Refused(words)));
            assert_eq!(server.desk.census().requests[&VenueCall::Balance], 1);
        }
    }
}

#[tokio::test]
async fn what_took_too_long_is_unknown_at_any_point() {
    let slow = ok(ACCEPTED);
    let head = slow.find("\r\n\r\n").unwrap();
    // Nothing comes, part of the head, part of the body.
    for pause_after in [0, head - 5, head + 9] {
        let (first, rest) = slow.split_at(pause_after);
        let text = format!("{first}{}", &rest[..1]);
        let server = Canned::after_login(move |_| {
            Act::Trickle(
                text.clone(),
                Duration::from_micros(if pause_after == 0 { 900_000 } else { 10 }),
            )
        })
        .await;
        let connection = hasty(&server.base, 400);
        log_in(&connection).await;
        let reply = write(&connection, entry()).await;
        assert_eq!(reply, Reply::Write(Outcome::Unknown(Doubt::Timeout)), "{pause_after}");
        assert_eq!(read(&connection, Read::Balance).await, Reply::Failed(Fault::Timeout));
        assert_eq!(server.count("/position/open"), 1);
    }
}
