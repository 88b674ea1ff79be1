//! Runs side by side: figures, what their configurations differ in, equity.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::figures::figure_groups;
use super::html;
use super::labels::label;
use super::parameters::parameters;
use super::reduce::ReducedLine;
use super::text::{self, Lang, Strings};
use crate::folder::RunFolder;

/// A line of a comparison: a label or key, and a value for each run.
type Line = (String, Vec<String>);

/// Runs side by side.
#[derive(Serialize)]
pub struct Comparison {
    lang: Lang,
    text: &'static Strings,
    version: &'static str,
    names: Vec<String>,
    figures: Vec<Line>,
    differences: Vec<Line>,
    /// Return since the start, so that accounts of any size lie on one another.
    curves: Vec<ReducedLine>,
}

/// Compares `runs`, each under a name. Times are in `zone`.
#[must_use]
pub fn compare(runs: &[(String, RunFolder)], lang: Lang, zone: &TimeZone) -> Comparison {
    let mut figures: Vec<(String, BTreeMap<usize, String>)> = Vec::new();
    for (i, (_, run)) in runs.iter().enumerate() {
        let currency = &run.manifest.config.account.currency;
        let rows = figure_groups(&run.stats, currency, zone).into_iter().flat_map(|g| g.rows);
        let mut last = None;
        for row in rows {
            let value = match row.value {
                Ok(value) => text::value(lang, &value),
                Err(why) => text::undefined(lang, why),
            };
            let at = figures.iter().position(|(label, _)| *label == row.label);
            // A row that only this run has, such as an exit reason, goes after the row before.
            let at = at.unwrap_or_else(|| {
                let next = last.map_or(0, |l: usize| l + 1);
                figures.insert(next, (row.label.clone(), BTreeMap::new()));
                next
            });
            figures[at].1.insert(i, value);
            last = Some(at);
        }
    }
    let figures = figures
        .into_iter()
        .map(|(english, values)| (label(lang, &english), spread(&values, runs.len())))
        .collect();
    Comparison {
        lang,
        text: lang.strings(),
        version: env!("CARGO_PKG_VERSION"),
        names: runs.iter().map(|(name, _)| name.clone()).collect(),
        figures,
        differences: differences(runs),
        curves: runs.iter().map(|(_, run)| growth(run)).collect(),
    }
}

fn spread(values: &BTreeMap<usize, String>, count: usize) -> Vec<String> {
    (0..count).map(|i| values.get(&i).cloned().unwrap_or_else(|| "-".to_owned())).collect()
}

/// Keys of the configuration, and data, that are not the same in all runs.
fn differences(runs: &[(String, RunFolder)]) -> Vec<Line> {
    let all: Vec<BTreeMap<String, String>> = runs
        .iter()
        .map(|(_, run)| {
            let mut keys: BTreeMap<_, _> = parameters(&run.manifest.config).into_iter().collect();
            keys.insert("tickstep".to_owned(), run.manifest.tickstep.clone());
            for data in &run.manifest.data {
                for file in &data.files {
                    let hash = file.sha256.chars().take(12).collect();
                    keys.insert(format!("{} {}", data.symbol, file.path), hash);
                }
            }
            keys
        })
        .collect();
    let keys: BTreeSet<&String> = all.iter().flat_map(BTreeMap::keys).collect();
    keys.into_iter()
        .map(|key| {
            let values: BTreeMap<usize, String> = all
                .iter()
                .enumerate()
                .filter_map(|(i, run)| run.get(key).map(|value| (i, value.clone())))
                .collect();
            (key.clone(), spread(&values, runs.len()))
        })
        .filter(|(_, values)| values.windows(2).any(|w| w[0] != w[1]))
        .collect()
}

fn growth(run: &RunFolder) -> ReducedLine {
    let start = run.stats.outcome.starting_cash.to_f64().unwrap_or(1.0);
    let points: Vec<(i64, f64)> = run
        .equity
        .iter()
        .map(|r| {
            let growth = r.equity.to_f64().unwrap_or(0.0) / start - 1.0;
            (r.time.as_second(), (growth * 1e6).round() / 1e6)
        })
        .collect();
    ReducedLine::of(&points)
}

impl Comparison {
    /// The comparison as text for a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL);
        let head = std::iter::once(String::new()).chain(self.names.iter().cloned());
        table.set_header(head);
        let mut add = |lines: &[Line]| {
            let mut labels = String::new();
            let mut columns = vec![String::new(); self.names.len()];
            for (i, (label, values)) in lines.iter().enumerate() {
                let end = if i == 0 { "" } else { "\n" };
                labels.push_str(end);
                labels.push_str(label);
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push_str(end);
                    column.push_str(value);
                }
            }
            table.add_row(std::iter::once(labels).chain(columns));
        };
        add(&self.figures);
        if !self.differences.is_empty() {
            add(&self.differences);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        if self.differences.is_empty() {
            return format!("{table}\n{}", self.text.cmp_same);
        }
        table.to_string()
    }

    /// The comparison as a page with the equity curves on one another.
    #[must_use]
    pub fn html(&self) -> String {
        html::fill(self.lang, self.text.cmp_title, self, &html::COMPARE)
    }
}
