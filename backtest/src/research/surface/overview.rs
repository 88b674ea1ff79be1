//! Everything a report shows of a surface.

use serde::Serialize;

use super::around::{Pick, Plateau, Sensitivity};
use super::axis::SurfaceAxis;
use super::heat::HeatMap;
use super::influence::Influence;
use super::parameter_surface::{ParameterSurface, SetLayout};
use super::stable::Stable;

/// All a report shows of a surface; its size does not grow with the sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The parameters searched, with their levels.
    pub axes: Vec<SurfaceAxis>,
    /// Number of sets.
    pub sets: usize,
    /// How many of them have an objective.
    pub defined: usize,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Whether sets were drawn, not taken from a grid.
    pub drawn: bool,
    /// Lower median of the objective.
    pub median: Option<f64>,
    /// The single best set.
    pub winner: Option<Pick>,
    /// How the winner's neighbours hold up.
    pub plateau: Option<Plateau>,
    /// The set with the best surroundings.
    pub stable: Option<Stable>,
    /// Axes by influence, the most influential first.
    pub influence: Vec<Influence>,
    /// What a step away from the winner costs, an axis each.
    pub sensitivity: Vec<Sensitivity>,
    /// The objective over pairs of axes.
    pub heat_maps: Vec<HeatMap>,
}

impl ParameterSurface {
    /// Everything a report shows of it.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let winner = self.winner();
        Overview {
            axes: self.axes.clone(),
            sets: self.len(),
            defined: self.objective.iter().flatten().count(),
            higher_is_better: self.higher_is_better(),
            drawn: matches!(self.layout, SetLayout::Drawn(_)),
            median: self.median(),
            winner: winner.map(|set| self.pick(set)),
            plateau: self.plateau(),
            stable: self.stable(),
            influence: self.influence(),
            sensitivity: self.sensitivity(),
            heat_maps: self.heat_maps(),
        }
    }
}
