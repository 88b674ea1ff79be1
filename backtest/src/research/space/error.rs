//! What is wrong with a space of parameters, where, and what would be right.

/// A space of parameters cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// A text is no value of a parameter.
    #[error("{given:?} is no value of a parameter: {message}")]
    Value {
        /// The text given.
        given: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// An axis is at fault.
    #[error("axis {key}: {message}")]
    Axis {
        /// Key of the axis.
        key: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A space without axes.
    #[error("a sweep needs an axis; state [[sweep.axis]] with a key and its values")]
    NoAxes,
    /// A constraint cannot be read.
    #[error("constraint `{text}`, column {column}: {message}")]
    Constraint {
        /// The constraint as it was written.
        text: String,
        /// Place of the fault in the text, in characters, counted from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A constraint has no answer for a set.
    #[error("constraint `{text}`, column {column}: {message}, at {set}")]
    Unanswered {
        /// The constraint as it was written.
        text: String,
        /// Place of the fault in the text, in characters, counted from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: &'static str,
        /// The set's values, as people read them.
        set: String,
    },
    /// An option of the search is at fault.
    #[error("sweep.{option}: {message}")]
    Option {
        /// Key of the option below `sweep`.
        option: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
    /// More combinations than are worth counting.
    #[error(
        "the grid has {combinations} combinations, more than {most}; take fewer values or larger \
         steps, or search by method = \"random\" or \"latin\" with sets = 1000"
    )]
    TooMany {
        /// Number of combinations there are.
        combinations: String,
        /// Most combinations that are allowed.
        most: u64,
    },
    /// The constraints leave nothing.
    #[error("no set is left: the constraints exclude all {excluded} that were looked at")]
    NoneLeft {
        /// Number of combinations or draws that were excluded.
        excluded: u64,
    },
    /// Values that are not of the space.
    #[error("{key}: {message}")]
    Foreign {
        /// Key of the value at fault.
        key: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A set that a constraint excludes.
    #[error("the set is excluded by the constraint `{text}`")]
    Excluded {
        /// The constraint as it was written.
        text: String,
    },
}
