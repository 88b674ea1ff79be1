//! Days that were lived through, as a store is told of them; and all rows of a database.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tickstep_journal::{Memory, Reader, files};
use tickstep_live::driver::simulated::{Day, Options, Witness, runner, simulate_before};
use tickstep_live::driver::{Replayed, Stepped};
use tickstep_live::runner::{Happening, Runner};
use tickstep_live::store::{
    Batch, Feed, Replay, Roster, Store, StoreEntry, StoreError, StoreOptions, feed, replay_from,
};
use tokio::sync::mpsc::Receiver;

/// What a store was told while a day went on, and the day.
pub struct Lived {
    pub options: Options,
    pub batches: Vec<Batch>,
    pub day: Day,
    pub restarts: u64,
}

#[derive(Default)]
struct Told {
    queue: Option<(Feed, Receiver<Batch>)>,
    batches: Vec<Batch>,
    day: Option<Day>,
}

/// A queue that is as long as it must be.
const QUEUE: usize = 100_000;

struct Recorder(Rc<RefCell<Told>>);

impl Witness for Recorder {
    fn started(&mut self, next: u64, _: &Runner) {
        // What was not durable when the program ended never happened.
        self.0.borrow_mut().queue = Some(feed(QUEUE, next));
    }

    fn stepped(&mut self, stepped: &[Stepped], happenings: &[Happening], runner: &Runner) {
        self.0.borrow_mut().queue.as_mut().unwrap().0.note(stepped, happenings, runner);
    }

    fn durable(&mut self, record: u64) {
        let mut told = self.0.borrow_mut();
        let (feed, receiver) = told.queue.as_mut().unwrap();
        assert!(feed.durable(record));
        let mut batches = Vec::new();
        while let Ok(batch) = receiver.try_recv() {
            batches.push(batch);
        }
        told.batches.extend(batches);
    }

    fn ended(&mut self, day: Day) {
        self.0.borrow_mut().day = Some(day);
    }
}

/// Lives through a simulated day.
pub fn live(options: Options) -> Lived {
    let told = Rc::new(RefCell::new(Told::default()));
    let report = simulate_before(options, Box::new(Recorder(Rc::clone(&told))));
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    let mut told = told.borrow_mut();
    let batches = std::mem::take(&mut told.batches);
    let day = told.day.take().unwrap();
    Lived { options, batches, day, restarts: report.restarts }
}

impl Lived {
    /// Replays the day's journal.
    pub fn replay(&self) -> Arc<Replay> {
        replay(self.day.journal.copy(), self.options)
    }

    /// The last record that the store was told is durable.
    pub fn upto(&self) -> u64 {
        self.batches.last().unwrap().upto
    }

    /// What happened at every record, from the journal.
    pub fn entries(&self) -> Vec<StoreEntry> {
        let mut entries = Vec::new();
        let mut roster = None;
        let replay = self.replay();
        let seen = &mut |seen: Replayed<'_>| {
            let roster = roster.get_or_insert_with(|| Arc::new(Roster::of(seen.runner)));
            if !seen.happenings.is_empty() && seen.record <= self.upto() {
                let happenings = std::mem::take(seen.happenings);
                let (record, at, roster) = (seen.record, seen.at, Arc::clone(roster));
                entries.push(StoreEntry { record, at, roster, happenings });
            }
        };
        replay(0, seen).unwrap();
        entries
    }

    /// The records that the journal's files begin with.
    pub fn begins(&self) -> Vec<u64> {
        let disk = self.day.journal.copy();
        let first = |number| {
            let mut reader = Reader::from_file(disk.copy(), number).unwrap();
            reader.next().unwrap().unwrap().number
        };
        files(&disk).unwrap().iter().map(|file| first(file.number)).collect()
    }
}

pub fn replay(disk: Memory, options: Options) -> Arc<Replay> {
    Arc::new(move |from, seen| replay_from(&disk, &|_: &str, _| Ok(runner(options)), from, seen))
}

pub async fn open(path: &Path) -> Store {
    Store::open(path, StoreOptions::default()).await.unwrap()
}

/// A store that was told of what happened as it happened, up to `some` of the batches.
/// What a crash kept from being told comes from the journal, as a writer does it.
pub async fn told_some(path: &Path, lived: &Lived, some: usize) -> Store {
    let mut store = open(path).await;
    for batch in &lived.batches[..some] {
        let mut applied = store.apply(batch).await;
        if let Err(StoreError::Gap { .. }) = applied {
            let caught = store.catch_up(lived.replay(), batch.from - 1).await.unwrap();
            assert_eq!((caught.missing, caught.left_out), (None, vec![]));
            applied = store.apply(batch).await;
        }
        assert_eq!(applied.unwrap().left_out, []);
    }
    store
}

/// A store that was told of everything.
pub async fn told(path: &Path, lived: &Lived) -> Store {
    told_some(path, lived, lived.batches.len()).await
}

/// Every row of every table, but for how far it is and when that was.
pub async fn rows(path: &Path) -> BTreeMap<String, Vec<String>> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut db = options.disable_statement_logging().connect().await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' \
        AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%' ORDER BY name";
    let tables: Vec<String> =
        sqlx::query(tables).fetch_all(&mut db).await.unwrap().iter().map(|r| r.get(0)).collect();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = sqlx::query(AssertSqlSafe(columns)).fetch_all(&mut db).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|r| r.get::<String, _>(0)).collect();
        let shown = columns.iter().filter(|name| table != "progress" || *name == "record");
        let cells: Vec<String> = shown.map(|name| format!("'{name}=' || quote({name})")).collect();
        let text = format!("SELECT {} FROM {table} ORDER BY 1", cells.join(" || ' ' || "));
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut db).await.unwrap();
        all.insert(table, rows.iter().map(|r| r.get(0)).collect());
    }
    db.close().await.unwrap();
    all
}

/// Says where two databases differ, if they do.
pub fn assert_same(
    left: &BTreeMap<String, Vec<String>>,
    right: &BTreeMap<String, Vec<String>>,
    what: &str,
) {
    for (table, rows) in left {
        let others = &right[table];
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(Some(row), others.get(at), "{what}: {table}");
        }
        assert_eq!(rows.len(), others.len(), "{what}: {table}");
    }
}
