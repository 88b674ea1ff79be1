//! How much: from equity, price and stop distance to whole lots.
//!
//! Every size is rounded down to the lot in [`crate::instrument`]. A size
//! below the instrument's smallest order is no trade; the engine records why.

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::{Instrument, floor_ratio};
use crate::order::Bracket;
use crate::params::{OutOfRange, in_range};
use crate::strategy::Distance;
use crate::units::{Fraction, Lots, Ticks};

/// The sizing method of a strategy on an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sizing {
    /// Lose at most `risk_fraction` of equity when the stop is hit, with the
    /// required margin capped at `max_margin_use` of free margin.
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

/// Why there is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoSize {
    /// Sizing by risk needs a stop.
    NoStop,
    /// The Kelly fraction is not positive.
    NoEdge,
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
        let positive = |name, d: Decimal| {
            let least = Decimal::new(1, 18);
            in_range(name, d, least, Decimal::from(1_000_000_000_000_i64), "above 0, at most 1e12")
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
        }
    }

    /// Lots for a new position, rounded down; `window` holds the net P&L of the
    /// slot's closed trades, oldest first.
    pub fn lots(
        &self,
        instrument: &Instrument,
        input: &SizingInput,
        window: &[Decimal],
    ) -> Result<Lots, NoSize> {
        match self {
            Self::Risk { risk_fraction, max_margin_use } => {
                risk_lots(instrument, input, *risk_fraction, *max_margin_use)
            }
            Self::FixedQuantity { quantity } => Ok(instrument.qty_floor(*quantity)),
            Self::FixedNotional { notional } => Ok(floor_ratio(*notional, input.lot_price)),
            Self::Kelly { kelly_window, risk_fraction, max_margin_use } => {
                if window.len() < *kelly_window {
                    return risk_lots(instrument, input, *risk_fraction, *max_margin_use);
                }
                let fraction =
                    half_kelly(&window[window.len() - kelly_window..]).ok_or(NoSize::NoEdge)?;
                let budget = input.equity * fraction * instrument.leverage();
                let lots = floor_ratio(budget, input.lot_notional);
                Ok(lots.min(margin_cap(instrument, input, *max_margin_use)))
            }
        }
    }
}

fn risk_lots(
    instrument: &Instrument,
    input: &SizingInput,
    risk_fraction: Fraction,
    max_margin_use: Fraction,
) -> Result<Lots, NoSize> {
    let lot_risk = input.lot_risk.ok_or(NoSize::NoStop)?;
    let by_risk = floor_ratio(input.equity * risk_fraction.decimal(), lot_risk);
    Ok(by_risk.min(margin_cap(instrument, input, max_margin_use)))
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
                equity: Decimal::ONE,
                free_margin: Decimal::ONE,
                lot_notional: Decimal::new(lot_price, 4),
                lot_risk: None,
                lot_price: Decimal::new(lot_price, 4),
            };
            let sizing = Sizing::FixedNotional { notional: Decimal::new(notional, 4) };
            let lots = sizing.lots(&instrument, &input, &[]);
            assert_eq!(lots, Ok(notional_lots(notional, lot_price)), "{notional} {lot_price}");
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
