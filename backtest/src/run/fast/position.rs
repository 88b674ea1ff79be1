//! Where a position's levels end it, by the rules of the simulated exchange.

use tickstep_core::event::Bar;
use tickstep_core::order::{Bracket, ExitReason};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{First, ohlc};
use tickstep_core::units::{Side, Ticks};

use super::account::Exit;
use super::trades::{Open, Settling};

impl Settling<'_, '_> {
    /// The exit at a level that a bar's own range reaches; `None` of the outer kind
    /// where margin may fail instead.
    pub(super) fn touched(&mut self, open: &Open, bar: &Bar) -> Option<Option<Exit>> {
        let Bracket { stop, target } = open.bracket;
        let (stop, target, margin) = match open.side {
            Side::Buy => (
                stop.filter(|s| bar.low <= *s),
                target.filter(|t| bar.high >= *t),
                open.margin.is_some_and(|m| bar.low <= m),
            ),
            Side::Sell => (
                stop.filter(|s| bar.high >= *s),
                target.filter(|t| bar.low <= *t),
                open.margin.is_some_and(|m| bar.high >= m),
            ),
        };
        if margin && stop.is_none() {
            return None;
        }
        let first = match (stop, target) {
            (None, None) => return Some(None),
            (Some(_), None) => First::Stop,
            (None, Some(_)) => First::Target,
            (Some(_), Some(_)) => {
                self.ambiguous += 1;
                match self.intrabar {
                    Intrabar::TargetFirst => First::Target,
                    Intrabar::OhlcPath => ohlc(open.side, bar),
                    _ => First::Stop,
                }
            }
        };
        Some(match first {
            First::Stop => stop.map(|px| self.market(open.side.opposite(), px, ExitReason::Stop)),
            First::Target => target.map(Exit::resting),
        })
    }

    /// The exit at an open that is beyond a level.
    pub(super) fn gapped(&self, open: &Open, px: Ticks) -> Option<Option<Exit>> {
        let beyond = |level: Ticks, side: Side| side.sign() * (px.0 - level.0) >= 0;
        let exits = open.side.opposite();
        if open.bracket.stop.is_some_and(|stop| beyond(stop, exits)) {
            return Some(Some(self.market(exits, px, ExitReason::Stop)));
        }
        let target = open.bracket.target.is_some_and(|target| beyond(target, open.side));
        Some(target.then(|| Exit::resting(px)))
    }

    pub(super) fn market(&self, side: Side, px: Ticks, reason: ExitReason) -> Exit {
        Exit::slipped(px, self.instrument.slipped(side, px, self.slippage), reason)
    }
}
