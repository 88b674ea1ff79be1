//! What a careful person wants to know before trusting a file.
//!
//! The check reads a file as it stands and stops at nothing: it counts what the
//! loader would refuse (errors), what loads but may not be what it seems
//! (warnings), and what is worth knowing (notes). Errors and refusals are the
//! same thing: files without an error load under the same options, because the
//! verdict on the files of an instrument is the loader's own ([`check_instrument`]).
//!
//! Known limits: the thresholds of jumps and changes (see `moves` and `shift`)
//! find what stands out of its surroundings; data that is wrong everywhere looks
//! the same everywhere. Whether prices are those of the market is not known here.

mod checked_file;
mod finding;
mod groups;
mod instrument;
mod moves;
mod set;
mod shift;
mod times;
mod values;
mod words;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub use checked_file::CheckOptions;
pub use finding::{FileReport, FindingCase, FindingKind, QualityFinding, Severity};
pub use groups::by_symbol;
pub use instrument::{InstrumentReport, LoadVerdict, check_instrument, check_series};
pub use set::between;
pub use words::{file_words, verdict_words};

use crate::load::{
    Format, LoadError, RawFile, RawRow, RawRows, Recognised, judge, primary, raw_of_series,
    read_raw, recognise,
};
use crate::series::Series;
use crate::series::layout::TimeLayout;
use crate::series::repairs::Repaired;
use crate::times::{length, utc};
use checked_file::CheckedFile;
use finding::whole;
use tickstep_core::units::Nanos;

/// The files to check one by one: of a bid and an ask that are read together, one.
pub fn distinct(files: &[PathBuf], opts: &CheckOptions) -> Result<Vec<PathBuf>, LoadError> {
    primary(files, opts.load.format.as_ref())
}

/// Checks one file. `progress` is told the share that is read, and may stop it
/// ([`LoadError::Cancelled`], the only error): whatever is wrong with the file is
/// in the report.
///
/// ```
/// use std::ops::ControlFlow;
/// use tickstep_backtest::quality::{CheckOptions, FindingKind, check};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("FILUSDT-1m.csv");
/// let rows = "open_time,open,high,low,close,volume\n\
///             1690848000000,4.25,4.26,4.25,4.25,10\n\
///             1690848060000,4.25,4.25,4.25,4.25,0\n\
///             1690848240000,4.25,4.24,4.25,4.25,3\n";
/// std::fs::write(&file, rows)?;
/// let report = check(&file, &CheckOptions::default(), &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!((report.bars, report.missing, report.zero_volume), (3, 2, 1));
/// let invalid = report.finding(FindingKind::InvalidCandle).ok_or("not found")?;
/// assert!(invalid.cases[0].place.ends_with("FILUSDT-1m.csv:4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(
    file: &Path,
    opts: &CheckOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<FileReport, LoadError> {
    let path = file.display().to_string();
    let read = read_raw(file, &path, &opts.load, progress);
    let read = match read {
        Err(LoadError::Cancelled) => return Err(LoadError::Cancelled),
        Err(error) => {
            let mut report = unreadable(path, &error);
            likely(file, opts, &mut report);
            return Ok(report);
        }
        Ok(read) => read,
    };
    let mut report = report(path, &read, opts);
    likely(file, opts, &mut report);
    Ok(report)
}

/// Checks bars that are in memory, under their symbol: they are sound, and may still not be
/// what they seem.
fn of_series(series: &Series, opts: &CheckOptions) -> Result<FileReport, LoadError> {
    let raw = raw_of_series(series)?;
    Ok(report(series.symbol().to_owned(), &raw, opts))
}

/// Says what a file that does not load as it is seems to be.
fn likely(file: &Path, opts: &CheckOptions, report: &mut FileReport) {
    if opts.load.format.is_some() || report.count(Severity::Error) == 0 {
        return;
    }
    let seems = match recognise(file) {
        Some(Recognised::Bars(mut likely)) => {
            // Rows that are read as they are need no format, unless one mends what is wrong.
            likely.retain(|format| report.bars == 0 || !format.has_invalid);
            if likely.is_empty() {
                return;
            }
            Recognised::Bars(likely)
        }
        Some(other) => other,
        None => return,
    };
    let words = seems.words();
    report.findings.push(note(FindingKind::LikelyFormat, words));
}

fn report(path: String, read: &RawFile, opts: &CheckOptions) -> FileReport {
    let raw = &read.rows;
    let mut sorted = raw.rows.clone();
    sorted.sort_by_key(|row| row.ts);
    let mut sound: Vec<RawRow> = sorted.iter().copied().filter(RawRow::is_candle).collect();
    sound.dedup_by_key(|row| row.ts);
    let stated = opts
        .load
        .interval
        .or(opts.load.format.as_ref().and_then(Format::interval))
        .or(read.interval);
    let all: Vec<Nanos> = sorted.iter().map(|row| row.ts).collect();
    let times = opts.load.stated(read.interval, read.market.as_ref(), raw.reader.stamps());
    let layout = TimeLayout::of(&all, times);
    let interval = layout.as_ref().map(|layout| layout.interval().nominal()).or(stated);
    let file = CheckedFile {
        raw,
        sorted: &sorted,
        sound: &sound,
        opts,
        interval,
        layout: layout.as_ref(),
    };
    let judged = judge(raw, &opts.load, stated);
    let mut findings = Vec::new();
    let gaps = times::check(&file, &mut findings);
    let volumes = values::check(&file, &mut findings);
    moves::check(&file, &mut findings);
    shift::check(&file, &mut findings);
    if read.empty > 0 {
        findings.push(QualityFinding {
            kind: FindingKind::EmptyList,
            severity: Severity::Note,
            count: read.empty as u64,
            words: format!("{} lists hold no bar", read.empty),
            repairs: Vec::new(),
            cases: Vec::new(),
        });
    }
    manner(raw, &mut findings);
    if let Err(error) = &judged
        && !findings.iter().any(|f| f.severity == Severity::Error)
    {
        findings.push(whole(FindingKind::Refused, error));
    }
    findings.sort_by_key(|f| (f.severity, f.kind as u8));
    let (tick_size, volume_step) = values::steps(&file);
    FileReport {
        path,
        sha256: read.sha256.clone(),
        bars: raw.rows.len() as u64,
        first: sorted.first().map(|row| utc(row.ts)),
        last: sorted.last().map(|row| utc(row.ts)),
        interval_ns: interval.map(|i| i.0),
        bar: layout.as_ref().map(|layout| length(layout.interval())),
        calendar: layout.as_ref().map(|layout| layout.market.name().to_owned()),
        tick_size,
        volume_step,
        with_taker: raw.rows.iter().filter(|row| row.taker.is_some()).count() as u64,
        missing: gaps.missing,
        longest_gap: gaps.longest,
        zero_volume: volumes.zero,
        filler: volumes.filler,
        repaired: read.repaired,
        findings,
    }
}

/// How the text of a file was read, and whose clock its times are by.
fn manner(raw: &RawRows, findings: &mut Vec<QualityFinding>) {
    let taken = &raw.reader.origin.taken;
    if !taken.is_empty() {
        findings.push(note(FindingKind::ReadAs, taken.join("; ")));
    }
    if let Some(words) = raw.reader.stamps().words() {
        findings.push(note(FindingKind::ClockUnnamed, words.to_owned()));
    }
}

/// Something worth knowing about the whole file.
fn note(kind: FindingKind, words: String) -> QualityFinding {
    let (severity, repairs, cases) = (Severity::Note, Vec::new(), Vec::new());
    QualityFinding { kind, severity, count: 1, words, repairs, cases }
}

fn unreadable(path: String, error: &LoadError) -> FileReport {
    FileReport {
        path,
        sha256: String::new(),
        bars: 0,
        first: None,
        last: None,
        interval_ns: None,
        bar: None,
        calendar: None,
        tick_size: None,
        volume_step: None,
        with_taker: 0,
        missing: 0,
        longest_gap: 0,
        zero_volume: 0,
        filler: 0,
        repaired: Repaired::default(),
        findings: vec![whole(FindingKind::UnreadableFile, error)],
    }
}
