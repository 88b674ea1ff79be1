//! Writes a run folder: its tables, its figures, the caller's page and the manifest.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tickstep_core::instrument::Instrument;
use tickstep_core::stats::{Stats, TrialSharpes};

use super::columns::{TableColumn, decision_columns, decisions, equity_columns};
use super::columns::{trade_columns, trades};
use super::error::OutputError;
use super::findings::Findings;
use super::manifest::{InstrumentData, Manifest};
use super::read::RunFolder;
use super::staging::{self, Staging};
use super::terms::{StatsFile, terms};
use crate::config::Config;
use crate::run::Run;
use crate::series::Series;

/// Everything that goes into a run folder but its page.
pub struct RunResults<'a> {
    /// The run whose results are written.
    pub run: &'a Run,
    /// Statistics of the run.
    pub stats: &'a Stats,
    /// Instruments in the account's order.
    pub instruments: &'a [Instrument],
    /// Their data, in the same order.
    pub series: &'a [Series],
    /// The configuration, every change applied.
    pub config: &'a Config,
    /// The search that it is the best of, where it is.
    pub search: Option<TrialSharpes>,
    /// Folder that the data's paths start from.
    pub base: &'a Path,
    /// The data that the run was made on, one entry for each instrument.
    pub data: Vec<InstrumentData>,
    /// What was found out beside the tables.
    pub findings: Findings,
}

impl RunResults<'_> {
    /// Writes the run folder `dir` and returns its manifest. `page` draws the report
    /// from the tables as they were written, so that it can be made again from them.
    pub fn write(
        self,
        dir: &Path,
        page: impl FnOnce(&RunFolder) -> String,
    ) -> Result<Manifest, OutputError> {
        staging::check(dir)?;
        let staging = Staging::beside(dir)?;
        let (run, instruments) = (self.run, self.instruments);
        let in_force = terms(self.config, instruments, self.series);
        let written = StatsFile { stats: self.stats.clone(), in_force };
        let mut results = vec![
            staging.file("trades.csv", |w| {
                table(w, "trades.csv", &trade_columns(), trades(run, instruments))
            })?,
            staging.file("equity.csv", |w| {
                table(w, "equity.csv", &equity_columns(), run.equity.iter().copied())
            })?,
            staging.file("decisions.csv", |w| {
                table(w, "decisions.csv", &decision_columns(), decisions(run, instruments))
            })?,
            staging.file("stats.json", |w| json(w, "stats.json", &written))?,
        ];
        if !self.findings.is_empty() {
            let write = |w: &mut dyn Write| json(w, "findings.json", &self.findings);
            results.push(staging.file("findings.json", write)?);
        }
        let mut manifest = Manifest {
            tickstep: env!("CARGO_PKG_VERSION").to_owned(),
            base: staging::relative(dir, self.base)?,
            config: self.config.clone(),
            search: self.search,
            data: self.data,
            results,
        };
        let html = page(&RunFolder::read_with(&staging.dir, manifest.clone())?);
        let write = |w: &mut dyn Write| {
            let fault =
                |e: io::Error| OutputError::Format { name: "report.html", error: e.to_string() };
            w.write_all(html.as_bytes()).map_err(fault)
        };
        manifest.results.push(staging.file("report.html", write)?);
        staging.file("manifest.json", |w| json(w, "manifest.json", &manifest))?;
        staging.commit(dir)?;
        Ok(manifest)
    }
}

/// A CSV file with these columns, a row for each of `rows`.
fn table<R>(
    w: &mut dyn Write,
    name: &'static str,
    columns: &[TableColumn<R>],
    rows: impl Iterator<Item = R>,
) -> Result<(), OutputError> {
    let fault = |e: csv::Error| OutputError::Format { name, error: e.to_string() };
    let mut csv = csv::Writer::from_writer(w);
    csv.write_record(columns.iter().map(|c| c.name)).map_err(fault)?;
    for row in rows {
        csv.write_record(columns.iter().map(|c| c.value(&row).csv(c.kind))).map_err(fault)?;
    }
    csv.flush().map_err(|e| OutputError::Format { name, error: e.to_string() })
}

fn json<T: Serialize>(w: &mut dyn Write, name: &'static str, value: &T) -> Result<(), OutputError> {
    let fault = |error: String| OutputError::Format { name, error };
    serde_json::to_writer_pretty(&mut *w, value).map_err(|e| fault(e.to_string()))?;
    w.write_all(b"\n").map_err(|e| fault(e.to_string()))
}
