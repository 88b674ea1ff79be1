//! The runs whose trades are known from elsewhere, and their comparison.
#[path = "../../../examples/sma_cross.rs"]
pub mod sma_cross;

use std::path::PathBuf;

use rust_decimal::Decimal;
use sma_cross::SmaCross;
use tickstep_backtest::load::LoadOptions;
use tickstep_backtest::run::{Backtest, MarketData, Period, Run};
use tickstep_backtest::series::Series;
use tickstep_core::engine::SlotConfig;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::order::BracketAnchor;
use tickstep_core::order::ExitReason;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::StrategyFactory;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::units::Nanos;

use super::{dec, files, frac};

pub fn load_fil(paths: &[PathBuf]) -> Series {
    let opts = LoadOptions {
        tick_size: Some(dec("0.001")),
        volume_step: Some(dec("0.1")),
        ..LoadOptions::default()
    };
    files::open(paths, &opts).unwrap()
}

/// The four bundled months of FIL.
pub fn bundled_fil() -> Series {
    let folder = files::examples().join("data");
    let months = ["08", "09", "10", "11"];
    load_fil(&months.map(|m| folder.join(format!("FILUSDT-1m-2023-{m}.csv.gz"))))
}

pub struct ScalperCase {
    pub file: &'static str,
    pub trades: usize,
    pub net: &'static str,
    pub fee: &'static str,
    pub slippage: u32,
    pub leverage: &'static str,
    pub sizing: fn() -> Sizing,
    pub params: fn(&mut ScalperParams),
}

fn notional() -> Sizing {
    Sizing::FixedNotional { notional: dec("10000") }
}

fn risk(max_margin_use: &str) -> Sizing {
    Sizing::Risk { risk_fraction: frac("0.01"), max_margin_use: frac(max_margin_use) }
}

pub const SCALPERS: &[ScalperCase] = &[
    ScalperCase {
        file: "scalper_fil4_default.csv",
        trades: 1_713,
        net: "-14139.63990224",
        fee: "0.0004",
        slippage: 0,
        leverage: "10",
        sizing: notional,
        params: |_| {},
    },
    ScalperCase {
        file: "scalper_fil4_risk.csv",
        trades: 2_687,
        net: "-64256.86624413",
        fee: "0.0001",
        slippage: 1,
        leverage: "10",
        sizing: || risk("0.05"),
        params: |p| {
            p.baseline_period = 50;
            p.spike_multiple = frac("2");
            p.ma_period = 8;
            p.rsi_period = 9;
            p.take_profit = frac("0.003");
            p.stop_loss = frac("0.002");
            p.max_hold_s = 180;
        },
    },
    ScalperCase {
        file: "scalper_fil4_wide.csv",
        trades: 525,
        net: "-19217.87580764",
        fee: "0.0002",
        slippage: 0,
        leverage: "20",
        sizing: || risk("0.5"),
        params: |p| {
            p.spike_multiple = frac("5");
            p.max_hold_s = 3_600;
            p.take_profit = frac("0.006");
            p.stop_loss = frac("0.02");
        },
    },
    ScalperCase {
        file: "scalper_fil4_tight.csv",
        trades: 3_722,
        net: "-15959.97691846",
        fee: "0.0002",
        slippage: 0,
        leverage: "10",
        sizing: notional,
        params: |p| {
            p.spike_multiple = frac("2");
            p.max_hold_s = 3_600;
            p.take_profit = frac("0.001");
            p.stop_loss = frac("0.001");
        },
    },
];

pub struct CrossCase {
    pub file: &'static str,
    pub trades: usize,
    pub fast: usize,
    pub slow: usize,
}

pub const CROSSES: &[CrossCase] = &[
    CrossCase { file: "cross_fil4_sma_20_50.csv", trades: 4_160, fast: 20, slow: 50 },
    CrossCase { file: "cross_fil4_sma_50_200.csv", trades: 1_200, fast: 50, slow: 200 },
];

pub fn fil(fee: &str, leverage: &str) -> Instrument {
    Instrument::new(InstrumentSpec {
        maker_fee: dec(fee),
        taker_fee: dec(fee),
        leverage: dec(leverage),
        ..InstrumentSpec::plain("FILUSDT", "USDT", dec("0.001"), dec("0.1"))
    })
    .unwrap()
}

pub fn backtest<'a>(
    series: &'a Series,
    instrument: Instrument,
    slippage: u32,
    strategy: StrategyFactory,
    sizing: Sizing,
) -> Backtest<'a> {
    Backtest {
        cash: dec("100000"),
        instruments: vec![MarketData {
            instrument,
            conversion: Conversion::Same,
            slippage: Slippage::Ticks(slippage),
            series,
            finer: None,
            funding: Vec::new(),
        }],
        strategies: vec![SlotConfig {
            name: "known".to_owned(),
            instrument: InstrumentId(0),
            strategy,
            sizing,
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

pub fn scalper_params(change: fn(&mut ScalperParams)) -> ScalperParams {
    let mut params = ScalperParams::spec();
    params.pressure_rule = Pressure::BuyShare;
    change(&mut params);
    params
}

pub fn run_scalper(case: &ScalperCase, series: &Series) -> Run {
    let scalper = Scalper::factory(scalper_params(case.params)).unwrap();
    let instrument = fil(case.fee, case.leverage);
    backtest(series, instrument, case.slippage, scalper, (case.sizing)()).run().unwrap()
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|l| l.split(',').collect()).collect()
}

/// Open time of the bar that `ts` falls in, or that ends there for an exit inside a bar.
fn bar_open_ms(ts: Nanos, inside: bool) -> i64 {
    if inside { ts.millis() - 60_000 } else { ts.millis() }
}

/// Compares every trade; `whole` also asks for their number and the net P&L.
pub fn check_scalper(case: &ScalperCase, series: &Series, expected: &str, whole: bool) {
    let run = run_scalper(case, series);
    let expected = rows(expected);
    if whole {
        assert_eq!(run.trades.len(), case.trades, "{}", case.file);
        let net: Decimal = run.trades.iter().map(|t| t.net).sum();
        assert_eq!(net, dec(case.net), "{}", case.file);
        assert_eq!(run.equity.last().unwrap().equity, dec("100000") + net);
    }
    assert!(run.trades.len() >= expected.len(), "{}", case.file);
    for (n, (trade, row)) in run.trades.iter().zip(&expected).enumerate() {
        let at = format!("{} trade {n}: {row:?} but {trade:?}", case.file);
        // A gap over a bracket fills at the bar's open, the level inside at its close.
        let slip = match trade.exit {
            ExitReason::Target => 0,
            _ => -trade.side.sign() * i64::from(case.slippage),
        };
        let opens = series.bars().binary_search_by_key(&trade.exit_ts, |b| b.ts_open);
        let at_open = opens.is_ok_and(|i| {
            Decimal::new(series.bars()[i].open.0 + slip, 3) == trade.exit_price
                && row[1] == trade.exit_ts.millis().to_string()
        });
        let inside = match trade.exit {
            ExitReason::Stop | ExitReason::Target => !at_open,
            ExitReason::EndOfData => true,
            _ => false,
        };
        assert_eq!(row[0], trade.entry_ts.millis().to_string(), "{at}");
        assert_eq!(row[1], bar_open_ms(trade.exit_ts, inside).to_string(), "{at}");
        assert_eq!(row[4], trade.side.sign().to_string(), "{at}");
        assert_eq!(dec(row[5]), trade.entry_price, "{at}");
        assert_eq!(dec(row[6]), trade.exit_price, "{at}");
        assert_eq!(dec(row[7]), fil("0", "1").qty(trade.lots), "{at}");
        assert_eq!(dec(row[8]), trade.net, "{at}");
        assert_eq!(row[9], trade.exit.name(), "{at}");
    }
}

/// Compares every trade of a cross; the last is still open at the end there.
pub fn check_cross(case: &CrossCase, series: &Series, expected: &str) {
    let cross = SmaCross::factory(case.fast, case.slow);
    let sizing = Sizing::FixedQuantity { quantity: dec("1") };
    let run = backtest(series, fil("0", "10"), 0, cross, sizing).run().unwrap();
    let expected = rows(expected);
    assert_eq!(run.trades.len(), case.trades, "{}", case.file);
    for (n, (trade, row)) in run.trades.iter().zip(&expected).enumerate() {
        let at = format!("{} trade {n}: {row:?} but {trade:?}", case.file);
        assert_eq!(row[0], trade.entry_ts.millis().to_string(), "{at}");
        assert_eq!(row[4], trade.side.sign().to_string(), "{at}");
        assert_eq!(dec(row[5]), trade.entry_price, "{at}");
        if row[7] == "closed" {
            assert_eq!(row[1], trade.exit_ts.millis().to_string(), "{at}");
            assert_eq!(dec(row[6]), trade.exit_price, "{at}");
        } else {
            assert_eq!(trade.exit, ExitReason::EndOfData, "{at}");
        }
    }
}
