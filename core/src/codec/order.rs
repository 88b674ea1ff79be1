//! Intents, and what events say of orders.

use alloc::vec::Vec;

use super::parts::{Coded, codes};
use super::reader::{DecodeError, Reader};
use crate::order::{
    Bracket, ExitReason, Fill, FillKind, Intent, Liquidity, Order, OrderKind, OrderUpdate, Purpose,
    TimeInForce, Unfilled,
};
use crate::resting::Rest;

codes!(ExitReason: Stop = 0, Target = 1, TrailingStop = 2, BreakEven = 3, Time = 4, Opposite = 5,
    Signal = 6, Liquidation = 7, Flatten = 8, SegmentEnd = 9, EndOfData = 10);
codes!(Unfilled: Stale = 0, SegmentEnd = 1, EndOfData = 2, Rejected = 3, Cancelled = 4);
codes!(Liquidity: Maker = 0, Taker = 1);
codes!(TimeInForce: Gtc = 0, Day = 1, Ioc = 2, Fok = 3);

impl Coded for Bracket {
    fn put(&self, out: &mut Vec<u8>) {
        self.stop.put(out);
        self.target.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { stop: Coded::get(from.name("stop"))?, target: Coded::get(from.name("target"))? })
    }
}

impl Coded for Purpose {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Entry(bracket) => {
                out.push(0);
                bracket.put(out);
            }
            Self::Exit(reason) => {
                out.push(1);
                reason.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.name("purpose").byte()? {
            0 => Coded::get(from).map(Self::Entry),
            1 => Coded::get(from.name("reason")).map(Self::Exit),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for Rest {
    fn put(&self, out: &mut Vec<u8>) {
        let (code, px) = match self {
            Self::Limit(px) => (0, px),
            Self::Stop(px) => (1, px),
        };
        out.push(code);
        px.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = from.name("rest").byte()?;
        let px = Coded::get(from.name("px"))?;
        match code {
            0 => Ok(Self::Limit(px)),
            1 => Ok(Self::Stop(px)),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for OrderKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Market => out.push(0),
            Self::Limit { px, time_in_force } => {
                out.push(1);
                px.put(out);
                time_in_force.put(out);
            }
            Self::Stop { px } => {
                out.push(2);
                px.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.name("kind").byte()? {
            0 => Ok(Self::Market),
            1 => Ok(Self::Limit {
                px: Coded::get(from.name("px"))?,
                time_in_force: Coded::get(from.name("time_in_force"))?,
            }),
            2 => Ok(Self::Stop { px: Coded::get(from.name("px"))? }),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for Order {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { id, slot, instrument, side, lots, purpose, kind } = self;
        id.put(out);
        slot.put(out);
        instrument.put(out);
        side.put(out);
        lots.put(out);
        purpose.put(out);
        kind.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: Coded::get(from.name("id"))?,
            slot: Coded::get(from.name("slot"))?,
            instrument: Coded::get(from.name("instrument"))?,
            side: Coded::get(from.name("side"))?,
            lots: Coded::get(from.name("lots"))?,
            purpose: Coded::get(from)?,
            kind: Coded::get(from)?,
        })
    }
}

/// Intents have codes that no event has, so that neither is taken for the other.
impl Coded for Intent {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Place(order) => {
                out.push(128);
                order.put(out);
            }
            Self::Amend { slot, instrument, bracket } => {
                out.push(129);
                slot.put(out);
                instrument.put(out);
                bracket.put(out);
            }
            Self::Cancel(order) => {
                out.push(130);
                order.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.name("intent").byte()? {
            128 => Coded::get(from).map(Self::Place),
            129 => Ok(Self::Amend {
                slot: Coded::get(from.name("slot"))?,
                instrument: Coded::get(from.name("instrument"))?,
                bracket: Coded::get(from)?,
            }),
            130 => Coded::get(from.name("order")).map(Self::Cancel),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for FillKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Entry => out.push(0),
            Self::Exit(reason) => {
                out.push(1);
                reason.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.name("kind").byte()? {
            0 => Ok(Self::Entry),
            1 => Coded::get(from.name("reason")).map(Self::Exit),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for Fill {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { order, slot, instrument, ts, side, px, lots, fee, .. } = self;
        let Self { liquidity, slippage, kind, ambiguous, .. } = self;
        order.put(out);
        slot.put(out);
        instrument.put(out);
        ts.put(out);
        side.put(out);
        px.put(out);
        lots.put(out);
        fee.put(out);
        liquidity.put(out);
        slippage.put(out);
        kind.put(out);
        ambiguous.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            order: Coded::get(from.name("order"))?,
            slot: Coded::get(from.name("slot"))?,
            instrument: Coded::get(from.name("instrument"))?,
            ts: Coded::get(from.name("ts"))?,
            side: Coded::get(from.name("side"))?,
            px: Coded::get(from.name("px"))?,
            lots: Coded::get(from.name("lots"))?,
            fee: Coded::get(from.name("fee"))?,
            liquidity: Coded::get(from.name("liquidity"))?,
            slippage: Coded::get(from.name("slippage"))?,
            kind: Coded::get(from)?,
            ambiguous: Coded::get(from.name("ambiguous"))?,
        })
    }
}

impl Coded for OrderUpdate {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Accepted => out.push(0),
            Self::Ended(why) => {
                out.push(1);
                why.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.name("update").byte()? {
            0 => Ok(Self::Accepted),
            1 => Coded::get(from.name("why")).map(Self::Ended),
            code => Err(from.unknown(code)),
        }
    }
}
