//! Why the text of a file does not come apart into rows.

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Bytes that are not text.
    #[error(
        "byte {byte:#04x} is not valid UTF-8; save the file as UTF-8, or describe it \
         (--format FILE.toml) with encoding = \"{likely}\" or what else it is in"
    )]
    NotUtf8 {
        /// The first offending byte.
        byte: u8,
        /// An encoding that the text may be in.
        likely: &'static str,
    },
    /// Bytes that are not text in that encoding.
    #[error("a byte is not valid {encoding}; state another encoding, or save the file as UTF-8")]
    NotDecoded {
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// JSON that is not a list of bars.
    #[error("{reason}; give a list of bars, each a list of values: [[time, open, ...], ...]")]
    BadJson {
        /// Why it is no list of bars.
        reason: &'static str,
    },
}
