//! The same records make the same rows: told as they happened, taken from the journal, cut
//! anywhere, given twice.

use proptest::prelude::*;
use tickstep_live::driver::simulated::{FaultRates, Options};
use tickstep_live::store::{Batch, StoreError};

use crate::support::{Lived, assert_same, live, open, rows, told};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn told_as_it_happened_is_what_the_journal_makes() {
    let mut restarts = 0;
    for seed in 0..10 {
        let lived = live(Options::drawn(seed));
        restarts += lived.restarts;
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            let mut store = told(&one, &lived).await;
            let wanted = rows(&one).await;
            assert!(wanted["orders"].len() > 5, "{}", wanted["orders"].len());
            // From nothing.
            let mut other = open(&two).await;
            let caught = other.catch_up(lived.replay(), lived.upto()).await.unwrap();
            assert_eq!((caught.missing, caught.left_out), (None, vec![]));
            assert_same(&rows(&two).await, &wanted, &format!("seed {seed}, from the journal"));
            // Again from each file of the journal.
            for first in lived.begins().into_iter().filter(|first| *first <= lived.upto()) {
                store.rebuild(lived.replay(), first, lived.upto()).await.unwrap();
                let what = format!("seed {seed}, again from record {first}");
                assert_same(&rows(&one).await, &wanted, &what);
            }
        });
    }
    assert!(restarts > 5, "days without a crash prove little: {restarts}");
}

#[test]
fn rows_of_records_that_the_journal_has_lost_stay() {
    let lived = live(Options { rates: FaultRates::NONE, ..Options::drawn(5) });
    let begins = lived.begins();
    assert!(begins.len() > 3, "{begins:?}");
    let kept = begins[begins.len() / 2];
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let mut store = told(&one, &lived).await;
        let wanted = rows(&one).await;
        let whole = lived.replay();
        // The journal as it is without its oldest files.
        let rest: std::sync::Arc<tickstep_live::store::Replay> =
            std::sync::Arc::new(move |from, seen| whole(from.max(kept), seen));
        store.rebuild(std::sync::Arc::clone(&rest), kept, lived.upto()).await.unwrap();
        assert_same(&rows(&one).await, &wanted, "older rows stay");
        // A database that is empty has what is left, and says what it lacks.
        let mut other = open(&two).await;
        let caught = other.catch_up(rest, lived.upto()).await.unwrap();
        assert_eq!(caught.missing, Some((0, kept - 1)));
        let found = rows(&two).await;
        assert!(!found["trades"].is_empty() && found["trades"].len() < wanted["trades"].len());
    });
}

#[test]
fn a_store_of_another_journal_is_refused() {
    let lived = live(Options::drawn(3));
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut store = told(&folder.path().join("db"), &lived).await;
        let refused = store.catch_up(lived.replay(), lived.upto() - 1).await;
        assert!(matches!(refused, Err(StoreError::Ahead { .. })), "{refused:?}");
    });
}

#[test]
fn what_was_made_by_a_later_program_is_refused() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        open(&path).await.close().await.unwrap();
        open(&path).await.close().await.unwrap();
        let text = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
            execution_time) VALUES (99, 'later', 1, x'00', 0)";
        use sqlx::Connection as _;
        let mut db =
            sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(text).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        let options = tickstep_live::store::StoreOptions::default();
        let refused = tickstep_live::store::Store::open(&path, options).await.err().unwrap();
        assert!(refused.to_string().contains("99"), "{refused}");
    });
}

/// The same records in other batches: the sizes come round again and again.
fn in_batches(sizes: &[usize], lived: &Lived) -> Vec<Batch> {
    let (entries, upto) = (lived.entries(), lived.upto());
    let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
    for size in sizes.iter().cycle() {
        let end = (at + size).min(entries.len());
        let own = entries[at..end].to_vec();
        let last = if end == entries.len() { upto } else { own.last().map_or(from, |e| e.record) };
        out.push(Batch { from, upto: last, entries: own });
        (from, at) = (last + 1, end);
        if at == entries.len() {
            return out;
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_cut_and_however_often_it_is_told(
        seed in 0_u64..40,
        sizes in prop::collection::vec(1_usize..60, 1..6),
        cut in 0.0..1.0_f64,
        torn in 0.0..1.0_f64,
    ) {
        let lived = live(Options { bars: 15, ..Options::drawn(seed) });
        let batches = in_batches(&sizes, &lived);
        runtime().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            told(&path("one"), &lived).await.close().await.unwrap();
            let wanted = rows(&path("one")).await;
            // In other batches, each of them twice, and one of the past now and then.
            let mut twice = open(&path("twice")).await;
            for (at, batch) in batches.iter().enumerate() {
                twice.apply(batch).await.unwrap();
                let again = twice.apply(batch).await.unwrap();
                assert_eq!(again.records, 0);
                twice.apply(&batches[at / 2]).await.unwrap();
            }
            assert_same(&rows(&path("twice")).await, &wanted, "twice");
            // Killed after any batch: its file as it was, the end of its log torn off.
            let some = (batches.len() as f64 * cut) as usize;
            let mut killed = open(&path("killed")).await;
            for batch in &batches[..some] {
                killed.apply(batch).await.unwrap();
            }
            std::fs::copy(path("killed"), path("found")).unwrap();
            let log = std::fs::read(path("killed-wal")).unwrap_or_default();
            let kept = (log.len() as f64 * torn) as usize;
            std::fs::write(path("found-wal"), &log[..kept]).unwrap();
            let mut found = open(&path("found")).await;
            found.catch_up(lived.replay(), lived.upto()).await.unwrap();
            assert_same(&rows(&path("found")).await, &wanted, "killed");
            // A hole is noticed.
            if some + 1 < batches.len() {
                let refused = killed.apply(&batches[some + 1]).await;
                assert!(matches!(refused, Err(StoreError::Gap { .. })), "{refused:?}");
            }
        });
    }
}
