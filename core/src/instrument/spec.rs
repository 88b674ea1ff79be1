//! What is stated about an instrument, and why it may be refused.

use alloc::borrow::ToOwned;
use alloc::string::String;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::params::{OutOfRange, in_range};
use crate::units::Fraction;

/// What the user states about an instrument. All prices in quote currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSpec {
    /// Name, such as `FILUSDT`.
    pub symbol: String,
    /// Smallest price step, quote currency.
    pub tick_size: Decimal,
    /// Smallest quantity step, base units or contracts.
    pub lot_step: Decimal,
    /// Base units in one unit of quantity.
    #[serde(default = "one")]
    pub contract_size: Decimal,
    /// Smallest order quantity; one lot when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_qty: Option<Decimal>,
    /// Smallest order value, quote currency.
    #[serde(default)]
    pub min_notional: Decimal,
    /// Fee of a resting fill, fraction of notional; negative is a rebate.
    pub maker_fee: Decimal,
    /// Fee of an aggressive fill, fraction of notional.
    pub taker_fee: Decimal,
    /// Notional over required margin; 1 when absent, so that nothing borrows unasked.
    #[serde(default = "one")]
    pub leverage: Decimal,
    /// Fraction of notional below which a position is liquidated; half the
    /// initial margin, `1 / (2 * leverage)`, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_margin: Option<Decimal>,
    /// Quote currency, such as `USDT`.
    pub quote: String,
}

fn one() -> Decimal {
    Decimal::ONE
}

impl InstrumentSpec {
    /// Only what every instrument has: one base unit in a unit of quantity, no minimum, no
    /// fee, nothing borrowed. What differs is written before it:
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_core::instrument::{Instrument, InstrumentSpec};
    ///
    /// let (tick_size, lot_step) = (Decimal::new(1, 3), Decimal::new(1, 1));
    /// let spec = InstrumentSpec {
    ///     leverage: Decimal::TEN,
    ///     ..InstrumentSpec::plain("FILUSDT", "USDT", tick_size, lot_step)
    /// };
    /// assert_eq!(spec.taker_fee, Decimal::ZERO);
    /// let fil = Instrument::new(spec)?;
    /// # Ok::<(), tickstep_core::instrument::InstrumentError>(())
    /// ```
    #[must_use]
    pub fn plain(symbol: &str, quote: &str, tick_size: Decimal, lot_step: Decimal) -> Self {
        Self {
            symbol: symbol.to_owned(),
            tick_size,
            lot_step,
            contract_size: Decimal::ONE,
            min_qty: None,
            min_notional: Decimal::ZERO,
            maker_fee: Decimal::ZERO,
            taker_fee: Decimal::ZERO,
            leverage: Decimal::ONE,
            maintenance_margin: None,
            quote: quote.to_owned(),
        }
    }

    pub(super) fn out(
        &self,
        field: &'static str,
        value: Decimal,
        range: &'static str,
    ) -> InstrumentError {
        InstrumentError::OutOfRange { symbol: self.symbol.clone(), field, value, range }
    }

    /// Checks every range, so that no later product overflows; the maintenance
    /// margin that holds.
    pub(super) fn check(&self) -> Result<Decimal, InstrumentError> {
        let within = |field, value: Decimal, low: Decimal, high: Decimal, range| {
            if low <= value && value <= high { Ok(()) } else { Err(self.out(field, value, range)) }
        };
        let (tick, lot, contract) = (self.tick_size, self.lot_step, self.contract_size);
        let (least, most) = (Decimal::new(1, 12), Decimal::from(1_000_000_000));
        for (field, value) in [("tick_size", tick), ("lot_step", lot), ("contract_size", contract)]
        {
            within(field, value, least, most, "above 0: 1e-12 to 1e9")?;
        }
        // Each product of two is at most 1e18, and of three 1e27.
        for (field, value) in [
            ("tick_size * lot_step", tick * lot),
            ("tick_size * contract_size", tick * contract),
            ("lot_step * contract_size", lot * contract),
            ("tick_size * lot_step * contract_size", tick * lot * contract),
        ] {
            within(field, value, Decimal::ZERO, most, "at most 1e9")?;
        }
        let (low, high) = (Decimal::new(1, 3), Decimal::from(10_000));
        within("leverage", self.leverage, low, high, "above 0: 0.001 to 10000")?;
        for (field, fee) in [("maker_fee", self.maker_fee), ("taker_fee", self.taker_fee)] {
            if fee.abs() >= Decimal::ONE || fee.normalize().scale() > 12 {
                let range = "a fraction of notional between -1 and 1 with at most 12 decimals";
                return Err(self.out(field, fee, range));
            }
        }
        let large = Decimal::from(1_000_000_000_000_i64);
        let min_qty = self.min_qty.unwrap_or(lot);
        within("min_notional", self.min_notional, Decimal::ZERO, large, "0 to 1e12")?;
        within("min_qty", min_qty, Decimal::ZERO, large, "0 to 1e12")?;
        let Some(maintenance) = self.maintenance_margin else {
            let maintenance = Decimal::ONE / (Decimal::TWO * self.leverage);
            if maintenance < Decimal::ONE {
                return Ok(maintenance);
            }
            // Half the initial margin would be all of the notional; the key written is this one.
            let range =
                "above 0.5 where maintenance_margin, then 1 / (2 * leverage), is not stated";
            return Err(self.out("leverage", self.leverage, range));
        };
        if maintenance < Decimal::ZERO || maintenance >= Decimal::ONE {
            let range = "at or above 0 and below 1";
            return Err(self.out("maintenance_margin", maintenance, range));
        }
        Ok(maintenance)
    }
}

/// Why an instrument or a number on its grid was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// A field is out of its range.
    #[error("{symbol}: {field} = {value} is out of range; it must be {range}")]
    OutOfRange {
        /// Name of the instrument.
        symbol: String,
        /// Name of the field of [`InstrumentSpec`].
        field: &'static str,
        /// The value given.
        value: Decimal,
        /// The values allowed, in words.
        range: &'static str,
    },
    /// Tick, lot, contract size and fee have more decimals together than exact money allows.
    #[error(
        "{symbol}: tick_size, lot_step, contract_size and the longer fee have {decimals} decimals \
         together; at most 18 keep money exact"
    )]
    TooManyDecimals {
        /// Name of the instrument.
        symbol: String,
        /// Decimals of tick, lot step, contract size and fee together.
        decimals: u32,
    },
}

/// Slippage of an aggressive fill, always against the trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slippage {
    /// A number of ticks.
    Ticks(u32),
    /// Basis points of the price, rounded against the trader to the grid.
    Bps(Fraction),
}

impl Slippage {
    /// Checks the range: never for the trader, and never most of the price.
    pub fn validate(self) -> Result<(), OutOfRange> {
        match self {
            Self::Ticks(n) => in_range("slippage.ticks", n, 0, 1_000_000, "0 to 1000000 ticks"),
            Self::Bps(bps) if bps < Fraction::ZERO || bps >= Fraction::lit(5_000, 0) => {
                let range = "at least 0 and below 5000 basis points";
                Err(OutOfRange::new("slippage.bps", bps, range))
            }
            Self::Bps(_) => Ok(()),
        }
    }
}
