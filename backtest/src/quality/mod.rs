//! What a careful person wants to know before trusting a file.
//!
//! The check reads a file as it stands and stops at nothing: it counts what the
//! loader would refuse (errors), what loads but may not be what it seems
//! (warnings), and what is worth knowing (notes). Errors and refusals are the
//! same thing: a file without an error loads under the same options, because it
//! is put through the loader's own rules at the end.
//!
//! Known limits: the thresholds of jumps and changes (see `moves` and `shift`)
//! find what stands out of its surroundings; data that is wrong everywhere looks
//! the same everywhere. Whether prices are those of the market is not known here.

mod moves;
mod set;
mod shift;
mod times;
mod values;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

pub use set::between;

use crate::load::{
    Draft, DraftRow, Format, LenientFile, LoadError, LoadOptions, Repair, Repaired, draft_of,
    is_candle, judge, primary, utc,
};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// `run` refuses the file.
    Error,
    /// It loads, and should be looked at.
    Warning,
    /// Worth knowing.
    Note,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The file cannot be read at all.
    UnreadableFile,
    /// Rows that cannot be read.
    UnreadableRow,
    /// Times in more than one unit.
    MixedUnits,
    /// Rows that open before a row ahead of them.
    OutOfOrder,
    /// The same row again.
    Duplicate,
    /// Another row at the same time.
    Conflict,
    /// Open or close outside low..high, a price not above 0, a volume below 0.
    InvalidCandle,
    /// Taker-buy volume above the volume.
    TakerAboveVolume,
    /// Some rows have taker-buy volume and some have not.
    TakerPartlyMissing,
    /// Rows that do not open a whole number of intervals after the others.
    OffInterval,
    /// Prices that are no multiple of the stated tick.
    OffGrid,
    /// Files of one instrument that share a stretch of time.
    Overlap,
    /// Files of one instrument that differ in what they hold.
    FilesDiffer,
    /// The loader refuses the file for another reason.
    Refused,
    /// Missing bars.
    Gap,
    /// Runs of bars without volume that repeat the close before.
    FillerRun,
    /// Returns beyond the threshold.
    Jump,
    /// Wicks beyond the threshold.
    Spike,
    /// Places where venue, scale or layout seems to change.
    Change,
    /// A few prices with more decimals than the others.
    OddDecimals,
    /// Bars without volume.
    ZeroVolume,
    /// All prices lie on a coarser grid than their decimals say.
    CoarserGrid,
    /// There is no taker-buy volume.
    NoTaker,
    /// The volume is not what was traded.
    VolumeMeaning,
    /// Lists without a bar.
    EmptyList,
}

impl Kind {
    /// Its name in the report and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnreadableFile => "unreadable-file",
            Self::UnreadableRow => "unreadable-row",
            Self::MixedUnits => "mixed-units",
            Self::OutOfOrder => "out-of-order",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::InvalidCandle => "invalid-candle",
            Self::TakerAboveVolume => "taker-above-volume",
            Self::TakerPartlyMissing => "taker-partly-missing",
            Self::OffInterval => "off-interval",
            Self::OffGrid => "off-grid",
            Self::Overlap => "overlap",
            Self::FilesDiffer => "files-differ",
            Self::Refused => "refused",
            Self::Gap => "gap",
            Self::FillerRun => "filler-run",
            Self::Jump => "jump",
            Self::Spike => "spike",
            Self::Change => "change",
            Self::OddDecimals => "odd-decimals",
            Self::ZeroVolume => "zero-volume",
            Self::CoarserGrid => "coarser-grid",
            Self::NoTaker => "no-taker",
            Self::VolumeMeaning => "volume-meaning",
            Self::EmptyList => "empty-list",
        }
    }
}

/// One case of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// File and line, or row.
    pub place: String,
    /// Open time of the bar, where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Open time of the last bar concerned, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many bars it concerns, where not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<u64>,
    /// What is there.
    pub what: String,
}

/// All cases of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which kind.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// How many cases there are.
    pub count: u64,
    /// The finding in words.
    pub words: String,
    /// The repairs that would mend it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Repair>,
    /// The first cases, or those that matter most, as many as asked for.
    pub cases: Vec<Case>,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// As it was named.
    pub path: String,
    /// Of the bytes as stored, hex.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// Rows that can be read.
    pub bars: u64,
    /// Open time of the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Open time of the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Length of a bar in nanoseconds: the most frequent difference of open times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ns: Option<i64>,
    /// Price step, stated or told by the decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick_size: Option<Decimal>,
    /// Volume step, stated or told by the decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_step: Option<Decimal>,
    /// Bars with taker-buy volume.
    pub with_taker: u64,
    /// Missing bars in all gaps.
    pub missing: u64,
    /// Missing bars in the longest gap.
    pub longest_gap: u64,
    /// Bars without volume.
    pub zero_volume: u64,
    /// Bars without volume that repeat the close before.
    pub filler: u64,
    /// What repairs did before the check, where any were named.
    #[serde(skip_serializing_if = "Repaired::is_none")]
    pub repaired: Repaired,
    /// What was found, errors first.
    pub findings: Vec<Finding>,
}

impl FileReport {
    /// How many findings are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// The finding of a kind.
    #[must_use]
    pub fn finding(&self, kind: Kind) -> Option<&Finding> {
        self.findings.iter().find(|f| f.kind == kind)
    }
}

/// How a file is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// What is stated of the data; repairs are made before the check.
    pub load: LoadOptions,
    /// How many cases of a finding are listed; all when absent.
    pub cases: Option<usize>,
}

/// Everything that the parts of the check look at.
struct Look<'a> {
    draft: &'a Draft,
    /// Rows by open time; rows at one time in the file's order.
    sorted: &'a [DraftRow],
    /// Rows by open time that are candles, one for each time.
    sound: &'a [DraftRow],
    opts: &'a CheckOptions,
    interval: Option<Nanos>,
}

impl Look<'_> {
    fn case(&self, row: &DraftRow, what: String) -> Case {
        let place = self.draft.reader.origin.place(row.number).to_string();
        Case { place, time: Some(utc(row.ts)), until: None, bars: None, what }
    }

    /// The first of many cases.
    fn first<T>(&self, all: &[T], mut case: impl FnMut(&T) -> Case) -> Vec<Case> {
        let most = self.opts.cases.unwrap_or(usize::MAX);
        all.iter().take(most).map(&mut case).collect()
    }
}

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
/// use tickstep_backtest::quality::{CheckOptions, Kind, check};
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
/// let invalid = report.finding(Kind::InvalidCandle).ok_or("not found")?;
/// assert!(invalid.cases[0].place.ends_with("FILUSDT-1m.csv:4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(
    file: &Path,
    opts: &CheckOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<FileReport, LoadError> {
    let path = file.display().to_string();
    let read = draft_of(file, &path, &opts.load, progress);
    let read = match read {
        Err(LoadError::Cancelled) => return Err(LoadError::Cancelled),
        Err(error) => return Ok(unreadable(path, &error)),
        Ok(read) => read,
    };
    Ok(report(path, &read, opts))
}

fn report(path: String, read: &LenientFile, opts: &CheckOptions) -> FileReport {
    let draft = &read.draft;
    let mut sorted = draft.rows.clone();
    sorted.sort_by_key(|row| row.ts);
    let mut sound: Vec<DraftRow> = sorted.iter().copied().filter(is_candle).collect();
    sound.dedup_by_key(|row| row.ts);
    let stated = opts
        .load
        .interval
        .or(opts.load.format.as_ref().and_then(Format::interval))
        .or(read.interval);
    let interval = stated.or_else(|| times::usual(&sorted));
    let look = Look { draft, sorted: &sorted, sound: &sound, opts, interval };
    let judged = judge(draft, &opts.load, stated);
    let mut findings = Vec::new();
    let gaps = times::look(&look, judged.as_ref().err(), &mut findings);
    let volumes = values::look(&look, &mut findings);
    moves::look(&look, &mut findings);
    shift::look(&look, &mut findings);
    if read.empty > 0 {
        findings.push(Finding {
            kind: Kind::EmptyList,
            severity: Severity::Note,
            count: read.empty as u64,
            words: format!("{} lists hold no bar", read.empty),
            repairs: Vec::new(),
            cases: Vec::new(),
        });
    }
    if let Err(error) = &judged
        && !findings.iter().any(|f| f.severity == Severity::Error)
    {
        findings.push(whole(Kind::Refused, error));
    }
    findings.sort_by_key(|f| (f.severity, f.kind as u8));
    let (tick_size, volume_step) = values::steps(&look);
    FileReport {
        path,
        sha256: read.sha256.clone(),
        bars: draft.rows.len() as u64,
        first: sorted.first().map(|row| utc(row.ts)),
        last: sorted.last().map(|row| utc(row.ts)),
        interval_ns: interval.map(|i| i.0),
        tick_size,
        volume_step,
        with_taker: draft.rows.iter().filter(|row| row.taker.is_some()).count() as u64,
        missing: gaps.missing,
        longest_gap: gaps.longest,
        zero_volume: volumes.zero,
        filler: volumes.filler,
        repaired: read.repaired,
        findings,
    }
}

/// A finding about the whole file.
fn whole(kind: Kind, error: &LoadError) -> Finding {
    Finding {
        kind,
        severity: Severity::Error,
        count: 1,
        words: error.to_string(),
        repairs: error.repair().into_iter().collect(),
        cases: Vec::new(),
    }
}

fn unreadable(path: String, error: &LoadError) -> FileReport {
    FileReport {
        path,
        sha256: String::new(),
        bars: 0,
        first: None,
        last: None,
        interval_ns: None,
        tick_size: None,
        volume_step: None,
        with_taker: 0,
        missing: 0,
        longest_gap: 0,
        zero_volume: 0,
        filler: 0,
        repaired: Repaired::default(),
        findings: vec![whole(Kind::UnreadableFile, error)],
    }
}
