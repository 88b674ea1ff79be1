//! Loops that can do nothing but sweep one strategy: what the general sweep is
//! measured against. Same rules, fills, fees and figures, no generality.
//!
//! They know what their bench needs and no more: one instrument, no gap in the
//! data, buy share for pressure, no slippage, one fee, stop before target, and cash
//! enough that margin never refuses. Money is counted in ticks times lots times
//! 10^-4, which holds prices, quantities and the fee exactly.

use tickstep_core::event::Bar;

/// Fee in parts of 10,000.
const FEE: i64 = 4;
/// 10,000 of notional in ticks times lots of 0.001 * 0.1.
const NOTIONAL: i64 = 100_000_000;
/// 1,000,000 of cash in ticks times lots times 10^-4.
const CASH: i64 = 100_000_000_000_000;
const BASELINE: usize = 20;
const RSI: usize = 14;
const HOLD: usize = 5;
const DAY: usize = 1_440;

/// What is varied of the scalper.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Tenths.
    pub spike: i64,
    /// Hundredths.
    pub share: i64,
    pub ma: usize,
    /// Parts of 10,000.
    pub stop: i64,
    /// Parts of 10,000.
    pub target: i64,
}

/// The figures of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub trades: usize,
    pub net: i64,
    pub max_drawdown: f64,
    pub wins: usize,
    pub won: i64,
    pub lost: i64,
    pub daily_sharpe: f64,
}

/// What all sets share.
pub struct FeatureCache<'a> {
    bars: &'a [Bar],
    volume_sum: Vec<i64>,
    rsi: Vec<f64>,
    /// Bars whose volume is at least twice its baseline.
    spikes: Vec<usize>,
    sums: Vec<(usize, Vec<i64>)>,
}

impl<'a> FeatureCache<'a> {
    pub fn new(bars: &'a [Bar], windows: &[usize]) -> Self {
        let sums = windows.iter().map(|n| (*n, sum(bars, *n, |b| b.close.0))).collect();
        let with_own = sum(bars, BASELINE + 1, |b| b.volume.get());
        let own = |t: usize| bars[t].volume.get();
        let volume_sum: Vec<i64> =
            (0..bars.len()).map(|t| if t < BASELINE { 0 } else { with_own[t] - own(t) }).collect();
        let spike =
            |t: &usize| volume_sum[*t] > 0 && own(*t) * BASELINE as i64 >= 2 * volume_sum[*t];
        let spikes = (BASELINE..bars.len()).filter(spike).collect();
        Self { rsi: rsi(bars), spikes, volume_sum, sums, bars }
    }

    fn closes(&self, n: usize) -> &[i64] {
        let found = self.sums.iter().find(|(window, _)| *window == n);
        &found.expect("the window was asked for").1
    }
}

/// Sums of the last `n` values; 0 while there are fewer.
fn sum(bars: &[Bar], n: usize, of: fn(&Bar) -> i64) -> Vec<i64> {
    let mut running = 0;
    let mut sums = Vec::with_capacity(bars.len());
    for (t, bar) in bars.iter().enumerate() {
        running += of(bar);
        if t >= n {
            running -= of(&bars[t - n]);
        }
        sums.push(if t + 1 >= n { running } else { 0 });
    }
    sums
}

fn rsi(bars: &[Bar]) -> Vec<f64> {
    let (mut gain, mut loss) = (0.0_f64, 0.0_f64);
    let mut values = vec![f64::NAN];
    for t in 1..bars.len() {
        let change = (bars[t].close.0 - bars[t - 1].close.0) as f64;
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
        values.push(if t < RSI { f64::NAN } else { 100.0 * gain / (gain + loss) });
    }
    values
}

/// The account of a set.
struct Account {
    cash: i64,
    peak: i64,
    max_drawdown: f64,
    deepest: i64,
    daily: Vec<i64>,
    figures: (usize, usize, i64, i64),
}

#[derive(Clone, Copy)]
struct Open {
    sign: i64,
    entry: i64,
    lots: i64,
}

impl Account {
    fn new(days: usize) -> Self {
        Self {
            cash: CASH,
            peak: CASH,
            max_drawdown: 0.0,
            deepest: CASH,
            daily: vec![0; days],
            figures: (0, 0, 0, 0),
        }
    }

    fn enter(&mut self, sign: i64, entry: i64, lots: i64) -> Open {
        self.cash -= FEE * entry * lots;
        Open { sign, entry, lots }
    }

    fn close(&mut self, p: Open, px: i64) {
        let gross = 10_000 * p.sign * (px - p.entry) * p.lots;
        self.cash += gross - FEE * px * p.lots;
        let net = gross - FEE * (px + p.entry) * p.lots;
        let (trades, wins, won, lost) = &mut self.figures;
        *trades += 1;
        if net > 0 {
            *wins += 1;
            *won += net;
        } else {
            *lost += net;
        }
    }

    #[inline]
    fn mark(&mut self, equity: i64) {
        if equity > self.peak {
            self.peak = equity;
            self.deepest = (equity as f64 * (1.0 + self.max_drawdown)) as i64 + 1;
        } else if equity < self.deepest {
            self.deepest = equity;
            self.max_drawdown = self.max_drawdown.min(equity as f64 / self.peak as f64 - 1.0);
        }
    }

    fn equity(&self, p: Open, px: i64) -> i64 {
        self.cash + 10_000 * p.sign * (px - p.entry) * p.lots
    }

    fn finish(self) -> Figures {
        let mut before = CASH as f64;
        let returns: Vec<f64> = self
            .daily
            .iter()
            .map(|e| {
                let r = *e as f64 / before - 1.0;
                before = *e as f64;
                r
            })
            .collect();
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let var = returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (n - 1.0);
        let (trades, wins, won, lost) = self.figures;
        Figures {
            trades,
            net: self.cash - CASH,
            max_drawdown: self.max_drawdown,
            wins,
            won,
            lost,
            daily_sharpe: mean / var.sqrt(),
        }
    }
}

/// The scalper over a list of bars at which it may enter.
pub fn scalper(cache: &FeatureCache<'_>, set: &Set) -> Figures {
    let (bars, sums, n) = (cache.bars, cache.closes(set.ma), set.ma as i64);
    let mut account = Account::new(bars.len().div_ceil(DAY));
    // The first bar that is not settled, and the last of its day.
    let (mut from, mut day) = (0, 0);
    for &t in &cache.spikes {
        let bar = &bars[t];
        let (v, b) = (bar.volume.get(), bar.taker_buy.map_or(0, |b| b.get()));
        if t < from
            || v * BASELINE as i64 * 10 < set.spike * cache.volume_sum[t]
            || t + 1 >= bars.len()
        {
            continue;
        }
        let sign = signal(cache, set, sums, n, t, (v, b));
        if sign == 0 {
            continue;
        }
        let (mut at, mut sign, mut lots) = (t, sign, NOTIONAL / bar.close.0);
        // Until it is flat again: a reversal enters at the open that closes.
        loop {
            while (day + 1) * DAY <= at + 1 {
                account.daily[day] = account.cash;
                day += 1;
            }
            let p = account.enter(sign, bars[at + 1].open.0, lots);
            let (next, reversal) = held(cache, set, sums, &mut account, p, at + 1, &mut day);
            from = next;
            match reversal {
                Some((s, l)) => (at, sign, lots) = (next - 1, s, l),
                None => break,
            }
        }
    }
    while day < account.daily.len() {
        account.daily[day] = account.cash;
        day += 1;
    }
    let cash = account.cash;
    account.mark(cash);
    account.finish()
}

#[inline]
fn signal(
    cache: &FeatureCache<'_>,
    set: &Set,
    sums: &[i64],
    n: i64,
    t: usize,
    (v, b): (i64, i64),
) -> i64 {
    if t + 1 < set.ma + 1 {
        return 0;
    }
    let (close, before) = (cache.bars[t].close.0, cache.bars[t - 1].close.0);
    let up = close * n > sums[t] && before * n <= sums[t - 1];
    let down = close * n < sums[t] && before * n >= sums[t - 1];
    if up && b * 100 >= v * set.share && cache.rsi[t] < 70.0 {
        1
    } else if down && b * 100 <= v * (100 - set.share) && cache.rsi[t] > 30.0 {
        -1
    } else {
        0
    }
}

/// A position from the open of bar `e` on; the first bar after it, and the side and
/// lots of a reversal.
fn held(
    cache: &FeatureCache<'_>,
    set: &Set,
    sums: &[i64],
    account: &mut Account,
    p: Open,
    e: usize,
    day: &mut usize,
) -> (usize, Option<(i64, i64)>) {
    let bars = cache.bars;
    let up = |n: i64| (p.entry * n + 9_999) / 10_000;
    let down = |n: i64| p.entry * n / 10_000;
    let (stop, target) = if p.sign > 0 {
        (up(10_000 - set.stop), up(10_000 + set.target))
    } else {
        (down(10_000 + set.stop), down(10_000 - set.target))
    };
    let last = bars.len() - 1;
    for t in e..bars.len() {
        let bar = &bars[t];
        let open = bar.open.0;
        let gap = t > e && (p.sign * (open - stop) <= 0 || p.sign * (open - target) >= 0);
        let (worst, best) =
            if p.sign > 0 { (bar.low.0, bar.high.0) } else { (bar.high.0, bar.low.0) };
        let px = if gap {
            Some(open)
        } else if p.sign * (worst - stop) <= 0 {
            Some(stop)
        } else if p.sign * (best - target) >= 0 {
            Some(target)
        } else {
            None
        };
        if let Some(px) = px {
            account.close(p, px);
            account.mark(account.cash);
            // An exit within a bar leaves its close for another signal.
            return (t, None);
        }
        let equity = account.equity(p, bar.close.0);
        if t == last {
            account.close(p, bar.close.0);
            account.mark(account.cash);
            return (t + 1, None);
        }
        account.mark(equity);
        if t + 1 == (*day + 1) * DAY {
            account.daily[*day] = equity;
            *day += 1;
        }
        let v = bar.volume.get();
        let spike =
            cache.volume_sum[t] > 0 && v * BASELINE as i64 * 10 >= set.spike * cache.volume_sum[t];
        let b = bar.taker_buy.map_or(0, |b| b.get());
        let sign = if spike { signal(cache, set, sums, set.ma as i64, t, (v, b)) } else { 0 };
        let reversal = (sign != 0 && sign != p.sign).then(|| (sign, NOTIONAL / bar.close.0));
        if t + 1 >= e + HOLD || reversal.is_some() {
            account.close(p, bars[t + 1].open.0);
            if reversal.is_none() {
                account.mark(account.cash);
            }
            return (t + 1, reversal);
        }
    }
    (bars.len(), None)
}

/// The moving-average cross over shared averages, bar by bar.
pub fn cross(cache: &FeatureCache<'_>, fast: usize, slow: usize) -> Figures {
    let bars = cache.bars;
    let (f, s) = (cache.closes(fast), cache.closes(slow));
    let (nf, ns) = (fast as i64, slow as i64);
    let mut account = Account::new(bars.len().div_ceil(DAY));
    let mut position: Option<Open> = None;
    let mut sign_before = 0;
    for t in slow - 1..bars.len() {
        let difference = f[t] * ns - s[t] * nf;
        let sign = difference.signum();
        let crossed = t >= slow && sign != 0 && sign != sign_before;
        sign_before = sign;
        let close = bars[t].close.0;
        if let Some(p) = position {
            let equity = account.equity(p, close);
            account.mark(equity);
        }
        if (t + 1) % DAY == 0 {
            let equity = position.map_or(account.cash, |p| account.equity(p, close));
            account.daily[t / DAY] = equity;
        }
        if crossed && t + 1 < bars.len() && position.is_none_or(|p| p.sign != sign) {
            let open = bars[t + 1].open.0;
            if let Some(p) = position.take() {
                account.close(p, open);
            }
            position = Some(account.enter(sign, open, NOTIONAL / close));
        }
    }
    if let (Some(p), Some(last)) = (position, bars.last()) {
        account.close(p, last.close.0);
    }
    let (cash, days) = (account.cash, account.daily.len());
    account.daily[days - 1] = cash;
    // Days before the first average is known.
    account.daily.iter_mut().take_while(|e| **e == 0).for_each(|e| *e = CASH);
    account.mark(cash);
    account.finish()
}
