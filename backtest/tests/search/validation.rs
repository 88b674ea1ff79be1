//! The statistics of validation against noise, a planted edge, naive implementations and
//! other libraries.
//!
//! pypbo is not run beside: no package registry has it. `naive_pbo` is the paper's
//! procedure on the returns themselves instead.

use std::time::Instant;

use ndarray::{Array2, ArrayView2};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde_json::Value;
use tickstep_backtest::research::validation::{
    BlockTable, Cpcv, Evidence, LOGIT_BIN, LOGIT_BINS, Luck, Pbo, RESAMPLES, RandomEntry,
    ReturnBlocks, Rule, SPLITS, Trials, Verdict, VerdictLevel, Walk, best_sharpe, block_length,
    bootstrap_returns, bootstrap_trades, entries, shuffle_trades, walk_forward,
};
use tickstep_core::stats::{
    SharpeSample, kurtosis, mean, probabilistic_sharpe, sharpe, skewness, std_dev,
};
use tickstep_core::units::{Nanos, Side};

fn generator(seed: u64) -> Pcg64 {
    Pcg64::seed_from_u64(seed)
}

/// `sets` rows of `periods` standard normal returns of 1 % a day.
fn noise(sets: usize, periods: usize, seed: u64) -> Array2<f64> {
    let mut rng = generator(seed);
    let draw = || -> f64 { StandardNormal.sample(&mut rng) };
    Array2::from_shape_simple_fn((sets, periods), draw) * 0.01
}

fn table(returns: &Array2<f64>) -> BlockTable {
    let blocks = returns.rows().into_iter().map(|row| ReturnBlocks::of(&row.to_vec()).unwrap());
    BlockTable::of(&blocks.collect::<Vec<_>>()).unwrap()
}

fn sample(returns: &[f64]) -> SharpeSample {
    SharpeSample {
        sharpe: sharpe(returns, 0.0, 1.0).unwrap(),
        periods: returns.len(),
        skewness: skewness(returns).unwrap(),
        kurtosis: kurtosis(returns).unwrap(),
    }
}

const SEARCHES: usize = 200;
const SETS: usize = 1_000;
const DAYS: usize = 365;

/// A worthless search: its deflated Sharpe ratio, the one a bar 20 % too low would
/// give, and its probability of overfitting.
fn worthless(search: usize) -> (f64, f64, f64) {
    let returns = noise(SETS, DAYS, 1_000_003 * search as u64);
    let table = table(&returns);
    let sharpes = table.sharpes();
    // The correlations of a few searches say it for all: every one is a trial.
    let effective =
        if search < 4 { Trials::of(returns.view(), SETS).unwrap().effective } else { SETS as f64 };
    let (best, _) = best_sharpe(&sharpes).unwrap();
    let best = sample(&returns.row(best).to_vec());
    let luck = Luck::of(&best, &sharpes, effective);
    let low = probabilistic_sharpe(&best, 0.8 * luck.bar.unwrap()).unwrap();
    assert_eq!(effective, SETS as f64);
    (luck.deflated.unwrap(), low, Pbo::of(&table).unwrap().probability)
}

/// Three seeds gave a mean deflated ratio of 0.503, 0.483 and 0.493, with the low bar
/// 0.733, 0.715 and 0.724, and a mean PBO of 0.490, 0.506 and 0.510 (of one search: 0.11
/// about that), so the margins of 0.03 are about two to four standard errors.
#[test]
fn the_best_of_noise_is_not_believed() {
    let start = Instant::now();
    let found: Vec<_> = (0..SEARCHES).into_par_iter().map(worthless).collect();
    let column = |of: fn(&(f64, f64, f64)) -> f64| found.iter().map(of).collect::<Vec<_>>();
    let (dsr, low, pbo) = (column(|f| f.0), column(|f| f.1), column(|f| f.2));
    let sure = dsr.iter().filter(|d| **d > 0.95).count();
    eprintln!(
        "dsr {:?} low {:?} pbo {:?} +- {:?}, {sure} above 0.95, {:?}",
        mean(&dsr),
        mean(&low),
        mean(&pbo),
        std_dev(&pbo),
        start.elapsed()
    );
    assert!((mean(&dsr).unwrap() - 0.49).abs() < 0.03);
    assert!(sure * 100 <= SEARCHES);
    // The test can tell: a bar 20 % too low is far outside.
    assert!((mean(&low).unwrap() - 0.72).abs() < 0.03);
    assert!((mean(&pbo).unwrap() - 0.5).abs() < 0.03);
}

#[test]
fn an_edge_among_noise_is_believed() {
    let mut returns = noise(SETS, 2_000, 5);
    returns.row_mut(617).mapv_inplace(|r| r + 0.2 * 0.01);
    let table = table(&returns);
    let sharpes = table.sharpes();
    assert_eq!(best_sharpe(&sharpes).unwrap().0, 617);
    let pbo = Pbo::of(&table).unwrap();
    assert!(pbo.probability < 0.05, "{pbo:?}");
    assert!(pbo.loss < 0.01 && pbo.out_of_sample.unwrap() > 0.15);
    let luck = Luck::of(&sample(&returns.row(617).to_vec()), &sharpes, SETS as f64);
    assert!(luck.deflated.unwrap() > 0.95, "{luck:?}");
}

/// Measured, not asserted: machines differ.
#[test]
#[ignore = "a measurement: run with --ignored --nocapture"]
fn how_long_a_split_takes() {
    for sets in [1_000, 20_000] {
        let table = table(&noise(sets, 64, 1));
        let start = Instant::now();
        let pbo = Pbo::of(&table).unwrap();
        let each = start.elapsed().as_secs_f64() * 1e9 / (SPLITS * sets) as f64;
        eprintln!("{sets} sets: {each:.2} ns a split and set, PBO {}", pbo.probability);
    }
}

/// Sharpe ratio of the columns of `days`; `None` without spread.
fn over(returns: &[f64], days: &[usize]) -> Option<f64> {
    let chosen: Vec<f64> = days.iter().map(|day| returns[*day]).collect();
    sharpe(&chosen, 0.0, 1.0)
}

/// The paper's procedure from the returns: probability, splits, silent ones, loss.
fn naive_pbo(returns: ArrayView2<'_, f64>) -> (f64, usize, usize, f64) {
    let (sets, periods) = returns.dim();
    let rows: Vec<Vec<f64>> = returns.rows().into_iter().map(|r| r.to_vec()).collect();
    let mut block_of = Vec::new();
    for block in 0..16 {
        let length = periods / 16 + usize::from(block < periods % 16);
        block_of.extend(std::iter::repeat_n(block, length));
    }
    let (mut splits, mut overfit, mut silent, mut losses) = (0, 0, 0, 0);
    // The same up to rounding, which differs from that of block sums.
    let equal = |a: f64, b: f64| (a - b).abs() < 1e-9;
    for mask in (0_u32..1 << 16).filter(|m| m.count_ones() == 8) {
        let part = |inside: bool| -> Vec<usize> {
            (0..periods).filter(|d| (mask >> block_of[*d] & 1 == 1) == inside).collect()
        };
        let (inside, outside) = (part(true), part(false));
        let is: Vec<Option<f64>> = rows.iter().map(|r| over(r, &inside)).collect();
        let Some(top) = is.iter().flatten().copied().reduce(f64::max) else { continue };
        let best = (0..sets).find(|s| is[*s].is_some_and(|x| equal(x, top))).unwrap();
        splits += 1;
        losses += usize::from(outside.iter().map(|d| rows[best][*d]).sum::<f64>() < 0.0);
        let oos: Vec<Option<f64>> = rows.iter().map(|r| over(r, &outside)).collect();
        let ranked: Vec<f64> = oos.iter().flatten().copied().collect();
        let omega = if let Some(own) = oos[best] {
            let level = ranked.iter().filter(|x| equal(**x, own)).count();
            let below = ranked.iter().filter(|x| **x < own && !equal(**x, own)).count();
            (below as f64 + (level as f64 + 1.0) / 2.0) / (ranked.len() as f64 + 1.0)
        } else {
            silent += 1;
            1.0 / (ranked.len() as f64 + 2.0)
        };
        overfit += usize::from((omega / (1.0 - omega)).ln() <= 1e-12);
    }
    (overfit as f64 / splits as f64, splits, silent, losses as f64 / splits as f64)
}

fn assert_naive(returns: &Array2<f64>) {
    let naive = naive_pbo(returns.view());
    let pbo = Pbo::of(&table(returns)).unwrap();
    assert_eq!((pbo.probability, pbo.splits, pbo.silent, pbo.loss), naive);
    assert_eq!(pbo.logits.iter().sum::<u32>() as usize, pbo.splits);
    let lower: u32 = pbo.logits[..LOGIT_BINS / 2].iter().sum();
    assert_eq!(f64::from(lower) / pbo.splits as f64, pbo.probability);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]

    #[test]
    fn blocks_give_what_the_returns_give(sets in 2_usize..40, periods in 16_usize..50, seed: u64) {
        assert_naive(&noise(sets, periods, seed));
    }

    /// Whole numbers, so that Sharpe ratios tie and halves have no spread.
    #[test]
    fn ties_and_silence_too(
        sets in 2_usize..6,
        days in proptest::collection::vec(prop_oneof![3 => Just(0.0), 1 => Just(1.0), 1 => Just(-1.0)], 120),
    ) {
        let returns = Array2::from_shape_fn((sets, 20), |(set, day)| days[set * 20 + day]);
        if returns.iter().any(|r| *r != 0.0) {
            assert_naive(&returns);
        }
    }
}

#[test]
fn sets_that_never_trade_flatter_nobody() {
    let traded = noise(40, 128, 9);
    let mut padded = Array2::zeros((400, 128));
    padded.slice_axis_mut(ndarray::Axis(0), (0..40).into()).assign(&traded);
    let (alone, among) = (Pbo::of(&table(&traded)).unwrap(), Pbo::of(&table(&padded)).unwrap());
    assert_eq!(alone.probability, among.probability);
    assert_eq!(Pbo::of(&table(&Array2::zeros((5, 32)))), None);
}

#[test]
fn threads_change_nothing() {
    let returns = noise(300, 100, 3);
    let table = table(&returns);
    let days = returns.row(0).to_vec();
    let all = || {
        (
            Pbo::of(&table),
            bootstrap_returns(&days, None, 300, 8),
            bootstrap_trades(&days, Some(2.0), 300, 8),
            shuffle_trades(&days, 1.0, 300, 8),
        )
    };
    let with = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all)
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_histogram_reaches_the_ranks_of_a_thousand() {
    // ln(1000) = 6.9: the ends of the histogram hold no more than they say.
    assert!(LOGIT_BIN * (LOGIT_BINS / 2) as f64 > 1_000_f64.ln());
}

#[test]
fn copies_are_one_trial() {
    let (ideas, copies) = (20, 10);
    let leaders = noise(ideas, DAYS, 21);
    let mut sets = noise(ideas * copies, DAYS, 22) * 0.2;
    for (i, mut row) in sets.rows_mut().into_iter().enumerate() {
        row += &leaders.row(i % ideas);
    }
    let trials = Trials::of(sets.view(), 100_000).unwrap();
    assert_eq!((trials.clusters, trials.singletons), (20, 0));
    assert_eq!(trials.effective, 20.0);
    // A sample of noise stands for all of it.
    let sample = noise(500, DAYS, 23);
    assert_eq!(Trials::of(sample.view(), 100_000).unwrap().effective, 100_000.0);
    assert_eq!(Trials::of(sample.view(), 499), None);
}

#[test]
fn walks_keep_their_gap_and_stay_inside() {
    let walk = Walk {
        train: Nanos(100),
        test: Nanos(30),
        step: Nanos(30),
        gap: Nanos(7),
        anchored: false,
    };
    let (start, end) = (Nanos(11), Nanos(11 + 100 + 7 + 30 * 5));
    for anchored in [false, true] {
        let windows = walk_forward(start, end, &Walk { anchored, ..walk }).unwrap();
        assert_eq!(windows.len(), 5);
        assert_eq!(windows[4].test_end, end);
        assert!(windows.windows(2).all(|w| w[0].test_end == w[1].test_start));
        assert!(windows.iter().all(|w| w.test_start - w.train_end == Nanos(7)));
        let length = windows[4].train_end - windows[4].train_start;
        assert_eq!(length, Nanos(if anchored { 220 } else { 100 }));
    }
    assert_eq!(walk_forward(start, Nanos(100), &walk), Some(vec![]));
    for bad in [
        Walk { step: Nanos(0), ..walk },
        Walk { gap: Nanos(-1), ..walk },
        Walk { test: Nanos(0), ..walk },
    ] {
        assert_eq!(walk_forward(start, end, &bad), None);
    }
    let late = Nanos(i64::MAX - 150);
    assert_eq!(walk_forward(late, Nanos(i64::MAX), &walk).unwrap().len(), 1);
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracle/cpcv.json")).unwrap()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn ranges(value: &Value) -> Vec<std::ops::Range<usize>> {
    value.as_array().unwrap().iter().map(|r| number(&r[0])..number(&r[1])).collect()
}

#[test]
fn cpcv_splits_as_skfolio_does() {
    for case in oracle()["cpcv"].as_array().unwrap() {
        let field = |name: &str| number(&case[name]);
        let (t, n, k) = (field("observations"), field("groups"), field("test_groups"));
        let cpcv = Cpcv::constant(t, n, k, field("purge"), field("embargo")).unwrap();
        let theirs = case["splits"].as_array().unwrap();
        assert_eq!(cpcv.paths() as usize, field("paths"));
        assert_eq!(cpcv.splits().count(), theirs.len());
        for (split, theirs) in cpcv.splits().zip(theirs) {
            let train: Vec<usize> = ranges(&theirs["train"]).into_iter().flatten().collect();
            assert_eq!(split.train, train, "{t} {n} {k}");
            assert_eq!(split.tests, ranges(&theirs["tests"]));
            let paths: Vec<usize> =
                theirs["paths"].as_array().unwrap().iter().map(number).collect();
            assert_eq!(split.paths, paths);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_label_of_the_training_meets_one_of_the_test(
        lengths in proptest::collection::vec(0_usize..9, 12..60),
        groups in 2_usize..7,
        embargo in 0_usize..4,
    ) {
        let ends: Vec<usize> = lengths.iter().enumerate().map(|(i, l)| i + l).collect();
        let cpcv = Cpcv::new(groups, groups / 2, ends.clone(), embargo).unwrap();
        for split in cpcv.splits() {
            for test in split.tests.into_iter().flatten() {
                for train in &split.train {
                    prop_assert!(ends[*train] < test || *train > ends[test]);
                }
            }
        }
    }
}

#[test]
fn block_lengths_are_those_of_arch() {
    for case in oracle()["block_length"].as_array().unwrap() {
        let values: Vec<f64> =
            case["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let theirs = case["block"].as_f64().unwrap().max(1.0);
        let ours = block_length(&values).unwrap();
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{}: {ours} {theirs}", case["rho"]);
    }
}

#[test]
fn bands_hold_the_figures_they_come_from() {
    let days: Vec<f64> = noise(1, 500, 31).iter().map(|r| r + 0.001).collect();
    let bands = bootstrap_returns(&days, None, RESAMPLES, 1).unwrap();
    let own = sharpe(&days, 0.0, 1.0).unwrap();
    let band = bands.sharpe;
    assert!(band.p5.unwrap() < own && own < band.p95.unwrap());
    // A Sharpe ratio of 500 days errs by sqrt(1 / 500), 90 % of it within 1.645 times.
    let width = (band.p95.unwrap() - band.p5.unwrap()) / (2.0 * 1.645);
    assert!((width * 500_f64.sqrt() - 1.0).abs() < 0.15, "{width}");
    let total = days.iter().fold(1.0, |e, r| e * (1.0 + r)) - 1.0;
    assert!(bands.total.p5.unwrap() < total && total < bands.total.p95.unwrap());
    assert!(bands.max_drawdown.p5.unwrap() < bands.max_drawdown.p95.unwrap());
    assert_eq!(bands.sharpe.values, RESAMPLES);
    assert_eq!(bootstrap_returns(&days[..1], Some(1.0), 10, 1), None);
    assert_eq!(bootstrap_returns(&days, Some(0.5), 10, 1), None);
}

#[test]
fn a_shuffle_leaves_the_result_and_moves_the_drawdown() {
    // All the wins first, then all the losses: no order is worse.
    let pnl: Vec<f64> = [[10.0; 30], [-8.0; 30]].concat();
    let bands = shuffle_trades(&pnl, 1_000.0, RESAMPLES, 4).unwrap();
    assert_eq!(bands.result, 60.0);
    assert!((bands.observed + 240.0 / 1_300.0).abs() < 1e-12);
    assert!(bands.max_drawdown.p5.unwrap() > bands.observed);
    assert!(bands.max_drawdown.p95.unwrap() < 0.0);
    assert_eq!(shuffle_trades(&[], 1_000.0, 10, 4), None);
    assert_eq!(shuffle_trades(&pnl, 0.0, 10, 4), None);
}

#[test]
fn entries_at_random_are_uniform() {
    let bars: Vec<usize> = (0..1_000).filter(|bar| bar % 2 == 0).collect();
    let sides = [[Side::Buy; 30], [Side::Sell; 30]].concat();
    let (mut sum, mut buys_early) = (0.0, 0);
    for draw in 0..500 {
        let drawn = entries(&bars, &sides, 11, draw).unwrap();
        assert!(drawn.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(drawn.iter().all(|(bar, _)| bar % 2 == 0 && *bar < 1_000));
        assert_eq!(drawn.iter().filter(|(_, side)| *side == Side::Buy).count(), 30);
        sum += drawn.iter().map(|(bar, _)| *bar as f64).sum::<f64>();
        buys_early += drawn[..30].iter().filter(|(_, side)| *side == Side::Buy).count();
    }
    assert!((sum / 30_000.0 - 499.0).abs() < 8.0, "{sum}");
    assert!((buys_early as f64 / 7_500.0 - 1.0).abs() < 0.03, "{buys_early}");
    assert_eq!(entries(&bars, &sides, 11, 3), entries(&bars, &sides, 11, 3));
    assert_ne!(entries(&bars, &sides, 11, 3), entries(&bars, &sides, 11, 4));
}

#[test]
fn p_values_of_chance_are_uniform() {
    let figures = noise(400, 100, 41);
    let below = |limit: f64| {
        let p = figures.rows().into_iter().map(|row| {
            let row = row.to_vec();
            RandomEntry::of(row[0], &row[1..]).unwrap().p
        });
        p.filter(|p| *p <= limit).count() as f64 / 400.0
    };
    assert!((below(0.05) - 0.05).abs() < 0.03);
    assert!((below(0.5) - 0.5).abs() < 0.06);
}

fn convincing() -> Evidence {
    Evidence {
        trades: Some(400),
        days: Some(900),
        deflated: Some(0.97),
        pbo: Some(0.04),
        min_track_record: Some(310.2),
        in_sample_sharpe: Some(2.0),
        out_of_sample_sharpe: Some(1.4),
        random_p: Some(0.004),
        return_p5: Some(0.08),
        plateau: Some(0.8),
        survives_ambiguous_bars: Some(true),
    }
}

#[test]
fn verdicts_follow_the_rules() {
    let base = convincing();
    let level = |evidence: Evidence| Verdict::of(&evidence).level;
    assert_eq!(level(base), VerdictLevel::Supported);
    let refused = [
        Evidence { deflated: Some(0.94), ..base },
        Evidence { pbo: Some(0.21), ..base },
        Evidence { out_of_sample_sharpe: Some(0.9), ..base },
        Evidence { in_sample_sharpe: Some(-1.0), ..base },
        Evidence { random_p: Some(0.06), ..base },
        Evidence { return_p5: Some(0.0), ..base },
        Evidence { plateau: Some(0.4), ..base },
        Evidence { survives_ambiguous_bars: Some(false), ..base },
    ];
    for evidence in refused {
        let verdict = Verdict::of(&evidence);
        assert_eq!(verdict.level, VerdictLevel::NotSupported, "{evidence:?}");
        assert_eq!(verdict.findings.iter().filter(|f| !f.holds).count(), 1);
    }
    let open = [
        Evidence { trades: Some(29), pbo: Some(0.9), ..base },
        Evidence { days: Some(89), min_track_record: None, ..base },
        Evidence { min_track_record: Some(901.0), ..base },
        Evidence { pbo: None, ..base },
        Evidence::default(),
    ];
    for evidence in open {
        assert_eq!(level(evidence), VerdictLevel::Unproven, "{evidence:?}");
    }
    // What is not required may be absent.
    let lean = Evidence { return_p5: None, plateau: None, survives_ambiguous_bars: None, ..base };
    assert_eq!(level(lean), VerdictLevel::Supported);
    let missing = Verdict::of(&Evidence { pbo: None, random_p: None, ..base }).missing;
    assert_eq!(missing, [Rule::Overfitting, Rule::RandomEntry]);
}

#[test]
fn findings_quote_their_numbers() {
    for finding in Verdict::of(&convincing()).findings {
        let quotes = finding.words.chars().any(|c| c.is_ascii_digit());
        assert!(quotes || finding.rule == Rule::AmbiguousBars, "{}", finding.words);
        assert!(finding.words.ends_with('.') && !finding.words.contains("  "), "{}", finding.words);
    }
}
