//! The axes of a surface, and how finely they are looked at.

use serde::Serialize;

/// Most levels of a binned axis.
pub const BINS: usize = 20;
/// Most rows and columns of a heat map: about what a screen shows apart. More
/// levels are joined.
pub const HEAT_SIDE: usize = 32;
/// Up to this many axes every pair has a heat map: 15 of them.
pub const HEAT_AXES: usize = 6;
/// Levels shown on each side of the winner.
pub const WINDOW: usize = 15;
/// From this share of neighbours that hold half of the winner's excess on, it
/// stands on a plateau: three of four moves do little harm.
pub const PLATEAU: f64 = 0.75;
/// Below this share it is a spike: three of four moves lose more than half.
pub const SPIKE: f64 = 0.25;
/// Part of an excess over the median that counts as holding up: as near to the
/// winner as to an average set.
pub const HOLDS: f64 = 0.5;
/// Nearest sets of a drawn search: twice its axes, at least this many.
pub const FEWEST_NEAREST: usize = 5;
/// Drawn sets whose neighbourhoods are looked at for the stable one.
pub const STABLE_CANDIDATES: usize = 10_000;
/// Members of a drawn region after which it is not followed further.
pub const REGION_MOST: usize = 5_000;

/// One parameter and the levels it took, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurfaceAxis {
    /// Name of the parameter.
    pub name: String,
    /// Value of each level, as text.
    pub labels: Vec<String>,
    /// Where each level lies; none where levels are names without an order.
    pub positions: Option<Vec<f64>>,
}

impl SurfaceAxis {
    /// Whether one level is next to another.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        self.positions.is_some()
    }
}
