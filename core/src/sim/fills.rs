//! Fills as the venue reports them: who slips, who pays which fee.

use super::{Held, Sim, Venue};
use crate::order::{ExitReason, Fill, FillKind, Liquidity, Order};
use crate::units::{Nanos, Ticks};

impl Sim {
    pub(super) fn market_fill(&self, order: &Order, ts: Nanos, px: Ticks, kind: FillKind) -> Fill {
        let venue = &self.venues[order.instrument.index()];
        let filled = venue.instrument.slipped(order.side, px, venue.slippage);
        Fill {
            order: order.id,
            slot: order.slot,
            instrument: order.instrument,
            ts,
            side: order.side,
            px: filled,
            lots: order.lots,
            fee: venue.instrument.taker_fee(filled, order.lots),
            liquidity: Liquidity::Taker,
            slippage: Ticks((filled.0 - px.0).abs()),
            kind,
            ambiguous: false,
        }
    }

    pub(super) fn stop_fill(
        &self,
        held: &Held,
        ts: Nanos,
        px: Ticks,
        reason: ExitReason,
        ambiguous: bool,
    ) -> Fill {
        let venue = &self.venues[held.instrument.index()];
        let filled = venue.instrument.slipped(held.side.opposite(), px, venue.slippage);
        venue.taker_exit(held, ts, px, filled, reason, ambiguous)
    }

    pub(super) fn liquidation_fill(
        &self,
        held: &Held,
        ts: Nanos,
        px: Ticks,
        ambiguous: bool,
    ) -> Fill {
        let venue = &self.venues[held.instrument.index()];
        venue.taker_exit(held, ts, px, px, ExitReason::Liquidation, ambiguous)
    }

    pub(super) fn target_fill(&self, held: &Held, ts: Nanos, px: Ticks, ambiguous: bool) -> Fill {
        let venue = &self.venues[held.instrument.index()];
        Fill {
            fee: venue.instrument.maker_fee(px, held.lots),
            liquidity: Liquidity::Maker,
            ..venue.taker_exit(held, ts, px, px, ExitReason::Target, ambiguous)
        }
    }
}

impl Venue {
    /// The fill of a whole position that takes what is there at `filled`.
    pub(super) fn taker_exit(
        &self,
        held: &Held,
        ts: Nanos,
        wanted: Ticks,
        filled: Ticks,
        reason: ExitReason,
        ambiguous: bool,
    ) -> Fill {
        Fill {
            order: held.order,
            slot: held.slot,
            instrument: held.instrument,
            ts,
            side: held.side.opposite(),
            px: filled,
            lots: held.lots,
            fee: self.instrument.taker_fee(filled, held.lots),
            liquidity: Liquidity::Taker,
            slippage: Ticks((filled.0 - wanted.0).abs()),
            kind: FillKind::Exit(reason),
            ambiguous,
        }
    }
}
