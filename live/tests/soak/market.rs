//! Real prices, and engines that trade them often.

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::Reason;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::ledger::Market;
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::signal::{Distance, Exits};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::{Entry, Exit, Moment, Phase, Proposal, Strategy, StrategyFactory};
use tickstep_core::units::{Fraction, Nanos, Side};
use tickstep_live::exchange::{PriceTape, TapeBar};

pub const SYMBOL: &str = "FILUSDT";
const PRICES: &str = include_str!("../../src/driver/simulated/prices.csv");

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The prices again and again, from `first` on, there and back so that none jumps.
pub fn tape(first: Nanos, bars: usize) -> PriceTape {
    let rows: Vec<[Decimal; 5]> = PRICES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split(',').map(d);
            std::array::from_fn(|_| fields.next().unwrap())
        })
        .collect();
    let forth =
        rows.iter().map(|[open, high, low, close, volume]| (*open, *high, *low, *close, *volume));
    let back = rows
        .iter()
        .rev()
        .map(|[open, high, low, close, volume]| (*close, *high, *low, *open, *volume));
    let all: Vec<_> = forth.chain(back).collect();
    let bar = |(at, (open, high, low, close, volume))| TapeBar {
        ts_open: first + Nanos::MINUTE.times(at as i64),
        open,
        high,
        low,
        close,
        volume,
        spread: d("0.002"),
    };
    let endless = all.iter().copied().cycle().take(bars).enumerate().map(bar);
    PriceTape::new(Nanos::MINUTE, endless.collect()).unwrap()
}

pub fn instrument() -> Instrument {
    Instrument::new(InstrumentSpec {
        leverage: Decimal::ONE_HUNDRED,
        ..InstrumentSpec::plain(SYMBOL, "USD", d("0.001"), d("0.1"))
    })
    .unwrap()
}

/// The slot for what people want.
pub const BY_HAND: &str = "by hand";

/// Enters at every `every`th bar, on a side that the bar's time tells.
#[derive(Clone)]
struct Often {
    every: i64,
    hold: Nanos,
}

impl Strategy for Often {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let bar = now.bar.ts_open.0 / Nanos::MINUTE.0;
        let side = if (bar / self.every) % 2 == 0 { Side::Buy } else { Side::Sell };
        if let Some(position) = now.position
            && now.phase == Phase::Open
            && position.side != side
        {
            out.exit = Some(Exit::signal(Reason::default()));
        }
        if bar % self.every == 0 {
            let far = |n| Some(Distance::Fraction(Fraction::lit(n, 4)));
            let exits = Exits { stop: far(20), target: far(25), hold: Some(self.hold) };
            out.enter = Some(Entry::new(side, exits, Reason::default()));
        }
    }
}

/// An account's engine: two strategies on one instrument, and a slot for what people want.
pub fn engine(account: u16) -> EngineConfig {
    let slot = |name: &str, every: i64, hold: i64, tenths: i64| SlotConfig {
        name: name.to_owned(),
        instrument: InstrumentId(0),
        strategy: StrategyFactory::from(Often { every, hold: Nanos::MINUTE.times(hold) }),
        sizing: Sizing::FixedQuantity {
            quantity: Decimal::new(tenths + 10 * i64::from(account), 1),
        },
        anchor: BracketAnchor::Fill,
    };
    let by_hand = SlotConfig { strategy: Outside::factory(), ..slot(BY_HAND, 1, 1, 1011) };
    EngineConfig {
        cash: Decimal::from(100_000),
        markets: vec![(Market::new(instrument(), Conversion::Same), BarTimes::MINUTE)],
        slots: vec![slot("quick", 2, 3, 1000), slot("slow", 5, 11, 1005), by_hand],
        risk: RiskParams::default(),
    }
}
