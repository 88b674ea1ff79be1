//! A session as it is saved.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::parts::{Coded, codes, fields};
use super::reader::{DecodeError, Reader};
use crate::engine::{EngineState, Overflow, SlotState, State, Waiting};
use crate::ledger::{LedgerState, Position, SoFar};
use crate::order::OrderState;
use crate::restore::Grid;
use crate::risk::correlation::HourlyCloses;
use crate::risk::{Ended, Memory, Tier};
use crate::session::{AccountState, SessionState};
use crate::sim::{Ambiguity, Held, SentOrder, SimState};
use crate::units::Nanos;

codes!(Tier: Full = 0, Half = 1, Quarter = 2, NoEntry = 3, Closed = 4);
fields!(Grid: symbol, tick_size, lot_step, contract_size);
fields!(Position: instrument, side, lots, cost, entry_ts, entry, bracket, initial, best, worst,
    so_far);
fields!(SoFar: entry_lots, entry_value, exit_value, entry_notional, exit_notional, gross, fees,
    funding, slippage, ambiguous);
fields!(LedgerState: decimals, amounts, marks, positions, open);
codes!(Ended: MaxDrawdown = 0, TrailingDrawdown = 1, ProfitTarget = 2);
fields!(Memory: killed, paused, tier, peak, initial, stated, ended, day_open, day_lost, day_over,
    trading_days, entered_today, hours);
fields!(Waiting: px, lots, stop, target, sent, hold);
fields!(SlotState: name, instrument, state, waiting, due, stop_reason, leave, closed, memory);
fields!(Overflow: ts, instrument, px);
fields!(EngineState: instruments, slots, ledger, risk, orders, next_order, fresh, seen, overflow);
fields!(Held: order, slot, instrument, side, lots, bracket, entered);
fields!(Ambiguity: touched_both, resolved);
fields!(SimState: waiting, held, last_open, ambiguity);
fields!(AccountState: engine, sim, seq, held);

impl Coded for SentOrder {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { order, sent } = self;
        order.put(out);
        sent.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let order = Coded::get(from.name("order"))?;
        // Before version 3 orders were not on their way for any time.
        let sent = match from.of_version() {
            1 | 2 => Nanos(i64::MIN),
            _ => Coded::get(from.name("sent"))?,
        };
        Ok(Self { order, sent })
    }
}

impl Coded for HourlyCloses {
    fn put(&self, out: &mut Vec<u8>) {
        (self.closes.len() as u64).put(out);
        self.closes.iter().for_each(|close| close.put(out));
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let closes: VecDeque<_> = Vec::get(from)?.into();
        Ok(Self { closes })
    }
}

impl Coded for State {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Flat => out.push(0),
            Self::Entering { order } => {
                out.push(1);
                order.put(out);
            }
            Self::Open => out.push(2),
            Self::Exiting { exit, next } => {
                out.push(3);
                exit.put(out);
                next.put(out);
            }
            Self::Reducing { exit } => {
                out.push(4);
                exit.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Ok(Self::Flat),
            1 => Ok(Self::Entering { order: Coded::get(from)? }),
            2 => Ok(Self::Open),
            3 => Ok(Self::Exiting { exit: Coded::get(from)?, next: Coded::get(from)? }),
            4 => Ok(Self::Reducing { exit: Coded::get(from)? }),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for OrderState {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sent => out.push(0),
            Self::Working { filled } => {
                out.push(1);
                filled.put(out);
            }
            Self::Filled => out.push(2),
            Self::Ended { filled, why } => {
                out.push(3);
                filled.put(out);
                why.put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Ok(Self::Sent),
            1 => Ok(Self::Working { filled: Coded::get(from)? }),
            2 => Ok(Self::Filled),
            3 => Ok(Self::Ended { filled: Coded::get(from)?, why: Coded::get(from)? }),
            code => Err(from.unknown(code)),
        }
    }
}

/// States have a code that neither events nor intents have.
const STATE: u8 = 192;

impl Coded for SessionState {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { accounts, ts, closed, news, in_progress } = self;
        out.push(STATE);
        accounts.put(out);
        ts.put(out);
        closed.put(out);
        news.put(out);
        in_progress.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = from.name("state").byte()?;
        // Version 1 has none.
        from.among(code, [0, STATE, STATE])?;
        if code != STATE {
            return Err(from.unknown(code));
        }
        Ok(Self {
            accounts: Coded::get(from.name("accounts"))?,
            ts: Coded::get(from.name("ts"))?,
            closed: Coded::get(from.name("closed"))?,
            news: Coded::get(from.name("news"))?,
            in_progress: Coded::get(from.name("in_progress"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::InstrumentId;
    use crate::order::{Bracket, Order, OrderId, OrderKind, Purpose, SlotId};
    use crate::units::{Lots, Side};

    #[test]
    fn an_order_that_version_2_has_waiting_has_come() {
        let order = Order {
            id: OrderId(7),
            slot: SlotId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            lots: Lots::new(1).unwrap(),
            purpose: Purpose::Entry(Bracket::default()),
            kind: OrderKind::Market,
        };
        let sent = SentOrder { order, sent: Nanos(9) };
        for (version, read) in [(2, SentOrder { sent: Nanos(i64::MIN), ..sent }), (3, sent)] {
            let mut bytes = alloc::vec![version];
            match version {
                2 => order.put(&mut bytes),
                _ => sent.put(&mut bytes),
            }
            let mut from = Reader::new(&bytes);
            from.version().unwrap();
            assert_eq!(SentOrder::get(&mut from), Ok(read), "version {version}");
            from.end().unwrap();
        }
    }
}
