//! When an order has come to the venue, and what it fills at there.

use super::{Execution, Held, SentOrder, Sim};
use crate::order::{ExitReason, Fill, FillKind, Liquidity, Order, Purpose};
use crate::units::{Nanos, Ticks};

impl Sim {
    /// Whether an order has arrived before the bar ends that opens at `open`.
    pub(super) fn has_come(&self, order: &Order, sent: Nanos, open: Nanos) -> bool {
        let Some(fitted) = &self.fitted else { return true };
        let end = self.venues[order.instrument.index()].times.close_of(open);
        sent.0.saturating_add(fitted.latency(order.id).0) < end.0
    }

    /// The same of an entry, which waits for the exit of its slot.
    pub(super) fn may_enter(&self, order: &Order, sent: Nanos, open: Nanos) -> bool {
        let leaves = |w: &SentOrder| {
            w.order.slot == order.slot && matches!(w.order.purpose, Purpose::Exit(_))
        };
        self.fitted.is_none()
            || (self.has_come(order, sent, open) && !self.waiting.iter().any(leaves))
    }

    pub(super) fn order_fill(&self, order: &Order, ts: Nanos, px: Ticks, kind: FillKind) -> Fill {
        let venue = &self.venues[order.instrument.index()];
        let done = match &self.fitted {
            None => Execution::market(&venue.instrument, venue.slippage, order.side, px),
            Some(fitted) => {
                let slips = fitted.slippage(order.instrument, order.id);
                Execution::slipped(order.side, px, slips)
            }
        };
        Fill {
            order: order.id,
            slot: order.slot,
            instrument: order.instrument,
            ts,
            side: order.side,
            px: done.px,
            lots: order.lots,
            fee: done.fee(&venue.instrument, order.lots),
            liquidity: done.liquidity,
            slippage: done.slippage,
            kind,
            ambiguous: false,
        }
    }

    pub(super) fn exit_fill(
        &self,
        held: &Held,
        ts: Nanos,
        px: Ticks,
        reason: ExitReason,
        ambiguous: bool,
    ) -> Fill {
        let venue = &self.venues[held.instrument.index()];
        let mut done = Execution::exit(&venue.instrument, venue.slippage, held.side, px, reason);
        if let Some(fitted) = self.fitted.as_ref().filter(|_| done.liquidity == Liquidity::Taker) {
            // What is closed for lack of margin or of data does not slip.
            let slips = match reason {
                ExitReason::Stop => fitted.stop_slippage(held.instrument, held.order),
                _ => Ticks(0),
            };
            done = Execution::slipped(held.side.opposite(), px, slips);
        }
        Fill {
            order: held.order,
            slot: held.slot,
            instrument: held.instrument,
            ts,
            side: held.side.opposite(),
            px: done.px,
            lots: held.lots,
            fee: done.fee(&venue.instrument, held.lots),
            liquidity: done.liquidity,
            slippage: done.slippage,
            kind: FillKind::Exit(reason),
            ambiguous,
        }
    }
}
