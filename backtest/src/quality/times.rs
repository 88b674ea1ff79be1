//! Open times: order, duplicates, missing bars, rows off the interval.

use tickstep_core::units::Nanos;

use super::checked_file::{CheckedFile, refused};
use super::finding::{FindingCase, FindingKind, QualityFinding, Severity};
use crate::load::{RawRow, misplaced};
use crate::series::candle::RowOrigin;
use crate::series::layout::TimeLayout;
use crate::series::repairs::Repair;
use crate::times::{length, span, utc};

/// Sums over all gaps.
pub(super) struct GapSums {
    pub missing: u64,
    pub longest: u64,
}

pub(super) fn check(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) -> GapSums {
    order(file, out);
    duplicates(file, out);
    if !file.raw.units.is_empty() {
        let units = &file.raw.units;
        out.push(QualityFinding {
            kind: FindingKind::MixedUnits,
            severity: Severity::Error,
            count: units.len() as u64,
            words: format!("{} times are in another unit than the first", units.len()),
            repairs: Vec::new(),
            cases: file.first(units, refused),
        });
    }
    let Some(layout) = file.layout else { return GapSums { missing: 0, longest: 0 } };
    off_interval(file, layout, out);
    outside(file, layout, out);
    told(layout, out);
    gaps(file, layout, out)
}

fn order(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let rows: Vec<(&RawRow, &RawRow)> = misplaced(&file.raw.rows).collect();
    let count = rows.len() as u64;
    if count == 0 {
        return;
    }
    let cases = file.first(&rows, |(row, other)| {
        let how = if row.ts < other.ts { "comes after" } else { "stands ahead of" };
        file.case(row, format!("{how} {}", utc(other.ts)))
    });
    out.push(QualityFinding {
        kind: FindingKind::OutOfOrder,
        severity: Severity::Error,
        count,
        words: format!("{count} rows are not in the order of time"),
        repairs: vec![Repair::Sort],
        cases,
    });
}

fn duplicates(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let (mut same, mut other) = (Vec::new(), Vec::new());
    let mut first: Option<&RawRow> = None;
    for row in file.sorted {
        match first {
            Some(kept) if kept.ts == row.ts => {
                if kept.same_values(row) { &mut same } else { &mut other }.push((*kept, *row));
            }
            _ => first = Some(row),
        }
    }
    let place = |row: &RawRow| file.raw.reader.origin.place(row.number);
    let mut add = |kind, found: &[(RawRow, RawRow)], words: &str, repairs: &[Repair]| {
        if !found.is_empty() {
            out.push(QualityFinding {
                kind,
                severity: Severity::Error,
                count: found.len() as u64,
                words: format!("{} {words}", found.len()),
                repairs: repairs.to_vec(),
                cases: file
                    .first(found, |(kept, row)| file.case(row, format!("also at {}", place(kept)))),
            });
        }
    };
    add(FindingKind::Duplicate, &same, "rows are there twice, the same", &[Repair::DropDuplicates]);
    let either = [Repair::KeepFirst, Repair::KeepLast];
    add(FindingKind::Conflict, &other, "rows are at the time of another that differs", &either);
}

/// Rows that open where no bar does.
fn off_interval(file: &CheckedFile<'_>, layout: &TimeLayout, out: &mut Vec<QualityFinding>) {
    let strays: Vec<&RawRow> = layout.strays.iter().map(|at| &file.sorted[*at]).collect();
    if strays.is_empty() {
        return;
    }
    let times: Vec<Nanos> = file.sorted.iter().map(|row| row.ts).collect();
    let can_move = layout.has_nearest(&times)
        && layout.moves(&times).iter().all(|(_, nearest)| nearest.is_some());
    out.push(QualityFinding {
        kind: FindingKind::OffInterval,
        severity: Severity::Error,
        count: strays.len() as u64,
        words: format!(
            "{} rows are not a whole number of intervals of {} from the others",
            strays.len(),
            length(layout.interval())
        ),
        repairs: if can_move { vec![Repair::Snap] } else { Vec::new() },
        cases: file.first(&strays, |row| file.case(row, "off the interval".to_owned())),
    });
}

/// Rows at times when the market is closed.
fn outside(file: &CheckedFile<'_>, layout: &TimeLayout, out: &mut Vec<QualityFinding>) {
    let rows: Vec<&RawRow> = layout.outside.iter().map(|at| &file.sorted[*at]).collect();
    let dropped = file.opts.load.repairs.contains(&Repair::DropOutside);
    let some = rows.len() < file.sorted.len();
    if rows.is_empty() || (dropped && some) {
        return;
    }
    out.push(QualityFinding {
        kind: FindingKind::OutsideHours,
        severity: Severity::Error,
        count: rows.len() as u64,
        words: format!(
            "{} rows are outside the trading hours of the calendar {}",
            rows.len(),
            layout.market.name()
        ),
        repairs: if some { vec![Repair::DropOutside] } else { Vec::new() },
        cases: file.first(&rows, |row| file.case(row, "the market is closed".to_owned())),
    });
}

/// A calendar that nobody stated is said.
fn told(layout: &TimeLayout, out: &mut Vec<QualityFinding>) {
    if !layout.inferred {
        return;
    }
    let name = layout.market.name();
    out.push(QualityFinding {
        kind: FindingKind::Calendar,
        severity: Severity::Note,
        count: 1,
        words: format!(
            "the open times show the calendar {name}; gaps are told in its trading time (state \
             calendar = \"{name}\", or \"always\" for a market that never closes)"
        ),
        repairs: Vec::new(),
        cases: Vec::new(),
    });
}

fn gaps(file: &CheckedFile<'_>, layout: &TimeLayout, out: &mut Vec<QualityFinding>) -> GapSums {
    let fits = |at: &usize| {
        layout.strays.binary_search(at).is_err() && layout.outside.binary_search(at).is_err()
    };
    let rows: Vec<&RawRow> =
        (0..file.sorted.len()).filter(fits).map(|at| &file.sorted[at]).collect();
    let opens: Vec<Nanos> = rows.iter().map(|row| layout.open_of(row.ts)).collect();
    let Ok((times, _)) = layout.market_times(&opens) else {
        return GapSums { missing: 0, longest: 0 };
    };
    let mut found = Vec::new();
    for (pair, opens) in rows.windows(2).zip(opens.windows(2)) {
        let missing = times.missing(opens[0], opens[1]);
        if missing > 0 {
            found.push((missing.cast_unsigned(), pair[0], pair[1]));
        }
    }
    let missing = found.iter().map(|(missing, ..)| missing).sum();
    let longest = found.iter().map(|(missing, ..)| *missing).max().unwrap_or(0);
    if !found.is_empty() {
        let spans = (missing as f64) / (missing as f64 + rows.len() as f64) * 100.0;
        let nominal = times.nominal();
        let parting = |(missing, ..): &&(u64, _, _)| {
            i128::from(*missing) * i128::from(nominal.0) > i128::from(file.opts.load.segment_gap.0)
        };
        let parted = found.iter().filter(parting).count();
        let words = format!(
            "{} gaps, {missing} bars missing ({spans:.1} %), longest {longest}; {parted} part \
             segments (above {})",
            found.len(),
            span(file.opts.load.segment_gap)
        );
        let count = found.len() as u64;
        found.sort_by_key(|(missing, row, _)| (std::cmp::Reverse(*missing), row.ts));
        out.push(QualityFinding {
            kind: FindingKind::Gap,
            severity: Severity::Warning,
            count,
            words,
            repairs: Vec::new(),
            cases: file.first(&found, |(missing, before, after)| {
                let open = |row: &RawRow| layout.open_of(row.ts);
                let number = times.number_at(open(before)).unwrap_or(0);
                let ahead = i64::try_from(*missing).unwrap_or(i64::MAX);
                let (first, last) = match layout.is_continuous() {
                    true => (open(before) + nominal, open(after) - nominal),
                    false => (
                        times.period_of(number + 1).open,
                        times.period_of(number.saturating_add(ahead)).open,
                    ),
                };
                FindingCase {
                    until: Some(utc(last)),
                    bars: Some(*missing),
                    time: Some(utc(first)),
                    ..file.case(after, format!("{missing} bars are missing before it"))
                }
            }),
        });
    }
    GapSums { missing, longest }
}
