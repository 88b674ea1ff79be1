//! Limits on losses of an account at a broker: reached on the prices of each second, told
//! once, and known after a restart and over midnight.

use tickstep_core::decision::Refusal;
use tickstep_core::event::Body;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Fraction, Nanos, Side};
use tickstep_live::broker::Write;
use tickstep_live::runner::{Fate, Input, OutsideSignal, Skip};

use crate::desk::{Desk, Plan, d};

const ONE: AccountId = AccountId(0);

/// A position of 10 loses 3 and 5 of 100,000 where the price falls by 0.3 and 0.5.
fn plan() -> Plan {
    let (daily_loss, flatten_at) = (Some(Fraction::lit(3, 5)), Some(Fraction::lit(5, 5)));
    let risk = RiskParams { daily_loss, flatten_at, ..RiskParams::default() };
    Plan { risk, strategies: &["signals", "others"], ..Plan::of(1) }
}

fn count(desk: &Desk, wanted: fn(&Write) -> bool) -> usize {
    desk.writes.iter().filter(|(_, write)| wanted(write)).count()
}

fn closes(desk: &Desk) -> usize {
    count(desk, |write| matches!(write, Write::Close { whole: true, .. }))
}

fn opens(desk: &Desk) -> usize {
    count(desk, |write| matches!(write, Write::Open { .. }))
}

fn other_signal(desk: &mut Desk) -> Vec<Fate> {
    let signal = OutsideSignal { strategy: "others".to_owned(), ..desk.wanted(Side::Buy) };
    desk.give(Input::Signal(signal));
    desk.fates()
}

fn refused(by: Refusal) -> Vec<Fate> {
    vec![Fate::Skipped(Skip::Rule(by))]
}

#[test]
fn a_days_loss_stops_entries_then_closes_everything_and_a_restart_forgets_neither() {
    let mut desk = Desk::open(&plan());
    desk.signal(Side::Buy);
    desk.run(5);
    desk.bid = d("99.71");
    desk.run(3);
    assert_eq!((opens(&desk), closes(&desk)), (1, 0));
    desk.bid = d("99.70");
    desk.run(3);
    assert_eq!(other_signal(&mut desk), refused(Refusal::DailyLoss));
    assert_eq!((opens(&desk), closes(&desk)), (1, 0), "what is open stays open");
    desk.bid = d("99.50");
    desk.run(10);
    assert_eq!(closes(&desk), 1);
    assert!(desk.runner.holds(ONE).is_empty() && desk.runner.audit(ONE).is_empty());
    assert_eq!(desk.books[0].balance, d("99995.00"));

    let mut runner = plan().runner().unwrap();
    runner.restore(&desk.runner.snapshot().unwrap()).unwrap();
    let mut again = Desk::around(runner, 1);
    (again.now, again.bid, again.books) = (desk.now, desk.bid, desk.books);
    again.give(Input::Restarted);
    again.run(5);
    assert_eq!(other_signal(&mut again), refused(Refusal::DailyLoss));
    assert_eq!(again.writes, []);

    // The next day has what is left to begin with.
    let day = again.now;
    again.give(Input::Market { ts_exch: day, body: Body::DayStart });
    assert_eq!(again.runner.day(), Some(day));
    again.signal(Side::Buy);
    again.run(5);
    assert_eq!(opens(&again), 1);
    again.bid = d("99.01");
    again.run(5);
    assert_eq!(closes(&again), 0, "4.9 of this day");
    again.bid = d("99.00");
    again.run(10);
    assert_eq!(closes(&again), 1);
    assert!(again.runner.holds(ONE).is_empty());
    again.run(60);
    assert_eq!(again.writes.len(), 2, "once and not at each price");
}

#[test]
fn a_drawdown_that_ends_trading_does_so_whatever_the_day_until_a_person_resumes() {
    let max_drawdown = Some(Fraction::lit(4, 5));
    let risk = RiskParams { max_drawdown, ..RiskParams::default() };
    let mut desk = Desk::open(&Plan { risk, ..plan() });
    desk.signal(Side::Buy);
    desk.run(5);
    desk.bid = d("99.60");
    desk.run(10);
    assert_eq!(closes(&desk), 1);
    let day = desk.now + Nanos::DAY;
    desk.now = day;
    desk.give(Input::Market { ts_exch: day, body: Body::DayStart });
    desk.run(5);
    assert_eq!(other_signal(&mut desk), refused(Refusal::MaxDrawdown));
    assert_eq!(opens(&desk), 1);
}
