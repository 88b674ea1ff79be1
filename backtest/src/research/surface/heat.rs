//! Two axes at a time: what all sets of a cell have in common, and the slice
//! through the winner.

use serde::Serialize;
use tickstep_core::math::sqrt;

use super::axis::{HEAT_AXES, HEAT_SIDE};
use super::bin::RANGE;
use super::parameter_surface::{ParameterSurface, SetLayout, lower_median};

/// Drawn sets that a cell should have, and the rows and columns kept at any rate.
const SETS_A_CELL: f64 = 4.0;
const FEWEST_SIDE: usize = 5;

/// One cell of a heat map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HeatCell {
    /// Number of sets in the cell.
    pub sets: usize,
    /// Number of those that have an objective.
    pub defined: usize,
    /// Lower median of their objectives.
    pub median: Option<f64>,
    /// Best of their objectives.
    pub best: Option<f64>,
    /// Objective where every other axis is as at the winner; the lower median where
    /// levels were joined. Drawn sets have none.
    pub slice: Option<f64>,
}

/// The objective over two axes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatMap {
    /// Number of the axis along x, counted from 0.
    pub x: usize,
    /// Number of the axis along y, counted from 0.
    pub y: usize,
    /// Labels of the columns; levels are joined where there are more than
    /// [`HEAT_SIDE`].
    pub columns: Vec<String>,
    /// Labels of the rows, joined likewise.
    pub rows: Vec<String>,
    /// How many levels are joined in a column and in a row.
    pub joined: (usize, usize),
    /// The cells, row after row.
    pub cells: Vec<HeatCell>,
    /// Column and row of the winner, counted from 0.
    pub winner: Option<(usize, usize)>,
}

/// Levels of an axis joined into at most [`HEAT_SIDE`] stretches.
struct HeatSide {
    step: usize,
    labels: Vec<String>,
}

impl ParameterSurface {
    /// Heat maps of all pairs of axes with two or more levels: up to [`HEAT_AXES`]
    /// axes of every pair, beyond that of the most influential ones.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let axis = |name: &str| SurfaceAxis {
    ///     name: name.into(),
    ///     labels: vec!["1".into(), "2".into()],
    ///     positions: Some(vec![1.0, 2.0]),
    /// };
    /// let levels = vec![0, 0, 0, 1, 1, 0, 1, 1];
    /// let figures = [1.0, 2.0, 3.0, 9.0].map(Some).to_vec();
    /// let sets = ParameterSurface::grid(vec![axis("a"), axis("b")], levels, figures, true)?;
    /// let map = &sets.heat_maps()[0];
    /// // Rows are levels of b: the second row, first column is a = 1, b = 2.
    /// assert_eq!((map.x, map.y, map.cells[2].median), (0, 1, Some(2.0)));
    /// assert_eq!(map.winner, Some((1, 1)));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    #[must_use]
    pub fn heat_maps(&self) -> Vec<HeatMap> {
        let varied = |a: &usize| self.axes[*a].labels.len() > 1;
        let mut axes: Vec<usize> = (0..self.axes.len()).filter(varied).collect();
        if axes.len() > HEAT_AXES {
            axes = self.influence().into_iter().map(|i| i.axis).filter(varied).collect();
            axes.truncate(HEAT_AXES);
            axes.sort_unstable();
        }
        let mut buffer = vec![0.0; self.len()];
        let mut out = Vec::new();
        for (i, x) in axes.iter().enumerate() {
            for y in &axes[i + 1..] {
                out.push(self.heat_map(*x, *y, &mut buffer));
            }
        }
        out
    }

    /// The heat map of two axes, numbers counted from 0; `None` where one is not there or
    /// they are one.
    #[must_use]
    pub fn heat_map_of(&self, x: usize, y: usize) -> Option<HeatMap> {
        let there = x != y && x < self.axes.len() && y < self.axes.len();
        there.then(|| self.heat_map(x, y, &mut vec![0.0; self.len()]))
    }

    /// `buffer` has room for every set.
    fn heat_map(&self, x: usize, y: usize, buffer: &mut [f64]) -> HeatMap {
        let (across, down) = (self.side(x), self.side(y));
        let width = across.labels.len();
        let place = |set: usize| {
            let levels = self.levels(set);
            let row = levels[y] as usize / down.step;
            row * width + levels[x] as usize / across.step
        };
        let mut cells = vec![HeatCell::default(); width * down.labels.len()];
        for set in 0..self.len() {
            let cell = &mut cells[place(set)];
            cell.sets += 1;
            cell.defined += usize::from(self.objective[set].is_some());
        }
        // Figures of a cell come to stand beside one another; `ends` grows to its end.
        let mut ends = Vec::with_capacity(cells.len());
        let mut start = 0;
        for cell in &cells {
            ends.push(start);
            start += cell.defined;
        }
        for set in 0..self.len() {
            if let Some(good) = self.good(set) {
                let end = &mut ends[place(set)];
                buffer[*end] = good;
                *end += 1;
            }
        }
        for (cell, end) in cells.iter_mut().zip(ends) {
            let goods = &mut buffer[end - cell.defined..end];
            cell.best = goods.iter().copied().max_by(f64::total_cmp).map(|v| self.signed(v));
            cell.median = lower_median(goods).map(|v| self.signed(v));
        }
        let winner = self.winner();
        if let (Some(winner), SetLayout::Grid(_)) = (winner, &self.layout) {
            self.slice(winner, (x, &across), (y, &down), &mut cells);
        }
        let winner = winner.map(|set| (place(set) % width, place(set) / width));
        let joined = (across.step, down.step);
        HeatMap { x, y, columns: across.labels, rows: down.labels, joined, cells, winner }
    }

    fn slice(
        &self,
        winner: usize,
        x: (usize, &HeatSide),
        y: (usize, &HeatSide),
        cells: &mut [HeatCell],
    ) {
        let SetLayout::Grid(lookup) = &self.layout else { return };
        let own = self.levels(winner);
        let (sx, sy) = (lookup.strides[x.0], lookup.strides[y.0]);
        let base = lookup.flat(own) - u64::from(own[x.0]) * sx - u64::from(own[y.0]) * sy;
        let (columns, rows) = (self.axes[x.0].labels.len(), self.axes[y.0].labels.len());
        let mut goods = Vec::new();
        for (i, cell) in cells.iter_mut().enumerate() {
            let (column, row) = (i % x.1.labels.len() * x.1.step, i / x.1.labels.len() * y.1.step);
            goods.clear();
            for r in row..(row + y.1.step).min(rows) {
                for c in column..(column + x.1.step).min(columns) {
                    let set = lookup.at(base + r as u64 * sy + c as u64 * sx);
                    goods.extend(set.and_then(|s| self.good(s)));
                }
            }
            cell.slice = lower_median(&mut goods).map(|v| self.signed(v));
        }
    }

    fn side(&self, axis: usize) -> HeatSide {
        let axis = &self.axes[axis];
        let drawn = matches!(self.layout, SetLayout::Drawn(_)) && axis.is_ordered();
        // Few drawn sets on many cells would be a map of single sets.
        let room = (sqrt(self.len() as f64 / SETS_A_CELL) as usize).clamp(FEWEST_SIDE, HEAT_SIDE);
        let most = if drawn { room } else { HEAT_SIDE };
        let step = axis.labels.len().div_ceil(most).max(1);
        let name = |part: &[String]| match part {
            [first, .., last] => {
                // A bin is called by its range: of joined bins the outer ends remain.
                let low = first.split(RANGE).next().unwrap_or(first);
                format!("{low}{RANGE}{}", last.rsplit(RANGE).next().unwrap_or(last))
            }
            part => part.concat(),
        };
        HeatSide { step, labels: axis.labels.chunks(step).map(name).collect() }
    }
}
