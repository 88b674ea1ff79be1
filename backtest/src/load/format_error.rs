//! Why a format cannot be used.

/// Why a format cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// No bundled format has this name.
    #[error("there is no format {name:?}; name a .toml file that describes it, or one of {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// Names of the bundled formats.
        known: String,
    },
    /// A description of a format cannot be used.
    #[error("format {name}: {}", reason.trim_end())]
    Invalid {
        /// Name of the file that describes it.
        name: String,
        /// What of it cannot be used, and where.
        reason: String,
    },
    /// A price was chosen where there is no bid and ask.
    #[error("price does not apply: the format {name} has no bid and ask; remove it")]
    NoBidAsk {
        /// Name of the format.
        name: String,
    },
}
