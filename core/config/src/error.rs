//! What is wrong with a configuration, where, and the nearest thing that is right.

use std::collections::BTreeMap;
use std::path::Path;

use tickstep_core::params::{OutOfRange, ParamError};

use crate::nearest::hint;
use crate::source::Place;

/// A configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}: {error}")]
    Unreadable {
        /// Path of the file.
        file: String,
        /// What the operating system said.
        error: String,
    },
    /// The file is at fault.
    #[error("{file}:{line}:{column}: {message}")]
    InFile {
        /// Path of the file.
        file: String,
        /// Number of the line, counted from 1.
        line: usize,
        /// Number of the column, counted from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A key or its value is at fault.
    #[error("{key}: {message}")]
    AtKey {
        /// Path of the key.
        key: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A `--set` cannot be read.
    #[error("--set {given}: {message}")]
    Set {
        /// What was given after `--set`.
        given: String,
        /// What is wrong with it.
        message: String,
    },
}

impl ConfigError {
    pub(crate) fn in_file(name: &Path, text: &str, e: &toml::de::Error) -> Self {
        Self::place(name, text, e.span().map_or(0, |s| s.start), helped(e.message()))
    }

    fn place(name: &Path, text: &str, start: usize, message: String) -> Self {
        let before = text.get(..start).unwrap_or(text);
        Self::InFile {
            file: name.display().to_string(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message,
        }
    }

    /// With the place in the file, where the key is one that the file states: an
    /// unknown key's own, else its value's. `stated` tells which paths are as written.
    pub(crate) fn placed(
        self,
        name: &Path,
        text: &str,
        places: &BTreeMap<String, Place>,
        stated: impl Fn(&str) -> bool,
    ) -> Self {
        let Self::AtKey { key, message } = &self else { return self };
        let mut path = key.as_str();
        let place = loop {
            if let Some(place) = places.get(path) {
                break place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self,
            }
        };
        if !stated(path) {
            return self;
        }
        if message.starts_with("unknown field") {
            return Self::place(name, text, place.key.start, message.clone());
        }
        Self::place(name, text, place.value.start, format!("{key}: {message}"))
    }

    /// The same of a key of the table `at`.
    #[must_use]
    pub fn below(self, at: &str) -> Self {
        match self {
            Self::AtKey { key, message } if key == "." => {
                Self::AtKey { key: at.to_owned(), message }
            }
            Self::AtKey { key, message } => Self::AtKey {
                key: format!("{at}{}{key}", if key.starts_with('[') { "" } else { "." }),
                message,
            },
            other => other,
        }
    }

    /// Of parameters in the table `at`: a range names the whole path of its key, a
    /// contradiction the table it is in.
    #[must_use]
    pub fn param(at: &str, e: ParamError) -> Self {
        Self::from(e).below(at)
    }

    /// Of a key or its value; where the message lists what is allowed, the nearest is named.
    #[must_use]
    pub fn at_key(key: &str, message: &str) -> Self {
        let mut message = helped(message);
        if key.ends_with(".slippage") && !message.contains("did you mean") {
            message.push_str("; write { ticks = 1 } or { bps = 0.5 }");
        }
        Self::AtKey { key: key.to_owned(), message }
    }
}

/// Of parameters read by themselves; a contradiction is at ".", the table they are in.
impl From<ParamError> for ConfigError {
    fn from(e: ParamError) -> Self {
        match e {
            ParamError::OutOfRange(e) => e.into(),
            ParamError::Conflict(words) => Self::at_key(".", words),
        }
    }
}

impl From<OutOfRange> for ConfigError {
    fn from(e: OutOfRange) -> Self {
        let words = format!("{} is out of range; it must be {}", e.value, e.range);
        Self::at_key(e.field, &words)
    }
}

/// serde's "unknown field `x`, expected one of `a`, `b`" with the nearest named.
fn helped(message: &str) -> String {
    let message = message.trim_end();
    if let Some(words) = whole(message) {
        return words;
    }
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let [given, known @ ..] = quoted.as_slice() else { return message.to_owned() };
    if !unknown {
        return message.to_owned();
    }
    format!("{message}{}", hint(given, known.iter().copied()))
}

/// serde's "invalid value: integer `-1`, expected u32" with the range in words.
fn whole(message: &str) -> Option<String> {
    let (said, expected) = message.strip_prefix("invalid ")?.split_once(", expected ")?;
    let most = match expected.lines().next()? {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" | "usize" => u64::MAX,
        "a Decimal type representing a fixed-point number" => {
            return Some(format!("{} is not a decimal number, such as 0.25", given(said)));
        }
        _ => return None,
    };
    Some(format!("{} is not allowed; it must be a whole number, 0 to {most}", given(said)))
}

/// What was given, of "type: string \"x\"" or "value: integer `5`".
fn given(said: &str) -> &str {
    let said = said.split_once(": ").map_or(said, |(_, what)| what);
    let quoted = said.find(['`', '"']).map(|at| said[at..].trim_matches(['`', '"']));
    quoted.unwrap_or(said)
}
