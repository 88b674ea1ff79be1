//! Validation from real runs: a walk forward equals one done by hand, random strategies
//! find a planted edge and no other, and the judge tells noise from an edge.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tickstep_backtest::research::space::{Axis, Method, Set, Sets, Space, Value};
use tickstep_backtest::research::validation::*;
use tickstep_backtest::run::{Backtest, FeatureCache, Period, Run, Stepping, Summary};
use tickstep_backtest::series::Series;
use tickstep_core::decision::Reason;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::order::ExitReason;
use tickstep_core::sizing::Sizing;
use tickstep_core::stats::Direction;
use tickstep_core::stats::{Coverage, EquityPoint, Stats, StatsInput};
use tickstep_core::strategy::scalper::Scalper;
use tickstep_core::strategy::wake::{Wake, Wakes};
use tickstep_core::strategy::{Distance, Entry, Exits, Moment, Proposal, Strategy};
use tickstep_core::units::{Lots, Nanos, Side};

use crate::support::{dec, frac, known, tiny};

fn sets() -> Sets {
    let ints = |list: &[i64]| list.iter().map(|n| Value::Int(*n)).collect();
    let axes = vec![
        Axis::list("spike_multiple", ints(&[2, 3, 5])).unwrap(),
        Axis::list("max_hold_s", ints(&[300, 3_600])).unwrap(),
    ];
    Space::new(axes, &[], Method::Grid).unwrap().sets().unwrap()
}

fn account<'a>(series: &'a Series, set: &Set, period: Period) -> Result<Backtest<'a>, String> {
    let mut params = known::scalper_params(|_| {});
    for (key, value) in set.pairs() {
        match key {
            "spike_multiple" => params.spike_multiple = frac(&value.to_string()),
            _ => params.max_hold_s = value.to_string().parse().unwrap(),
        }
    }
    let strategy = Scalper::factory(params).map_err(|e| e.to_string())?;
    let notional = Sizing::FixedNotional { notional: dec("10000") };
    let account = known::backtest(series, known::fil("0.0001", "10"), 0, strategy, notional);
    Ok(Backtest { period, ..account })
}

fn profit(summary: &Summary) -> Option<f64> {
    Some(decimal_to_f64(summary.equity - summary.cash))
}

fn walked(series: &Series, how: &WalkConfig, min_trades: u32) -> WalkForward {
    let cache = FeatureCache::new([series], 1 << 28);
    let sets = sets();
    let forward = Forward {
        sets: &sets,
        make: &|set, period| account(series, set, period),
        cache: &cache,
        score: &profit,
        direction: Direction::Highest,
        min_trades,
        best: Some(3),
        go_on: &|| true,
    };
    forward.walk(&Period::default().coverage([series]), how).unwrap()
}

fn closed(run: &Run) -> usize {
    run.trades.iter().filter(|t| t.exit != ExitReason::EndOfData).count()
}

#[test]
fn a_walk_is_the_one_done_by_hand() {
    let series = known::bundled_fil();
    let how = WalkConfig {
        train_days: 40,
        test_days: 25,
        step_days: None,
        anchored: false,
        embargo_s: 60,
    };
    let walk = walked(&series, &how, 200);
    assert_eq!(walk.windows.len(), 3);
    let (sets, mut equity) = (sets(), 1.0);
    for Walked { window, chosen } in &walk.windows {
        let chosen = chosen.as_ref().unwrap();
        let train = Period { from: Some(window.train_start), to: Some(window.train_end) };
        let mut best: Option<(usize, f64, Nanos)> = None;
        for set in sets.iter() {
            let run = account(&series, &set, train).unwrap().run().unwrap();
            let net = decimal_to_f64(run.equity.last().unwrap().equity - run.cash);
            assert!(run.equity.last().unwrap().ts <= window.train_end);
            let held = run.trades.iter().map(|t| t.exit_ts - t.entry_ts).max().unwrap();
            if closed(&run) >= 200 && best.is_none_or(|b| net > b.1) {
                best = Some((set.number(), net, held));
            }
        }
        let (set, net, held) = best.unwrap();
        assert_eq!((chosen.set, chosen.inside.objective), (set, Some(net)));
        assert_eq!(chosen.longest_hold, held);
        assert_eq!(window.test_start, window.train_end + held + Nanos::MINUTE);
        let test = Period { from: Some(window.test_start), to: Some(window.test_end) };
        let run = account(&series, &sets.get(set).unwrap(), test).unwrap().run().unwrap();
        assert!(run.trades.iter().all(|t| t.entry_ts > window.test_start));
        let outside = chosen.outside.unwrap();
        assert_eq!(outside.trades, run.trades.len());
        let net = decimal_to_f64(run.equity.last().unwrap().equity - run.cash);
        assert_eq!(outside.objective, Some(net));
        assert!((outside.total_return - net / 100_000.0).abs() < 1e-12);
        equity *= 1.0 + outside.total_return;
    }
    assert_eq!(walk.days.len(), 75);
    let last = walk.days.last().unwrap();
    assert!((last.outside - equity).abs() < 1e-12, "{} {equity}", last.outside);
    assert!(last.inside.is_some() && walk.out_of_sample_sharpe.is_some());
    assert!(walk.windows.windows(2).all(|w| w[0].window.test_end == w[1].window.train_end));
}

#[test]
fn a_walk_is_the_same_on_any_number_of_threads_and_grows_when_anchored() {
    let series = known::bundled_fil();
    let how =
        WalkConfig { train_days: 60, test_days: 30, step_days: None, anchored: true, embargo_s: 0 };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| walked(&series, &how, 0))
    };
    let walk = on(1);
    assert_eq!(walk, on(2));
    let text = serde_json::to_string(&walk).unwrap();
    assert_eq!(serde_json::from_str::<WalkForward>(&text).unwrap(), walk);
    let start = series.bars().first().unwrap().ts_open;
    assert!(walk.windows.iter().all(|w| w.window.train_start == start));
    // More trades than there are: nothing is chosen, and nothing is traded.
    let none = walked(&series, &how, 1_000_000);
    assert!(none.windows.iter().all(|w| w.chosen.is_none()) && none.days.is_empty());
    assert_eq!((none.in_sample_sharpe, none.efficiency), (None, None));
}

/// Buys where the volume is 99, for ten ticks either way or five minutes.
#[derive(Clone)]
struct Marked;

fn exits() -> Exits {
    let ten = Some(Distance::Ticks(10.0));
    Exits { stop: ten, target: ten, hold: Some(Nanos::MINUTE.times(5)) }
}

impl Strategy for Marked {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if now.bar.volume == Lots::new(99).unwrap() {
            let Exits { stop, target, hold } = exits();
            out.enter = Some(Entry { stop, target, hold, ..tiny::bare(Side::Buy) });
        }
    }

    fn exits(&self, _now: &Moment<'_>) -> Option<Exits> {
        Some(exits())
    }
}

/// A random walk with a mark every forty bars or so; after it `push` ticks upwards in
/// each of three bars, which are given back later.
fn marked_tape(seed: u64, push: i64) -> Series {
    let mut rng = Pcg64::seed_from_u64(seed);
    let (mut px, mut bars, mut since) = (100_000_i64, Vec::new(), 100);
    for minute in 0..8_000 {
        let open = px;
        px += rng.random_range(-3..=3_i64);
        px += match since {
            0..3 => push,
            10..13 => -push,
            _ => 0,
        };
        since += 1;
        let mark = since > 20 && rng.random_bool(0.05);
        let (low, high) = (open.min(px) - 1, open.max(px) + 1);
        let mut bar = tiny::bar(minute, (open, high, low, px));
        if mark {
            bar.volume = Lots::new(99).unwrap();
            since = 0;
        }
        bars.push(bar);
    }
    tiny::series(bars)
}

fn against_random(series: &Series, draws: usize) -> RandomRuns {
    let cache = FeatureCache::new([series], 1 << 26);
    let make = || Ok(tiny::account(&[series], vec![tiny::slot(0, Marked)]));
    let run = make().unwrap().run().unwrap();
    assert!(run.trades.len() > 100, "{}", run.trades.len());
    let random = random_runs(&make, &cache, &run.trades, draws, 7).unwrap();
    let (least, most) = (random.trades.p5.unwrap(), random.trades.p95.unwrap());
    let wanted = run.trades.len() as f64;
    assert!(least >= wanted * 0.99 && most <= wanted * 1.01, "{least} {most} of {wanted}");
    random
}

#[test]
fn random_entries_do_not_find_a_planted_edge() {
    let random = against_random(&marked_tape(1, 2), 300);
    assert_eq!(random.net.p, 1.0 / 301.0);
    assert!(random.net.z.unwrap() > 5.0 && random.profit_factor.unwrap().p < 0.01);
}

#[test]
fn entries_on_noise_are_as_good_as_random_ones() {
    let p: Vec<f64> = (0..12).map(|s| against_random(&marked_tape(100 + s, 0), 99).net.p).collect();
    let mean = p.iter().sum::<f64>() / 12.0;
    assert!((0.25..0.75).contains(&mean), "{p:?}");
    assert!(p.iter().filter(|p| **p < 0.05).count() <= 2, "{p:?}");
    assert!(p.iter().any(|p| *p < 0.5) && p.iter().any(|p| *p > 0.5), "{p:?}");
}

#[test]
fn random_strategies_of_the_scalper_trade_as_often_and_the_same_again() {
    let series = known::bundled_fil();
    let cache = FeatureCache::new([&series], 1 << 28);
    let set = sets().get(2).unwrap();
    let make = || account(&series, &set, Period::default());
    let trades = make().unwrap().run().unwrap().trades;
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| random_runs(&make, &cache, &trades, 20, 1).unwrap())
    };
    let random = on(1);
    assert_eq!(random, on(2));
    let wanted = trades.len() as f64;
    assert!((random.trades.p50.unwrap() - wanted).abs() <= wanted * 0.01, "{random:?}");
    assert_eq!(random.net.observed, decimal_to_f64(trades.iter().map(|t| t.net).sum()));
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let series = tiny::closes(&[1_000; 50]);
    let cache = FeatureCache::new([&series], 1 << 20);
    let script = [tiny::buy(3)];
    let run = tiny::scripted(&series, &script).run().unwrap();
    let make = || Ok(tiny::scripted(&series, &script));
    let said = random_runs(&make, &cache, &run.trades, 9, 1).unwrap_err().to_string();
    assert!(said.contains("tiny states no exits"), "{said}");
    let marked = || Ok(tiny::account(&[&series], vec![tiny::slot(0, Marked)]));
    let said = random_runs(&marked, &cache, &[], 9, 1).unwrap_err().to_string();
    assert!(said.contains("0 trades and 49 bars"), "{said}");
    let two = || Ok(tiny::account(&[&series], vec![tiny::slot(0, Marked), tiny::slot(0, Marked)]));
    assert_eq!(random_runs(&two, &cache, &run.trades, 9, 1), Err(NoRandom::Several));
}

/// Buys at stated closes for three minutes.
#[derive(Clone)]
struct At(Arc<[Nanos]>);

impl Strategy for At {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if self.0.binary_search(&now.ts).is_ok() {
            let entry = tiny::bare(Side::Buy);
            let hold = Some(Nanos::MINUTE.times(3));
            out.enter = Some(Entry { hold, reason: Reason::default(), ..entry });
        }
    }

    fn wakes(&self) -> Wakes {
        let at = Wake::At(Arc::clone(&self.0));
        Wakes { flat: at.clone(), open: at }
    }
}

#[test]
fn waking_at_times_is_looking_at_every_bar() {
    let series = marked_tape(5, 2);
    let cache = FeatureCache::new([&series], 1 << 26);
    let mut rng = Pcg64::seed_from_u64(3);
    for _ in 0..5 {
        // Some are before the data, between bars, or after them.
        let mut times: Vec<Nanos> = (0..400)
            .map(|_| tiny::minute(rng.random_range(-50..8_050)))
            .chain([Nanos(tiny::T0.0 + 1), Nanos(tiny::T0.0 + 90_000_000_000)])
            .collect();
        times.sort_unstable();
        times.dedup();
        let times: Arc<[Nanos]> = times.into();
        let make = || tiny::account(&[&series], vec![tiny::slot(0, At(Arc::clone(&times)))]);
        let whole = make().run().unwrap();
        assert!(whole.trades.len() > 200);
        assert_eq!(make().run_with_cache(&cache).unwrap(), whole);
        let quick = make().summary(Some(&cache), Stepping::SkipIdle).unwrap();
        let each = make().summary(Some(&cache), Stepping::EveryBar).unwrap();
        assert_eq!(quick.trade_hash(), each.trade_hash());
        assert_eq!((quick.longest_hold, quick.cut), (each.longest_hold, each.cut));
        assert_eq!(quick.cut, whole.trades.len() - closed(&whole));
    }
}

/// Daily returns with a mean of `edge` deviations of 1 %.
fn returns(rng: &mut Pcg64, edge: f64) -> Vec<f64> {
    let normal = rand_distr::Normal::new(edge * 0.01, 0.01).unwrap();
    (0..365).map(|_| rand_distr::Distribution::sample(&normal, rng)).collect()
}

/// A run with these daily returns and a trade a day.
fn run_of(returns: &[f64]) -> (Run, Stats) {
    let series = tiny::closes(&[1_000, 1_001, 1_002, 1_003]);
    let sample = tiny::scripted(&series, &[tiny::held(0, Side::Buy, 60)]).run().unwrap();
    let (mut equity, mut run) = (100_000.0_f64, Run { cash: tiny::dec("100000"), ..sample });
    let template = run.trades.remove(0);
    run.equity.clear();
    for (day, r) in (1..).zip(returns) {
        let before = equity;
        equity *= 1.0 + r;
        let ts = tiny::T0 + Nanos::DAY.times(day);
        let exact = |x: f64| tiny::dec(&format!("{x:.6}"));
        run.equity.push(EquityPoint { ts, equity: exact(equity) });
        let (entry_ts, exit_ts) = (ts - Nanos::HOUR, ts - Nanos::MINUTE);
        run.trades.push(tickstep_core::ledger::Trade {
            net: exact(equity - before),
            entry_ts,
            exit_ts,
            ..template.clone()
        });
    }
    let closes = run.equity.iter().map(|p| (p.ts - Nanos::DAY, p.ts));
    run.coverage = Coverage::of_bars(closes);
    let stats = Stats::compute(&StatsInput {
        equity: &run.equity,
        coverage: &run.coverage,
        starting_cash: run.cash,
        trades: &run.trades,
        decisions: &run.decisions,
        bars: run.equity.len() as u64,
        bars_in_position: 1,
        mean_exposure: 1.0,
        first_price: None,
        last_price: None,
        interval: Nanos::DAY,
        search: None,
    });
    (run, stats)
}

fn judged(sample: &[Vec<f64>], random: RandomRuns, walk: Option<WalkForward>) -> Validation {
    let blocks: Vec<ReturnBlocks> = sample.iter().map(|r| ReturnBlocks::of(r).unwrap()).collect();
    let sharpes: Vec<Option<f64>> = blocks.iter().map(ReturnBlocks::sharpe).collect();
    let (best, _) = best_sharpe(&sharpes).unwrap();
    let (run, stats) = run_of(&sample[best]);
    let worst = Some(run.trades.iter().map(|t| t.net).sum());
    Validation::of(SearchOutcome {
        sets: sample.len() + 3,
        pbo: BlockTable::of(&blocks).as_ref().and_then(Pbo::of),
        sharpes,
        sample,
        tried: None,
        best: Some(BestRun { run: &run, stats: &stats, worst }),
        surface: None,
        walk_forward: walk,
        random: Some(Ok(random)),
        seed: 1,
    })
}

fn beside(observed: f64) -> RandomRuns {
    let random: Vec<f64> = (0..100).map(f64::from).collect();
    let net = RandomEntry::of(observed, &random).unwrap();
    RandomRuns { net, profit_factor: None, trades: Band::of([Some(365.0)]) }
}

#[test]
fn the_judge_does_not_believe_noise() {
    let mut rng = Pcg64::seed_from_u64(9);
    let sample: Vec<Vec<f64>> = (0..300).map(|_| returns(&mut rng, 0.0)).collect();
    let validation = judged(&sample, beside(50.0), None);
    assert_eq!(validation.verdict.level, VerdictLevel::NotSupported);
    let holds = |rule| validation.verdict.findings.iter().find(|f| f.rule == rule).unwrap().holds;
    assert!(!holds(Rule::Deflated) && !holds(Rule::RandomEntry) && holds(Rule::Trades));
    assert_eq!(validation.verdict.missing, [Rule::WalkForward]);
    // Independent sets are as many trials, those that failed among them.
    let trials = validation.trials.unwrap();
    assert!(trials.sets == 303 && trials.effective > 290.0, "{trials:?}");
    let paths = validation.paths.as_ref().unwrap();
    assert_eq!((paths.sharpes.len(), paths.splits), (9, 45));
    assert!(paths.sharpe.p50.unwrap() < validation.luck.unwrap().sharpe * 365_f64.sqrt() / 2.0);
    let lines = validation.lines().join("\n");
    assert!(lines.contains("Verdict: Not supported") && lines.contains("303 in this"), "{lines}");
    assert!(lines.contains("there was no walk-forward; add [walk_forward]"), "{lines}");
    let text = serde_json::to_string(&validation).unwrap();
    assert_eq!(serde_json::from_str::<Validation>(&text).unwrap(), validation);
}

#[test]
fn the_judge_believes_a_planted_edge_and_more_trials_make_it_doubt() {
    let mut rng = Pcg64::seed_from_u64(10);
    let mut sample: Vec<Vec<f64>> = (0..60).map(|_| returns(&mut rng, 0.0)).collect();
    sample.extend((0..4).map(|_| returns(&mut rng, 0.4)));
    let walk = WalkForward {
        windows: Vec::new(),
        days: Vec::new(),
        in_sample_sharpe: Some(8.0),
        out_of_sample_sharpe: Some(6.0),
        efficiency: Some(0.75),
    };
    let validation = judged(&sample, beside(1_000.0), Some(walk.clone()));
    assert_eq!(validation.verdict.level, VerdictLevel::Supported, "{:#?}", validation.verdict);
    assert!(validation.paths.as_ref().unwrap().sharpe.p5.unwrap() > 3.0);
    assert_eq!(validation.search().unwrap().trials, validation.luck.unwrap().effective);
    let poor = WalkForward { out_of_sample_sharpe: Some(-1.0), ..walk };
    let validation = judged(&sample, beside(1_000.0), Some(poor));
    assert_eq!(validation.verdict.level, VerdictLevel::NotSupported);
}
