//! The run folder: `trades.csv`, `equity.csv`, `decisions.csv`, `stats.json`,
//! `report.html` and `manifest.json`, and `findings.json` where there are any.
//!
//! Everything is written beside the folder first and moved into place at the
//! end, so that a folder holds a whole run or none; a folder that is not a run is
//! never touched. The bytes are a function of the configuration, the data and
//! the version alone: no clock, host or absolute path gets in.

mod read;
mod staging;

use std::io::{self, Read, Write};
use std::path::Path;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tickstep_core::decision::Outcome;
use tickstep_core::instrument::Instrument;
use tickstep_core::order::OrderId;
use tickstep_core::units::{Nanos, Ticks};

use crate::config::Config;
use crate::load::Repaired;
use crate::report::{Lang, Prices, ReportInput};
use crate::run::Run;
use crate::series::{Series, Source};
use crate::stats::{Search, Stats};
pub(crate) use read::{DecisionRow, EquityRow, TradeRow};
pub use read::{Findings, FolderError, RunFolder};
use staging::Staging;
pub use staging::check;
pub(crate) use staging::relative;

/// What a run was made from, enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of tickstep.
    pub tickstep: String,
    /// Folder that the data's paths start from, seen from the run folder.
    pub base: String,
    /// The configuration, every change applied.
    pub config: Config,
    /// The search that the run is the best of, where it is: its figures know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// The data files, with the SHA-256 of their bytes.
    pub data: Vec<InstrumentData>,
    /// SHA-256 of each result file.
    pub results: Vec<ResultFile>,
}

impl Manifest {
    /// The files of the run folder, the manifest last.
    #[must_use]
    pub fn names(&self) -> String {
        let names = self.results.iter().map(|r| r.name.as_str());
        names.chain(["manifest.json"]).collect::<Vec<_>>().join(", ")
    }
}

/// The data of one instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentData {
    /// Instrument.
    pub symbol: String,
    /// Price step used.
    pub tick_size: Decimal,
    /// Quantity step used.
    pub lot_step: Decimal,
    /// What named repairs and roundings changed in it.
    #[serde(default, skip_serializing_if = "Repaired::is_none")]
    pub repaired: Repaired,
    /// Its files.
    pub files: Vec<DataFile>,
}

/// One data file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// From the manifest's base on.
    pub path: String,
    /// SHA-256 of its bytes as they lie on the disk, hex.
    pub sha256: String,
    /// Bars in it.
    pub bars: usize,
    /// Open time of the first.
    pub first: String,
    /// Open time of the last.
    pub last: String,
}

impl DataFile {
    /// A source, with its path relative to `base`.
    #[must_use]
    pub fn of(source: &Source, base: &Path) -> Self {
        let path = Path::new(&source.path);
        Self {
            path: path.strip_prefix(base).unwrap_or(path).display().to_string(),
            sha256: source.sha256.clone(),
            bars: source.rows,
            first: time(source.first),
            last: time(source.last),
        }
    }
}

/// One file of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// Name within the run folder.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// SHA-256 of a file's bytes, hex.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut bytes = vec![0; 1 << 16];
    loop {
        match file.read(&mut bytes)? {
            0 => break,
            n => hash.update(&bytes[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// A run folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The disk or its rights.
    #[error(
        "{path}: {error}; check the disk's space and rights, or name another folder with --out"
    )]
    Io {
        /// File or folder.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// What was written cannot be read back for the report.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder holds something else.
    #[error("{0} is not a run folder (it holds something else); name another with --out")]
    NotARun(String),
    /// A table or document cannot be formed.
    #[error("{name}: {error}")]
    Format {
        /// Result file.
        name: &'static str,
        /// What is wrong.
        error: String,
    },
}

/// Everything that goes into a run folder.
pub struct Results<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its statistics.
    pub stats: &'a Stats,
    /// Instruments in the account's order.
    pub instruments: &'a [Instrument],
    /// The configuration, every change applied.
    pub config: &'a Config,
    /// The search that it is the best of, where it is.
    pub search: Option<Search>,
    /// Folder that the data's paths start from.
    pub base: &'a Path,
    /// The data.
    pub data: Vec<InstrumentData>,
    /// Its bars, for the report.
    pub series: &'a [Series],
    /// What was found out beside the tables.
    pub findings: Findings,
    /// Zone of the report's times.
    pub zone: jiff::tz::TimeZone,
}

impl Results<'_> {
    /// Writes the run folder `dir` and returns its manifest.
    pub fn write(self, dir: &Path) -> Result<Manifest, OutputError> {
        staging::check(dir)?;
        let staging = Staging::beside(dir)?;
        let mut results = vec![
            staging.file("trades.csv", |w| self.trades(w))?,
            staging.file("equity.csv", |w| self.equity(w))?,
            staging.file("decisions.csv", |w| self.decisions(w))?,
            staging.file("stats.json", |w| json(w, "stats.json", self.stats))?,
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
            data: self.data.clone(),
            results,
        };
        // From the files, not from what made them: so `tickstep report` makes the same page.
        let report = ReportInput {
            run: &RunFolder::read_with(&staging.dir, manifest.clone())?,
            prices: Prices::Loaded(self.series),
            lang: Lang::En,
            zone: self.zone.clone(),
        };
        let page = |w: &mut dyn Write| {
            let fault =
                |e: io::Error| OutputError::Format { name: "report.html", error: e.to_string() };
            w.write_all(report.html().as_bytes()).map_err(fault)
        };
        manifest.results.push(staging.file("report.html", page)?);
        staging.file("manifest.json", |w| json(w, "manifest.json", &manifest))?;
        staging.commit(dir)?;
        Ok(manifest)
    }

    fn trades(&self, w: &mut dyn Write) -> Result<(), OutputError> {
        let mut csv = Table::new("trades.csv", w);
        csv.row(TRADES_HEAD)?;
        for (n, t) in self.run.trades.iter().enumerate() {
            let instrument = &self.instruments[t.instrument.index()];
            csv.row([
                (n + 1).to_string(),
                instrument.symbol().to_owned(),
                self.run.slots[t.slot.index()].0.clone(),
                t.side.position_word().to_owned(),
                time(t.entry_ts),
                time(t.exit_ts),
                t.entry_price.to_string(),
                t.exit_price.to_string(),
                instrument.qty(t.lots).to_string(),
                t.gross.normalize().to_string(),
                t.fees.normalize().to_string(),
                t.funding.normalize().to_string(),
                t.slippage.normalize().to_string(),
                t.net.normalize().to_string(),
                t.exit.name().to_owned(),
                t.initial_risk.map_or_else(String::new, |r| r.normalize().to_string()),
                format!("{:.4}", t.mae * 1e4),
                format!("{:.4}", t.mfe * 1e4),
                t.ambiguous.to_string(),
            ])?;
        }
        csv.end()
    }

    fn equity(&self, w: &mut dyn Write) -> Result<(), OutputError> {
        let mut csv = Table::new("equity.csv", w);
        csv.row(["time", "equity"])?;
        for point in &self.run.equity {
            csv.row([time(point.ts), point.equity.normalize().to_string()])?;
        }
        csv.end()
    }

    fn decisions(&self, w: &mut dyn Write) -> Result<(), OutputError> {
        let mut csv = Table::new("decisions.csv", w);
        csv.row(DECISIONS_HEAD)?;
        for d in &self.run.decisions {
            let instrument = &self.instruments[d.instrument.index()];
            let price = |px: Ticks| instrument.price(px).to_string();
            let (outcome, rule, order) = fate(d.outcome);
            csv.row([
                time(d.ts),
                instrument.symbol().to_owned(),
                self.run.slots[d.slot.index()].0.clone(),
                d.action.name().to_owned(),
                d.side.position_word().to_owned(),
                price(d.px),
                d.lots.map_or_else(String::new, |l| instrument.qty(l).to_string()),
                d.bracket.stop.map_or_else(String::new, price),
                d.bracket.target.map_or_else(String::new, price),
                d.confidence.map_or_else(String::new, |c| format!("{c:.4}")),
                d.exit.map_or_else(String::new, |e| e.name().to_owned()),
                d.reason.to_string(),
                outcome.to_owned(),
                rule.to_owned(),
                order.map_or_else(String::new, |o| o.0.to_string()),
            ])?;
        }
        csv.end()
    }
}

/// What a run folder may hold, in the order it is put in place.
const FILES: [&str; 7] = [
    "trades.csv",
    "equity.csv",
    "decisions.csv",
    "stats.json",
    "findings.json",
    "report.html",
    "manifest.json",
];

const TRADES_HEAD: [&str; 19] = [
    "trade",
    "instrument",
    "strategy",
    "side",
    "entry_time",
    "exit_time",
    "entry_price",
    "exit_price",
    "quantity",
    "gross_pnl",
    "fees",
    "funding",
    "slippage",
    "net_pnl",
    "exit_reason",
    "initial_risk",
    "mae_bps",
    "mfe_bps",
    "ambiguous",
];

const DECISIONS_HEAD: [&str; 15] = [
    "time",
    "instrument",
    "strategy",
    "action",
    "side",
    "price",
    "quantity",
    "stop",
    "target",
    "confidence",
    "exit_reason",
    "reason",
    "outcome",
    "rule",
    "order",
];

/// What became of a decision: in a word, by which rule, and its order.
#[must_use]
pub fn fate(outcome: Outcome) -> (&'static str, &'static str, Option<OrderId>) {
    match outcome {
        Outcome::Sent(order) => ("sent", "", Some(order)),
        Outcome::AlreadyThere => ("ignored", "already_there", None),
        Outcome::Refused(rule) => ("refused", rule.name(), None),
        Outcome::Unfilled(order, why) => ("unfilled", why.name(), Some(order)),
    }
}

/// RFC 3339, UTC, as many decimals of a second as there are.
#[must_use]
pub fn time(ts: Nanos) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ts.0))
        .map_or_else(|_| ts.0.to_string(), |t| t.to_string())
}

struct Table<'w> {
    name: &'static str,
    csv: csv::Writer<&'w mut dyn Write>,
}

impl<'w> Table<'w> {
    fn new(name: &'static str, w: &'w mut dyn Write) -> Self {
        Self { name, csv: csv::Writer::from_writer(w) }
    }

    fn row<I, T>(&mut self, fields: I) -> Result<(), OutputError>
    where
        I: IntoIterator<Item = T>,
        T: AsRef<[u8]>,
    {
        let name = self.name;
        self.csv
            .write_record(fields)
            .map_err(|e| OutputError::Format { name, error: e.to_string() })
    }

    fn end(mut self) -> Result<(), OutputError> {
        let name = self.name;
        self.csv.flush().map_err(|e| OutputError::Format { name, error: e.to_string() })
    }
}

fn json<T: Serialize>(w: &mut dyn Write, name: &'static str, value: &T) -> Result<(), OutputError> {
    let fault = |error: String| OutputError::Format { name, error };
    serde_json::to_writer_pretty(&mut *w, value).map_err(|e| fault(e.to_string()))?;
    w.write_all(b"\n").map_err(|e| fault(e.to_string()))
}

fn io_error(path: &Path, error: io::Error) -> OutputError {
    OutputError::Io { path: path.display().to_string(), error }
}
