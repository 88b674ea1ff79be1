//! Candles that were asked for become bars: each once, in order, finished, without a hole
//! that asking again could have filled.

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::market::FedMarket;
use crate::broker::Candle;
use crate::runner::VOLUME_DECIMALS;

/// How often a hole is asked about before it is taken for one of the market's.
const ASKED: u32 = 2;

/// What a candle tells that was not told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackedBar {
    /// A bar began.
    Opened {
        /// When.
        at: Nanos,
        /// Its first price.
        px: Ticks,
    },
    /// A bar is finished.
    Closed {
        /// When it closed.
        at: Nanos,
        /// The bar.
        bar: Bar,
    },
}

/// A candle that cannot be a bar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the candle of {symbol} that opened at {}: {why}", shown(*ts_open))]
pub struct CandleFault {
    /// The instrument.
    pub symbol: String,
    /// When it opened.
    pub ts_open: Nanos,
    /// What is wrong with it.
    pub why: String,
}

fn shown(at: Nanos) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default()
}

/// What is known of one instrument's candles.
#[derive(Clone, Debug)]
pub struct CandleTrack {
    /// The instrument.
    pub id: InstrumentId,
    market: FedMarket,
    /// Whether prices between two ticks are rounded to the nearer one.
    rounds: bool,
    /// Open of the newest finished bar.
    newest: Option<Nanos>,
    /// Open of the newest bar that is known to have begun.
    opened: Option<Nanos>,
    /// How often a hole behind the newest bar was seen.
    holes: u32,
}

impl CandleTrack {
    /// Behind the bar that opened at `newest`, where one is known already.
    #[must_use]
    pub const fn new(id: InstrumentId, market: FedMarket, newest: Option<Nanos>) -> Self {
        Self { id, market, rounds: false, newest, opened: newest, holes: 0 }
    }

    /// The same where prices between two ticks are rounded to the nearer one.
    #[must_use]
    pub const fn rounding(mut self, rounds: bool) -> Self {
        self.rounds = rounds;
        self
    }

    /// The instrument's name.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.market.instrument.symbol()
    }

    /// Nominal length of a bar.
    #[must_use]
    pub fn interval(&self) -> Nanos {
        self.market.times.nominal()
    }

    /// When the newest finished bar closed.
    #[must_use]
    pub fn closed(&self) -> Option<Nanos> {
        self.newest.map(|open| self.market.times.close_of(open))
    }

    /// What to ask for at `now`: from the bar behind the newest one on, or the last
    /// `warm_up` bars where none is known.
    #[must_use]
    pub fn wanted(&self, now: Nanos, warm_up: usize) -> (Nanos, Nanos) {
        let interval = self.interval();
        let back = interval.times(i64::try_from(warm_up).unwrap_or(i64::MAX / interval.0));
        let earliest = Nanos(now.0.saturating_sub(back.0));
        let from = self.closed().map_or(earliest, |closed| closed.max(earliest));
        (from, now + interval)
    }

    /// When the bar that opens at a time closes.
    #[must_use]
    pub fn close_of(&self, ts_open: Nanos) -> Nanos {
        self.market.times.close_of(ts_open)
    }

    /// Whether the market is open at a time, by its hours.
    #[must_use]
    pub fn is_open_at(&self, ts: Nanos) -> bool {
        self.market.times.number_at(ts).is_some()
    }

    /// Whether the bar that opens at a time was told of, or a later one.
    #[must_use]
    pub fn is_known(&self, ts_open: Nanos) -> bool {
        self.newest.is_some_and(|newest| ts_open <= newest)
            || self.opened.is_some_and(|opened| ts_open < opened)
    }

    /// Whether no bar is missing before the one that opens at a time; where none is known
    /// at all, everything is.
    #[must_use]
    pub fn may_follow(&self, ts_open: Nanos) -> bool {
        self.opened.is_some() && !self.is_hole(ts_open)
    }

    /// Takes the next hole for one of the market's, without asking.
    pub const fn go_past_hole(&mut self) {
        self.holes = ASKED;
    }

    /// Whether the next hole is taken for one of the market's.
    #[must_use]
    pub const fn goes_past_hole(&self) -> bool {
        self.holes >= ASKED
    }

    /// Whether a bar should be finished by now that is not known.
    #[must_use]
    pub fn is_behind(&self, now: Nanos) -> bool {
        self.closed().is_none_or(|closed| now.0 >= closed.0 + self.interval().0)
    }

    /// When the bar in progress closes, as far as is known.
    #[must_use]
    pub fn next_close(&self) -> Option<Nanos> {
        self.closed().map(|closed| self.market.times.close_of(closed).max(closed + self.interval()))
    }

    /// Takes candles as they came, whatever their order, `now` by the broker's clock; what
    /// is new, oldest first, and what is no candle. Of two for one time the later counts.
    /// One that is no candle is as one that is missing: asked for again, then left out.
    pub fn take(&mut self, candles: &[Candle], now: Nanos) -> (Vec<TrackedBar>, Vec<CandleFault>) {
        let mut sorted: Vec<&Candle> = candles.iter().collect();
        // Stable, so that of two the later stays behind the earlier.
        sorted.sort_by_key(|c| c.ts_open);
        // What lies before a bar that was told of is too late, too.
        sorted.retain(|c| !self.is_known(c.ts_open));
        let mut new: Vec<&Candle> = Vec::with_capacity(sorted.len());
        for candle in sorted {
            match new.last_mut().filter(|last| last.ts_open == candle.ts_open) {
                Some(last) => *last = candle,
                None => new.push(candle),
            }
        }
        let (mut told, mut faults) = (Vec::new(), Vec::new());
        for (at, candle) in new.iter().enumerate() {
            if self.is_hole(candle.ts_open) {
                self.holes += 1;
                if self.holes <= ASKED {
                    break;
                }
            }
            let bar = match self.bar(candle) {
                Ok(bar) => bar,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if self.opened.is_none_or(|opened| opened < bar.ts_open) {
                self.opened = Some(bar.ts_open);
                told.push(TrackedBar::Opened { at: bar.ts_open, px: bar.open });
            }
            let closes = self.market.times.close_of(bar.ts_open);
            if closes > now && at + 1 == new.len() {
                break;
            }
            (self.newest, self.holes) = (Some(bar.ts_open), 0);
            told.push(TrackedBar::Closed { at: closes, bar });
        }
        (told, faults)
    }

    fn is_hole(&self, ts_open: Nanos) -> bool {
        self.newest.is_some_and(|newest| !self.market.times.follows(newest, ts_open))
    }

    fn bar(&self, candle: &Candle) -> Result<Bar, CandleFault> {
        let wrong = |why: String| CandleFault {
            symbol: self.symbol().to_owned(),
            ts_open: candle.ts_open,
            why,
        };
        let price = |price: Decimal| {
            let known = &self.market.instrument;
            match self.rounds {
                true => known.price_near(price).ok_or_else(|| wrong(format!("no price: {price}"))),
                false => known.price_exact(price).map_err(|off| wrong(off.to_string())),
            }
        };
        let (open, high) = (price(candle.open)?, price(candle.high)?);
        let (low, close) = (price(candle.low)?, price(candle.close)?);
        if low > open || low > close || high < open || high < close || low <= Ticks(0) {
            let why = format!(
                "open {}, high {}, low {}, close {} are no prices of one bar",
                candle.open, candle.high, candle.low, candle.close
            );
            return Err(wrong(why));
        }
        let counted = |volume: Decimal| {
            let volume = volume.max(Decimal::ZERO);
            let counted = volume.checked_mul(Decimal::from(10_u64.pow(VOLUME_DECIMALS)));
            let counted = counted.and_then(|v| i64::try_from(v.trunc()).ok()).and_then(Lots::new);
            counted.ok_or_else(|| wrong(format!("volume {volume} is too large")))
        };
        let volume = counted(candle.volume.unwrap_or_default())?;
        let taker_buy = candle.taker_buy.map(counted).transpose()?.map(|taker| taker.min(volume));
        Ok(Bar { ts_open: candle.ts_open, open, high, low, close, volume, taker_buy })
    }
}

#[cfg(test)]
#[path = "candles_tests.rs"]
mod tests;
