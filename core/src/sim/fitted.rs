//! Costs as they were measured: slippage, latency and refusals drawn from what happened,
//! in place of one number for each.
//!
//! A draw depends on the seed, the number of the order and what is drawn, and on nothing
//! else: no state, no clock, no order of calls. So the same account makes the same trades
//! however its bars are stepped and on any number of threads, and another seed is another
//! day that might have been.
//!
//! Each list holds values that are equally likely. Latency moves no price inside a bar, of
//! which nothing is known at its open: an order fills at the first open whose bar has not
//! ended when the order arrives, and what the price moves on the way inside that bar is part
//! of the slippage that was measured from its open.
//!
//! Known limits: draws are independent of each other, of size, side and market; a refused
//! entry is not tried again, and exits are not refused; amended brackets and withdrawals
//! take no time.

use alloc::vec::Vec;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::instrument::InstrumentId;
use crate::order::OrderId;
use crate::units::{Fraction, Nanos, Ticks};

/// What an order's draws are of, so that they are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Of {
    Latency = 1,
    Refusal = 2,
    Slippage = 3,
    Stop = 4,
}

/// How far fills of one instrument were from the price without slippage, in ticks; above
/// zero is against the trader. An empty list is no slippage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FittedSlippage {
    /// Of market orders, from the open of the bar in which they filled.
    pub orders: Vec<i64>,
    /// Of stops, from their level.
    pub stops: Vec<i64>,
}

/// Costs as they were measured on an account.
///
/// ```
/// use tickstep_core::order::OrderId;
/// use tickstep_core::sim::FittedCosts;
/// use tickstep_core::units::{Fraction, Nanos};
///
/// let costs = |seed| FittedCosts {
///     seed,
///     latency: vec![Nanos(1), Nanos(2), Nanos(3), Nanos(4)],
///     reject_rate: Fraction::lit(25, 2),
///     slippage: Vec::new(),
/// };
/// let drawn = |seed| (1..=4_000).map(|n| costs(seed).latency(OrderId(n)).0).sum::<i64>();
/// assert!((drawn(1) - 10_000).abs() < 200, "each is as likely");
/// assert!(drawn(1) != drawn(2));
/// let refused = |seed| (1..=4_000).filter(|n| costs(seed).refuses(OrderId(*n))).count();
/// // One in four of 160,000, within three standard deviations.
/// let refused: usize = (0..40).map(refused).sum();
/// assert!((39_480..=40_520).contains(&refused), "{refused}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FittedCosts {
    /// Which of the days that might have been.
    pub seed: u64,
    /// From sending to arrival at the venue; none where the list is empty.
    pub latency: Vec<Nanos>,
    /// Part of the entries that the venue refuses, 0 to 1.
    pub reject_rate: Fraction,
    /// By instrument, in the account's order.
    pub slippage: Vec<FittedSlippage>,
}

impl FittedCosts {
    fn draw(&self, order: OrderId, of: Of) -> u64 {
        let mut bytes = [0; 9];
        bytes[..8].copy_from_slice(&order.0.to_le_bytes());
        bytes[8] = of as u8;
        xxh3_64_with_seed(&bytes, self.seed)
    }

    fn pick<T: Copy>(&self, list: &[T], order: OrderId, of: Of) -> Option<T> {
        let at = (u128::from(self.draw(order, of)) * list.len() as u128) >> 64;
        list.get(at as usize).copied()
    }

    /// How long an order is on its way.
    #[must_use]
    pub fn latency(&self, order: OrderId) -> Nanos {
        self.pick(&self.latency, order, Of::Latency).unwrap_or(Nanos(0))
    }

    /// Whether the venue refuses an entry.
    #[must_use]
    pub fn refuses(&self, order: OrderId) -> bool {
        let drawn = u128::from(self.draw(order, Of::Refusal)) * self.reject_rate.den() as u128;
        drawn < (self.reject_rate.num().max(0) as u128) << 64
    }

    /// How far a market order slips.
    #[must_use]
    pub fn slippage(&self, instrument: InstrumentId, order: OrderId) -> Ticks {
        let list = self.slippage.get(instrument.index()).map_or(&[][..], |of| &of.orders);
        Ticks(self.pick(list, order, Of::Slippage).unwrap_or(0))
    }

    /// How far the stop of the position that an entry opened slips.
    #[must_use]
    pub fn stop_slippage(&self, instrument: InstrumentId, entry: OrderId) -> Ticks {
        let list = self.slippage.get(instrument.index()).map_or(&[][..], |of| &of.stops);
        Ticks(self.pick(list, entry, Of::Stop).unwrap_or(0))
    }
}
