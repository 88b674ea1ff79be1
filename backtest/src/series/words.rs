//! Parts of what is said of rows that do not fit.

use tickstep_core::calendar::Interval;
use tickstep_core::units::Nanos;

use super::place::RowPlace;
use super::repairs::Repair;
use crate::times::{span, utc};

/// `1s before 2023-08-01T00:00:00Z, `, or nothing where no time is the nearest.
pub(super) fn distance(ts: Nanos, nearest: Option<Nanos>) -> String {
    let Some(nearest) = nearest.filter(|nearest| *nearest != ts) else { return String::new() };
    let (by, side) = if ts < nearest { (nearest - ts, "before") } else { (ts - nearest, "after") };
    format!("{} {side} {}, ", span(by), utc(nearest))
}

/// `1 of 6 rows is`, `3 of 8 rows are`.
pub(super) fn share(count: usize, of: usize) -> String {
    format!("{count} of {of} rows {}", if count == 1 { "is" } else { "are" })
}

/// `, also f.csv:6, f.csv:7`.
pub(super) fn also(more: &[RowPlace]) -> String {
    let all: Vec<String> = more.iter().map(ToString::to_string).collect();
    if all.is_empty() { String::new() } else { format!(", also {}", all.join(", ")) }
}

/// What is to be done instead of mending a file by hand.
pub(super) fn move_them(repairs: &[Repair], ends: Option<Interval>) -> String {
    let names: Vec<String> = repairs.iter().map(|repair| format!("\"{repair}\"")).collect();
    let mut words = String::new();
    if let Some(interval) = ends {
        let period = if interval == Interval::Month { "month" } else { "week" };
        words += &format!(
            " (the times seem to be those at which bars end: write the date on which each {period} \
             begins)"
        );
    }
    if !names.is_empty() {
        let names = names.join(", ");
        words += &format!(", have times moved to the nearest bar (repair = [{names}])");
    }
    if ends.is_none() {
        words += ", or state interval_s where bars are of another length";
    }
    words
}
