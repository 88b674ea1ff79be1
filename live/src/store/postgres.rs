//! Every table, statement and question, held against a PostgreSQL: `TICKSTEP_POSTGRES` is
//! the address of a database that a test may make a schema in; `make postgres` starts one.
//! Without it nothing is checked here.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::rc::Rc;

use super::open::MIGRATIONS;
use super::query::questions;
use super::sql::{self, Statement, Value};
use super::{Batch, Feed, Store, StoreOptions, feed, translate};
use crate::driver::Stepped;
use crate::driver::simulated::{Day, FaultRates, Options, Witness, simulate_before};
use crate::runner::{Happening, Runner};

const SCHEMA: &str = "tickstep_test";

/// What `psql` prints for a script; panics with its words where a statement fails.
fn psql(url: &str, script: &str) -> Vec<String> {
    let mut psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set", "ON_ERROR_STOP=1", "--dbname", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = psql.stdin.take().unwrap();
    let script =
        format!("SET client_min_messages = warning; SET search_path = {SCHEMA};\n{script}");
    let feeding = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = psql.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    feeding.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The address, with fresh tables behind it.
fn fresh() -> Option<String> {
    let url = std::env::var("TICKSTEP_POSTGRES").ok()?;
    let tables: Vec<&str> = MIGRATIONS.iter().map(|(_, _, text)| *text).collect();
    let tables = tables.join("\n");
    psql(
        &url,
        &format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA};\n{tables}"),
    );
    Some(url)
}

/// A script that prepares texts under numbers.
fn prepared<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.enumerate().map(|(at, text)| format!("PREPARE q{at} AS {text};\n")).collect()
}

fn literal(value: &Value) -> String {
    match value {
        Value::Int(Some(n)) => n.to_string(),
        Value::Real(Some(x)) => format!("{x:?}"),
        Value::Text(Some(text)) => format!("'{}'", text.replace('\'', "''")),
        Value::Int(None) | Value::Real(None) | Value::Text(None) => "NULL".to_owned(),
    }
}

#[derive(Default)]
struct Witnessed {
    queue: Option<(Feed, tokio::sync::mpsc::Receiver<Batch>)>,
    batches: Vec<Batch>,
}

struct Recorder(Rc<RefCell<Witnessed>>);

impl Witness for Recorder {
    fn started(&mut self, next: u64, _: &Runner) {
        self.0.borrow_mut().queue = Some(feed(100_000, next));
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

    fn ended(&mut self, _: Day) {}
}

/// What a store is told of a calm day.
fn day() -> Vec<Batch> {
    let told = Rc::new(RefCell::new(Witnessed::default()));
    let options = Options { rates: FaultRates::NONE, rebuilds: false, ..Options::drawn(1) };
    let report = simulate_before(options, Box::new(Recorder(Rc::clone(&told))));
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    told.take().batches
}

/// The statements that a store makes of them.
fn statements(batches: &[Batch]) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut known = None;
    for entry in batches.iter().flat_map(|batch| &batch.entries) {
        if known.as_ref() != Some(&entry.roster) {
            translate::roster(&entry.roster, entry.at, &mut all);
            known = Some(std::sync::Arc::clone(&entry.roster));
        }
        translate::statements(entry, &mut all, &mut Vec::new());
    }
    all
}

/// A question for all of a table in which both databases write every value alike.
fn whole(table: &str, columns: &[(String, String)]) -> String {
    let cell = |(name, kind): &(String, String)| match kind.as_str() {
        // The digits of a float are each database's own.
        "DOUBLE PRECISION" => format!("CAST(ROUND({name} * 1000000) AS BIGINT)"),
        _ => name.clone(),
    };
    let cells: Vec<String> = columns
        .iter()
        .map(|column| format!("COALESCE(CAST({} AS TEXT), 'NULL')", cell(column)))
        .collect();
    format!("SELECT {} AS row FROM {table}", cells.join(" || '|' || "))
}

#[test]
fn postgresql_takes_every_statement_and_question_with_values_of_three_kinds() {
    let Some(url) = fresh() else { return };
    let all: Vec<String> =
        sql::ALL.iter().map(|text| (*text).to_owned()).chain(questions()).collect();
    let script = prepared(all.iter().map(String::as_str));
    let kinds = psql(
        &url,
        &format!(
            "{script}SELECT DISTINCT unnest(parameter_types)::text FROM pg_prepared_statements \
             ORDER BY 1;"
        ),
    );
    assert_eq!(kinds, ["bigint", "double precision", "text"], "no value is of another kind");
    let found = psql(&url, &format!("{script}SELECT COUNT(*) FROM pg_prepared_statements;"));
    assert_eq!(found, [all.len().to_string()]);
}

#[tokio::test]
async fn postgresql_makes_the_rows_that_sqlite_makes() {
    use sqlx::Row as _;
    let Some(url) = fresh() else { return };
    let batches = day();
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("db"), StoreOptions::default()).await.unwrap();
    // The journal's snapshot, of which a feed has no news.
    store.apply(&Batch::default()).await.unwrap();
    for batch in &batches {
        store.apply(batch).await.unwrap();
    }
    let all = statements(&batches);
    assert!(all.len() > 1_000, "{} statements", all.len());
    let mut texts: Vec<&str> = all.iter().map(|statement| statement.sql).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut script = prepared(texts.iter().copied());
    for Statement { sql, values } in &all {
        let at = texts.binary_search(sql).unwrap();
        let values: Vec<String> = values.iter().map(literal).collect();
        let given =
            if values.is_empty() { String::new() } else { format!("({})", values.join(",")) };
        script.push_str(&format!("EXECUTE q{at}{given};\n"));
    }
    psql(&url, &script);
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                  AND name NOT LIKE '_sqlx_%' AND name <> 'progress' ORDER BY name";
    let tables = sqlx::query(tables).fetch_all(&mut store.write).await.unwrap();
    let mut filled = 0;
    for table in tables.iter().map(|row| row.get::<String, _>(0)) {
        let columns =
            sqlx::AssertSqlSafe(format!("SELECT name, type FROM pragma_table_info('{table}')"));
        let columns = sqlx::query(columns).fetch_all(&mut store.write).await.unwrap();
        let columns: Vec<(String, String)> =
            columns.iter().map(|row| (row.get(0), row.get(1))).collect();
        let question = whole(&table, &columns);
        let ours = sqlx::query(sqlx::AssertSqlSafe(question.clone()));
        let ours = ours.fetch_all(&mut store.write).await.unwrap();
        let mut ours: Vec<String> = ours.iter().map(|row| row.get(0)).collect();
        let mut theirs = psql(&url, &format!("{question};"));
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{table}");
        filled += usize::from(!ours.is_empty());
    }
    assert!(filled >= 11, "{filled} tables have rows");
}
