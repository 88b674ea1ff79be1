//! How much: from equity, price and stop distance to whole lots.
//!
//! Every size is rounded down to the lot in [`crate::instrument`]. A size
//! below the instrument's smallest order is no trade; the engine records why.

mod scaled;

use alloc::boxed::Box;
use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decision::SizeCut;
use crate::instrument::{Instrument, floor_ratio};
use crate::order::Bracket;
use crate::params::{OutOfRange, in_range};
use crate::strategy::Distance;
use crate::units::{Fraction, Lots, Ticks};
pub use scaled::Scaled;

/// The sizing method of a strategy on an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sizing {
    /// Lose at most `risk_fraction` of equity when the stop is hit, with the
    /// required margin capped at `max_margin_use` of free margin. An entry without a
    /// stop is as large as that cap.
    Risk {
        /// Fraction of equity at risk, 0.01 to 0.05.
        #[serde(default = "risk_fraction")]
        risk_fraction: Fraction,
        /// Fraction of free margin that the position may use, above 0 to 1.
        #[serde(default = "max_margin_use")]
        max_margin_use: Fraction,
    },
    /// The same quantity every time, base units or contracts.
    FixedQuantity {
        /// Quantity of every position, above 0, in base units or contracts.
        quantity: Decimal,
    },
    /// The same value every time, quote currency.
    FixedNotional {
        /// Notional of every position, above 0, in quote currency.
        notional: Decimal,
    },
    /// Half the Kelly fraction of the last `kelly_window` closed trades, held
    /// within 5 to 20 % of equity put up as margin; `risk_fraction` until there
    /// are that many.
    Kelly {
        /// Closed trades looked at, 2 to 10,000.
        #[serde(default = "kelly_window")]
        kelly_window: usize,
        /// Used while there are fewer trades, 0.01 to 0.05.
        #[serde(default = "risk_fraction")]
        risk_fraction: Fraction,
        /// Fraction of free margin that the position may use, above 0 to 1.
        #[serde(default = "max_margin_use")]
        max_margin_use: Fraction,
    },
    /// Another method's size, scaled, and held within quantities.
    Scaled(Box<Scaled>),
}

fn risk_fraction() -> Fraction {
    Fraction::lit(1, 2)
}

fn max_margin_use() -> Fraction {
    Fraction::lit(5, 1)
}

fn kelly_window() -> usize {
    50
}

/// What a size is computed from, in the account's currency.
#[derive(Clone, Copy, Debug)]
pub struct SizingInput {
    /// Cash, without open P&L.
    pub balance: Decimal,
    /// Cash plus open positions at the decision price.
    pub equity: Decimal,
    /// Equity less the margin of open and waiting positions.
    pub free_margin: Decimal,
    /// Notional of one lot at the decision price.
    pub lot_notional: Decimal,
    /// Loss of one lot from the decision price to the stop.
    pub lot_risk: Option<Decimal>,
    /// Notional of one lot in quote currency, exactly.
    pub lot_price: Decimal,
}

/// Quote money that a lot loses from `px` to the stop, which is `distance` away and
/// stands at the level of `bracket`. A fraction is taken of the price itself, exactly;
/// the level is that rounded to a tick.
#[must_use]
pub fn lot_risk(
    instrument: &Instrument,
    distance: Option<Distance>,
    px: Ticks,
    bracket: Bracket,
) -> Option<Decimal> {
    match distance? {
        Distance::Fraction(f) => Some(instrument.value(i128::from(px.0)) * f.decimal()),
        Distance::Ticks(_) => {
            bracket.stop.map(|stop| instrument.value(i128::from((px.0 - stop.0).abs())))
        }
    }
}

/// Lots of [`Sizing::FixedNotional`] where both amounts are whole numbers of one
/// smallest amount; `lot_price` is above 0.
#[inline]
#[must_use]
pub fn notional_lots(notional: i64, lot_price: i64) -> Lots {
    Lots::new(notional / lot_price).unwrap_or(Lots::ZERO)
}

/// The Kelly fraction is not positive, so there is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEdge;

/// How much a method asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lots, rounded down.
    pub lots: Lots,
    /// Its own cap, where that made the size smaller, or is the size.
    pub cut: Option<SizeCut>,
    /// What its own least quantity comes to: below it nothing is entered.
    pub least: Lots,
}

impl Size {
    const fn whole(lots: Lots) -> Self {
        Self { lots, cut: None, least: Lots::ZERO }
    }

    fn capped(self, cap: Lots) -> Self {
        if cap < self.lots { Self::cap(cap) } else { self }
    }

    const fn cap(lots: Lots) -> Self {
        Self { lots, cut: Some(SizeCut::MaxMarginUse), least: Lots::ZERO }
    }
}

impl Sizing {
    /// The specification's default: risk 1 % of equity, use half of free margin.
    #[must_use]
    pub fn spec() -> Self {
        Self::Risk { risk_fraction: risk_fraction(), max_margin_use: max_margin_use() }
    }

    /// Checks that every parameter is in its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        let risk = |f: Fraction| {
            in_range("risk_fraction", f, Fraction::lit(1, 2), Fraction::lit(5, 2), "0.01 to 0.05")
        };
        let margin = |f: Fraction| {
            in_range("max_margin_use", f, Fraction::lit(1, 6), Fraction::lit(1, 0), "0.000001 to 1")
        };
        match self {
            Self::Risk { risk_fraction, max_margin_use } => {
                risk(*risk_fraction)?;
                margin(*max_margin_use)
            }
            Self::FixedQuantity { quantity } => positive("quantity", *quantity),
            Self::FixedNotional { notional } => positive("notional", *notional),
            Self::Kelly { kelly_window, risk_fraction, max_margin_use } => {
                in_range("kelly_window", *kelly_window, 2, 10_000, "2 to 10000")?;
                risk(*risk_fraction)?;
                margin(*max_margin_use)
            }
            Self::Scaled(scaled) => scaled.validate(),
        }
    }

    /// The name that files write.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Risk { .. } => "risk",
            Self::FixedQuantity { .. } => "fixed_quantity",
            Self::FixedNotional { .. } => "fixed_notional",
            Self::Kelly { .. } => "kelly",
            Self::Scaled(_) => "scaled",
        }
    }

    /// How many closed trades it looks at; none where they do not matter.
    #[must_use]
    pub fn window(&self) -> usize {
        match self {
            Self::Kelly { kelly_window, .. } => *kelly_window,
            Self::Risk { .. } | Self::FixedQuantity { .. } | Self::FixedNotional { .. } => 0,
            Self::Scaled(scaled) => scaled.of.window(),
        }
    }

    /// Whether the size of a trade depends on what others earned.
    #[must_use]
    pub fn compounds(&self) -> bool {
        match self {
            Self::FixedQuantity { .. } | Self::FixedNotional { .. } => false,
            Self::Risk { .. } | Self::Kelly { .. } => true,
            Self::Scaled(scaled) => scaled.by_balance || scaled.of.compounds(),
        }
    }

    /// The size of a new position; `window` holds the net P&L of the slot's closed
    /// trades, oldest first.
    ///
    /// With 1,000 of equity, none of it used, at leverage 1 and a lot worth 4 that loses
    /// 0.01 at its stop: 1 % of equity is lost by 1,000 lots, and half of free margin
    /// carries 125.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_core::decision::SizeCut;
    /// use tickstep_core::instrument::{Instrument, InstrumentSpec};
    /// use tickstep_core::sizing::{Sizing, SizingInput};
    ///
    /// let spec = InstrumentSpec::plain("T", "USDT", Decimal::ONE, Decimal::ONE);
    /// let instrument = Instrument::new(spec)?;
    /// let input = SizingInput {
    ///     balance: 1_000.into(),
    ///     equity: 1_000.into(),
    ///     free_margin: 1_000.into(),
    ///     lot_notional: 4.into(),
    ///     lot_risk: Some(Decimal::new(1, 2)),
    ///     lot_price: 4.into(),
    /// };
    /// let size = Sizing::spec().size(&instrument, &input, &[]).unwrap();
    /// assert_eq!((size.lots.get(), size.cut), (125, Some(SizeCut::MaxMarginUse)));
    /// let wide = SizingInput { lot_risk: Some(Decimal::ONE), ..input };
    /// let size = Sizing::spec().size(&instrument, &wide, &[]).unwrap();
    /// assert_eq!((size.lots.get(), size.cut), (10, None)); // 10 lots lose 10
    /// let none = SizingInput { lot_risk: None, ..input };
    /// assert_eq!(Sizing::spec().size(&instrument, &none, &[]).unwrap().lots.get(), 125);
    /// # Ok::<(), tickstep_core::instrument::InstrumentError>(())
    /// ```
    pub fn size(
        &self,
        instrument: &Instrument,
        input: &SizingInput,
        window: &[Decimal],
    ) -> Result<Size, NoEdge> {
        match self {
            Self::Risk { risk_fraction, max_margin_use } => {
                Ok(by_risk(instrument, input, *risk_fraction, *max_margin_use))
            }
            Self::FixedQuantity { quantity } => Ok(Size::whole(instrument.qty_floor(*quantity))),
            Self::FixedNotional { notional } => {
                Ok(Size::whole(floor_ratio(*notional, input.lot_price)))
            }
            Self::Kelly { kelly_window, risk_fraction, max_margin_use } => {
                if window.len() < *kelly_window {
                    return Ok(by_risk(instrument, input, *risk_fraction, *max_margin_use));
                }
                let fraction = half_kelly(&window[window.len() - kelly_window..]).ok_or(NoEdge)?;
                let budget = input.equity * fraction * instrument.leverage();
                let lots = floor_ratio(budget, input.lot_notional);
                Ok(Size::whole(lots).capped(margin_cap(instrument, input, *max_margin_use)))
            }
            Self::Scaled(scaled) => scaled.size(instrument, input, window),
        }
    }
}

fn positive(name: &'static str, d: Decimal) -> Result<(), OutOfRange> {
    let least = Decimal::new(1, 18);
    in_range(name, d, least, Decimal::from(1_000_000_000_000_i64), "above 0, at most 1e12")
}

fn by_risk(
    instrument: &Instrument,
    input: &SizingInput,
    risk_fraction: Fraction,
    max_margin_use: Fraction,
) -> Size {
    let cap = margin_cap(instrument, input, max_margin_use);
    // Without a stop there is no loss to divide by, and the cap is all that bounds it.
    input.lot_risk.map_or(Size::cap(cap), |lot_risk| {
        let lots = floor_ratio(input.equity * risk_fraction.decimal(), lot_risk);
        Size::whole(lots).capped(cap)
    })
}

/// Lots whose required margin is `max_margin_use` of free margin, rounded down.
fn margin_cap(instrument: &Instrument, input: &SizingInput, max_margin_use: Fraction) -> Lots {
    let budget = input.free_margin * max_margin_use.decimal() * instrument.leverage();
    floor_ratio(budget, input.lot_notional)
}

/// Half of `W - (1 - W) / R`, held within 5 to 20 %; `None` when Kelly is not
/// positive. `W` is the share of winning trades, `R` average win over average
/// loss; without a loss Kelly is `W`.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_core::sizing::half_kelly;
/// let net: Vec<Decimal> = [2, -1, 3, -1, -1, 4, -2, 1].map(Decimal::from).to_vec();
/// // W 0.5, R 2.5 / 1.25 = 2, Kelly 0.25, half of it 0.125
/// assert_eq!(half_kelly(&net), Some(Decimal::new(125, 3)));
/// ```
#[must_use]
pub fn half_kelly(net: &[Decimal]) -> Option<Decimal> {
    let wins: Vec<Decimal> = net.iter().copied().filter(|p| *p > Decimal::ZERO).collect();
    let losses: Vec<Decimal> = net.iter().copied().filter(|p| *p < Decimal::ZERO).collect();
    let count = Decimal::from(net.len());
    let share = Decimal::from(wins.len()).checked_div(count)?;
    let won: Decimal = wins.iter().sum();
    let lost: Decimal = losses.iter().map(|p| -*p).sum();
    let kelly = if losses.is_empty() {
        share
    } else if wins.is_empty() {
        return None;
    } else {
        // R = (won / wins) / (lost / losses), so (1 - W) / R = (1 - W) * lost * wins / (losses * won)
        let odds = lost * Decimal::from(wins.len()) / (Decimal::from(losses.len()) * won);
        share - (Decimal::ONE - share) * odds
    };
    if kelly <= Decimal::ZERO {
        return None;
    }
    Some((kelly / Decimal::TWO).clamp(Decimal::new(5, 2), Decimal::new(20, 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_size_as_decimals_do() {
        let instrument = crate::instrument::fil();
        for (notional, lot_price) in [(1, 4), (4, 4), (7, 4), (8, 4), (1_000_003, 7)] {
            let input = SizingInput {
                balance: Decimal::ONE,
                equity: Decimal::ONE,
                free_margin: Decimal::ONE,
                lot_notional: Decimal::new(lot_price, 4),
                lot_risk: None,
                lot_price: Decimal::new(lot_price, 4),
            };
            let sizing = Sizing::FixedNotional { notional: Decimal::new(notional, 4) };
            let size = sizing.size(&instrument, &input, &[]);
            assert_eq!(
                size.map(|s| s.lots),
                Ok(notional_lots(notional, lot_price)),
                "{notional} {lot_price}"
            );
        }
    }

    #[test]
    fn kelly_bounds() {
        let of =
            |net: &[i64]| half_kelly(&net.iter().map(|n| Decimal::from(*n)).collect::<Vec<_>>());
        assert_eq!(of(&[1, -1]), None, "no edge");
        assert_eq!(of(&[-1, -1]), None, "only losses");
        assert_eq!(of(&[1, 1]), Some(Decimal::new(20, 2)), "only wins: capped");
        assert_eq!(of(&[11, -10, 11, -10]), Some(Decimal::new(5, 2)), "small edge: floor");
        assert_eq!(of(&[0, 0]), None, "break-even trades are no edge");
    }
}
