//! The indicators against TA-Lib, on real bars, warm-up included. Where the
//! figures come from: `tests/oracle/README.md`.
// Clippy's leave for tests does not reach the helpers between them.
#![allow(clippy::unwrap_used)]

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::indicator::{
    Atr, Bollinger, Deviation, Ema, HighLowClose, Highest, Indicator, Lowest, Macd, Rsi, Sum,
};
use tickstep_core::units::{Fraction, Lots, Nanos, Ticks};

const BARS: &str = include_str!("oracle/fil_2023-08_head.csv");
const ORACLE: &str = include_str!("oracle/indicators.csv");

fn bars() -> Vec<Bar> {
    let on_grid = |text: &str, per_unit: i64| {
        let steps = text.parse::<Decimal>().unwrap() * Decimal::from(per_unit);
        assert!(steps.is_integer(), "{text} is on the grid");
        i64::try_from(steps).unwrap()
    };
    let parse = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let ticks = |i: usize| Ticks(on_grid(cells[i], 1000));
        let lots = |i: usize| Lots::new(on_grid(cells[i], 10)).unwrap();
        Bar {
            ts_open: Nanos::from_millis(cells[0].parse().unwrap()).unwrap(),
            open: ticks(1),
            high: ticks(2),
            low: ticks(3),
            close: ticks(4),
            volume: lots(5),
            taker_buy: Some(lots(6)),
        }
    };
    BARS.lines().skip(1).map(parse).collect()
}

fn closes() -> Vec<i64> {
    bars().iter().map(|bar| bar.close.0).collect()
}

fn column(name: &str) -> Vec<Option<f64>> {
    let mut lines = ORACLE.lines();
    let index = lines.next().unwrap().split(',').position(|header| header == name).unwrap();
    let cell = |line: &str| line.split(',').nth(index).unwrap().to_owned();
    lines.map(cell).map(|cell| (!cell.is_empty()).then(|| cell.parse().unwrap())).collect()
}

/// Defined on the same bars as TA-Lib's `name`, and within 1e-9 of `scale`:
/// what the values are made from, so 100 for an RSI and the price for the rest.
#[track_caller]
fn check(name: &str, scale: f64, got: Vec<Option<f64>>) {
    let want = column(name);
    assert_eq!(got.len(), want.len());
    assert!(want.iter().flatten().count() > 350, "{name} is there");
    for (t, (got, want)) in got.into_iter().zip(want).enumerate() {
        match (got, want) {
            (Some(a), Some(b)) => {
                assert!((a - b).abs() <= 1e-9 * scale, "{name} at {t}: {a}, TA-Lib {b}");
            }
            (a, b) => assert_eq!((t, a), (t, b), "{name}"),
        }
    }
}

/// Ticks of a price of these bars, rounded down.
const PRICE: f64 = 4000.0;

fn float_closes() -> impl Iterator<Item = f64> {
    closes().into_iter().map(|close| close as f64)
}

#[test]
fn simple_means() {
    for n in [5, 20] {
        let sums = Sum::new(n).unwrap().over(closes());
        let means = sums.into_iter().map(|s| s.map(|s| s as f64 / n as f64)).collect();
        check(&format!("sma_{n}"), PRICE, means);
    }
}

#[test]
fn extremes() {
    let floats = |values: Vec<Option<i64>>| values.into_iter().map(|v| v.map(|v| v as f64));
    check("max_20", PRICE, floats(Highest::new(20).unwrap().over(closes())).collect());
    check("min_20", PRICE, floats(Lowest::new(20).unwrap().over(closes())).collect());
}

#[test]
fn ema() {
    check("ema_12", PRICE, Ema::new(12).unwrap().over(float_closes()));
}

#[test]
fn rsi() {
    check("rsi_14", 100.0, Rsi::new(14).unwrap().over(float_closes()));
    check("rsi_9", 100.0, Rsi::new(9).unwrap().over(float_closes()));
}

#[test]
fn atr() {
    let ranges = bars();
    let ranges = ranges.iter().map(HighLowClose::from);
    check("atr_14", 1.0, Atr::new(14).unwrap().over(ranges));
}

#[test]
fn macd() {
    let values = Macd::new(12, 26, 9).unwrap().over(float_closes());
    check("macd_line", 1.0, values.iter().map(|v| v.map(|v| v.line)).collect());
    check("macd_signal", 1.0, values.iter().map(|v| v.map(|v| v.signal)).collect());
    check("macd_histogram", 1.0, values.iter().map(|v| v.map(|v| v.histogram)).collect());
}

#[test]
fn deviation_and_bands() {
    check("stddev_20", PRICE, Deviation::new(20).unwrap().over(closes()));
    let bands = Bollinger::new(20, Fraction::lit(2, 0)).unwrap().over(closes());
    check("bb_upper", PRICE, bands.iter().map(|b| b.map(|b| b.upper)).collect());
    check("bb_middle", PRICE, bands.iter().map(|b| b.map(|b| b.middle)).collect());
    check("bb_lower", PRICE, bands.iter().map(|b| b.map(|b| b.lower)).collect());
}
