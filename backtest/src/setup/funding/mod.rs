//! Funding and swap: a constant rate, or a series from a file.
//!
//! A series has to cover the data it is charged over: where payments are due by its own
//! rhythm and bars are there, but no payment is, it is refused and the span is told, unless
//! `partial = true` says that it may be so.

mod cover;
mod read;

use std::path::Path;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use tickstep_core::units::Nanos;

use crate::config::FundingConfig;
use crate::run::FundingPoint;
use crate::series::{Series, SourceFile};
use crate::times::utc;

pub use cover::Unfunded;
pub use read::read;

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
        /// Number of the line, counted from 1; in JSON of the entry.
        line: u64,
        /// Name of the column.
        column: String,
        /// The text that stands there.
        value: String,
        /// What should stand there, or what else to do.
        remedy: &'static str,
    },
    /// Payments are missing where bars are there.
    #[error(
        "{path}: it covers a part of the data: {}; name a series of all of it, or let positions \
         go without funding there with partial = true beside its file",
        list(missing)
    )]
    Partial {
        /// Path of the file.
        path: String,
        /// The spans without funding.
        missing: Vec<Unfunded>,
    },
}

fn list(missing: &[Unfunded]) -> String {
    const MOST: usize = 3;
    let mut words: Vec<String> = missing.iter().take(MOST).map(ToString::to_string).collect();
    if missing.len() > MOST {
        words.push(format!("and {} spans more", missing.len() - MOST));
    }
    words.join(", ")
}

/// What an instrument's positions pay, and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Funding {
    /// Payments, in the order of time.
    pub points: Vec<FundingPoint>,
    /// The file they were read from.
    pub source: Option<SourceFile>,
    /// Where payments are missing, which the configuration allows.
    pub missing: Vec<Unfunded>,
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

/// What a configuration says of the funding of `series` from `from` on, which is the part
/// that is traded; a constant rate falls into `span`.
pub fn of(
    config: Option<&FundingConfig>,
    base: &Path,
    span: (Nanos, Nanos),
    series: &Series,
    from: Option<Nanos>,
) -> Result<Funding, FundingError> {
    match config {
        Some(FundingConfig { file: Some(file), partial, .. }) => {
            let path = base.join(file);
            let points = read(&path, series.symbol())?;
            let source = source(&path, &points, span)?;
            let missing = cover::missing(&points, series, from);
            if !missing.is_empty() && !partial {
                let path = path.display().to_string();
                return Err(FundingError::Partial { path, missing });
            }
            Ok(Funding { points, source: Some(source), missing })
        }
        Some(FundingConfig { rate: Some(rate), every_s: Some(every_s), .. }) => {
            Ok(Funding { points: constant(*rate, *every_s, span), ..Funding::default() })
        }
        Some(FundingConfig { .. }) | None => Ok(Funding::default()),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::series::Grid;
    use tickstep_core::event::Bar;
    use tickstep_core::units::{Lots, Ticks};

    const AUGUST: Nanos = Nanos(1_690_848_000_000_000_000);

    /// Hourly bars from the first of August 2023 on.
    fn hours(count: i64) -> Series {
        let bar = |n| Bar {
            ts_open: AUGUST + Nanos::HOUR.times(n),
            open: Ticks(100),
            high: Ticks(100),
            low: Ticks(100),
            close: Ticks(100),
            volume: Lots::ZERO,
            taker_buy: None,
        };
        let grid = Grid::stated(Decimal::new(1, 2), Decimal::ONE);
        Series::from_bars("X", Nanos::HOUR, grid, (0..count).map(bar).collect(), Nanos::DAY)
            .unwrap()
    }

    fn told(text: &str, hours_of_data: i64, partial: bool) -> Result<Funding, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f.csv"), text).unwrap();
        let config =
            FundingConfig { file: Some("f.csv".to_owned()), partial, ..FundingConfig::default() };
        let series = hours(hours_of_data);
        let span = (AUGUST, AUGUST + Nanos::HOUR.times(hours_of_data));
        of(Some(&config), dir.path(), span, &series, None).map_err(|e| e.to_string())
    }

    #[test]
    fn a_series_of_another_time_is_refused() {
        let other = told("time,rate\n2030-01-01T00:00:00Z,0.1\n", 24, false).unwrap_err();
        assert!(other.contains("it reaches from 2030-01-01T00:00:00Z"), "{other}");
        let empty = told("time,rate\n", 24, false).unwrap_err();
        assert!(empty.contains("it has no row"), "{empty}");
    }

    #[test]
    fn a_series_of_a_part_names_the_rest_and_is_refused_unless_allowed() {
        // Three days; payments at 08:00 and 16:00 of the first only.
        let text = "time,rate\n2023-08-01T08:00:00Z,0.1\n2023-08-01T16:00:00Z,0.1\n";
        let error = told(text, 72, false).unwrap_err();
        // Due at 00:00, 08:00 and 16:00 of the second and the third, 0:00 of the last is the end.
        let words = "no funding from 2023-08-02T00:00:00Z to 2023-08-03T16:00:00Z (6 payments";
        assert!(error.contains(words), "{error}");
        assert!(error.contains("partial = true"), "{error}");
        let allowed = told(text, 72, true).unwrap();
        assert_eq!((allowed.points.len(), allowed.missing.len()), (2, 1));
        // The payment at the first open meets no position, that at the last close neither.
        assert_eq!(told(text, 24, false).unwrap().missing, []);
    }

    #[test]
    fn a_payment_that_is_missing_in_the_middle_is_told() {
        let hours = ["04", "08", "12", "20"];
        let rows: String = hours.iter().map(|h| format!("2023-08-01T{h}:00:00Z,1e-05\n")).collect();
        let error = told(&format!("time,rate\n{rows}"), 24, false).unwrap_err();
        assert!(error.contains("no funding at 2023-08-01T16:00:00Z (1 payment"), "{error}");
    }

    #[test]
    fn a_rhythm_that_changes_is_no_gap() {
        let hours = ["02", "04", "06", "08", "12", "16", "20"];
        let rows: String = hours.iter().map(|h| format!("2023-08-01T{h}:00:00Z,0.1\n")).collect();
        assert_eq!(told(&format!("time,rate\n{rows}"), 24, false).unwrap().missing, []);
    }

    #[test]
    fn a_constant_rate_falls_on_whole_multiples() {
        let eight = Nanos::HOUR.times(8);
        let points = constant(Decimal::new(1, 4), 28_800, (Nanos(1), eight.times(2)));
        assert_eq!(points.iter().map(|p| p.ts).collect::<Vec<_>>(), [eight, eight.times(2)]);
    }
}
