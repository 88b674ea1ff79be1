//! Heat maps a column each, to the digits that a colour and a tooltip can show:
//! a third of the bytes that a list of cells takes.

use serde::Serialize;

use crate::research::surface::{HeatCell, HeatMap};

/// Significant digits of a cell.
const DIGITS: usize = 5;

/// A heat map as it is drawn.
#[derive(Serialize)]
pub(super) struct Map<'a> {
    x: usize,
    y: usize,
    columns: &'a [String],
    rows: &'a [String],
    joined: (usize, usize),
    winner: Option<(usize, usize)>,
    sets: Vec<usize>,
    median: Vec<Option<f64>>,
    best: Vec<Option<f64>>,
    /// None where no cell has one.
    slice: Option<Vec<Option<f64>>>,
}

impl<'a> Map<'a> {
    pub fn new(map: &'a HeatMap) -> Self {
        let column = |f: fn(&HeatCell) -> Option<f64>| -> Vec<Option<f64>> {
            map.cells.iter().map(|c| f(c).map(short)).collect()
        };
        let slice = column(|c| c.slice);
        Self {
            x: map.x,
            y: map.y,
            columns: &map.columns,
            rows: &map.rows,
            joined: map.joined,
            winner: map.winner,
            sets: map.cells.iter().map(|c| c.sets).collect(),
            median: column(|c| c.median),
            best: column(|c| c.best),
            slice: slice.iter().any(Option::is_some).then_some(slice),
        }
    }
}

fn short(value: f64) -> f64 {
    let digits = DIGITS - 1;
    format!("{value:.digits$e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_digits_are_kept() {
        assert_eq!(short(123_456.789), 123_460.0);
        assert_eq!(short(-0.000_123_456), -0.000_123_46);
        assert_eq!(short(0.0), 0.0);
    }
}
