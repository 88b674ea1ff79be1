//! Sets in print, a few columns each.

use crate::research::space::Sets;
use crate::research::store::{Figures, SetRecord};
use crate::research::sweep::metric::Metrics;

/// Figures that are printed beside the objectives.
const BESIDE: [&str; 5] = ["trades", "total_return", "max_drawdown", "profit_factor", "sharpe"];

/// Some sets as the command prints them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedSets {
    /// Names of the columns: the set, its parameters, the objectives, other figures.
    pub head: Vec<String>,
    /// Cells of each set; empty where a figure has no value.
    pub rows: Vec<Vec<String>>,
}

impl PrintedSets {
    /// The sets among `records` that were run to their end, in that order; `names` are those
    /// of the parameters.
    #[must_use]
    pub fn of(
        sets: &Sets,
        metrics: &Metrics,
        names: Vec<String>,
        records: &[(u64, SetRecord)],
    ) -> Self {
        let mut wanted: Vec<&str> = metrics.objective_names().collect();
        for name in BESIDE {
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        let place = |name: &str| metrics.columns().iter().position(|m| m.name() == name);
        let columns: Vec<(usize, &str)> =
            wanted.iter().filter_map(|name| Some((place(name)?, *name))).collect();
        let mut head = vec!["set".to_owned()];
        head.extend(names);
        head.extend(columns.iter().map(|(_, name)| (*name).to_owned()));
        let row = |(number, record): &(u64, SetRecord)| {
            let SetRecord::Done(figures) = record else { return None };
            let set = usize::try_from(*number).ok().and_then(|set| sets.get(set));
            let mut row = vec![number.to_string()];
            row.extend(set.iter().flat_map(|s| s.values()).map(ToString::to_string));
            row.extend(columns.iter().map(|(at, name)| cell(figures, *at, *name == "trades")));
            Some(row)
        };
        Self { head, rows: records.iter().filter_map(row).collect() }
    }
}

fn cell(figures: &Figures, at: usize, whole: bool) -> String {
    let places = if whole { 0 } else { 4 };
    let value = figures.values.get(at).copied().flatten();
    value.map_or_else(String::new, |value| format!("{value:.places$}"))
}
