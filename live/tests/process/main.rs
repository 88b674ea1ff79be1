//! Real processes: a venue, a runner that is killed in the middle of a fan-out, commands.
#![allow(clippy::unwrap_used)]

mod acts;
mod fixture;
mod keeping;
mod old_files;
mod runbook;
mod trader;
mod trader_api;

use std::time::Duration;

use fixture::Fixture;
use serde_json::{Value, json};
use tickstep_journal::{ReadFolder, Reader, files};
use tickstep_live::service::store_path;
use tickstep_live::store::{Filter, PageWanted, Store, StoreOptions};

/// Kills the runner as soon as the venue has seen an entry of a fan-out, and not all.
async fn kill_amid_a_fan_out(fixture: &mut Fixture) {
    let before = fixture.opens().await;
    for _ in 0..60_000 {
        if fixture.opens().await > before {
            return fixture.kill();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing was opened");
}

/// Positions that the runner manages, each with its account's number.
pub(crate) fn managed(status: &Value) -> Vec<(String, String)> {
    let accounts = status["runner"]["accounts"].as_array().unwrap().iter();
    accounts
        .flat_map(|account| {
            let id = account["id"].as_u64().unwrap() + 1;
            let number = (950_000 + id).to_string();
            let positions = account["positions"].as_array().unwrap().clone();
            let ids =
                positions.into_iter().flat_map(|p| p["at_broker"].as_array().unwrap().clone());
            ids.map(move |id| (number.clone(), id.as_str().unwrap().to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

pub(crate) async fn reconciled(fixture: &Fixture) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        let status = fixture.status().await;
        let accounts = status["runner"]["accounts"].as_array().unwrap();
        let settled = accounts.iter().all(|a| {
            a["known"] == true
                && a["halted"].is_null()
                && a["under_way"].as_array().unwrap().is_empty()
        });
        let known = managed(&status);
        let audit = fixture.control(json!({ "do": "audit", "known": known })).await;
        let report = audit["report"].clone();
        assert_eq!(report["duplicates"], json!([]), "{audit}");
        let whole = report["open"].as_u64() == Some(known.len() as u64)
            && report["forgotten"] == json!([])
            && report["unbracketed"] == json!([]);
        if settled && whole {
            return status;
        }
        last = json!({ "status": status, "audit": audit });
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("not reconciled: {last:#}");
}

/// The newest records are gone with their file, of which the files before say nothing; the
/// database does.
async fn what_is_cut_off_the_journal_is_missed(fixture: &Fixture) {
    let source = ReadFolder::new(&fixture.journal());
    let last = files(&source).unwrap().pop().unwrap();
    let mut reader = Reader::from_file(source.clone(), last.number).unwrap();
    let first = reader.next().unwrap().unwrap().number;
    let file = fixture.journal().join(&last.name);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let lost = format!("the journal lacks record {first} and those behind it");
    let (code, said) = fixture.command(&["verify"]).await;
    assert!(code != 0 && said.contains(&lost), "{said}");
    let (code, said) = fixture.run_in_vain(&[]).await;
    assert!(code != 0 && said.contains(&lost), "{said}");
    std::fs::write(&file, bytes).unwrap();
    let (code, said) = fixture.command(&["verify"]).await;
    assert_eq!(code, 0, "nothing was changed: {said}");
    std::fs::remove_file(&file).unwrap();
    let (code, said) = fixture.command(&["rebuild"]).await;
    assert_eq!(code, 0, "{said}");
    let (code, said) = fixture.command(&["verify"]).await;
    assert_eq!(code, 0, "{said}");
}

/// A kill names what is open as long as it is, and fails; it succeeds once nothing is.
async fn a_kill_is_over_when_nothing_is_open(fixture: &Fixture) {
    let session =
        |open: Option<bool>| json!({ "do": "session", "symbol": "FILUSDT", "open": open });
    let open = async || {
        let audit = fixture.control(json!({ "do": "audit", "known": null })).await;
        audit["report"]["open"].as_u64().unwrap()
    };
    let (code, said) = fixture.command(&["resume"]).await;
    assert_eq!(code, 0, "{said}");
    let mut held = 0;
    for _ in 0..600 {
        if open().await > 0 {
            // While its market is closed nothing can be closed.
            fixture.control(session(Some(false))).await;
            held = open().await;
            if held > 0 {
                break;
            }
            fixture.control(session(None)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(held > 0, "nothing was opened");
    let (code, said) = fixture.command(&["kill", "--wait", "1"]).await;
    assert!(code != 0 && said.contains("still open: a"), "{said}");
    assert!(said.contains("a2: nothing is opened until it is resumed"), "{said}");
    assert_eq!(open().await, held);
    fixture.control(session(None)).await;
    let (code, said) = fixture.command(&["kill"]).await;
    assert!(code == 0 && said.trim().ends_with("everything is closed"), "{said}");
    assert_eq!(open().await, 0);
    for act in ["resume", "pause"] {
        let (code, said) = fixture.command(&[act]).await;
        assert_eq!(code, 0, "{said}");
    }
    let status = reconciled(fixture).await;
    if !managed(&status).is_empty() {
        let (code, said) = fixture.command(&["close-all"]).await;
        assert_eq!(code, 0, "{said}");
    }
}

#[tokio::test]
async fn a_runner_that_is_killed_in_a_fan_out_loses_nothing() {
    let mut fixture = Fixture::start(4).await;
    // A number that was mistyped can be put right afterwards.
    let (code, said) = fixture.run_in_vain(&["account.a2.number=950009"]).await;
    assert!(code != 0 && said.contains("its login in the vault is for 950002"), "{said}");
    for _ in 0..3 {
        fixture.run().await;
        kill_amid_a_fan_out(&mut fixture).await;
    }
    fixture.run().await;
    // A second one on the same state is refused.
    let (code, said) = fixture.run_in_vain(&[]).await;
    assert!(code != 0 && said.contains("a runner runs on the state in"), "{said}");
    // Nor may another state have the same accounts.
    let (code, said) = fixture.run_in_vain(&["state=another"]).await;
    assert!(code != 0 && said.contains("account 950001 at "), "{said}");
    assert!(said.contains("is run by another program already, with the state in /"), "{said}");
    let (code, said) = fixture.command(&["pause", "--why", "the end of a test"]).await;
    assert_eq!(code, 0, "{said}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    reconciled(&fixture).await;
    let (code, said) = fixture.command(&["close-all", "--why", "the end of a test"]).await;
    assert_eq!((code, said.trim()), (0, "everything is closed"));
    let status = reconciled(&fixture).await;
    assert_eq!(managed(&status), []);
    let (code, said) = fixture.command(&["audit"]).await;
    assert_eq!((code, said.trim()), (0, "ledger and brokers agree"));
    let (code, said) = fixture.command(&["status"]).await;
    let told = ["FILUSDT: bid ", "answers take ", "requests failed ("];
    assert!(code < 3 && told.iter().all(|words| said.contains(words)), "{said}");
    let (quote, answers) = (
        &status["runner"]["instruments"][0]["quotes"][0],
        &status["runner"]["hosts"][0]["answers"],
    );
    assert!(quote["bid"].is_string() && answers["median"].as_i64() > Some(0), "{status:#}");
    a_kill_is_over_when_nothing_is_open(&fixture).await;
    let set = ["set", "strategy.params.max_hold_s=500", "--why", "a test"];
    let (code, said) = fixture.command(&set).await;
    assert!(code == 0 && said.contains("500 instead of 600"), "{said}");
    let (code, said) = fixture.command(&["set", "strategy.params.fast=9"]).await;
    assert!(code != 0 && said.contains("fast"), "{said}");
    let (code, said) = fixture.command(&["kill", "--account", "nobody"]).await;
    assert!(code != 0 && said.contains("no account is called nobody; there is a1, a2"), "{said}");
    acts(&fixture).await;
    let truth = fixture.venue_ended().await;
    let last = truth.lines().last().unwrap_or_default();
    assert!(last.starts_with("0 duplicates by their intent, "), "{truth}");
    assert!(last.ends_with("0 forgotten positions, 0 without a bracket"), "{truth}");
    let (code, said) = fixture.command(&["stop"]).await;
    assert_eq!(code, 0, "{said}");
    let said = fixture.ended().await;
    assert!(said.contains("started: tickstep-live") && said.contains("mode live"), "{said}");
    assert!(said.contains("stopped: it ended by itself; all is saved"), "{said}");
    let (code, said) = fixture.command(&["verify"]).await;
    assert!(code == 0 && said.starts_with("records "), "{said}");
    let (code, said) = fixture.command(&["replay"]).await;
    assert!(code == 0 && said.contains("1 changes of the configuration"), "{said}");
    let (again, hash) = fixture.command(&["replay"]).await;
    assert_eq!((again, hash), (0, said));
    let (code, said) = fixture.command(&["rebuild"]).await;
    assert!(code == 0 && said.contains("rebuilt from records 0 to "), "{said}");
    let (code, said) = fixture.command(&["status"]).await;
    assert!(code != 0 && said.contains("no runner runs on the state in"), "{said}");
    what_is_cut_off_the_journal_is_missed(&fixture).await;
}

/// Another program sent orders on a dry run. Here everything runs, decisions included, and the
/// venue never sees a write. It says once that it starts and once that it ends, also where a
/// signal ends it.
#[tokio::test]
async fn a_dry_run_logs_in_reads_decides_and_sends_nothing() {
    let mut fixture = Fixture::start(2).await;
    fixture.run_with(&["--dry-run"]).await;
    let mut decided = 0;
    for _ in 0..600 {
        let store = Store::open(&store_path(&fixture.state()), StoreOptions::default()).await;
        if let Ok(store) = store {
            let all = Filter::default();
            let signals = store.reads().signals(&all, PageWanted::first(100)).await.unwrap();
            decided = signals.rows.iter().filter(|s| s.completed_at.is_some()).count();
            store.close().await.unwrap();
        }
        if decided >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(decided >= 3, "{decided} decisions");
    let status = fixture.status().await;
    assert_eq!((&status["mode"], &status["runner"]["trading"]), (&json!("dry_run"), &json!(false)));
    let (code, said) = fixture.command(&["close-all", "--wait", "2"]).await;
    assert_eq!((code, said.trim()), (0, "everything is closed"));
    let said = fixture.terminate().await;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("started: tickstep-live") && lines[0].contains("mode dry_run"));
    assert_eq!(lines[1], "stopped: it was told to end; all is saved");
    let census = fixture.control(json!({ "do": "census" })).await;
    let requests = census["requests"].as_object().unwrap();
    for call in ["log_in", "positions", "balance", "quotes", "candles"] {
        assert!(requests[call].as_u64() > Some(0), "{call}: {census}");
    }
    let reads = [
        "details",
        "log_in",
        "refresh",
        "balance",
        "instruments",
        "quotes",
        "candles",
        "positions",
        "orders",
        "closed",
    ];
    let writes: Vec<_> = requests.keys().filter(|call| !reads.contains(&call.as_str())).collect();
    assert_eq!(writes, Vec::<&String>::new());
    assert_eq!(census["writes"], json!({}), "{census}");
}

/// Acts have numbers, and what cannot be done is refused.
async fn acts(fixture: &Fixture) {
    for again in ["", " (taken before)"] {
        let (code, said) = fixture.command(&["pause", "--account", "a1", "--id", "7"]).await;
        let wanted = format!("a1: nothing is opened until it is resumed{again}");
        assert_eq!((code, said.trim()), (0, &*wanted));
    }
    let (code, said) = fixture.command(&["resume", "--id", "7"]).await;
    assert!(code != 0 && said.contains("number 7 was given to another act before"), "{said}");
    let position = ["position", "--account", "a1", "--position", "W9", "--close"];
    let (code, said) = fixture.command(&position).await;
    assert!(code != 0 && said.contains("there is no such position on the account"), "{said}");
    let orders = ["orders", "--account", "a1", "--order", "W9", "--cancel"];
    let (code, said) = fixture.command(&orders).await;
    assert!(code != 0 && said.contains("no such order waits on the account"), "{said}");
    let (code, said) = fixture.command(&["orders", "--cancel"]).await;
    assert!(code == 0 && said.contains("a2: no order waits"), "{said}");
    let file = fixture.folder().join("batch.json");
    let batch = r#"[{"do":"pause","account":"a2"},{"do":"close","symbol":"SILVER","wait_s":0}]"#;
    std::fs::write(&file, batch).unwrap();
    let (code, said) = fixture.command(&["batch", file.to_str().unwrap()]).await;
    let both = said.contains("a2: nothing is opened")
        && said.contains("refused: closing SILVER: no instrument is called SILVER");
    assert!(code != 0 && both, "{said}");
}
