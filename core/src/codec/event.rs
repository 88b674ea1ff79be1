//! The byte form of an event and of what its body holds.

use alloc::vec::Vec;

use super::parts::Coded;
use super::reader::{DecodeError, Reader};
use crate::event::{Bar, Body, BookUpdate, Command, Event, Level};

/// The largest code of a command in each version.
const COMMANDS: [u8; 3] = [3, 7, 7];

impl Coded for Command {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Pause => out.push(0),
            Self::Resume => out.push(1),
            Self::Kill => out.push(2),
            Self::Flatten => out.push(3),
            Self::Close { slot, lots } => {
                out.push(4);
                slot.put(out);
                lots.put(out);
            }
            Self::Amend { slot, bracket } => {
                out.push(5);
                slot.put(out);
                bracket.put(out);
            }
            Self::Cancel(order) => {
                out.push(6);
                order.put(out);
            }
            Self::Reprice { order, px, bracket } => {
                out.push(7);
                order.put(out);
                px.put(out);
                bracket.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = from.byte()?;
        from.among(code, COMMANDS)?;
        Ok(match code {
            0 => Self::Pause,
            1 => Self::Resume,
            2 => Self::Kill,
            3 => Self::Flatten,
            4 => Self::Close {
                slot: Coded::get(from.name("slot"))?,
                lots: Coded::get(from.name("lots"))?,
            },
            5 => Self::Amend { slot: Coded::get(from.name("slot"))?, bracket: Coded::get(from)? },
            6 => Self::Cancel(Coded::get(from.name("order"))?),
            7 => Self::Reprice {
                order: Coded::get(from.name("order"))?,
                px: Coded::get(from.name("px"))?,
                bracket: Coded::get(from)?,
            },
            code => return Err(from.unknown(code)),
        })
    }
}

impl Coded for Bar {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { ts_open, open, high, low, close, volume, taker_buy } = self;
        ts_open.put(out);
        open.put(out);
        high.put(out);
        low.put(out);
        close.put(out);
        volume.put(out);
        taker_buy.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            ts_open: Coded::get(from.name("ts_open"))?,
            open: Coded::get(from.name("open"))?,
            high: Coded::get(from.name("high"))?,
            low: Coded::get(from.name("low"))?,
            close: Coded::get(from.name("close"))?,
            volume: Coded::get(from.name("volume"))?,
            taker_buy: Coded::get(from.name("taker_buy"))?,
        })
    }
}

impl Coded for Level {
    fn put(&self, out: &mut Vec<u8>) {
        self.px.put(out);
        self.lots.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { px: Coded::get(from)?, lots: Coded::get(from)? })
    }
}

/// Bytes of a [`Level`].
const LEVEL: usize = 16;

impl Coded for BookUpdate {
    fn put(&self, out: &mut Vec<u8>) {
        self.snapshot.put(out);
        for side in [&self.bids, &self.asks] {
            (side.len() as u64).put(out);
            side.iter().for_each(|level| level.put(out));
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let snapshot = Coded::get(from.name("snapshot"))?;
        let levels = |from: &mut Reader<'_>| {
            (0..from.length(LEVEL)?).map(|_| Level::get(from)).collect::<Result<Vec<_>, _>>()
        };
        let bids = levels(from.name("bids"))?;
        let asks = levels(from.name("asks"))?;
        Ok(Self { snapshot, bids, asks })
    }
}

impl Coded for Event {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(code(&self.body));
        self.ts_exch.put(out);
        self.ts_recv.put(out);
        self.seq.put(out);
        match &self.body {
            Body::Bar { instrument, interval, bar }
            | Body::History { instrument, interval, bar } => {
                instrument.put(out);
                interval.put(out);
                bar.put(out);
            }
            Body::Book { instrument, update } => {
                instrument.put(out);
                update.put(out);
            }
            Body::PublicTrade { instrument, px, lots, taker } => {
                instrument.put(out);
                px.put(out);
                lots.put(out);
                taker.put(out);
            }
            Body::Funding { instrument, long_rate, short_rate } => {
                instrument.put(out);
                long_rate.put(out);
                short_rate.put(out);
            }
            Body::Fill(fill) => fill.put(out),
            Body::Order { order, slot, update } => {
                order.put(out);
                slot.put(out);
                update.put(out);
            }
            Body::Open { instrument, px } => {
                instrument.put(out);
                px.put(out);
            }
            Body::SegmentStart { instrument } => instrument.put(out),
            Body::Command(command) => command.put(out),
            Body::Signal { slot, signal } => {
                slot.put(out);
                signal.put(out);
            }
            Body::Pending { slot, signal, rest } => {
                slot.put(out);
                signal.put(out);
                rest.put(out);
            }
            Body::Balance { cash, paid } => {
                cash.put(out);
                paid.put(out);
            }
            Body::DayStart | Body::Decide => {}
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = from.name("event").byte()?;
        from.among(code, LAST)?;
        Ok(Self {
            ts_exch: Coded::get(from.name("ts_exch"))?,
            ts_recv: Coded::get(from.name("ts_recv"))?,
            seq: Coded::get(from.name("seq"))?,
            body: body(code, from)?,
        })
    }
}

/// The largest code of [`code`] in each version.
const LAST: [u8; 3] = [11, 14, 14];

const fn code(body: &Body) -> u8 {
    match body {
        Body::Bar { .. } => 0,
        Body::Book { .. } => 1,
        Body::History { .. } => 2,
        Body::PublicTrade { .. } => 3,
        Body::Funding { .. } => 4,
        Body::Fill(_) => 5,
        Body::Order { .. } => 6,
        Body::DayStart => 7,
        Body::SegmentStart { .. } => 8,
        Body::Command(_) => 9,
        Body::Decide => 10,
        Body::Open { .. } => 11,
        Body::Signal { .. } => 12,
        Body::Balance { .. } => 13,
        Body::Pending { .. } => 14,
    }
}

fn body(code: u8, from: &mut Reader<'_>) -> Result<Body, DecodeError> {
    Ok(match code {
        0 | 2 => {
            let instrument = Coded::get(from.name("instrument"))?;
            let interval = Coded::get(from.name("interval"))?;
            let bar = Coded::get(from)?;
            match code {
                0 => Body::Bar { instrument, interval, bar },
                _ => Body::History { instrument, interval, bar },
            }
        }
        1 => Body::Book {
            instrument: Coded::get(from.name("instrument"))?,
            update: Coded::get(from)?,
        },
        3 => Body::PublicTrade {
            instrument: Coded::get(from.name("instrument"))?,
            px: Coded::get(from.name("px"))?,
            lots: Coded::get(from.name("lots"))?,
            taker: Coded::get(from.name("taker"))?,
        },
        4 => Body::Funding {
            instrument: Coded::get(from.name("instrument"))?,
            long_rate: Coded::get(from.name("long_rate"))?,
            short_rate: Coded::get(from.name("short_rate"))?,
        },
        5 => Body::Fill(Coded::get(from)?),
        6 => Body::Order {
            order: Coded::get(from.name("order"))?,
            slot: Coded::get(from.name("slot"))?,
            update: Coded::get(from)?,
        },
        7 => Body::DayStart,
        8 => Body::SegmentStart { instrument: Coded::get(from.name("instrument"))? },
        9 => Body::Command(Coded::get(from.name("command"))?),
        10 => Body::Decide,
        11 => Body::Open {
            instrument: Coded::get(from.name("instrument"))?,
            px: Coded::get(from.name("px"))?,
        },
        12 => Body::Signal { slot: Coded::get(from.name("slot"))?, signal: Coded::get(from)? },
        13 => Body::Balance {
            cash: Coded::get(from.name("cash"))?,
            paid: Coded::get(from.name("paid"))?,
        },
        14 => Body::Pending {
            slot: Coded::get(from.name("slot"))?,
            signal: Coded::get(from)?,
            rest: Coded::get(from)?,
        },
        code => return Err(from.unknown(code)),
    })
}
