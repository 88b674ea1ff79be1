//! The figures on a terminal: groups side by side, about 100 columns.

use std::fmt;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL;
use jiff::tz::TimeZone;

use super::Stats;
use super::labels::Group;

/// Columns of text inside one of the two blocks; borders and padding make 101.
const BLOCK: usize = 47;

/// Every figure of a run, ready to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report(String);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stats {
    /// The figures of [`Stats::table`] in groups, two side by side.
    #[must_use]
    pub fn report(&self, currency: &str, zone: &TimeZone) -> Report {
        let mut table = Table::new();
        table.load_style(UTF8_FULL);
        for pair in self.groups(currency, zone).chunks(2) {
            table.add_row(pair.iter().map(block));
        }
        Report(table.to_string())
    }
}

/// A group as lines: its title, then labels to the left and values to the right.
fn block(group: &Group) -> String {
    let rows = group.rows.iter().map(|row| {
        let value = row.print();
        let gap = BLOCK.saturating_sub(row.label.chars().count() + value.chars().count()).max(1);
        format!("{}{}{value}", row.label, " ".repeat(gap))
    });
    let title = format!("{:<BLOCK$}", group.title.to_uppercase());
    std::iter::once(title).chain(rows).collect::<Vec<_>>().join("\n")
}
