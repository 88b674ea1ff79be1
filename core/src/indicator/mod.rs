//! Indicators: one value in, one value out, `None` until warm.
//!
//! [`Indicator::next`] is the only implementation of each; [`Indicator::over`]
//! merely walks a series through it, so a backtest over columns and a live feed
//! cannot disagree.
//!
//! Two kinds, by their input:
//! - exact, `i64` in ticks or lots: [`Sum`], [`Highest`], [`Lowest`], and, with one
//!   rounding at the very end, [`Deviation`], [`Bollinger`], [`Vwap`];
//! - recursive, `f64` prices in ticks: [`Ema`], [`Rsi`], [`Atr`], [`Macd`], seeded as
//!   TA-Lib seeds them and equal to it within 1e-9.
//!
//! Known limits: sums stop at an overflow instead of wrapping, which is out of
//! reach for values below 2^46; the recursive ones expect finite input.

mod atr;
mod before;
mod bollinger;
mod deviation;
mod ema;
mod extreme;
mod macd;
mod ring;
mod rsi;
mod sum;
mod vwap;

#[cfg(test)]
pub(crate) mod testing;

use alloc::vec::Vec;

use crate::params::OutOfRange;

pub use atr::{Atr, HighLowClose};
pub use before::Before;
pub use bollinger::{Bands, Bollinger};
pub use deviation::Deviation;
pub use ema::Ema;
pub use extreme::{Highest, Lowest};
pub use macd::{Macd, MacdValue};
pub(crate) use ring::Ring;
pub use rsi::Rsi;
pub use sum::Sum;
pub use vwap::Vwap;

/// Longest period an indicator takes, in bars: nearly two years of minutes. Sums of as
/// many prices, of 10^12 ticks at most, are 64-bit numbers.
pub const MAX_PERIOD: usize = 1_000_000;

/// A function of a series so far.
pub trait Indicator {
    /// One element of the series.
    type Input: Copy;
    /// What is known after it.
    type Output: Copy;

    /// Takes the next element. `None` until warm, and where the value is undefined.
    fn next(&mut self, input: Self::Input) -> Option<Self::Output>;

    /// Forgets everything: as freshly constructed, without allocating again.
    fn reset(&mut self);

    /// [`Self::next`] for each element, going on from where the indicator stands.
    fn over<I: IntoIterator<Item = Self::Input>>(&mut self, series: I) -> Vec<Option<Self::Output>>
    where
        Self: Sized,
    {
        series.into_iter().map(|input| self.next(input)).collect()
    }
}

/// `value` as the period called `field`.
fn period(field: &'static str, value: usize) -> Result<usize, OutOfRange> {
    if (1..=MAX_PERIOD).contains(&value) {
        Ok(value)
    } else {
        Err(OutOfRange::new(field, value, "1 to 1000000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_period_names_field_value_and_range() {
        let error = Sum::new(0).unwrap_err();
        assert_eq!(std::format!("{error}"), "period = 0 is out of range; it must be 1 to 1000000");
        assert!(Ema::new(MAX_PERIOD + 1).is_err());
        assert!(Rsi::new(MAX_PERIOD).is_ok());
    }
}
