//! What lies around a set: its neighbours, how many of them hold up, and what
//! a step on each axis costs.

use serde::Serialize;

use super::axis::{FEWEST_NEAREST, PLATEAU, SPIKE, WINDOW};
use super::nearest::Tree;
use super::parameter_surface::{ParameterSurface, SetLayout, lower_median};

/// A set and its neighbours in figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Neighbourhood {
    /// Number of sets, itself among them.
    pub sets: usize,
    /// Number of those that have an objective.
    pub defined: usize,
    /// Lower median; sets without an objective count as worse than any. None where
    /// it falls on one of those.
    pub median: Option<f64>,
    /// The worst objective there is.
    pub worst: Option<f64>,
}

/// A set, what it is worth and what is around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pick {
    /// Number of the set.
    pub set: usize,
    /// Its level on every axis, counted from 0.
    pub levels: Vec<u32>,
    /// Its objective; `None` where it has none.
    pub objective: Option<f64>,
    /// What the sets around it are worth, itself among them.
    pub neighbourhood: Neighbourhood,
}

/// How the objective falls off around the winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeakShape {
    /// At least [`PLATEAU`] of the neighbours hold up.
    Plateau,
    /// A share of the neighbours between the two holds up.
    Slope,
    /// Fewer than [`SPIKE`] of the neighbours hold up.
    Spike,
}

/// How many of the winner's neighbours hold up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Plateau {
    /// Share of the neighbours that keep half of the winner's excess over the
    /// median of all sets.
    pub share: f64,
    /// What the share amounts to.
    pub shape: PeakShape,
    /// Number of neighbours there are.
    pub neighbours: usize,
    /// The objective from which on one holds up.
    pub bar: f64,
}

/// One level near the winner's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Number of the level on its axis, counted from 0.
    pub level: usize,
    /// Value of the parameter there, as text.
    pub label: String,
    /// The objective there, all other axes as at the winner; of drawn sets the lower
    /// median of the nearest ones on this level.
    pub objective: Option<f64>,
    /// Lower median of all sets on this level.
    pub median: Option<f64>,
}

/// The objective along one axis through the winner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Number of the axis, counted from 0.
    pub axis: usize,
    /// Levels in order, at most [`WINDOW`] on each side of the winner's.
    pub steps: Vec<Step>,
    /// Place of the winner's level among them, counted from 0.
    pub winner: usize,
    /// What 1, 2 and 3 steps in the worse direction cost, as a share of the
    /// winner's objective. On an axis of names the first is the worst other name,
    /// and there are no further ones.
    pub costs: [Option<f64>; 3],
}

impl ParameterSurface {
    pub(super) fn pick(&self, set: usize) -> Pick {
        Pick {
            set,
            levels: self.levels(set).to_vec(),
            objective: self.objective(set),
            neighbourhood: self.neighbourhood(set),
        }
    }

    /// The neighbours of `set`, itself left out: on a grid all sets within one level
    /// on every ordered axis and with the same names, otherwise the nearest in rank
    /// space, twice as many as there are axes and at least [`FEWEST_NEAREST`].
    #[must_use]
    pub fn neighbours(&self, set: usize) -> Vec<usize> {
        match &self.layout {
            _ if set >= self.len() => Vec::new(),
            SetLayout::Grid(_) if self.boxed() > self.len() as u64 => self.scan(set),
            SetLayout::Grid(_) => self.walk(set),
            SetLayout::Drawn(tree) => tree.nearest(set, FEWEST_NEAREST.max(2 * self.axes.len())),
        }
    }

    /// Most points within one level of a point.
    pub(super) fn boxed(&self) -> u64 {
        let ordered = self.axes.iter().filter(|a| a.is_ordered());
        ordered.fold(1, |n: u64, a| n.saturating_mul(a.labels.len().min(3) as u64))
    }

    /// Every set looked at: less work where there are more points around than sets.
    fn scan(&self, set: usize) -> Vec<usize> {
        let own = self.levels(set);
        let near = |other: &usize| {
            let pairs = own.iter().zip(self.levels(*other)).zip(&self.axes);
            *other != set
                && pairs
                    .into_iter()
                    .all(|((a, b), axis)| a.abs_diff(*b) <= u32::from(axis.is_ordered()))
        };
        (0..self.len()).filter(near).collect()
    }

    /// The neighbours of a set, every point around it looked up.
    fn walk(&self, set: usize) -> Vec<usize> {
        let SetLayout::Grid(lookup) = &self.layout else { return Vec::new() };
        let own = self.levels(set);
        let mut flats = vec![lookup.flat(own)];
        for (axis, level) in own.iter().enumerate().filter(|(a, _)| self.axes[*a].is_ordered()) {
            let stride = lookup.strides[axis];
            for i in 0..flats.len() {
                let flat = flats[i];
                if *level > 0 {
                    flats.push(flat - stride);
                }
                if (*level as usize) + 1 < self.axes[axis].labels.len() {
                    flats.push(flat + stride);
                }
            }
        }
        flats.sort_unstable();
        let sets = flats.into_iter().filter_map(|flat| lookup.at(flat));
        sets.filter(|other| *other != set).collect()
    }

    /// `set` and its neighbours in figures.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let labels = ["1", "2", "3", "4"].map(String::from).to_vec();
    /// let axis = SurfaceAxis { name: "a".into(), labels, positions: Some(vec![1.0, 2.0, 3.0, 4.0]) };
    /// let figures = vec![Some(1.0), Some(8.0), Some(5.0), Some(2.0)];
    /// let sets = ParameterSurface::grid(vec![axis], vec![0, 1, 2, 3], figures, true)?;
    /// // Around the second set: 1, 8 and 5.
    /// let around = sets.neighbourhood(1);
    /// assert_eq!((around.sets, around.median, around.worst), (3, Some(5.0), Some(1.0)));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    #[must_use]
    pub fn neighbourhood(&self, set: usize) -> Neighbourhood {
        let mut sets = self.neighbours(set);
        sets.extend((set < self.len()).then_some(set));
        let mut goods: Vec<f64> = sets.iter().filter_map(|s| self.good(*s)).collect();
        let worst = goods.iter().copied().min_by(f64::total_cmp).map(|v| self.signed(v));
        goods.sort_unstable_by(f64::total_cmp);
        // Those without an objective stand below the defined ones.
        let middle = sets.len().saturating_sub(1) / 2;
        let median = middle.checked_sub(sets.len() - goods.len()).and_then(|i| goods.get(i));
        Neighbourhood {
            sets: sets.len(),
            defined: goods.len(),
            median: median.map(|v| self.signed(*v)),
            worst,
        }
    }

    /// Whether the winner stands on a plateau. None without a winner or without
    /// neighbours.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface, PeakShape};
    /// let labels: Vec<String> = (1..=7).map(|i| i.to_string()).collect();
    /// let positions = Some((1..=7).map(f64::from).collect());
    /// let axis = SurfaceAxis { name: "a".into(), labels, positions };
    /// // The median is 1, the winner has 9: a neighbour holds up from 1 + 8 / 2 = 5 on.
    /// let figures = [1.0, 0.0, 1.0, 6.0, 9.0, 4.0, 1.0].map(Some).to_vec();
    /// let sets = ParameterSurface::grid(vec![axis], (0..7).collect(), figures, true)?;
    /// let plateau = sets.plateau().ok_or("no neighbours")?;
    /// assert_eq!((plateau.bar, plateau.share, plateau.shape), (5.0, 0.5, PeakShape::Slope));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn plateau(&self) -> Option<Plateau> {
        let winner = self.winner()?;
        let bar = self.bar(self.good(winner)?)?;
        let around = self.neighbours(winner);
        let holding = around.iter().filter(|s| self.good(**s).is_some_and(|g| g >= bar)).count();
        let share = (!around.is_empty()).then(|| holding as f64 / around.len() as f64)?;
        let shape = match share {
            s if s >= PLATEAU => PeakShape::Plateau,
            s if s < SPIKE => PeakShape::Spike,
            _ => PeakShape::Slope,
        };
        Some(Plateau { share, shape, neighbours: around.len(), bar: self.signed(bar) })
    }

    /// The objective along every axis with two or more levels, through the winner.
    ///
    /// `cost of a step = (winner - the worse neighbour) / |winner|`
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let labels = ["1", "2", "3", "4"].map(String::from).to_vec();
    /// let axis = SurfaceAxis { name: "a".into(), labels, positions: Some(vec![1.0, 2.0, 3.0, 4.0]) };
    /// let figures = vec![Some(6.0), Some(8.0), Some(4.0), Some(2.0)];
    /// let sets = ParameterSurface::grid(vec![axis], vec![0, 1, 2, 3], figures, true)?;
    /// // One step from 8 goes to 6 or 4, two steps to 2, three to nowhere.
    /// assert_eq!(sets.sensitivity()[0].costs, [Some(0.5), Some(0.75), None]);
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    #[must_use]
    pub fn sensitivity(&self) -> Vec<Sensitivity> {
        let Some(winner) = self.winner() else { return Vec::new() };
        let varied = (0..self.axes.len()).filter(|a| self.axes[*a].labels.len() > 1);
        varied.map(|axis| self.along(axis, winner)).collect()
    }

    fn along(&self, axis: usize, winner: usize) -> Sensitivity {
        let own = self.levels(winner)[axis] as usize;
        let from = own.saturating_sub(WINDOW);
        let to = (own + WINDOW + 1).min(self.axes[axis].labels.len());
        let mut goods = vec![Vec::new(); to - from];
        for set in 0..self.len() {
            let level = self.levels(set)[axis] as usize;
            if (from..to).contains(&level) {
                goods[level - from].extend(self.good(set));
            }
        }
        let line = match &self.layout {
            SetLayout::Grid(lookup) => {
                let stride = lookup.strides[axis];
                let base = lookup.flat(self.levels(winner)) - own as u64 * stride;
                let at = |level: usize| lookup.at(base + level as u64 * stride);
                (from..to).map(|l| at(l).and_then(|s| self.good(s))).collect()
            }
            SetLayout::Drawn(tree) => self.nearby(tree, axis, winner, from..to),
        };
        let steps: Vec<Step> = line
            .into_iter()
            .zip(&mut goods)
            .enumerate()
            .map(|(i, (good, goods))| Step {
                level: from + i,
                label: self.axes[axis].labels[from + i].clone(),
                objective: good.map(|g| self.signed(g)),
                median: lower_median(goods).map(|g| self.signed(g)),
            })
            .collect();
        let costs = self.costs(axis, &steps, own - from);
        Sensitivity { axis, steps, winner: own - from, costs }
    }

    /// Of each level, the lower median of the sets that differ least from the winner
    /// elsewhere; on its own level the winner itself.
    fn nearby(
        &self,
        tree: &Tree,
        axis: usize,
        winner: usize,
        levels: std::ops::Range<usize>,
    ) -> Vec<Option<f64>> {
        let own = tree.point(winner);
        let mut nearest: Vec<Vec<(f64, usize)>> = vec![Vec::new(); levels.len()];
        for set in 0..self.len() {
            let level = self.levels(set)[axis] as usize;
            if !levels.contains(&level) || self.objective[set].is_none() {
                continue;
            }
            let pairs = own.iter().zip(tree.point(set)).enumerate().filter(|(a, _)| *a != axis);
            let distance: f64 = pairs.map(|(_, (a, b))| (a - b) * (a - b)).sum();
            let found = &mut nearest[level - levels.start];
            let place = found.partition_point(|f| f.0 <= distance);
            if place < FEWEST_NEAREST {
                found.insert(place, (distance, set));
                found.truncate(FEWEST_NEAREST);
            }
        }
        let at = self.levels(winner)[axis] as usize - levels.start;
        nearest
            .into_iter()
            .enumerate()
            .map(|(i, found)| {
                let mut goods: Vec<f64> = found.iter().filter_map(|f| self.good(f.1)).collect();
                if i == at { self.good(winner) } else { lower_median(&mut goods) }
            })
            .collect()
    }

    fn costs(&self, axis: usize, steps: &[Step], winner: usize) -> [Option<f64>; 3] {
        let Some(best) = steps[winner].objective.filter(|b| *b != 0.0) else { return [None; 3] };
        let cost = |i: usize| {
            let value = steps.get(i)?.objective?;
            Some((self.signed(best) - self.signed(value)) / best.abs())
        };
        if !self.axes[axis].is_ordered() {
            let others = (0..steps.len()).filter(|i| *i != winner);
            return [others.filter_map(cost).max_by(f64::total_cmp), None, None];
        }
        [1, 2, 3].map(|n| {
            let sides = [winner.checked_sub(n), Some(winner + n)];
            sides.into_iter().flatten().filter_map(cost).max_by(f64::total_cmp)
        })
    }
}
