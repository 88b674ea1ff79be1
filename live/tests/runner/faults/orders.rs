//! Orders, their prices, and the stops that go with them.

use rust_decimal::Decimal;
use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Fraction, Nanos, Side, Ticks};
use tickstep_live::broker::{BracketPrices, Write};
use tickstep_live::runner::{Act, Fate, Happening, Input, Reach, Skip, Unsent};

use crate::book::Habit;
use crate::desk::{Desk, Plan, d, long};

const ONE: AccountId = AccountId(0);

fn opens(desk: &Desk) -> Vec<(Side, BracketPrices)> {
    let open = |(_, write): &(AccountId, Write)| match write {
        Write::Open { side, bracket, .. } => Some((*side, *bracket)),
        _ => None,
    };
    desk.writes.iter().filter_map(open).collect()
}

/// A broker that has executed an order and does not state its price yet writes 0.00.
#[test]
fn an_entry_without_a_price_is_asked_for_again_and_never_booked_at_nothing() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.hides_price = true;
    desk.signal(Side::Buy);
    desk.run(3);
    assert!(desk.runner.accounts()[0].engine().ledger().is_flat());
    assert_eq!(desk.alerts("no entry price of position W1"), 1, "said once");
    desk.hides_price = false;
    desk.run(3);
    let ledger = desk.runner.accounts()[0].engine().ledger();
    let (_, held) = ledger.open_positions().next().unwrap();
    assert_eq!(held.entry_px(), Ticks(10_000));
    assert_eq!((desk.runner.audit(ONE), opens(&desk).len()), (vec![], 1));
}

/// The same of a close: at a price of 0 a long position would have lost all that it cost.
#[test]
fn a_close_without_a_price_is_asked_for_again_and_never_booked_at_nothing() {
    let mut desk = long(&Plan::of(1));
    desk.books[0].close(desk.now, d("101"), "W1", d("10"));
    desk.books[0].rows[0].close_price = Decimal::ZERO;
    desk.run(60);
    assert_eq!(desk.runner.accounts()[0].engine().ledger().cash(), d("100000"));
    assert_eq!(desk.alerts("no closing price of position W1"), 1, "said once");
    assert!(!desk.runner.report_all().accounts[0].known, "so it takes no new risk meanwhile");
    desk.books[0].rows[0].close_price = d("101");
    desk.run(10);
    let ledger = desk.runner.accounts()[0].engine().ledger();
    assert_eq!((ledger.cash(), ledger.is_flat()), (d("100010"), true));
    assert_eq!(desk.runner.audit(ONE), []);
}

/// A quote of nothing is a feed's gap and no crash of the market.
#[test]
fn a_quote_of_nothing_moves_no_equity() {
    let mut plan = Plan::of(1);
    plan.risk.flatten_at = Some(Fraction::lit(1, 3));
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    desk.run(5);
    desk.bid = Decimal::ZERO;
    desk.run(10);
    assert_eq!(desk.runner.accounts()[0].engine().ledger().equity(), d("100000"));
    assert_eq!(desk.runner.holds(ONE).len(), 1, "nothing is closed");
    desk.bid = d("90");
    desk.run(10);
    assert_eq!(desk.runner.holds(ONE), [], "a price that is there does close it: 0.1 % are lost");
}

/// A short position was closed by a negative quantity, which another program raised to the
/// smallest order: here a close names its position and its volume, and can open nothing.
#[test]
fn a_short_position_is_closed_by_its_name_and_a_volume_above_nothing() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Sell);
    desk.run(5);
    desk.operate(Act::Close { reach: Reach::All, symbol: None });
    desk.run(5);
    let closes: Vec<&Write> =
        desk.writes.iter().map(|(_, w)| w).filter(|w| matches!(w, Write::Close { .. })).collect();
    let [Write::Close { position, side, volume, whole, .. }] = closes[..] else {
        panic!("{closes:?}");
    };
    assert_eq!((position.as_str(), *side, *volume, *whole), ("W1", Side::Sell, d("10"), true));
    assert!(desk.books[0].positions.is_empty());
}

/// A stop that only the program knows is none when the program ends.
#[test]
fn a_stop_is_at_the_broker_from_the_fill_on_over_a_stop_and_a_restart() {
    let plan = Plan::of(1);
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    let bracket = BracketPrices { stop: Some(d("99")), target: Some(d("101")) };
    assert_eq!(opens(&desk), [(Side::Buy, bracket)], "it goes out with the entry");
    desk.run(5);
    let before = desk.writes.len();
    desk.give(Input::Stopping);
    desk.run(30);
    assert_eq!(desk.writes.len(), before, "an end takes nothing back");
    desk.restart(&plan, Nanos::HOUR);
    desk.run(30);
    assert_eq!(desk.books[0].positions[0].bracket, bracket);
    assert_eq!(desk.runner.audit(ONE), []);
}

/// A program that is about to end opens nothing more, and goes on to close.
#[test]
fn who_is_about_to_end_opens_nothing_and_still_closes() {
    let mut desk = long(&Plan::of(1));
    desk.give(Input::Stopping);
    desk.signal(Side::Sell);
    desk.run(10);
    assert_eq!(opens(&desk).len(), 1);
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(Unsent::Stopping))]);
    assert!(desk.books[0].positions.is_empty(), "the old side is left all the same");
}

/// A limit on slippage that only warns lets the order go out at any price.
#[test]
fn an_entry_that_waited_while_the_price_ran_away_is_refused() {
    let mut plan = Plan::of(1);
    plan.rules.most_moved = Some(Fraction::lit(1, 2));
    for (px, wanted) in [("98.99", false), ("99", true), ("101", true), ("101.01", false)] {
        let mut desk = Desk::open(&plan);
        desk.signal(Side::Buy);
        desk.run(5);
        // That the old side is gone is known only after a while, which its reversal waits for.
        desk.books[0].habit = Habit::ExecutesSilently;
        desk.signal(Side::Sell);
        assert_eq!(opens(&desk).len(), 1, "it waits");
        desk.bid = d(px);
        desk.books[0].habit = Habit::Executes;
        desk.run(15);
        let sells = opens(&desk).iter().filter(|(side, _)| *side == Side::Sell).count();
        let fates = desk.fates();
        assert_eq!(sells == 1, wanted, "{px}: {fates:?}");
    }
}

/// A broker that refuses a close was taken to have done it.
#[test]
fn a_close_that_is_refused_is_tried_again_and_said_to_be_open_until_it_is_not() {
    let mut desk = long(&Plan::of(1));
    desk.books[0].habit = Habit::Rejects;
    desk.operate(Act::Kill(Reach::All));
    desk.run(60);
    let closes =
        |desk: &Desk| desk.writes.iter().filter(|(_, w)| matches!(w, Write::Close { .. })).count();
    assert!(closes(&desk) > 2, "it is tried again: {}", closes(&desk));
    let status = desk.runner.report_all();
    assert_eq!(status.accounts[0].positions.len(), 1, "what is open is said to be");
    desk.books[0].habit = Habit::Executes;
    desk.run(60);
    let status = desk.runner.report_all();
    assert!(status.accounts[0].positions.is_empty() && desk.books[0].positions.is_empty());
    let left = |h: &&Happening| matches!(h, Happening::Traded { trade, .. } if trade.exit == ExitReason::Flatten);
    assert_eq!(desk.happened.iter().filter(left).count(), 1);
}

/// What concerns money at risk was told with the hourly summary.
#[test]
fn an_alert_is_told_in_the_step_in_which_it_is_known() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::ExecutesSilently;
    desk.signal(Side::Buy);
    let sent = desk.now;
    while desk.alerts("is not known") == 0 {
        desk.run(1);
        assert!(desk.now - sent < Nanos::SECOND.times(12), "the reply is awaited for ten seconds");
    }
    let at_once = desk.happened.len();
    desk.give(Input::Room(tickstep_live::runner::Room::Reserve));
    assert!(desk.happened[at_once..].iter().any(|h| matches!(h, Happening::Alert(_))));
}
