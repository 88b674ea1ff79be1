//! Events and intents as bytes: what a journal stores and a wire carries.
//!
//! The layout is fixed and explicit: one byte of version, one byte that names the
//! variant, then every field in the order of its declaration, integers in
//! little-endian of their own width, without padding. An `Option` is a byte 0, or a
//! byte 1 and the value; a list is its length in eight bytes and its members; a
//! decimal is its mantissa in sixteen bytes and its scale in one.
//!
//! Invariants: what was encoded decodes to itself; bytes that decode are those
//! that encoding gives, but for the sign of a decimal zero, which is dropped;
//! arbitrary bytes give a value or an error and nothing else; nothing is allocated
//! for a length that the bytes at hand cannot hold.
//!
//! Versions: the first byte tells. A change of the layout, a new variant included,
//! raises [`VERSION`]; a reader refuses versions above its own, because it cannot
//! know what they mean, and goes on reading every one below.
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

use alloc::vec::Vec;

use crate::event::Event;
use crate::order::Intent;
use parts::Coded;
use reader::Reader;
pub use reader::{DecodeError, DecodeFault};

/// The version that is written.
pub const VERSION: u8 = 1;

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

fn decode<T: Coded>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut from = Reader::new(bytes);
    from.version(VERSION)?;
    let value = T::get(&mut from)?;
    from.end()?;
    Ok(value)
}
