//! What the benches share: the tape, the clock and the setup of a run.
#![allow(dead_code)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use cpu_time::ProcessTime;
use criterion::Criterion;
use rust_decimal::Decimal;
use tickstep_backtest::load::{LoadOptions, load};
use tickstep_backtest::run::{Backtest, MarketData, Period};
use tickstep_backtest::series::Series;
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::StrategyFactory;
use tickstep_core::units::Nanos;

/// A year of minutes.
pub const BARS: usize = 525_600;

/// Bars of the four months at `examples/data`, checked where they are loaded.
const RECORDED: usize = 175_680;

/// The example data three times over, later copies moved on in time, cut to [`BARS`].
pub fn year() -> anyhow::Result<Series> {
    let recorded = recorded()?;
    ensure!(recorded.bars().len() == RECORDED, "expected {RECORDED} bars of example data");
    let span = recorded.interval().nominal().times(RECORDED as i64);
    let copies = (0..).flat_map(|copy| {
        recorded.bars().iter().map(move |b| Bar { ts_open: b.ts_open + span.times(copy), ..*b })
    });
    let bars: Vec<Bar> = copies.take(BARS).collect();
    Ok(Series::from_bars(
        "FILUSDT",
        recorded.interval().nominal(),
        recorded.grid(),
        bars,
        Nanos::DAY,
    )?)
}

fn recorded() -> anyhow::Result<Series> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let ours = |path: &PathBuf| {
        path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("FILUSDT-1m-2023-"))
    };
    let missing = || format!("the example data FILUSDT-1m-2023-* in {}", folder.display());
    let entries = std::fs::read_dir(&folder).with_context(missing)?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(ours).collect();
    ensure!(!files.is_empty(), "missing: {}", missing());
    files.sort();
    let opts = LoadOptions {
        tick_size: Some(Decimal::new(1, 3)),
        volume_step: Some(Decimal::new(1, 1)),
        ..LoadOptions::default()
    };
    Ok(load(Some("FILUSDT"), &[files], &opts, &mut |_| ControlFlow::Continue(()))?)
}

/// The fee of every fill, a fraction of notional.
pub const FEE: Decimal = Decimal::from_parts(4, 0, 0, false, 4);

pub fn fil() -> anyhow::Result<Instrument> {
    Ok(Instrument::new(InstrumentSpec {
        maker_fee: FEE,
        taker_fee: FEE,
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("FILUSDT", "USDT", Decimal::new(1, 3), Decimal::new(1, 1))
    })?)
}

/// An account of 1,000,000 with a fixed notional of 10,000 a trade, no slippage and no limits.
pub fn account(
    series: &Series,
    instrument: Instrument,
    strategies: Vec<StrategyFactory>,
) -> Backtest<'_> {
    let slot = |strategy| SlotConfig {
        name: "bench".to_owned(),
        instrument: InstrumentId(0),
        strategy,
        sizing: Sizing::FixedNotional { notional: Decimal::from(10_000) },
        anchor: BracketAnchor::Fill,
    };
    Backtest {
        cash: Decimal::from(1_000_000),
        instruments: vec![MarketData {
            instrument,
            conversion: Conversion::Same,
            slippage: Slippage::Ticks(0),
            series,
            finer: None,
            funding: Vec::new(),
        }],
        strategies: strategies.into_iter().map(slot).collect(),
        risk: RiskParams::default(),
        intrabar: Intrabar::StopFirst,
        fitted: None,
        max_gap: 3,
        period: Period::default(),
        day_starts: Vec::new(),
    }
}

/// Criterion with the command line's choices, short enough for runs of tens of milliseconds.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}

/// Whether this is a measurement, and not a check that the bench still runs.
pub fn measuring() -> bool {
    let mut args = std::env::args();
    args.any(|a| a == "--bench") && !std::env::args().any(|a| a == "--test" || a == "--list")
}

/// CPU time of the whole process, all threads, over several repeats.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    pub min: f64,
    pub median: f64,
}

impl Cpu {
    /// Runs `work` on a fresh `setup` `repeats` times; only `work` is counted.
    pub fn of<S, T>(
        repeats: usize,
        mut setup: impl FnMut() -> S,
        mut work: impl FnMut(S) -> T,
    ) -> Self {
        let mut seconds: Vec<f64> = (0..repeats.max(1))
            .map(|_| {
                let input = setup();
                let start = ProcessTime::now();
                let output = std::hint::black_box(work(input));
                let spent = start.elapsed().as_secs_f64();
                drop(output);
                spent
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        Self { min: seconds[0], median: seconds[seconds.len() / 2] }
    }
}

/// Largest resident memory of the process so far, MB; Linux only.
pub fn peak_mb() -> Option<f64> {
    status_mb("VmHWM:")
}

/// Resident memory of the process, MB; Linux only.
pub fn resident_mb() -> Option<f64> {
    status_mb("VmRSS:")
}

fn status_mb(key: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(key))?;
    let kb: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024.0)
}
