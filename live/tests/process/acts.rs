//! What operators do to one position, one order and one session, by commands; and what they
//! are told of a journal that is damaged, of a replay that differs, and of a state that brokers
//! do not confirm.

use std::path::Path;
use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tickstep_journal::{Folder, Journal, ReadFolder, Reader, files};
use tickstep_live::record::{RecordKind, decode_write, encode_write};

use crate::fixture::Fixture;

/// Waits until it holds of an account.
async fn until(fixture: &Fixture, at: usize, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = fixture.status().await["runner"]["accounts"][at].clone();
        if holds(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{what}: {last:#}");
}

async fn done(fixture: &Fixture, args: &[&str]) -> String {
    let (code, said) = fixture.command(args).await;
    assert_eq!(code, 0, "{args:?}: {said}");
    said
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str().map(|text| text.parse().unwrap())
}

/// Stop and target.
fn levels(of: &Value) -> (Option<Decimal>, Option<Decimal>) {
    (decimal(&of["bracket"]["stop"]), decimal(&of["bracket"]["target"]))
}

/// The price, and so many hundredths of it.
async fn part_of_price(fixture: &Fixture) -> impl Fn(i64) -> Decimal {
    for _ in 0..300 {
        let status = fixture.status().await;
        let accounts = status["runner"]["accounts"].as_array().unwrap();
        let known = accounts.iter().all(|account| account["known"] == true);
        if let (Some(price), true) = (decimal(&status["runner"]["instruments"][0]["price"]), known)
        {
            return move |hundredths| (price * Decimal::new(hundredths, 2)).round_dp(3);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("there is no price, or what accounts hold is not known");
}

/// Has the first account buy, at once or at a price, with a stop and a target far away.
async fn buy(
    fixture: &Fixture,
    key: &str,
    (stop, target): (Decimal, Decimal),
    at: Option<Decimal>,
) {
    let given = fixture.status().await["runner"]["now"].clone();
    let signal = json!({
        "source": "test", "key": key, "strategy": "outside", "symbol": "FILUSDT",
        "kind": { "enter": "buy" }, "price": null, "bracket": { "stop": stop, "target": target },
        "hold": null, "waits": at.map(|price| json!({ "kind": "limit", "price": price })),
        "given": given,
    });
    let file = fixture.folder().join("signal.json");
    let acts = json!([{ "do": "signal", "signal": signal, "account": "a1" }]);
    std::fs::write(&file, acts.to_string()).unwrap();
    done(fixture, &["batch", file.to_str().unwrap()]).await;
}

async fn on_a_position(fixture: &Fixture) {
    let part = part_of_price(fixture).await;
    buy(fixture, "position", (part(50), part(150)), None).await;
    until(fixture, 0, "it is open", |a| a["positions"][0].is_object()).await;
    // Its levels are as far from its entry as they were from the price.
    agree(fixture).await;
    let held = fixture.status().await["runner"]["accounts"][0]["positions"][0].clone();
    let number = held["at_broker"][0].as_str().unwrap();
    let of = ["position", "--account", "a1", "--position", number];
    let (_, target) = levels(&held);
    assert!(target.is_some());
    let wanted = [
        (vec!["--stop".to_owned(), part(60).to_string()], (Some(part(60)), target)),
        (vec!["--no-target".to_owned()], (Some(part(60)), None)),
        (vec!["--target".to_owned(), part(140).to_string()], (Some(part(60)), Some(part(140)))),
    ];
    for (change, wanted) in wanted {
        let args: Vec<&str> = of.into_iter().chain(change.iter().map(String::as_str)).collect();
        done(fixture, &args).await;
        until(fixture, 0, "its levels", |a| levels(&a["positions"][0]) == wanted).await;
        // The broker has them, too.
        agree(fixture).await;
    }
    let (code, said) = fixture.command(&of).await;
    assert!(code != 0 && said.contains("say --close, or what becomes of its levels"), "{said}");
    done(fixture, &[&of[..], &["--close", "40"]].concat()).await;
    let left = Some(Decimal::from(60));
    until(fixture, 0, "60 are left", |a| decimal(&a["positions"][0]["quantity"]) == left).await;
    done(fixture, &[&of[..], &["--close"]].concat()).await;
    until(fixture, 0, "it is closed", |a| a["positions"] == json!([])).await;
    agree(fixture).await;
}

async fn on_an_order(fixture: &Fixture) {
    let part = part_of_price(fixture).await;
    buy(fixture, "order", (part(50), part(150)), Some(part(80))).await;
    let waits = until(fixture, 0, "it waits", |a| a["orders"][0].is_object()).await;
    let number = waits["orders"][0]["number"].as_str().unwrap();
    let of = ["orders", "--account", "a1", "--order", number];
    let price = part(75).to_string();
    done(fixture, &[&of[..], &["--price", &price]].concat()).await;
    let wanted = (Some(part(75)), levels(&waits["orders"][0]));
    let is = |a: &Value| (decimal(&a["orders"][0]["price"]), levels(&a["orders"][0])) == wanted;
    until(fixture, 0, "it waits for the other price", is).await;
    agree(fixture).await;
    done(fixture, &[&of[..], &["--cancel"]].concat()).await;
    until(fixture, 0, "it is withdrawn", |a| a["orders"] == json!([])).await;
    agree(fixture).await;
}

async fn on_a_session(fixture: &Fixture) {
    let session = async |wanted: &str| done(fixture, &["session", "--account", "a2", wanted]).await;
    assert!(session("off").await.contains("it is logged out"));
    until(fixture, 1, "it is out", |a| a["session"] == json!({ "off": "operator" })).await;
    assert!(session("off").await.contains("it stays logged out"));
    assert!(session("on").await.contains("it is logged in"));
    until(fixture, 1, "it is in", |a| a["known"] == true).await;
}

/// Ledger and brokers agree, once what is under way has ended.
async fn agree(fixture: &Fixture) {
    let mut last = String::new();
    for _ in 0..20 {
        let (code, said) = fixture.command(&["audit"]).await;
        if code == 0 {
            return;
        }
        last = said;
    }
    panic!("{last}");
}

/// A byte in the middle of a file is another one.
async fn a_journal_that_is_damaged_is_no_success(fixture: &Fixture) {
    let first = files(&ReadFolder::new(&fixture.journal())).unwrap().remove(0);
    let path = fixture.journal().join(&first.name);
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    for command in ["verify", "replay"] {
        let (code, said) = fixture.command(&[command]).await;
        assert!(code != 0 && said.contains(&first.name), "{command}: {said}");
    }
    std::fs::write(&path, whole).unwrap();
    for command in ["verify", "replay"] {
        done(fixture, &[command]).await;
    }
}

/// The same journal, chained as it should be, whose last write was of another intent.
fn with_another_write(from: &Path, to: &Path) {
    let source = ReadFolder::new(from);
    let is_write = |kind: u8| RecordKind::of(kind) == Some(RecordKind::Write);
    let mut last = None;
    let mut reader = Reader::oldest(source.clone()).unwrap();
    while let Some(record) = reader.next().unwrap() {
        last = if is_write(record.kind) { Some(record.number) } else { last };
    }
    let mut reader = Reader::oldest(source).unwrap();
    let mut journal = Journal::open(Folder::open(to).unwrap(), 0).unwrap().journal;
    let mut file = 0;
    while let Some(record) = reader.next().unwrap() {
        let mut payload = record.payload.to_vec();
        if Some(record.number) == last {
            let mut write = decode_write(&payload).unwrap();
            write.intent.0 += 1000;
            payload.clear();
            encode_write(&write, &mut payload);
        }
        let begins = file != record.file;
        file = record.file;
        let added = match begins {
            true => journal.rotate(record.kind, record.ts, &payload),
            false => journal.append(record.kind, record.ts, &payload),
        };
        assert_eq!(added.unwrap(), record.number);
    }
    journal.sync().unwrap();
}

#[tokio::test]
async fn each_act_on_a_position_an_order_or_a_session_does_what_it_says() {
    let mut fixture = Fixture::start(2).await;
    fixture.by_hand();
    fixture.run().await;
    on_a_position(&fixture).await;
    on_an_order(&fixture).await;
    on_a_session(&fixture).await;
    // By hand an account was logged out, which is not well.
    let (code, said) = fixture.command(&["status"]).await;
    assert!(code < 3, "{said}");
    assert!(said.contains("database: has the records up to "), "{said}");
    done(&fixture, &["stop"]).await;
    fixture.ended().await;
    a_journal_that_is_damaged_is_no_success(&fixture).await;
    let other = fixture.folder().join("other");
    std::fs::create_dir(&other).unwrap();
    with_another_write(&fixture.journal(), &other.join("journal"));
    let state = other.to_str().unwrap();
    done(&fixture, &["verify", "--state", state]).await;
    let (code, said) = fixture.command(&["replay", "--state", state]).await;
    assert!(code != 0 && said.contains("replay"), "{said}");
}

/// What one account holds cannot be read back: nothing is opened on the other either, and the
/// run ends.
#[tokio::test]
async fn a_state_that_a_broker_does_not_confirm_opens_nothing_and_ends_the_run() {
    let fixture = Fixture::start(2).await;
    let trouble = json!({
        "call": "positions", "account": "950001", "skip": 0, "times": u32::MAX,
        "trouble": { "kind": "gone" },
    });
    let told = fixture.control(json!({ "do": "order", "order": trouble })).await;
    assert_eq!(told, json!({ "done": true }));
    let within = ["--validate-state", "--validate-within", "10"];
    let (code, said) = fixture.run_to_its_end(&within).await;
    assert!(code != 0 && said.contains("the state is not what brokers say"), "{said}");
    assert!(said.contains("a1: what it holds is not known"), "{said}");
    assert!(said.contains("stopped: the state is not what the brokers say"), "{said}");
    assert_eq!(fixture.opens().await, 0, "{said}");
}
