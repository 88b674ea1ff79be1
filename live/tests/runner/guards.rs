//! Limits on losses of an account at a broker: reached on the prices of each second, told
//! once, and known after a restart and over midnight.

use tickstep_core::decision::Refusal;
use tickstep_core::event::Body;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Fraction, Nanos, Side};
use tickstep_live::broker::Write;
use tickstep_live::runner::{Act, Fate, Input, OutsideSignal, Reach, Skip};

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
    assert_eq!((desk.alerts("daily_loss allows"), desk.alerts("flatten_at allows")), (1, 0));
    desk.bid = d("99.50");
    desk.run(10);
    assert_eq!(closes(&desk), 1);
    assert!(desk.runner.holds(ONE).is_empty() && desk.runner.audit(ONE).is_empty());
    assert_eq!(desk.books[0].balance, d("99995.00"));
    assert_eq!((desk.alerts("daily_loss allows"), desk.alerts("flatten_at allows")), (1, 1));

    let mut runner = plan().runner().unwrap();
    runner.restore(&desk.runner.snapshot().unwrap()).unwrap();
    let mut again = Desk::around(runner, 1);
    (again.now, again.bid, again.books) = (desk.now, desk.bid, desk.books);
    again.give(Input::Restarted);
    again.run(5);
    assert_eq!(other_signal(&mut again), refused(Refusal::DailyLoss));
    assert_eq!(again.writes, []);
    assert_eq!(again.alerts("allows"), 0, "it was told before");

    // The next day has what is left to begin with.
    let day = again.now;
    again.give(Input::Market { ts_exch: day, body: Body::DayStart });
    assert_eq!(again.runner.day(), Some(day));
    assert_eq!(again.alerts("a new day"), 1);
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
    assert_eq!(desk.alerts("max_drawdown is reached"), 1);
}

/// The goal of a prop firm: so much profit, and so many days on which something was entered.
#[test]
fn a_profit_target_needs_its_days_and_ends_trading_until_a_person_resumes_over_restarts() {
    let (profit_target, min_trading_days) = (Some(Fraction::lit(5, 5)), Some(2));
    let risk = RiskParams { profit_target, min_trading_days, ..RiskParams::default() };
    let plan = Plan { risk, ..plan() };
    let mut desk = Desk::open(&plan);
    desk.signal(Side::Buy);
    desk.run(5);
    desk.bid = d("100.80");
    desk.run(10);
    assert_eq!((opens(&desk), closes(&desk)), (1, 0), "8 of 5, and one day of two");
    // Another day alone is no day of trading; that the first was one is known after a restart.
    desk.restart(&plan, Nanos::DAY);
    desk.run(5);
    let day = desk.now;
    desk.give(Input::Market { ts_exch: day, body: Body::DayStart });
    desk.run(10);
    assert_eq!(closes(&desk), 0);
    let fates = other_signal(&mut desk);
    desk.run(10);
    assert_eq!((opens(&desk), closes(&desk)), (2, 2), "{fates:?}");
    assert!(desk.runner.holds(ONE).is_empty() && desk.runner.audit(ONE).is_empty());
    assert!(desk.books[0].balance >= d("100005"), "{}", desk.books[0].balance);
    for _ in 0..2 {
        assert_eq!(other_signal(&mut desk), refused(Refusal::ProfitTarget));
        // A goal is no day's: the next one ends nothing of it.
        desk.restart(&plan, Nanos::DAY);
        let day = desk.now;
        desk.give(Input::Market { ts_exch: day, body: Body::DayStart });
        desk.run(5);
    }
    assert_eq!((opens(&desk), closes(&desk)), (2, 2));
    desk.operate(Act::Resume(Reach::All));
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(opens(&desk), 3);
}
