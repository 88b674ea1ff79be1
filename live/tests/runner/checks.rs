//! What is refused before it is sent, each with its own reason.

use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};
use tickstep_live::broker::{BracketStyle, PositionStyle};
use tickstep_live::runner::{Difference, Fate, Happening, Input, OutsideSignal, Skip, Unsent};

use crate::book::Habit;
use crate::desk::{Desk, Plan, d};

/// Why the one account did not send its order; nothing but closes may have been sent.
fn refused(desk: &mut Desk) -> Unsent {
    desk.signal(Side::Buy);
    assert_eq!(desk.writes, [], "nothing goes out");
    match &desk.fates()[..] {
        [Fate::Skipped(Skip::Check(why))] => why.clone(),
        other => panic!("{other:?}"),
    }
}

/// A desk whose broker states other terms.
fn with_terms(change: impl FnOnce(&mut Desk)) -> Desk {
    let plan = Plan::of(1);
    let mut desk = Desk::around(plan.runner().unwrap(), 1);
    change(&mut desk);
    desk.run(5);
    desk
}

#[test]
fn the_brokers_terms_are_kept_to() {
    let mut shut = with_terms(|desk| desk.terms.session_open = Some(false));
    assert_eq!(refused(&mut shut), Unsent::SessionClosed);
    let mut small = with_terms(|desk| desk.terms.volume_min = Some(d("10.1")));
    assert_eq!(refused(&mut small), Unsent::TooSmall { volume: d("10"), least: d("10.1") });
    let mut large = with_terms(|desk| desk.terms.volume_max = Some(d("9.9")));
    assert_eq!(refused(&mut large), Unsent::TooLarge { volume: d("10"), most: d("9.9") });
    let mut step = with_terms(|desk| desk.terms.volume_step = Some(d("0.3")));
    assert_eq!(refused(&mut step), Unsent::OffStep { volume: d("10"), step: d("0.3") });
    let mut near = with_terms(|desk| desk.terms.stops_level = Some(101));
    let too_near = Unsent::TooNear { level: d("99"), price: d("100"), least: 101 };
    assert_eq!(refused(&mut near), too_near);
    let mut unknown = with_terms(|desk| desk.terms.symbol = "XAUUSD.r".to_owned());
    assert_eq!(refused(&mut unknown), Unsent::NotMapped);
    let mut edge = with_terms(|desk| {
        (desk.terms.volume_min, desk.terms.volume_max) = (Some(d("10")), Some(d("10")));
        desk.terms.stops_level = Some(100);
    });
    edge.signal(Side::Buy);
    assert_eq!(edge.writes.len(), 1, "a bound itself is allowed");
}

#[test]
fn a_lot_of_another_size_is_told_and_not_traded() {
    let mut hundred = with_terms(|desk| desk.terms.contract_size = Some(d("100")));
    let other = Unsent::OtherContract { ours: d("1"), theirs: d("100") };
    assert_eq!(refused(&mut hundred), other);
    hundred.run(600);
    let told = "one lot of XAUUSD is 100 units at the broker and 1 here (contract_size)";
    assert_eq!(hundred.alerts(told), 1, "said once");
    let differences = hundred.runner.audit(AccountId(0));
    let (ours, theirs) = ("1".to_owned(), "100".to_owned());
    let what = "units of one lot of XAUUSD".to_owned();
    assert_eq!(differences, [Difference { what, ours, theirs }]);
    // It is asked again, and traded once it fits; what is not stated is not known to differ.
    for fits in [Some(d("1.00")), None] {
        hundred.terms.contract_size = fits;
        hundred.run(600);
        assert_eq!(hundred.runner.audit(AccountId(0)), []);
    }
    hundred.signal(Side::Buy);
    assert_eq!(hundred.writes.len(), 1);
    hundred.terms.contract_size = Some(d("100"));
    hundred.run(600);
    assert_eq!(hundred.alerts(told), 2, "said again when it differs again");
}

#[test]
fn an_instrument_without_a_symbol_is_not_traded() {
    let mut desk = Desk::open(&Plan { symbol: None, ..Plan::of(1) });
    // Nobody tells its price either.
    let fates = {
        desk.signal(Side::Buy);
        desk.fates()
    };
    assert!(desk.writes.is_empty() && fates.is_empty(), "{fates:?}");
}

#[test]
fn money_and_price_are_looked_at() {
    let mut plan = Plan::of(1);
    plan.rules.free_margin_floor = Some(d("90001"));
    let poor = Unsent::FreeMargin { free: d("90000"), floor: d("90001") };
    assert_eq!(refused(&mut Desk::open(&plan)), poor);
    let mut plan = Plan::of(1);
    plan.rules.price_age = Some(Nanos::SECOND.times(3));
    let mut desk = Desk::open(&plan);
    desk.now = desk.now + Nanos::SECOND.times(4);
    assert_eq!(refused(&mut desk), Unsent::NoPrice { most_ms: 3000 });
    let mut plan = Plan::of(1);
    plan.rules.most_moved = Some(Fraction::lit(1, 2));
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    assert_eq!(desk.writes.len(), 1, "the price is where it was");
}

/// The feed, which is not the broker, tells a price.
fn fed(desk: &mut Desk, px: i64) {
    let (lots, taker) = (Lots::ZERO, Side::Buy);
    let body = Body::PublicTrade { instrument: InstrumentId(0), px: Ticks(px), lots, taker };
    let ts_exch = desk.now;
    desk.give(Input::Market { ts_exch, body });
    desk.give(Input::Market { ts_exch, body: Body::Decide });
}

#[test]
fn a_broker_whose_price_is_far_from_the_feeds_is_not_entered_at() {
    let mut plan = Plan { most_apart: Some(Fraction::lit(1, 3)), ..Plan::of(1) };
    plan.settings.marks_by_quotes = false;
    // The broker's middle price is 100.01; that of the feed may be a thousandth of it away.
    let open = |px: i64| {
        let mut desk = Desk::open(&plan);
        fed(&mut desk, px);
        desk
    };
    for (px, ours) in [(9_991, "99.91"), (10_012, "100.12")] {
        let apart = Unsent::Apart { ours: d(ours), theirs: d("100.01"), most: d("0.001") };
        assert_eq!(refused(&mut open(px)), apart);
    }
    for px in [9_992, 10_011] {
        let mut near = open(px);
        near.signal(Side::Buy);
        assert_eq!(near.writes.len(), 1, "{px}");
    }
    let mut old = open(10_000);
    old.now = old.now + Nanos::SECOND.times(26);
    assert_eq!(refused(&mut old), Unsent::NoQuote { most_ms: 25_000 });
    // Without such a bound, no quote of the broker is needed.
    plan.most_apart = None;
    let mut free = Desk::open(&plan);
    fed(&mut free, 10_050);
    free.signal(Side::Buy);
    assert_eq!(free.writes.len(), 1);
}

#[test]
fn quotes_of_a_broker_that_is_not_the_feed_mark_nothing() {
    let mut plan = Plan::of(1);
    plan.settings.marks_by_quotes = false;
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    assert!(desk.writes.is_empty(), "there is no price yet");
    fed(&mut desk, 9_990);
    assert_eq!(desk.runner.report_all().instruments[0].price, Some(d("99.90")));
    desk.bid = d("100.50");
    desk.quote();
    assert_eq!(desk.runner.report_all().instruments[0].price, Some(d("99.90")));
}

#[test]
fn free_margin_that_is_not_known_or_already_taken_opens_nothing() {
    let mut plan = Plan::of(1);
    plan.rules.free_margin_floor = Some(d("80000"));
    let mut silent = Desk::around(plan.runner().unwrap(), 1);
    silent.free_margin = None;
    silent.run(5);
    assert_eq!(refused(&mut silent), Unsent::FreeMarginUnknown { floor: d("80000") });

    // An entry of 10 at 100 with a leverage of 100 takes 10. The other strategy's comes
    // before the broker has said what is left.
    plan.strategies = &["signals", "others"];
    plan.rules.free_margin_floor = Some(d("89991"));
    let mut desk = Desk::open(&plan);
    desk.books[0].habit = Habit::ExecutesSilently;
    desk.signal(Side::Buy);
    let other = OutsideSignal { strategy: "others".to_owned(), ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(other));
    let left = Unsent::FreeMargin { free: d("89990"), floor: d("89991") };
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(left))]);
    assert_eq!(desk.writes.len(), 1);
}

#[test]
fn a_signal_from_outside_is_as_old_and_as_far_away_as_it_says() {
    let mut plan = Plan::of(1);
    plan.rules.oldest = Some(Nanos::SECOND.times(5));
    let mut desk = Desk::open(&plan);
    let given = desk.now - Nanos::SECOND.times(6);
    let old = OutsideSignal { given, ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(old));
    let too_old = Unsent::TooOld { age_ms: 6_000, most_ms: 5_000 };
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(too_old))]);
    let given = desk.now - Nanos::SECOND.times(5);
    let young = OutsideSignal { given, ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(young));
    assert_eq!(desk.writes.len(), 1, "the bound itself is allowed");

    let mut plan = Plan::of(1);
    plan.rules.most_moved = Some(Fraction::lit(1, 2));
    let mut desk = Desk::open(&plan);
    desk.bid = d("101.01");
    desk.quote();
    let far = OutsideSignal { price: Some(d("100")), ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(far));
    let moved = Unsent::Moved { from: d("100"), to: d("101.01") };
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(moved))]);
    let near = OutsideSignal { price: Some(d("100.01")), ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(near));
    assert_eq!(desk.writes.len(), 1);
    desk.run(5);
    let Fate::Executed { slippage_ticks, .. } = desk.fates()[0] else { panic!() };
    assert_eq!(slippage_ticks, 100, "from the price that it was given at");
}

#[test]
fn a_signal_that_is_none_is_refused_at_the_door_with_its_reason() {
    let mut desk = Desk::open(&Plan::of(1));
    let changes = [
        ((|s: &mut OutsideSignal| s.key.clear()) as fn(&mut OutsideSignal), "source, key"),
        (|s| s.source.clear(), "source, key"),
        (|s| s.price = Some(d("0")), "price 0 is no price"),
        (|s| s.price = Some(d("100.001")), "price: "),
        (|s| s.hold = Some(Nanos(-1)), "hold"),
        (|s| s.bracket.stop = Some(d("100")), "wrong side of the price"),
        (|s| s.symbol = "GOLD".to_owned(), "no instrument is called GOLD"),
        (|s| s.strategy = "mine".to_owned(), "no account trades mine on XAUUSD"),
        (|s| s.given = s.given - Nanos::MINUTE, "ms ago"),
    ];
    for (change, words) in changes {
        let mut signal = desk.wanted(Side::Buy);
        change(&mut signal);
        desk.happened.clear();
        desk.give(Input::Signal(signal));
        let why = desk.happened.iter().find_map(|h| match h {
            Happening::SignalRefused { why, .. } => Some(why.clone()),
            _ => None,
        });
        assert!(why.as_ref().is_some_and(|why| why.contains(words)), "{words}: {why:?}");
    }
    assert_eq!(desk.writes, []);
}

#[test]
fn without_trading_everything_runs_and_no_write_goes_out() {
    let mut plan = Plan::of(2);
    plan.settings.trading = false;
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    let off = Fate::Skipped(Skip::Check(Unsent::TradingOff));
    assert_eq!(desk.fates(), [off.clone(), off]);
    assert_eq!(desk.writes, []);

    // Nor does the close of a position that was open before.
    let trading = Plan::of(1);
    let mut before = Desk::open(&trading);
    before.signal(Side::Buy);
    before.run(5);
    let mut off = Plan::of(1);
    off.settings.trading = false;
    let mut runner = off.runner().unwrap();
    runner.restore(&before.runner.snapshot().unwrap()).unwrap();
    let mut after = Desk::around(runner, 1);
    after.now = before.now;
    after.books = before.books;
    after.books[0].positions[0].bracket = tickstep_live::broker::BracketPrices::default();
    after.give(tickstep_live::runner::Input::Restarted);
    after.operate(tickstep_live::runner::Act::Kill(tickstep_live::runner::Reach::All));
    let steps = after.steps;
    after.run(60);
    assert_eq!(after.writes, []);
    assert_eq!(after.alerts("the close of position W1 waits"), 1);
    assert!(after.steps - steps < 600, "it waits and does not spin: {}", after.steps - steps);
}

#[test]
fn a_second_entry_on_a_netting_account_is_refused() {
    let mut plan = Plan::of(1);
    plan.abilities.positions = PositionStyle::Netting;
    let mut desk = Desk::open(&plan);
    // Somebody's own position on the instrument would become one with ours.
    desk.books[0].habit = Habit::Executes;
    let theirs = tickstep_live::broker::VenuePosition {
        id: "W900".to_owned(),
        symbol: crate::desk::GOLD.to_owned(),
        side: Side::Buy,
        volume: d("3"),
        open_price: d("99"),
        open_time: Nanos(desk.now.0 - Nanos::HOUR.0),
        bracket: tickstep_live::broker::BracketPrices::default(),
        commission: d("0"),
        swap: d("0"),
        profit: None,
        comment: None,
    };
    desk.books[0].positions.push(theirs);
    desk.run(40);
    assert_eq!(refused(&mut desk), Unsent::HeldByAnother);

    // Nor can two strategies share the one position, at one instant or later.
    plan.strategies = &["signals", "others"];
    for seconds in [0, 5] {
        let mut two = Desk::open(&plan);
        two.signal(Side::Buy);
        two.run(seconds);
        let other = OutsideSignal { strategy: "others".to_owned(), ..two.wanted(Side::Buy) };
        two.give(Input::Signal(other));
        assert_eq!(two.fates(), [Fate::Skipped(Skip::Check(Unsent::HeldByAnother))]);
        assert_eq!(two.writes.len(), 1);
    }
    plan.abilities.positions = PositionStyle::Hedging;
    let mut two = Desk::open(&plan);
    two.signal(Side::Buy);
    let other = OutsideSignal { strategy: "others".to_owned(), ..two.wanted(Side::Sell) };
    two.give(Input::Signal(other));
    two.run(5);
    assert_eq!(two.runner.holds(AccountId(0)).len(), 2, "on a hedging account both have one");
}

#[test]
fn a_broker_that_wants_brackets_as_orders_is_refused_at_the_start() {
    let mut plan = Plan::of(1);
    plan.abilities.bracket = BracketStyle::Orders;
    let fault = plan.runner().err().unwrap().to_string();
    assert!(fault.starts_with("account account 0 is at a broker that takes stop"), "{fault}");
}
