//! What is stated about an instrument, and why it may be refused.

use alloc::string::String;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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
    /// Notional over required margin.
    #[serde(default = "ten")]
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

fn ten() -> Decimal {
    Decimal::TEN
}

/// Why an instrument or a number on its grid was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// A field is out of its range.
    #[error("{symbol}: {field} = {value} is out of range; it must be {range}")]
    OutOfRange {
        /// Instrument.
        symbol: String,
        /// Field of [`InstrumentSpec`].
        field: &'static str,
        /// What was given.
        value: Decimal,
        /// What is allowed.
        range: &'static str,
    },
    /// Tick, lot, contract size and fee have more decimals together than exact money allows.
    #[error(
        "{symbol}: tick_size, lot_step, contract_size and the longer fee have {decimals} decimals \
         together; at most 18 keep money exact"
    )]
    TooManyDecimals {
        /// Instrument.
        symbol: String,
        /// Sum of the scales.
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
