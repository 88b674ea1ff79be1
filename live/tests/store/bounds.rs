//! A month's rows and bytes, and what old rows do to them.

use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Ticks};
use tickstep_live::runner::{AccountWorth, Alert, AlertKind, Happening, Severity};
use tickstep_live::store::{
    AccountKind, Batch, Retention, Roster, RosterAccount, RosterInstrument, SampleRow, Store,
    StoreEntry, StoreOptions,
};

use crate::support::rows;

const ACCOUNTS: u16 = 4;
const MINUTES_A_DAY: u64 = 1440;
const START: Nanos = Nanos(1_690_848_000_000_000_000);

fn roster() -> Arc<Roster> {
    let accounts = (0..ACCOUNTS).map(|n| RosterAccount {
        name: format!("account {n}"),
        user: format!("account {n}"),
        kind: AccountKind::Broker,
        server: None,
        leverage: None,
        currency: None,
    });
    let instrument = RosterInstrument {
        symbol: "FILUSDT".to_owned(),
        tick: Decimal::new(1, 3),
        lot: Decimal::new(1, 1),
        leverage: Decimal::TEN,
    };
    Arc::new(Roster { accounts: accounts.collect(), instruments: vec![instrument] })
}

/// What happens in a minute: a bar, each fifth what accounts are worth, each tenth a line
/// of the log.
fn minute(number: u64, roster: &Arc<Roster>) -> StoreEntry {
    let ts_open = START + Nanos::MINUTE.times(number as i64);
    let px = Ticks(4_000 + (number % 97) as i64);
    let bar = Bar {
        ts_open,
        open: px,
        high: Ticks(px.0 + 5),
        low: Ticks(px.0 - 5),
        close: px,
        volume: Lots::new(12_345).unwrap(),
        taker_buy: Lots::new(6_000),
    };
    let (instrument, interval) = (InstrumentId(0), Nanos::MINUTE);
    let mut what = vec![Happening::Bar { instrument, interval, bar }];
    if number.is_multiple_of(5) {
        let worth = |account| AccountWorth {
            account: AccountId(account),
            balance: Decimal::new(10_000_000 + number as i64, 2),
            equity: Decimal::new(10_000_500 + number as i64, 2),
            margin: None,
            stated: true,
            up: true,
            positions: 1,
        };
        what.push(Happening::Worth((0..ACCOUNTS).map(worth).collect()));
    }
    if number.is_multiple_of(10) {
        what.push(Happening::Alert(Alert {
            severity: Severity::Notice,
            account: Some(AccountId(0)),
            kind: AlertKind::Host,
            words: "the host answers again after a while in which it did not".to_owned(),
        }));
    }
    let at = ts_open + Nanos::MINUTE;
    StoreEntry { record: number, at, roster: Arc::clone(roster), happenings: what }
}

async fn days(store: &mut Store, from: u64, to: u64) {
    let roster = roster();
    for day in from..to {
        let minutes = day * MINUTES_A_DAY..(day + 1) * MINUTES_A_DAY;
        let (from, upto) = (minutes.start, minutes.end - 1);
        let entries = minutes.map(|number| minute(number, &roster)).collect();
        store.apply(&Batch { from, upto, entries }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_takes_what_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut store = Store::open(&path, StoreOptions::default()).await.unwrap();
    days(&mut store, 0, 30).await;
    let found = rows(&path).await;
    let count = |table: &str| found[table].len();
    assert_eq!(count("candles"), 43_200);
    assert_eq!(count("equity_points"), 30 * 288 * usize::from(ACCOUNTS));
    assert_eq!(count("system_logs"), 30 * 144);
    // A week of heartbeats, and the hour that is not over.
    assert!((7 * 288..=7 * 288 + 12).contains(&count("engine_heartbeats")));
    store.close().await.unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    let total: usize = found.values().map(Vec::len).sum();
    println!("{total} rows, {bytes} bytes, {} a row", bytes / total as u64);
    // ARCHITECTURE.md says at most 180 bytes a row, indexes included.
    assert!(bytes < total as u64 * 180, "{bytes} bytes for {total} rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_stops_growing_when_rows_are_as_old_as_they_get() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let days_of = |n| Nanos::DAY.times(n);
    let retention = Retention {
        logs: days_of(2),
        most_logs: 200,
        heartbeats: days_of(1),
        equity: days_of(3),
        candles: days_of(3),
        results: days_of(3),
        alerts: days_of(3),
        samples: days_of(3),
    };
    let options = StoreOptions { retention, ..StoreOptions::default() };
    let mut store = Store::open(&path, options).await.unwrap();
    let pages = async || {
        use sqlx::{Connection as _, Row as _};
        let address = format!("sqlite://{}", path.display());
        let mut db = sqlx::SqliteConnection::connect(&address).await.unwrap();
        let row = sqlx::query("PRAGMA page_count").fetch_one(&mut db).await.unwrap();
        row.get::<i64, _>(0)
    };
    days(&mut store, 0, 6).await;
    let early = pages().await;
    days(&mut store, 6, 20).await;
    let late = pages().await;
    assert!(late <= early + early / 20, "{early} pages became {late}");
    let found = rows(&path).await;
    let hour = |table: &str, most: usize| {
        let rows = found[table].len();
        assert!(rows <= most && rows * 10 > most * 8, "{table} has {rows}, at most {most}");
    };
    hour("candles", 3 * 1440 + 60);
    hour("equity_points", 3 * 288 * 4 + 48);
    hour("engine_heartbeats", 288 + 12);
    hour("alerts", 3 * 144 + 6);
    // Fewer lines than days allow.
    hour("system_logs", 200 + 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_measured_is_read_back_and_goes_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let retention = Retention { samples: Nanos::DAY.times(3), ..Retention::default() };
    let options = StoreOptions { retention, ..StoreOptions::default() };
    let mut store = Store::open(&path, options).await.unwrap();
    let sample = |tens: i64| SampleRow {
        at: START + Nanos::MINUTE.times(10 * tens),
        memory_bytes: Some(100 << 20),
        disk_free_bytes: None,
        waiting: tens as u64,
        dropped: 1,
        requests: 200,
        failed: 2,
        median_ns: Some(40_000_000),
        p99_ns: None,
        level: 1,
    };
    for tens in 0..6 * 144 {
        store.sample(&sample(tens)).await.unwrap();
    }
    // One of a time that there is already changes nothing.
    store.sample(&SampleRow { waiting: 999, ..sample(5) }).await.unwrap();
    let day = |n| START + Nanos::DAY.times(n);
    let reads = store.reads();
    let found = reads.samples(day(1), day(2)).await.unwrap();
    assert_eq!(found, (144..288).map(sample).collect::<Vec<_>>());
    days(&mut store, 0, 6).await;
    let left = reads.samples(day(0), day(6)).await.unwrap();
    assert!((3 * 144..=3 * 144 + 6).contains(&left.len()), "{}", left.len());
    assert_eq!(left.last(), Some(&sample(6 * 144 - 1)));
    // The journal does not know of them, so that making the database again leaves them.
    store.rewind(0).await.unwrap();
    assert_eq!(reads.samples(day(0), day(6)).await.unwrap(), left);
}
