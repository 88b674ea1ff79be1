//! What a runner's journal holds, as bytes: every input with its time, every write before it
//! is sent, and what became of orders and positions ([`tickstep_journal::Outcome`]).
//!
//! Inputs are enough to replay a day; the writes stand beside them so that nobody has to
//! replay it to see what was sent, and so that a replay can be compared with it.

use serde::{Deserialize, Serialize};
use tickstep_core::codec::{decode_event, encode_event};
use tickstep_core::event::Event;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
pub use tickstep_journal::{RecordKind, Unreadable};

use crate::broker::{Call, Write};
use crate::config::ValueChange;
use crate::intent::{IntentId, RequestId};
use crate::runner::{Happening, Input, Send, SettingChange};

/// A write that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRecord {
    /// The request that carries it.
    pub request: RequestId,
    /// The account.
    pub account: AccountId,
    /// The intent.
    pub intent: IntentId,
    /// What is sent.
    pub write: Write,
}

impl WriteRecord {
    /// The record of a request, where it is a write.
    #[must_use]
    pub fn of(send: &Send) -> Option<Self> {
        match &send.call {
            Call::Write(ticket, write) => Some(Self {
                request: send.request,
                account: send.account,
                intent: ticket.intent(),
                write: write.clone(),
            }),
            Call::LogIn | Call::Refresh | Call::LogOut | Call::Read(_) => None,
        }
    }
}

/// What a runner is configured with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigText {
    /// The text that it was started with, before changes.
    pub started: String,
    /// Changes made to it since, in their order.
    pub changes: Vec<String>,
    /// The text with them.
    pub text: String,
}

impl ConfigText {
    /// As started: nothing has been changed.
    #[must_use]
    pub fn fresh(text: String) -> Self {
        Self { started: text.clone(), changes: Vec::new(), text }
    }
}

/// A change of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Who made it.
    pub who: String,
    /// Why, in their words.
    pub why: String,
    /// What is in force from now on.
    pub configured: ConfigText,
    /// What is other than before.
    pub values: Vec<ValueChange>,
}

impl ConfigChange {
    /// What happened, as it is published; nothing, where nothing is other than before.
    #[must_use]
    pub fn happenings(&self) -> Vec<Happening> {
        if self.values.is_empty() {
            return Vec::new();
        }
        let values = self.values.iter().map(|value| SettingChange {
            setting: value.key.clone(),
            old: value.old.clone(),
            new: value.new.clone(),
        });
        vec![Happening::Configured {
            who: self.who.clone(),
            why: self.why.clone(),
            text: self.configured.text.clone(),
            values: values.collect(),
        }]
    }
}

/// Appends an input's bytes; the kind of record that they are.
pub fn encode_input(input: &Input, out: &mut Vec<u8>) -> RecordKind {
    match input {
        Input::Market { ts_exch, body } => {
            // The record has the time of receipt.
            let event = Event { ts_exch: *ts_exch, ts_recv: Nanos(0), seq: 0, body: body.clone() };
            encode_event(&event, out);
            RecordKind::Market
        }
        other => {
            put(other, out);
            RecordKind::Input
        }
    }
}

/// The input that a record of one of its kinds holds; `None` for another kind.
pub fn decode_input(kind: RecordKind, bytes: &[u8]) -> Option<Result<Input, Unreadable>> {
    let what = "an input";
    Some(match kind {
        RecordKind::Input => get(bytes, what),
        RecordKind::Market => decode_event(bytes)
            .map(|event| Input::Market { ts_exch: event.ts_exch, body: event.body })
            .map_err(|error| Unreadable { what, why: error.to_string() }),
        RecordKind::Write | RecordKind::Snapshot | RecordKind::Config | RecordKind::Outcome => {
            return None;
        }
    })
}

/// Appends a write's bytes.
pub fn encode_write(write: &WriteRecord, out: &mut Vec<u8>) {
    put(write, out);
}

/// The write that `bytes` are, all of them.
pub fn decode_write(bytes: &[u8]) -> Result<WriteRecord, Unreadable> {
    get(bytes, "a write")
}

/// Appends the bytes of a change of the configuration.
pub fn encode_config(change: &ConfigChange, out: &mut Vec<u8>) {
    put(change, out);
}

/// The change that `bytes` are, all of them.
pub fn decode_config(bytes: &[u8]) -> Result<ConfigChange, Unreadable> {
    get(bytes, "a change of the configuration")
}

/// The bytes of what the files of a journal begin with: the configuration, and a runner's
/// snapshot.
#[must_use]
pub fn encode_snapshot(configured: &ConfigText, known: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(known.len() + configured.text.len() * 2 + 64);
    put(configured, &mut out);
    out.extend_from_slice(known);
    out
}

/// The configuration and the runner's snapshot that `bytes` are.
pub fn decode_snapshot(bytes: &[u8]) -> Result<(ConfigText, &[u8]), Unreadable> {
    let what = "a snapshot";
    let mut from = std::io::Cursor::new(bytes);
    let configured = rmp_serde::from_read(&mut from)
        .map_err(|error| Unreadable { what, why: error.to_string() })?;
    Ok((configured, &bytes[from.position() as usize..]))
}

fn put<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    // Only a type that does not know its length, or a writer, could fail here.
    rmp_serde::encode::write(out, value).expect("plain data becomes bytes");
}

fn get<T: for<'de> Deserialize<'de>>(bytes: &[u8], what: &'static str) -> Result<T, Unreadable> {
    let unreadable = |why: String| Unreadable { what, why };
    let mut from = std::io::Cursor::new(bytes);
    let value = rmp_serde::from_read(&mut from).map_err(|error| unreadable(error.to_string()))?;
    match bytes.len() - from.position() as usize {
        0 => Ok(value),
        rest => Err(unreadable(format!("{rest} bytes follow it"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::broker::{Balance, Fault, Reply};
    use crate::runner::{Act, Reach};
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use tickstep_core::event::{Bar, Body};
    use tickstep_core::instrument::InstrumentId;
    use tickstep_core::units::{Lots, Ticks};

    fn examples() -> Vec<Input> {
        let bar = Bar {
            ts_open: Nanos(1),
            open: Ticks(2),
            high: Ticks(3),
            low: Ticks(1),
            close: Ticks(2),
            volume: Lots::new(7).unwrap(),
            taker_buy: None,
        };
        let instrument = InstrumentId(1);
        let money = Balance {
            balance: Decimal::new(-123_456, 5),
            equity: None,
            margin: Some(Decimal::ZERO),
            free_margin: None,
            currency: Some("USD".to_owned()),
        };
        vec![
            Input::Wake,
            Input::Restarted,
            Input::Market {
                ts_exch: Nanos(9),
                body: Body::Bar { instrument, interval: Nanos::MINUTE, bar },
            },
            Input::Reply { request: RequestId(4), reply: Reply::Balance(money), venue_time: None },
            Input::Reply {
                request: RequestId(5),
                reply: Reply::Failed(Fault::TooMany { retry_after: Some(Nanos(3)) }),
                venue_time: Some(Nanos(8)),
            },
            Input::Operator {
                id: "7".to_owned(),
                who: "kim".to_owned(),
                why: "news".to_owned(),
                act: Act::Close { reach: Reach::All, symbol: Some("EURUSD".to_owned()) },
            },
        ]
    }

    #[test]
    fn an_input_is_what_it_was() {
        for input in examples() {
            let mut bytes = Vec::new();
            let kind = encode_input(&input, &mut bytes);
            assert_eq!(decode_input(kind, &bytes), Some(Ok(input)));
            bytes.push(0);
            let error = decode_input(kind, &bytes).unwrap().unwrap_err().to_string();
            assert!(error.starts_with("an input cannot be read: "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_input_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for kind in [RecordKind::Input, RecordKind::Market] {
                if let Ok(input) = decode_input(kind, &bytes).unwrap() {
                    let mut again = Vec::new();
                    let kind = encode_input(&input, &mut again);
                    prop_assert_eq!(decode_input(kind, &again).unwrap().unwrap(), input);
                }
            }
        }
    }
}
