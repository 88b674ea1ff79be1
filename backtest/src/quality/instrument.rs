//! The files of one instrument, checked one by one and loaded together as `run` loads them.
//!
//! Whether they can be used is what the loader says of them all, under the same options:
//! the verdict is its own, and its first fault is told in its own words. What is found in
//! and between the files is the detail to it. A detail that would be refused in a file
//! alone and is no fault of the set (one bar whose interval the other files tell) is a
//! warning then.

use std::ops::ControlFlow;
use std::path::PathBuf;

use serde::Serialize;

use super::checked_file::CheckOptions;
use super::finding::{FileReport, FindingKind, QualityFinding, Severity};
use super::set::between;
use crate::load::{self, LoadError, LoadOptions, name_of, remedy};
use crate::series::Series;
use crate::series::repairs::{Repair, Repaired};
use crate::times::utc;

/// What `run` would make of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum LoadVerdict {
    /// They make one series.
    Loads {
        /// Number of bars.
        bars: usize,
        /// Open time of the first.
        first: String,
        /// Open time of the last.
        last: String,
        /// Stretches between which everything starts afresh.
        segments: usize,
        /// Missing bars in all gaps.
        missing: u64,
        /// What the named repairs did.
        #[serde(skip_serializing_if = "Repaired::is_none")]
        repaired: Repaired,
    },
    /// They are refused.
    Refused {
        /// The first fault, in the words of the loader.
        fault: String,
        /// The repairs with which they load, that of the first fault first; empty where
        /// there are none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        repairs: Vec<Repair>,
    },
}

/// What is known of the files of one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstrumentReport {
    /// Name of the instrument; `None` where nobody states it and no file tells it.
    pub symbol: Option<String>,
    /// What `run` would make of them.
    #[serde(flatten)]
    pub verdict: LoadVerdict,
    /// Each file on its own.
    #[serde(skip)]
    pub files: Vec<FileReport>,
    /// Between the files.
    pub findings: Vec<QualityFinding>,
}

impl InstrumentReport {
    /// How many findings are of a severity, in and between the files.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let own: usize = self.files.iter().map(|file| file.count(severity)).sum();
        own + self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether `run` would take the files.
    #[must_use]
    pub const fn loads(&self) -> bool {
        matches!(self.verdict, LoadVerdict::Loads { .. })
    }
}

/// Checks the files of one instrument. `progress` is told the share that is done, and may
/// stop it ([`LoadError::Cancelled`], the only error).
///
/// ```
/// use std::ops::ControlFlow;
/// use tickstep_backtest::quality::{CheckOptions, LoadVerdict, check_instrument};
///
/// let dir = tempfile::tempdir()?;
/// let rows = |from: i64, step: i64| {
///     let row = |i| format!("{},4.25,4.26,4.25,4.25,10\n", from + i * step);
///     "open_time,open,high,low,close,volume\n".to_owned() + &(0..5).map(row).collect::<String>()
/// };
/// let files = [dir.path().join("FILUSDT-1m.csv"), dir.path().join("FILUSDT-5m.csv")];
/// std::fs::write(&files[0], rows(1_690_848_000, 60))?;
/// std::fs::write(&files[1], rows(1_690_934_400, 300))?;
/// let opts = CheckOptions::default();
/// let report = check_instrument(None, &files, &opts, &mut |_| ControlFlow::Continue(()))?;
/// let LoadVerdict::Refused { fault, .. } = &report.verdict else { return Err("it loads".into()) };
/// assert!(fault.contains("bars of 1m") && fault.contains("of 5m"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_instrument(
    symbol: Option<&str>,
    files: &[PathBuf],
    opts: &CheckOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<InstrumentReport, LoadError> {
    let named = symbol.map_or_else(|| name_of(files, &opts.load).ok(), |s| Some(s.to_owned()));
    let opts = &of_instrument(opts, named.as_ref());
    // Half of the work is to look at the files, half to load them.
    let whole_work = 2.0 * files.len().max(1) as f64;
    let mut reports = Vec::with_capacity(files.len());
    for (i, file) in files.iter().enumerate() {
        let mut at = |share: f64| progress((i as f64 + share) / whole_work);
        reports.push(super::check(file, opts, &mut at)?);
    }
    let name = named.as_deref();
    let segments = [files.to_vec()];
    let loaded = load::load(name, &segments, &opts.load, &mut |p| {
        progress(0.5 + 0.5 * p.bytes as f64 / p.total.max(1) as f64)
    });
    let mut refused = |error: &LoadError| {
        let repairs = remedy(error, |repairs| {
            let mut opts = opts.load.clone();
            opts.repairs.extend(repairs);
            load::load(name, &segments, &opts, &mut |_| progress(1.0)).err()
        });
        LoadVerdict::Refused { fault: error.to_string(), repairs }
    };
    let mut findings = between(&reports);
    let loaded = match loaded {
        Err(LoadError::Cancelled) => return Err(LoadError::Cancelled),
        loaded => loaded,
    };
    let (symbol, verdict) = match loaded {
        Ok(series) => (Some(series.symbol().to_owned()), loads(&series)),
        Err(error) => (named.clone(), refused(&error)),
    };
    match &verdict {
        LoadVerdict::Loads { .. } => {
            reports.iter_mut().for_each(FileReport::soften);
            soften(&mut findings);
        }
        LoadVerdict::Refused { fault, repairs } => {
            let told = findings.iter().chain(reports.iter().flat_map(|r| &r.findings));
            if !told.clone().any(|f| f.severity == Severity::Error) {
                findings.push(QualityFinding {
                    kind: FindingKind::Refused,
                    severity: Severity::Error,
                    count: 1,
                    words: fault.clone(),
                    repairs: repairs.clone(),
                    cases: Vec::new(),
                });
            }
        }
    }
    findings.sort_by_key(|f| (f.severity, f.kind as u8));
    Ok(InstrumentReport { symbol, verdict, files: reports, findings })
}

/// The rows of the instrument are looked at, where a file tells several apart.
/// Checks bars that are in memory: what loads but may not be what it seems, and what is worth
/// knowing. `cases` are listed of each finding; all when absent.
pub fn check_series(series: &Series, cases: Option<usize>) -> Result<InstrumentReport, LoadError> {
    let opts = CheckOptions { cases, ..CheckOptions::default() };
    let mut report = super::of_series(series, &opts)?;
    report.soften();
    Ok(InstrumentReport {
        symbol: Some(series.symbol().to_owned()),
        verdict: loads(series),
        files: vec![report],
        findings: Vec::new(),
    })
}

fn of_instrument(opts: &CheckOptions, symbol: Option<&String>) -> CheckOptions {
    let instrument = opts.load.instrument.clone().or_else(|| symbol.cloned());
    CheckOptions { load: LoadOptions { instrument, ..opts.load.clone() }, ..opts.clone() }
}

fn loads(series: &Series) -> LoadVerdict {
    let time = |bar: Option<&tickstep_core::event::Bar>| {
        bar.map_or_else(String::new, |bar| utc(bar.ts_open))
    };
    LoadVerdict::Loads {
        bars: series.bars().len(),
        first: time(series.bars().first()),
        last: time(series.bars().last()),
        segments: series.segments().len(),
        missing: series.gaps().iter().map(|gap| gap.missing).sum(),
        repaired: series.all_repaired(),
    }
}

/// What the loader takes is no error.
fn soften(findings: &mut [QualityFinding]) {
    for finding in findings.iter_mut().filter(|f| f.severity == Severity::Error) {
        finding.severity = Severity::Warning;
    }
}

impl FileReport {
    fn soften(&mut self) {
        soften(&mut self.findings);
        self.findings.sort_by_key(|f| (f.severity, f.kind as u8));
    }
}
