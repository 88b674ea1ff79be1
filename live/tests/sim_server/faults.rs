//! Every fault, as a client meets it, and what was done behind it.

use reqwest::StatusCode;
use tickstep_core::units::Nanos;
use tickstep_live::exchange::{LostReply, OrderedTrouble, Trouble, TroubleRates, VenueCall};

use crate::client::{ACCOUNT, Client, Server, entry};

/// What a client sees of a reply.
#[derive(Debug, PartialEq)]
enum Met {
    Timeout,
    Broken,
    Reply(u16, String),
}

async fn meet(client: &Client) -> Met {
    match client.try_post("position/open", &entry()).await {
        Ok(reply) => Met::Reply(reply.status.as_u16(), reply.text),
        Err(error) if error.is_timeout() => Met::Timeout,
        Err(_) => Met::Broken,
    }
}

fn positions(server: &Server) -> usize {
    server.desk.with(|exchange, now| exchange.view_true(now, ACCOUNT).unwrap().holdings.len())
}

#[tokio::test]
async fn lost_replies_look_the_same_whether_it_was_done_or_not() {
    let page = |status: u16, text: &str| Met::Reply(status, text.to_owned());
    let cases = [
        (LostReply::Late, Met::Timeout),
        (LostReply::BadGateway, page(502, "<html>502 Bad Gateway</html>")),
        (LostReply::Reset, Met::Broken),
        (LostReply::Empty, page(200, "")),
        (LostReply::Blank, page(200, "{}")),
        (LostReply::Unreadable, page(200, "<html>OK")),
        (LostReply::Torn, Met::Broken),
    ];
    for (reply, wanted) in cases {
        for executed in [true, false] {
            let (server, client) = Server::plain().await;
            let trouble = Trouble::Lost { executed, reply };
            server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
            assert_eq!(meet(&client).await, wanted, "{reply:?}");
            assert_eq!(positions(&server), usize::from(executed), "{reply:?}");
            let requests = server.desk.census().requests;
            assert_eq!(requests[&VenueCall::Open], 1, "{reply:?}: nothing below sent it again");
            // The next one goes well.
            assert!(
                matches!(meet(&client).await, Met::Reply(200, text) if text.contains("\"OK\""))
            );
        }
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_torn_reply_has_a_beginning() {
    use std::io::{Read, Write};
    for (reply, error) in [(LostReply::Reset, true), (LostReply::Torn, false)] {
        let (server, _client) = Server::plain().await;
        let trouble = Trouble::Lost { executed: false, reply };
        server.desk.order(OrderedTrouble::next(VenueCall::Details, trouble));
        let address = server.base.trim_start_matches("http://");
        let address = address.to_owned();
        let asked = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = "GET /manager/platform-details HTTP/1.1";
            write!(stream, "{head}\r\nHost: x\r\nUser-Agent: t\r\n\r\n").unwrap();
            let mut read = Vec::new();
            (stream.read_to_end(&mut read), read)
        });
        let (ended, read) = asked.await.unwrap();
        let kind = ended.as_ref().err().map(std::io::Error::kind);
        assert_eq!(kind, error.then_some(std::io::ErrorKind::ConnectionReset), "{reply:?}");
        let text = String::from_utf8(read).unwrap();
        assert_eq!(text.starts_with("HTTP/1.1 200 OK"), !error);
        assert!(!text.contains('}'), "{text}");
    }
}

#[tokio::test]
async fn a_late_reply_says_nothing_even_to_who_waits() {
    let (server, mut client) = Server::plain().await;
    client.http = reqwest::Client::new();
    let trouble = Trouble::Lost { executed: true, reply: LostReply::Late };
    server.desk.order(OrderedTrouble::next(VenueCall::Details, trouble));
    let path = "/manager/platform-details";
    let reply = client.try_send(reqwest::Method::GET, path, None).await.unwrap();
    assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn an_entry_may_be_done_after_its_reply() {
    for (reply, ok) in [(None, true), (Some(LostReply::BadGateway), false)] {
        let (server, client) = Server::plain().await;
        let trouble = Trouble::DoneLater { after: Nanos::SECOND.times(5), reply };
        server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
        let met = meet(&client).await;
        assert_eq!(matches!(met, Met::Reply(200, _)), ok);
        server.pass(4);
        assert_eq!(positions(&server), 0);
        server.pass(1);
        assert_eq!(positions(&server), 1);
        if let Met::Reply(200, text) = met {
            let id = client.rows("open-positions").await[0]["id"].as_str().unwrap().to_owned();
            assert!(text.contains(&id), "it has the number that was answered");
        }
    }
}

#[tokio::test]
async fn refusals_and_odd_codes() {
    let (server, client) = Server::plain().await;
    let (code, message) = (Some("OFF_QUOTES".to_owned()), "Off quotes".to_owned());
    let rejected = Trouble::Rejected { code, message };
    server.desk.order(OrderedTrouble::next(VenueCall::Open, rejected));
    let body = client.post("position/open", &entry()).await.json();
    assert_eq!((&body["status"], &body["nativeCode"]), (&"REJECTED".into(), &"OFF_QUOTES".into()));
    assert_eq!(body["errorMessage"], "Off quotes");
    assert_eq!(positions(&server), 0);
    server.desk.order(OrderedTrouble::next(VenueCall::Open, Trouble::OddCode));
    let body = client.post("position/open", &entry()).await.json();
    assert_eq!((&body["status"], &body["errorCode"]), (&"OK".into(), &"UNKNOWN_ERROR".into()));
    assert_eq!(positions(&server), 1);
    server.desk.order(OrderedTrouble::next(VenueCall::Open, Trouble::Part { permille: 500 }));
    client.post("position/open", &entry()).await;
    assert_eq!(client.rows("open-positions").await[1]["volume"], "0.05");
}

#[tokio::test]
async fn statuses_that_stand_for_something_in_between() {
    let seconds = Some(7);
    let cases = [
        (Trouble::Unauthorised, 401, None),
        (Trouble::Forbidden, 403, Some(("content-type", "text/html; charset=UTF-8"))),
        (Trouble::Gone, 410, None),
        (Trouble::TooMany { retry_after_s: seconds }, 429, Some(("retry-after", "7"))),
        (Trouble::TooMany { retry_after_s: None }, 429, None),
    ];
    for (trouble, status, header) in cases {
        for call in [VenueCall::Open, VenueCall::Balance] {
            let (server, client) = Server::plain().await;
            server.desk.order(OrderedTrouble::next(call, trouble.clone()));
            let reply = match call {
                VenueCall::Open => client.post("position/open", &entry()).await,
                _ => client.get("balance").await,
            };
            assert_eq!(reply.status.as_u16(), status);
            if let Some((name, value)) = header {
                assert_eq!(reply.headers[name], value);
            }
            let waits = reply.headers.contains_key("retry-after");
            assert_eq!(waits, matches!(trouble, Trouble::TooMany { retry_after_s: Some(_) }));
            assert_eq!(positions(&server), 0);
        }
    }
}

#[tokio::test]
async fn who_follows_a_redirect_does_it_twice() {
    for (executed, follows, wanted) in [(true, false, 1), (false, false, 0), (true, true, 2)] {
        let (server, mut client) = Server::plain().await;
        if follows {
            let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
            client = Client { base: client.base, http, trading: String::new() };
            let login = client.log_in("/manager/mtr-login").await.json();
            client.pick(&login, ACCOUNT);
        }
        let trouble = Trouble::Redirect { executed, status: 307 };
        server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
        let reply = client.post("position/open", &entry()).await;
        if !follows {
            assert_eq!(reply.status.as_u16(), 307);
            assert!(reply.headers["location"].to_str().unwrap().ends_with("/position/open"));
        }
        assert_eq!(positions(&server), wanted);
        let report = server.desk.with(|exchange, now| exchange.report(now, None));
        assert_eq!(report.twins, usize::from(follows));
    }
}

#[tokio::test]
async fn the_same_seed_brings_the_same_faults() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let options = tickstep_live::sim_server::SimOptions { seed, ..crate::client::options() };
        let server = Server::start(options).await;
        let client = server.logged_in().await;
        let rates =
            TroubleRates { rejected: 300_000, too_many: 200_000, ..TroubleRates::default() };
        server.desk.set_rates(rates);
        let mut seen = Vec::new();
        for _ in 0..40 {
            seen.push(match meet(&client).await {
                Met::Reply(status, text) => (status, text.contains("REJECTED")),
                other => panic!("{other:?}"),
            });
        }
        let faults = seen.iter().filter(|(status, rejected)| *status != 200 || *rejected).count();
        assert!((10..35).contains(&faults), "{faults}");
        runs.push(seen);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn faults_that_last_begin_by_seed_and_are_over_by_themselves() {
    let (server, client) = Server::plain().await;
    let none = TroubleRates::default();
    let begin = async |rates: TroubleRates| {
        server.desk.set_rates(rates);
        // One falls on each instrument sooner or later.
        for _ in 0..12 {
            client.get("balance").await;
        }
        server.desk.set_rates(none);
    };
    let is_open = async || {
        let all = client.get("effective-instruments").await.json();
        let euro = all.as_array().unwrap().iter().find(|i| i["symbol"] == "EURUSD").cloned();
        euro.unwrap()["sessionOpen"].as_bool().unwrap()
    };
    assert!(is_open().await);
    begin(TroubleRates { closed: 1_000_000, ..none }).await;
    assert!(!is_open().await);
    let refused = client.post("position/open", &entry()).await.json();
    assert_eq!(refused["status"], "REJECTED", "{refused}");
    server.pass(61);
    assert!(is_open().await, "it is over");
    begin(TroubleRates { closed: 1_000_000, ..none }).await;
    server.desk.calm();
    assert!(is_open().await, "it was ended");

    begin(TroubleRates { strangers: 1_000_000, ..none }).await;
    let login = client.log_in("/manager/mtr-login").await.json();
    let ids: Vec<_> = login["tradingAccounts"].as_array().unwrap().clone();
    assert_eq!(ids.len(), 3, "another one is before the login's own: {login}");
    assert_eq!(ids[0], login["selectedTradingAccount"]);
    assert_eq!(ids[2]["tradingAccountId"], ACCOUNT);
    server.pass(61);
    let login = client.log_in("/manager/mtr-login").await.json();
    assert_eq!(login["tradingAccounts"].as_array().unwrap().len(), 2);

    begin(TroubleRates { frozen: 1_000_000, ..none }).await;
    let bid = || {
        let quote = server.desk.with(|exchange, now| exchange.quote(now, "EURUSD").cloned());
        quote.unwrap().bid.to_string()
    };
    let before = bid();
    server.pass(35 * 60);
    assert_eq!(bid(), before);
    client.log_in("/manager/mtr-login").await;
    assert_ne!(bid(), before, "prices are shown again");
}
