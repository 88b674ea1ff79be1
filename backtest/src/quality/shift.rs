//! Places in mid-file where the venue, the scale or the layout seems to change.
//!
//! Four kinds of evidence, each found on its own and put together when they lie
//! within a window of each other:
//!
//! - taker-buy volume begins or ends, with 30 rows on both sides (told to the row);
//! - price or volume decimals: in the 240 rows on one side at least half of the
//!   values have more decimals than any of the 240 on the other (to the row);
//! - price scale: a close is beyond 3 times the one before or below a third of it,
//!   and so are the medians of the 60 closes on both sides (to the row);
//! - volume scale: the medians of the 720 volumes on both sides differ more than
//!   20 times (to about the row: where they differ most).
//!
//! Known limit: a venue that trades as much, in as many decimals, looks the same.

use tickstep_core::math::{exp, ln};

use super::checked_file::CheckedFile;
use super::finding::{FindingKind, QualityFinding, Severity};
use super::moves::{Rolling, value};
use crate::load::{Num, RawRow};

const TAKER_ROWS: usize = 30;
const DECIMAL_ROWS: usize = 240;
const PRICE_ROWS: usize = 60;
const PRICE_FACTOR: f64 = 3.0;
const VOLUME_ROWS: usize = 720;
const VOLUME_FACTOR: f64 = 20.0;
const DIGITS: usize = 40;

/// A row at which something is different from before.
struct Mark {
    at: usize,
    /// Lower is more certain of its row.
    rank: u8,
    what: String,
}

pub(super) fn check(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let rows = file.sound;
    let mut marks = taker(rows);
    let prices = |row: &RawRow| row.px.iter().map(|px| px.scale).max().unwrap_or(0);
    decimals(rows, "price decimals", prices, &mut marks);
    decimals(rows, "volume decimals", |row| row.volume.scale, &mut marks);
    price_scale(rows, &mut marks);
    volume_scale(rows, &mut marks);
    marks.sort_by_key(|mark| mark.at);
    let mut changes: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        match changes.last_mut() {
            Some(change) if mark.at - change[change.len() - 1].at <= VOLUME_ROWS => {
                change.push(mark);
            }
            _ => changes.push(vec![mark]),
        }
    }
    if changes.is_empty() {
        return;
    }
    let cases = file.first(&changes, |marks| {
        let at = marks.iter().min_by_key(|mark| (mark.rank, mark.at)).map_or(0, |mark| mark.at);
        let mut words: Vec<&str> = marks.iter().map(|mark| mark.what.as_str()).collect();
        words.dedup();
        file.case(&rows[at], format!("{}; {}", words.join("; "), around(rows, at)))
    });
    out.push(QualityFinding {
        kind: FindingKind::Change,
        severity: Severity::Warning,
        count: changes.len() as u64,
        words: format!(
            "{} places where venue, scale or layout seems to change; split the file there unless \
             it is one market",
            changes.len()
        ),
        repairs: Vec::new(),
        cases,
    });
}

/// Price and volume on both sides of a change.
fn around(rows: &[RawRow], at: usize) -> String {
    let volumes = |rows: &[RawRow]| median(rows.iter().map(|row| value(row.volume)));
    let before = &rows[at.saturating_sub(DECIMAL_ROWS)..at];
    let after = &rows[at..(at + DECIMAL_ROWS).min(rows.len())];
    let step = match (before.last(), after.first()) {
        (Some(last), Some(first)) => (value(first.px[0]) / value(last.px[3]) - 1.0) * 100.0,
        _ => 0.0,
    };
    format!(
        "price step {step:+.3} %, median volume {} before, {} after",
        volumes(before),
        volumes(after)
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

fn taker(rows: &[RawRow]) -> Vec<Mark> {
    let mut starts = vec![0];
    starts.extend(
        (1..rows.len()).filter(|i| rows[*i].taker.is_some() != rows[i - 1].taker.is_some()),
    );
    starts.push(rows.len());
    let long = |a: usize, b: usize| b - a >= TAKER_ROWS;
    starts
        .windows(3)
        .filter(|w| long(w[0], w[1]) && long(w[1], w[2]))
        .map(|w| {
            let begins = rows[w[1]].taker.is_some();
            let what = format!("taker-buy volume {}", if begins { "begins" } else { "ends" });
            Mark { at: w[1], rank: 0, what }
        })
        .collect()
}

/// How many values of a window have how many decimals.
struct DecimalCounts([usize; DIGITS]);

impl DecimalCounts {
    fn finest(&self) -> usize {
        self.0.iter().rposition(|count| *count > 0).unwrap_or(0)
    }

    fn above(&self, digits: usize) -> usize {
        self.0.iter().skip(digits + 1).sum()
    }
}

fn decimals(rows: &[RawRow], name: &str, scale: impl Fn(&RawRow) -> u32, marks: &mut Vec<Mark>) {
    let digits: Vec<usize> = rows.iter().map(|r| (scale(r) as usize).min(DIGITS - 1)).collect();
    if digits.len() < 2 * DECIMAL_ROWS {
        return;
    }
    let (mut left, mut right) = (DecimalCounts([0; DIGITS]), DecimalCounts([0; DIGITS]));
    for i in 0..DECIMAL_ROWS {
        left.0[digits[i]] += 1;
        right.0[digits[i + DECIMAL_ROWS]] += 1;
    }
    for i in DECIMAL_ROWS..=digits.len() - DECIMAL_ROWS {
        let (before, after) = (left.finest(), right.finest());
        let half = DECIMAL_ROWS / 2;
        let finer = after > before && right.above(before) >= half && digits[i] > before;
        let coarser = before > after && left.above(after) >= half && digits[i - 1] > after;
        if finer || coarser {
            let what = format!("{name} {before} to {after}");
            marks.push(Mark { at: i, rank: 2, what });
        }
        if i < digits.len() - DECIMAL_ROWS {
            left.0[digits[i]] += 1;
            left.0[digits[i - DECIMAL_ROWS]] -= 1;
            right.0[digits[i]] -= 1;
            right.0[digits[i + DECIMAL_ROWS]] += 1;
        }
    }
}

fn price_scale(rows: &[RawRow], marks: &mut Vec<Mark>) {
    let beyond = |factor: f64| !(1.0 / PRICE_FACTOR..=PRICE_FACTOR).contains(&factor);
    let close = |row: &RawRow| value(row.px[3]);
    for i in PRICE_ROWS..rows.len().saturating_sub(PRICE_ROWS - 1) {
        if !beyond(close(&rows[i]) / close(&rows[i - 1])) {
            continue;
        }
        let before = median(rows[i - PRICE_ROWS..i].iter().map(close));
        let after = median(rows[i..i + PRICE_ROWS].iter().map(close));
        if beyond(after / before) {
            let what = format!("price scale times {:.3}", after / before);
            marks.push(Mark { at: i, rank: 1, what });
        }
    }
}

fn volume_scale(rows: &[RawRow], marks: &mut Vec<Mark>) {
    // Bars without volume say nothing about its scale.
    let log = |num: Num| (num.mantissa > 0).then(|| ln(value(num)));
    let logs: Vec<Option<f64>> = rows.iter().map(|row| log(row.volume)).collect();
    if logs.len() < 2 * VOLUME_ROWS {
        return;
    }
    let (mut left, mut right) = (Rolling::new(), Rolling::new());
    logs[..VOLUME_ROWS].iter().flatten().for_each(|v| left.insert(*v));
    logs[VOLUME_ROWS..2 * VOLUME_ROWS].iter().flatten().for_each(|v| right.insert(*v));
    let mut most: Option<(usize, f64)> = None;
    let end = logs.len() - VOLUME_ROWS;
    for i in VOLUME_ROWS..=end {
        let enough = left.len().min(right.len()) >= VOLUME_ROWS / 2;
        let change = match (left.median(), right.median()) {
            (Some(before), Some(after)) if enough => after - before,
            _ => 0.0,
        };
        let beyond = change.abs() > ln(VOLUME_FACTOR);
        if beyond && most.is_none_or(|(_, so_far)| change.abs() > so_far.abs()) {
            most = Some((i, change));
        }
        if let Some((at, change)) = most.filter(|_| !beyond || i == end) {
            let what = format!("volume scale times {:.3}", exp(change));
            marks.push(Mark { at, rank: 3, what });
            most = None;
        }
        if i < end {
            if let Some(v) = logs[i] {
                left.insert(v);
                right.remove(v);
            }
            if let Some(v) = logs[i - VOLUME_ROWS] {
                left.remove(v);
            }
            if let Some(v) = logs[i + VOLUME_ROWS] {
                right.insert(v);
            }
        }
    }
}
