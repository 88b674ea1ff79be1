//! Bars packed into a page: Rice-coded differences in base64, about two bytes a
//! bar, so that a year of one-minute candles fits and a trade can be looked at in
//! them. A general compressor would do too, but its bytes may differ from one
//! version or machine to another; these are a function of the bars.
//!
//! A bar is four whole numbers of ticks: open less the close before, close less
//! open (both zigzag), high above and low below the body. Each of the four has a
//! Rice parameter that follows its running mean, as in JPEG-LS. A quotient of
//! [`ESCAPE`] stands for a plain 52-bit number.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use tickstep_core::bars::{BarBuilder, open_of};
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::series::Series;

/// Quotient from which on a number is written plainly.
const ESCAPE: u64 = 24;
/// Bits of a plain number: what a double in the page holds exactly.
const PLAIN: u32 = 52;
/// Intervals a page may coarsen to, in base bars. All are made of one another.
const LADDER: [usize; 7] = [1, 5, 15, 60, 240, 1440, 10_080];
/// Bars kept on each side of a trade when not all fit, widest first.
const MARGINS: [usize; 5] = [120, 60, 30, 15, 5];

/// Candles of one instrument.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Candles {
    pub symbol: String,
    /// Price of one tick, as text.
    pub tick: String,
    /// The whole period, at the finest interval that fits.
    pub whole: PriceLevel,
    /// Base bars around trades, when `whole` is coarser than the base.
    pub near: Option<PriceLevel>,
}

/// Bars at one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct PriceLevel {
    /// Length of a bar, in seconds.
    pub interval: i64,
    /// Stretches without a gap: open time of the first bar (seconds), number of bars.
    pub runs: Vec<(i64, usize)>,
    /// The bars, packed as the page unpacks them.
    pub packed: String,
}

impl Candles {
    /// Of `bars`, in at most about `budget` characters; `trades` are (entry, exit) times.
    pub fn new(series: &Series, bars: &[Bar], trades: &[(Nanos, Nanos)], budget: usize) -> Self {
        let interval = series.interval().nominal();
        let mut whole = PriceLevel::default();
        let mut finest = true;
        for factor in LADDER {
            whole = PriceLevel::new(&coarsen(bars, interval, factor), interval, factor);
            // Where all of it does not fit, half of the room is for what is near trades.
            let room = if factor == 1 { budget } else { budget / 2 };
            if whole.packed.len() <= room {
                break;
            }
            finest = false;
        }
        let near = (!finest).then(|| {
            let near = MARGINS.map(|m| PriceLevel::new(&around(bars, trades, m), interval, 1));
            near.into_iter().find(|l| l.packed.len() <= budget / 2)
        });
        Self {
            symbol: series.symbol().to_owned(),
            tick: series.grid().tick_size.normalize().to_string(),
            whole,
            near: near.flatten(),
        }
    }
}

impl PriceLevel {
    fn new(bars: &[Bar], base: Nanos, factor: usize) -> Self {
        let interval = base.times(factor as i64);
        let mut runs: Vec<(i64, usize)> = Vec::new();
        let mut last: Option<Nanos> = None;
        for bar in bars {
            match runs.last_mut() {
                Some(run) if last.is_some_and(|t| bar.ts_open - t == interval) => run.1 += 1,
                _ => runs.push((bar.ts_open.0.div_euclid(Nanos::SECOND.0), 1)),
            }
            last = Some(bar.ts_open);
        }
        Self { interval: interval.0 / Nanos::SECOND.0, runs, packed: pack(bars) }
    }
}

/// Bars of `factor` times the interval, aligned to the epoch.
pub(crate) fn coarsen(bars: &[Bar], interval: Nanos, factor: usize) -> Vec<Bar> {
    if factor == 1 {
        return bars.to_vec();
    }
    let wide = interval.times(factor as i64);
    // A page shows no volumes.
    let shown = |bar: &Bar| Bar { volume: Lots::ZERO, taker_buy: None, ..*bar };
    let mut out: Vec<BarBuilder> = Vec::with_capacity(bars.len() / factor + 2);
    for bar in bars {
        let ts_open = open_of(bar.ts_open, wide);
        match out.last_mut() {
            Some(last) if last.bar().ts_open == ts_open => last.add(&shown(bar)),
            _ => out.push(BarBuilder::new(ts_open, &shown(bar))),
        }
    }
    out.iter().map(BarBuilder::bar).collect()
}

/// The bars within `margin` bars of a trade.
fn around(bars: &[Bar], trades: &[(Nanos, Nanos)], margin: usize) -> Vec<Bar> {
    let mut keep = vec![false; bars.len()];
    for (entry, exit) in trades {
        let from = bars.partition_point(|b| b.ts_open < *entry).saturating_sub(margin);
        let to = bars.partition_point(|b| b.ts_open <= *exit).saturating_add(margin);
        for k in &mut keep[from.min(bars.len())..to.min(bars.len())] {
            *k = true;
        }
    }
    bars.iter().zip(keep).filter_map(|(bar, keep)| keep.then_some(*bar)).collect()
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

fn pack(bars: &[Bar]) -> String {
    let mut bits = BitWriter::default();
    let mut rice = [Rice::default(); 4];
    let mut before = Ticks(0);
    for bar in bars {
        let (top, bottom) = (bar.open.max(bar.close), bar.open.min(bar.close));
        let numbers = [
            zigzag(bar.open.0 - before.0),
            zigzag(bar.close.0 - bar.open.0),
            (bar.high.0 - top.0).cast_unsigned(),
            (bottom.0 - bar.low.0).cast_unsigned(),
        ];
        for (rice, n) in rice.iter_mut().zip(numbers) {
            rice.write(n, &mut bits);
        }
        before = bar.close;
    }
    BASE64_STANDARD.encode(&bits.bytes)
}

/// The running mean of one of the four numbers.
#[derive(Clone, Copy)]
struct Rice {
    sum: u64,
    count: u64,
}

impl Default for Rice {
    fn default() -> Self {
        Self { sum: 4, count: 1 }
    }
}

impl Rice {
    fn write(&mut self, n: u64, bits: &mut BitWriter) {
        let mut k = 0;
        while self.count << k < self.sum && k < 30 {
            k += 1;
        }
        let quotient = n >> k;
        if quotient < ESCAPE {
            bits.push((1 << (quotient + 1)) - 2, quotient as u32 + 1);
            bits.push(n & ((1 << k) - 1), k);
        } else {
            bits.push((1 << ESCAPE) - 1, ESCAPE as u32);
            bits.push(n, PLAIN);
        }
        // Bounded, so that one gap in price does not coarsen a day of candles.
        self.sum += n.min(1 << 20);
        self.count += 1;
        if self.count == 32 {
            self.sum /= 2;
            self.count /= 2;
        }
    }
}

/// Bits, first written first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    fn push(&mut self, value: u64, count: u32) {
        for i in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> i & 1 == 1
                && let Some(byte) = self.bytes.last_mut()
            {
                *byte |= 1 << (7 - self.used % 8);
            }
            self.used += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    use crate::series::Grid;

    /// The page's own decoder, in Rust.
    fn unpack(text: &str, count: usize) -> Vec<[i64; 4]> {
        let digit = |c: u8| match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
        let mut at = 0;
        let mut bit = || {
            let b = digits[at / 6] >> (5 - at % 6) & 1;
            at += 1;
            u64::from(b)
        };
        let mut rice = [Rice::default(); 4];
        let mut before = 0;
        let mut out = Vec::new();
        for _ in 0..count {
            let n = rice.each_mut().map(|r| {
                let mut k = 0;
                while r.count << k < r.sum && k < 30 {
                    k += 1;
                }
                let mut q = 0;
                while q < ESCAPE && bit() == 1 {
                    q += 1;
                }
                let width = if q == ESCAPE { PLAIN } else { k };
                let mut n = if q == ESCAPE { 0 } else { q };
                for _ in 0..width {
                    n = n << 1 | bit();
                }
                r.write(n, &mut BitWriter::default());
                n.cast_signed()
            });
            let signed = |z: i64| (z >> 1) ^ -(z & 1);
            let open = before + signed(n[0]);
            let close = open + signed(n[1]);
            out.push([open, open.max(close) + n[2], open.min(close) - n[3], close]);
            before = close;
        }
        out
    }

    fn bar(minute: i64, [open, high, low, close]: [i64; 4]) -> Bar {
        Bar {
            ts_open: Nanos::MINUTE.times(minute),
            open: Ticks(open),
            high: Ticks(high),
            low: Ticks(low),
            close: Ticks(close),
            volume: Lots::ZERO,
            taker_buy: None,
        }
    }

    fn walk(count: i64) -> Vec<Bar> {
        let mut close = 4_000;
        (0..count)
            .map(|i| {
                // A jump far beyond the escape now and then.
                let jump = if i % 997 == 996 { 3_000_000 } else { 0 };
                let open = close + i * 7 % 5 - 2 + jump;
                close = (open + i * 13 % 23 - 11).max(1);
                bar(i, [open, open.max(close) + i % 4, (open.min(close) - i % 3).max(1), close])
            })
            .collect()
    }

    fn numbers(bars: &[Bar]) -> Vec<[i64; 4]> {
        bars.iter().map(|b| [b.open.0, b.high.0, b.low.0, b.close.0]).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let bars = walk(5_000);
        assert_eq!(unpack(&pack(&bars), bars.len()), numbers(&bars));
        assert_eq!(pack(&[]), "");
    }

    #[test]
    fn coarse_bars_keep_open_extremes_and_close() {
        let bars = [bar(3, [5, 9, 4, 6]), bar(4, [6, 7, 2, 3]), bar(5, [3, 3, 1, 2])];
        let coarse = coarsen(&bars, Nanos::MINUTE, 5);
        assert_eq!(numbers(&coarse), [[5, 9, 2, 3], [3, 3, 1, 2]]);
        assert_eq!(coarse[0].ts_open, Nanos(0));
    }

    #[test]
    fn what_does_not_fit_stays_fine_around_trades() {
        // 2023-08-01, as many minutes since 1970.
        const AUGUST: i64 = 28_180_800;
        let later = |bar: Bar| Bar { ts_open: bar.ts_open + Nanos::MINUTE.times(AUGUST), ..bar };
        let bars: Vec<Bar> = walk(20_000).into_iter().map(later).collect();
        let grid = Grid::stated(Decimal::new(1, 3), Decimal::ONE);
        let series = Series::from_bars("X", Nanos::MINUTE, grid, bars.clone(), Nanos::DAY).unwrap();
        let all = Candles::new(&series, &bars, &[], 1 << 20);
        assert_eq!((all.whole.runs.as_slice(), all.near), (&[(AUGUST * 60, 20_000)][..], None));
        let at = |minute| Nanos::MINUTE.times(AUGUST + minute);
        let trades = [(at(500), at(505)), (at(9_000), at(9_003))];
        let some = Candles::new(&series, &bars, &trades, 12_000);
        assert!(some.whole.interval > 60);
        assert!(some.whole.packed.len() <= 6_000);
        assert_eq!(
            some.near.unwrap().runs,
            [(AUGUST * 60 + 380 * 60, 246), (AUGUST * 60 + 8_880 * 60, 244)]
        );
    }
}
