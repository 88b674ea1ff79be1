//! What a bench trades: accounts, symbols, a strategy that enters often.

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::Reason;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::ledger::Market;
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::signal::{Distance, Exits};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::{Entry, Moment, Proposal, Strategy, StrategyFactory};
use tickstep_core::units::{Fraction, Nanos, Side};
use tickstep_live::broker::{Abilities, BracketStyle, PositionStyle};
use tickstep_live::runner::{
    AccountSetup, HostSetup, Intervals, OrderRules, ReadLoad, Runner, SessionTerms, Settings,
    VenueSetup,
};

/// How long a position is held: entries come more seldom, so that all are flat again.
const HOLD: Nanos = Nanos::MINUTE.times(3);

/// Enters at every so many bars, with stop, target and a longest hold.
#[derive(Clone)]
struct Every(i64);

impl Strategy for Every {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let bar = now.bar.ts_open.0 / Nanos::MINUTE.0;
        if bar % self.0 != 0 {
            return;
        }
        let side = if (bar / self.0) % 2 == 0 { Side::Buy } else { Side::Sell };
        let far = |n| Some(Distance::Fraction(Fraction::lit(n, 4)));
        let exits = Exits { stop: far(200), target: far(250), hold: Some(HOLD) };
        out.enter = Some(Entry::new(side, exits, Reason::default()));
    }
}

/// What a bench trades.
#[derive(Clone, Copy)]
pub struct Plan {
    pub accounts: u16,
    pub symbols: u16,
    /// Bars between two entries of a symbol.
    pub every: i64,
    /// Requests a minute that the host takes.
    pub per_minute: u32,
    /// Whether accounts trade on the simulated exchange, and not at brokers.
    pub paper: bool,
}

pub fn symbol(number: u16) -> String {
    format!("FIL{number}USDT")
}

fn instrument(symbol: String) -> Instrument {
    let spec = InstrumentSpec {
        symbol,
        tick_size: Decimal::new(1, 3),
        lot_step: Decimal::new(1, 1),
        contract_size: Decimal::ONE,
        min_qty: None,
        min_notional: Decimal::ZERO,
        maker_fee: Decimal::ZERO,
        taker_fee: Decimal::ZERO,
        leverage: Decimal::ONE_HUNDRED,
        maintenance_margin: None,
        quote: "USD".to_owned(),
    };
    Instrument::new(spec).expect("the terms are sound")
}

pub fn account_number(account: u16) -> String {
    (950_000 + u32::from(account)).to_string()
}

impl Plan {
    pub fn engine(&self, account: u16) -> EngineConfig {
        let market = |n| (Market::new(instrument(symbol(n)), Conversion::Same), BarTimes::MINUTE);
        let slot = |n| SlotConfig {
            name: "often".to_owned(),
            instrument: InstrumentId(n),
            strategy: StrategyFactory::from(Every(self.every)),
            // Every account has a size of its own.
            sizing: Sizing::FixedQuantity { quantity: Decimal::from(10 + account) },
            anchor: BracketAnchor::Fill,
        };
        EngineConfig {
            cash: Decimal::from(1_000_000),
            markets: (0..self.symbols).map(market).collect(),
            slots: (0..self.symbols).map(slot).collect(),
            risk: RiskParams { daily_loss: Some(Fraction::lit(5, 2)), ..RiskParams::default() },
        }
    }

    pub fn runner(&self, now: Nanos) -> Runner {
        let setup = |account| AccountSetup {
            name: format!("account {account}"),
            engine: self.engine(account),
            rules: OrderRules::default(),
            venue: if self.paper { self.exchange() } else { self.broker(account) },
        };
        let load = ReadLoad {
            accounts: u32::from(self.accounts),
            per_minute: self.per_minute,
            per_day: None,
            feed: 60,
        };
        let latest = Nanos::SECOND.times(60);
        let host = HostSetup {
            name: "bench".to_owned(),
            server: "bench".to_owned(),
            per_minute: self.per_minute,
            feed: load.feed,
            per_day: None,
            sessions: SessionTerms::default(),
            intervals: Intervals::default().within(load, latest).expect("all are read in time"),
        };
        let accounts = (0..self.accounts).map(setup).collect();
        Runner::new(now, Settings::default(), &[host], accounts).expect("the setup is sound")
    }

    fn exchange(&self) -> VenueSetup {
        let venue = |n| Venue {
            instrument: instrument(symbol(n)),
            times: BarTimes::MINUTE,
            slippage: Slippage::Ticks(1),
        };
        let venues = (0..self.symbols).map(venue).collect();
        VenueSetup::Paper(Box::new(Sim::new(venues, Intrabar::StopFirst, 1)))
    }

    fn broker(&self, account: u16) -> VenueSetup {
        VenueSetup::Broker {
            identity: account_number(account),
            currency: "USD".to_owned(),
            host: 0,
            abilities: Abilities {
                bracket: BracketStyle::Attached,
                positions: PositionStyle::Hedging,
                idempotent: false,
                names_intents: false,
            },
            symbols: (0..self.symbols).map(|n| Some(symbol(n))).collect(),
            most_apart: Vec::new(),
            log_in: true,
        }
    }
}
