//! Funding and swap: a constant rate, or a series from a CSV.

use std::path::Path;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use tickstep_core::units::Nanos;

use crate::config::FundingConfig;
use crate::run::FundingPoint;
use crate::series::SourceFile;
use crate::times::utc;

/// A funding series cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FundingError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        error: String,
    },
    /// A value of a row cannot be used.
    #[error("{path}:{line}: column {column}: \"{value}\": {remedy}")]
    Row {
        /// Path of the file.
        path: String,
        /// Number of the line, counted from 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// The text that stands there.
        value: String,
        /// What should stand there, or what else to do.
        remedy: &'static str,
    },
}

/// `rate` at every whole multiple of `every_s` seconds since the epoch within `span`.
#[must_use]
pub fn constant(rate: Decimal, every_s: u32, span: (Nanos, Nanos)) -> Vec<FundingPoint> {
    let every = Nanos::SECOND.times(i64::from(every_s.max(1)));
    let first = span.0.0.div_euclid(every.0) + 1;
    let last = span.1.0.div_euclid(every.0);
    (first..=last)
        .map(|n| FundingPoint { ts: every.times(n), long_rate: rate, short_rate: -rate })
        .collect()
}

/// What a configuration says of an instrument's funding within `span`, and the
/// file it was read from.
pub fn of(
    config: Option<&FundingConfig>,
    base: &Path,
    span: Option<(Nanos, Nanos)>,
) -> Result<(Vec<FundingPoint>, Option<SourceFile>), FundingError> {
    let (Some(config), Some(span)) = (config, span) else { return Ok((Vec::new(), None)) };
    match config {
        FundingConfig { file: Some(file), .. } => {
            let path = base.join(file);
            let points = read(&path)?;
            let source = source(&path, &points, span)?;
            Ok((points, Some(source)))
        }
        FundingConfig { rate: Some(rate), every_s: Some(every_s), .. } => {
            Ok((constant(*rate, *every_s, span), None))
        }
        FundingConfig { .. } => Ok((Vec::new(), None)),
    }
}

/// The file behind `points`, which must reach into the data's `span`.
fn source(
    path: &Path,
    points: &[FundingPoint],
    span: (Nanos, Nanos),
) -> Result<SourceFile, FundingError> {
    let file = |error: String| FundingError::File { path: path.display().to_string(), error };
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Err(file("it has no row; name a series, or remove funding".to_owned()));
    };
    if !points.iter().any(|p| span.0 <= p.ts && p.ts <= span.1) {
        return Err(file(format!(
            "it reaches from {} to {} and the data from {} to {}; name a series of that time",
            utc(first.ts),
            utc(last.ts),
            utc(span.0),
            utc(span.1)
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| file(e.to_string()))?;
    Ok(SourceFile {
        path: path.display().to_string(),
        sha256: hex::encode(Sha256::digest(bytes)),
        rows: points.len(),
        first: first.ts,
        last: last.ts,
        empty: 0,
    })
}

/// A CSV with a header: `time,rate` (longs pay, shorts receive) or
/// `time,long_rate,short_rate`; rising times in RFC 3339, or since the epoch in
/// the unit that their size tells.
pub fn read(path: &Path) -> Result<Vec<FundingPoint>, FundingError> {
    let shown = path.display().to_string();
    let file = |error: String| FundingError::File { path: shown.clone(), error };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| file(e.to_string()))?;
    let head: Vec<String> =
        reader.headers().map_err(|e| file(e.to_string()))?.iter().map(str::to_owned).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let swap = match head.as_slice() {
        ["time", "rate"] => false,
        ["time", "long_rate", "short_rate"] => true,
        _ => {
            return Err(file(format!(
                "its columns are {}; they must be time,rate or time,long_rate,short_rate",
                head.join(",")
            )));
        }
    };
    let mut points: Vec<FundingPoint> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| file(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fault = |column, value: &str, remedy| FundingError::Row {
            path: shown.clone(),
            line,
            column,
            value: value.to_owned(),
            remedy,
        };
        let text = &record[0];
        let ts = time(text)
            .ok_or_else(|| fault("time", text, "write an RFC 3339 time, or ms since the epoch"))?;
        if points.last().is_some_and(|p| p.ts >= ts) {
            return Err(fault("time", text, "times must rise; sort the file and remove repeats"));
        }
        let rate = |column: &'static str, at: usize| {
            let text = &record[at];
            Decimal::from_str_exact(text)
                .ok()
                .filter(|r| r.abs() < Decimal::ONE)
                .ok_or_else(|| fault(column, text, "write a fraction of notional, such as 0.0001"))
        };
        let (long_rate, short_rate) = if swap {
            (rate("long_rate", 1)?, rate("short_rate", 2)?)
        } else {
            let rate = rate("rate", 1)?;
            (rate, -rate)
        };
        points.push(FundingPoint { ts, long_rate, short_rate });
    }
    Ok(points)
}

fn time(text: &str) -> Option<Nanos> {
    crate::load::instant(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<FundingPoint>, FundingError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("funding.csv");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_rate_is_paid_by_longs_and_received_by_shorts() {
        let points = read_text("time,rate\n1690848000000,0.0001\n").unwrap();
        assert_eq!(points[0].ts, Nanos(1_690_848_000_000_000_000));
        assert_eq!(points[0].short_rate, Decimal::new(-1, 4));
        let swap = read_text("time,long_rate,short_rate\n2023-08-01T00:00:00Z,0.0001,0.0002\n");
        assert_eq!(swap.unwrap()[0].short_rate, Decimal::new(2, 4));
    }

    #[test]
    fn the_unit_of_a_time_is_told_by_its_size() {
        let ts = |text| read_text(text).unwrap()[0].ts;
        let wanted = Nanos(1_690_848_000_000_000_000);
        assert_eq!(ts("time,rate\n1690848000,0.1\n"), wanted, "seconds");
        assert_eq!(ts("time,rate\n1690848000000000,0.1\n"), wanted, "microseconds");
    }

    #[test]
    fn a_series_of_another_time_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f.csv"), "time,rate\n2030-01-01T00:00:00Z,0.1\n").unwrap();
        std::fs::write(dir.path().join("e.csv"), "time,rate\n").unwrap();
        let of = |file: &str| {
            let config = FundingConfig { file: Some(file.to_owned()), rate: None, every_s: None };
            let day = Nanos::DAY;
            let span = (Nanos(1_690_848_000_000_000_000), Nanos(1_690_848_000_000_000_000) + day);
            super::of(Some(&config), dir.path(), Some(span)).unwrap_err().to_string()
        };
        assert!(of("f.csv").contains("it reaches from 2030-01-01T00:00:00Z"), "{}", of("f.csv"));
        assert!(of("e.csv").contains("it has no row"), "{}", of("e.csv"));
    }

    #[test]
    fn faults_name_line_column_value_and_remedy() {
        let fault = |text| read_text(text).unwrap_err().to_string();
        assert!(fault("time,rate\nnoon,0.1\n").contains(":2: column time: \"noon\": write an"));
        let falling = fault("time,rate\n1690848060,0.1\n1690848000,0.1\n");
        assert!(falling.contains(":3: column time: \"1690848000\": times must"), "{falling}");
        let rate = fault("time,rate\n1690848000,two\n");
        assert!(rate.contains("column rate: \"two\": write a fraction"), "{rate}");
        assert!(fault("a,b\n1,2\n").contains("its columns are a,b"));
    }

    #[test]
    fn a_constant_rate_falls_on_whole_multiples() {
        let eight = Nanos::HOUR.times(8);
        let points = constant(Decimal::new(1, 4), 28_800, (Nanos(1), eight.times(2)));
        assert_eq!(points.iter().map(|p| p.ts).collect::<Vec<_>>(), [eight, eight.times(2)]);
    }
}
