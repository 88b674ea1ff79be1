//! Files that load, in every container and layout, and what they load as.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::load::{
    FloatBars, IntegerBars, LoadError, LoadOptions, from_f64, from_i64, load,
};
use tickstep_backtest::series::{Gap, Grid, Series};
use tickstep_core::calendar::Interval;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::support::cases;
use crate::support::files::{FIL, NEAR, data, written};
use crate::support::same::{assert_same_series, contents};

fn open(segments: &[Vec<PathBuf>], opts: &LoadOptions) -> Result<Series, LoadError> {
    load(Some("FILUSDT"), segments, opts, &mut |_| ControlFlow::Continue(()))
}

fn one(path: PathBuf) -> Series {
    open(&[vec![path]], &LoadOptions::default()).unwrap()
}

fn of_bytes(name: &str, bytes: &[u8]) -> Series {
    let (_dir, path) = written(name, bytes);
    one(path)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Changes the fields of every row below the header.
fn rows_with(text: &str, change: impl Fn(&mut Vec<String>)) -> String {
    let mut lines = text.lines();
    let mut out = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        change(&mut fields);
        out += &fields.join(",");
        out += "\n";
    }
    out
}

fn head(text: &str, rows: usize) -> String {
    text.lines().take(rows + 1).map(|line| format!("{line}\n")).collect()
}

#[test]
fn fil_is_what_the_file_says() {
    let fil = one(data("FILUSDT-1m-2023-08.csv"));
    assert_eq!(fil.interval(), Interval::MINUTE);
    assert_eq!(fil.grid().tick_size, Decimal::new(1, 3));
    assert_eq!(fil.grid().volume_step, Decimal::new(1, 1));
    assert!(fil.grid().tick_inferred && fil.grid().volume_inferred && fil.has_taker());
    assert_eq!((fil.segments().len(), &fil.segments()[0]), (1, &(0..300)));
    assert_eq!(fil.gaps(), []);
    // 1690848000000,4.255,4.256,4.252,4.252,25259.1,...,5452.3,...
    let first = Bar {
        ts_open: Nanos(1_690_848_000_000_000_000),
        open: Ticks(4255),
        high: Ticks(4256),
        low: Ticks(4252),
        close: Ticks(4252),
        volume: Lots::new(252_591).unwrap(),
        taker_buy: Lots::new(54_523),
    };
    assert_eq!(fil.bars()[0], first);
    let source = &fil.sources()[0];
    assert_eq!(source.rows, 300);
    assert_eq!(source.last - source.first, Nanos::MINUTE.times(299));
    assert_eq!(source.sha256, FIL_SHA256);
    assert_eq!(source.path, data("FILUSDT-1m-2023-08.csv").display().to_string());
}

/// Of the committed file, by `sha256sum`.
const FIL_SHA256: &str = "8bea98c38b6066dfc3eaba3cbe3bfc90e5c2e0d5d3e1784281791bc2c09a0a57";

#[test]
fn padded_zeros_say_nothing_about_the_grid() {
    // NEAR is written 1.3700, and never off a thousandth.
    let near = one(data("NEARUSDT-1m-2023-08.csv"));
    assert_eq!(near.grid().tick_size, Decimal::new(1, 3));
    assert_eq!(near.grid().volume_step, Decimal::ONE);
}

#[test]
fn every_container_gives_the_same_series() {
    let plain = one(data("FILUSDT-1m-2023-08.csv"));
    let packed = [
        one(data("FILUSDT-1m-2023-08.csv.zst")),
        of_bytes("f.csv.gz", &gzip(FIL)),
        of_bytes("f.zip", &zip(&[("FILUSDT-1m-2023-08.csv", FIL)])),
        of_bytes("f.csv.zip", &zip(&[("CHECKSUM", "0"), ("f.csv", FIL)])),
        of_bytes("F.CSV", FIL.as_bytes()),
    ];
    for series in packed {
        assert_same_series(&series, &plain);
    }
}

#[test]
fn gzip_members_one_after_another_are_one_file() {
    let (first, second) = FIL.split_at(FIL.len() / 2);
    let bytes = [gzip(first), gzip(second)].concat();
    assert_eq!(of_bytes("f.csv.gz", &bytes).bars(), one(data("FILUSDT-1m-2023-08.csv")).bars());
}

#[test]
fn every_layout_gives_the_same_series() {
    let plain = one(data("FILUSDT-1m-2023-08.csv"));
    let body = FIL.split_once('\n').unwrap().1;
    let micros = rows_with(FIL, |row| row[0] += "000");
    let seconds = rows_with(FIL, |row| row[0].truncate(10));
    let text = rows_with(FIL, |row| {
        let ms = jiff::Timestamp::from_millisecond(row[0].parse().unwrap()).unwrap();
        row[0] = ms.strftime("%Y-%m-%d %H:%M:%S").to_string();
    });
    let new_york = rows_with(FIL, |row| {
        let ms: i64 = row[0].parse().unwrap();
        let local = jiff::Timestamp::from_millisecond(ms - 4 * 3_600_000).unwrap();
        row[0] = local.strftime("%Y-%m-%d %H:%M:%S-04:00").to_string();
    });
    let padded = rows_with(FIL, |row| {
        row[1] += "00000";
        row[5] += "0000000";
    });
    let scientific = rows_with(FIL, |row| row[4] = format!("{}e-3", row[4].replace('.', "")));
    let layouts = [
        body.to_owned(),
        micros,
        seconds,
        text,
        new_york,
        padded,
        scientific,
        FIL.replace('\n', "\r\n"),
        format!("\u{feff}{FIL}"),
        format!("\n{}\n\n", FIL.trim_end()),
        FIL.replace("taker_buy_volume", "takerBuyBaseAssetVolume"),
    ];
    for layout in layouts {
        let series = of_bytes("f.csv", layout.as_bytes());
        assert_eq!(series.symbol(), plain.symbol());
        assert_eq!(contents(&series), contents(&plain), "{}", &layout[..90]);
    }
}

#[test]
fn data_without_taker_columns_says_so() {
    let ohlcv = rows_with(FIL, |row| row.truncate(6));
    let ohlcv = ohlcv.replace(",close_time,quote_volume,count", "");
    let ohlcv = ohlcv.replace(",taker_buy_volume,taker_buy_quote_volume,ignore", "");
    let series = of_bytes("f.csv", ohlcv.as_bytes());
    assert!(!series.has_taker());
    assert_eq!(series.bars()[0].taker_buy, None);
    let opts = LoadOptions { ignore_taker: true, ..LoadOptions::default() };
    let ignored = open(&[vec![data("FILUSDT-1m-2023-08.csv")]], &opts).unwrap();
    assert_eq!(ignored.bars(), series.bars());
}

#[test]
fn gaps_are_counted_and_long_ones_part_segments() {
    let minute = |i: usize| match i {
        0..10 => i,
        10..20 => i + 3,          // 3 bars missing
        20..30 => i + 3 + 1440,   // a day missing: not more than a day
        _ => i + 3 + 1440 + 1441, // a day and a minute missing
    };
    let mut i = 0;
    let start = 1_690_848_000_000_i64;
    let mut text = String::from("ts,open,high,low,close,volume\n");
    while i < 40 {
        text += &format!("{},1,1,1,1,1\n", start + 60_000 * minute(i) as i64);
        i += 1;
    }
    let series = of_bytes("f.csv", text.as_bytes());
    assert_eq!(series.segments(), [0..30, 30..40]);
    let after = |i: usize| series.bars()[i].ts_open;
    let expect = [(9, 3), (19, 1440), (29, 1441)];
    let expect = expect.map(|(i, missing)| Gap { after: after(i), missing });
    assert_eq!(series.gaps(), expect);
}

#[test]
fn listed_segments_stay_apart_and_listing_order_does_not_matter() {
    let lines: Vec<&str> = FIL.lines().collect();
    let dir = tempfile::tempdir().unwrap();
    let part = |name: &str, from: usize, to: usize| {
        let path = dir.path().join(name);
        let rows = lines[from + 1..=to].join("\n");
        std::fs::write(&path, format!("{}\n{rows}\n", lines[0])).unwrap();
        path
    };
    let a = part("z.csv", 0, 100);
    let b = part("y.csv", 100, 200);
    let c = part("x.csv", 200, 300);
    let opts = LoadOptions::default();
    let whole = one(data("FILUSDT-1m-2023-08.csv"));
    let joined = open(&[vec![c.clone(), a.clone(), b.clone()]], &opts).unwrap();
    assert_eq!((joined.bars(), joined.segments()), (whole.bars(), whole.segments()));
    let rows: Vec<_> = joined.sources().iter().map(|s| s.path.as_str()).collect();
    assert_eq!(rows, [&a, &b, &c].map(|p| p.to_str().unwrap()));
    let apart = open(&[vec![c], vec![b, a]], &opts).unwrap();
    assert_eq!(apart.bars(), whole.bars());
    assert_eq!(apart.segments(), [0..200, 200..300]);
    assert_eq!(apart.gaps(), []);
}

#[test]
fn files_of_different_decimals_come_to_one_grid() {
    let coarse = "ts,open,high,low,close,volume\n1690848000,4,4,4,4,10\n1690848060,4.5,5,4,4,1e1\n";
    let fine = "ts,open,high,low,close,volume\n1690848120,4.255,4.3,4.2,4.2,0.5\n";
    let dir = tempfile::tempdir().unwrap();
    let paths = [("a.csv", coarse), ("b.csv", fine)].map(|(name, text)| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let series = open(&[paths.to_vec()], &LoadOptions::default()).unwrap();
    assert_eq!(series.grid().tick_size, Decimal::new(1, 3));
    assert_eq!(series.grid().volume_step, Decimal::new(1, 1));
    let opens: Vec<i64> = series.bars().iter().map(|bar| bar.open.0).collect();
    assert_eq!(opens, [4000, 4500, 4255]);
    let volumes: Vec<i64> = series.bars().iter().map(|bar| bar.volume.get()).collect();
    assert_eq!(volumes, [100, 100, 5]);
}

#[test]
fn a_period_is_cut_out_and_its_edges_are_half_open() {
    let start = 1_690_848_000_000_000_000;
    let at = |minute: i64| Nanos(start + Nanos::MINUTE.0 * minute);
    let opts = LoadOptions { period: Some((at(10), at(20))), ..LoadOptions::default() };
    let series = open(&[vec![data("FILUSDT-1m-2023-08.csv")]], &opts).unwrap();
    assert_eq!(series.bars().len(), 10);
    assert_eq!(series.bars()[0].ts_open, at(10));
    assert_eq!((series.segments().len(), &series.segments()[0]), (1, &(0..10)));
    assert_eq!(series.sources()[0].rows, 300);
}

#[test]
fn named_rounding_is_counted() {
    let opts = LoadOptions {
        tick_size: Some(Decimal::new(1, 2)),
        round_to: true,
        ..LoadOptions::default()
    };
    let text = "ts,open,high,low,close,volume\n1690848000,4.255,4.26,4.25,4.254,1.25\n\
                1690848060,4.25,4.25,4.25,4.25,1\n";
    let (_dir, path) = written("f.csv", text.as_bytes());
    let series = open(&[vec![path]], &opts).unwrap();
    let bar = series.bars()[0];
    assert_eq!((bar.open, bar.close), (Ticks(426), Ticks(425)));
    assert_eq!((series.rounded().prices, series.rounded().volumes), (2, 0));
    assert_eq!((series.grid().tick_inferred, series.grid().volume_inferred), (false, true));
}

#[test]
fn the_symbol_is_told_by_the_file_names() {
    let path = data("FILUSDT-1m-2023-08.csv");
    let opts = LoadOptions::default();
    let series = load(None, &[vec![path]], &opts, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(series.symbol(), "FILUSDT");
}

#[test]
fn progress_rises_to_the_whole() {
    let paths = vec![data("FILUSDT-1m-2023-08.csv")];
    let (mut last, mut calls) = (0, 0);
    let opts = LoadOptions::default();
    load(None, &[paths], &opts, &mut |p| {
        assert!(p.bytes >= last && p.total == FIL.len() as u64);
        (last, calls) = (p.bytes, calls + 1);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(calls > 1);
    assert_eq!(last, FIL.len() as u64);
}

#[test]
fn floats_and_bars_in_memory_give_the_series_of_the_file() {
    let fil = one(data("FILUSDT-1m-2023-08.csv"));
    let ts: Vec<i64> = fil.bars().iter().map(|bar| bar.ts_open.0).collect();
    let float = |column: usize| -> Vec<f64> {
        FIL.lines()
            .skip(1)
            .map(|row| row.split(',').nth(column).unwrap().parse().unwrap())
            .collect()
    };
    let [open, high, low, close, volume, taker] = [1, 2, 3, 4, 5, 9].map(float);
    let arrays = FloatBars {
        ts_open: &ts,
        open: &open,
        high: &high,
        low: &low,
        close: &close,
        volume: &volume,
        taker_buy: Some(&taker),
    };
    let inferred = from_f64("FILUSDT", &arrays, &LoadOptions::default()).unwrap();
    assert_same_series(&inferred, &fil);
    let opts = LoadOptions {
        tick_size: Some(Decimal::new(1, 3)),
        volume_step: Some(Decimal::new(1, 1)),
        ..LoadOptions::default()
    };
    let stated = from_f64("FILUSDT", &arrays, &opts).unwrap();
    assert_eq!(stated.bars(), fil.bars());
    let bars = fil.bars().to_vec();
    let memory =
        Series::from_bars("FILUSDT", fil.interval().nominal(), fil.grid(), bars, Nanos::DAY)
            .unwrap();
    assert_same_series(&memory, &fil);
}

#[test]
fn arrays_of_integers_are_steps_of_the_grid() {
    let fil = one(data("FILUSDT-1m-2023-08.csv"));
    let of = |value: fn(&Bar) -> i64| fil.bars().iter().map(value).collect::<Vec<i64>>();
    let (ts, open, high) = (of(|b| b.ts_open.0), of(|b| b.open.0), of(|b| b.high.0));
    let (low, close, volume) = (of(|b| b.low.0), of(|b| b.close.0), of(|b| b.volume.get()));
    let taker = of(|b| b.taker_buy.unwrap().get());
    let arrays = IntegerBars {
        ts_open: &ts,
        open: &open,
        high: &high,
        low: &low,
        close: &close,
        volume: &volume,
        taker_buy: Some(&taker),
    };
    let made = |arrays: &IntegerBars<'_>| {
        from_i64("FILUSDT", fil.interval().nominal(), fil.grid(), arrays, Nanos::DAY)
    };
    assert_same_series(&made(&arrays).unwrap(), &fil);
    let refused = |arrays: &IntegerBars<'_>| made(arrays).unwrap_err().to_string();
    let short = IntegerBars { high: &high[1..], ..arrays };
    let words = "`high` has 299 values, `ts_open` has 300; give one for every bar";
    assert_eq!(refused(&short), words);
    let mut negative = volume.clone();
    negative[2] = -5;
    let words = "row 3: `volume` -0.5 is below zero; mend or remove the row";
    assert_eq!(refused(&IntegerBars { volume: &negative, ..arrays }), words);
}

/// The whole of a real archive, where one is at hand: `TICKSTEP_DATA` names a file.
#[test]
fn a_real_archive_loads() {
    let Ok(path) = std::env::var("TICKSTEP_DATA") else { return };
    let (series, cpu) = {
        let start = cpu_seconds();
        (one(path.into()), cpu_seconds() - start)
    };
    println!(
        "{} bars, {} gaps, {} segments, grid {} / {}, interval {} s, {cpu:.3} s of CPU",
        series.bars().len(),
        series.gaps().len(),
        series.segments().len(),
        series.grid().tick_size,
        series.grid().volume_step,
        series.interval().nominal().0 / 1_000_000_000,
    );
}

/// CPU time of this process, in hundredths of a second; zero where /proc is not there.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    fields
        .get(11..13)
        .map_or(0.0, |t| t.iter().map(|t| t.parse().unwrap_or(0.0)).sum::<f64>() / 100.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]

    #[test]
    fn the_order_of_files_does_not_matter(
        cuts in prop::collection::btree_set(1_usize..300, 1..5),
        seed in any::<prop::sample::Index>(),
    ) {
        let lines: Vec<&str> = NEAR.lines().skip(1).collect();
        let header = NEAR.lines().next().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut ends: Vec<usize> = cuts.into_iter().collect();
        ends.push(300);
        let mut from = 0;
        let mut paths = Vec::new();
        for (i, to) in ends.into_iter().enumerate() {
            let path = dir.path().join(format!("{i}.csv"));
            std::fs::write(&path, format!("{header}\n{}\n", lines[from..to].join("\n"))).unwrap();
            paths.push(path);
            from = to;
        }
        let sorted = open(&[paths.clone()], &LoadOptions::default()).unwrap();
        let turn = seed.index(paths.len());
        paths.rotate_left(turn);
        paths.swap(0, turn);
        let mixed = open(&[paths], &LoadOptions::default()).unwrap();
        prop_assert_eq!(&sorted, &mixed);
        prop_assert_eq!(sorted.bars().len(), 300);
    }

    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in ["f.csv", "f.csv.gz", "f.csv.zst", "f.zip"] {
            let (_dir, path) = written(name, &bytes);
            let _ = open(&[vec![path]], &LoadOptions::default());
        }
    }

    #[test]
    fn mutated_files_are_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        text_edits in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::sample::select(b"0123456789.,-e\n\r\" ".to_vec())),
            1..6,
        ),
    ) {
        let plain = head(FIL, 20);
        let zstd = std::fs::read(data("FILUSDT-1m-2023-08.csv.zst")).unwrap();
        let packed =
            [("f.csv", plain.clone().into_bytes()), ("f.csv.gz", gzip(&plain)),
             ("f.zip", zip(&[("f.csv", &plain)])), ("f.csv.zst", zstd)];
        for (name, mut bytes) in packed {
            for (at, byte) in &edits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            let (_dir, path) = written(name, &bytes);
            let _ = open(&[vec![path]], &LoadOptions::default());
        }
        let mut bytes = plain.into_bytes();
        for (at, byte) in &text_edits {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let (_dir, path) = written("f.csv", &bytes);
        let _ = open(&[vec![path]], &LoadOptions::default());
    }
}

#[test]
fn a_stated_grid_need_not_be_decimal() {
    let opts = LoadOptions { tick_size: Some(Decimal::new(5, 1)), ..LoadOptions::default() };
    let (_dir, path) = written(
        "f.csv",
        b"ts,open,high,low,close,volume\n1690848000,4.5,5,4,4,1\n1690848060,4,4,4,4,1\n",
    );
    let series = open(&[vec![path]], &opts).unwrap();
    assert_eq!(series.bars()[0].open, Ticks(9));
    assert_eq!(
        series.grid(),
        Grid { volume_inferred: true, ..Grid::stated(Decimal::new(5, 1), Decimal::ONE) }
    );
}
