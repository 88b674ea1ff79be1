//! Coming in, staying in, and being kept out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tickstep_core::units::Nanos;
use tickstep_live::exchange::{OrderedTrouble, Trouble, VenueCall};
use tickstep_live::sim_server::{
    AccountsWording, RateRules, RateScope, RefreshAnswer, SimLogin, SimOptions, SystemPlace,
    Wording,
};

use crate::client::{ACCOUNT, DECOY, EMAIL, PASSWORD, SYSTEM, Server, options, same_shape};

const REFRESH: &str = "/manager/refresh-token";

#[tokio::test]
async fn a_broker_says_who_it_is() {
    let server = Server::start(options()).await;
    let client = server.client();
    let path = "/manager/platform-details";
    let wanted = json!({ "partnerId": "2", "brokerName": "", "platformUrl": "" });
    same_shape(&wanted, &client.try_send(Method::GET, path, None).await.unwrap().json());
    server.desk.change(|options| options.wording.numeric_partner = true);
    let details = client.try_send(Method::GET, path, None).await.unwrap().json();
    assert_eq!(details["partnerId"], 2);
}

#[tokio::test]
async fn a_login_lists_its_accounts_in_either_spelling() {
    let server = Server::start(options()).await;
    let client = server.client();
    let reply = client.log_in("/manager/mtr-login").await;
    let body = reply.json();
    let account = &body["tradingAccounts"][1];
    assert_eq!(account["tradingAccountId"], ACCOUNT);
    assert_eq!(body["tradingAccounts"][0]["tradingAccountId"], DECOY);
    assert_eq!(body["selectedTradingAccount"], body["tradingAccounts"][0]);
    assert_eq!(account["offer"]["system"]["uuid"], SYSTEM);
    assert_eq!(account["offer"]["system"]["tradingApiDomain"], "http://ta-sim:8080");
    let wanted = json!({
        "tradingAccountId": "", "uuid": "", "tradingApiToken": "", "tradingAccountToken": {},
        "branchUuid": "", "created": "", "leverage": 100, "offer": {}
    });
    same_shape(&wanted, account);
    let token = body["token"].as_str().unwrap();
    let cookies = reply.cookies();
    assert_eq!(cookies[0], format!("co-auth={token}; Path=/; HttpOnly; SameSite=Lax"));
    assert!(cookies[1].starts_with("rt=") && cookies[1].contains("; Path=/manager;"));
    assert_eq!(token.split('.').count(), 3);

    server.desk.change(|options| {
        options.wording.accounts = AccountsWording::Accounts;
        options.wording.system = SystemPlace::Account;
    });
    let body = client.log_in("/manager/co-login").await.json();
    assert_eq!(body["accounts"][1]["system"]["uuid"], SYSTEM);
    assert_eq!(body["accounts"][1]["offer"].get("system"), None);
    assert_eq!(
        (body.get("tradingAccounts"), &body["selectedAccount"]),
        (None, &body["accounts"][0])
    );
}

#[tokio::test]
async fn a_web_terminal_needs_no_broker_and_others_do() {
    let server = Server::start(options()).await;
    let client = server.client();
    let send = async |path: &str, body: Value| {
        client.try_send(Method::POST, path, Some(&body)).await.unwrap().status.as_u16()
    };
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let with = |name: &str, id: Value| {
        let mut body = login.clone();
        body[name] = id;
        body
    };
    assert_eq!(send("/manager/mtr-login", login.clone()).await, 400);
    assert_eq!(send("/manager/mtr-login", with("brokerId", "3".into())).await, 400);
    assert_eq!(send("/manager/mtr-login", with("brokerId", 2.into())).await, 400);
    assert_eq!(send("/mtr-core-edge/login", login.clone()).await, 200);
    assert_eq!(send("/mtr-core-edge/v2/login", with("partnerId", 2.into())).await, 200);
    assert_eq!(send("/mtr-core-edge/v2/login", with("partnerId", 3.into())).await, 400);
    let mut wrong = with("brokerId", "2".into());
    wrong["password"] = "wrong".into();
    assert_eq!(send("/manager/mtr-login", wrong).await, 401);
    let v2 = client.log_in("/mtr-core-edge/v2/login").await.json();
    assert_eq!(v2["tradingAccounts"][0]["system"]["uuid"], SYSTEM);
}

#[tokio::test]
async fn both_tokens_and_the_right_system_are_needed() {
    let (server, mut client) = Server::plain().await;
    assert_eq!(client.get("balance").await.status, StatusCode::OK);
    let wrong = client.try_send(Method::GET, "/mtr-api/other/balance", None).await.unwrap();
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let token = std::mem::take(&mut client.trading);
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED);
    client.trading = token.clone();
    let mut stranger = server.client();
    stranger.trading = token;
    assert_eq!(stranger.get("balance").await.status, StatusCode::UNAUTHORIZED);
    // Tokens of one session do not open another.
    let other = server.logged_in().await;
    stranger.http = other.http.clone();
    assert_eq!(stranger.get("balance").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.desk.census().unauthorised, 3);
    assert_eq!(server.desk.census().stray_cookies, 0, "the jar kept to the cookie's path");
}

#[tokio::test]
async fn a_session_lasts_until_its_token_says_and_is_prolonged_by_a_cookie() {
    let (server, client) = Server::plain().await;
    server.pass(14 * 60);
    let empty = json!({});
    let reply = client.try_send(Method::POST, REFRESH, Some(&empty)).await.unwrap();
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(reply.cookies().len(), 2);
    server.pass(14 * 60);
    assert_eq!(client.get("balance").await.status, StatusCode::OK, "the trading token stays");
    server.pass(60);
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED);

    for (answer, body) in
        [(RefreshAnswer::Token, "token"), (RefreshAnswer::Login, "tradingAccounts")]
    {
        server.desk.change(|options| options.wording.refresh = answer);
        let reply = client.try_send(Method::POST, REFRESH, None).await.unwrap();
        assert!(reply.json().get(body).is_some());
    }
    assert_eq!(client.get("balance").await.status, StatusCode::OK);
    client.try_send(Method::POST, REFRESH, None).await.unwrap();
    let fifth = client.try_send(Method::POST, REFRESH, None).await.unwrap();
    assert_eq!(fifth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(fifth.headers.contains_key("retry-after"));
    // Without the cookie there is nothing to prolong.
    let stranger = server.client().try_send(Method::POST, REFRESH, None).await.unwrap();
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_may_answer_without_a_new_token() {
    let (server, client) = Server::plain().await;
    let reply = tickstep_live::exchange::LostReply::Empty;
    let trouble = Trouble::Lost { executed: false, reply };
    server.desk.order(OrderedTrouble::next(VenueCall::Refresh, trouble));
    let reply = client.try_send(Method::POST, REFRESH, None).await.unwrap();
    assert_eq!((reply.status, reply.text.as_str(), reply.cookies().len()), (StatusCode::OK, "", 0));
}

#[tokio::test]
async fn a_session_ends_on_command_and_accounts_may_change() {
    let (server, mut client) = Server::plain().await;
    server.desk.order(OrderedTrouble::next(VenueCall::Balance, Trouble::Unauthorised));
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED, "it is over");
    let login = client.log_in("/manager/mtr-login").await.json();
    client.pick(&login, ACCOUNT);
    assert_eq!(client.get("balance").await.status, StatusCode::OK);
    server.desk.restart();
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED);
    assert!(server.desk.set_accounts(EMAIL, vec![DECOY.to_owned()]));
    let login = client.log_in("/manager/mtr-login").await.json();
    assert_eq!(login["tradingAccounts"].as_array().unwrap().len(), 1);
    assert_eq!(login["tradingAccounts"][0]["tradingAccountId"], DECOY);
}

#[tokio::test]
async fn one_login_fails_while_another_goes_on() {
    let mut options = options();
    options.logins.push(SimLogin {
        email: "other@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        accounts: vec![DECOY.to_owned()],
    });
    let server = Server::start(options).await;
    let down = |call, account: &str| OrderedTrouble {
        call,
        account: Some(account.to_owned()),
        skip: 0,
        times: u32::MAX,
        trouble: Trouble::Forbidden,
    };
    let client = server.logged_in().await;
    let mut other = server.client();
    let body = json!({ "email": "other@example.com", "password": PASSWORD, "brokerId": "2" });
    let login = other.try_send(Method::POST, "/manager/mtr-login", Some(&body)).await.unwrap();
    other.pick(&login.json(), DECOY);
    server.desk.order(down(None, EMAIL));
    server.desk.order(down(None, ACCOUNT));
    let refresh = async |client: &crate::client::Client| {
        client.try_send(Method::POST, REFRESH, None).await.unwrap().status.as_u16()
    };
    assert_eq!((refresh(&client).await, refresh(&other).await), (403, 200));
    assert_eq!(client.log_in("/manager/mtr-login").await.status.as_u16(), 403);
    assert_eq!(client.get("balance").await.status.as_u16(), 403);
    assert_eq!(other.get("balance").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_session_may_be_over_from_the_start() {
    let mut options = options();
    options.sessions.life = Nanos(0);
    let server = Server::start(options).await;
    let client = server.logged_in().await;
    assert_eq!(client.get("balance").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_does_not_say_who_it_is_gets_a_page() {
    let server = Server::start(options()).await;
    let url = format!("{}/manager/platform-details", server.base);
    let reply = reqwest::Client::new().get(&url).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::FORBIDDEN);
    assert!(reply.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(reply.text().await.unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn requests_are_limited_by_the_minute() {
    for (scope, left) in [(RateScope::Host, 2), (RateScope::Account, 3)] {
        for retry_after in [true, false] {
            let rate = RateRules { per_minute: 3, scope, retry_after };
            let server = Server::start(SimOptions { rate, ..options() }).await;
            let client = server.logged_in().await;
            for _ in 0..left {
                assert_eq!(client.get("balance").await.status, StatusCode::OK);
            }
            server.pass(15);
            let reply = client.get("balance").await;
            assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
            let wait = reply.headers.get("retry-after").map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(wait, retry_after.then(|| "45".to_owned()));
            server.pass(45);
            assert_eq!(client.get("balance").await.status, StatusCode::OK);
            assert_eq!(server.desk.census().too_many, 1);
        }
    }
}

#[tokio::test]
async fn a_skewed_clock_shows_in_every_time() {
    let skew = Nanos::HOUR;
    let (server, client) = Server::plain().await;
    let time =
        async || client.get("quotations?symbols=EURUSD").await.json()[0]["timestampMs"].as_i64();
    let before = time().await.unwrap();
    server.desk.change(|options| options.skew = skew);
    assert_eq!(time().await.unwrap(), before + 3_600_000);
    // What a client asks for is in the server's time too.
    let path =
        "candles?symbol=EURUSD&interval=M1&from=2026-09-07T10:58:00Z&to=2026-09-07T11:00:00Z";
    let bars = client.get(path).await.json()["candles"].as_array().unwrap().len();
    assert_eq!(bars, 3);
}

#[tokio::test]
async fn commands_come_over_the_wire_too() {
    let (server, client) = Server::plain().await;
    let send =
        async |body: Value| client.try_send(Method::POST, "/control", Some(&body)).await.unwrap();
    let order = json!({ "call": "balance", "times": 2, "trouble": { "kind": "gone" } });
    let done = send(json!({ "do": "order", "order": order })).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(client.get("balance").await.status, StatusCode::GONE);
    send(json!({ "do": "calm" })).await;
    assert_eq!(client.get("balance").await.status, StatusCode::OK);
    let wording = json!({ "wrapped_quotes": true });
    assert_eq!(send(json!({ "do": "wording", "wording": wording })).await.status, StatusCode::OK);
    assert!(client.get("quotations?symbols=EURUSD").await.json().get("quotations").is_some());
    assert_eq!(send(json!({ "do": "lag", "lag": 600_000_000_000_i64 })).await.status, 400);
    assert_eq!(send(json!({ "do": "nothing" })).await.status, StatusCode::BAD_REQUEST);
    let body = json!({
        "instrument": "EURUSD", "orderSide": "BUY", "volume": 0.1, "slPrice": 0, "tpPrice": 0,
        "isMobile": false
    });
    let id = client.post("position/open", &body).await.json()["orderId"].clone();
    let report = send(json!({ "do": "audit", "known": [] })).await.json();
    assert_eq!(report["report"]["forgotten"][0]["position"], id);
    assert_eq!(report["report"]["unbracketed"][0]["position"], id);
    assert_eq!(report["done"]["opened"], 1);
    let census = send(json!({ "do": "census" })).await.json();
    assert_eq!((&census["requests"]["open"], &census["writes"][ACCOUNT]), (&1.into(), &1.into()));
    server.desk.change(|options| options.control = false);
    assert_eq!(send(json!({ "do": "calm" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.desk.census().requests[&VenueCall::Open], 1);
    assert_eq!(Wording::default(), server_wording(&server));
}

fn server_wording(server: &Server) -> Wording {
    let mut wording = Wording { wrapped_quotes: true, ..Wording::default() };
    server.desk.change(|options| {
        wording = options.wording;
        wording.wrapped_quotes = false;
    });
    wording
}
