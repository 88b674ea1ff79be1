//! Prices between which nothing can happen to what the venue holds.

use super::Sim;
use crate::instrument::InstrumentId;
use crate::ledger::Ledger;
use crate::math::{ceil, decimal_to_f64, floor, integer_to_f64};
use crate::order::Bracket;
use crate::units::{Side, Ticks};

/// A bar whose low is above `below` and whose high is below `above` leaves
/// everything as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// A low at or below it may matter.
    pub below: Ticks,
    /// A high at or above it may matter.
    pub above: Ticks,
}

impl Alarm {
    /// Levels that no price reaches.
    const QUIET: Self = Self { below: Ticks(i64::MIN), above: Ticks(i64::MAX) };

    /// What has to be watched of one position: the levels of its bracket, and
    /// the price at which its margin may fail.
    #[inline]
    #[must_use]
    pub fn around(side: Side, bracket: Bracket, margin: Option<Ticks>) -> Self {
        let Bracket { stop, target } = bracket;
        let (low, high) = match side {
            Side::Buy => (stop.max(margin), target),
            Side::Sell => (target, stop.into_iter().chain(margin).min()),
        };
        Self { below: low.unwrap_or(Self::QUIET.below), above: high.unwrap_or(Self::QUIET.above) }
    }
}

/// What floats may get wrong, as a fraction: far more than they do.
const SLACK: f64 = 1e-6;

impl Sim {
    /// What has to be watched of `id` while nothing else of the account changes:
    /// its bracket, and the price at which margin may fail. `None` where that is
    /// no matter of one position: orders wait, several are open, or money is converted.
    #[must_use]
    pub fn alarm(&self, id: InstrumentId, ledger: &Ledger) -> Option<Alarm> {
        if !self.waiting.is_empty() {
            return None;
        }
        let held = match self.held.as_slice() {
            [] => return Some(Alarm::QUIET),
            [one] if one.instrument == id => one,
            _ => return None,
        };
        let market = ledger.market(id);
        let position = ledger.position(held.slot)?;
        if market.conversion.via().is_some() || ledger.open_slots().len() > 1 {
            return None;
        }
        let unit = market.instrument.tick_lot_value_f64();
        let margin = Margin {
            side: held.side,
            lots: position.lots.get() as f64 * unit,
            cost: integer_to_f64(position.cost) * unit,
            cash: decimal_to_f64(ledger.cash()),
            maintenance: market.instrument.maintenance_f64(),
        }
        .fails_at();
        let mut alarm = Alarm::around(held.side, held.bracket, margin);
        // Beyond it has to be asked whether money stays exact.
        alarm.above = alarm.above.min(Ticks(ledger.harmless(id).0.saturating_add(1)));
        Some(alarm)
    }
}

/// The money of an account with one position, as floats.
#[derive(Clone, Copy, Debug)]
pub struct Margin {
    /// `Buy` for a long position, `Sell` for a short one.
    pub side: Side,
    /// Value of one tick on the position, in the account's currency.
    pub lots: f64,
    /// Cost of the position, in the account's currency.
    pub cost: f64,
    /// Cash, in the account's currency.
    pub cash: f64,
    /// Maintenance margin, a fraction of notional.
    pub maintenance: f64,
}

impl Margin {
    /// The first price, moving against the position, at which equity may be below
    /// what has to be kept, `cash + s (px lots - cost) = kept px lots`, and a little
    /// earlier; `None` where no price above zero is.
    #[inline]
    #[must_use]
    pub fn fails_at(&self) -> Option<Ticks> {
        let kept = self.maintenance + 2e-3;
        match self.side {
            Side::Buy => {
                let px = (self.cost - self.cash) / (self.lots * (1.0 - kept));
                // A margin of all of the notional or more may fail at any price.
                let sure = px.is_finite() && kept < 1.0;
                let px = if sure { px + px.abs() * SLACK } else { f64::MAX };
                let px = (ceil(px) as i64).saturating_add(1);
                (px > 0).then_some(Ticks(px))
            }
            Side::Sell => {
                let px = (self.cash + self.cost) / (self.lots * (1.0 + kept));
                let px = if px.is_finite() { px - px.abs() * SLACK } else { 0.0 };
                Some(Ticks((floor(px) as i64).saturating_sub(1)))
            }
        }
    }
}
