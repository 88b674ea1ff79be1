//! The surface a search draws over its parameters, and where on it the best set
//! stands: a result that its neighbours share can be met again, a lone peak
//! cannot.
//!
//! # Invariants
//!
//! - Pure: the same sets give the same answers in the same order; ties go to the
//!   set with the lower number.
//! - The median used throughout is the lower one: of an even count the worse of
//!   the two middle values. It is always a figure that some set had.
//! - A set without an objective (failed, filtered, not a number) is never drawn
//!   as a zero; beside a set it counts as worse than any figure.
//!
//! # Known limits
//!
//! - An axis of names (no positions) has no order, so neighbourhoods stay on one
//!   name. Its names are compared in [`Sensitivity`] instead.
//! - Drawn sets (random, Latin hypercube) have no steps: their axes are binned
//!   into [`BINS`] levels and neighbours are the nearest in rank space. The stable
//!   set is then looked for among the [`STABLE_CANDIDATES`] best.
//! - The influence of an axis is of the axis alone; what axes do only together
//!   is in none of them. With few sets a level, chance alone explains some.
//! - Edges of a grid have fewer neighbours, so luck is easier there.

mod around;
mod axis;
mod bin;
mod error;
mod fitted;
mod heat;
mod influence;
mod lookup;
mod nearest;
mod overview;
mod parameter_surface;
mod stable;
#[cfg(test)]
mod tests;

pub use around::{Neighbourhood, PeakShape, Pick, Plateau, Sensitivity, Step};
pub use axis::{
    BINS, FEWEST_NEAREST, HEAT_AXES, HEAT_SIDE, HOLDS, PLATEAU, REGION_MOST, SPIKE,
    STABLE_CANDIDATES, SurfaceAxis, WINDOW,
};
pub use bin::{DrawnColumn, DrawnValues, bin};
pub use error::SurfaceError;
pub use fitted::surface;
pub use heat::{HeatCell, HeatMap};
pub use influence::Influence;
pub use overview::Overview;
pub use parameter_surface::ParameterSurface;
pub use stable::{Region, Stable};
