//! Old files of the journal, and the database that takes their records in.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use tickstep_journal::{ReadFolder, files};
use tickstep_live::service::store_path;

use crate::fixture::Fixture;

/// Waits until it holds of the database, as the status has it.
async fn until(fixture: &Fixture, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = fixture.status().await["store"].clone();
        if holds(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{what}: {last:#}");
}

/// Number of the journal's oldest file.
fn oldest(fixture: &Fixture) -> u64 {
    files(&ReadFolder::new(&fixture.journal())).unwrap()[0].number
}

async fn stop(fixture: &mut Fixture) {
    let (code, said) = fixture.command(&["stop"]).await;
    assert_eq!(code, 0, "{said}");
    fixture.ended().await;
}

#[tokio::test]
async fn they_go_when_it_has_them_and_what_both_have_lost_is_in_the_status() {
    let mut fixture = Fixture::start(1).await;
    fixture.by_hand();
    // A runner that ends begins a file, which would be the only one that is left.
    let few = ["--set", "journal.keep_files=1", "--set", "store.busy_ms=100"];
    fixture.run_with(&few).await;
    until(&fixture, "it has caught up", |store| store["record"].is_u64()).await;
    let database = store_path(&fixture.state());
    let address = format!("sqlite://{}", database.display());
    let mut other = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let is_behind =
        |store: &Value| store["behind"].as_str().is_some_and(|why| why.contains("locked"));
    until(&fixture, "it is behind", is_behind).await;
    let (_, said) = fixture.command(&["status"]).await;
    assert!(said.contains("; BEHIND the journal, and tries again: "), "{said}");
    stop(&mut fixture).await;
    assert_eq!(oldest(&fixture), 1, "it has yet to be read");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    // One that ends amid the bars of an instant begins no file.
    for _ in 0..10 {
        fixture.run_with(&few).await;
        let begun = fixture.status().await["records"].as_u64();
        let later = begun.map(|records| records + 30);
        until(&fixture, "it has more", |store| store["record"].as_u64() > later).await;
        stop(&mut fixture).await;
        if oldest(&fixture) > 1 {
            break;
        }
    }
    assert!(oldest(&fixture) > 1, "it has all of it");
    // Another database knows nothing of what has gone.
    std::fs::remove_file(&database).unwrap();
    fixture.run_with(&few).await;
    let store = until(&fixture, "what is missing", |store| !store["missing"].is_null()).await;
    assert_eq!(store["missing"][0], json!(0));
    let (_, said) = fixture.command(&["status"]).await;
    assert!(said.contains("; RECORDS 0 TO ") && said.contains(" ARE MISSING: "), "{said}");
    stop(&mut fixture).await;
}
