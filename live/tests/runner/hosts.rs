//! Hosts: whose quotes count, what each account may send, and that all may log in.

use tickstep_core::units::{Nanos, Side};
use tickstep_live::runner::{Fate, Intervals, ReadLoad, Skip, Unsent};

use crate::desk::{Desk, Plan, d};

#[test]
fn quotes_are_of_a_server_although_each_account_has_a_limit_of_its_own() {
    let plan = Plan { limit: 500, hosts: &["first", "second", "third"], ..Plan::of(3) };
    let mut desk = Desk::around(plan.runner().unwrap(), 3);
    // A short position is left at the ask, 100.02, from which its stop is 0.98 away; from
    // the last price, which every account has, it is one.
    desk.terms.stops_level = Some(99);
    desk.run(5);
    desk.signal(Side::Sell);
    let near = Unsent::TooNear { level: d("101"), price: d("100.02"), least: 99 };
    assert_eq!(desk.fates(), vec![Fate::Skipped(Skip::Check(near)); 3]);
}

#[test]
fn a_report_says_what_each_account_may_send_and_what_the_feed_keeps() {
    let desk = Desk::open(&Plan { limit: 500, ..Plan::of(10) });
    let report = desk.runner.report_all();
    let host = &report.hosts[0];
    assert_eq!((host.name.as_str(), host.accounts, host.unanswered), ("desk", 10, 0));
    assert_eq!((host.per_minute, host.feed, host.share), (500, 0, 50));
    assert!(report.accounts.iter().all(|a| a.next_question.is_some()));
}

#[test]
fn two_hundred_accounts_log_in_and_are_read_back_within_the_limit() {
    let wish = Intervals { positions: Nanos::SECOND.times(20), ..Intervals::default() };
    let load = ReadLoad { accounts: 200, per_minute: 1_400, per_day: None, feed: 0 };
    let intervals = wish.within(load, Nanos::SECOND.times(30)).unwrap();
    let plan = Plan { limit: 1_400, intervals, ..Plan::of(200) };
    let mut desk = Desk::around(plan.runner().unwrap(), 200);
    desk.run(65);
    let up = |desk: &Desk| desk.runner.report_all().accounts.iter().filter(|a| a.known).count();
    assert_eq!(up(&desk), 200, "a little more than a minute is enough to know them all");
    desk.run(240);
    for (at, first) in desk.sent.iter().enumerate() {
        let within = desk.sent[at..].iter().take_while(|t| t.0 - first.0 < Nanos::MINUTE.0);
        assert!(within.count() <= 1_400);
    }
    // None was read back later than asked for.
    let late = desk.runner.report_all().accounts.into_iter().filter_map(|a| a.read_back);
    assert!(late.into_iter().all(|at| desk.now - at <= Nanos::SECOND.times(31)));
}
