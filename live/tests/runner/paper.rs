//! What accounts on paper are held to by their templates: the same as at a broker.

use std::path::Path;

use tickstep_config::OwnStrategies;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};
use tickstep_live::broker::BracketPrices;
use tickstep_live::config::LiveConfig;
use tickstep_live::runner::{
    Effects, Fate, Happening, Input, OrderAim, OrderStatus, OutsideSignal, Runner, SignalKind,
    Skip, Unsent,
};

use crate::desk::{START, d};

/// A slot for signals on both instruments; another account follows the rules of a test.
const TEXT: &str = concat!(
    include_str!("../data/paper.toml"),
    r#"
[[account]]
name = "strict"
venue = "inside"
template = "strict"

[[strategy]]
kind = "outside"
sizing = { method = "fixed_quantity", quantity = 10 }

[template.strict]
size = { method = "own" }
"#
);

/// Two accounts on paper, one without rules and one with those of a test.
struct Market {
    runner: Runner,
    now: Nanos,
    happened: Vec<Happening>,
    keys: u32,
}

impl Market {
    /// At a price of 100, after a first bar.
    fn with(rules: &str) -> Self {
        let text = format!("{TEXT}{rules}\n");
        let own = OwnStrategies::default();
        let config = LiveConfig::parse(&text, Path::new("live.toml"), &[], &own).unwrap();
        let runner = config.runner(START).unwrap();
        let mut market = Self { runner, now: START, happened: Vec::new(), keys: 0 };
        market.open("100");
        market.now = market.now + Nanos::MINUTE;
        market.close("100");
        market
    }

    fn give(&mut self, input: Input) {
        let mut out = Effects::default();
        self.runner.step(self.now, input, &mut out);
        self.happened.append(&mut out.happenings);
    }

    fn market(&mut self, body: Body) {
        self.give(Input::Market { ts_exch: self.now, body });
    }

    fn close(&mut self, price: &str) {
        let px = ticks(price);
        let bar = Bar {
            ts_open: self.now - Nanos::MINUTE,
            open: px,
            high: px,
            low: px,
            close: px,
            volume: Lots::new(10).unwrap(),
            taker_buy: None,
        };
        self.market(Body::Bar { instrument: InstrumentId(0), interval: Nanos::MINUTE, bar });
        self.market(Body::Decide);
    }

    /// The next bar opens; what comes of it.
    fn open(&mut self, price: &str) {
        self.market(Body::Open { instrument: InstrumentId(0), px: ticks(price) });
        self.now = self.now + Nanos(1);
        self.give(Input::Wake);
    }

    fn signal(&mut self, kind: SignalKind, change: impl FnOnce(&mut OutsideSignal)) {
        self.keys += 1;
        let mut signal = OutsideSignal {
            source: "test".to_owned(),
            key: self.keys.to_string(),
            strategy: "outside".to_owned(),
            symbol: "A".to_owned(),
            kind,
            price: None,
            bracket: BracketPrices::default(),
            hold: None,
            waits: None,
            given: self.now,
        };
        change(&mut signal);
        self.give(Input::Signal(signal));
    }

    /// What became of the last signal that is over, on both accounts.
    fn fates(&self) -> Vec<Fate> {
        let result = self.happened.iter().rev().find_map(|happening| match happening {
            Happening::Result(result) => Some(result),
            _ => None,
        });
        result.unwrap().accounts.iter().map(|line| line.fate.clone()).collect()
    }

    fn held(&self) -> Vec<Option<Side>> {
        let accounts = self.runner.report_all().accounts;
        accounts.iter().map(|account| account.positions.first().map(|held| held.side)).collect()
    }
}

fn ticks(price: &str) -> Ticks {
    let hundredths = d(price) * d("100");
    Ticks(hundredths.try_into().unwrap())
}

fn skipped(why: Unsent) -> Fate {
    Fate::Skipped(Skip::Check(why))
}

const BUY: SignalKind = SignalKind::Enter(Side::Buy);
const SELL: SignalKind = SignalKind::Enter(Side::Sell);

#[test]
fn a_decision_that_is_too_old_at_the_open_is_not_executed() {
    let mut market = Market::with("oldest_signal_ms = 5_000");
    market.signal(BUY, |_| {});
    market.now = market.now + Nanos(5_001_000_000);
    market.open("100");
    let [free, strict] = &market.fates()[..] else { panic!() };
    assert!(matches!(free, Fate::Executed { .. }), "{free:?}");
    assert_eq!(*strict, skipped(Unsent::TooOld { age_ms: 5_001, most_ms: 5_000 }));
    assert_eq!(market.held(), [Some(Side::Buy), None]);
    let unsent = market.happened.iter().filter(|happening| {
        matches!(happening, Happening::Order(news)
            if news.account == AccountId(1)
                && news.aim == OrderAim::Entry
                && matches!(news.status, OrderStatus::Unsent(Unsent::TooOld { .. })))
    });
    assert_eq!(unsent.count(), 1);
    // The next one comes in time; a signal is as old as it says.
    for (age, executed) in [(4, true), (6, false)] {
        market.signal(SignalKind::Leave, |_| {});
        market.open("100");
        market.signal(BUY, |signal| signal.given = signal.given - Nanos::SECOND.times(age));
        market.open("100");
        assert_eq!(market.held(), [Some(Side::Buy), executed.then_some(Side::Buy)], "{age}");
    }
}

#[test]
fn a_reversal_that_comes_too_late_leaves_and_does_not_enter() {
    let mut market = Market::with("oldest_signal_ms = 5_000");
    market.signal(BUY, |_| {});
    market.open("100");
    assert_eq!(market.held(), [Some(Side::Buy); 2]);
    market.signal(SELL, |_| {});
    market.now = market.now + Nanos::SECOND.times(6);
    let saved = market.runner.snapshot().unwrap();
    market.runner.restore(&saved).unwrap();
    market.open("100");
    assert_eq!(market.held(), [Some(Side::Sell), None]);
}

#[test]
fn a_price_that_moved_too_far_is_not_entered_at() {
    let mut market = Market::with("max_price_move = 0.01");
    market.signal(BUY, |_| {});
    market.open("101.01");
    let moved = Unsent::Moved { from: d("100"), to: d("101.01") };
    assert_eq!(market.fates()[1], skipped(moved));
    assert_eq!(market.held(), [Some(Side::Buy), None]);
    market.signal(BUY, |signal| signal.price = Some(d("100")));
    market.open("101");
    assert_eq!(market.held(), [Some(Side::Buy); 2], "the bound itself is allowed");
    let Fate::Executed { slippage_ticks, .. } = market.fates()[1] else { panic!() };
    assert_eq!(slippage_ticks, 100, "from the price that it was given at");
}

#[test]
fn a_floor_of_free_margin_counts_what_is_held_and_not_what_is_left_at_that_open() {
    // 10 at 100 with a leverage of 10 takes 100.
    let mut market = Market::with("free_margin_floor = 100_001");
    market.signal(BUY, |_| {});
    market.open("100");
    let poor = Unsent::FreeMargin { free: d("100000"), floor: d("100001") };
    assert_eq!(market.fates()[1], skipped(poor));
    let mut market = Market::with("free_margin_floor = 99_950");
    market.signal(BUY, |_| {});
    market.open("100");
    market.signal(SELL, |_| {});
    market.open("100");
    assert_eq!(market.held(), [Some(Side::Sell); 2], "the position before it is gone by then");
}
