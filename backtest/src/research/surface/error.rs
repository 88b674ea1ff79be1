//! Why sets do not make a surface.

/// Sets that do not make a surface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// A column is not as long as there are sets.
    #[error("{what} has {got} entries where {want} are needed")]
    Length {
        /// Name of the column.
        what: String,
        /// Number of entries it has.
        got: usize,
        /// Number of entries it needs.
        want: usize,
    },
    /// A set stands on a level its axis does not have.
    #[error("set {set} is on level {level} of axis {axis}, which has {levels}")]
    Level {
        /// Number of the set.
        set: usize,
        /// Name of the axis.
        axis: String,
        /// The level stated, counted from 0.
        level: u32,
        /// Number of levels that the axis has.
        levels: usize,
    },
    /// A value cannot be put in order.
    #[error("axis {axis} has a value that is not a number")]
    NotANumber {
        /// Name of the axis.
        axis: String,
    },
    /// Two sets of a grid are the same.
    #[error("sets {first} and {second} have the same levels")]
    Twice {
        /// Number of one of the two sets.
        first: usize,
        /// Number of the other set.
        second: usize,
    },
    /// More than can be counted.
    #[error("the grid has more points than can be numbered")]
    TooWide,
}
