//! Funding or swap of a recording: a constant rate, or the rows of a file.
//!
//! A file is CSV with a header: a time as `time`, `fundingTime`, `calc_time` or `timestamp`,
//! since 1970 in the unit that its size tells, or as RFC 3339; and a rate, paid by longs and
//! received by shorts, as `rate`, `fundingRate` or `last_funding_rate`, or `long_rate` and
//! `short_rate`. A stamp less than a second after a whole hour belongs to the hour, as in a
//! backtest.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;

use super::csv_bars::{opened, time};

const TIME: [&str; 4] = ["time", "fundingtime", "calctime", "timestamp"];
const RATE: [&str; 3] = ["rate", "fundingrate", "lastfundingrate"];

/// What positions of an instrument pay, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingPayment {
    /// When it is due.
    pub ts: Nanos,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Fraction of notional that longs pay; negative is received.
    pub long_rate: Decimal,
    /// Fraction of notional that shorts pay; negative is received.
    pub short_rate: Decimal,
}

impl FundingPayment {
    /// The same as an event.
    #[must_use]
    pub const fn body(&self) -> Body {
        let Self { instrument, long_rate, short_rate, .. } = *self;
        Body::Funding { instrument, long_rate, short_rate }
    }
}

/// Why a file of funding cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FundingFileError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// A row cannot be used.
    #[error("{}:{line}: {words}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        words: String,
    },
}

/// `rate` at every whole multiple of `every` since 1970, behind the first and up to the last
/// time of `span`.
#[must_use]
pub fn constant_funding(
    instrument: InstrumentId,
    rate: Decimal,
    every: Nanos,
    span: (Nanos, Nanos),
) -> Vec<FundingPayment> {
    let every = every.max(Nanos(1));
    let times = span.0.0.div_euclid(every.0) + 1..=span.1.0.div_euclid(every.0);
    let payment =
        |n| FundingPayment { ts: every.times(n), instrument, long_rate: rate, short_rate: -rate };
    times.map(payment).collect()
}

/// Reads a file of payments, in the order of time.
pub fn read_funding(
    path: &Path,
    instrument: InstrumentId,
) -> Result<Vec<FundingPayment>, FundingFileError> {
    let failed = |error: String| FundingFileError::Read { path: path.to_owned(), error };
    let file = opened(path).map_err(|e| failed(e.to_string()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let head = reader.headers().map_err(|e| failed(e.to_string()))?.clone();
    let bare = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let place = |names: &[&str]| head.iter().position(|h| names.contains(&&*bare(h)));
    let missing = |what: &str| {
        let listed: Vec<&str> = head.iter().collect();
        failed(format!("no column is {what}; there is {}", listed.join(", ")))
    };
    let at = place(&TIME).ok_or_else(|| missing("time or fundingTime"))?;
    let (long, short) = match (place(&RATE), place(&["longrate"]), place(&["shortrate"])) {
        (Some(rate), None, None) => (rate, None),
        (None, Some(long), Some(short)) => (long, Some(short)),
        _ => return Err(missing("rate or fundingRate, or both long_rate and short_rate")),
    };
    let mut payments: Vec<FundingPayment> = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| failed(e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |words: String| FundingFileError::Row { path: path.to_owned(), line, words };
        let text = |at: usize| record.get(at).unwrap_or_default();
        let ts = instant(text(at)).ok_or_else(|| {
            wrong(format!("\"{}\" is no time since 1970 and none of RFC 3339", text(at)))
        })?;
        if payments.last().is_some_and(|before| before.ts >= ts) {
            return Err(wrong("times must rise; sort the file and remove repeats".to_owned()));
        }
        let rate = |at: usize| {
            let rate = tickstep_config::exact(text(at)).filter(|rate| rate.abs() < Decimal::ONE);
            let words = || wrong(format!("\"{}\" is no fraction such as 0.0001", text(at)));
            rate.ok_or_else(words)
        };
        let long_rate = rate(long)?;
        let short_rate = short.map_or(Ok(-long_rate), rate)?;
        payments.push(FundingPayment { ts, instrument, long_rate, short_rate });
    }
    Ok(payments)
}

fn instant(text: &str) -> Option<Nanos> {
    let written = || {
        let time: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(time.as_nanosecond()).ok().map(Nanos)
    };
    let ts = time(text).or_else(written)?;
    let hour = Nanos(ts.0.div_euclid(Nanos::HOUR.0) * Nanos::HOUR.0);
    Some(if ts - hour < Nanos::SECOND { hour } else { ts })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ONE: InstrumentId = InstrumentId(1);

    fn read(text: &str) -> Result<Vec<(i64, String, String)>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let name = file.path().display().to_string();
        let read = read_funding(file.path(), ONE);
        let row = |p: FundingPayment| {
            assert_eq!(p.instrument, ONE);
            (p.ts.0 / Nanos::SECOND.0, p.long_rate.to_string(), p.short_rate.to_string())
        };
        read.map(|all| all.into_iter().map(row).collect())
            .map_err(|e| e.to_string().replace(&name, "f.csv"))
    }

    #[test]
    fn a_constant_rate_falls_on_whole_multiples_inside_a_span() {
        let eight = Nanos::HOUR.times(8);
        let all = constant_funding(ONE, Decimal::new(1, 4), eight, (Nanos(0), eight.times(2)));
        let times: Vec<Nanos> = all.iter().map(|p| p.ts).collect();
        assert_eq!(times, [eight, eight.times(2)]);
        assert_eq!(all[0].short_rate, Decimal::new(-1, 4));
    }

    #[test]
    fn exports_of_exchanges_and_plain_files_are_read() {
        let row = |s: i64, long: &str, short: &str| (s, long.to_owned(), short.to_owned());
        let binance = "calc_time,funding_interval_hours,last_funding_rate\n\
                       1690848000007,8,0.00010000\n1690876800000,8,-0.00005\n";
        let wanted = vec![
            row(1_690_848_000, "0.0001", "-0.0001"),
            row(1_690_876_800, "-0.00005", "0.00005"),
        ];
        assert_eq!(read(binance), Ok(wanted));
        let plain = "time,long_rate,short_rate\n2023-08-01T00:00:00Z,0.1,0.2\n";
        assert_eq!(read(plain), Ok(vec![row(1_690_848_000, "0.1", "0.2")]));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_line() {
        for (text, words) in [
            ("time,rate\nnoon,0.1\n", "f.csv:2: \"noon\" is no time"),
            ("time,rate\n1690848060,0.1\n1690848000,0.1\n", "f.csv:3: times must rise"),
            ("time,rate\n1690848000,two\n", "f.csv:2: \"two\" is no fraction"),
            ("time,rate\n1690848000,1.5\n", "f.csv:2: \"1.5\" is no fraction"),
            ("time,long_rate\n1,0.1\n", "no column is rate or fundingRate"),
            ("a,b\n1,2\n", "no column is time or fundingTime; there is a, b"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
