//! What is on the disk when a process of a sweep is killed, and when several
//! write at once: with real processes, which are this test itself.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tickstep_backtest::folder::Identity;
use tickstep_backtest::research::store::{Figures, Shard, Store, StoreHeader};
use tickstep_backtest::research::trials::{Registry, TradedSpan, Trial, TrialSpan};
use tickstep_core::units::Nanos;

const TOTAL: u64 = 20_000;
const FOLDER: &str = "TICKSTEP_TEST_FOLDER";

fn header() -> StoreHeader {
    let columns = (0..40).map(|n| format!("c{n}")).collect();
    StoreHeader::new(Identity([9; 32]), TOTAL, columns).unwrap()
}

fn put(store: &Store, set: u64) {
    if set.is_multiple_of(3) {
        store.put_failed(set, &format!("set {set}, \"refused\"")).unwrap();
    } else {
        let values = (0..40).map(|n| Some((set * n) as f64)).collect();
        store.put(set, &Figures { trade_hash: set, values, blocks: None }).unwrap();
    }
}

fn bytes(path: &Path) -> [Vec<u8>; 2] {
    [fs::read(path).unwrap(), fs::read(path.with_extension("failed.csv")).unwrap()]
}

/// A test of this file, run as another process in `folder`.
fn other(test: &str, folder: &Path) -> Child {
    let test = format!("sweep_store::{test}");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

#[test]
fn child_that_sweeps() {
    let Some(folder) = folder() else { return };
    let store = Store::open_or_resume(&folder.join("sets.bin"), header()).unwrap();
    let mut out = std::io::stdout().lock();
    for set in store.missing().collect::<Vec<_>>() {
        put(&store, set);
        // Told only once it is kept.
        writeln!(out, "kept {set} ").unwrap();
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_finished() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let mut kept = Vec::new();
    for round in 1..=4 {
        let mut child = other("child_that_sweeps", dir.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut tell = |line: std::io::Result<String>| {
            let told = line.ok()?.strip_prefix("kept ")?.strip_suffix(' ')?.parse::<u64>().ok()?;
            kept.push(told);
            Some(told)
        };
        lines.by_ref().filter_map(&mut tell).take(round * 321).for_each(drop);
        child.kill().unwrap();
        child.wait().unwrap();
        // What it told before the signal came.
        lines.filter_map(&mut tell).for_each(drop);
        let store = Store::open(&path).unwrap();
        assert!(kept.iter().all(|set| store.has(*set)), "round {round}");
        assert!(kept.len() >= 321);
    }
    let whole = dir.path().join("whole.bin");
    for path in [&path, &whole] {
        let mut store = Store::open_or_resume(path, header()).unwrap();
        store.missing().collect::<Vec<_>>().into_iter().for_each(|set| put(&store, set));
        store.finish().unwrap();
    }
    assert_eq!(bytes(&path), bytes(&whole));
}

fn trial(shard: u32, id: u8) -> Trial {
    let span = TrialSpan::new(Nanos(0), Nanos(86_400_000_000_000)).unwrap();
    let symbol = "FILUSDT".to_owned();
    Trial {
        search: Identity([id; 32]),
        instruments: vec![TradedSpan { symbol, span, interval: Nanos(60_000_000_000) }],
        strategies: vec!["sma_cross".to_owned()],
        planned: 1_000,
        shard: Shard::new(shard, 1_000).unwrap(),
        done: 1,
        failed: 0,
    }
}

#[test]
fn child_that_registers() {
    let Some(folder) = folder() else { return };
    let id = std::process::id().to_le_bytes();
    for n in 1..=1_000 {
        let mut trial = trial(n, 0);
        trial.search.0[..4].copy_from_slice(&id);
        Registry::of(&folder).add(&trial).unwrap();
    }
}

#[test]
fn processes_that_register_at_once_lose_no_line() {
    let dir = TempDir::new().unwrap();
    let children = [(); 2].map(|()| other("child_that_registers", dir.path()));
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let span = trial(1, 0).instruments[0].span;
    let tried = Registry::of(dir.path()).trials(&["FIL-USDT"], span);
    assert_eq!((tried.searches, tried.sets, tried.untold), (2, 2_000, 0));
    assert_eq!(tried.doubts, []);
}
