//! Every bar file of a folder of real data, where it is at hand (`TICKSTEP_SHARED`
//! names the folder that holds `data`): the outcome of each, and the counts that its
//! README gives. Run with `--nocapture` to see the list.
#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tickstep_backtest::load::{Format, LoadOptions, Price, load};
use tickstep_backtest::quality::{CheckOptions, FileReport, FindingKind, Severity, check};
use tickstep_backtest::series::Repair;

use crate::support::files;

fn shared() -> Option<PathBuf> {
    files::shared().map(|dir| dir.join("data"))
}

fn opts(format: &str) -> LoadOptions {
    let mut opts = LoadOptions::default();
    if !format.is_empty() {
        let mut found = Format::find(format, Path::new("")).unwrap();
        if format.starts_with("mt5") {
            found = found.in_zone("America/New_York+07:00").unwrap();
        } else if format.starts_with("lean") {
            found = found.in_zone("UTC").unwrap();
        }
        opts.format = Some(found);
    }
    opts
}

fn report(file: &Path, load: LoadOptions) -> FileReport {
    let opts = CheckOptions { load, cases: Some(3) };
    check(file, &opts, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The bundled description of each file; an empty one is the layout of the archives.
fn format_of(path: &str) -> &'static str {
    match path {
        p if p.contains("bitfinex") => "bitfinex",
        p if p.contains("kraken-") => "kraken",
        p if p.contains("freqtrade-UNIT") => "freqtrade",
        p if p.contains("mt5") => "mt5",
        p if p.contains("fxcm") => "fxcm",
        p if p.contains("cme-6e") => "cme",
        p if p.contains("lean") && p.contains("_quote") => "lean-quote",
        p if p.contains("lean") => "lean-trade",
        _ => "",
    }
}

#[test]
fn each_file_loads_or_says_why_not() {
    let Some(data) = shared() else { return };
    let folders = [
        "binance-1m-taker",
        "binance-1m-taker-short",
        "binance-spot-15m-taker",
        "binance-spot-1m",
        "bitfinex-1m",
        "cme-6e-m1",
        "crypto-1m-other",
        "fxcm-m1",
        "lean-samples",
        "pathological-1m",
        "xauusd-m1-mt5",
    ];
    let mut refused = Vec::new();
    for path in folders.iter().flat_map(|folder| files(&data.join(folder))) {
        let shown = path.strip_prefix(&data).unwrap().display().to_string();
        let opts = opts(format_of(&shown));
        let loaded =
            load(Some("X"), &[vec![path.clone()]], &opts, &mut |_| ControlFlow::Continue(()));
        let report = report(&path, opts);
        assert_eq!(report.count(Severity::Error) > 0, loaded.is_err(), "{shown}");
        match loaded {
            Ok(series) => println!(
                "{shown}: {} bars, {} gaps, tick {}",
                series.bars().len(),
                series.gaps().len(),
                series.grid().tick_size
            ),
            Err(error) => {
                println!("{shown}: refused: {error}");
                refused.push(shown);
            }
        }
    }
    let mut expected = vec![
        // 8 decimals of noise beside prices above 10,000, and float noise in volumes.
        "bitfinex-1m/BTCUSD-1m-2017-raw-json.tar.gz",
        "crypto-1m-other/btc-perp-20211231-20220201_1m.csv.gz",
        // Taker volume from row 14,160 on only.
        "pathological-1m/battle_hymn-BTCUSDT_1m.csv.gz",
        "pathological-1m/freqtrade-XRP_ETH-1m.feather",
    ];
    if cfg!(not(feature = "polars")) {
        expected.push("pathological-1m/bybit-OPUSDT_1m.parquet");
        expected.push("pathological-1m/bybit-other-AGIUSDT_1m.parquet");
        expected.sort_unstable();
    }
    assert_eq!(refused, expected);
}

/// Those that are refused load once the remedy of their message is named.
#[test]
fn remedies_work() {
    let Some(data) = shared() else { return };
    let open = |file: &str, opts: &LoadOptions| {
        load(Some("X"), &[vec![data.join(file)]], opts, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    let repairs = |repair| LoadOptions { repairs: vec![repair], ..LoadOptions::default() };
    let spliced =
        open("pathological-1m/battle_hymn-BTCUSDT_1m.csv.gz", &repairs(Repair::DropTaker));
    assert_eq!((spliced.bars().len(), spliced.repaired().taker_dropped), (16_610, 2_450));
    let perp = LoadOptions { volume_step: Some(Decimal::new(1, 4)), ..repairs(Repair::Round) };
    let perp = open("crypto-1m-other/btc-perp-20211231-20220201_1m.csv.gz", &perp);
    assert_eq!((perp.bars().len(), perp.rounded().prices), (45_031, 0));
    assert!(perp.rounded().volumes > 0);
    let bitfinex = LoadOptions { tick_size: Some(Decimal::new(1, 2)), ..repairs(Repair::Round) };
    let bitfinex = LoadOptions { format: opts("bitfinex").format, ..bitfinex };
    let bitfinex = open("bitfinex-1m/BTCUSD-1m-2017-raw-json.tar.gz", &bitfinex);
    assert_eq!((bitfinex.bars().len(), bitfinex.gaps().len()), (505_209, 14_203));
    let bid = opts("fxcm").format.unwrap().at_price(Price::Bid).unwrap();
    let bid = LoadOptions { format: Some(bid), ..LoadOptions::default() };
    assert_eq!(open("fxcm-m1/gbpusd-m1-bid-2012.csv.gz", &bid).bars().len(), 30_117);
}

/// Rows, gaps, missing bars, bars without volume, as counted by others.
#[test]
fn counts_are_those_of_the_readme() {
    let Some(data) = shared() else { return };
    let table = [
        ("pathological-1m/bitfinex-BTCUSD-1m-2013-merged.csv.gz", 148_055, 49_884, 247_938, None),
        (
            "pathological-1m/kraken-BTCUSDC_1m_20230301_20230321.csv.gz",
            56_717,
            26_746,
            72_883,
            None,
        ),
        ("pathological-1m/binanceus-BTCUSD_1m_20230301_20230321.csv.gz", 30_240, 0, 0, Some(72)),
        ("pathological-1m/binanceus-BTCUSDT_1m_20230301_20230321.csv.gz", 30_240, 0, 0, Some(658)),
        (
            "pathological-1m/binanceus-BTCUSDC_1m_20230301_20230321.csv.gz",
            30_240,
            0,
            0,
            Some(12_971),
        ),
        ("pathological-1m/freqtrade-UNITTEST_BTC-1m.json.gz", 13_681, 538, 717, None),
        ("pathological-1m/battle_hymn-ETHUSDT_1m.csv.gz", 2_364, 1, 1_008, None),
        ("bitfinex-1m/XRPUSD-1m-2017-merged.csv.gz", 232_279, 39_314, 93_524, None),
        ("bitfinex-1m/BTCUSD-1m-2017-raw-json.tar.gz", 505_209, 14_203, 20_391, None),
        ("binance-spot-1m/BTCUSDT_1m_2021.csv.gz", 50_000, 2, 434, None),
        ("binance-spot-1m/ETHUSDT_1m_2021.csv.gz", 50_000, 1, 270, None),
        ("binance-spot-15m-taker/BTCUSDT-15m-json.tar.gz", 46_673, 0, 0, Some(0)),
        ("cme-6e-m1/6EH4.XCME_1min_bars_20240101_20240131.csv.gz", 29_996, 353, 423, Some(0)),
        ("xauusd-m1-mt5/XAUUSD_M1.csv.gz", 63_230, 46, 251, Some(0)),
        ("binance-1m-taker/FILUSDT-1m-2023-09.csv.gz", 43_200, 0, 0, Some(41)),
        ("binance-1m-taker/NEARUSDT-1m-2023-10.csv.gz", 44_640, 0, 0, Some(58)),
        ("binance-1m-taker/ALGOUSDT-1m-2024-09.csv.gz", 43_200, 0, 0, Some(446)),
    ];
    for (file, bars, gaps, missing, zero) in table {
        let report = report(&data.join(file), opts(format_of(file)));
        let found = report.finding(FindingKind::Gap).map_or(0, |f| f.count);
        assert_eq!((report.bars, found, report.missing), (bars, gaps, missing), "{file}");
        if let Some(zero) = zero {
            assert_eq!(report.zero_volume, zero, "{file}");
        }
    }
    let empty = report(&data.join("binance-spot-15m-taker/BTCUSDT-15m-json.tar.gz"), opts(""));
    assert_eq!(empty.finding(FindingKind::EmptyList).unwrap().count, 713);
}

#[test]
fn the_exercise_ground() {
    let Some(data) = shared() else { return };
    let of = |file: &str| report(&data.join(file), opts(format_of(file)));
    let filler = |file: &str| {
        let report = of(file);
        let run = report.finding(FindingKind::FillerRun).unwrap().cases[0].clone();
        (run.time.unwrap(), run.until.unwrap(), run.bars.unwrap())
    };
    let run = |from: &str, to: &str, bars| (from.to_owned(), to.to_owned(), bars);
    assert_eq!(
        filler("binance-1m-taker/FILUSDT-1m-2024-10.csv.gz"),
        run("2024-10-28T20:00:00Z", "2024-10-28T21:13:00Z", 74)
    );
    assert_eq!(
        filler("binance-1m-taker/NEARUSDT-1m-2023-09.csv.gz"),
        run("2023-09-12T08:34:00Z", "2023-09-12T08:52:00Z", 19)
    );
    let splice = of("pathological-1m/battle_hymn-BTCUSDT_1m.csv.gz");
    assert_eq!(splice.finding(FindingKind::TakerPartlyMissing).unwrap().count, 14_160);
    let change = &splice.finding(FindingKind::Change).unwrap().cases[0];
    // The header is line 1, so row 14,160 counted from 0 is line 14,162.
    assert!(change.place.ends_with(":14162"), "{change:?}");
    assert_eq!(change.time.as_deref(), Some("2025-05-27T23:58:00Z"));
    assert!(change.what.contains("price step -0.02"), "{change:?}");
    let old = of("pathological-1m/bitfinex-BTCUSD-1m-2013-merged.csv.gz");
    let worst = &old.finding(FindingKind::Jump).unwrap().cases[0];
    assert_eq!(worst.time.as_deref(), Some("2013-04-16T04:38:00Z"));
    assert!(worst.what.contains("open 0.01"), "{worst:?}");
    let hole = of("pathological-1m/bitfinex-ETHUSD-1m-2016-merged.csv.gz");
    // 87,870 minutes from bar to bar.
    assert_eq!(hole.longest_gap, 87_869);
    assert_eq!(
        hole.finding(FindingKind::Gap).unwrap().cases[0].time.as_deref(),
        Some("2016-03-31T23:31:00Z")
    );
}

#[cfg(feature = "polars")]
#[test]
fn parquet_of_others() {
    let Some(data) = shared() else { return };
    let op = report(&data.join("pathological-1m/bybit-OPUSDT_1m.parquet"), opts(""));
    assert_eq!((op.bars, op.finding(FindingKind::Gap).unwrap().count), (105_076, 524));
    // 802 minutes from bar to bar.
    assert_eq!((op.longest_gap, op.zero_volume), (801, 13));
    let agi = report(&data.join("pathological-1m/bybit-other-AGIUSDT_1m.parquet"), opts(""));
    assert_eq!((agi.bars, agi.zero_volume), (105_076, 45_317));
}
