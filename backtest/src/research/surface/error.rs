//! Why sets do not make a surface.

/// Sets that do not make a surface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// A column is not as long as there are sets.
    #[error("{what} has {got} entries where {want} are needed")]
    Length {
        /// Which.
        what: String,
        /// Its length.
        got: usize,
        /// The length it needs.
        want: usize,
    },
    /// A set stands on a level its axis does not have.
    #[error("set {set} is on level {level} of axis {axis}, which has {levels}")]
    Level {
        /// The set.
        set: usize,
        /// The axis.
        axis: String,
        /// The level.
        level: u32,
        /// How many the axis has.
        levels: usize,
    },
    /// A value cannot be put in order.
    #[error("axis {axis} has a value that is not a number")]
    NotANumber {
        /// The axis.
        axis: String,
    },
    /// Two sets of a grid are the same.
    #[error("sets {first} and {second} have the same levels")]
    Twice {
        /// The first.
        first: usize,
        /// The second.
        second: usize,
    },
    /// More than can be counted.
    #[error("the grid has more points than can be numbered")]
    TooWide,
}
