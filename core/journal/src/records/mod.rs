//! What the records of a live runner's journal are, as far as other programs read them: the
//! kinds, the configuration in force, and what became of each order and position.
//!
//! Inputs, writes and snapshots are the runner's own; of them, only the number of their kind
//! is here. [`Outcome`] is written so that nobody has to replay a day to see what it made.

mod outcome;

use serde::de::{DeserializeOwned, IgnoredAny};

pub use outcome::{Aim, Executed, OrderEnd, OrderOutcome, Outcome, StatedMoney, TradeOutcome};

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum RecordKind {
    /// An input, as the runner was handed it, other than news of the market.
    Input = 1,
    /// A write that is about to be sent.
    Write = 2,
    /// The state from which what follows can be replayed.
    Snapshot = 3,
    /// News of the market, which are most of a day and have the core's own layout.
    Market = 4,
    /// Another configuration is in force from here on.
    Config = 5,
    /// What became of an order or a position.
    Outcome = 6,
}

impl RecordKind {
    /// The kind of this number.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Input),
            2 => Some(Self::Write),
            3 => Some(Self::Snapshot),
            4 => Some(Self::Market),
            5 => Some(Self::Config),
            6 => Some(Self::Outcome),
            _ => None,
        }
    }
}

/// Bytes that are no record of their kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be read: {why}")]
pub struct Unreadable {
    /// What was to be read.
    pub what: &'static str,
    /// Why it cannot be.
    pub why: String,
}

/// What a configuration was started with, the changes since, and the text with them.
type Text = (IgnoredAny, IgnoredAny, String);
/// Who changed it, why, what is in force, and what is other than before.
type Change = (IgnoredAny, IgnoredAny, Text, IgnoredAny);

/// Appends an outcome's bytes.
pub fn encode_outcome(outcome: &Outcome, out: &mut Vec<u8>) {
    // Only a type that does not know its length, or a writer, could fail here.
    rmp_serde::encode::write(out, outcome).expect("plain data becomes bytes");
}

/// The outcome that `bytes` are, all of them.
pub fn decode_outcome(bytes: &[u8]) -> Result<Outcome, Unreadable> {
    let what = "an outcome";
    let (outcome, rest) = begun(bytes, what)?;
    match rest {
        0 => Ok(outcome),
        rest => Err(Unreadable { what, why: format!("{rest} bytes follow it") }),
    }
}

/// The configuration's text that a record begins with which states one; `None` for a record
/// of another kind.
pub fn configured(kind: RecordKind, bytes: &[u8]) -> Option<Result<String, Unreadable>> {
    match kind {
        RecordKind::Snapshot => {
            Some(begun::<Text>(bytes, "a snapshot").map(|((.., text), _)| text))
        }
        RecordKind::Config => {
            let read = begun::<Change>(bytes, "a change of the configuration");
            Some(read.map(|((_, _, (.., text), _), _)| text))
        }
        RecordKind::Input | RecordKind::Write | RecordKind::Market | RecordKind::Outcome => None,
    }
}

/// What bytes begin with, and how many follow it.
fn begun<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<(T, usize), Unreadable> {
    let mut from = std::io::Cursor::new(bytes);
    let read = rmp_serde::from_read(&mut from);
    let value = read.map_err(|error| Unreadable { what, why: error.to_string() })?;
    let passed = usize::try_from(from.position()).unwrap_or(bytes.len());
    Ok((value, bytes.len() - passed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_stands_for_one_kind() {
        for number in 0..=u8::MAX {
            assert_eq!(
                RecordKind::of(number).map(|kind| kind as u8),
                (1..=6).contains(&number).then_some(number)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_outcome_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Ok(outcome) = decode_outcome(&bytes) {
                let mut again = Vec::new();
                encode_outcome(&outcome, &mut again);
                let mut twice = Vec::new();
                encode_outcome(&decode_outcome(&again).unwrap(), &mut twice);
                prop_assert_eq!(twice, again);
            }
            for kind in [RecordKind::Snapshot, RecordKind::Config] {
                prop_assert!(configured(kind, &bytes).is_some());
            }
            prop_assert!(configured(RecordKind::Market, &bytes).is_none());
        }
    }
}
