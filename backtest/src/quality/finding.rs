//! What a check tells of a file.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::load::LoadError;
use crate::series::repairs::{Repair, Repaired};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// `run` refuses the file.
    Error,
    /// It loads, and should be looked at.
    Warning,
    /// It loads as it is; worth knowing.
    Note,
}

/// Which defect or peculiarity of the data was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
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
    /// Rows outside the trading hours of the calendar.
    OutsideHours,
    /// Prices that are no multiple of the stated tick.
    OffGrid,
    /// Files of one instrument that share a stretch of time.
    Overlap,
    /// Files of one instrument that differ in what they hold.
    FilesDiffer,
    /// The loader refuses the file for another reason.
    Refused,
    /// Bars are missing.
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
    /// Bars have no volume.
    ZeroVolume,
    /// All prices lie on a coarser grid than their decimals say.
    CoarserGrid,
    /// There is no taker-buy volume.
    NoTaker,
    /// The volume is not what was traded.
    VolumeMeaning,
    /// Lists without a bar.
    EmptyList,
    /// The open times show when the market trades.
    Calendar,
    /// How the text was read, where not as in every file.
    ReadAs,
    /// Times without a zone, and what they were taken for.
    ClockUnnamed,
    /// What a file that does not load seems to be.
    LikelyFormat,
}

impl FindingKind {
    /// Name of the finding in the report and in JSON.
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
            Self::OutsideHours => "outside-hours",
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
            Self::Calendar => "calendar",
            Self::ReadAs => "read-as",
            Self::ClockUnnamed => "clock-unnamed",
            Self::LikelyFormat => "likely-format",
        }
    }
}

/// One case of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingCase {
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
    /// What is there, in words.
    pub what: String,
}

/// All cases of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QualityFinding {
    /// Which defect or peculiarity it is.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// Number of cases.
    pub count: u64,
    /// The finding in words.
    pub words: String,
    /// The repairs that would mend it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Repair>,
    /// The first cases, or those that matter most, as many as asked for.
    pub cases: Vec<FindingCase>,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Path of the file, as it was named.
    pub path: String,
    /// SHA-256 of the bytes as stored, in hex.
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
    /// The same in words: `1m`, `1 day`.
    pub bar: Option<String>,
    /// Name of the calendar of the market, stated or told by the open times.
    pub calendar: Option<String>,
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
    pub findings: Vec<QualityFinding>,
}

impl FileReport {
    /// How many findings are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// The finding of a kind.
    #[must_use]
    pub fn finding(&self, kind: FindingKind) -> Option<&QualityFinding> {
        self.findings.iter().find(|f| f.kind == kind)
    }
}

/// A finding about the whole file.
pub(super) fn whole(kind: FindingKind, error: &LoadError) -> QualityFinding {
    QualityFinding {
        kind,
        severity: Severity::Error,
        count: 1,
        words: error.to_string(),
        repairs: error.repair().into_iter().collect(),
        cases: Vec::new(),
    }
}
