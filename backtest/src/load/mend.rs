//! Rows mended as the user names it.
//!
//! The order in which repairs are named does not matter: rows are dropped first, then
//! taker volumes mended, then times snapped, then rows sorted, then duplicates removed; after that the rows
//! meet the same checks as any others.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

use super::raw_rows::{RawRow, RawRows, disorder, out_of_order};
use super::row_sink::RawValue;
use super::rows::CheckedRows;
use crate::series::fault::{RowError, RowFault};
use crate::series::layout::{StatedTimes, TimeLayout};
use crate::series::repairs::{Repair, Repaired};

/// Mends rows as named and checks what comes of it.
pub(crate) fn repair(
    mut raw: RawRows,
    repairs: &[Repair],
    stated: StatedTimes<'_>,
) -> Result<CheckedRows, RowError> {
    if !raw.units.is_empty() {
        return Err(raw.units.swap_remove(0));
    }
    if !repairs.contains(&Repair::DropInvalid) && !raw.faults.is_empty() {
        return Err(raw.faults.swap_remove(0).1);
    }
    let done = mend(&mut raw, repairs, stated);
    let RawRows { rows, reader, .. } = raw;
    let mut checked = into_rows(reader, &rows)?;
    checked.repaired = done;
    Ok(checked)
}

/// Mends rows as named, and leaves what nobody named.
pub(crate) fn mend(raw: &mut RawRows, repairs: &[Repair], stated: StatedTimes<'_>) -> Repaired {
    let named = |repair| repairs.contains(&repair);
    let mut done = Repaired::default();
    if named(Repair::DropInvalid) {
        done.invalid = raw.faults.len() as u64;
        raw.faults.clear();
        let before = raw.rows.len();
        raw.rows.retain(RawRow::is_candle);
        done.invalid += (before - raw.rows.len()) as u64;
    }
    if named(Repair::DropTaker) && raw.has_taker() {
        for row in &mut raw.rows {
            done.taker_dropped += u64::from(row.taker.take().is_some());
        }
        raw.reader.origin.columns.taker = None;
    } else if named(Repair::ClipTaker) {
        for row in &mut raw.rows {
            if row.taker.is_some_and(|taker| taker.above(row.volume)) {
                row.taker = Some(row.volume);
                done.clipped += 1;
            }
        }
    }
    if named(Repair::Snap) {
        done.snapped = snap(&mut raw.rows, stated);
    }
    if named(Repair::Sort) {
        done.sorted = out_of_order(&raw.rows);
        // Stable: rows at one time stay in the file's order.
        raw.rows.sort_by_key(|row| row.ts);
    }
    settle(&mut raw.rows, repairs, &mut done);
    done
}

/// The rows, each checked as the loader checks.
pub(crate) fn into_rows(
    mut checked: CheckedRows,
    rows: &[RawRow],
) -> Result<CheckedRows, RowError> {
    checked.bars.reserve(rows.len());
    let has_taker = checked.origin.columns.taker.is_some();
    for row in rows {
        let [open, high, low, close] = row.px.map(RawValue::Exact);
        let cells = [open, high, low, close, RawValue::Exact(row.volume)];
        let taker = has_taker.then(|| row.taker.map_or(RawValue::Text(b""), RawValue::Exact));
        checked.push(row.number, row.ts, cells, taker).map_err(|error| match error.fault {
            RowFault::Disorder { .. } => disorder(rows, &checked.origin).unwrap_or(error),
            _ => error,
        })?;
    }
    Ok(checked)
}

/// Moves open times off the grid of the bars to the nearest on it; how many.
fn snap(rows: &mut [RawRow], stated: StatedTimes<'_>) -> u64 {
    let mut times: Vec<Nanos> = rows.iter().map(|row| row.ts).collect();
    times.sort_unstable();
    times.dedup();
    let Some(layout) = TimeLayout::of(&times, stated) else { return 0 };
    let moves = layout.moves(&times).into_iter();
    let moves: BTreeMap<Nanos, Nanos> =
        moves.filter_map(|(at, nearest)| Some((times[at], nearest?))).collect();
    let mut count = 0;
    for row in rows {
        if let Some(nearest) = moves.get(&row.ts) {
            row.ts = *nearest;
            count += 1;
        }
    }
    count
}

/// Settles rows at one time, wherever in the file they stand.
fn settle(rows: &mut Vec<RawRow>, repairs: &[Repair], done: &mut Repaired) {
    let named = |repair| repairs.contains(&repair);
    if !named(Repair::DropDuplicates) && !named(Repair::KeepFirst) && !named(Repair::KeepLast) {
        return;
    }
    // Where each time stands first. Times that rise need no looking up.
    let mut first_at: BTreeMap<Nanos, usize> = BTreeMap::new();
    let rises = rows.windows(2).all(|pair| pair[0].ts < pair[1].ts);
    if rises {
        return;
    }
    let mut kept: Vec<RawRow> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        let Some(first) = first_at.get(&row.ts).and_then(|at| kept.get_mut(*at)) else {
            first_at.insert(row.ts, kept.len());
            kept.push(row);
            continue;
        };
        if first.same_values(&row) {
            if named(Repair::DropDuplicates) {
                done.duplicates += 1;
                continue;
            }
        } else if named(Repair::KeepFirst) {
            done.conflicts += 1;
            continue;
        } else if named(Repair::KeepLast) {
            done.conflicts += 1;
            *first = row;
            continue;
        }
        kept.push(row);
    }
    *rows = kept;
}
