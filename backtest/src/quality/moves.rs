//! Moves that stand out of their surroundings: jumps between bars, and wicks.
//!
//! The yardstick is robust: s = 1.4826 * median(|r|) over the 501 returns around
//! a bar, r = ln(close / close before), over the root of the intervals between the
//! two. A bar is a **jump** when |ln(open / close before)| or |r| is above
//! max(2 %, 20 s), and a **spike** when its wick, ln(min(open, close) / low) or
//! ln(high / max(open, close)), is above max(5 %, 20 s). A median of 501 does not
//! move for the move itself, and the floors keep a market that hardly trades
//! (s = 0) from reporting every tick.

use tickstep_core::math;
use tickstep_core::units::Nanos;

use super::checked_file::CheckedFile;
use super::finding::{FindingKind, QualityFinding, Severity};
use crate::load::{Num, RawRow};

/// Returns on each side of the one that is judged.
const HALF: usize = 250;
const SCALES: f64 = 20.0;
const JUMP_FLOOR: f64 = 0.02;
const SPIKE_FLOOR: f64 = 0.05;
/// Median of |x| to standard deviation, for a normal x.
const MAD: f64 = 1.4826;

pub(super) fn value(num: Num) -> f64 {
    num.mantissa as f64 / math::ten_to(num.scale)
}

pub(super) fn check(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let rows = file.sound;
    let interval = file.interval.unwrap_or(Nanos::MINUTE);
    let log = |num: Num| math::ln(value(num));
    let logs: Vec<[f64; 4]> = rows.iter().map(|row| row.px.map(log)).collect();
    let returns: Vec<f64> = (1..rows.len())
        .map(|i| {
            let bars = (rows[i].ts - rows[i - 1].ts).0 as f64 / interval.0 as f64;
            (logs[i][3] - logs[i - 1][3]) / math::sqrt(bars.max(1.0))
        })
        .collect();
    let scales = Rolling::medians(&returns.iter().map(|r| r.abs()).collect::<Vec<_>>(), HALF);
    let scale = |i: usize| {
        let at = i.saturating_sub(1).min(scales.len().saturating_sub(1));
        scales.get(at).copied().unwrap_or(0.0) * MAD * SCALES
    };
    let (mut jumps, mut spikes) = (Vec::new(), Vec::new());
    for (i, row) in rows.iter().enumerate() {
        let [open, high, low, close] = logs[i];
        if i > 0 {
            let before = logs[i - 1][3];
            let bars = (row.ts - rows[i - 1].ts).0 as f64 / interval.0 as f64;
            let bars = math::sqrt(bars.max(1.0));
            let (gap, whole) = (open - before, close - before);
            let size = if gap.abs() > whole.abs() { gap } else { whole };
            let limit = JUMP_FLOOR.max(scale(i)) * bars;
            if size.abs() > limit {
                jumps.push((size, limit, *row));
            }
        }
        let (down, up) = (open.min(close) - low, high - open.max(close));
        let limit = SPIKE_FLOOR.max(scale(i));
        if down.max(up) > limit {
            spikes.push((if down > up { -down } else { up }, limit, *row));
        }
    }
    add(file, FindingKind::Jump, jumps, "moves from the close before beyond max(2 %, 20 s)", out);
    add(file, FindingKind::Spike, spikes, "wicks beyond max(5 %, 20 s)", out);
}

fn add(
    file: &CheckedFile<'_>,
    kind: FindingKind,
    mut found: Vec<(f64, f64, RawRow)>,
    what: &str,
    out: &mut Vec<QualityFinding>,
) {
    if found.is_empty() {
        return;
    }
    // The largest first: these are looked at one by one.
    found.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.2.ts.cmp(&b.2.ts)));
    let percent = |log: f64| (math::exp(log) - 1.0) * 100.0;
    let largest = found.first().map_or(0.0, |f| f.0);
    out.push(QualityFinding {
        kind,
        severity: Severity::Warning,
        count: found.len() as u64,
        words: format!("{} {what}, largest {:+.1} %", found.len(), percent(largest)),
        repairs: Vec::new(),
        cases: file.first(&found, |(size, limit, row)| {
            let px = match kind {
                FindingKind::Spike if *size < 0.0 => format!("low {}", value(row.px[2])),
                FindingKind::Spike => format!("high {}", value(row.px[1])),
                _ => format!("open {}, close {}", value(row.px[0]), value(row.px[3])),
            };
            let limit = limit * 100.0;
            file.case(row, format!("{:+.2} %, limit {limit:.2} %: {px}", percent(*size)))
        }),
    });
}

/// A window over numbers that is kept in order.
pub(super) struct Rolling(Vec<f64>);

impl Rolling {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn insert(&mut self, value: f64) {
        let at = self.0.partition_point(|v| *v < value);
        self.0.insert(at, value);
    }

    pub(super) fn remove(&mut self, value: f64) {
        let at = self.0.partition_point(|v| *v < value);
        if self.0.get(at) == Some(&value) {
            self.0.remove(at);
        }
    }

    pub(super) fn median(&self) -> Option<f64> {
        self.0.get(self.0.len() / 2).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The median of the numbers up to `half` before and after each.
    fn medians(values: &[f64], half: usize) -> Vec<f64> {
        let mut window = Self::new();
        values.iter().take(half).for_each(|v| window.insert(*v));
        (0..values.len())
            .map(|i| {
                if let Some(next) = values.get(i + half) {
                    window.insert(*next);
                }
                if let Some(gone) = i.checked_sub(half + 1) {
                    window.remove(values[gone]);
                }
                window.median().unwrap_or(0.0)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_those_of_the_window() {
        let values: Vec<f64> = (0..40).map(|i| f64::from((i * 17) % 23)).collect();
        let fast = Rolling::medians(&values, 5);
        for (i, found) in fast.iter().enumerate() {
            let mut window = values[i.saturating_sub(5)..(i + 6).min(40)].to_vec();
            window.sort_by(f64::total_cmp);
            assert_eq!(*found, window[window.len() / 2], "{i}");
        }
    }
}
