//! The specified scalper over a year of minutes: the general engine, features
//! included and the trade list kept, against a loop that can do nothing else.
//!
//! A regression here is time that every run, and every row of a sweep, pays per
//! bar: `scalper` against `empty` is what the strategy and its trades cost,
//! `empty` what the machinery does, `scalper_x4` what each further strategy
//! adds. Should the ratio to the floor rise, something was added to the path
//! of every bar; should peak memory rise, to what is kept of every bar.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "support/floor.rs"]
mod floor;
mod support;

use criterion::{BatchSize, Throughput};
use floor::Floor;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use support::{BARS, Cpu};
use tickstep_backtest::run::{Backtest, Run};
use tickstep_backtest::series::Series;
use tickstep_core::stats::{Stats, StatsInput};
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::strategy::{Moment, Proposal, Strategy, StrategyFactory};

#[derive(Clone)]
struct Empty;

impl Strategy for Empty {
    fn on_bar(&mut self, _: &Moment<'_>, _: &mut Proposal) {}
}

fn scalper() -> anyhow::Result<StrategyFactory> {
    let params = ScalperParams { pressure_rule: Pressure::BuyShare, ..ScalperParams::spec() };
    Ok(Scalper::factory(params)?)
}

/// The three variants, each made afresh for every run.
fn setup<'a>(series: &'a Series, what: &str) -> anyhow::Result<Backtest<'a>> {
    let strategies: Vec<StrategyFactory> = match what {
        "scalper" => vec![scalper()?],
        "empty" => vec![Empty.into()],
        _ => (0..4).map(|_| scalper()).collect::<Result<_, _>>()?,
    };
    Ok(support::account(series, support::fil()?, strategies))
}

fn net(run: &Run) -> Decimal {
    run.trades.iter().map(|t| t.net).sum()
}

/// The loop's count of ticks times lots times 10,000 as money.
fn money(floor: Floor) -> Decimal {
    Decimal::new(floor.net, 8)
}

fn stats(series: &Series, run: &Run) -> Stats {
    Stats::compute(&StatsInput {
        equity: &run.equity,
        coverage: &run.coverage,
        starting_cash: run.cash,
        trades: &run.trades,
        decisions: &run.decisions,
        bars: run.bars as u64,
        bars_in_position: run.bars_in_position as u64,
        mean_exposure: run.mean_exposure(),
        first_price: None,
        last_price: None,
        interval: series.interval().nominal(),
        search: None,
    })
}

fn main() -> anyhow::Result<()> {
    let series = support::year()?;
    // First, so that peak memory is that of one run and its data.
    let run = setup(&series, "scalper")?.run()?;
    let peak = support::peak_mb();
    let floor = floor::run(series.bars());
    assert_eq!(run.equity.len(), BARS);
    assert_eq!(run.trades.len(), floor.trades, "the same trades");
    assert_eq!(net(&run), money(floor), "the same net P&L, to the last digit");
    assert_eq!(stats(&series, &run).trades.count as usize, floor.trades);
    let four = setup(&series, "scalper_x4")?.run()?;
    assert_eq!(four.trades.len(), 4 * floor.trades);
    assert_eq!(net(&four), money(floor) * Decimal::from(4));
    assert!(setup(&series, "empty")?.run()?.trades.is_empty());
    println!("{} trades, net {} on {BARS} bars", floor.trades, money(floor));

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("floor", |b| b.iter(|| floor::run(std::hint::black_box(series.bars()))));
    for what in ["empty", "scalper", "scalper_x4"] {
        group.bench_function(what, |b| {
            b.iter_batched(
                || setup(&series, what).expect("it ran before"),
                |s| s.run().expect("it ran before"),
                BatchSize::PerIteration,
            );
        });
    }
    group.bench_function("stats", |b| b.iter(|| stats(&series, std::hint::black_box(&run))));
    group.finish();
    criterion.final_summary();
    if support::measuring() {
        table(&series, &run, peak);
    }
    Ok(())
}

fn table(series: &Series, run: &Run, peak: Option<f64>) {
    const REPEATS: usize = 15;
    let floor = Cpu::of(REPEATS, || (), |()| floor::run(std::hint::black_box(series.bars())));
    println!("\n{:<12} {:>10} {:>10} {:>12} {:>9}", "CPU s", "min", "median", "bars/s", "to floor");
    let row = |name: &str, cpu: Cpu| {
        let speed = (BARS as f64 / cpu.min / 1e6 * 10.0).round() / 10.0;
        let ratio = cpu.min / floor.min;
        println!("{name:<12} {:>10.4} {:>10.4} {speed:>10} M {ratio:>9.1}", cpu.min, cpu.median);
    };
    row("floor", floor);
    for what in ["empty", "scalper", "scalper_x4"] {
        let fresh = || setup(series, what).expect("it ran before");
        row(what, Cpu::of(REPEATS, fresh, |s| s.run().expect("it ran before")));
    }
    row("stats", Cpu::of(REPEATS, || (), |()| stats(series, run)));
    let bars = (series.bars().len() * size_of_val(&series.bars()[0])).to_f64().unwrap_or(0.0);
    if let Some(peak) = peak {
        println!("peak RSS of one run {peak:.0} MB, of which bars {:.0} MB", bars / 1048576.0);
    }
}
