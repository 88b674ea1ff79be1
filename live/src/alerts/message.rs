//! An alert, as it is sent.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;
use tickstep_core::units::Nanos;

use crate::logs::told_at;
use crate::runner::Severity;

/// An alert, as channels are given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertMessage {
    /// Its number, the same however often it is sent.
    pub id: String,
    /// When it happened.
    pub at: Nanos,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about, one word for machines.
    pub kind: String,
    /// The account's name, where it concerns one.
    pub account: Option<String>,
    /// What it is, in a sentence.
    pub words: String,
    /// Alerts like it that came in the quiet period before and were not sent.
    pub more: u64,
}

/// The word of a value that is written as one.
pub(super) fn word_of(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or("other").to_owned()
}

impl AlertMessage {
    /// It as a short text, for people.
    #[must_use]
    pub fn text(&self, zone: &TimeZone) -> String {
        let severity = word_of(&self.severity).to_uppercase();
        let account = self.account.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let more = match self.more {
            0 => String::new(),
            1 => "\nand one more like it".to_owned(),
            more => format!("\nand {more} more like it"),
        };
        let Self { words, .. } = self;
        format!("{severity}{account}\n{words}{more}\n{}", told_at(self.at, zone))
    }

    /// It as JSON, for programs.
    #[must_use]
    pub fn body(&self, zone: &TimeZone) -> String {
        json!({
            "id": self.id,
            "type": "tickstep.alert",
            "severity": self.severity,
            "kind": self.kind,
            "account": self.account,
            "message": self.words,
            "more": self.more,
            "at": told_at(self.at, zone),
            "at_ns": self.at.0,
        })
        .to_string()
    }
}
