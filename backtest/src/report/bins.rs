//! Trades counted and summed: by month, by hour and weekday, by size, by what
//! they have in common. Money is exact; every trade is in exactly one bin of each.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use tickstep_core::math;
use tickstep_core::units::Nanos;

use crate::folder::{EquityRow, TradeRow};

/// Sums over some trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Sum {
    pub trades: usize,
    pub wins: usize,
    /// P&L before fees, slippage and funding.
    pub before: Decimal,
    pub costs: Decimal,
    pub net: Decimal,
}

impl Sum {
    pub fn add(&mut self, trade: &TradeRow) {
        self.trades += 1;
        self.wins += usize::from(trade.net_pnl > Decimal::ZERO);
        self.before += trade.before();
        self.costs += trade.costs();
        self.net += trade.net_pnl;
    }
}

/// Trades that have a name in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Subtotal {
    pub name: String,
    #[serde(flatten)]
    pub sum: Sum,
}

/// `trades` by `key`, in the order of `order`, then of first appearance.
pub(crate) fn split<'a, K: Into<String>>(
    trades: impl Iterator<Item = &'a TradeRow>,
    order: &[&str],
    key: impl Fn(usize, &'a TradeRow) -> K,
) -> Vec<Subtotal> {
    let none = |name: &str| Subtotal { name: name.to_owned(), sum: Sum::default() };
    let mut parts: Vec<Subtotal> = order.iter().map(|name| none(name)).collect();
    for (i, trade) in trades.enumerate() {
        let name = key(i, trade).into();
        let at = parts.iter().position(|p| p.name == name).unwrap_or_else(|| {
            parts.push(none(&name));
            parts.len() - 1
        });
        parts[at].sum.add(trade);
    }
    parts.retain(|p| p.sum.trades > 0);
    parts
}

/// A calendar month of the zone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Month {
    /// The month as text, such as `2023-08`.
    pub month: String,
    /// Sums of the trades that closed in it.
    #[serde(flatten)]
    pub sum: Sum,
    /// Equity at its end over equity at its start, less 1; none where that was not above 0.
    pub change: Option<f64>,
}

/// Every month from the first equity point to the last.
pub(crate) fn months(
    trades: &[TradeRow],
    equity: &[EquityRow],
    cash: Decimal,
    zone: &TimeZone,
) -> Vec<Month> {
    // A point is the close of a bar: at midnight it belongs to the month that ends there.
    let before = |t: Timestamp| t.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(t);
    let mut closes: BTreeMap<Date, Option<Decimal>> = BTreeMap::new();
    for (from, to) in runs(equity, |row| month(before(row.time), zone)) {
        closes.insert(month(before(equity[from].time), zone), Some(equity[to - 1].equity));
    }
    let mut sums: BTreeMap<Date, Sum> = BTreeMap::new();
    for trade in trades {
        let month = month(trade.exit_time, zone);
        sums.entry(month).or_default().add(trade);
        closes.entry(month).or_default();
    }
    let (Some(first), Some(last)) = (closes.keys().next().copied(), closes.keys().last().copied())
    else {
        return Vec::new();
    };
    let next = |d: &Date| d.checked_add(jiff::Span::new().months(1)).ok();
    let mut held = cash;
    std::iter::successors(Some(first), next)
        .take_while(|month| *month <= last)
        .map(|month| {
            let start = held;
            held = closes.get(&month).copied().flatten().unwrap_or(start);
            let change = (start > Decimal::ZERO).then(|| ((held - start) / start).to_f64());
            Month {
                month: month.strftime("%Y-%m").to_string(),
                sum: sums.get(&month).copied().unwrap_or_default(),
                change: change.flatten(),
            }
        })
        .collect()
}

/// Stretches of rows with an equal key, found by halving: years of minutes have few months.
fn runs<T, K: PartialEq>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut from = 0;
    while from < rows.len() {
        let of = key(&rows[from]);
        let to = from + rows[from..].partition_point(|row| key(row) == of);
        runs.push((from, to));
        from = to;
    }
    runs
}

fn zoned(time: Timestamp, zone: &TimeZone) -> Zoned {
    time.to_zoned(zone.clone())
}

fn month(time: Timestamp, zone: &TimeZone) -> Date {
    zoned(time, zone).date().first_of_month()
}

/// Trades by weekday (Monday first) and hour of their entry in the zone.
pub(crate) fn hours(trades: &[TradeRow], zone: &TimeZone) -> Vec<Vec<Sum>> {
    let mut cells = vec![vec![Sum::default(); 24]; 7];
    for trade in trades {
        let at = zoned(trade.entry_time, zone);
        let day = at.weekday().to_monday_zero_offset();
        cells[day.unsigned_abs() as usize][at.hour().unsigned_abs() as usize].add(trade);
    }
    cells
}

/// How many trades earned how much. The first and last bins are open outwards.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Histogram {
    /// Lower border of each bin; the upper border is the next one's lower.
    pub from: Vec<f64>,
    pub width: f64,
    pub counts: Vec<usize>,
    pub below: bool,
    pub above: bool,
}

impl Histogram {
    /// Of `values`, in bins of a round width. A border is never inside a bin, so
    /// that no bin mixes wins and losses.
    pub fn new(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get(((sorted.len() - 1) as f64 * share) as usize).copied();
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let (low, high) = (at(0.005).unwrap_or(first), at(0.995).unwrap_or(last));
        let width = round_up((high - low) / 40.0);
        let (from, to) = ((low / width).floor() as i64, (high / width).floor() as i64);
        let mut counts = vec![0; (to - from + 1).unsigned_abs() as usize];
        for value in &sorted {
            let bin = ((value / width).floor() as i64).clamp(from, to);
            counts[(bin - from).unsigned_abs() as usize] += 1;
        }
        Self {
            from: (from..=to).map(|i| round(i as f64 * width)).collect(),
            width,
            counts,
            below: first < from as f64 * width,
            above: last >= (to + 1) as f64 * width,
        }
    }
}

/// The value to ten decimals, without the rounding error of a multiplication.
fn round(value: f64) -> f64 {
    format!("{value:.10}").parse().unwrap_or(value)
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round_up(width: f64) -> f64 {
    if width <= 0.0 || !width.is_finite() {
        return 1.0;
    }
    let power = math::powf(10.0, math::floor(math::log10(width)));
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|s| s * power >= width);
    round(step.unwrap_or(10.0) * power).max(1e-9)
}

/// Share of the time with a position, by stretches of whole days of the zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Exposure {
    /// Start of each stretch, seconds since the epoch.
    pub from: Vec<i64>,
    /// Share of it with a position open.
    pub share: Vec<f64>,
    /// Days in a stretch.
    pub days: usize,
    /// Most positions open at once.
    pub most: usize,
}

impl Exposure {
    /// Over the time from `start` to `end`, in at most `most` stretches.
    pub fn new(
        trades: &[TradeRow],
        (start, end): (Nanos, Nanos),
        zone: &TimeZone,
        most: usize,
    ) -> Self {
        let seconds = |ts: Nanos| ts.0.div_euclid(Nanos::SECOND.0);
        let (start, end) = (seconds(start), seconds(end));
        let days = usize::try_from((end - start) / 86_400 + 1).unwrap_or(1).div_ceil(most).max(1);
        let mut starts = Vec::new();
        let first = Timestamp::from_second(start).map(|t| zoned(t, zone).date());
        let mut day = first.unwrap_or_default();
        while let Ok(at) = day.to_zoned(zone.clone()).map(|z| z.timestamp().as_second())
            && at < end
        {
            starts.push(at.max(start));
            let Ok(next) = day.checked_add(jiff::Span::new().days(days as i64)) else { break };
            day = next;
        }
        let mut held = vec![0_i64; starts.len()];
        for (from, to) in united(trades) {
            let (from, to) = (from.max(start), to.min(end));
            let mut i = starts.partition_point(|s| *s <= from).saturating_sub(1);
            while i < starts.len() && starts[i] < to {
                let until = starts.get(i + 1).copied().unwrap_or(end);
                held[i] += (to.min(until) - from.max(starts[i])).max(0);
                i += 1;
            }
        }
        let ends = starts.iter().skip(1).copied().chain([end]);
        let share = starts
            .iter()
            .zip(ends)
            .zip(held)
            .map(|((from, to), held)| {
                let whole = (to - from).max(1) as f64;
                (held as f64 / whole * 1e6).round() / 1e6
            })
            .collect();
        Self { from: starts, share, days, most: most_at_once(trades) }
    }
}

fn spans(trades: &[TradeRow]) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> =
        trades.iter().map(|t| (t.entry_time.as_second(), t.exit_time.as_second())).collect();
    spans.sort_unstable();
    spans
}

/// The times with any position open.
fn united(trades: &[TradeRow]) -> Vec<(i64, i64)> {
    let mut united: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans(trades) {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

fn most_at_once(trades: &[TradeRow]) -> usize {
    // At one instant exits come before entries.
    let mut events: Vec<(i64, i64)> = spans(trades)
        .into_iter()
        .flat_map(|(from, to)| [(from, 1), (to.max(from + 1), -1)])
        .collect();
    events.sort_unstable();
    let (mut open, mut most) = (0_i64, 0);
    for (_, change) in events {
        open += change;
        most = most.max(open);
    }
    most.unsigned_abs() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickstep_core::order::ExitReason;

    fn trade(entry: &str, exit: &str, net: i64) -> TradeRow {
        TradeRow {
            trade: 1,
            instrument: "X".to_owned(),
            strategy: "s".to_owned(),
            side: "long".to_owned(),
            entry_time: entry.parse().unwrap(),
            exit_time: exit.parse().unwrap(),
            entry_price: Decimal::ONE,
            exit_price: Decimal::ONE,
            quantity: Decimal::ONE,
            gross_pnl: Decimal::from(net + 2),
            fees: Decimal::TWO,
            funding: Decimal::ZERO,
            slippage: Decimal::ONE,
            net_pnl: Decimal::from(net),
            exit_reason: ExitReason::Time,
            mae_bps: 0.0,
            mfe_bps: 0.0,
            ambiguous: false,
        }
    }

    #[test]
    fn months_follow_the_zone_and_have_no_holes() {
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        // 16:00 UTC on 31 August is 1 September in Seoul.
        let trades = [
            trade("2023-08-31T10:00:00Z", "2023-08-31T10:05:00Z", 10),
            trade("2023-08-31T15:59:00Z", "2023-08-31T16:00:00Z", -4),
            trade("2023-11-02T00:00:00Z", "2023-11-02T00:01:00Z", 6),
        ];
        let point = |time: &str, equity: i64| EquityRow {
            time: time.parse().unwrap(),
            equity: Decimal::from(equity),
        };
        let equity = [
            // Midnight in Seoul still closes August.
            point("2023-08-31T15:00:00Z", 110),
            point("2023-08-31T16:00:00Z", 99),
            point("2023-11-02T00:01:00Z", 198),
        ];
        let months = months(&trades, &equity, Decimal::ONE_HUNDRED, &seoul);
        let seen: Vec<_> = months
            .iter()
            .map(|m| (m.month.as_str(), m.sum.trades, m.sum.net.to_string(), m.change))
            .collect();
        assert_eq!(
            seen,
            [
                ("2023-08", 1, "10".to_owned(), Some(0.1)),
                ("2023-09", 1, "-4".to_owned(), Some(-0.1)),
                ("2023-10", 0, "0".to_owned(), Some(0.0)),
                ("2023-11", 1, "6".to_owned(), Some(1.0)),
            ]
        );
    }

    #[test]
    fn hours_and_weekdays_are_those_of_the_zone() {
        let trades = [trade("2023-08-06T20:30:00Z", "2023-08-06T20:31:00Z", 1)]; // a Sunday
        assert_eq!(hours(&trades, &TimeZone::UTC)[6][20].trades, 1);
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        assert_eq!(hours(&trades, &seoul)[0][5].trades, 1);
    }

    #[test]
    fn no_value_is_lost_and_none_crosses_zero() {
        let mut values: Vec<f64> = (0..1_000).map(|i| f64::from(i) / 10.0 - 30.0).collect();
        values.extend([-500.0, 900.0]);
        let h = Histogram::new(&values);
        assert_eq!(h.counts.iter().sum::<usize>(), values.len());
        assert_eq!((h.width, h.below, h.above), (2.5, true, true));
        assert!(h.from.contains(&0.0));
        let losses: usize =
            h.from.iter().zip(&h.counts).filter(|(f, _)| **f < 0.0).map(|(_, c)| c).sum();
        assert_eq!(losses, values.iter().filter(|v| **v < 0.0).count());
        assert_eq!(Histogram::new(&[]), Histogram::default());
        assert_eq!(Histogram::new(&[3.0, 3.0]).counts, [2]);
    }

    #[test]
    fn time_in_the_market_counts_once_and_stops_at_midnight() {
        let trades = [
            trade("2023-08-01T18:00:00Z", "2023-08-02T06:00:00Z", 1),
            trade("2023-08-01T20:00:00Z", "2023-08-01T22:00:00Z", 1),
        ];
        let at = |t: &str| Nanos(t.parse::<Timestamp>().unwrap().as_second() * Nanos::SECOND.0);
        let span = (at("2023-08-01T00:00:00Z"), at("2023-08-02T12:00:00Z"));
        let e = Exposure::new(&trades, span, &TimeZone::UTC, 400);
        assert_eq!((e.share, e.most, e.days), (vec![0.25, 0.5], 2, 1));
    }

    #[test]
    fn parts_come_in_the_order_asked_for() {
        let trades = [trade("2023-08-01T18:00:00Z", "2023-08-01T18:05:00Z", 5), {
            let mut t = trade("2023-08-01T19:00:00Z", "2023-08-01T19:05:00Z", -5);
            t.side = "short".to_owned();
            t
        }];
        let parts = split(trades.iter(), &["short", "long"], |_, t| t.side.clone());
        let names: Vec<&str> = parts.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["short", "long"]);
        let sum = parts[1].sum;
        assert_eq!((sum.before, sum.costs, sum.net), (8.into(), 3.into(), 5.into()));
    }
}
