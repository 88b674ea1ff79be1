//! Every way in which data is refused, with the whole message: it names the
//! place, the column, the value and the remedy.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use rust_decimal::Decimal;
use tickstep_backtest::load::{FileFault, FloatBars, LoadError, LoadOptions, from_f64, load};
use tickstep_backtest::series::{Grid, Series};
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

const HEADER: &str = "open_time,open,high,low,close,volume,taker_buy_volume";
const FIRST: &str = "1690848000000,4.255,4.256,4.252,4.252,25259.1,5452.3";

/// The message for some files of one segment, with bare file names.
fn files(files: &[(&str, &[u8])], opts: &LoadOptions) -> String {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, bytes)| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    let result = load(Some("X"), &[paths], opts, &mut |_| ControlFlow::Continue(()));
    bare(&result.unwrap_err(), dir.path())
}

fn bare(error: &LoadError, dir: &std::path::Path) -> String {
    error.to_string().replace(&format!("{}/", dir.display()), "")
}

fn one(name: &str, bytes: &[u8]) -> String {
    files(&[(name, bytes)], &LoadOptions::default())
}

/// The message for the usual header, the usual first row and these rows.
fn rows(rows: &[&str]) -> String {
    rows_with(rows, &LoadOptions::default())
}

fn rows_with(rows: &[&str], opts: &LoadOptions) -> String {
    let text = format!("{HEADER}\n{FIRST}\n{}\n", rows.join("\n"));
    files(&[("f.csv", text.as_bytes())], opts)
}

#[track_caller]
fn same(found: String, expect: &str) {
    assert_eq!(found, expect);
}

#[test]
fn nothing_named() {
    let opts = LoadOptions::default();
    let error = load(Some("X"), &[], &opts, &mut |_| ControlFlow::Continue(())).unwrap_err();
    same(
        error.to_string(),
        "there is nothing to load; name at least one file with at least one bar",
    );
}

#[test]
fn missing_file() {
    let paths = vec![PathBuf::from("no/such/file.csv")];
    let opts = LoadOptions::default();
    let error = load(Some("X"), &[paths], &opts, &mut |_| ControlFlow::Continue(())).unwrap_err();
    let LoadError::File { fault: FileFault::Unreadable { ref source }, .. } = error else {
        panic!("{error}")
    };
    let expect =
        format!("no/such/file.csv: cannot be read: {source}; check the path and its permissions");
    same(error.to_string(), &expect);
}

#[test]
fn unknown_extension() {
    same(
        one("f.xls", b""),
        "f.xls: unknown kind of file; give .csv, .txt, .tsv, .json or .jsonl (also as .gz or .zst), .zip, .tar, \
         .tar.gz, .tape, .parquet, or - for standard input",
    );
}

#[cfg(not(feature = "polars"))]
#[test]
fn parquet_in_a_build_without_it() {
    same(
        one("f.parquet", b"PAR1"),
        "f.parquet: this build cannot read Parquet; build with `cargo build --features polars`, or \
         give the data as .csv",
    );
}

#[test]
fn damaged_gzip() {
    same(
        one("f.csv.gz", b"not gzip at all"),
        "f.csv.gz: damaged gzip data: invalid gzip header; fetch the file again",
    );
}

#[test]
fn truncated_gzip() {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(format!("{HEADER}\n{FIRST}\n").as_bytes()).unwrap();
    let bytes = writer.finish().unwrap();
    let found = one("f.csv.gz", &bytes[..bytes.len() - 12]);
    same(found, "f.csv.gz: damaged gzip data: incomplete deflate stream; fetch the file again");
}

#[test]
fn damaged_zip() {
    let found = one("f.zip", b"PK but no zip");
    same(
        found,
        "f.zip: damaged zip data: invalid Zip archive: Could not find EOCD; fetch the file again",
    );
}

#[test]
fn damaged_zstd() {
    let good: &[u8] = include_bytes!("../data/FILUSDT-1m-2023-08.csv.zst");
    let mut bytes = good.to_vec();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    let found = one("f.csv.zst", &bytes);
    assert!(found.starts_with("f.csv.zst: damaged zstd data: "), "{found}");
    assert!(found.ends_with("; fetch the file again"), "{found}");
    let mut bytes = good.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    same(
        one("f.csv.zst", &bytes),
        "f.csv.zst: damaged zstd data: the checksum does not match; fetch the file again",
    );
}

#[test]
fn zip_of_two_files() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv", "README"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(FIRST.as_bytes()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    same(
        one("f.zip", &bytes),
        "f.zip: a zip must hold exactly one .csv file, this one holds a.csv, b.csv, README; unpack \
         it and name the files",
    );
}

#[test]
fn not_utf8() {
    let text = [HEADER.as_bytes(), b"\n", FIRST.as_bytes(), b"\n16908\xff"].concat();
    same(
        one("f.csv", &text),
        "f.csv:3: byte 0xff is not valid UTF-8; save the file as UTF-8, or \
               describe it (--format FILE.toml) with encoding = \"windows-1252\" or what else it is in",
    );
}

#[test]
fn empty_and_header_only() {
    let expect = "f.csv: there are no bars in it; remove it from the list or fetch it again";
    for text in ["", "\n\n", HEADER, "open_time,open,high,low,close,volume\n\n"] {
        same(one("f.csv", text.as_bytes()), expect);
    }
}

#[test]
fn no_header_and_not_the_archive() {
    same(
        one("f.csv", b"1672531200,16535.97,16535.97,16522.66,16522.66,0.01429883,2\n"),
        "f.csv: there is no header, and 7 columns are not the 12 of a Binance kline archive; put a \
         first line above the rows that names them, such as open_time,open,high,low,close,volume, \
         or name their format (see `tickstep check --formats`)",
    );
}

#[test]
fn missing_column() {
    same(
        one("f.csv", b"timestamp,open,high,low,close\n2023-08-01,1,1,1,1\n"),
        "f.csv: no column `volume` among timestamp, open, high, low, close; name it in the header, \
         or describe the file (--format FILE.toml): columns, delimiter, skip_lines, or columns and \
         volume_is = \"none\" where there is none",
    );
}

#[test]
fn ambiguous_column() {
    same(
        one("f.csv", b"time,open,high,low,close,volume,Volume\n"),
        "f.csv: there are two columns `volume`; rename the one not meant",
    );
}

#[test]
fn missing_taker() {
    let opts =
        LoadOptions { require_taker: Some("min_buy_share".into()), ..LoadOptions::default() };
    let text = "ts,open,high,low,close,volume\n1690848000,1,1,1,1,1\n";
    same(
        files(&[("f.csv", text.as_bytes())], &opts),
        "f.csv: rule `min_buy_share` needs the column `taker_buy_volume`, found ts, open, high, \
         low, close, volume; switch the rule off, choose volume_split = \"close_location\", or take \
         files that have it",
    );
}

#[test]
fn taker_in_some_files_only() {
    let with = format!("{HEADER}\n{FIRST}\n");
    let without = b"ts,open,high,low,close,volume\n1690848060,1,1,1,1,1\n";
    same(
        files(&[("a.csv", with.as_bytes()), ("b.csv", without)], &LoadOptions::default()),
        "a.csv:2 has taker-buy volume and b.csv:2 has not; load them as two series, or load both \
         without it (repair = [\"drop-taker\"])",
    );
}

#[test]
fn empty_taker() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.253,2476.0,"]),
        "f.csv:3: `taker_buy_volume` is empty; fill it in, or load without taker-buy volume \
         (repair = [\"drop-taker\"])",
    );
}

#[test]
fn wrong_number_of_fields() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251"]),
        "f.csv:3: 4 fields instead of 7; mend or remove the line",
    );
}

#[test]
fn not_a_number() {
    for value in ["nan", "", "inf", "4,251", "abc"] {
        let value = if value.contains(',') { format!("\"{value}\"") } else { value.to_owned() };
        let found = rows(&[&format!("1690848060000,4.251,{value},4.251,4.253,2476.0,1334.3")]);
        let shown = value.trim_matches('"');
        let expect = format!("f.csv:3: `high` is {shown:?}, not a number; mend or remove the row");
        same(found, &expect);
    }
}

#[test]
fn too_many_digits() {
    same(
        rows(&["1690848060000,4.251,4e-29,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: `high` is 4e-29, more than 36 digits or 28 decimals; write it with fewer",
    );
}

#[test]
fn not_a_time() {
    same(
        rows(&["01/08/2023 00:01,4.251,4.253,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: `open_time` is \"01/08/2023 00:01\", not a time; write whole seconds, ms, us or \
         ns since 1970, or 2023-08-01 00:00:00",
    );
}

#[test]
fn absurd_time() {
    same(
        rows(&["16908480600,4.251,4.253,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: `open_time` is 16908480600, no time between 1800 and 2199 in any unit; mend or \
         remove the row",
    );
    // One digit less than the others: a time, but of 1975.
    same(
        rows(&["169084806000,4.251,4.253,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: open time 1975-05-12T00:00:06Z comes after 2023-08-01T00:00:00Z of f.csv:2; sort \
         the rows by open time",
    );
}

#[test]
fn unit_changes_in_mid_file() {
    same(
        rows(&["1690848060000000,4.251,4.253,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: `open_time` is 1690848060000000, in microseconds, but the rows before are in \
         milliseconds; write all in one unit, or split the file here",
    );
}

#[test]
fn disorder() {
    same(
        rows(&["1690847940000,4.251,4.253,4.251,4.253,2476.0,1334.3"]),
        "f.csv:3: open time 2023-07-31T23:59:00Z comes after 2023-08-01T00:00:00Z of f.csv:2; sort \
         the rows by open time",
    );
}

#[test]
fn identical_duplicate() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.253,2476.0,1334.3", FIRST]),
        "f.csv:4: the same bar as f.csv:2 (open time 2023-08-01T00:00:00Z); remove one of them",
    );
}

#[test]
fn conflicting_duplicate() {
    same(
        rows(&["1690848000000,4.255,4.256,4.252,4.252,25259.1,5452.30", FIRST]),
        "f.csv:3: the same bar as f.csv:2 (open time 2023-08-01T00:00:00Z); remove one of them",
    );
    same(
        rows(&["1690848000000,4.255,4.256,4.252,4.253,25259.1,5452.3"]),
        "f.csv:3: open time 2023-08-01T00:00:00Z is also that of f.csv:2, but `close` is 4.253 here \
         and 4.252 there; find out which is right and remove the other",
    );
}

#[test]
fn files_that_overlap() {
    let second = "1690848060000,4.251,4.253,4.251,4.253,2476.0,1334.3";
    let third = "1690848120000,4.251,4.253,4.251,4.253,9,1";
    let a = format!("{HEADER}\n{FIRST}\n{second}\n");
    let b = format!("{HEADER}\n{second}\n{third}\n");
    let opts = LoadOptions::default();
    same(
        files(&[("b.csv", b.as_bytes()), ("a.csv", a.as_bytes())], &opts),
        "b.csv:2: the same bar as a.csv:3 (open time 2023-08-01T00:01:00Z); remove one of them",
    );
    let c = format!("{HEADER}\n{}\n{third}\n", second.replace("4.253,2476.0", "4.252,2476.0"));
    same(
        files(&[("c.csv", c.as_bytes()), ("a.csv", a.as_bytes())], &opts),
        "c.csv:2: open time 2023-08-01T00:01:00Z is also that of a.csv:3, but `close` is 4.252 here \
         and 4.253 there; find out which is right and remove the other",
    );
    let around = format!("{HEADER}\n{FIRST}\n{third}\n");
    let inside = format!("{HEADER}\n{second}\n");
    same(
        files(&[("i.csv", inside.as_bytes()), ("a.csv", around.as_bytes())], &opts),
        "i.csv:2: open time 2023-08-01T00:01:00Z lies before 2023-08-01T00:02:00Z of a.csv:3, and \
         the rows of one file between those of the other; put the rows of both into one file, by \
         open time",
    );
}

#[test]
fn high_below_low() {
    same(
        rows(&["1690848060000,4.251,4.250,4.252,4.251,2476.0,1334.3"]),
        "f.csv:3: `high` 4.25 is below `low` 4.252; mend or remove the row, and see that the \
         columns are named in their true order",
    );
}

#[test]
fn close_outside_the_bar() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.254,2476.0,1334.3"]),
        "f.csv:3: `close` 4.254 is outside low..high 4.251..4.253; mend or remove the row, and see \
         that the columns are named in their true order",
    );
}

#[test]
fn price_not_above_zero() {
    same(
        rows(&["1690848060000,4.251,4.253,0,4.253,2476.0,1334.3"]),
        "f.csv:3: `low` 0 is not a price above zero; mend or remove the row",
    );
}

#[test]
fn negative_volume() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.253,-2476.0,1334.3"]),
        "f.csv:3: `volume` -2476.0 is below zero; mend or remove the row",
    );
}

#[test]
fn taker_above_volume() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.253,2476.0,2476.1"]),
        "f.csv:3: `taker_buy_volume` 2476.1 is above the volume 2476; mend the row, or load without \
         taker-buy volume (repair = [\"drop-taker\"])",
    );
}

#[test]
fn off_the_stated_grid() {
    let opts = LoadOptions { tick_size: Some(Decimal::new(1, 3)), ..LoadOptions::default() };
    same(
        rows_with(&["1690848060000,4.2515,4.253,4.251,4.253,2476.0,1334.3"], &opts),
        "f.csv:3: `open` 4.2515 is not a multiple of tick_size = 0.001; correct tick_size, or round \
         to it (repair = [\"round\"])",
    );
    let opts = LoadOptions { volume_step: Some(Decimal::ONE), ..LoadOptions::default() };
    same(
        rows_with(&[], &opts),
        "f.csv:2: `volume` 25259.1 is not a multiple of volume_step = 1; correct volume_step, or \
         round to it (repair = [\"round\"])",
    );
}

#[test]
fn too_many_steps() {
    let opts = LoadOptions { tick_size: Some(Decimal::new(1, 3)), ..LoadOptions::default() };
    same(
        rows_with(&["1690848060000,4.251,1e10,4.251,4.253,2476.0,1334.3"], &opts),
        "f.csv:3: `high` 1e10 is more than 1e12 steps of 0.001; mend the row, or state a coarser \
         tick_size and round to it (repair = [\"round\"])",
    );
}

#[test]
fn one_value_with_too_many_decimals() {
    same(
        rows(&["1690848060000,4.251,4.253,4.251,4.253,2476.00000000000045,1334.3"]),
        "f.csv:3: `volume` 2476.00000000000045 asks for a grid of 0.00000000000001, on which other \
         values of the data are more than 1e15 steps; state volume_step and round to it (repair = [\"round\"])",
    );
}

#[test]
fn off_the_interval() {
    let opts = LoadOptions { interval: Some(Nanos::MINUTE), ..LoadOptions::default() };
    same(
        rows_with(&["1690848090000,4.251,4.253,4.251,4.253,2476.0,1334.3"], &opts),
        "f.csv:3: open time 2023-08-01T00:01:30Z is off the bars of 1m: 1 of 2 rows is like it; mend \
         the row, or state interval_s where bars are of another length",
    );
}

#[test]
fn one_bar_has_no_interval() {
    same(
        rows(&[]),
        "f.csv:2 is the only bar, so its interval cannot be inferred; state interval_s",
    );
}

#[test]
fn empty_period() {
    let from = Nanos(1_690_934_400_000_000_000);
    let opts = LoadOptions {
        period: Some((from, from + Nanos::DAY)),
        interval: Some(Nanos::MINUTE),
        ..LoadOptions::default()
    };
    same(
        rows_with(&[], &opts),
        "no bar opens from 2023-08-02T00:00:00Z to before 2023-08-03T00:00:00Z; the data run from \
         2023-08-01T00:00:00Z to 2023-08-01T00:00:00Z",
    );
}

#[test]
fn symbol_unclear() {
    let name = |names: &[&str]| {
        let paths = names.iter().map(PathBuf::from).collect();
        let opts = LoadOptions::default();
        load(None, &[paths], &opts, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string()
    };
    same(
        name(&["FILUSDT-1m.csv", "NEARUSDT-1m.csv"]),
        "the symbol cannot be told from the file names (FILUSDT, NEARUSDT); state it with --symbol",
    );
    same(
        name(&["data/klines.csv"]),
        "the symbol cannot be told from the file names (klines.csv); state it with --symbol",
    );
}

#[test]
fn options_out_of_range() {
    let opts = LoadOptions { tick_size: Some(Decimal::ZERO), ..LoadOptions::default() };
    same(
        rows_with(&[], &opts),
        "tick_size = 0 is out of range; it must be above 0, at most 1e12 (volume_step: 1e15), and \
         of at most 18 digits",
    );
    let opts = LoadOptions { interval: Some(Nanos(0)), ..LoadOptions::default() };
    same(rows_with(&[], &opts), "interval = 0 ns is out of range; it must be above zero");
    let opts = LoadOptions { segment_gap: Nanos(-1), ..LoadOptions::default() };
    same(rows_with(&[], &opts), "segment_gap = -1 ns is out of range; it must be zero or more");
}

#[test]
fn cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.csv");
    std::fs::write(&path, format!("{HEADER}\n{FIRST}\n")).unwrap();
    let opts = LoadOptions::default();
    let result = load(Some("X"), &[vec![path]], &opts, &mut |_| ControlFlow::Break(()));
    same(result.unwrap_err().to_string(), "loading was cancelled");
}

#[test]
fn lines_are_counted_through_blank_lines_and_crlf() {
    let bad = "1690848060000,4.251,4.253,4.251,4.254,2476.0,1334.3";
    let text = format!("{HEADER}\r\n\r\n{FIRST}\r\n\r\n\r\n{bad}\r\n");
    let found = one("f.csv", text.as_bytes());
    assert!(found.starts_with("f.csv:6: `close` 4.254 is outside"), "{found}");
    let quoted = format!("note,{HEADER}\n\"two\nlines\",{FIRST}\nx,{bad}\n");
    let found = one("f.csv", quoted.as_bytes());
    assert!(found.starts_with("f.csv:4: `close` 4.254 is outside"), "{found}");
}

#[test]
fn the_files_own_column_names_are_used() {
    let text = "Timestamp,Open,High,Low,Close,Vol\n2023-08-01,1,2,1,3,1\n";
    let found = one("f.csv", text.as_bytes());
    assert!(found.starts_with("f.csv:2: `Close` 3 is outside low..high 1..2"), "{found}");
}

fn bar(minute: i64) -> Bar {
    Bar {
        ts_open: Nanos(1_690_848_000_000_000_000 + Nanos::MINUTE.0 * minute),
        open: Ticks(4255),
        high: Ticks(4256),
        low: Ticks(4252),
        close: Ticks(4252),
        volume: Lots::new(10).unwrap(),
        taker_buy: None,
    }
}

/// The message for bars in memory.
fn memory(bars: Vec<Bar>) -> String {
    let grid = Grid::stated(Decimal::new(1, 3), Decimal::ONE);
    let result = Series::from_bars("X", Nanos::MINUTE, grid, bars, Nanos::DAY);
    result.unwrap_err().to_string()
}

#[test]
fn bars_in_memory_are_named_by_row() {
    same(memory(vec![]), "there is nothing to load; name at least one file with at least one bar");
    same(
        memory(vec![bar(0), bar(2), bar(1)]),
        "row 3: open time 2023-08-01T00:01:00Z comes after 2023-08-01T00:02:00Z of row 2; sort the \
         rows by open time",
    );
    same(
        memory(vec![bar(0), bar(0)]),
        "row 2: the same bar as row 1 (open time 2023-08-01T00:00:00Z); remove one of them",
    );
    same(
        memory(vec![bar(0), Bar { close: Ticks(5000), ..bar(1) }]),
        "row 2: `close` 5 is outside low..high 4.252..4.256; mend or remove the row, and see that \
         the columns are named in their true order",
    );
    same(
        memory(vec![Bar { taker_buy: Lots::new(11), ..bar(0) }]),
        "row 1: `taker_buy_volume` 11 is above the volume 10; mend the row, or load without \
         taker-buy volume (repair = [\"drop-taker\"])",
    );
    same(
        memory(vec![bar(0), Bar { taker_buy: Lots::new(1), ..bar(1) }]),
        "row 2 has taker-buy volume and row 1 has not; load them as two series, or load both \
         without it (repair = [\"drop-taker\"])",
    );
    let late = Bar { ts_open: Nanos(bar(1).ts_open.0 + 1), ..bar(1) };
    same(
        memory(vec![bar(0), late]),
        "row 2: open time 2023-08-01T00:01:00.000000001Z is 1ns after 2023-08-01T00:01:00Z, off the \
         bars of 1m: 1 of 2 rows is like it; mend the row, or state interval_s where bars are of \
         another length",
    );
    same(
        memory(vec![Bar { ts_open: Nanos(i64::MAX), ..bar(0) }]),
        "row 1: `open_time` is 9223372036854775807, no time between 1800 and 2199 in any unit; mend \
         or remove the row",
    );
    same(
        memory(vec![Bar { high: Ticks(i64::MAX), ..bar(0) }]),
        "row 1: `high` 9223372036854775.807 is more than 1e12 steps of 0.001; mend the row, or \
         state a coarser tick_size and round to it (repair = [\"round\"])",
    );
}

#[test]
fn floats_are_named_by_row_and_value() {
    let ts = [1_690_848_000_000_000_000, 1_690_848_060_000_000_000];
    let price = [4.255, 4.2555];
    let volume = [1.0, 1.0];
    let arrays = |open, volume| FloatBars {
        ts_open: &ts,
        open,
        high: &price,
        low: &price,
        close: &price,
        volume,
        taker_buy: None,
    };
    let opts = LoadOptions { tick_size: Some(Decimal::new(1, 3)), ..LoadOptions::default() };
    let error = |arrays: &FloatBars<'_>| from_f64("X", arrays, &opts).unwrap_err().to_string();
    same(
        error(&arrays(&price, &volume)),
        "row 2: `open` 4.2555 is not a multiple of tick_size = 0.001; correct tick_size, or round \
         to it (repair = [\"round\"])",
    );
    same(
        error(&arrays(&[f64::NAN, 1.0], &volume)),
        "row 1: `open` is \"NaN\", not a number; mend or remove the row",
    );
    same(
        error(&arrays(&price, &volume[..1])),
        "`volume` has 1 values, `ts_open` has 2; give one for every bar",
    );
    same(
        error(&arrays(&price, &[-1.0, 1.0])),
        "row 1: `volume` -1 is below zero; mend or remove the row",
    );
}
