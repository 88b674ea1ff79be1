//! What is wrong with a configuration, where, and the nearest thing that is right.

use std::path::Path;

/// A configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        error: String,
    },
    /// The file is at fault.
    #[error("{file}:{line}:{column}: {message}")]
    InFile {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// 1-based.
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
        /// As given.
        given: String,
        /// What is wrong.
        message: String,
    },
}

impl ConfigError {
    pub(super) fn syntax(name: &Path, text: &str, e: &toml::de::Error) -> Self {
        Self::in_file(name, text, e)
    }

    pub(super) fn in_file(name: &Path, text: &str, e: &toml::de::Error) -> Self {
        let start = e.span().map_or(0, |s| s.start).min(text.len());
        let before = &text[..start];
        Self::InFile {
            file: name.display().to_string(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message: helped(e.message()),
        }
    }

    pub(super) fn at_key(key: &str, message: &str) -> Self {
        Self::AtKey { key: key.to_owned(), message: helped(message) }
    }
}

/// serde's "unknown field `x`, expected one of `a`, `b`" with the nearest named.
fn helped(message: &str) -> String {
    let message = message.trim_end();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let [given, known @ ..] = quoted.as_slice() else { return message.to_owned() };
    if !unknown {
        return message.to_owned();
    }
    let nearest = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(given, k), *k))
        .min()
        .filter(|(distance, k)| *distance <= k.len().max(given.len()) / 2);
    match nearest {
        Some((_, k)) => format!("{message}; did you mean `{k}`?"),
        None => message.to_owned(),
    }
}
