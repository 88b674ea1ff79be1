//! Logins as the vendor's pages and brokers spell them, and anything at all.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

/// As the vendor's pages and notes from brokers have it.
const DOCUMENTED: &str = r#"{
  "email": "trader@example.com",
  "token": "session",
  "selectedTradingAccount": { "tradingAccountId": "1", "tradingApiToken": "first" },
  "tradingAccounts": [
    { "tradingAccountId": "1", "tradingApiToken": "first",
      "offer": { "system": { "uuid": "s1" } } },
    { "tradingAccountId": "950552", "uuid": "3f0c", "tradingApiToken": "own",
      "tradingAccountToken": { "token": "alternative" }, "branchUuid": "b",
      "created": "2024-08-19T07:54:11.936Z", "leverage": 100,
      "offer": { "uuid": "o", "partnerId": "2", "name": "100k Demo", "description": "",
        "currency": "USD", "initialDeposit": 100000, "demo": true, "hidden": false,
        "leverage": 100, "verificationRequired": false, "branch": { "uuid": "b" },
        "system": { "uuid": "SYSTEM-1", "name": "", "demo": true, "active": true,
          "systemType": "MTR", "tradingApiDomain": "http://ta-xxx:8080" } } } ] }"#;

fn found(body: &str, wanted: &str) -> Result<(String, String), String> {
    let (_, key) = login(body.as_bytes(), wanted).map_err(|fault| fault.to_string())?;
    Ok((key.token.expose_secret().to_owned(), key.system))
}

#[test]
fn every_spelling_names_the_account() {
    let own = |token: &str, system: &str| Ok((token.to_owned(), system.to_owned()));
    assert_eq!(found(DOCUMENTED, "950552"), own("own", "SYSTEM-1"));
    let token = login(DOCUMENTED.as_bytes(), "950552").ok().unwrap().0.unwrap();
    assert_eq!(token.expose_secret(), "session");
    let leverage = |body: &str| login(body.as_bytes(), "950552").ok().unwrap().1.leverage;
    assert_eq!(leverage(DOCUMENTED), Some(Decimal::ONE_HUNDRED));
    // The account's own counts; what cannot be read keeps nobody out.
    let twice = DOCUMENTED.replacen("\"leverage\": 100", "\"leverage\": \"30\"", 1);
    assert_eq!(leverage(&twice), Some(Decimal::new(30, 0)));
    assert_eq!(leverage(&DOCUMENTED.replace("\"leverage\": 100", "\"leverage\": [1]")), None);
    let table = [
        // The names that several brokers have, and a number that is a number.
        (
            r#"{"accounts":[{"tradingAccountId":7,"tradingApiToken":"t","system":{"uuid":"s"}}]}"#,
            "s",
        ),
        // Told in two places.
        (
            r#"{"accounts":[{"tradingAccountId":"7","system":{"uuid":"s"}}],
                "selectedAccount":{"tradingAccountId":"7","tradingApiToken":"t"}}"#,
            "s",
        ),
        // Both names at once, one of them empty.
        (
            r#"{"tradingAccounts":[],"selectedTradingAccount":null,
                "accounts":[{"tradingAccountId":"7","tradingApiToken":"t","system":{"uuid":"s"},
                "offer":{"system":{"uuid":"of the offer"}}}]}"#,
            "the system of the account is no number of one",
        ),
        (
            r#"{"tradingAccounts":[{"tradingAccountId":"7","tradingApiToken":"t",
                "offer":{"system":null},"system":{"uuid":"s"}},{}]}"#,
            "s",
        ),
    ];
    for (body, system) in table {
        match found(body, "7") {
            Ok(found) => assert_eq!(found, ("t".to_owned(), system.to_owned()), "{body}"),
            Err(why) => assert!(why.contains(system), "{why}: {body}"),
        }
    }
}

#[test]
fn another_account_is_refused_by_name() {
    let table = [
        (DOCUMENTED, "2", "the broker opened account 1, 950552 where 2 is configured"),
        ("{}", "2", "the login's answer has no list of accounts"),
        (r#"{"tradingAccounts":[]}"#, "2", "no account"),
        (
            r#"{"accounts":[{"tradingAccountId":"2","system":{"uuid":"s"}}]}"#,
            "2",
            "the account has no trading token",
        ),
        (
            r#"{"accounts":[{"tradingAccountId":"2","tradingApiToken":"secret"}]}"#,
            "2",
            "the account has no system",
        ),
        (
            r#"{"accounts":[{"tradingAccountId":"2","tradingApiToken":"secret",
                "system":{"uuid":"../admin"}}]}"#,
            "2",
            "the system of the account is no number",
        ),
    ];
    for (body, wanted, words) in table {
        let why = found(body, wanted).unwrap_err();
        assert!(why.contains(words) && !why.contains("secret"), "{why}");
    }
}

#[test]
fn a_refresh_brings_nothing_a_token_or_all() {
    let read = |body: &str| {
        let opened = refresh(body.as_bytes(), "950552").map_err(|fault| fault.to_string())?;
        let token = opened.token.map(|t| t.expose_secret().to_owned());
        Ok((token, opened.key.map(|key| key.system)))
    };
    assert_eq!(read(""), Ok((None, None)));
    assert_eq!(read(" \n"), Ok((None, None)));
    assert_eq!(read("{}"), Ok((None, None)));
    assert_eq!(read(r#"{"token":"t"}"#), Ok((Some("t".to_owned()), None)));
    let all = (Some("session".to_owned()), Some("SYSTEM-1".to_owned()));
    assert_eq!(read(DOCUMENTED), Ok(all));
    let other = read(r#"{"token":"t","accounts":[{"tradingAccountId":"1"}]}"#);
    assert_eq!(other, Err("the broker opened account 1 where 950552 is configured".to_owned()));
    assert!(read("<html>").is_err());
}

#[test]
fn an_answer_that_cannot_be_read_tells_no_secret() {
    let fault = login(br#"{"token":"secret","accounts":"secret"}"#, "1").err().unwrap();
    assert_eq!(fault.to_string(), "the reply cannot be read: the login's answer, line 1 column 37");
}

#[test]
fn a_broker_says_its_number_in_either_way() {
    for body in [
        r#"{ "partnerId": "2", "brokerName": "Example", "platformUrl": "https://mtr.example.com" }"#,
        r#"{"partnerId":2}"#,
        r#"{"brokerId":2,"partnerId":null}"#,
    ] {
        assert_eq!(broker_id(body.as_bytes()), Ok("2".to_owned()), "{body}");
    }
    // The number of the vendor's demo.
    assert_eq!(broker_id(br#"{"partnerId":0}"#), Ok("0".to_owned()));
    for body in ["", "{}", "[]", r#"{"partnerId":""}"#] {
        assert!(broker_id(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_token_says_when_it_ends() {
    let token = |claims: &str| {
        let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        expiry(&format!("x.{middle}.y"))
    };
    let ten = Some(Nanos(1_788_775_200_000_000_000));
    assert_eq!(expiry("x.eyJleHAiOjE3ODg3NzUyMDB9.y"), ten);
    assert_eq!(token(r#"{"sub":"1","exp":"1788775200"}"#), ten);
    assert_eq!(token(r#"{"exp":1788775200.9}"#), ten);
    for claims in ["{}", r#"{"exp":null}"#, r#"{"exp":1e27}"#, "[]", "exp"] {
        assert_eq!(token(claims), None, "{claims}");
    }
    assert_eq!(expiry("opaque"), None);
}

proptest! {
    #[test]
    fn no_answer_is_too_odd(body in proptest::collection::vec(any::<u8>(), 0..400), text in ".*") {
        let _read = (login(&body, "1").is_ok(), refresh(&body, "1").is_ok(), broker_id(&body));
        let _read = expiry(&text);
    }
}
