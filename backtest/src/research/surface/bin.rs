//! Levels and ranks for values that were drawn: bins of equal count, so that an
//! axis searched by its logarithm is not one full bin and nineteen empty ones.

use super::axis::{BINS, SurfaceAxis};
use super::error::SurfaceError;

/// How far apart names lie in rank space: farther than any two sets of one name.
const APART: f64 = 1_000.0;
/// Between the ends of a bin in its name.
pub(super) const RANGE: &str = " – ";

/// The values of one parameter, a set each.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnColumn {
    /// Name of the parameter.
    pub name: String,
    /// Its value in every set, in the order of the sets.
    pub values: DrawnValues,
}

/// Values of one parameter: numbers or names.
#[derive(Clone, Debug, PartialEq)]
pub enum DrawnValues {
    /// A number for each set.
    Numbers(Vec<f64>),
    /// A name for each set, out of a list.
    Names {
        /// All names there are.
        labels: Vec<String>,
        /// The place in it that each set took.
        picked: Vec<u32>,
    },
}

impl DrawnValues {
    const fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Names { picked, .. } => picked.len(),
        }
    }
}

/// An axis of at most [`BINS`] levels for `values`, and the level of each. Up to
/// [`BINS`] different values are a level each; more are put in bins of equal
/// count, called by their range and placed at their middle value. `None` where a
/// value is not a finite number.
///
/// ```
/// use tickstep_backtest::research::surface::bin;
/// let (axis, levels) = bin("stop", &[0.2, 0.1, 0.2]).ok_or("not numbers")?;
/// assert_eq!((axis.labels, levels), (vec!["0.1".to_owned(), "0.2".to_owned()], vec![1, 0, 1]));
/// let many: Vec<f64> = (1..=100).map(f64::from).collect();
/// let (axis, levels) = bin("bars", &many).ok_or("not numbers")?;
/// assert_eq!((axis.labels.len(), axis.labels[0].as_str(), levels[5]), (20, "1 – 5", 1));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn bin(name: &str, values: &[f64]) -> Option<(SurfaceAxis, Vec<u32>)> {
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    // The first value of each bin; equal values are never parted.
    let starts = if distinct.len() <= BINS {
        distinct
    } else {
        let mut starts: Vec<f64> = (0..BINS).map(|b| sorted[b * sorted.len() / BINS]).collect();
        starts.dedup();
        starts
    };
    let level = |v: f64| starts.partition_point(|s| *s <= v).saturating_sub(1);
    let (mut labels, mut positions) = (Vec::new(), Vec::new());
    for (b, start) in starts.iter().enumerate() {
        let from = sorted.partition_point(|v| v < start);
        let to = starts.get(b + 1).map_or(sorted.len(), |n| sorted.partition_point(|v| v < n));
        let (low, high) = (sorted[from], sorted[to - 1]);
        let range = || format!("{}{RANGE}{}", short(low), short(high));
        labels.push(if low == high { low.to_string() } else { range() });
        positions.push(sorted[from + (to - from - 1) / 2]);
    }
    let axis = SurfaceAxis { name: name.to_owned(), labels, positions: Some(positions) };
    Some((axis, values.iter().map(|v| level(*v) as u32).collect()))
}

/// Three significant digits, or whole: bins are read, not typed back.
fn short(value: f64) -> String {
    let text = if value.abs() < 1_000.0 { format!("{value:.2e}") } else { format!("{value:.0}") };
    text.parse::<f64>().map_or(text, |v| v.to_string())
}

/// Axes, the table of levels and the table of normalised ranks.
type LevelTables = (Vec<SurfaceAxis>, Vec<u32>, Vec<f64>);

/// Levels and ranks of every column.
pub(super) fn columns(columns: Vec<DrawnColumn>, sets: usize) -> Result<LevelTables, SurfaceError> {
    let count = columns.len();
    let (mut levels, mut ranks) = (vec![0_u32; sets * count], vec![0.0; sets * count]);
    let mut axes = Vec::with_capacity(count);
    for (a, column) in columns.into_iter().enumerate() {
        if column.values.len() != sets {
            let what = format!("axis {}", column.name);
            return Err(SurfaceError::Length { what, got: column.values.len(), want: sets });
        }
        let (axis, own) = match column.values {
            DrawnValues::Numbers(values) => {
                let not = || SurfaceError::NotANumber { axis: column.name.clone() };
                let (axis, own) = bin(&column.name, &values).ok_or_else(not)?;
                for (set, rank) in share_below(&values).into_iter().enumerate() {
                    ranks[set * count + a] = rank;
                }
                (axis, own)
            }
            DrawnValues::Names { labels, picked } => {
                for (set, name) in picked.iter().enumerate() {
                    ranks[set * count + a] = f64::from(*name) * APART;
                }
                (SurfaceAxis { name: column.name, labels, positions: None }, picked)
            }
        };
        for (set, level) in own.into_iter().enumerate() {
            levels[set * count + a] = level;
        }
        axes.push(axis);
    }
    Ok((axes, levels, ranks))
}

/// Share of the sets with a smaller value, 0 to 1; equal values share a rank.
fn share_below(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let most = values.len().saturating_sub(1).max(1) as f64;
    values.iter().map(|v| sorted.partition_point(|s| s < v) as f64 / most).collect()
}
