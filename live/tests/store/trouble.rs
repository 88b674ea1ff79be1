//! A database in trouble holds nobody up, says so, and catches up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::Connection as _;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::driver::simulated::{FaultRates, Options};
use tickstep_live::runner::{Alert, AlertKind, Happening, Severity};
use tickstep_live::store::{
    Batch, Filter, Health, PageWanted, Roster, Store, StoreEntry, StoreOptions, Writer,
};
use tokio::sync::{mpsc, watch};

use crate::support::{Lived, assert_same, live, open, rows, told};

const SOON: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(20));

fn calm() -> Lived {
    live(Options { rates: FaultRates::NONE, ..Options::drawn(1) })
}

async fn impatient(path: &Path, most_pages: Option<u32>) -> Store {
    let busy = Duration::from_millis(5);
    Store::open(path, StoreOptions { busy, most_pages, ..StoreOptions::default() }).await.unwrap()
}

async fn until(health: &mut watch::Receiver<Health>, is: impl Fn(&Health) -> bool) -> Health {
    let found = tokio::time::timeout(Duration::from_secs(60), health.wait_for(is));
    found.await.expect("it happens").unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_tried_again_and_the_queue_never_blocks() {
    let lived = calm();
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    told(&one, &lived).await;
    let store = impatient(&two, None).await;
    let address = format!("sqlite://{}", two.display());
    let mut other = sqlx::SqliteConnection::connect(&address).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();

    let (send, receive) = mpsc::channel(4);
    let (writer, mut health) = Writer::new(store, receive, lived.replay());
    let task = tokio::spawn(writer.with_waits(SOON.0, SOON.1).run(Some(0)));
    // Whoever feeds it is never held up: what does not fit is dropped.
    let dropped = lived.batches.iter().filter(|b| send.try_send((*b).clone()).is_err()).count();
    assert!(dropped > lived.batches.len() / 2, "{dropped}");
    let trouble = until(&mut health, |h| h.trouble.is_some()).await;
    assert!(trouble.trouble.unwrap().contains("locked"));
    assert_eq!(trouble.record, None);

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    until(&mut health, |h| h.trouble.is_none() && h.record.is_some()).await;
    // Whatever comes next shows the gap, which the journal fills.
    let upto = lived.upto();
    let end = Batch { from: upto, upto, entries: Vec::new() };
    while send.try_send(end.clone()).is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until(&mut health, |h| h.record == Some(upto)).await;
    drop(send);
    task.await.unwrap();
    assert_same(&rows(&two).await, &rows(&one).await, "after the lock");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_what_it_kept_out_comes_from_the_journal() {
    let lived = calm();
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    told(&one, &lived).await;
    let store = impatient(&two, Some(90)).await;
    let (send, receive) = mpsc::channel(lived.batches.len());
    let (writer, mut health) = Writer::new(store, receive, lived.replay());
    let task = tokio::spawn(writer.with_waits(SOON.0, SOON.1).run(Some(0)));
    for batch in &lived.batches {
        send.try_send(batch.clone()).unwrap();
    }
    let trouble = until(&mut health, |h| h.trouble.is_some()).await;
    assert!(trouble.trouble.unwrap().contains("full"));
    // The program ends; what did not fit is not waited for.
    drop(send);
    drop(task.await.unwrap());
    let mut store = open(&two).await;
    let have = store.record().await.unwrap();
    assert!(have >= 0 && have < lived.upto() as i64, "{have}");
    let caught = store.catch_up(lived.replay(), lived.upto()).await.unwrap();
    assert!(caught.records > 0 && caught.missing.is_none());
    assert_same(&rows(&two).await, &rows(&one).await, "after there was room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_does_not_fit_is_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder.path().join("db")).await;
    let money = |balance: Decimal| Happening::Money {
        account: AccountId(0),
        balance,
        equity: None,
        margin: None,
        free_margin: None,
        currency: Some("USD".to_owned()),
    };
    let alert = Happening::Alert(Alert {
        severity: Severity::Notice,
        account: None,
        kind: AlertKind::Host,
        words: "the host answers again".to_owned(),
    });
    let roster = Arc::new(Roster {
        accounts: vec![tickstep_live::store::RosterAccount {
            name: "one".to_owned(),
            user: "kim".to_owned(),
            kind: tickstep_live::store::AccountKind::Broker,
            server: None,
            leverage: None,
            currency: None,
        }],
        instruments: Vec::new(),
    });
    let right = Decimal::new(i64::MAX, 8);
    let entry = |record, what| StoreEntry {
        record,
        at: Nanos(1),
        roster: Arc::clone(&roster),
        happenings: what,
    };
    let entries = vec![
        entry(0, vec![money(right)]),
        entry(1, vec![money(right + Decimal::new(1, 8)), alert]),
        entry(2, vec![money(Decimal::new(1, 9))]),
    ];
    let applied = store.apply(&Batch { from: 0, upto: 2, entries }).await.unwrap();
    assert_eq!(applied.records, 3);
    let why: Vec<(u64, bool)> =
        applied.left_out.iter().map(|l| (l.record, l.why.contains("balance of"))).collect();
    assert_eq!(why, [(1, true), (2, true)]);
    let reads = store.reads();
    // Neither wrapped nor rounded, and what happened beside it is there.
    assert_eq!(reads.accounts(None).await.unwrap()[0].balance, Some(right));
    let alerts = reads.alerts(&Filter::default(), None, PageWanted::default()).await.unwrap().rows;
    let kinds: Vec<&str> = alerts.iter().map(|a| a.kind.as_str()).collect();
    assert_eq!(kinds, ["store", "host", "store"]);
    let all_of_them = Filter::default();
    let critical = reads.alerts(&all_of_them, Some("critical"), PageWanted::default());
    assert_eq!(critical.await.unwrap().rows.len(), 2);
}
