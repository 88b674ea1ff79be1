//! Files of a recording: rotation, what a crash leaves, and what a check finds.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tickstep_core::units::Nanos;
use tickstep_live::recorder::{
    Hole, RecordedStream, SeriesWriter, check_recording, make_bars, seal_path, segments_of,
};

const TRADES: RecordedStream = RecordedStream::Trades;
/// 2024-08-08.
const DAY_MS: i64 = 1_723_075_200_000;
const LARGE: u64 = 1 << 30;

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["klines", "trades", "depth"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    dir
}

fn open(root: &Path, rotate: u64, notes: &mut Vec<String>) -> SeriesWriter {
    SeriesWriter::open(root, "FIL", TRADES, rotate, notes).unwrap()
}

fn row(id: i64) -> String {
    format!("{id},4.255,{id}.5,{id},{id},{},{}", DAY_MS + id, id % 2 == 0)
}

fn paths(root: &Path) -> Vec<PathBuf> {
    let names = segments_of(root, "FIL", TRADES).unwrap();
    names.iter().map(|name| root.join(name.path())).collect()
}

fn write(series: &mut SeriesWriter, id: i64) {
    series.write(&row(id)).unwrap();
}

/// A finished recording of so many trades; its only file.
fn recorded(root: &Path, count: i64) -> PathBuf {
    let mut series = open(root, LARGE, &mut Vec::new());
    (1..=count).for_each(|id| write(&mut series, id));
    series.finish().unwrap();
    paths(root).pop().unwrap()
}

fn said(root: &Path) -> String {
    check_recording(root).unwrap_err().to_string()
}

#[test]
fn files_end_with_a_day_and_at_a_size_and_are_noted() {
    let dir = folder();
    let mut series = open(dir.path(), 200, &mut Vec::new());
    let tomorrow = Nanos::DAY.0 / 1_000_000;
    for id in [1, 2, 3, 4, 5, 8, tomorrow + 9, tomorrow + 10] {
        let written = series.write(&row(id)).unwrap();
        assert_eq!(
            written.hole,
            (id == 8)
                .then_some(Hole { from: 6, to: 7 })
                .or_else(|| { (id == tomorrow + 9).then_some(Hole { from: 9, to: tomorrow + 8 }) })
        );
    }
    // What does not come behind the last row is not written.
    let late = series.write(&row(tomorrow + 10)).unwrap_err().to_string();
    assert!(late.contains("does not come after"), "{late}");
    series.finish().unwrap();
    let names: Vec<String> = paths(dir.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "FIL-aggTrades-2024-08-08-001.csv",
            "FIL-aggTrades-2024-08-08-002.csv",
            "FIL-aggTrades-2024-08-09-001.csv"
        ]
    );
    let checked = check_recording(dir.path()).unwrap();
    let has = &checked[&("FIL".to_owned(), TRADES)];
    assert_eq!((has.files, has.unfinished, has.rows, has.holes), (3, 0, 8, 2));
    assert_eq!(has.missing, 2 + tomorrow);
    // A start on the same day begins the next file, and goes on behind the last row.
    let mut series = open(dir.path(), 200, &mut Vec::new());
    assert_eq!(series.newest().map(|(id, _)| id), Some(tomorrow + 10));
    series.write(&row(tomorrow + 11)).unwrap();
    series.finish().unwrap();
    assert!(paths(dir.path()).pop().unwrap().ends_with("FIL-aggTrades-2024-08-09-002.csv"));
    check_recording(dir.path()).unwrap();
}

#[test]
fn a_check_names_the_first_file_and_row_that_is_wrong() {
    let change = |count, from: &str, to: &str| {
        let dir = folder();
        let path = recorded(dir.path(), count);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        said(dir.path())
    };
    let name = "FIL-aggTrades-2024-08-08-001.csv";
    // The header is line 1.
    for (from, to, words) in [
        ("\n7,", "\n6,", format!("{name}:8: 6 does not come after 6")),
        ("\n7,4.255", "\n7,x", format!("{name}:8: price")),
        ("agg_trade_id", "id", format!("{name}:1: it should be agg_trade_id")),
        ("\n300,4.255", "\n300,4.256", format!("{name}: rows 257 to 512 are not as")),
        ("\n600,4.255", "\n600,4.256", format!("{name}: rows 513 to 600 are not as")),
        (&format!("{}\n", row(600)), "", "row 600 is the first that is missing".to_owned()),
        (&format!("{}\n", row(600)), &row(600), format!("{name}:601: the row is not whole")),
    ] {
        let said = change(600, from, to);
        assert!(said.contains(&words), "{said} / {words}");
    }
}

#[test]
fn a_file_that_is_gone_or_noted_wrongly_is_named() {
    let dir = folder();
    let mut series = open(dir.path(), 100, &mut Vec::new());
    (1..=9).for_each(|id| write(&mut series, id));
    series.finish().unwrap();
    let files = paths(dir.path());
    assert!(files.len() > 2);
    let kept = fs::read(&files[1]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    let words = said(dir.path());
    assert!(words.contains("-003.csv: it was written behind"), "{words}");
    fs::write(&files[1], kept).unwrap();
    fs::write(seal_path(&files[0]), "{}").unwrap();
    assert!(said(dir.path()).contains("-001.csv.check.json"), "{}", said(dir.path()));
}

#[test]
fn a_whole_row_that_is_wrong_is_not_continued() {
    let dir = folder();
    let mut series = open(dir.path(), LARGE, &mut Vec::new());
    (1..=3).for_each(|id| write(&mut series, id));
    series.save().unwrap();
    let path = paths(dir.path()).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, [&bytes[..], b"0,0\n"].concat()).unwrap();
    let opened = SeriesWriter::open(dir.path(), "FIL", TRADES, LARGE, &mut Vec::new());
    let words = opened.err().unwrap().to_string();
    assert!(
        words.contains("-001.csv:5: 2 columns") && words.contains("nothing was changed"),
        "{words}"
    );
    assert_eq!(fs::read(&path).unwrap(), [&bytes[..], b"0,0\n"].concat());
}

#[test]
fn bars_leave_out_what_trades_are_missing_of() {
    let dir = folder();
    let mut series = open(dir.path(), LARGE, &mut Vec::new());
    let trade = |id: i64, ms: i64, price: &str, taker_sells: bool| {
        format!("{id},{price},0.5,{id},{id},{},{taker_sells}", DAY_MS + ms)
    };
    for row in [
        trade(1, 500, "4", false),
        trade(2, 1_100, "5", false),
        trade(3, 1_900, "3", true),
        trade(4, 3_000, "4.25", false),
        // 5 is missing.
        trade(6, 5_000, "7", false),
        trade(7, 6_000, "8", true),
        trade(8, 7_000, "9", true),
    ] {
        series.write(&row).unwrap();
    }
    series.finish().unwrap();
    let made = make_bars(dir.path(), "FIL", (Nanos::SECOND, "1s")).unwrap();
    assert_eq!((made.bars, made.holes, made.files.len()), (3, 1, 1));
    let text = fs::read_to_string(&made.files[0]).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let at = |s: i64| DAY_MS + s * 1_000;
    assert_eq!(
        rows[1..],
        [
            format!("{},5,5,3,3,1,0.5", at(1)),
            format!("{},3,3,3,3,0,0", at(2)),
            format!("{},8,8,8,8,0.5,0", at(6)),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Wherever a file ends after a crash: the rows that are whole stay, the torn one goes,
    /// and what is written next comes behind them.
    #[test]
    fn whatever_is_cut_off_whole_rows_stay(count in 1_i64..12, cut in 0_usize..700) {
        let dir = folder();
        let mut series = open(dir.path(), LARGE, &mut Vec::new());
        (1..=count).for_each(|id| write(&mut series, id));
        series.save().unwrap();
        drop(series);
        let path = paths(dir.path()).pop().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let cut = cut.min(text.len());
        fs::write(&path, &text[..cut]).unwrap();
        let whole = text[..cut].matches('\n').count().saturating_sub(1) as i64;
        let mut notes = Vec::new();
        let mut series = open(dir.path(), LARGE, &mut notes);
        let torn = cut > 0 && !text[..cut].ends_with('\n');
        prop_assert_eq!(notes.len(), usize::from(torn));
        prop_assert_eq!(series.newest().map(|(id, _)| id), (whole > 0).then_some(whole));
        for id in whole + 1..=count {
            prop_assert_eq!(series.write(&row(id)).unwrap().hole, None);
        }
        series.finish().unwrap();
        prop_assert_eq!(fs::read_to_string(&path).unwrap(), text);
        check_recording(dir.path()).unwrap();
    }
}
