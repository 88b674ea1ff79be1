//! A market as an account sees it, an open position in one, and the trade it becomes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::{Conversion, Instrument, InstrumentId};
use crate::math::integer_to_f64;
use crate::order::{Bracket, ExitReason, OrderId, SlotId};
use crate::units::{Lots, Nanos, Side, Ticks};

/// An instrument, how its money is converted, and its last price.
#[derive(Clone, Debug)]
pub struct Market {
    /// The instrument traded there.
    pub instrument: Instrument,
    /// How money in its quote currency becomes money of the account.
    pub conversion: Conversion,
    /// Last known price, in ticks; `None` before the first.
    pub mark: Option<Ticks>,
}

impl Market {
    /// A market without a price yet.
    #[must_use]
    pub const fn new(instrument: Instrument, conversion: Conversion) -> Self {
        Self { instrument, conversion, mark: None }
    }
}

/// The best and the worst price for a position while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excursion {
    /// The highest price for a long position, the lowest for a short one, in ticks.
    pub best: Ticks,
    /// The lowest price for a long position, the highest for a short one, in ticks.
    pub worst: Ticks,
}

impl Excursion {
    /// The excursion of a position just entered at `px`.
    #[inline]
    #[must_use]
    pub const fn at(px: Ticks) -> Self {
        Self { best: px, worst: px }
    }

    /// Takes prices from `low` to `high`, seen by a position on `side`.
    #[inline]
    pub fn widen(&mut self, side: Side, high: Ticks, low: Ticks) {
        match side {
            Side::Buy => {
                self.best = self.best.max(high);
                self.worst = self.worst.min(low);
            }
            Side::Sell => {
                self.best = self.best.min(low);
                self.worst = self.worst.max(high);
            }
        }
    }
}

/// An open position of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The instrument held.
    pub instrument: InstrumentId,
    /// `Buy` for a long position, `Sell` for a short one.
    pub side: Side,
    /// Open quantity in lots, above zero.
    pub lots: Lots,
    /// Cost of what is open, in ticks times lots.
    pub cost: i128,
    /// Time of the first fill, nanoseconds since the Unix epoch, UTC.
    pub entry_ts: Nanos,
    /// The order that opened it.
    pub entry: OrderId,
    /// Levels held by the venue now.
    pub bracket: Bracket,
    /// Levels that came with the entry.
    pub initial: Bracket,
    /// Best price for the position since entry, in ticks.
    pub best: Ticks,
    /// Worst price for the position since entry, in ticks.
    pub worst: Ticks,
    pub(crate) so_far: SoFar,
}

/// What has been booked on a position that is not yet flat; money in the ledger's
/// smallest amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoFar {
    pub(crate) entry_lots: i64,
    pub(crate) entry_value: i128,
    pub(crate) exit_value: i128,
    pub(crate) entry_notional: i128,
    pub(crate) exit_notional: i128,
    pub(crate) gross: i128,
    pub(crate) fees: i128,
    pub(crate) funding: i128,
    pub(crate) slippage: i128,
    pub(crate) ambiguous: bool,
}

impl SoFar {
    /// What was booked on it so far, each part counted without its sign.
    pub(super) fn size(&self) -> f64 {
        let parts = [self.gross, self.fees, self.funding, self.slippage];
        parts.iter().map(|part| integer_to_f64(*part).abs()).sum()
    }

    pub(super) fn amounts(&mut self) -> [&mut i128; 6] {
        [
            &mut self.entry_notional,
            &mut self.exit_notional,
            &mut self.gross,
            &mut self.fees,
            &mut self.funding,
            &mut self.slippage,
        ]
    }
}

impl Position {
    /// A position of one entry fill, as a strategy is shown it. Nothing is booked on it.
    /// `seen` are the prices since entry.
    #[must_use]
    pub fn of_entry(
        instrument: InstrumentId,
        side: Side,
        lots: Lots,
        px: Ticks,
        entry_ts: Nanos,
        bracket: Bracket,
        seen: Excursion,
    ) -> Self {
        let Excursion { best, worst } = seen;
        Self {
            instrument,
            side,
            lots,
            cost: i128::from(px.0) * i128::from(lots.get()),
            entry_ts,
            entry: OrderId(0),
            bracket,
            initial: bracket,
            best,
            worst,
            so_far: SoFar::default(),
        }
    }

    /// Entry price rounded to a tick against the position (exact with a single entry fill).
    #[must_use]
    pub fn entry_px(&self) -> Ticks {
        let lots = i128::from(self.lots.get());
        let px = match self.side {
            Side::Buy => -((-self.cost).div_euclid(lots)),
            Side::Sell => self.cost.div_euclid(lots),
        };
        Ticks(i64::try_from(px).expect("an average of prices is a price"))
    }

    /// Open P&L at `px` in ticks times lots.
    #[must_use]
    pub fn open_ticks_lots(&self, px: Ticks) -> i128 {
        i128::from(self.side.sign()) * (i128::from(px.0) * i128::from(self.lots.get()) - self.cost)
    }

    /// Cost of `lots` of it, in ticks times lots, rounded down; all of it for all lots.
    pub(super) fn cost_of(&self, lots: Lots) -> i128 {
        // Divided before it is multiplied, for a product that fits.
        let (lots, all) = (i128::from(lots.get()), i128::from(self.lots.get()));
        let (average, rest) = (self.cost.div_euclid(all), self.cost.rem_euclid(all));
        average * lots + (rest * lots).div_euclid(all)
    }

    /// Takes prices from `low` to `high` that were seen while it was open.
    #[inline]
    pub(super) fn widen(&mut self, high: Ticks, low: Ticks) {
        let mut seen = Excursion { best: self.best, worst: self.worst };
        seen.widen(self.side, high, low);
        Excursion { best: self.best, worst: self.worst } = seen;
    }
}

/// A position from its first fill to flat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// The slot that held the position.
    pub slot: SlotId,
    /// The instrument traded.
    pub instrument: InstrumentId,
    /// `Buy` for a long position, `Sell` for a short one.
    pub side: Side,
    /// Quantity of all entry fills, in lots.
    pub lots: Lots,
    /// The order that opened it.
    pub entry: OrderId,
    /// Time of the first entry fill, nanoseconds since the Unix epoch, UTC.
    pub entry_ts: Nanos,
    /// Time of the last exit fill, nanoseconds since the Unix epoch, UTC.
    pub exit_ts: Nanos,
    /// Average entry price, quote currency.
    pub entry_price: Decimal,
    /// Average exit price, quote currency.
    pub exit_price: Decimal,
    /// Reason of the last exit fill.
    pub exit: ExitReason,
    /// P&L at the fill prices, before fees and funding. Account currency, like all money below.
    pub gross: Decimal,
    /// Entry and exit fees (negative: rebates).
    pub fees: Decimal,
    /// Funding and swap paid (negative: received).
    pub funding: Decimal,
    /// What slippage cost; already inside `gross`.
    pub slippage: Decimal,
    /// `gross - fees - funding`.
    pub net: Decimal,
    /// Notional at the entry prices.
    pub entry_notional: Decimal,
    /// Notional at the exit prices.
    pub exit_notional: Decimal,
    /// Money at risk between entry and the stop that came with it.
    pub initial_risk: Option<Decimal>,
    /// Maximum adverse excursion, a fraction of the entry price, at or above 0.
    pub mae: f64,
    /// Maximum favourable excursion, a fraction of the entry price, at or above 0.
    pub mfe: f64,
    /// Whether an exit price depended on an assumed order of prices inside a bar.
    pub ambiguous: bool,
}
