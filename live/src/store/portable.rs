//! Every statement and table, held against what both databases understand.
#![allow(clippy::unwrap_used)]

use super::open::MIGRATIONS;
use super::query::questions;
use super::sql;
use super::{Store, StoreOptions};

/// Words that only SQLite knows, or that mean something else to PostgreSQL.
const FOREIGN: [&str; 22] = [
    "INSERT OR ",
    "REPLACE INTO",
    "AUTOINCREMENT",
    "WITHOUT ROWID",
    "ROWID",
    "PRAGMA",
    "IFNULL(",
    " GLOB ",
    "STRFTIME",
    "JULIANDAY",
    "DATETIME",
    "JSON_",
    "GROUP_CONCAT",
    "TOTAL(",
    " INTEGER",
    " BLOB",
    " REAL",
    " NUMERIC",
    " BOOLEAN",
    "?",
    "`",
    "\"",
];

fn all() -> Vec<String> {
    let written = sql::ALL.iter().map(|text| (*text).to_owned());
    written.chain(questions()).collect()
}

#[test]
fn no_word_is_one_databases_own() {
    let tables = MIGRATIONS.iter().flat_map(|(_, _, text)| text.lines());
    let tables = tables.filter(|line| !line.trim_start().starts_with("--")).map(str::to_owned);
    for text in all().into_iter().chain(tables) {
        let upper = text.to_uppercase();
        for word in FOREIGN {
            assert!(!upper.contains(word), "{word:?} in {text}");
        }
    }
}

#[test]
fn every_column_is_of_a_type_that_both_have() {
    let known = ["BIGINT", "TEXT", "DOUBLE PRECISION"];
    let mut columns = 0;
    for (_, _, text) in MIGRATIONS {
        for line in text.lines().filter(|line| line.starts_with("    ")) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap();
            if name.chars().next().unwrap().is_ascii_lowercase() && !name.starts_with("--") {
                let kind: Vec<&str> = words.collect();
                let kind = kind.join(" ");
                assert!(known.iter().any(|k| kind.starts_with(k)), "{line}");
                columns += 1;
            }
        }
    }
    assert!(columns > 150, "{columns}");
}

#[test]
fn values_are_numbered_from_one_without_a_gap() {
    for text in all() {
        let mut numbers: Vec<u32> = text
            .split('$')
            .skip(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>())
            .map(|digits| digits.parse().unwrap())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let wanted: Vec<u32> = (1..=numbers.len() as u32).collect();
        assert_eq!(numbers, wanted, "{text}");
    }
}

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut store = Store::open(&path, StoreOptions::default()).await.unwrap();
    for text in all() {
        let explained = format!("EXPLAIN {text}");
        let found = sqlx::query(sqlx::AssertSqlSafe(explained)).fetch_all(&mut store.write).await;
        assert!(found.is_ok_and(|steps| !steps.is_empty()), "{text}");
    }
}

#[tokio::test]
async fn lists_are_read_by_an_index_and_not_from_end_to_end() {
    use sqlx::Row as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut store = Store::open(&path, StoreOptions::default()).await.unwrap();
    for text in questions().into_iter().filter(|text| text.contains("LIMIT")) {
        let explained = format!("EXPLAIN QUERY PLAN {text}");
        let plan = sqlx::query(sqlx::AssertSqlSafe(explained)).fetch_all(&mut store.write).await;
        let plan: Vec<String> = plan.unwrap().iter().map(|row| row.get(3)).collect();
        assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{text}: {plan:?}");
    }
}
