//! Each rule of the venue at its boundary, on tapes made for it: which way through the
//! bars a run takes, the trade is the one that is worked out here by hand.
//!
//! The rules are core's (`sim::bracket`, `sim::fills`, `sim::intrabar`, `engine::due`,
//! `risk::size`); what is shown here is that every way through the bars asks them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rust_decimal::Decimal;
use tickstep_backtest::run::{Backtest, FeatureCache, MarketData, Period, Stepping};
use tickstep_backtest::series::{Grid, Series};
use tickstep_core::decision::Reason;
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::order::{BracketAnchor, ExitReason};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::wake::{Wake, Wakes};
use tickstep_core::strategy::{Distance, Entry, Moment, Proposal, Strategy};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use crate::support::same::assert_summary;

/// A midnight, so that minutes of a tape are minutes of the day.
const T0: Nanos = Nanos(1_690_848_000_000_000_000);

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Enters once, at the close of the first bar.
#[derive(Clone)]
struct Once {
    side: Side,
    stop: Option<f64>,
    target: Option<f64>,
    hold_s: Option<i64>,
    /// Whether the engine asked.
    by_engine: Arc<AtomicBool>,
}

impl Strategy for Once {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        // Only the engine records what was proposed, and wants it explained.
        self.by_engine.fetch_or(now.explain, Ordering::Relaxed);
        if now.ts != T0 + Nanos::MINUTE || now.position.is_some() {
            return;
        }
        out.enter = Some(Entry {
            side: self.side,
            stop: self.stop.map(Distance::Ticks),
            target: self.target.map(Distance::Ticks),
            hold: self.hold_s.map(|s| Nanos::SECOND.times(s)),
            confidence: None,
            reason: Reason::default(),
            withheld: None,
        });
    }

    fn wakes(&self) -> Wakes {
        let close: Arc<[Nanos]> = [T0 + Nanos::MINUTE].into();
        Wakes { flat: Wake::At(close), open: Wake::When(Vec::new()) }
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }
}

/// An account on a tape, and the trade that it must make.
#[derive(Clone)]
struct Case {
    side: Side,
    stop: Option<f64>,
    target: Option<f64>,
    hold_s: Option<i64>,
    intrabar: Intrabar,
    max_gap: u32,
    slippage: u32,
    cash: &'static str,
    leverage: &'static str,
    min_qty: Option<&'static str>,
    min_notional: &'static str,
    sizing: Sizing,
    /// Minute of the open; open, high, low and close.
    bars: Vec<(i64, [i64; 4])>,
}

/// Entry price and minute, exit price and minute, lots, reason.
type Expected = (i64, i64, i64, i64, i64, ExitReason);

/// Long from 100 at minute 1, with a stop at 95 and a target at 105; one lot.
fn long(after: &[(i64, [i64; 4])]) -> Case {
    let mut bars = vec![(0, [100; 4]), (1, [100, 101, 99, 100])];
    bars.extend_from_slice(after);
    Case {
        side: Side::Buy,
        stop: Some(5.0),
        target: Some(5.0),
        hold_s: None,
        intrabar: Intrabar::StopFirst,
        max_gap: 3,
        slippage: 0,
        cash: "1000",
        leverage: "1",
        min_qty: None,
        min_notional: "0",
        sizing: Sizing::FixedQuantity { quantity: Decimal::ONE },
        bars,
    }
}

/// The same mirrored at 100: short, with a stop at 105 and a target at 95.
fn mirrored(case: &Case) -> Case {
    let turn = |px: i64| 200 - px;
    let bars = case.bars.iter().map(|(minute, [open, high, low, close])| {
        (*minute, [turn(*open), turn(*low), turn(*high), turn(*close)])
    });
    Case { side: Side::Sell, bars: bars.collect(), ..case.clone() }
}

impl Case {
    fn series(&self) -> Series {
        let bar = |(minute, [open, high, low, close]): &(i64, [i64; 4])| Bar {
            ts_open: T0 + Nanos::MINUTE.times(*minute),
            open: Ticks(*open),
            high: Ticks(*high),
            low: Ticks(*low),
            close: Ticks(*close),
            volume: Lots::new(1).unwrap(),
            taker_buy: None,
        };
        let bars = self.bars.iter().map(bar).collect();
        let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
        Series::from_bars("T", Nanos::MINUTE, grid, bars, Nanos::DAY).unwrap()
    }

    fn backtest<'a>(&self, series: &'a Series, by_engine: &Arc<AtomicBool>) -> Backtest<'a> {
        let spec = InstrumentSpec {
            min_qty: self.min_qty.map(dec),
            min_notional: dec(self.min_notional),
            leverage: dec(self.leverage),
            ..InstrumentSpec::plain("T", "USDT", Decimal::ONE, Decimal::ONE)
        };
        let strategy = Once {
            side: self.side,
            stop: self.stop,
            target: self.target,
            hold_s: self.hold_s,
            by_engine: Arc::clone(by_engine),
        };
        Backtest {
            cash: dec(self.cash),
            instruments: vec![MarketData {
                instrument: Instrument::new(spec).unwrap(),
                conversion: Conversion::Same,
                slippage: Slippage::Ticks(self.slippage),
                series,
                finer: None,
                funding: Vec::new(),
            }],
            strategies: vec![SlotConfig {
                name: "once".to_owned(),
                instrument: InstrumentId(0),
                strategy: strategy.into(),
                sizing: self.sizing.clone(),
                anchor: BracketAnchor::Fill,
            }],
            risk: RiskParams::default(),
            intrabar: self.intrabar,
            fitted: None,
            max_gap: self.max_gap,
            period: Period::default(),
            day_starts: Vec::new(),
        }
    }

    /// Stops where any way gives another trade than `expected`, or trade by trade is
    /// not tried where it serves.
    fn check(&self, expected: Option<Expected>, what: &str) {
        let series = self.series();
        let cache = FeatureCache::new([&series], 1 << 20);
        let by_engine = Arc::new(AtomicBool::new(false));
        let backtest = || self.backtest(&series, &by_engine);
        let whole = backtest().run().unwrap();
        let minute = |ts: Nanos| (ts - T0).0 / Nanos::MINUTE.0;
        let px = |price: Decimal| i64::try_from(price).unwrap();
        let made: Vec<Expected> = whole
            .trades
            .iter()
            .map(|t| {
                let (entry, exit) = (px(t.entry_price), px(t.exit_price));
                (entry, minute(t.entry_ts), exit, minute(t.exit_ts), t.lots.get(), t.exit)
            })
            .collect();
        assert_eq!(made, Vec::from_iter(expected), "{what}");
        assert!(whole == backtest().run_with_cache(&cache).unwrap(), "{what}");
        for stepping in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
            by_engine.store(false, Ordering::Relaxed);
            let summary = backtest().summary(Some(&cache), stepping).unwrap();
            assert_summary(&whole, &summary, &format!("{what} {stepping:?}"));
            let finer = matches!(self.intrabar, Intrabar::FinerBars | Intrabar::FinerBarsTarget);
            let engine = finer || stepping != Stepping::TradeByTrade;
            assert_eq!(by_engine.load(Ordering::Relaxed), engine, "{what} {stepping:?}");
        }
    }

    /// The same of this case and of its mirror image, in which what is bought is sold.
    fn check_both(&self, expected: Option<Expected>, what: &str) {
        self.check(expected, what);
        let turned = expected.map(|(entry, at, exit, then, lots, reason)| {
            (200 - entry, at, 200 - exit, then, lots, reason)
        });
        mirrored(self).check(turned, &format!("{what}, mirrored"));
    }
}

const STILL: [i64; 4] = [100, 101, 99, 100];

#[test]
fn a_level_is_touched_at_its_price_and_not_a_tick_before() {
    for (bar, expected, what) in [
        ([100, 104, 95, 100], (100, 1, 95, 3, 1, ExitReason::Stop), "low at the stop"),
        ([100, 104, 96, 100], (100, 1, 100, 4, 1, ExitReason::EndOfData), "a tick above it"),
        ([100, 105, 96, 100], (100, 1, 105, 3, 1, ExitReason::Target), "high at the target"),
        ([100, 120, 96, 110], (100, 1, 105, 3, 1, ExitReason::Target), "far beyond it"),
        ([100, 104, 80, 90], (100, 1, 95, 3, 1, ExitReason::Stop), "far below the stop"),
    ] {
        long(&[(2, bar), (3, STILL)]).check_both(Some(expected), what);
    }
    // The bar that the entry opened counts whole, and the last one too.
    let mut entered = long(&[(2, STILL)]);
    entered.bars[1].1 = [100, 101, 95, 100];
    entered.check_both(Some((100, 1, 95, 2, 1, ExitReason::Stop)), "in the entry's bar");
    let last = long(&[(2, [100, 105, 99, 100])]);
    last.check_both(Some((100, 1, 105, 3, 1, ExitReason::Target)), "in the last bar");
}

#[test]
fn an_open_at_or_beyond_a_level_fills_there() {
    for (bar, expected, what) in [
        ([95, 97, 94, 96], (100, 1, 95, 2, 1, ExitReason::Stop), "open at the stop"),
        ([94, 97, 94, 96], (100, 1, 94, 2, 1, ExitReason::Stop), "open beyond the stop"),
        ([96, 97, 95, 96], (100, 1, 95, 3, 1, ExitReason::Stop), "open above, low at it"),
        ([105, 106, 104, 105], (100, 1, 105, 2, 1, ExitReason::Target), "open at the target"),
        ([107, 108, 106, 107], (100, 1, 107, 2, 1, ExitReason::Target), "open beyond it"),
        ([104, 105, 103, 104], (100, 1, 105, 3, 1, ExitReason::Target), "open below, high at it"),
    ] {
        long(&[(2, bar), (3, STILL)]).check_both(Some(expected), what);
    }
    // What takes liquidity slips against the trader, a target does not.
    let slips = |bar| Case { slippage: 1, ..long(&[(2, bar), (3, STILL)]) };
    let stopped = Some((101, 1, 93, 2, 1, ExitReason::Stop));
    slips([94, 97, 94, 96]).check_both(stopped, "a stop slips, as the entry did");
    let target = Some((101, 1, 108, 2, 1, ExitReason::Target));
    slips([108, 109, 107, 108]).check_both(target, "a target rests");
}

#[test]
fn an_entry_lapses_after_more_missing_bars_than_allowed() {
    for (opens, enters, what) in [
        (1, true, "none missing"),
        (4, true, "three missing, as many as allowed"),
        (5, false, "four missing"),
    ] {
        let mut case = long(&[]);
        case.bars = vec![(0, [100; 4]), (opens, STILL), (opens + 1, [100, 105, 99, 100])];
        let trade = (100, opens, 105, opens + 2, 1, ExitReason::Target);
        case.check_both(enters.then_some(trade), what);
    }
    let mut none = Case { max_gap: 0, ..long(&[]) };
    none.bars = vec![(0, [100; 4]), (2, STILL), (3, STILL)];
    none.check_both(None, "one missing where none may be");
}

#[test]
fn a_position_is_held_for_whole_bars() {
    let still = [(2, STILL), (3, [102, 103, 101, 102]), (4, STILL)];
    for (hold_s, exit, at) in [(1, 100, 2), (60, 100, 2), (61, 102, 3), (90, 102, 3), (120, 102, 3)]
    {
        let case = Case { hold_s: Some(hold_s), ..long(&still) };
        case.check_both(Some((100, 1, exit, at, 1, ExitReason::Time)), &format!("{hold_s} s"));
    }
    // Due while no bar is there: at the first open after it.
    for hold_s in [60, 61, 180] {
        let case = Case { hold_s: Some(hold_s), ..long(&[(6, [103, 104, 102, 103]), (7, STILL)]) };
        let expected = Some((100, 1, 103, 6, 1, ExitReason::Time));
        case.check_both(expected, &format!("{hold_s} s into a gap"));
    }
    // What is due goes before a level that the same open is beyond.
    let case = Case { hold_s: Some(60), ..long(&[(2, [90, 91, 89, 90]), (3, [90; 4])]) };
    case.check_both(Some((100, 1, 90, 2, 1, ExitReason::Time)), "due at an open beyond the stop");
    // A level within the bar at whose end it is due goes before it.
    let case = Case { hold_s: Some(120), ..long(&[(2, [100, 105, 99, 100]), (3, STILL)]) };
    case.check_both(Some((100, 1, 105, 3, 1, ExitReason::Target)), "touched before it is due");
}

#[test]
fn both_levels_in_one_bar_are_ordered_as_assumed() {
    let stop = Some((100, 1, 95, 3, 1, ExitReason::Stop));
    let target = Some((100, 1, 105, 3, 1, ExitReason::Target));
    let (even, high_first) = ([100, 105, 95, 100], [100, 105, 94, 100]);
    for (intrabar, bar, expected) in [
        (Intrabar::StopFirst, even, stop),
        (Intrabar::TargetFirst, even, target),
        (Intrabar::OhlcPath, even, stop),
        (Intrabar::OhlcPath, high_first, target),
        (Intrabar::OhlcPath, [100, 106, 95, 100], stop),
        // Without finer bars each falls back to its own end.
        (Intrabar::FinerBars, high_first, stop),
        (Intrabar::FinerBarsTarget, even, target),
    ] {
        let case = Case { intrabar, ..long(&[(2, bar), (3, STILL)]) };
        case.check_both(expected, &format!("{intrabar:?} {bar:?}"));
    }
}

#[test]
fn a_size_is_allowed_up_to_each_boundary() {
    let quantity = |n: i64| Sizing::FixedQuantity { quantity: Decimal::from(n) };
    let notional = |n: i64| Sizing::FixedNotional { notional: Decimal::from(n) };
    let flat = || long(&[(2, STILL)]);
    let out = |lots| (100, 1, 100, 3, lots, ExitReason::EndOfData);
    for (case, lots, what) in [
        (Case { sizing: quantity(10), ..flat() }, Some(10), "all that margin carries"),
        (Case { sizing: quantity(11), ..flat() }, None, "a lot more than it carries"),
        (Case { sizing: quantity(25), leverage: "2.5", ..flat() }, Some(25), "leverage 2.5"),
        (Case { sizing: quantity(26), leverage: "2.5", ..flat() }, None, "beyond leverage 2.5"),
        (Case { sizing: quantity(3), min_qty: Some("3"), ..flat() }, Some(3), "smallest order"),
        (Case { sizing: quantity(2), min_qty: Some("3"), ..flat() }, None, "below it"),
        (Case { sizing: quantity(3), min_notional: "300", ..flat() }, Some(3), "least notional"),
        (Case { sizing: quantity(3), min_notional: "301", ..flat() }, None, "below it by 1"),
        (Case { sizing: notional(399), ..flat() }, Some(3), "notional rounds down"),
        (Case { sizing: notional(400), ..flat() }, Some(4), "notional of whole lots"),
        (Case { sizing: notional(99), ..flat() }, None, "notional below one lot"),
    ] {
        case.check_both(lots.map(out), what);
    }
    // 1 % of 1000 is lost over a stop 5 ticks away by 2 lots, over one of 11 by none.
    let by_risk = Sizing::Risk {
        risk_fraction: "0.01".parse().unwrap(),
        max_margin_use: "1".parse().unwrap(),
    };
    let case = Case { sizing: by_risk, ..flat() };
    case.check_both(Some(out(2)), "by risk");
    Case { stop: Some(11.0), ..case.clone() }.check_both(None, "by risk, less than a lot");
    // Without a stop the size is its cap: all of 1000, or half of it, at 100 a lot.
    Case { stop: None, ..case }.check_both(Some(out(10)), "by risk without a stop");
    let half = Case { sizing: Sizing::spec(), stop: None, ..flat() };
    half.check_both(Some(out(5)), "by default without a stop");
    Case { leverage: "2.5", ..half }.check_both(Some(out(12)), "the same at leverage 2.5");
}

#[test]
fn a_notional_beyond_what_is_kept_exactly_is_refused() {
    for (px, enters) in [(1_000, true), (1_001, false)] {
        let at = [px; 4];
        let mut case = long(&[]);
        case.bars = vec![(0, at), (1, at), (2, at)];
        case.sizing = Sizing::FixedQuantity { quantity: dec("1000000000000") };
        (case.cash, case.leverage) = ("100000000000000", "125");
        let trade = (px, 1, px, 3, 1_000_000_000_000, ExitReason::EndOfData);
        case.check(enters.then_some(trade), &format!("10^12 lots at {px}"));
    }
}
