//! The check: every defect found where it is, and errors exactly where the loader refuses.

use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::load::{LoadOptions, load};
use tickstep_backtest::quality::{CheckOptions, FileReport, FindingKind, Severity, between, check};
use tickstep_backtest::series::Repair;

use crate::support::cases;
use crate::support::files::{FIL, data, written};

fn of(path: &Path, opts: &CheckOptions) -> FileReport {
    check(path, opts, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn text_with(text: &str, opts: &CheckOptions) -> FileReport {
    let (_dir, path) = written("FILUSDT-1m.csv", text);
    of(&path, opts)
}

fn text(text: &str) -> FileReport {
    text_with(text, &CheckOptions::default())
}

fn lines() -> Vec<String> {
    FIL.lines().map(str::to_owned).collect()
}

fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

/// Changes one value; lines and columns count from 0, the header is line 0.
fn put(lines: &mut [String], line: usize, column: usize, value: &str) {
    let mut fields: Vec<&str> = lines[line].split(',').collect();
    fields[column] = value;
    lines[line] = fields.join(",");
}

/// Kind, severity, count and the lines of all cases.
fn found(report: &FileReport) -> Vec<(FindingKind, Severity, u64, Vec<String>)> {
    let line = |place: &str| place.rsplit(':').next().unwrap().to_owned();
    let all = report.findings.iter();
    all.map(|f| (f.kind, f.severity, f.count, f.cases.iter().map(|c| line(&c.place)).collect()))
        .collect()
}

fn at(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_clean_file_has_nothing() {
    let report = of(&data("FILUSDT-1m-2023-08.csv"), &CheckOptions::default());
    assert_eq!(report.findings, []);
    assert_eq!((report.bars, report.with_taker, report.missing), (300, 300, 0));
    assert_eq!(report.first.as_deref(), Some("2023-08-01T00:00:00Z"));
    assert_eq!(report.last.as_deref(), Some("2023-08-01T04:59:00Z"));
    assert_eq!(report.interval_ns, Some(60_000_000_000));
    assert_eq!(report.tick_size, Some(Decimal::new(1, 3)));
}

#[test]
fn lost_trades_are_found_as_filler() {
    let report = of(&data("check/FILUSDT-filler.csv"), &CheckOptions::default());
    let run = report.finding(FindingKind::FillerRun).unwrap();
    assert_eq!((run.severity, run.count), (Severity::Warning, 1));
    let case = &run.cases[0];
    assert_eq!(case.time.as_deref(), Some("2024-10-28T20:00:00Z"));
    assert_eq!(case.until.as_deref(), Some("2024-10-28T21:13:00Z"));
    assert_eq!((case.bars, report.filler), (Some(74), report.zero_volume));
}

#[test]
fn disorder_and_duplicates_are_counted_apart() {
    let mut all = lines();
    let again = all[50].clone();
    all.insert(51, again); // line 52: the same as line 51
    let mut other = all[101].clone();
    other = other.replacen(",4.", ",3.", 1);
    all.insert(102, other); // line 103: at the time of line 102, another open
    all.swap(200, 201); // line 202 opens before line 201
    let report = text(&joined(&all));
    let errors: Vec<_> = found(&report).into_iter().filter(|f| f.1 == Severity::Error).collect();
    assert_eq!(errors[0], (FindingKind::OutOfOrder, Severity::Error, 1, at(&["202"])));
    assert_eq!(errors[1], (FindingKind::Duplicate, Severity::Error, 1, at(&["52"])));
    // The open that differs lies below the low, so that row is no candle either.
    assert_eq!(errors[2], (FindingKind::Conflict, Severity::Error, 1, at(&["103"])));
    assert_eq!(errors[3].0, FindingKind::InvalidCandle);
    assert_eq!(errors.len(), 4);
    assert_eq!(report.missing, 0);
}

#[test]
fn named_repairs_leave_nothing_and_are_counted() {
    let mut all = lines();
    let again = all[50].clone();
    all.insert(51, again);
    let twin = all[101].clone();
    all.insert(102, twin);
    put(&mut all, 102, 5, "999999.1");
    all.swap(200, 201);
    put(&mut all, 250, 9, "99999999");
    put(&mut all, 260, 2, "1");
    put(&mut all, 270, 4, "n/a");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("FILUSDT-1m.csv");
    std::fs::write(&path, joined(&all)).unwrap();
    let repairs = vec![
        Repair::ClipTaker,
        Repair::DropInvalid,
        Repair::KeepFirst,
        Repair::DropDuplicates,
        Repair::Sort,
    ];
    let opts = LoadOptions { repairs, ..LoadOptions::default() };
    let run = |opts: &LoadOptions| {
        load(None, &[vec![path.clone()]], opts, &mut |_| ControlFlow::Continue(()))
    };
    let series = run(&opts).unwrap();
    let r = series.repaired();
    assert_eq!((r.sorted, r.duplicates, r.clipped), (1, 1, 1));
    assert_eq!((r.conflicts, r.invalid), (1, 2));
    assert_eq!(series.bars().len(), 298);
    assert_eq!(series.gaps().len(), 2, "what was dropped is missing, not made up");
    // Each is needed: without any one of them the file is refused, by its own error.
    for left_out in &opts.repairs {
        let repairs = opts.repairs.iter().copied().filter(|r| r != left_out).collect();
        let refused = run(&LoadOptions { repairs, ..LoadOptions::default() });
        assert_eq!(refused.unwrap_err().repair(), Some(*left_out));
    }
    let checked = of(&path, &CheckOptions { load: opts, cases: None });
    assert_eq!(checked.count(Severity::Error), 0, "{:?}", checked.findings);
    assert_eq!(checked.repaired, r);
}

#[test]
fn gaps_are_told_with_their_times_longest_first() {
    let mut all = lines();
    all.drain(101..131); // 30 minutes, 01:40 to 02:09
    all.remove(50); // 00:49
    let report = text(&joined(&all));
    let gap = report.finding(FindingKind::Gap).unwrap();
    assert_eq!((gap.severity, gap.count), (Severity::Warning, 2));
    assert_eq!((report.missing, report.longest_gap), (31, 30));
    let times: Vec<_> = gap.cases.iter().map(|c| (c.time.as_deref(), c.until.as_deref())).collect();
    assert_eq!(times[0], (Some("2023-08-01T01:40:00Z"), Some("2023-08-01T02:09:00Z")));
    assert_eq!(times[1], (Some("2023-08-01T00:49:00Z"), Some("2023-08-01T00:49:00Z")));
}

#[test]
fn candles_and_takers_that_cannot_be() {
    let mut all = lines();
    put(&mut all, 10, 2, "1"); // high below everything
    put(&mut all, 20, 3, "0"); // low at zero
    put(&mut all, 30, 5, "-1"); // volume below zero
    put(&mut all, 40, 9, "99999999"); // more taken than traded
    put(&mut all, 60, 1, "abc");
    all[70] = all[70].split(',').take(4).collect::<Vec<_>>().join(",");
    let report = text(&joined(&all));
    let kinds: Vec<_> = found(&report).into_iter().filter(|f| f.1 == Severity::Error).collect();
    assert_eq!(
        kinds,
        [
            (FindingKind::UnreadableRow, Severity::Error, 2, at(&["61", "71"])),
            (FindingKind::InvalidCandle, Severity::Error, 3, at(&["11", "21", "31"])),
            (FindingKind::TakerAboveVolume, Severity::Error, 2, at(&["31", "41"])),
        ]
    );
}

#[test]
fn prices_off_a_stated_grid_and_odd_ones_off_an_inferred() {
    let mut all = lines();
    put(&mut all, 10, 2, "4.2565"); // high
    let stated = LoadOptions { tick_size: Some(Decimal::new(1, 3)), ..LoadOptions::default() };
    let report = text_with(&joined(&all), &CheckOptions { load: stated, cases: None });
    assert_eq!(found(&report)[0], (FindingKind::OffGrid, Severity::Error, 1, at(&["11"])));
    let report = text(&joined(&all));
    assert_eq!(found(&report)[0], (FindingKind::OddDecimals, Severity::Warning, 1, at(&["11"])));
    assert_eq!(report.tick_size, Some(Decimal::new(1, 4)));
}

#[test]
fn a_print_at_a_hundredth_is_a_spike_and_a_level_that_stays_is_a_change() {
    let mut all = lines();
    put(&mut all, 150, 3, "0.01");
    let report = text(&joined(&all));
    assert_eq!(found(&report)[0].0, FindingKind::Spike);
    assert_eq!(found(&report)[0].3, at(&["151"]));

    // From line 152 on prices are a hundred times as high, as of another unit.
    let mut all = lines();
    for line in 151..all.len() {
        for column in 1..5 {
            let px: Decimal = all[line].split(',').nth(column).unwrap().parse().unwrap();
            put(&mut all, line, column, &(px * Decimal::ONE_HUNDRED).to_string());
        }
    }
    let report = text(&joined(&all));
    let change = report.finding(FindingKind::Change).unwrap();
    assert!(change.cases[0].place.ends_with(":152"), "{change:?}");
    assert!(change.cases[0].what.contains("price scale times"), "{change:?}");
    assert_eq!(found(&report)[0].0, FindingKind::Jump);
}

#[test]
fn a_venue_splice_is_found_at_its_row() {
    // The first 120 rows lose their taker volume, as rows of another source do.
    let mut all = lines();
    for line in 1..=120 {
        put(&mut all, line, 9, "");
    }
    let report = text(&joined(&all));
    assert_eq!(found(&report)[0].0, FindingKind::TakerPartlyMissing);
    assert_eq!((found(&report)[0].2, report.with_taker), (120, 180));
    let change = report.finding(FindingKind::Change).unwrap();
    assert_eq!(change.cases[0].time.as_deref(), Some("2023-08-01T02:00:00Z"));
    assert!(change.cases[0].place.ends_with(":122"));
}

#[test]
fn units_intervals_and_columns() {
    let mut all = lines();
    let micros = all[300].replacen("0000,", "0000000,", 1);
    all[300] = micros;
    let report = text(&joined(&all));
    assert_eq!(found(&report)[0], (FindingKind::MixedUnits, Severity::Error, 1, at(&["301"])));

    let mut all = lines();
    let late = all[300].replacen("0000,", "7000,", 1);
    all[300] = late;
    let report = text(&joined(&all));
    let off = report.finding(FindingKind::OffInterval).unwrap();
    assert_eq!((off.count, off.cases[0].place.ends_with(":301")), (1, true));

    let report = text("timestamp,open,high,low,close\n2023-08-01,1,1,1,1\n");
    assert_eq!(found(&report)[0].0, FindingKind::UnreadableFile);
    assert!(report.findings[0].words.contains("no column `volume`"));
    let ohlcv =
        "timestamp,open,high,low,close,volume\n1690848000,1,1,1,1,1\n1690848060,1,1,1,1,1\n";
    assert!(text(ohlcv).finding(FindingKind::NoTaker).is_some());
}

#[test]
fn files_of_one_instrument_are_held_against_each_other() {
    let all = lines();
    let dir = tempfile::tempdir().unwrap();
    let part = |name: &str, from: usize, to: usize| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("{}\n{}\n", all[0], all[from..to].join("\n"))).unwrap();
        of(&path, &CheckOptions::default())
    };
    let reports = [part("a.csv", 1, 101), part("b.csv", 101, 201), part("c.csv", 200, 301)];
    assert_eq!(between(&reports[..2]), []);
    let findings = between(&reports);
    assert_eq!((findings.len(), findings[0].kind, findings[0].count), (1, FindingKind::Overlap, 1));
    // The one bar that both have is the same, and can be settled.
    let paths = vec![dir.path().join("b.csv"), dir.path().join("c.csv")];
    let opts = LoadOptions { repairs: vec![Repair::DropDuplicates], ..LoadOptions::default() };
    let series = load(Some("X"), &[paths], &opts, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((series.bars().len(), series.repaired().duplicates), (200, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(256)))]

    /// The check has an error exactly where the loader refuses.
    #[test]
    fn errors_are_refusals(
        cells in prop::collection::vec(
            (1_usize..40, 0_usize..10, prop::sample::select(vec![
                "", "0", "-1", "4.2", "4.25555", "99999999", "1e30", "x", "1690848000000",
                "1690848090000", "1690848120000000",
            ])),
            0..3,
        ),
        swaps in prop::collection::vec((1_usize..40, 1_usize..40), 0..2),
        copies in prop::collection::vec((1_usize..40, 1_usize..40), 0..2),
        tick in prop::option::of(Just(Decimal::new(1, 3))),
    ) {
        let mut all: Vec<String> = FIL.lines().take(41).map(str::to_owned).collect();
        for (line, column, value) in cells {
            put(&mut all, line, column, value);
        }
        for (a, b) in swaps {
            all.swap(a, b);
        }
        for (from, to) in copies {
            let line = all[from].clone();
            all.insert(to, line);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("FILUSDT-1m.csv");
        std::fs::write(&path, joined(&all)).unwrap();
        let opts = LoadOptions { tick_size: tick, ..LoadOptions::default() };
        let report = of(&path, &CheckOptions { load: opts.clone(), cases: Some(3) });
        let loaded = load(None, &[vec![path]], &opts, &mut |_| ControlFlow::Continue(()));
        prop_assert_eq!(
            report.count(Severity::Error) > 0,
            loaded.is_err(),
            "{:?} {:?}", report.findings, loaded.err()
        );
    }
}
