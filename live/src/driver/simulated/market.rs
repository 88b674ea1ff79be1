//! The market of a simulation: real prices, and engines that trade them.

use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::Reason;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::ledger::Market;
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::AccountId;
use tickstep_core::signal::{Distance, Exits, Signal};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::{Entry, Exit, Moment, Phase, Proposal, Strategy, StrategyFactory};
use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};

use super::faults::Draw;
use super::options::START;

const PRICES: &str = include_str!("prices.csv");

/// The symbol, here and at the broker.
pub(super) const SYMBOL: &str = "FILUSDT";

/// Strategies that trade it on every account.
pub(super) const STRATEGIES: [&str; 2] = ["first", "second"];

/// Most positions of an account, which its two strategies would exceed on the first.
pub(super) const fn most_positions(account: AccountId) -> usize {
    if account.0 == 0 { 1 } else { 2 }
}

/// The number of an account at the broker.
pub(super) fn account_number(account: AccountId) -> String {
    (950_000 + u32::from(account.0)).to_string()
}

/// The bars, with prices in ticks of 0.001.
pub(super) fn bars() -> Vec<Bar> {
    let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let ticks = |text: &str| {
        let whole = number(text) * Decimal::from(1000);
        Ticks(i64::try_from(whole.mantissa()).unwrap_or(0) / 10_i64.pow(whole.scale()))
    };
    let rows = PRICES.lines().filter(|line| !line.starts_with('#'));
    rows.enumerate()
        .map(|(at, line)| {
            let mut field = line.split(',');
            let mut next = || field.next().unwrap_or_default();
            let (open, high, low, close) =
                (ticks(next()), ticks(next()), ticks(next()), ticks(next()));
            let volume = number(next()).trunc();
            Bar {
                ts_open: START + Nanos::MINUTE.times(at as i64),
                open,
                high,
                low,
                close,
                volume: Lots::new(i64::try_from(volume.mantissa()).unwrap_or(0))
                    .unwrap_or(Lots::ZERO),
                taker_buy: None,
            }
        })
        .collect()
}

/// Terms of the instrument.
fn instrument() -> Instrument {
    let spec = InstrumentSpec {
        leverage: Decimal::ONE_HUNDRED,
        ..InstrumentSpec::plain(SYMBOL, "USD", Decimal::new(1, 3), Decimal::new(1, 1))
    };
    Instrument::new(spec).expect("the terms are sound")
}

/// Entries and exits at random closes, the same for every account.
fn signals(draw: &mut Draw, bars: u32) -> Vec<Signal> {
    let mut signals = Vec::new();
    for bar in 1..=i64::from(bars) {
        let ts = START + Nanos::MINUTE.times(bar);
        if draw.one_in(3) {
            let side = if draw.one_in(2) { Side::Buy } else { Side::Sell };
            let far = |least: u64, n: u64| Distance::Fraction(Fraction::lit((least + n) as i64, 4));
            let exits = Exits {
                stop: Some(far(15, draw.below(30))),
                target: Some(far(15, draw.below(40))),
                hold: draw.one_in(2).then(|| Nanos::MINUTE.times(1 + draw.below(4) as i64)),
            };
            signals.push(Signal::enter(ts, side, exits));
        } else if draw.one_in(8) {
            signals.push(Signal::leave(ts));
        }
    }
    signals
}

/// Does at each bar what was drawn for it. A bar is known by its open, because live a
/// decision is made some time after the close.
#[derive(Clone)]
struct ByBar(Arc<[Signal]>);

impl Strategy for ByBar {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let close = now.bar.ts_open + Nanos::MINUTE;
        let Ok(at) = self.0.binary_search_by_key(&close, |s| s.ts) else { return };
        let signal = &self.0[at];
        if let Some(position) = now.position
            && now.phase == Phase::Open
            && signal.leaves(position.side)
        {
            out.exit = Some(Exit::signal(Reason::default()));
        }
        out.enter = signal.enter.map(|side| Entry::new(side, signal.exits, Reason::default()));
    }
}

/// An account's engine, as the seed says.
pub(super) fn engine(seed: u64, bars: u32, account: u16) -> EngineConfig {
    let mut draw = Draw::new(seed ^ 0x0516_4A15);
    let times = BarTimes::every(Nanos::MINUTE).expect("a minute is a length of bars");
    let slots = STRATEGIES.map(|name| SlotConfig {
        name: name.to_owned(),
        instrument: InstrumentId(0),
        strategy: StrategyFactory::from(ByBar(signals(&mut draw, bars).into())),
        // Sizes differ between accounts and strategies, so that one is not taken for another.
        sizing: Sizing::FixedQuantity {
            quantity: Decimal::new(
                100 + 10 * i64::from(account) + if name == "first" { 0 } else { 5 },
                1,
            ),
        },
        anchor: BracketAnchor::Fill,
    });
    EngineConfig {
        cash: Decimal::from(100_000),
        markets: vec![(Market::new(instrument(), Conversion::Same), times)],
        slots: slots.into(),
        risk: RiskParams {
            max_positions: Some(most_positions(AccountId(account))),
            ..RiskParams::default()
        },
    }
}
