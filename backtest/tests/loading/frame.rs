//! Series to frames and Parquet, and back, without losing a tick.

use std::path::{Path, PathBuf};

use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, NamedFrom, Series as Values, TimeUnit, TimeZone,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::frame::{to_frame, write_parquet};
use tickstep_backtest::load::{LoadError, LoadOptions, from_frame};
use tickstep_backtest::series::Series;

use crate::support::cases;
use crate::support::files::{self, fil};
use crate::support::same::assert_same_series;

fn open(path: &Path, opts: &LoadOptions) -> Result<Series, LoadError> {
    files::open(&[path.to_owned()], opts)
}

fn saved(frame: &mut DataFrame) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.parquet");
    write_parquet(frame, &path).unwrap();
    (dir, path)
}

#[test]
fn csv_to_parquet_and_back_is_the_same_series() {
    let fil = fil();
    let mut frame = to_frame(&fil).unwrap();
    let (_dir, path) = saved(&mut frame);
    let read = open(&path, &LoadOptions::default()).unwrap();
    assert_eq!(read.sources()[0].rows, 300);
    assert_eq!(read.sources()[0].sha256.len(), 64);
    assert_same_series(&read, &fil);
    assert_same_series(&from_frame("FILUSDT", &frame, &LoadOptions::default()).unwrap(), &fil);
}

#[test]
fn a_frame_has_utc_times_and_float_prices() {
    let frame = to_frame(&fil()).unwrap();
    let kinds: Vec<String> = frame.dtypes().iter().map(ToString::to_string).collect();
    assert_eq!(kinds[0], "datetime[ns, UTC]");
    assert!(kinds[1..].iter().all(|kind| kind == "f64"), "{kinds:?}");
    let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["open_time", "open", "high", "low", "close", "volume", "taker_buy_volume"]);
    assert_eq!(frame.column("open").unwrap().f64().unwrap().get(0), Some(4.255));
}

/// The FIL frame with one column replaced.
fn with(column: Column) -> DataFrame {
    let mut frame = to_frame(&fil()).unwrap();
    frame.with_column(column).unwrap();
    frame
}

fn opens() -> Vec<f64> {
    to_frame(&fil()).unwrap().column("open").unwrap().f64().unwrap().into_no_null_iter().collect()
}

fn times() -> Vec<i64> {
    fil().bars().iter().map(|bar| bar.ts_open.0).collect()
}

#[test]
fn columns_of_every_type_give_the_same_series() {
    let fil = fil();
    let texts: Vec<String> = opens().iter().map(ToString::to_string).collect();
    let short: Vec<f32> = opens().iter().map(|v| *v as f32).collect();
    let thousandths: Vec<i128> = fil.bars().iter().map(|bar| i128::from(bar.open.0)).collect();
    let decimals = polars::prelude::Int128Chunked::from_vec("open".into(), thousandths)
        .into_decimal_unchecked(38, 3)
        .into_column();
    let millis: Vec<i64> = times().iter().map(|ns| ns / 1_000_000).collect();
    let float_seconds: Vec<f64> = times().iter().map(|ns| (ns / 1_000_000_000) as f64).collect();
    let time = |values| Values::new("open_time".into(), values);
    let datetime = |unit, zone| time(millis.clone()).cast(&DataType::Datetime(unit, zone)).unwrap();
    let columns = [
        Values::new("open".into(), texts).into_column(),
        Values::new("open".into(), short).into_column(),
        decimals,
        time(millis.clone()).into_column(),
        Values::new("open_time".into(), float_seconds).into_column(),
        datetime(TimeUnit::Milliseconds, None).into_column(),
        datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_column(),
    ];
    for column in columns {
        let kind = column.dtype().to_string();
        let mut frame = with(column);
        let (_dir, path) = saved(&mut frame);
        let opts = LoadOptions::default();
        let read = open(&path, &opts).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_same_series(&read, &fil);
        assert_same_series(&from_frame("FILUSDT", &frame, &opts).unwrap(), &fil);
    }
}

#[test]
fn columns_that_are_not_needed_may_be_of_any_type() {
    let mut frame = with(Values::new("note".into(), vec![true; 300]).into_column());
    let (_dir, path) = saved(&mut frame);
    assert_same_series(&open(&path, &LoadOptions::default()).unwrap(), &fil());
}

#[track_caller]
fn refused(column: Column, opts: &LoadOptions, expect: &str) {
    let (dir, path) = saved(&mut with(column));
    let found = open(&path, opts).unwrap_err().to_string();
    assert_eq!(found.replace(&format!("{}/", dir.path().display()), ""), expect);
}

#[test]
fn rows_are_named_in_messages() {
    let opts = LoadOptions { tick_size: Some(Decimal::new(1, 3)), ..LoadOptions::default() };
    let mut open = opens();
    open[1] += 0.0005;
    refused(
        Values::new("open".into(), open).into_column(),
        &opts,
        "f.parquet, row 2: `open` 4.2515 is not a multiple of tick_size = 0.001; correct \
         tick_size, or round to it (repair = [\"round\"])",
    );
    let mut open: Vec<Option<f64>> = opens().into_iter().map(Some).collect();
    open[2] = None;
    refused(
        Values::new("open".into(), open).into_column(),
        &opts,
        "f.parquet, row 3: `open` is \"\", not a number; mend or remove the row",
    );
    let mut time = times();
    time[4] = time[0];
    refused(
        Values::new("open_time".into(), time).into_column(),
        &opts,
        "f.parquet, row 5: open time 2023-08-01T00:00:00Z is also that of f.parquet, row 1, but \
         `open` is 4.256 here and 4.255 there; find out which is right and remove the other",
    );
}

#[test]
fn a_column_of_another_type_is_refused() {
    refused(
        Values::new("open".into(), vec![true; 300]).into_column(),
        &LoadOptions::default(),
        "f.parquet: column `open` is of type Boolean; store it as numbers, times or text",
    );
    let frame = with(Values::new("open".into(), vec![true; 300]).into_column());
    assert_eq!(
        from_frame("FILUSDT", &frame, &LoadOptions::default()).unwrap_err().to_string(),
        "FILUSDT: column `open` is of type bool; store it as numbers, times or text",
    );
}

#[test]
fn damaged_parquet_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.parquet");
    std::fs::write(&path, b"PAR1 and no more").unwrap();
    let found = open(&path, &LoadOptions::default()).unwrap_err().to_string();
    assert!(found.contains("f.parquet: damaged Parquet data: "), "{found}");
    assert!(found.ends_with("; fetch the file again"), "{found}");
}

/// Any Parquet file at hand: `TICKSTEP_PARQUET` names it.
#[test]
fn a_real_file_loads() {
    let Ok(path) = std::env::var("TICKSTEP_PARQUET") else { return };
    let series = open(Path::new(&path), &LoadOptions::default()).unwrap();
    println!(
        "{} bars, {} segments, {:?}",
        series.bars().len(),
        series.segments().len(),
        series.grid()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    #[test]
    fn mutated_files_are_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let (_dir, path) = saved(&mut to_frame(&fil()).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        std::fs::write(&path, bytes).unwrap();
        let _ = open(&path, &LoadOptions::default());
    }
}

#[test]
fn a_run_leaves_as_frames() {
    use tickstep_backtest::config::Config;
    use tickstep_backtest::frame;
    use tickstep_backtest::setup::Prepared;

    let folder = files::examples();
    let sets = ["instrument.data=[\"data/FILUSDT-1m-2023-08.csv.gz\"]".to_owned()];
    let config = Config::read(&folder.join("fil.toml"), &sets).unwrap();
    let prepared = Prepared::load(config, &folder).unwrap();
    let run = prepared.backtest().unwrap().run().unwrap();

    let trades = frame::trades(&run, &prepared.instruments).unwrap();
    assert_eq!(trades.shape(), (run.trades.len(), 19));
    let net: f64 = trades.column("net_pnl").unwrap().f64().unwrap().into_no_null_iter().sum();
    let last = run.equity.last().unwrap().equity;
    assert!((net - f64::try_from(last - run.cash).unwrap()).abs() < 1e-6);
    let equity = frame::equity(&run).unwrap();
    assert_eq!(equity.shape(), (44_640, 2));
    let decisions = frame::decisions(&run, &prepared.instruments).unwrap();
    assert_eq!(decisions.height(), run.decisions.len());
    assert!(decisions.column("confidence").unwrap().null_count() > 0, "closes state none");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trades.parquet");
    tickstep_backtest::frame::write_parquet(&mut trades.clone(), &path).unwrap();
    assert!(path.metadata().unwrap().len() > 1_000);
}
