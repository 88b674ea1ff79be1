//! Why there is no walk forward.

/// Why there is no walk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// The data is too short.
    #[error(
        "walk_forward: the {days} days of data hold no window of {train} training and {test} test \
         days; shorten train_days or test_days, or load more data"
    )]
    NoWindow {
        /// Days with data.
        days: usize,
        /// Days of a training.
        train: u32,
        /// Days of a test.
        test: u32,
    },
    /// A set that was chosen, or is the best of all, cannot be run.
    #[error("walk_forward: set {set} cannot be run: {why}")]
    Run {
        /// Number of the set.
        set: usize,
        /// Why it cannot be run, in words.
        why: String,
    },
    /// The caller stopped it.
    #[error("interrupted")]
    Interrupted,
}
