//! The terms on which an instrument is traded: its grid, its margin and its currency.
//!
//! They share their table with what each program knows of an instrument beside them, such
//! as files of data (see [`InstrumentTable`](crate::InstrumentTable)).

use rust_decimal::Decimal;
use serde::de::{self, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::{Conversion, InstrumentId, Slippage};

use crate::error::ConfigError;

/// Terms of an instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstrumentTerms {
    /// Name, such as `FILUSDT`.
    pub symbol: String,
    /// Price step; inferred from the data's decimals when absent.
    pub tick_size: Option<Decimal>,
    /// Quantity step; the volume step when absent.
    pub lot_step: Option<Decimal>,
    /// Base units in one unit of quantity.
    pub contract_size: Option<Decimal>,
    /// Smallest quantity of an order, in base units or contracts.
    pub min_qty: Option<Decimal>,
    /// Smallest order value, quote currency.
    pub min_notional: Option<Decimal>,
    /// Notional over required margin; 1 when absent.
    pub leverage: Option<Decimal>,
    /// Fraction of notional below which a position is liquidated; half the initial margin when absent.
    pub maintenance_margin: Option<Decimal>,
    /// Quote currency; the account's when absent.
    pub quote: Option<String>,
    /// How quote money becomes account money, where the currencies differ.
    pub convert: Option<ConvertConfig>,
    /// Fee of a resting fill, a fraction of notional, instead of the one under
    /// `[costs]`.
    pub maker_fee: Option<Decimal>,
    /// Fee of an aggressive fill, a fraction of notional, instead of the one under
    /// `[costs]`.
    pub taker_fee: Option<Decimal>,
    /// Slippage, instead of the one under `[costs]`.
    pub slippage: Option<Slippage>,
}

/// Conversion of quote money by another instrument of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertConfig {
    /// That instrument's symbol. To multiply, another one, quoted in the account's currency.
    /// To divide, one quoted in this instrument's quote currency, itself included (`USDJPY`
    /// of an account in USD); its base must be the account's currency, which is not checked.
    pub via: String,
    /// Multiply by its price, or divide by it.
    pub method: ConvertMethod,
}

/// Direction of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvertMethod {
    /// Quote money times the price.
    Multiply,
    /// Quote money over the price.
    Divide,
}

/// Terms while their table is read.
#[derive(Default)]
pub(crate) struct TermsReader {
    terms: InstrumentTerms,
    named: bool,
}

impl TermsReader {
    /// Reads the value of `key` where it is a term; whether it is.
    pub(crate) fn key<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        let terms = &mut self.terms;
        match key {
            "symbol" => {
                terms.symbol = map.next_value()?;
                self.named = true;
            }
            "tick_size" => terms.tick_size = map.next_value()?,
            "lot_step" => terms.lot_step = map.next_value()?,
            "contract_size" => terms.contract_size = map.next_value()?,
            "min_qty" => terms.min_qty = map.next_value()?,
            "min_notional" => terms.min_notional = map.next_value()?,
            "leverage" => terms.leverage = map.next_value()?,
            "maintenance_margin" => terms.maintenance_margin = map.next_value()?,
            "quote" => terms.quote = map.next_value()?,
            "convert" => terms.convert = map.next_value()?,
            "maker_fee" => terms.maker_fee = map.next_value()?,
            "taker_fee" => terms.taker_fee = map.next_value()?,
            "slippage" => terms.slippage = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The terms, when every key was read.
    pub(crate) fn end<E: de::Error>(self) -> Result<InstrumentTerms, E> {
        if self.named { Ok(self.terms) } else { Err(E::missing_field("symbol")) }
    }
}

impl InstrumentTerms {
    /// Writes the value of `key` where it is a term and stated; whether it is a term.
    pub fn write<S: SerializeMap>(&self, key: &str, to: &mut S) -> Result<bool, S::Error> {
        fn stated<S: SerializeMap, T: Serialize>(
            to: &mut S,
            key: &str,
            value: Option<&T>,
        ) -> Result<(), S::Error> {
            value.map_or(Ok(()), |value| to.serialize_entry(key, value))
        }
        match key {
            "symbol" => to.serialize_entry(key, &self.symbol)?,
            "tick_size" => stated(to, key, self.tick_size.as_ref())?,
            "lot_step" => stated(to, key, self.lot_step.as_ref())?,
            "contract_size" => stated(to, key, self.contract_size.as_ref())?,
            "min_qty" => stated(to, key, self.min_qty.as_ref())?,
            "min_notional" => stated(to, key, self.min_notional.as_ref())?,
            "leverage" => stated(to, key, self.leverage.as_ref())?,
            "maintenance_margin" => stated(to, key, self.maintenance_margin.as_ref())?,
            "quote" => stated(to, key, self.quote.as_ref())?,
            "convert" => stated(to, key, self.convert.as_ref())?,
            "maker_fee" => stated(to, key, self.maker_fee.as_ref())?,
            "taker_fee" => stated(to, key, self.taker_fee.as_ref())?,
            "slippage" => stated(to, key, self.slippage.as_ref())?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The terms of all instruments of an account, in its order.
#[derive(Clone, Debug)]
pub struct AccountTerms<'a> {
    /// Currency of the account.
    pub currency: &'a str,
    /// Terms of the instruments, in the account's order.
    pub terms: Vec<&'a InstrumentTerms>,
}

impl AccountTerms<'_> {
    /// A symbol is there, and once.
    pub fn check_symbol(&self, i: usize) -> Result<(), ConfigError> {
        let symbol = &self.terms[i].symbol;
        let at = format!("instrument[{i}].symbol");
        if symbol.trim().is_empty() {
            return Err(ConfigError::at_key(&at, "is empty; write one, such as FILUSDT"));
        }
        if self.terms[..i].iter().any(|other| other.symbol == *symbol) {
            return Err(ConfigError::at_key(&at, &format!("{symbol} is listed twice")));
        }
        Ok(())
    }

    /// An instrument of this name is there; `at` is the key that names it.
    pub fn check_known(&self, at: &str, symbol: &str) -> Result<(), ConfigError> {
        let symbols: Vec<&str> = self.terms.iter().map(|t| t.symbol.as_str()).collect();
        if symbols.contains(&symbol) {
            return Ok(());
        }
        let words = format!("no instrument is called {symbol}; there is {}", symbols.join(", "));
        Err(ConfigError::at_key(at, &words))
    }

    /// Money in a foreign currency becomes the account's, and no other does.
    pub fn check_conversion(&self, i: usize) -> Result<(), ConfigError> {
        let own = self.terms[i];
        let at = |key: &str| format!("instrument[{i}].{key}");
        if let Some(convert) = &own.convert {
            self.check_known(&at("convert.via"), &convert.via)?;
        }
        let foreign = own.quote.as_ref().is_some_and(|q| q != self.currency);
        if foreign == own.convert.is_some() {
            return self.check_via(i);
        }
        let words = if foreign {
            format!(
                "{} is quoted in {} and the account is in {}; add convert = {{ via = \
                 \"SYMBOL\", method = \"multiply\" or \"divide\" }}",
                own.symbol,
                own.quote.as_deref().unwrap_or_default(),
                self.currency
            )
        } else {
            format!(
                "{} is quoted in the account's currency, so convert does not apply; \
                 remove it or state quote",
                own.symbol
            )
        };
        Err(ConfigError::at_key(&at("convert"), &words))
    }

    fn check_via(&self, i: usize) -> Result<(), ConfigError> {
        let own = self.terms[i];
        let Some(convert) = &own.convert else { return Ok(()) };
        let Some(via) = self.terms.iter().find(|o| o.symbol == convert.via) else {
            return Ok(());
        };
        let account = self.currency;
        let quote = |of: &InstrumentTerms| of.quote.clone().unwrap_or_else(|| account.to_owned());
        let (name, quoted, own_quote) = (&via.symbol, quote(via), quote(own));
        let words = match convert.method {
            ConvertMethod::Multiply if via.symbol == own.symbol => {
                format!("{name} cannot be multiplied by its own price; name another instrument")
            }
            ConvertMethod::Multiply if quoted != account => format!(
                "{name} is quoted in {quoted}; to multiply by its price gives {account} only if it \
                 is quoted in {account}"
            ),
            ConvertMethod::Divide if quoted != own_quote => format!(
                "{name} is quoted in {quoted}; to divide {own_quote} by its price it must be quoted \
                 in {own_quote}"
            ),
            _ => return Ok(()),
        };
        Err(ConfigError::at_key(&format!("instrument[{i}].convert.via"), &words))
    }

    /// How each instrument's money becomes the account's.
    #[must_use]
    pub fn conversions(&self) -> Vec<Conversion> {
        let index_of = |symbol: &str| {
            let at = self.terms.iter().position(|t| t.symbol == symbol);
            InstrumentId(at.unwrap_or(0) as u16)
        };
        let conversion = |convert: &ConvertConfig| match convert.method {
            ConvertMethod::Multiply => Conversion::Multiply(index_of(&convert.via)),
            ConvertMethod::Divide => Conversion::Divide(index_of(&convert.via)),
        };
        let of = |t: &&InstrumentTerms| t.convert.as_ref().map_or(Conversion::Same, conversion);
        self.terms.iter().map(of).collect()
    }
}
