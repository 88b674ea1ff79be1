//! Random accounts on short, cruel tapes: whichever way a sweep takes through the
//! bars, every figure is that of the engine stepped through each of them.

use rand::RngExt;
use rand::SeedableRng;
use rand_pcg::Pcg64;
use rust_decimal::Decimal;
use tickstep_backtest::research::space::{Axis, Method, Set, Space, Value};
use tickstep_backtest::research::sweep::Sweep;
use tickstep_backtest::run::{Backtest, FeatureCache, MarketData, Period, RunError, Stepping};
use tickstep_backtest::series::{Grid, Series};
use tickstep_core::decision::{Reason, Refusal};
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::features::{
    Exact, ExactId, FeatureError, FeatureSpec, Features, Real, RealId, Timeframe,
};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::scalper::{AtrExits, Pressure, Scalper, ScalperParams};
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
use tickstep_core::strategy::wake::{At, Comparison, Relation, Wake, Wakes};
use tickstep_core::strategy::{
    Distance, Entry, Exit, Moment, Phase, Proposal, Strategy, StrategyFactory,
};
use tickstep_core::trade_hash::TradeHash;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};
use tickstep_core::volume::VolumeSplit;

use crate::support::same::assert_summary;
use crate::support::tiny::bare;
use crate::support::{cases, dec, frac};

/// Tuesday 2023-08-01, 22:00 UTC: midnight is near.
const T0: Nanos = Nanos(1_690_927_200_000_000_000 - 86_400_000_000_000);

fn of<T: Clone>(rng: &mut Pcg64, list: &[T]) -> T {
    list[rng.random_range(0..list.len())].clone()
}

fn maybe<T: Clone>(rng: &mut Pcg64, chance: f64, list: &[T]) -> Option<T> {
    rng.random_bool(chance).then(|| of(rng, list))
}

/// Proposes where what it names holds, and nowhere else.
#[derive(Clone, Debug)]
struct Whim {
    flat: Vec<Vec<Comparison>>,
    open: Vec<Vec<Comparison>>,
    ids: Vec<Id>,
    stops: Vec<Option<Distance>>,
    targets: Vec<Option<Distance>>,
    holds: Vec<Option<Nanos>>,
    withholds: bool,
    /// Asked so often since the segment began.
    asked: u64,
}

#[derive(Clone, Copy, Debug)]
enum Id {
    Exact(ExactId, ExactId),
    Real(RealId),
}

impl Whim {
    fn random(rng: &mut Pcg64) -> Self {
        let flat = comparisons(rng);
        let open = if rng.random_bool(0.4) { flat.clone() } else { comparisons(rng) };
        let far = |rng: &mut Pcg64| {
            let few = [0.5, 1.0, 3.7, 40.0].map(Distance::Ticks);
            let parts = ["0.000001", "0.001", "0.02", "0.3", "0.999999"];
            let parts = parts.map(|p| Distance::Fraction(frac(p)));
            let one = |rng: &mut Pcg64| match rng.random_range(0..5) {
                0 => None,
                1 => Some(of(rng, &few)),
                _ => Some(of(rng, &parts)),
            };
            (0..3).map(|_| one(rng)).collect::<Vec<_>>()
        };
        let hold = |rng: &mut Pcg64| maybe(rng, 0.5, &[1, 60, 61, 180, 600, 3_600, 200_000]);
        let stops = far(rng);
        let fractions =
            stops.iter().flatten().find(|s| matches!(s, Distance::Fraction(_))).copied();
        // Sizes by risk are worked out for fractions only.
        let all = rng.random_bool(0.3) && fractions.is_some();
        Self {
            flat,
            open,
            ids: Vec::new(),
            stops: if all { vec![fractions] } else { stops },
            targets: far(rng),
            holds: (0..3).map(|_| hold(rng).map(|s| Nanos::SECOND.times(s))).collect(),
            withholds: rng.random_bool(0.2),
            asked: 0,
        }
    }

    /// The ids of its comparisons, in their order.
    fn asked(&self, spec: &mut FeatureSpec) -> Result<Vec<Id>, FeatureError> {
        let all = self.flat.iter().chain(&self.open).flatten();
        let id = |comparison: &Comparison| match *comparison {
            Comparison::Exact { left, right, .. } => {
                let left = spec.exact(Timeframe::Base, left.0)?;
                Ok(Id::Exact(left, spec.exact(Timeframe::Base, right.0)?))
            }
            Comparison::Real { left, .. } => Ok(Id::Real(spec.real(Timeframe::Base, left)?)),
        };
        all.map(id).collect()
    }

    fn factory(self) -> StrategyFactory {
        StrategyFactory::new(move |spec| {
            let ids = self.asked(spec)?;
            Ok(Self { ids, ..self.clone() })
        })
    }

    fn holds(&self, list: usize, features: &Features) -> bool {
        let mut ids = self.ids.iter();
        let mut any = false;
        for (at, all) in self.flat.iter().chain(&self.open).enumerate() {
            let mut every = true;
            for comparison in all {
                every &= holds(comparison, *ids.next().unwrap(), features);
            }
            let ours = if list == 0 { at < self.flat.len() } else { at >= self.flat.len() };
            any |= ours && every;
        }
        any
    }
}

fn holds(comparison: &Comparison, id: Id, features: &Features) -> bool {
    let told = |relation, l: i128, r: i128| match relation {
        Relation::Above => l > r,
        Relation::AtLeast => l >= r,
        Relation::Below => l < r,
        Relation::AtMost => l <= r,
    };
    match (*comparison, id) {
        (Comparison::Exact { left: (_, by), relation, right: (_, of), at }, Id::Exact(l, r)) => {
            let value = |id| match at {
                At::Now => features.exact(id),
                At::Before => features.exact_before(id),
            };
            let (Some(l), Some(r)) = (value(l), value(r)) else { return false };
            told(relation, i128::from(l) * i128::from(by), i128::from(r) * i128::from(of))
        }
        (Comparison::Real { left, relation, level, at }, Id::Real(id)) => {
            let value = match at {
                At::Now => features.real(id),
                At::Before => features.real_before(id),
            };
            let Some(v) = value else { return false };
            let level = level.to_f64();
            match relation {
                Relation::Above => left.is_above(v, level),
                Relation::AtLeast => !left.is_below(v, level),
                Relation::Below => left.is_below(v, level),
                Relation::AtMost => !left.is_above(v, level),
            }
        }
        _ => unreachable!("ids are of their comparisons"),
    }
}

fn comparisons(rng: &mut Pcg64) -> Vec<Vec<Comparison>> {
    let relations = [Relation::Above, Relation::AtLeast, Relation::Below, Relation::AtMost];
    let exact = [
        (Exact::Close, 1),
        (Exact::Open, 1),
        (Exact::High, -1),
        (Exact::Close, 3),
        (Exact::CloseSum { n: 3 }, 1),
        (Exact::CloseSum { n: 1 }, 3),
        (Exact::HighestBefore { n: 2 }, 3),
        (Exact::LowestBefore { n: 5 }, 1),
        (Exact::Volume, 2),
        (Exact::VolumeSumBefore { n: 2 }, 1),
        (Exact::TakerBuy, 0),
        (Exact::TakerBuy, 4),
        (Exact::Streak, i64::MAX),
    ];
    let one = |rng: &mut Pcg64| {
        let (relation, at) = (of(rng, &relations), of(rng, &[At::Now, At::Now, At::Before]));
        if rng.random_bool(0.2) {
            let left = of(rng, &[Real::Rsi { n: 3 }, Real::Atr { n: 2 }, Real::Ema { n: 4 }]);
            let level = of(rng, &["0", "30", "50", "1000.5"]);
            return Comparison::Real { left, relation, level: frac(level), at };
        }
        Comparison::Exact { left: of(rng, &exact), relation, right: of(rng, &exact), at }
    };
    let lists = rng.random_range(0..4);
    let list = |rng: &mut Pcg64| {
        (0..rng.random_range(0..3)).map(|_| one(rng)).collect::<Vec<Comparison>>()
    };
    (0..lists).map(|_| list(rng)).collect()
}

impl Strategy for Whim {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        assert_eq!(now.others, 0);
        let held = matches!(now.phase, Phase::Open | Phase::Exiting { .. });
        assert_eq!(now.position.is_some(), held);
        if !self.holds(usize::from(held), now.features) {
            return;
        }
        self.asked += 1;
        let seen = now.position.map_or(0, |p| {
            p.best.0 ^ (p.worst.0 << 1) ^ p.lots.get() ^ p.entry_px().0 ^ (p.entry_ts.0 >> 30)
        });
        let mix = (now.bar.close.0 ^ (now.bar.high.0 << 3) ^ seen).cast_unsigned();
        let mix = (mix ^ (self.asked << 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        if mix.is_multiple_of(7) {
            return;
        }
        let of = |n: usize, by: u64| (mix / by) as usize % n;
        out.enter = Some(Entry {
            side: if mix & 8 == 0 { Side::Buy } else { Side::Sell },
            stop: self.stops[of(self.stops.len(), 16)],
            target: self.targets[of(3, 64)],
            hold: self.holds[of(3, 256)],
            confidence: None,
            reason: Reason::default(),
            withheld: (self.withholds && mix & 4096 == 0).then_some(Refusal::CoolDown),
        });
    }

    fn wakes(&self) -> Wakes {
        Wakes { flat: Wake::When(self.flat.clone()), open: Wake::When(self.open.clone()) }
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }

    fn reset(&mut self) {
        self.asked = 0;
    }
}

fn cross(rng: &mut Pcg64) -> StrategyFactory {
    let fast = rng.random_range(1..4);
    SmaCross::factory(SmaCrossParams {
        fast,
        slow: fast + rng.random_range(1..4),
        take_profit: maybe(rng, 0.5, &["0.00001", "0.002", "0.1"]).map(frac),
        stop_loss: maybe(rng, 0.5, &["0.00001", "0.002", "0.1"]).map(frac),
        max_hold_s: maybe(rng, 0.5, &[1, 60, 180, 400]),
    })
    .unwrap()
}

fn scalper(rng: &mut Pcg64) -> StrategyFactory {
    let hours: Vec<u8> = (0..24).filter(|_| rng.random_bool(0.7)).collect();
    let cross_rule = rng.random_bool(0.5);
    let pressures = [Pressure::Off, Pressure::BuyShare, Pressure::BuyShare];
    Scalper::factory(ScalperParams {
        volume_rule: rng.random_bool(0.5),
        spike_multiple: frac(of(rng, &["0.1", "0.9", "1.3"])),
        baseline_period: rng.random_range(2..5),
        cross_rule,
        ma_period: rng.random_range(2..6),
        pressure_rule: of(rng, &pressures[usize::from(!cross_rule)..]),
        volume_split: of(rng, &[VolumeSplit::Taker, VolumeSplit::CloseLocation]),
        min_buy_share: frac(of(rng, &["0.5", "0.51", "0.66"])),
        rsi_rule: rng.random_bool(0.5),
        rsi_period: 3,
        take_profit: frac(of(rng, &["0.00001", "0.003", "0.2"])),
        stop_loss: frac(of(rng, &["0.00001", "0.003", "0.2"])),
        atr: rng.random_bool(0.2).then(|| AtrExits {
            period: 3,
            stop: frac("1"),
            target: frac("1.5"),
        }),
        max_hold_s: of(rng, &[1, 60, 90, 240, 604_800]),
        allowed_hours: if rng.random_bool(0.3) { hours } else { Vec::new() },
        trailing_stop: maybe(rng, 0.1, &["0.002"]).map(frac),
        break_even: maybe(rng, 0.1, &["0.002"]).map(frac),
        cool_down_s: maybe(rng, 0.1, &[60, 600]),
        ..ScalperParams::spec()
    })
    .unwrap()
}

/// A walk with gaps, jumps, bars of one price and bars without volume.
fn tape(rng: &mut Pcg64, grid: Grid) -> Series {
    let interval = of(rng, &[Nanos::MINUTE, Nanos::MINUTE, Nanos::HOUR]);
    let start = of(rng, &[1, 2, 4, 30, 1_000, 1_000, 4_281, 5_000_000, 900_000_000_000_i64]);
    let calm = of(rng, &[0.3, 0.9, 0.99]);
    let gaps = of(rng, &[0.0, 0.02, 0.15]);
    let bars = rng.random_range(1..160);
    let (mut at, mut px) = (T0, start);
    let mut made = Vec::with_capacity(bars);
    for _ in 0..bars {
        let scale = (px / of(rng, &[3_000, 500, 60])).max(1);
        let mut step = |px: i64| {
            let moved = match (rng.random_bool(calm), rng.random_range(0..8)) {
                (true, 0..5) => px,
                (true, _) => px + rng.random_range(-scale..=scale),
                (false, 0) => px * rng.random_range(1..4),
                (false, 1) => px / rng.random_range(1..4),
                (false, 2) => start * of(rng, &[1, 2, 25]),
                (false, _) => px + 9 * rng.random_range(-scale..=scale),
            };
            moved.clamp(1, (start * 60).min(1_000_000_000_000))
        };
        let open = step(px);
        let close = step(open);
        let (high, low) = (step(open).max(open).max(close), step(open).min(open).min(close));
        let volume = if rng.random_bool(0.2) { 0 } else { rng.random_range(1..40) };
        made.push(Bar {
            ts_open: at,
            open: Ticks(open),
            high: Ticks(high),
            low: Ticks(low),
            close: Ticks(close),
            volume: Lots::new(volume).unwrap(),
            taker_buy: Lots::new(rng.random_range(0..=volume)),
        });
        px = close;
        let missing =
            if rng.random_bool(gaps) { of(rng, &[1, 1, 2, 3, 4, 10, 70, 4_000]) } else { 0 };
        at = at + interval.times(1 + missing);
    }
    let apart = interval.times(of(rng, &[3, 5, 11, 71, 1_000_000]));
    Series::from_bars("T", interval, grid, made, apart).unwrap()
}

struct Case {
    series: Series,
    seed: u64,
}

impl Case {
    fn new(seed: u64) -> (Self, Pcg64) {
        let mut rng = Pcg64::seed_from_u64(seed);
        let tick = of(&mut rng, &["1", "1", "0.001", "0.00000001"]);
        let series = tape(&mut rng, Grid::stated(dec(tick), dec("1")));
        (Self { series, seed }, rng)
    }

    /// The same account every time.
    fn backtest(&self) -> Backtest<'_> {
        let (_, mut rng) = Self::new(self.seed);
        let rng = &mut rng;
        let bars = self.series.bars();
        let when = |rng: &mut Pcg64| {
            let bar = &bars[rng.random_range(0..bars.len())];
            bar.ts_open + Nanos(of(rng, &[-60_000_000_000, -1, 0, 0, 1, 60_000_000_000]))
        };
        let period = Period {
            from: rng.random_bool(0.3).then(|| when(rng)),
            to: rng.random_bool(0.3).then(|| when(rng)),
        };
        let leverage = dec(of(rng, &["0.5", "1", "3.3", "10", "10", "125", "10000"]));
        let chance = if leverage < Decimal::ONE { 1.0 } else { 0.3 };
        let spec = InstrumentSpec {
            symbol: "T".into(),
            tick_size: self.series.grid().tick_size,
            lot_step: dec(of(rng, &["1", "1", "0.1", "0.001"])),
            contract_size: dec(of(rng, &["1", "1", "1", "5"])),
            min_qty: maybe(rng, 0.2, &["1", "7"]).map(dec),
            min_notional: dec(of(rng, &["0", "0", "5", "5000"])),
            maker_fee: dec(of(rng, &["0", "0.0004", "-0.0002", "-0.5"])),
            taker_fee: dec(of(rng, &["0", "0.0004", "0.01", "-0.0001"])),
            leverage,
            maintenance_margin: maybe(rng, chance, &["0", "0.1", "0.46", "0.999"]).map(dec),
            quote: "USDT".into(),
        };
        let slippage = match rng.random_range(0..3) {
            0 => Slippage::Ticks(of(rng, &[0, 1, 7])),
            1 => Slippage::Ticks(0),
            _ => Slippage::Bps(frac(of(rng, &["0", "1", "0.3", "50"]))),
        };
        let cash = of(
            rng,
            &["3", "500", "500", "100000", "100000", "1234.56789", "1e9", "1000000000000", "9e17"],
        );
        let cash = Decimal::from_scientific(cash).or_else(|_| cash.parse()).unwrap();
        let risk_fraction = frac(of(rng, &["0.01", "0.05"]));
        let max_margin_use = frac(of(rng, &["0.5", "1", "0.003"]));
        let sizing = match rng.random_range(0..8) {
            0 => Sizing::Risk { risk_fraction, max_margin_use },
            1 => Sizing::Kelly { kelly_window: 3, risk_fraction, max_margin_use },
            2..5 => Sizing::FixedQuantity {
                quantity: dec(of(rng, &["1", "3.7", "40", "1000", "1000000000000"])),
            },
            _ => Sizing::FixedNotional {
                notional: cash.min(dec("1000000000")) * dec(of(rng, &["0.001", "0.3", "1", "8"])),
            },
        };
        let strategy = match rng.random_range(0..5) {
            0 => scalper(rng),
            1 => cross(rng),
            _ => Whim::random(rng).factory(),
        };
        let anchors = [BracketAnchor::Fill, BracketAnchor::Fill, BracketAnchor::Decision];
        let slot = SlotConfig {
            name: "nasty".to_owned(),
            instrument: InstrumentId(0),
            strategy,
            sizing,
            anchor: of(rng, &anchors),
        };
        let inside = [
            Intrabar::StopFirst,
            Intrabar::TargetFirst,
            Intrabar::OhlcPath,
            Intrabar::OhlcPath,
            Intrabar::FinerBars,
        ];
        Backtest {
            cash,
            instruments: vec![MarketData {
                instrument: Instrument::new(spec).unwrap(),
                conversion: Conversion::Same,
                slippage,
                series: &self.series,
                finer: None,
                funding: Vec::new(),
            }],
            strategies: vec![slot],
            risk: RiskParams { margin: rng.random_bool(0.1), ..RiskParams::default() },
            intrabar: of(rng, &inside),
            fitted: None,
            max_gap: of(rng, &[0, 1, 3, 3, 10_000]),
            period,
            day_starts: Vec::new(),
        }
    }
}

/// How often each thing came about.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    trades: usize,
    refused: usize,
    overflowed: usize,
    liquidated: usize,
    ambiguous: u64,
    ruined: usize,
}

fn compare(seed: u64, tally: &mut Tally) {
    let (case, _) = Case::new(seed);
    let cache = FeatureCache::new([&case.series], 1 << 20);
    let whole = case.backtest().run();
    let what = format!("seed {seed}");
    let hows = [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar];
    let whole = match whole {
        Ok(whole) => whole,
        Err(error) => {
            tally.refused += 1;
            tally.overflowed += usize::from(matches!(error, RunError::Overflow { .. }));
            for how in hows {
                let other = case.backtest().summary(Some(&cache), how).err();
                assert_eq!(other.map(|e| e.to_string()), Some(error.to_string()), "{what} {how:?}");
            }
            return;
        }
    };
    for how in hows {
        let summary = case.backtest().summary(Some(&cache), how).unwrap();
        assert_summary(&whole, &summary, &format!("{what} {how:?}"));
    }
    let passed = case.backtest().run_with_cache(&cache).unwrap();
    assert_eq!(whole.trades, passed.trades, "{what}");
    assert_eq!(whole.equity, passed.equity, "{what}");
    assert!(whole == passed, "{what}");
    tally.runs += 1;
    tally.trades += whole.trades.len();
    let gone = |t: &&tickstep_core::ledger::Trade| t.exit.name() == "liquidation";
    tally.liquidated += whole.trades.iter().filter(gone).count();
    tally.ambiguous += whole.touched_both;
    tally.ruined += usize::from(whole.equity.iter().any(|p| p.equity <= Decimal::ZERO));
}

#[test]
fn cruel_tapes_give_the_same_figures_every_way() {
    let mut tally = Tally::default();
    for seed in 0..cases(6_000) {
        compare(seed, &mut tally);
    }
    let enough = tally.runs > 4_000 && tally.trades > 20_000 && tally.refused > 500;
    let cruel = tally.liquidated > 300 && tally.ambiguous > 1_000 && tally.ruined > 200;
    assert!(enough && cruel, "{tally:?}");
}

/// Buys once, at the first close it is asked at, and remembers that for good.
#[derive(Clone)]
struct Buyer {
    bought: bool,
    /// Whether it leaves by itself, which only the engine can do.
    leaves: bool,
}

impl Strategy for Buyer {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if now.phase == Phase::Open && self.leaves && now.bar.close.0 > 900 {
            out.exit = Some(Exit::signal(Reason::default()));
        }
        if now.phase == Phase::Flat && !self.bought {
            self.bought = true;
            out.enter = Some(bare(Side::Buy));
        }
    }

    fn wakes(&self) -> Wakes {
        Wakes { flat: Wake::When(vec![Vec::new()]), open: Wake::When(vec![Vec::new()]) }
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }
}

/// Prices of one bar each, at which 10^12 lots are far more than they were bought for.
fn leap() -> Series {
    let bar = |(px, at): (i64, i64)| Bar {
        ts_open: T0 + Nanos::MINUTE.times(at),
        open: Ticks(px),
        high: Ticks(px),
        low: Ticks(px),
        close: Ticks(px),
        volume: Lots::new(1).unwrap(),
        taker_buy: None,
    };
    let bars = [30, 30, 31, 1_000, 900, 900].into_iter().zip(0..).map(bar);
    let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
    Series::from_bars("T", Nanos::MINUTE, grid, bars.collect(), Nanos::DAY).unwrap()
}

fn bought<'a>(series: &'a Series, quantity: &str, leaves: bool) -> Backtest<'a> {
    let spec = InstrumentSpec {
        maker_fee: dec("0.0004"),
        taker_fee: dec("0.0004"),
        leverage: dec("125"),
        ..InstrumentSpec::plain("T", "USDT", Decimal::ONE, Decimal::ONE)
    };
    Backtest {
        cash: dec("10000000000000"),
        instruments: vec![MarketData {
            instrument: Instrument::new(spec).unwrap(),
            conversion: Conversion::Same,
            slippage: Slippage::Ticks(0),
            series,
            finer: None,
            funding: Vec::new(),
        }],
        strategies: vec![SlotConfig {
            name: "buyer".to_owned(),
            instrument: InstrumentId(0),
            strategy: Buyer { bought: false, leaves }.into(),
            sizing: Sizing::FixedQuantity { quantity: dec(quantity) },
            anchor: BracketAnchor::Fill,
        }],
        risk: RiskParams::default(),
        intrabar: Intrabar::StopFirst,
        fitted: None,
        max_gap: 3,
        period: Period::default(),
        day_starts: Vec::new(),
    }
}

#[test]
fn money_beyond_64_bits_is_left_to_the_engine() {
    // A tick on a lot is 10^4 smallest amounts: at 1000 the position is 10^19 of them.
    let series = leap();
    let cache = FeatureCache::new([&series], 1 << 20);
    let whole = bought(&series, "1000000000000", false).run().unwrap();
    assert_eq!(whole.trades.len(), 1);
    let axis = Axis::list("quantity", vec![Value::Int(1_000_000_000_000)]).unwrap();
    let space = Space::new(vec![axis], &[], Method::Grid).unwrap();
    let make = |set: &Set| {
        let quantity = set.values()[0].to_string();
        Ok::<_, String>(bought(&series, &quantity, false))
    };
    let sweep = Sweep::over(&space, [&series], Period::default(), &["net_profit"], make).unwrap();
    let ran = sweep.evaluate(&sweep.sets.get(0).unwrap(), &cache).map_err(|why| panic!("{why}"));
    assert_eq!(ran.unwrap().figures.trade_hash, TradeHash::of(&whole.trades));
}

#[test]
fn a_strategy_that_was_asked_in_vain_is_made_anew() {
    let series = leap();
    let cache = FeatureCache::new([&series], 1 << 20);
    let whole = bought(&series, "7", true).run().unwrap();
    assert_eq!(whole.trades[0].exit.name(), "signal");
    let axis = Axis::list("quantity", vec![Value::Int(7)]).unwrap();
    let space = Space::new(vec![axis], &[], Method::Grid).unwrap();
    let make = |_: &Set| Ok::<_, String>(bought(&series, "7", true));
    let sweep = Sweep::over(&space, [&series], Period::default(), &["net_profit"], make).unwrap();
    let ran = sweep.evaluate(&sweep.sets.get(0).unwrap(), &cache).map_err(|why| panic!("{why}"));
    assert_eq!(ran.unwrap().figures.trade_hash, TradeHash::of(&whole.trades));
}
