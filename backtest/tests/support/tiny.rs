//! Tapes short enough to be computed by hand, and a strategy that proposes what
//! it is told to, so that fills can be tested without a signal.
//!
//! One tick is 1, one lot is 1, so a price of 1000 reads as `1000`. Bars are
//! named by their minute, the first being 0; so are instants in what is shown.
use rust_decimal::Decimal;
use tickstep_backtest::run::{Backtest, MarketData, Period, Run};
use tickstep_backtest::series::{Grid, Series};
use tickstep_core::decision::{Outcome, Reason};
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::ledger::Trade;
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::{
    Distance, Entry, Exit, Moment, Phase, Proposal, StopMove, Strategy, StrategyFactory,
};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

pub use super::{dec, frac};

/// Tuesday 2023-08-01, midnight UTC.
pub const T0: Nanos = Nanos(1_690_848_000_000_000_000);

pub fn minute(n: i64) -> Nanos {
    T0 + Nanos::MINUTE.times(n)
}

/// A bar at a minute: open, high, low, close; volume 10, half of it bought.
pub fn bar(at: i64, ohlc: (i64, i64, i64, i64)) -> Bar {
    Bar {
        ts_open: minute(at),
        open: Ticks(ohlc.0),
        high: Ticks(ohlc.1),
        low: Ticks(ohlc.2),
        close: Ticks(ohlc.3),
        volume: Lots::new(10).unwrap(),
        taker_buy: Lots::new(5),
    }
}

/// A bar of one price.
pub fn flat(at: i64, px: i64) -> Bar {
    bar(at, (px, px, px, px))
}

/// A bar of one price with its volume and what of it was bought.
pub fn traded(at: i64, px: i64, volume: i64, buy: i64) -> Bar {
    Bar { volume: Lots::new(volume).unwrap(), taker_buy: Lots::new(buy), ..flat(at, px) }
}

pub fn series(bars: Vec<Bar>) -> Series {
    Series::from_bars("T", Nanos::MINUTE, grid(), bars, Nanos::DAY).unwrap()
}

pub fn grid() -> Grid {
    Grid::stated(Decimal::ONE, Decimal::ONE)
}

/// Bars of consecutive minutes from 0 on.
pub fn tape(ohlc: &[(i64, i64, i64, i64)]) -> Series {
    series(ohlc.iter().zip(0..).map(|(p, at)| bar(at, *p)).collect())
}

/// Bars of one price each, at consecutive minutes from 0 on.
pub fn closes(prices: &[i64]) -> Series {
    series(prices.iter().zip(0..).map(|(p, at)| flat(at, *p)).collect())
}

/// What the script does at the close of a bar.
#[derive(Clone, Debug)]
pub enum Do {
    Enter(Entry),
    Exit,
    Stop(StopMove),
}

/// Proposes what is listed for the minute of the bar that closed.
#[derive(Clone)]
pub struct Scripted(pub Vec<(i64, Do)>);

impl Strategy for Scripted {
    fn looks_at_outcomes(&self) -> bool {
        false
    }

    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        assert_eq!(
            now.position.is_some(),
            matches!(now.phase, Phase::Open | Phase::Exiting { .. })
        );
        for (_, what) in self.0.iter().filter(|(at, _)| minute(*at) == now.bar.ts_open) {
            match what.clone() {
                Do::Enter(entry) => out.enter = Some(entry),
                Do::Exit => out.exit = Some(Exit::signal(Reason::default())),
                Do::Stop(moved) => out.stop = Some(moved),
            }
        }
    }
}

/// An entry without levels or hold.
pub fn bare(side: Side) -> Entry {
    Entry {
        side,
        stop: None,
        target: None,
        hold: None,
        confidence: None,
        reason: Reason::default(),
        withheld: None,
    }
}

/// An entry with a stop of 0.25 % and a target of 0.4 %: 998 and 1004 for a
/// long from 1000 (997.5 to the earlier trigger), 1002 and 996 for a short.
pub fn entry(side: Side) -> Entry {
    Entry {
        stop: Some(Distance::Fraction(frac("0.0025"))),
        target: Some(Distance::Fraction(frac("0.004"))),
        ..bare(side)
    }
}

pub fn long(at: i64) -> (i64, Do) {
    (at, Do::Enter(entry(Side::Buy)))
}

pub fn short(at: i64) -> (i64, Do) {
    (at, Do::Enter(entry(Side::Sell)))
}

/// Without levels, held for so many seconds.
pub fn held(at: i64, side: Side, seconds: i64) -> (i64, Do) {
    (at, Do::Enter(Entry { hold: Some(Nanos::SECOND.times(seconds)), ..bare(side) }))
}

pub fn buy(at: i64) -> (i64, Do) {
    (at, Do::Enter(bare(Side::Buy)))
}

pub fn sell(at: i64) -> (i64, Do) {
    (at, Do::Enter(bare(Side::Sell)))
}

/// Leverage 10, no fees.
pub fn spec() -> InstrumentSpec {
    InstrumentSpec {
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("T", "USDT", Decimal::ONE, Decimal::ONE)
    }
}

pub fn market(spec: InstrumentSpec, series: &Series) -> MarketData<'_> {
    MarketData {
        instrument: Instrument::new(spec).unwrap(),
        conversion: Conversion::Same,
        slippage: Slippage::Ticks(0),
        series,
        finer: None,
        funding: Vec::new(),
    }
}

/// The same quantity every time.
pub fn quantity(text: &str) -> Sizing {
    Sizing::FixedQuantity { quantity: dec(text) }
}

/// A slot called `tiny`.
pub fn slot(instrument: u16, strategy: impl Into<StrategyFactory>) -> SlotConfig {
    SlotConfig {
        name: "tiny".to_owned(),
        instrument: InstrumentId(instrument),
        strategy: strategy.into(),
        sizing: Sizing::FixedQuantity { quantity: Decimal::ONE },
        anchor: BracketAnchor::Fill,
    }
}

/// One scripted strategy, quantity 1, cash 100,000, no costs, no limits.
pub fn scripted<'a>(series: &'a Series, script: &[(i64, Do)]) -> Backtest<'a> {
    account(&[series], vec![slot(0, Scripted(script.to_vec()))])
}

pub fn account<'a>(series: &[&'a Series], strategies: Vec<SlotConfig>) -> Backtest<'a> {
    Backtest {
        cash: dec("100000"),
        instruments: series.iter().map(|s| market(spec(), s)).collect(),
        strategies,
        risk: RiskParams::default(),
        intrabar: Intrabar::StopFirst,
        fitted: None,
        max_gap: 3,
        period: Period::default(),
        day_starts: Vec::new(),
    }
}

/// The only instrument stated anew.
pub fn restate(backtest: &mut Backtest<'_>, change: impl Fn(&mut InstrumentSpec)) {
    for traded in &mut backtest.instruments {
        let mut spec = traded.instrument.spec().clone();
        change(&mut spec);
        traded.instrument = Instrument::new(spec).unwrap();
    }
}

/// Minutes since [`T0`], seconds after the point where there are any.
pub fn at(ts: Nanos) -> String {
    let seconds = (ts - T0).0 / Nanos::SECOND.0;
    match seconds % 60 {
        0 => (seconds / 60).to_string(),
        rest => format!("{}.{rest:02}", seconds / 60),
    }
}

/// `long 1000@1 998@2 stop`: price and minute of entry and exit, and the reason.
pub fn shown(t: &Trade) -> String {
    format!(
        "{} {}@{} {}@{} {}",
        t.side.position_word(),
        t.entry_price.normalize(),
        at(t.entry_ts),
        t.exit_price.normalize(),
        at(t.exit_ts),
        t.exit.name()
    )
}

pub fn trades(run: &Run) -> Vec<String> {
    run.trades.iter().map(shown).collect()
}

/// `1 OPEN_LONG sent`, `3 CLOSE time sent`: the minute of the close decided at.
pub fn decisions(run: &Run) -> Vec<String> {
    run.decisions
        .iter()
        .map(|d| {
            let outcome = match d.outcome {
                Outcome::Sent(_) => "sent",
                Outcome::AlreadyThere => "there",
                Outcome::Refused(rule) => rule.name(),
                Outcome::Unfilled(_, why) => why.name(),
            };
            let exit = d.exit.map_or(String::new(), |e| format!("{} ", e.name()));
            format!("{} {} {exit}{outcome}", at(d.ts), d.action.name())
        })
        .collect()
}

/// Trades of one scripted strategy under a change of the setup.
pub fn outcome(
    series: &Series,
    script: &[(i64, Do)],
    change: impl FnOnce(&mut Backtest<'_>),
) -> Vec<String> {
    trades(&ran(series, script, change))
}

pub fn ran(series: &Series, script: &[(i64, Do)], change: impl FnOnce(&mut Backtest<'_>)) -> Run {
    let mut backtest = scripted(series, script);
    change(&mut backtest);
    backtest.run().unwrap()
}
