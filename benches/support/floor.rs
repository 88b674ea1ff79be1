//! The specified scalper and nothing else, as one loop: what the general engine
//! is measured against. Same rules, same fills, same fees, no generality.
//!
//! It knows only what its bench needs: one instrument, no gap in the data, the
//! specification's parameters with buy share for pressure, no slippage, one fee
//! for maker and taker, stop before target, and cash enough that margin never
//! refuses. Money is counted in ticks times lots times 10^-4, which holds prices,
//! quantities and the fee exactly.

use tickstep_core::event::Bar;

const BASELINE: usize = 20;
const MEAN: usize = 5;
const RSI: usize = 14;
const HOLD: usize = 5;
/// `spike_multiple` times the share's denominator cancel: v * 20 >= 3 * sum.
const SPIKE: i64 = 3;
/// Fee in parts of 10,000.
const FEE: i64 = 4;
/// 10,000 of notional in ticks times lots of 0.001 * 0.1.
const NOTIONAL: i64 = 100_000_000;

/// What the loop found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    pub trades: usize,
    /// Ticks times lots, times 10,000.
    pub net: i64,
}

#[derive(Clone, Copy)]
struct Open {
    /// 1 long, -1 short.
    sign: i64,
    entry: i64,
    lots: i64,
    stop: i64,
    target: i64,
    /// Index of the bar at whose open the hold ends.
    due: usize,
}

impl Floor {
    fn close(&mut self, p: Open, px: i64) {
        self.trades += 1;
        self.net += p.lots * (10_000 * p.sign * (px - p.entry) - FEE * (px + p.entry));
    }
}

/// Runs the scalper over `bars`.
pub fn run(bars: &[Bar]) -> Floor {
    let mut done = Floor::default();
    let mut open: Option<Open> = None;
    // Decided at the last close: leave, and enter this side with these lots.
    let mut leave = false;
    let mut enter: Option<(i64, i64)> = None;
    let (mut volume_sum, mut close_sum, mut was_above, mut was_below) = (0, 0, true, true);
    let (mut gain, mut loss) = (0.0_f64, 0.0_f64);
    for (t, bar) in bars.iter().enumerate() {
        let (at_open, close) = (bar.open.0, bar.close.0);
        // At the open: exits, entries, brackets the open is beyond.
        if leave && let Some(p) = open.take() {
            done.close(p, at_open);
        }
        leave = false;
        if let Some((sign, lots)) = enter.take() {
            open = Some(entered(sign, at_open, lots, t));
        } else if let Some(p) = open
            && (p.sign * (at_open - p.stop) <= 0 || p.sign * (at_open - p.target) >= 0)
        {
            done.close(p, at_open);
            open = None;
        }
        // Within the bar: stop first.
        if let Some(p) = open {
            let (worst, best) =
                if p.sign > 0 { (bar.low.0, bar.high.0) } else { (bar.high.0, bar.low.0) };
            if p.sign * (worst - p.stop) <= 0 {
                done.close(p, p.stop);
                open = None;
            } else if p.sign * (best - p.target) >= 0 {
                done.close(p, p.target);
                open = None;
            }
        }
        // At the close: features.
        let baseline = volume_sum;
        volume_sum += bar.volume.get();
        if t >= BASELINE {
            volume_sum -= bars[t - BASELINE].volume.get();
        }
        close_sum += close;
        if t >= MEAN {
            close_sum -= bars[t - MEAN].close.0;
        }
        if t > 0 {
            let change = (close - bars[t - 1].close.0) as f64;
            let (up, down) = (change.max(0.0), (-change).max(0.0));
            if t <= RSI {
                gain += up;
                loss += down;
                if t == RSI {
                    gain *= 1.0 / RSI as f64;
                    loss *= 1.0 / RSI as f64;
                }
            } else {
                gain += (up - gain) * (1.0 / RSI as f64);
                loss += (down - loss) * (1.0 / RSI as f64);
            }
        }
        let (above, below) = (close * MEAN as i64 > close_sum, close * (MEAN as i64) < close_sum);
        let (crossed_up, crossed_down) = (above && !was_above, below && !was_below);
        (was_above, was_below) = (above, below);
        // At the close: decisions.
        if open.is_some_and(|p| t + 1 >= p.due) {
            leave = true;
        }
        let spike = baseline > 0 && bar.volume.get() * BASELINE as i64 >= SPIKE * baseline;
        if t >= BASELINE && spike && (crossed_up || crossed_down) && t + 1 < bars.len() {
            let (v, b) = (bar.volume.get(), bar.taker_buy.map_or(0, |b| b.get()));
            let rsi = 100.0 * gain / (gain + loss);
            let sign = if crossed_up && b * 100 >= v * 60 && 70.0 - rsi > 1e-9 {
                1
            } else if crossed_down && b * 100 <= v * 40 && rsi - 30.0 > 1e-9 {
                -1
            } else {
                0
            };
            let held = open.map_or(0, |p| p.sign);
            if sign != 0 && sign != held {
                leave = open.is_some();
                enter = Some((sign, NOTIONAL / close));
            }
        }
    }
    if let (Some(p), Some(last)) = (open, bars.last()) {
        done.close(p, last.close.0);
    }
    done
}

/// Stop 0.25 % and target 0.4 % from the fill, each to the tick: a stop to the
/// earlier trigger, a target to the first price at or beyond.
fn entered(sign: i64, entry: i64, lots: i64, t: usize) -> Open {
    let up = |n: i64| (entry * n + 9_999) / 10_000;
    let down = |n: i64| entry * n / 10_000;
    let (stop, target) =
        if sign > 0 { (up(9_975), up(10_040)) } else { (down(10_025), down(9_960)) };
    Open { sign, entry, lots, stop, target, due: t + HOLD }
}
