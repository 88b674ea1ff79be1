//! What holds for every tape and every setting: random candles with gaps,
//! silence and extreme prices, random parameters, sizes, limits and costs.

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::run::{Backtest, FeatureCache, Period, Run, RunError, Stepping};
use tickstep_backtest::series::Series;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::{Action, Outcome};
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::features::{Exact, FeatureSpec, Features, Pipeline, Real, Timeframe};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::order::BracketAnchor;
use tickstep_core::order::{ExitReason, SlotId};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};

use crate::support::cases;
use crate::support::tiny::*;

/// One step of a tape: bars skipped, and the moves of open, close, high and low.
type Step = (u8, i16, i16, u8, u8, u8, u8);

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![20 => Just(0_u8), 2 => 1_u8..4, 1 => 4_u8..40];
    let step = (gap, -60_i16..60, -100_i16..100, 0_u8..40, 0_u8..40, 0_u8..30, 0_u8..=100);
    prop::collection::vec(step, 8..most)
}

/// Candles from steps; `unit` is what one step of a move is, so that ranges may be wild.
fn candles(steps: &[Step], start: i64, unit: i64) -> Vec<Bar> {
    let (mut at, mut last) = (0, start);
    let keep = |px: i64| px.clamp(1, 1_000_000_000_000);
    steps
        .iter()
        .map(|(gap, jump, change, up, down, volume, bought)| {
            at += 1 + i64::from(*gap);
            // Most bars open where the last closed.
            let jump = if jump % 5 == 0 { i64::from(*jump) * unit } else { 0 };
            let open = keep(last + jump);
            let close = keep(open + i64::from(*change) * unit);
            last = close;
            let volume = if volume % 7 == 0 { 0 } else { i64::from(*volume).pow(3) };
            Bar {
                ts_open: minute(at),
                open: Ticks(open),
                high: Ticks(keep(open.max(close) + i64::from(*up) * unit)),
                low: Ticks(keep(open.min(close) - i64::from(*down) * unit)),
                close: Ticks(close),
                volume: Lots::new(volume).unwrap(),
                taker_buy: Lots::new(volume * i64::from(*bought) / 100),
            }
        })
        .collect()
}

#[derive(Clone, Debug)]
struct Setting {
    params: ScalperParams,
    sizing: Sizing,
    risk: RiskParams,
    slippage: Slippage,
    fees: (Decimal, Decimal),
    intrabar: Intrabar,
    anchor: BracketAnchor,
    max_gap: u32,
    leverage: Decimal,
}

fn fraction(range: std::ops::Range<i64>, scale: u32) -> impl Strategy<Value = Fraction> {
    range.prop_map(move |n| Fraction::lit(n, scale))
}

fn params() -> impl Strategy<Value = ScalperParams> {
    let windows = (2_usize..5, 2_usize..5, 2_usize..5, 1_u32..900);
    let rules = (any::<bool>(), any::<bool>(), any::<bool>());
    let exits = (fraction(1..200, 3), fraction(1..200, 3));
    let extras = (
        prop::option::of(fraction(1..100, 3)),
        prop::option::of(fraction(1..50, 3)),
        prop::option::of(1_u32..600),
        1_usize..4,
    );
    (windows, rules, exits, extras).prop_map(|(windows, rules, exits, extras)| ScalperParams {
        baseline_period: windows.0,
        ma_period: windows.1,
        rsi_period: windows.2,
        max_hold_s: windows.3,
        volume_rule: rules.0,
        rsi_rule: rules.1,
        pressure_rule: if rules.2 { Pressure::BuyShare } else { Pressure::Off },
        spike_multiple: Fraction::lit(12, 1),
        min_buy_share: Fraction::lit(5, 1),
        take_profit: exits.0,
        stop_loss: exits.1,
        trailing_stop: extras.0,
        break_even: extras.1,
        cool_down_s: extras.2,
        max_positions: extras.3,
        ..ScalperParams::spec()
    })
}

fn sizing() -> impl Strategy<Value = Sizing> {
    let kelly = |window| Sizing::Kelly {
        kelly_window: window,
        risk_fraction: Fraction::lit(2, 2),
        max_margin_use: Fraction::lit(5, 1),
    };
    prop_oneof![
        Just(Sizing::spec()),
        (1_i64..500).prop_map(|n| Sizing::FixedQuantity { quantity: n.into() }),
        (1_i64..2_000_000).prop_map(|n| Sizing::FixedNotional { notional: n.into() }),
        (2_usize..6).prop_map(kelly),
    ]
}

fn limits() -> impl Strategy<Value = RiskParams> {
    let tiers = [30, 35, 40, 50].map(|n| Fraction::lit(n, 2));
    (
        prop::option::of(fraction(1..20, 2)),
        prop::option::of(Just(tiers)),
        prop::option::of(1_usize..4),
        prop::option::of(fraction(1..100, 2)),
        prop::option::of(fraction(1..100, 2)),
        any::<bool>(),
    )
        .prop_map(|(daily_loss, drawdown_tiers, max_positions, symbol, correlated, margin)| {
            RiskParams {
                daily_loss,
                drawdown_tiers,
                max_positions,
                symbol_exposure: symbol,
                correlated_exposure: correlated,
                margin,
                ..RiskParams::default()
            }
        })
}

fn setting() -> impl Strategy<Value = Setting> {
    let slippage = prop_oneof![
        (0_u32..4).prop_map(Slippage::Ticks),
        fraction(0..100, 1).prop_map(Slippage::Bps)
    ];
    let intrabar = prop_oneof![
        Just(Intrabar::StopFirst),
        Just(Intrabar::TargetFirst),
        Just(Intrabar::OhlcPath),
        Just(Intrabar::FinerBars)
    ];
    let anchor = prop_oneof![Just(BracketAnchor::Fill), Just(BracketAnchor::Decision)];
    let fees = (-5_i64..20, 0_i64..20).prop_map(|(m, t)| (Decimal::new(m, 4), Decimal::new(t, 4)));
    let venue = (slippage, fees, intrabar, anchor, 0_u32..6, 1_i64..200);
    (params(), sizing(), limits(), venue).prop_map(|(params, sizing, risk, venue)| Setting {
        params,
        sizing,
        risk,
        slippage: venue.0,
        fees: venue.1,
        intrabar: venue.2,
        anchor: venue.3,
        max_gap: venue.4,
        leverage: venue.5.into(),
    })
}

fn strategy(setting: &Setting, instrument: u16) -> SlotConfig {
    SlotConfig {
        sizing: setting.sizing.clone(),
        anchor: setting.anchor,
        ..slot(instrument, Scalper::factory(setting.params.clone()).unwrap())
    }
}

fn backtest<'a>(setting: &Setting, series: &[&'a Series]) -> Backtest<'a> {
    let slots = (0..series.len()).map(|i| strategy(setting, i as u16)).collect();
    let mut b = account(series, slots);
    b.risk = setting.risk.clone();
    b.intrabar = setting.intrabar;
    b.max_gap = setting.max_gap;
    for traded in &mut b.instruments {
        traded.slippage = setting.slippage;
    }
    restate(&mut b, |s| {
        (s.maker_fee, s.taker_fee) = setting.fees;
        s.leverage = setting.leverage;
    });
    b
}

/// Instruments as nobody trades them, some of them refused.
fn absurd() -> impl Strategy<Value = InstrumentSpec> {
    let wide = || {
        prop_oneof![
            30 => (1_i64..100, 0_u32..5).prop_map(|(n, scale)| Decimal::new(n, scale)),
            2 => (1_i64..100, 0_u32..20).prop_map(|(n, e)| Decimal::from(n * 10_i64.pow(e.min(15)))),
            1 => (0_i64..100, 0_u32..=28).prop_map(|(n, scale)| Decimal::new(n, scale)),
            1 => Just(Decimal::MAX),
        ]
    };
    let fee = || {
        prop_oneof![4 => (-50_i64..50, 2_u32..6), 1 => (-50_i64..50, 0_u32..=28)]
            .prop_map(|(n, scale)| Decimal::new(n, scale))
    };
    let share = (0_i64..12, 0_u32..4).prop_map(|(n, scale)| Decimal::new(n, scale));
    let rest = (prop::option::of(wide()), wide(), prop::option::weighted(0.3, share));
    (wide(), wide(), wide(), wide(), fee(), fee(), rest).prop_map(|(t, l, c, lev, m, f, rest)| {
        InstrumentSpec {
            tick_size: t,
            lot_step: l,
            contract_size: c,
            leverage: lev,
            maker_fee: m,
            taker_fee: f,
            min_qty: rest.0,
            min_notional: rest.1,
            maintenance_margin: rest.2,
            ..spec()
        }
    })
}

fn has_volume(series: &Series) -> bool {
    series.bars().iter().any(|b| !b.volume.is_zero())
}

fn check_trades(run: &Run, setting: &Setting, series: &[&Series]) {
    let net: Decimal = run.trades.iter().map(|t| t.net).sum();
    assert_eq!(run.equity.last().unwrap().equity, run.cash + net, "flat at the end");
    let mut until = vec![Nanos(i64::MIN); run.slots.len()];
    for t in &run.trades {
        assert_eq!(t.net, t.gross - t.fees - t.funding);
        assert!(t.entry_ts <= t.exit_ts);
        assert!(until[t.slot.index()] <= t.entry_ts, "one position a slot");
        until[t.slot.index()] = t.exit_ts;
        let tape = series[t.instrument.index()];
        let bar =
            tape.bars().iter().find(|b| b.ts_open == t.entry_ts).expect("entries are at opens");
        let sent = run.decisions.iter().find(|d| d.outcome == Outcome::Sent(t.entry)).unwrap();
        assert!(sent.ts <= t.entry_ts, "no fill before its decision");
        assert!(bar.ts_open >= sent.ts, "nor in the bar that was decided on");
        assert_eq!(sent.action, Action::open(t.side));
        let entry = Decimal::from(bar.open.0);
        match t.side {
            Side::Buy => assert!(t.entry_price >= entry, "slippage is against the trader"),
            Side::Sell => assert!(t.entry_price <= entry, "slippage is against the trader"),
        }
        let (maker, taker) = setting.fees;
        let exit_fee = if t.exit == ExitReason::Target { maker } else { taker };
        assert_eq!(t.fees, t.entry_notional * taker + t.exit_notional * exit_fee, "{t:?}");
        let (stop, target) = (sent.bracket.stop.unwrap(), sent.bracket.target.unwrap());
        match t.side {
            Side::Buy => assert!(stop <= sent.px && sent.px < target),
            Side::Sell => assert!(target < sent.px && sent.px <= stop),
        }
        check_exit_price(t, tape);
    }
}

/// Nothing leaves at a price better than its bars ever were.
fn check_exit_price(t: &tickstep_core::ledger::Trade, tape: &Series) {
    let inside =
        |b: &&Bar| b.ts_open <= t.exit_ts && t.exit_ts <= b.ts_open + tape.interval().nominal();
    let bars = tape.bars().iter().filter(inside);
    let slipped =
        matches!(t.exit, ExitReason::Stop) && t.entry_ts + tape.interval().nominal() >= t.exit_ts;
    if slipped {
        return; // a stop may lie between the open and a slipped entry
    }
    let best = match t.side {
        Side::Buy => bars.map(|b| b.high).max(),
        Side::Sell => bars.map(|b| b.low).min(),
    };
    let best = Decimal::from(best.unwrap().0);
    match t.side {
        Side::Buy => assert!(t.exit_price <= best, "{t:?}"),
        Side::Sell => assert!(t.exit_price >= best, "{t:?}"),
    }
}

/// Decisions up to a time, without what became of the orders.
fn decided(run: &Run, until: Nanos) -> Vec<String> {
    let kept = run.decisions.iter().filter(|d| d.ts <= until);
    kept.map(|d| format!("{:?}", (d.ts, d.slot, d.action, d.px, d.lots, d.bracket, d.exit)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(300), ..ProptestConfig::default() })]

    #[test]
    fn money_and_order_hold_on_every_tape(
        tape in steps(120), other in steps(60), setting in setting(),
        start in prop_oneof![1_i64..50, 900_i64..1_100, 1_000_000_i64..2_000_000],
        unit in prop_oneof![Just(1_i64), 1_i64..200],
    ) {
        let one = series(candles(&tape, start, unit));
        let two = series(candles(&other, start * 3, unit));
        prop_assume!(has_volume(&one) && has_volume(&two));
        let run = backtest(&setting, &[&one, &two]).run().unwrap();
        check_trades(&run, &setting, &[&one, &two]);
        prop_assert_eq!(&run, &backtest(&setting, &[&one, &two]).run().unwrap(), "twice the same");
    }

    #[test]
    fn extreme_prices_never_panic(
        tape in steps(60), setting in setting(),
        start in prop_oneof![Just(1_i64), Just(1_000_000_000_000)],
        unit in prop_oneof![Just(1_i64), Just(1_000_000), Just(5_000_000_000)],
        decimals in (0_u32..9, 0_u32..6),
    ) {
        let one = series(candles(&tape, start, unit));
        prop_assume!(has_volume(&one));
        let stated = |series| {
            let mut b = backtest(&setting, &[series]);
            restate(&mut b, |s| {
                s.tick_size = Decimal::new(1, decimals.0);
                s.lot_step = Decimal::new(1, decimals.1);
            });
            b
        };
        let run = match stated(&one).run() {
            Ok(run) => run,
            Err(RunError::Overflow { at, .. }) => {
                for how in [Stepping::TradeByTrade, Stepping::SkipIdle] {
                    let cache = FeatureCache::new([&one], 1 << 20);
                    let error = stated(&one).summary(Some(&cache), how).err();
                    let same = matches!(error, Some(RunError::Overflow { at: it, .. }) if it == at);
                    prop_assert!(same, "{:?}", error);
                }
                // Until then it goes well.
                let before = |b: &&Bar| b.ts_open + Nanos::MINUTE < at;
                let part = series(one.bars().iter().filter(before).copied().collect());
                prop_assume!(has_volume(&part));
                stated(&part).run().unwrap()
            }
            Err(error) => panic!("{error}"),
        };
        let net: Decimal = run.trades.iter().map(|t| t.net).sum();
        prop_assert_eq!(run.equity.last().unwrap().equity, run.cash + net);
    }

    #[test]
    fn an_instrument_is_refused_or_runs_under_every_limit(
        tape in steps(60), setting in setting(), stated in absurd(),
        start in prop_oneof![Just(1_000_000_i64), Just(1_000_000_000_000)],
        converted in 0..3,
    ) {
        let one = series(candles(&tape, start, 50));
        prop_assume!(has_volume(&one));
        let Ok(instrument) = Instrument::new(stated) else { return Ok(()) };
        let mut b = backtest(&setting, &[&one, &one]);
        b.risk = RiskParams {
            daily_loss: Some(Fraction::lit(3, 2)),
            drawdown_tiers: Some([30, 35, 40, 50].map(|n| Fraction::lit(n, 2))),
            max_positions: Some(5),
            symbol_exposure: Some(Fraction::lit(40, 2)),
            correlated_exposure: Some(Fraction::lit(60, 2)),
            margin: true,
            flatten_at: Some(Fraction::lit(4, 2)),
            max_drawdown: Some(Fraction::lit(60, 2)),
            trailing_drawdown: Some(Fraction::lit(60, 2)),
            profit_target: Some(Fraction::lit(10, 0)),
            ..RiskParams::default()
        };
        b.instruments[1].instrument = instrument.clone();
        b.instruments[0].instrument = instrument;
        b.instruments[0].conversion = match converted {
            0 => Conversion::Same,
            1 => Conversion::Multiply(InstrumentId(1)),
            _ => Conversion::Divide(InstrumentId(1)),
        };
        let ran = b.run();
        prop_assert!(matches!(ran, Ok(_) | Err(RunError::Overflow { .. })), "{:?}", ran.err());
    }

    #[test]
    fn a_prefix_decides_as_the_whole(tape in steps(100), setting in setting(), cut in 4_usize..90) {
        let bars = candles(&tape, 1_000, 1);
        let cut = cut.min(bars.len());
        let (whole, part) = (series(bars.clone()), series(bars[..cut].to_vec()));
        prop_assume!(has_volume(&part));
        let until = bars[cut - 1].ts_open + Nanos::MINUTE;
        let whole = backtest(&setting, &[&whole]).run().unwrap();
        let part = backtest(&setting, &[&part]).run().unwrap();
        prop_assert_eq!(decided(&part, until), decided(&whole, until));
        let ended = |r: &Run| {
            let kept = r.trades.iter().filter(|t| t.exit_ts <= until && t.exit != ExitReason::EndOfData);
            kept.map(|t| format!("{t:?}")).collect::<Vec<_>>()
        };
        // Fills at the open that follows the cut are known to the whole only.
        let before: Vec<_> = ended(&part);
        prop_assert_eq!(&before, &ended(&whole)[..before.len()]);
        // So is a tape that goes on but is traded to the cut.
        let mut b = backtest(&setting, &[]);
        let whole_series = series(bars);
        let traded = backtest(&setting, &[&whole_series]);
        b.instruments = traded.instruments;
        b.strategies = traded.strategies;
        b.period = Period { from: None, to: Some(until) };
        let period = b.run().unwrap();
        prop_assert_eq!(&part.trades, &period.trades);
        prop_assert_eq!(&part.equity, &period.equity);
    }

    #[test]
    fn an_instrument_beside_it_that_trades_nothing_changes_nothing(
        tape in steps(80), other in steps(80), setting in setting(),
    ) {
        let one = series(candles(&tape, 1_000, 1));
        prop_assume!(has_volume(&one));
        let two = series(candles(&other, 5_000, 1));
        let alone = backtest(&setting, &[&one]).run().unwrap();
        let mut b = backtest(&setting, &[&two, &one]);
        b.strategies = vec![strategy(&setting, 1)];
        let beside = b.run().unwrap();
        let told = |run: &Run| {
            let trades: Vec<_> = run.trades.iter().map(|t| {
                let mut t = t.clone();
                t.instrument = InstrumentId(0);
                t
            }).collect();
            (trades, decided(run, Nanos(i64::MAX)))
        };
        prop_assert_eq!(told(&alone), told(&beside));
        prop_assert_eq!(beside.slots.len(), 1);
        prop_assert!(beside.trades.iter().all(|t| t.slot == SlotId(0)));
    }

    #[test]
    fn a_row_knows_nothing_later_and_a_reset_is_a_fresh_start(
        tape in steps(100), cut in 1_usize..90,
    ) {
        let bars = candles(&tape, 1_000, 1);
        let cut = cut.min(bars.len());
        let mut spec = FeatureSpec::default();
        for timeframe in [Timeframe::Base, Timeframe::M5] {
            spec.exact(timeframe, Exact::CloseSum { n: 3 }).unwrap();
            spec.exact(timeframe, Exact::VolumeSumBefore { n: 2 }).unwrap();
            spec.exact(timeframe, Exact::HighestBefore { n: 2 }).unwrap();
            spec.exact(timeframe, Exact::Streak).unwrap();
            spec.real(timeframe, Real::Rsi { n: 2 }).unwrap();
            spec.real(timeframe, Real::Atr { n: 2 }).unwrap();
        }
        let rows = |bars: &[Bar]| {
            let mut pipeline = Pipeline::new(&spec, &BarTimes::MINUTE, 3).unwrap();
            let mut row = pipeline.row();
            bars.iter().map(|b| { pipeline.push(b, &mut row); shown_row(&row) }).collect::<Vec<_>>()
        };
        prop_assert_eq!(&rows(&bars)[..cut], &rows(&bars[..cut])[..]);
        let mut used = Pipeline::new(&spec, &BarTimes::MINUTE, 3).unwrap();
        let mut row = used.row();
        for b in &bars[..cut] {
            used.push(b, &mut row);
        }
        used.reset(&mut row);
        let again: Vec<_> = bars.iter().map(|b| { used.push(b, &mut row); shown_row(&row) }).collect();
        prop_assert_eq!(again, rows(&bars));
    }
}

fn shown_row(row: &Features) -> String {
    format!("{row:?}")
}
