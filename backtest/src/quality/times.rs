//! Open times: order, duplicates, missing bars, rows off the interval.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

use super::checked_file::{CheckedFile, refused};
use super::finding::{FindingCase, FindingKind, QualityFinding, Severity};
use crate::load::{LoadError, RawRow, out_of_order};
use crate::series::candle::RowOrigin;
use crate::series::fault::RowFault;
use crate::series::repairs::Repair;
use crate::times::{span, utc};

/// Sums over all gaps.
pub(super) struct GapSums {
    pub missing: u64,
    pub longest: u64,
}

/// The most frequent difference of open times; the smaller of two as frequent.
pub(super) fn usual(sorted: &[RawRow]) -> Option<Nanos> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for pair in sorted.windows(2) {
        let difference = (pair[1].ts - pair[0].ts).0;
        if difference > 0 {
            *counts.entry(difference).or_default() += 1;
        }
    }
    let most = counts.iter().max_by_key(|(difference, count)| (**count, -**difference));
    most.map(|(difference, _)| Nanos(*difference))
}

pub(super) fn check(
    file: &CheckedFile<'_>,
    judged: Option<&LoadError>,
    out: &mut Vec<QualityFinding>,
) -> GapSums {
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
    let Some(interval) = file.interval else { return GapSums { missing: 0, longest: 0 } };
    let strays = off_interval(file, interval, judged, out);
    gaps(file, interval, &strays, out)
}

fn order(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let count = out_of_order(&file.raw.rows);
    if count == 0 {
        return;
    }
    let mut latest: Option<RawRow> = None;
    let mut cases = Vec::new();
    for row in &file.raw.rows {
        match latest {
            Some(before) if row.ts < before.ts => {
                if file.opts.cases.is_none_or(|most| cases.len() < most) {
                    cases.push(file.case(row, format!("comes after {}", utc(before.ts))));
                }
            }
            _ => latest = Some(*row),
        }
    }
    out.push(QualityFinding {
        kind: FindingKind::OutOfOrder,
        severity: Severity::Error,
        count,
        words: format!("{count} rows open before a row ahead of them"),
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

/// Rows that are not a whole number of intervals from where most rows are.
fn off_interval(
    file: &CheckedFile<'_>,
    interval: Nanos,
    judged: Option<&LoadError>,
    out: &mut Vec<QualityFinding>,
) -> Vec<u64> {
    let mut phases: BTreeMap<i64, u64> = BTreeMap::new();
    for row in file.sorted {
        *phases.entry(row.ts.0.rem_euclid(interval.0)).or_default() += 1;
    }
    let Some((phase, _)) = phases.iter().max_by_key(|(phase, count)| (**count, -**phase)) else {
        return Vec::new();
    };
    let stray = |row: &&RawRow| row.ts.0.rem_euclid(interval.0) != *phase;
    let strays: Vec<RawRow> = file.sorted.iter().filter(stray).copied().collect();
    if strays.is_empty() {
        return Vec::new();
    }
    // Where the interval is inferred, a finer one may make the file loadable.
    let error = matches!(judged, Some(LoadError::Row(row)) if matches!(row.fault, RowFault::OffInterval { .. }));
    out.push(QualityFinding {
        kind: FindingKind::OffInterval,
        severity: if error { Severity::Error } else { Severity::Warning },
        count: strays.len() as u64,
        words: format!(
            "{} rows are not a whole number of intervals of {} from the others",
            strays.len(),
            span(interval)
        ),
        repairs: Vec::new(),
        cases: file.first(&strays, |row| file.case(row, "off the interval".to_owned())),
    });
    let mut numbers: Vec<u64> = strays.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    numbers
}

fn gaps(
    file: &CheckedFile<'_>,
    interval: Nanos,
    strays: &[u64],
    out: &mut Vec<QualityFinding>,
) -> GapSums {
    let on_time = |row: &&RawRow| strays.binary_search(&row.number).is_err();
    let rows: Vec<&RawRow> = file.sorted.iter().filter(on_time).collect();
    let mut found = Vec::new();
    for pair in rows.windows(2) {
        let steps = (pair[1].ts - pair[0].ts).0 / interval.0;
        if steps > 1 {
            found.push(((steps - 1).cast_unsigned(), pair[0], pair[1]));
        }
    }
    let missing = found.iter().map(|(missing, ..)| missing).sum();
    let longest = found.iter().map(|(missing, ..)| *missing).max().unwrap_or(0);
    if !found.is_empty() {
        let spans = (missing as f64) / (missing as f64 + rows.len() as f64) * 100.0;
        let parting = |(missing, ..): &&(u64, _, _)| {
            i128::from(*missing) * i128::from(interval.0) > i128::from(file.opts.load.segment_gap.0)
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
            cases: file.first(&found, |(missing, before, after)| FindingCase {
                until: Some(utc(after.ts - interval)),
                bars: Some(*missing),
                time: Some(utc(before.ts + interval)),
                ..file.case(after, format!("{missing} bars are missing before it"))
            }),
        });
    }
    GapSums { missing, longest }
}
