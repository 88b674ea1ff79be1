//! An instrument as the exchange lists it: its grid, its terms and its hours.
//!
//! All numbers are the exchange's own decimals, prices in the quote currency and volumes
//! in lots. What is off the grid is refused, never rounded.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::{Nanos, Side};

/// One stretch of a week in which an instrument trades, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeekHours {
    /// Day of the week, Monday is 0.
    pub day: u8,
    /// First second of the day that trades.
    pub open_s: u32,
    /// First second of the day that does not trade any more; at most 86,400.
    pub close_s: u32,
}

/// Terms of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// What requests call it.
    pub symbol: String,
    /// How profit is worked out, as the wire names it: `FOREX`, `CFD`, `FOREXCFD`.
    pub calculation: String,
    /// Currency that is bought.
    pub base_currency: String,
    /// Currency that it is quoted in.
    pub quote_currency: String,
    /// Account currency for one unit of the quote currency.
    pub rate: Decimal,
    /// Price step, in the quote currency.
    pub tick_size: Decimal,
    /// Units of the base in one lot.
    pub contract_size: Decimal,
    /// Smallest order, in lots.
    pub volume_min: Decimal,
    /// Largest order, in lots.
    pub volume_max: Decimal,
    /// Step of an order, in lots.
    pub volume_step: Decimal,
    /// Notional over margin.
    pub leverage: Decimal,
    /// Whether `leverage` holds whatever the account's is.
    pub fixed_leverage: bool,
    /// Smallest distance of stop, target and pending prices from the market, in ticks.
    pub stops_level: u32,
    /// What a lot costs to open, in the account's currency, above zero.
    pub commission_per_lot: Decimal,
    /// What a lot that is long earns in a night, in ticks; negative is paid.
    pub swap_buy: Decimal,
    /// What a lot that is short earns in a night, in ticks; negative is paid.
    pub swap_sell: Decimal,
    /// How far a market order fills on the wrong side of the quote, in ticks.
    pub slippage_ticks: u32,
    /// When it trades; always, where there is none.
    pub hours: Vec<WeekHours>,
}

const WEEK: i64 = 7 * Nanos::DAY.0;
/// The first Monday after the epoch, which was a Thursday.
const MONDAY: i64 = 4 * Nanos::DAY.0;

impl Listing {
    /// An instrument on a grid of ticks of `tick_size`, without costs, levels or hours:
    /// lots of `contract_size` units, 0.01 to 100 of them in steps of 0.01, leverage 100.
    #[must_use]
    pub fn plain(symbol: &str, tick_size: Decimal, contract_size: Decimal) -> Self {
        let (base, quote) = symbol.split_at(symbol.len().min(3));
        Self {
            symbol: symbol.to_owned(),
            calculation: "FOREX".to_owned(),
            base_currency: base.to_owned(),
            quote_currency: quote.to_owned(),
            rate: Decimal::ONE,
            tick_size,
            contract_size,
            volume_min: Decimal::new(1, 2),
            volume_max: Decimal::new(100, 0),
            volume_step: Decimal::new(1, 2),
            leverage: Decimal::new(100, 0),
            fixed_leverage: false,
            stops_level: 0,
            commission_per_lot: Decimal::ZERO,
            swap_buy: Decimal::ZERO,
            swap_sell: Decimal::ZERO,
            slippage_ticks: 0,
            hours: Vec::new(),
        }
    }

    /// Whether its hours say that it trades at `ts`.
    #[must_use]
    pub fn trades_at(&self, ts: Nanos) -> bool {
        let into_week = (ts.0 - MONDAY).rem_euclid(WEEK);
        let (day, second) = (into_week / Nanos::DAY.0, into_week % Nanos::DAY.0 / Nanos::SECOND.0);
        self.hours.is_empty()
            || self.hours.iter().any(|h| {
                i64::from(h.day) == day
                    && i64::from(h.open_s) <= second
                    && second < i64::from(h.close_s)
            })
    }

    /// `count` ticks as a distance of prices.
    #[must_use]
    pub fn ticks(&self, count: u32) -> Decimal {
        self.tick_size * Decimal::from(count)
    }

    /// Whether a price is on the grid.
    #[must_use]
    pub fn on_grid(&self, px: Decimal) -> bool {
        px > Decimal::ZERO && (px % self.tick_size).is_zero()
    }

    /// Profit of `volume` lots on `side` from one price to another, in the account's
    /// currency, not rounded.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_core::units::Side;
    /// use tickstep_live::exchange::Listing;
    ///
    /// let listing = Listing::plain("EURUSD", Decimal::new(1, 5), Decimal::new(100_000, 0));
    /// let (from, to) = (Decimal::new(110_000, 5), Decimal::new(110_120, 5));
    /// // 0.1 lots are 10,000 units; 12 pips on them are 12 dollars.
    /// let profit = listing.profit(Side::Buy, Decimal::new(1, 1), from, to);
    /// assert_eq!(profit, Decimal::new(12, 0));
    /// assert_eq!(listing.profit(Side::Sell, Decimal::new(1, 1), from, to), -profit);
    /// ```
    #[must_use]
    pub fn profit(&self, side: Side, volume: Decimal, from: Decimal, to: Decimal) -> Decimal {
        (to - from) * Decimal::from(side.sign()) * volume * self.contract_size * self.rate
    }

    /// Margin of `volume` lots at a price for an account of a given leverage, in the
    /// account's currency, not rounded.
    #[must_use]
    pub fn margin(&self, volume: Decimal, px: Decimal, of_account: Decimal) -> Decimal {
        let leverage = if self.fixed_leverage { self.leverage } else { of_account };
        volume * self.contract_size * px * self.rate / leverage
    }

    /// What a night adds to `volume` lots, in the account's currency, not rounded.
    #[must_use]
    pub fn swap(&self, side: Side, volume: Decimal) -> Decimal {
        let ticks = match side {
            Side::Buy => self.swap_buy,
            Side::Sell => self.swap_sell,
        };
        ticks * self.tick_size * volume * self.contract_size * self.rate
    }

    /// What is wrong with the terms themselves, in words; nothing where they can be used.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let above = |x: Decimal| x > Decimal::ZERO;
        if self.symbol.is_empty() {
            Some("the symbol is empty")
        } else if !above(self.tick_size) {
            Some("tick_size must be above zero")
        } else if !above(self.contract_size) || !above(self.rate) || !above(self.leverage) {
            Some("contract_size, rate and leverage must be above zero")
        } else if !above(self.volume_min) || !above(self.volume_step) {
            Some("volume_min and volume_step must be above zero")
        } else if self.volume_max < self.volume_min {
            Some("volume_max must be at least volume_min")
        } else if self.commission_per_lot < Decimal::ZERO {
            Some("commission_per_lot must be zero or above")
        } else if self
            .hours
            .iter()
            .any(|h| h.day > 6 || h.close_s > 86_400 || h.open_s >= h.close_s)
        {
            Some("hours need a day from 0 to 6 and a close after the open, at most 86400")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_of_the_week_in_utc() {
        let mut listing = Listing::plain("XAUUSD", Decimal::new(1, 2), Decimal::new(100, 0));
        assert!(listing.trades_at(Nanos(0)));
        // Thursdays from 01:00 to 22:00.
        listing.hours = vec![WeekHours { day: 3, open_s: 3_600, close_s: 79_200 }];
        let hour = |h: i64| Nanos(h * Nanos::HOUR.0);
        let at = [(0, false), (1, true), (21, true), (22, false), (25, false), (7 * 24 + 1, true)];
        for (h, open) in at {
            assert_eq!(listing.trades_at(hour(h)), open, "hour {h}");
        }
        assert!(listing.trades_at(hour(1 - 7 * 24)), "before 1970 too");
    }
}
