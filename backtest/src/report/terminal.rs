//! The figures on a terminal: groups side by side, about 100 columns.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL;
use jiff::tz::TimeZone;

use tickstep_core::stats::Stats;

use super::assumed::assumed;
use super::claims::{ClaimTone, claims};
use super::figures::{TitledRows, figure_groups};
use super::text::Lang;
use crate::folder::Term;

/// Columns of text inside one of the two blocks; borders and padding make 101.
const BLOCK: usize = 47;

/// The figures of [`super::figures`] in groups, two side by side, ready to print.
#[must_use]
pub fn terminal(stats: &Stats, currency: &str, zone: &TimeZone) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL);
    for pair in figure_groups(stats, currency, zone).chunks(2) {
        table.add_row(pair.iter().map(block));
    }
    table.to_string()
}

/// What stands before the figures of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOpening {
    /// What the run claims, the gravest first: whether that is bad, and the words.
    pub claims: Vec<(bool, String)>,
    /// What it was made under: labels and values.
    pub terms: Vec<(String, String)>,
}

impl RunOpening {
    /// The opening of a run, in English.
    #[must_use]
    pub fn of(stats: &Stats, terms: &[Term], currency: &str) -> Self {
        let claims = claims(stats, Lang::En).into_iter();
        let claims = claims.map(|c| (c.tone == ClaimTone::Bad, c.text)).collect();
        Self { claims, terms: assumed(terms, stats, currency, Lang::En) }
    }
}

/// What stands before the figures of a run: what it claims and what it was made under.
#[must_use]
pub fn opening(stats: &Stats, terms: &[Term], currency: &str) -> String {
    let RunOpening { claims, terms } = RunOpening::of(stats, terms, currency);
    let width = terms.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let rows = terms.iter().map(|(label, value)| format!("  {label:<width$}  {value}"));
    claims.into_iter().map(|(_, text)| text).chain(rows).collect::<Vec<_>>().join("\n")
}

/// A group as lines: its title, then labels to the left and values to the right.
fn block(group: &TitledRows) -> String {
    let rows = group.rows.iter().map(|row| {
        let value = row.print();
        let gap = BLOCK.saturating_sub(row.label.chars().count() + value.chars().count()).max(1);
        format!("{}{}{value}", row.label, " ".repeat(gap))
    });
    let title = format!("{:<BLOCK$}", group.title.to_uppercase());
    std::iter::once(title).chain(rows).collect::<Vec<_>>().join("\n")
}
