//! A year of minutes from a CSV file in Binance's 12 columns: our loader, which
//! reads decimals exactly, checks every bar and hashes the file, against the
//! bare CSV crate, which splits fields and reads nothing. With the feature
//! `polars` (ten minutes to build), against polars' CSV reader too:
//!
//! ```text
//! cargo bench -p tickstep-benches --bench load --features polars
//! ```
//!
//! A regression here is waited for before every run that is not a row of a
//! sweep. CPU time is that of the process, all threads, for all readers.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "support/archive.rs"]
mod archive;
mod support;

use std::path::Path;

use criterion::Throughput;
use support::{BARS, Cpu};

/// Rows and bytes of fields, split and not read.
fn bare(path: &Path) -> anyhow::Result<(usize, usize)> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let (mut rows, mut bytes) = (0, 0);
    while reader.read_byte_record(&mut record)? {
        rows += 1;
        bytes += record.as_slice().len();
    }
    Ok((rows, bytes))
}

/// polars' reader with its defaults: types inferred, all columns, its own threads.
#[cfg(feature = "polars")]
fn polars(path: &Path) -> anyhow::Result<polars::frame::DataFrame> {
    use polars::prelude::{CsvReadOptions, SerReader};
    let options = CsvReadOptions::default().with_has_header(true);
    Ok(options.try_into_reader_with_file_path(Some(path.to_path_buf()))?.finish()?)
}

#[cfg(feature = "polars")]
fn check_polars(path: &Path, expected: archive::Checksum) -> anyhow::Result<()> {
    let frame = polars(path)?;
    assert_eq!(frame.height(), BARS);
    // Sums of floats: the nearest step is what they stand for.
    let sum = |name: &str, step: f64| -> anyhow::Result<i64> {
        let total: f64 = frame.column(name)?.f64()?.iter().flatten().sum();
        Ok((total / step).round() as i64)
    };
    let found = (sum("close", 0.001)?, sum("volume", 0.1)?, sum("taker_buy_volume", 0.1)?);
    assert_eq!(found, expected);
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let series = support::year()?;
    let expected = archive::checksum(&series);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("FILUSDT-1m.csv");
    archive::write(&series, &path)?;
    let loaded = archive::ours(&path)?;
    assert_eq!(loaded.bars().len(), BARS);
    assert_eq!(archive::checksum(&loaded), expected);
    assert_eq!(loaded.bars(), series.bars(), "every bar comes back as it was written");
    assert_eq!(bare(&path)?.0, BARS);
    #[cfg(feature = "polars")]
    check_polars(&path, expected)?;

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("csv_crate", |b| b.iter(|| bare(&path).expect("it was read before")));
    group.bench_function("ours", |b| b.iter(|| archive::ours(&path).expect("it was read before")));
    #[cfg(feature = "polars")]
    group.bench_function("polars", |b| b.iter(|| polars(&path).expect("it was read before")));
    group.finish();
    criterion.final_summary();
    if support::measuring() {
        table(&path);
    }
    Ok(())
}

fn table(path: &Path) {
    const REPEATS: usize = 15;
    println!("\n{:<12} {:>10} {:>10}", "CPU s", "min", "median");
    let row = |name: &str, cpu: Cpu| {
        println!("{name:<12} {:>10.4} {:>10.4}", cpu.min, cpu.median);
        cpu
    };
    let ours = row("ours", Cpu::of(REPEATS, || (), |()| archive::ours(path).ok()));
    let bare = row("csv_crate", Cpu::of(REPEATS, || (), |()| bare(path).ok()));
    println!("ours to the bare CSV crate {:.2}", ours.min / bare.min);
    #[cfg(feature = "polars")]
    {
        let polars = row("polars", Cpu::of(REPEATS, || (), |()| polars(path).ok()));
        println!(
            "ours to polars {:.2} (median {:.2})",
            ours.min / polars.min,
            ours.median / polars.median
        );
    }
}
