//! A run folder, read back: all that a report says comes from here, so that
//! `tickstep report` can make it again long after the run.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_core::order::ExitReason;
use tickstep_core::stats::Stats;
use tickstep_core::units::Nanos;

use super::columns::TradeView;
use super::error::FolderError;
use super::findings::Findings;
use super::manifest::Manifest;
use super::terms::{StatsFile, Term};

/// A row of `trades.csv`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct TradeRow {
    pub trade: usize,
    pub instrument: String,
    pub strategy: String,
    pub side: String,
    #[serde(deserialize_with = "parsed")]
    pub entry_time: Timestamp,
    #[serde(deserialize_with = "parsed")]
    pub exit_time: Timestamp,
    #[serde(deserialize_with = "parsed")]
    pub entry_price: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub exit_price: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub quantity: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub gross_pnl: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub fees: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub funding: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub slippage: Decimal,
    #[serde(deserialize_with = "parsed")]
    pub net_pnl: Decimal,
    pub exit_reason: ExitReason,
    pub mae_bps: f64,
    pub mfe_bps: f64,
    pub ambiguous: bool,
}

impl TradeRow {
    /// As a table has it.
    pub fn of(view: &TradeView<'_>) -> Self {
        let time = |ts: Nanos| Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or_default();
        let trade = view.trade;
        Self {
            trade: usize::try_from(view.number).unwrap_or(usize::MAX),
            instrument: view.instrument.symbol().to_owned(),
            strategy: view.strategy.to_owned(),
            side: trade.side.position_word().to_owned(),
            entry_time: time(trade.entry_ts),
            exit_time: time(trade.exit_ts),
            entry_price: trade.entry_price,
            exit_price: trade.exit_price,
            quantity: view.instrument.qty(trade.lots),
            gross_pnl: trade.gross,
            fees: trade.fees,
            funding: trade.funding,
            slippage: trade.slippage,
            net_pnl: trade.net,
            exit_reason: trade.exit,
            mae_bps: trade.mae * 1e4,
            mfe_bps: trade.mfe * 1e4,
            ambiguous: trade.ambiguous,
        }
    }

    /// P&L before fees, slippage and funding.
    pub fn before(&self) -> Decimal {
        self.gross_pnl + self.slippage
    }

    /// Fees, slippage and funding.
    pub fn costs(&self) -> Decimal {
        self.fees + self.slippage + self.funding
    }
}

/// A row of `decisions.csv`, as far as a report needs it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct DecisionRow {
    #[serde(deserialize_with = "parsed")]
    pub time: Timestamp,
    pub instrument: String,
    pub strategy: String,
    pub action: String,
    pub side: String,
    pub reason: String,
    pub outcome: String,
    pub rule: String,
    /// Absent from the folders of older versions.
    #[serde(default)]
    pub cut_by: String,
}

/// A row of `equity.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(crate) struct EquityRow {
    #[serde(deserialize_with = "parsed")]
    pub time: Timestamp,
    #[serde(deserialize_with = "parsed")]
    pub equity: Decimal,
}

/// A run folder, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFolder {
    /// What it was made from. Lists the results a report is made of, not the report.
    pub manifest: Manifest,
    /// Every figure of the run, as in `stats.json`.
    pub stats: Stats,
    /// What it was made under, as in `stats.json`.
    pub terms: Vec<Term>,
    /// Bounds, warnings and repairs of the run.
    pub findings: Findings,
    pub(crate) trades: Vec<TradeRow>,
    pub(crate) equity: Vec<EquityRow>,
    pub(crate) decisions: Vec<DecisionRow>,
}

impl RunFolder {
    /// Reads the run folder `dir`.
    pub fn read(dir: &Path) -> Result<Self, FolderError> {
        let manifest = json(&dir.join("manifest.json"))?;
        Self::read_with(dir, manifest)
    }

    /// Reads the tables of `dir`, whose manifest is known.
    pub fn read_with(dir: &Path, mut manifest: Manifest) -> Result<Self, FolderError> {
        // A report cannot state its own hash.
        manifest.results.retain(|r| !r.name.ends_with(".html"));
        let findings = dir.join("findings.json");
        let StatsFile { stats, in_force } = json(&dir.join("stats.json"))?;
        Ok(Self {
            stats,
            terms: in_force,
            findings: if findings.is_file() { json(&findings)? } else { Findings::default() },
            trades: table(&dir.join("trades.csv"))?,
            equity: table(&dir.join("equity.csv"))?,
            decisions: table(&dir.join("decisions.csv"))?,
            manifest,
        })
    }

    /// A name for people: what was traded, by what.
    #[must_use]
    pub fn title(&self) -> String {
        let symbols: Vec<&str> =
            self.manifest.data.iter().map(|d| d.symbol.as_str()).take(4).collect();
        let more = self.manifest.data.len().saturating_sub(4);
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        format!("{}{more}", symbols.join(", "))
    }
}

/// From text: left to itself, a CSV reader takes a decimal for a float.
fn parsed<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn fault(path: &Path, error: impl ToString) -> FolderError {
    FolderError { file: path.display().to_string(), error: error.to_string() }
}

fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, FolderError> {
    let text = fs::read_to_string(path).map_err(|e| fault(path, e))?;
    serde_json::from_str(&text).map_err(|e| fault(path, e))
}

fn table<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, FolderError> {
    let mut reader = csv::Reader::from_path(path).map_err(|e| fault(path, e))?;
    reader.deserialize().collect::<Result<_, _>>().map_err(|e| fault(path, e))
}
