//! What a program outside wants of a slot.

use alloc::vec::Vec;

use super::parts::Coded;
use super::reader::{DecodeError, Reader};
use crate::signal::{Distance, Exits, Signal};

impl Coded for Distance {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Fraction(fraction) => {
                out.push(0);
                fraction.put(out);
            }
            Self::Ticks(ticks) => {
                out.push(1);
                ticks.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Coded::get(from).map(Self::Fraction),
            1 => Coded::get(from).map(Self::Ticks),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for Exits {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { stop, target, hold } = self;
        stop.put(out);
        target.put(out);
        hold.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            stop: Coded::get(from.name("stop"))?,
            target: Coded::get(from.name("target"))?,
            hold: Coded::get(from.name("hold"))?,
        })
    }
}

impl Coded for Signal {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { ts, enter, exits, leave_long, leave_short } = self;
        ts.put(out);
        enter.put(out);
        exits.put(out);
        leave_long.put(out);
        leave_short.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            ts: Coded::get(from.name("ts"))?,
            enter: Coded::get(from.name("enter"))?,
            exits: Coded::get(from)?,
            leave_long: Coded::get(from.name("leave_long"))?,
            leave_short: Coded::get(from.name("leave_short"))?,
        })
    }
}
