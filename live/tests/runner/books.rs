//! Order books of a runner: what is told of them, and a snapshot with books that is taken up
//! by a configuration with its instruments in another order.

use std::fmt::Write as _;

use tickstep_config::OwnStrategies;
use tickstep_core::decision::Action;
use tickstep_core::event::{Bar, Body, BookUpdate, Level};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Lots, Nanos, Ticks};
use tickstep_live::driver::build_with;
use tickstep_live::runner::{Effects, Happening, Input, Runner};

use crate::desk::d;

const MINUTE: Nanos = Nanos::MINUTE;
const START: Nanos = Nanos(1_700_000_040_000_000_000);

/// The two instruments of `paper.toml` in this order, and the imbalance rule on both.
fn config(order: [&str; 2]) -> String {
    let whole = include_str!("../data/paper.toml");
    let (head, rest) = whole.split_once("[[instrument]]").unwrap();
    let (_, venue) = rest.split_once("[venue.inside]").unwrap();
    let head = head.replace("kind = \"tape\"\npath = \"day.tape\"", "kind = \"binance_spot\"");
    let mut text = head;
    for symbol in order {
        write!(
            text,
            "[[instrument]]\nsymbol = \"{symbol}\"\ntick_size = 0.01\nlot_step = 0.1\n\
             leverage = 10\n"
        )
        .unwrap();
    }
    let strategy = "[[strategy]]\nkind = \"scalper\"\n\
                    sizing = { method = \"fixed_quantity\", quantity = 1 }\n\
                    [strategy.params]\nvolume_rule = false\nrsi_rule = false\n\
                    baseline_period = 2\nma_period = 2\nmin_imbalance = 0.7\n";
    format!("{text}{strategy}[venue.inside]{venue}")
}

struct Market {
    runner: Runner,
    order: [&'static str; 2],
    now: Nanos,
    out: Effects,
}

impl Market {
    fn new(order: [&'static str; 2], now: Nanos) -> Self {
        let own = OwnStrategies::default();
        let runner = build_with(&own)(&config(order), now).unwrap();
        Self { runner, order, now, out: Effects::default() }
    }

    fn id(&self, symbol: &str) -> InstrumentId {
        InstrumentId(self.order.iter().position(|own| *own == symbol).unwrap() as u16)
    }

    /// What happens with it.
    fn tell(&mut self, body: Body) -> Vec<Happening> {
        self.out.clear();
        self.runner.step(self.now, Input::Market { ts_exch: self.now, body }, &mut self.out);
        self.out.happenings.drain(..).collect()
    }

    /// A bar of each instrument closes, and is decided on.
    fn minute(&mut self, [a, b]: [i64; 2]) -> Vec<(String, Action)> {
        let opens = self.now;
        self.now = opens + MINUTE;
        for (symbol, px) in [("A", a), ("B", b)] {
            let instrument = self.id(symbol);
            let px = Ticks(px);
            let volume = Lots::new(1_000_000).unwrap();
            let bar = Bar {
                ts_open: opens,
                open: px,
                high: px,
                low: px,
                close: px,
                volume,
                taker_buy: Some(Lots::ZERO),
            };
            self.tell(Body::Bar { instrument, interval: MINUTE, bar });
        }
        let made = self.tell(Body::Decide).into_iter().filter_map(|happened| match happened {
            Happening::Signal(made) => Some((made.symbol, made.action)),
            _ => None,
        });
        made.collect()
    }

    /// A book of one level a side, with quantities in thousandths.
    fn book(&mut self, symbol: &str, px: i64, [bids, asks]: [i64; 2]) {
        let level = |px, lots: i64| Level { px: Ticks(px), lots: Lots::new(lots * 1_000).unwrap() };
        let instrument = self.id(symbol);
        let update = BookUpdate {
            snapshot: true,
            bids: vec![level(px, bids)],
            asks: vec![level(px + 1, asks)],
        };
        self.tell(Body::Book { instrument, update });
    }

    fn books(&self) -> Vec<(String, String)> {
        let told = self.runner.report_all().instruments.into_iter().map(|one| {
            let sides = one.book.and_then(|book| book.sides);
            (one.symbol, sides.map_or_else(String::new, |sides| sides.imbalance.to_string()))
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    }
}

/// Buyers lead in A's book, sellers in B's, when the next minute begins.
fn warmed_up() -> Market {
    let mut market = Market::new(["A", "B"], START);
    for _ in 0..20 {
        assert_eq!(market.minute([10_000, 5_000]), []);
    }
    market.now = market.now + Nanos::SECOND.times(58);
    market.book("A", 10_000, [900, 100]);
    market.book("B", 5_000, [100, 900]);
    market.now = market.now - Nanos::SECOND.times(58);
    market
}

#[test]
fn books_are_found_again_by_the_names_of_their_instruments_in_another_order() {
    let expected = [("A".to_owned(), Action::OpenLong), ("B".to_owned(), Action::OpenShort)];
    let told = [("A".to_owned(), "0.9".to_owned()), ("B".to_owned(), "0.1".to_owned())];
    let mut market = warmed_up();
    assert_eq!(market.books(), told);
    let known = market.runner.snapshot().unwrap();
    let mut again = Market::new(["B", "A"], market.now + Nanos::SECOND.times(59));
    again.runner.restore(&known).unwrap();
    again.now = market.now;
    assert_eq!(again.books(), told);
    // Prices cross their averages, up in A and down in B, which each book confirms.
    assert_eq!(market.minute([10_100, 4_900]), expected);
    let mut found = again.minute([10_100, 4_900]);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, expected);
}

#[test]
fn a_book_that_is_lost_is_told_so_and_nothing_is_entered_on_it() {
    let mut market = warmed_up();
    market.now = market.now + Nanos::SECOND.times(59);
    let (instrument, at) = (market.id("A"), market.now);
    let update = BookUpdate { snapshot: true, bids: Vec::new(), asks: Vec::new() };
    market.tell(Body::Book { instrument, update });
    let report = market.runner.report_all().instruments[0].book.clone().unwrap();
    assert_eq!((report.at, report.sides), (at, None));
    market.now = market.now - Nanos::SECOND.times(59);
    assert_eq!(market.minute([10_100, 4_900]), [("B".to_owned(), Action::OpenShort)]);
    let sides = market.runner.report_all().instruments[1].book.clone().unwrap().sides.unwrap();
    assert_eq!((sides.bid, sides.ask), (d("50.00"), d("50.01")));
}
