//! The check of data: of files as `tickstep check` does it, or of bars in memory.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::json;
use tickstep_backtest::load::LoadError;
use tickstep_backtest::quality::{
    CheckOptions, InstrumentReport, by_symbol, check_instrument, check_series, distinct,
    file_words, verdict_words,
};

use crate::bars::Bars;
use crate::data_failure::{in_python, refused};
use crate::data_options::options;
use crate::failure::{Class, Failure};
use crate::released::{Watch, released};

/// How far a share of the work is told in.
const PARTS: f64 = 10_000.0;

/// Checks files; the reports as JSON, and in words.
#[pyfunction]
#[pyo3(signature = (files, symbol, stated, *, cases=None, progress=None))]
pub fn check_files(
    py: Python<'_>,
    files: Vec<PathBuf>,
    symbol: Option<String>,
    stated: &Bound<'_, PyDict>,
    cases: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(String, String)> {
    let opts = CheckOptions { load: options(stated)?, cases };
    released(py, progress, |watch: &Watch| {
        let failed = |error: LoadError| refused(error, false, |_| None, |_| None);
        let files = distinct(&files, &opts).map_err(failed)?;
        if files.is_empty() {
            return Err(Failure::new(Class::Data, "there is nothing to check"));
        }
        let groups = match &symbol {
            Some(_) => vec![files],
            None => by_symbol(files, &opts),
        };
        let mut reports = Vec::new();
        for files in &groups {
            let mut at = |share: f64| watch.at((share * PARTS) as u64, PARTS as u64);
            let report = check_instrument(symbol.as_deref(), files, &opts, &mut at);
            reports.push(report.map_err(failed)?);
        }
        Ok(told(&reports))
    })
}

/// Checks bars in memory.
#[pyfunction]
#[pyo3(signature = (bars, *, cases=None))]
pub fn check_bars(
    py: Python<'_>,
    bars: Vec<PyRef<'_, Bars>>,
    cases: Option<usize>,
) -> PyResult<(String, String)> {
    let series: Vec<_> = bars.iter().map(|bars| bars.series.clone()).collect();
    drop(bars);
    released(py, None, |_| {
        let reports = series.iter().map(|series| check_series(series, cases));
        let reports = reports.collect::<Result<Vec<_>, _>>();
        Ok(told(&reports.map_err(|error| refused(error, true, |_| None, |_| None))?))
    })
}

fn told(reports: &[InstrumentReport]) -> (String, String) {
    let mut words = Vec::new();
    for report in reports {
        words.extend(report.files.iter().map(file_words));
        words.push(verdict_words(report));
    }
    let instruments: Vec<_> = reports
        .iter()
        .map(|report| {
            let verdict = verdict_words(report);
            let line = verdict.lines().next().unwrap_or_default();
            let report = in_words_of_python(report.clone());
            json!({ "report": report, "files": report.files, "words": in_python(line) })
        })
        .collect();
    (json!(instruments).to_string(), in_python(&words.join("\n")))
}

fn in_words_of_python(mut report: InstrumentReport) -> InstrumentReport {
    let files = report.files.iter_mut().flat_map(|file| &mut file.findings);
    for finding in files.chain(&mut report.findings) {
        finding.words = in_python(&finding.words);
    }
    report
}
