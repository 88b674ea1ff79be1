//! Lists that cannot be read, or say what a hand has done.

use tickstep_core::decision::Refusal;
use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Fraction, Lots, Nanos, Side};
use tickstep_live::broker::{Read, Write};
use tickstep_live::runner::{Act, Fate, Happening, Reach, Skip, Unsent};

use crate::desk::{Desk, Habit, Plan, d, long};

const ONE: AccountId = AccountId(0);

/// A call for positions that failed was read as an empty list, and everything was closed.
#[test]
fn a_list_of_positions_that_cannot_be_read_closes_nothing_and_is_said() {
    let mut desk = long(&Plan::of(1));
    let before = desk.writes.len();
    desk.fails = |read| matches!(read, Read::Positions | Read::Closed { .. });
    desk.run(600);
    assert_eq!(desk.runner.holds(ONE).len(), 1);
    assert_eq!(desk.writes.len(), before, "nothing is sent on it");
    assert_eq!(desk.alerts("open positions cannot be read: the server answered 502"), 1);
    desk.fails = |_| false;
    desk.run(60);
    assert_eq!(desk.runner.audit(ONE), []);
}

/// A question that fails was asked again without end, or never.
#[test]
fn a_question_that_fails_is_asked_three_times_and_then_in_its_turn() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.fails = |read| matches!(read, Read::Positions);
    let from = desk.asked.len();
    desk.run(200);
    let asked = desk.asked[from..].iter().filter(|(_, read)| *read == Read::Positions);
    let times: Vec<Nanos> = asked.map(|(at, _)| *at).collect();
    let gaps: Vec<i64> = times.windows(2).map(|w| (w[1] - w[0]).millis()).collect();
    assert!(gaps[..2].iter().all(|gap| (300..3_000).contains(gap)), "{gaps:?}");
    assert!(gaps[2..].iter().all(|gap| *gap >= 30_000), "{gaps:?}");
    assert!(gaps.len() > 5, "{gaps:?}");
}

/// What was read long ago is not known any more, and takes no new risk.
#[test]
fn an_account_that_was_not_read_for_long_enters_nothing_until_it_is() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.fails = |read| matches!(read, Read::Positions);
    // Read every 30 seconds, with ten for a reply: twice both is patience.
    desk.run(70);
    desk.signal(Side::Buy);
    assert_eq!(desk.writes.len(), 1, "it was read a while ago");
    let mut desk = Desk::open(&Plan::of(1));
    desk.fails = |read| matches!(read, Read::Positions);
    desk.run(120);
    desk.signal(Side::Buy);
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(Unsent::StateUnknown))]);
    assert!(!desk.runner.report_all().accounts[0].known);
    desk.fails = |_| false;
    desk.run(40);
    desk.signal(Side::Buy);
    assert_eq!(desk.writes.len(), 1, "it is known again");
}

/// A balance that could not be read was taken for nothing: a drawdown of all there was.
#[test]
fn a_balance_that_cannot_be_read_is_no_drawdown() {
    let mut plan = Plan::of(1);
    plan.risk.drawdown_tiers = Some([3, 4, 5, 6].map(|tenths| Fraction::lit(tenths, 1)));
    plan.risk.daily_loss = Some(Fraction::lit(3, 2));
    let mut desk = long(&plan);
    desk.fails = |read| matches!(read, Read::Balance);
    desk.run(600);
    assert_eq!(desk.runner.accounts()[0].engine().ledger().equity(), d("100000"));
    assert_eq!(desk.runner.holds(ONE).len(), 1);
    assert_eq!(desk.alerts("the balance cannot be read"), 1);
    desk.fails = |_| false;
    desk.run(70);
    desk.signal(Side::Sell);
    desk.run(10);
    assert_eq!(desk.writes.len(), 3, "in, out, in: no limit was reached: {:?}", desk.fates());
}

/// What a person closes of a position of the program's was opened again, or taken over.
#[test]
fn what_a_hand_closes_is_booked_and_neither_fought_nor_forgotten() {
    let mut desk = long(&Plan::of(1));
    let before = desk.writes.len();
    let now = desk.now;
    desk.books[0].close(now, d("100.5"), "W1", d("4"));
    desk.run(90);
    assert_eq!(desk.writes.len(), before, "it is not fought");
    let holds = desk.runner.holds(ONE);
    assert_eq!((holds.len(), holds[0].lots), (1, Lots::new(60).unwrap()), "the rest is managed");
    assert_eq!(desk.runner.audit(ONE), []);
    let now = desk.now;
    desk.books[0].close(now, d("100.5"), "W1", d("6"));
    desk.run(90);
    assert_eq!(desk.runner.accounts()[0].engine().ledger().cash(), d("100005"));
    assert_eq!((desk.writes.len(), desk.runner.audit(ONE)), (before, vec![]));
    let by_hand = |h: &&Happening| matches!(h, Happening::Traded { trade, .. } if trade.exit == ExitReason::Flatten);
    assert_eq!(desk.happened.iter().filter(by_hand).count(), 1);
}

/// A stop that was reached while a close was under way was told as the close.
#[test]
fn a_stop_that_comes_before_a_close_is_told_as_the_stop() {
    let mut desk = long(&Plan::of(1));
    let now = desk.now;
    desk.books[0].close(now, d("98"), "W1", d("10"));
    desk.books[0].rows[0].reason = Some("CLOSE_REASON_STOP_LOSS".to_owned());
    // There is nothing left that it could close.
    desk.books[0].habit = Habit::RefusesForGood;
    let _ = desk.operate(Act::Close { reach: Reach::All, symbol: None });
    assert!(desk.writes.iter().any(|(_, write)| matches!(write, Write::Close { .. })));
    desk.run(90);
    let exits = desk.happened.iter().filter_map(|h| match h {
        Happening::Traded { trade, .. } => Some(trade.exit),
        _ => None,
    });
    assert_eq!(exits.collect::<Vec<_>>(), [ExitReason::Stop]);
}

/// Money that was paid in raised the peak, money taken out was a crash, and a restart forgot
/// the peak.
#[test]
fn a_peak_moves_with_money_paid_in_and_out_and_is_not_forgotten_by_a_restart() {
    let mut plan = Plan::of(1);
    plan.risk.trailing_drawdown = Some(Fraction::lit(1, 1));
    let mut desk = Desk::open(&plan);
    for paid in ["100000", "-199000"] {
        desk.books[0].balance += d(paid);
        desk.run(70);
    }
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(desk.runner.holds(ONE).len(), 1, "neither is a limit reached: {:?}", desk.fates());
    // 1,000 are left, and 10 are held from 100: a tenth is lost at 90.
    desk.bid = d("90.01");
    desk.run(5);
    assert_eq!(desk.runner.holds(ONE).len(), 1);
    desk.restart(&plan, Nanos::HOUR);
    desk.run(40);
    assert_eq!(desk.runner.holds(ONE).len(), 1);
    desk.bid = d("90");
    desk.run(10);
    assert_eq!((desk.runner.holds(ONE), desk.books[0].balance), (vec![], d("900")));
    desk.restart(&plan, Nanos::HOUR);
    desk.run(70);
    desk.signal(Side::Buy);
    let refused = Fate::Skipped(Skip::Rule(Refusal::TrailingDrawdown));
    assert_eq!(desk.fates(), [refused]);
}
