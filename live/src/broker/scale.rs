//! Prices and sizes of a venue that counts them otherwise than the runner does.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::adapter::{Broker, BrokerReply};
use super::call::{BracketPrices, Call, Write};
use super::reply::Reply;

/// How a venue counts an instrument. Its price is the runner's times `multiplier` plus
/// `offset`; one of its lots is `contract_size` of the runner's quantity.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_live::broker::SymbolScale;
/// let d = |text: &str| text.parse::<Decimal>().unwrap();
/// // A thousand coins are one lot, quoted by the thousand, half a cent higher.
/// let scale =
///     SymbolScale { contract_size: d("1000"), multiplier: d("1000"), offset: d("0.005") };
/// assert_eq!(scale.price_there(d("0.00002")), d("0.025"));
/// assert_eq!(scale.price_here(d("0.025")), d("0.00002"));
/// assert_eq!(scale.volume_there(d("5000")), d("5"));
/// assert_eq!(scale.volume_here(d("5")), d("5000"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolScale {
    /// The runner's quantity in one of the venue's lots, above 0.
    pub contract_size: Decimal,
    /// What the runner's prices are multiplied by, above 0.
    pub multiplier: Decimal,
    /// What is added then.
    pub offset: Decimal,
}

impl Default for SymbolScale {
    fn default() -> Self {
        Self { contract_size: Decimal::ONE, multiplier: Decimal::ONE, offset: Decimal::ZERO }
    }
}

impl SymbolScale {
    /// Whether the venue counts as the runner does.
    #[must_use]
    pub fn is_same(&self) -> bool {
        *self == Self::default()
    }

    /// The venue's price for one of the runner's.
    #[must_use]
    pub fn price_there(&self, price: Decimal) -> Decimal {
        let scaled = price.checked_mul(self.multiplier);
        known(scaled.and_then(|price| price.checked_add(self.offset)))
    }

    /// The runner's price for one of the venue's.
    #[must_use]
    pub fn price_here(&self, price: Decimal) -> Decimal {
        let moved = price.checked_sub(self.offset);
        known(moved.and_then(|price| price.checked_div(self.multiplier)))
    }

    /// The venue's lots for a quantity of the runner's.
    #[must_use]
    pub fn volume_there(&self, quantity: Decimal) -> Decimal {
        known(quantity.checked_div(self.contract_size))
    }

    /// The runner's quantity for the venue's lots.
    #[must_use]
    pub fn volume_here(&self, lots: Decimal) -> Decimal {
        known(lots.checked_mul(self.contract_size))
    }

    fn bracket_there(&self, bracket: BracketPrices) -> BracketPrices {
        let price = |price: Option<Decimal>| price.map(|p| self.price_there(p));
        BracketPrices { stop: price(bracket.stop), target: price(bracket.target) }
    }

    fn bracket_here(&self, bracket: BracketPrices) -> BracketPrices {
        let price = |price: Option<Decimal>| price.map(|p| self.price_here(p));
        BracketPrices { stop: price(bracket.stop), target: price(bracket.target) }
    }

    fn write(&self, write: Write) -> Write {
        match write {
            Write::Open { symbol, side, volume, bracket } => Write::Open {
                symbol,
                side,
                volume: self.volume_there(volume),
                bracket: self.bracket_there(bracket),
            },
            Write::EditPosition { position, symbol, side, volume, bracket } => {
                let (volume, bracket) = (self.volume_there(volume), self.bracket_there(bracket));
                Write::EditPosition { position, symbol, side, volume, bracket }
            }
            Write::Close { position, symbol, side, volume, whole } => {
                let volume = self.volume_there(volume);
                Write::Close { position, symbol, side, volume, whole }
            }
            Write::CreateOrder { symbol, side, volume, kind, price, bracket } => {
                let (volume, price) = (self.volume_there(volume), self.price_there(price));
                let bracket = self.bracket_there(bracket);
                Write::CreateOrder { symbol, side, volume, kind, price, bracket }
            }
            Write::EditOrder { order, symbol, side, volume, kind, price, bracket } => {
                let (volume, price) = (self.volume_there(volume), self.price_there(price));
                let bracket = self.bracket_there(bracket);
                Write::EditOrder { order, symbol, side, volume, kind, price, bracket }
            }
            write @ Write::CancelOrder { .. } => write,
        }
    }
}

/// What is too large for a decimal is on no grid, and refused where it is read.
fn known(number: Option<Decimal>) -> Decimal {
    number.map_or(Decimal::MAX, |number| number.normalize())
}

/// A way to a broker that counts some instruments otherwise. Calls are counted anew on their
/// way there and replies on their way back, so that nobody else has to know.
pub struct ScaledBroker {
    way: Arc<dyn Broker>,
    /// By the broker's symbols; others are counted as they are.
    scales: BTreeMap<String, SymbolScale>,
}

impl ScaledBroker {
    /// The way `to` a broker, with these instruments counted anew; the same way where there is
    /// none.
    #[must_use]
    pub fn on(to: Arc<dyn Broker>, scales: BTreeMap<String, SymbolScale>) -> Arc<dyn Broker> {
        match scales.values().all(SymbolScale::is_same) {
            true => to,
            false => Arc::new(Self { way: to, scales }),
        }
    }

    fn scale(&self, symbol: &str) -> SymbolScale {
        self.scales.get(symbol).copied().unwrap_or_default()
    }

    fn call_there(&self, call: Call) -> Call {
        match call {
            Call::Write(ticket, write) => {
                let scale = self.scale(write.symbol());
                Call::Write(ticket, scale.write(write))
            }
            call @ (Call::LogIn | Call::Refresh | Call::LogOut | Call::Read(_)) => call,
        }
    }

    /// `candles` is the symbol whose bars were asked for, which the answer does not name.
    fn reply_here(&self, mut reply: Reply, candles: Option<&str>) -> Reply {
        match &mut reply {
            Reply::Instruments(all) => {
                for one in all {
                    let scale = self.scale(&one.symbol);
                    for volume in [&mut one.volume_min, &mut one.volume_max, &mut one.volume_step] {
                        *volume = volume.map(|v| scale.volume_here(v));
                    }
                    one.contract_size = one.contract_size.map(|size| scale.volume_there(size));
                    one.tick_size = one.tick_size.map(|t| known(t.checked_div(scale.multiplier)));
                }
            }
            Reply::Quotes(all) => {
                for one in all {
                    let scale = self.scale(&one.symbol);
                    (one.bid, one.ask) = (scale.price_here(one.bid), scale.price_here(one.ask));
                }
            }
            Reply::Candles(all) => {
                let scale = self.scale(candles.unwrap_or_default());
                for one in all {
                    for price in [&mut one.open, &mut one.high, &mut one.low, &mut one.close] {
                        *price = scale.price_here(*price);
                    }
                }
            }
            Reply::Positions(all) => {
                for one in all {
                    let scale = self.scale(&one.symbol);
                    one.volume = scale.volume_here(one.volume);
                    one.open_price = scale.price_here(one.open_price);
                    one.bracket = scale.bracket_here(one.bracket);
                }
            }
            Reply::Orders(all) => {
                for one in all {
                    let scale = self.scale(&one.symbol);
                    one.volume = scale.volume_here(one.volume);
                    one.price = scale.price_here(one.price);
                    one.bracket = scale.bracket_here(one.bracket);
                }
            }
            Reply::Closed(all) => {
                for one in all {
                    let scale = self.scale(&one.symbol);
                    one.volume = scale.volume_here(one.volume);
                    one.open_price = scale.price_here(one.open_price);
                    one.close_price = scale.price_here(one.close_price);
                }
            }
            Reply::LoggedIn(_)
            | Reply::LoggedOut
            | Reply::Balance(_)
            | Reply::Write(_)
            | Reply::Failed(_) => {}
        }
        reply
    }
}

impl Broker for ScaledBroker {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        let candles = match &call {
            Call::Read(super::call::Read::Candles { symbol, .. }) => Some(symbol.clone()),
            _ => None,
        };
        Box::pin(async move {
            let (reply, date) = self.way.call(self.call_there(call)).await;
            (self.reply_here(reply, candles.as_deref()), date)
        })
    }
}

#[cfg(test)]
#[path = "scale_tests.rs"]
mod tests;
