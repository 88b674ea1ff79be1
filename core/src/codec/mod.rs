//! Events, intents and saved states as bytes: what a journal stores and a wire carries.
//!
//! The layout is fixed and explicit: one byte of version, one byte that names the
//! variant, then every field in the order of its declaration, integers in
//! little-endian of their own width, without padding. An `Option` is a byte 0, or a
//! byte 1 and the value; a list is its length in eight bytes and its members; a
//! decimal is its mantissa in sixteen bytes and its scale in one.
//!
//! Invariants: what was encoded decodes to itself, but for floats that are no numbers,
//! which nothing that was let in has; bytes that decode are those that encoding gives, but
//! for the version and the sign of a decimal zero, which is dropped;
//! arbitrary bytes give a value or an error and nothing else; nothing is allocated
//! for a length that the bytes at hand cannot hold.
//!
//! Versions: the first byte tells. A change of the layout, a new variant included,
//! raises [`VERSION`]; a reader refuses versions above its own, because it cannot
//! know what they mean, and goes on reading every one below. Version 2 has signals from
//! outside, commands on a slot or an order, and balances, and saved states; version 3 says of an
//! order that waits at the simulated exchange when it was sent. What an earlier version has is
//! written in a later one as before.
//!
//! Refuses to do: frame records in a stream, compress, or check that an event is
//! plausible.
//!
//! ```
//! use tickstep_core::codec::{decode_event, encode_event};
//! use tickstep_core::event::{Body, Event};
//! use tickstep_core::units::Nanos;
//!
//! let event = Event::at(Nanos(5), 1, Body::Decide);
//! let mut bytes = Vec::new();
//! encode_event(&event, &mut bytes);
//! assert_eq!(decode_event(&bytes), Ok(event));
//! let torn = decode_event(&bytes[..20]).unwrap_err();
//! assert_eq!(torn.to_string(), "byte 18, seq: the bytes end here, 6 more are needed");
//! ```

mod event;
mod order;
mod parts;
mod reader;
mod signal;
mod state;

use alloc::vec::Vec;

use crate::event::Event;
use crate::order::Intent;
use crate::session::SessionState;
use parts::Coded;
use reader::Reader;
pub use reader::{DecodeError, DecodeFault, VERSION};

/// Appends an event's bytes to `out`.
pub fn encode_event(event: &Event, out: &mut Vec<u8>) {
    out.push(VERSION);
    event.put(out);
}

/// The event that `bytes` are, all of them.
pub fn decode_event(bytes: &[u8]) -> Result<Event, DecodeError> {
    decode(bytes)
}

/// Appends an intent's bytes to `out`.
pub fn encode_intent(intent: &Intent, out: &mut Vec<u8>) {
    out.push(VERSION);
    intent.put(out);
}

/// The intent that `bytes` are, all of them. It is a record of what was asked for;
/// a venue takes approved ones only.
pub fn decode_intent(bytes: &[u8]) -> Result<Intent, DecodeError> {
    decode(bytes)
}

/// Appends a saved session's bytes to `out`.
pub fn encode_state(state: &SessionState, out: &mut Vec<u8>) {
    out.push(VERSION);
    state.put(out);
}

/// The saved session that `bytes` are, all of them. Whether it fits a session that takes
/// it up, and does not contradict itself, is seen there.
pub fn decode_state(bytes: &[u8]) -> Result<SessionState, DecodeError> {
    decode(bytes)
}

fn decode<T: Coded>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut from = Reader::new(bytes);
    from.version()?;
    let value = T::get(&mut from)?;
    from.end()?;
    Ok(value)
}
