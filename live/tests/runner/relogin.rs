//! Sessions: what is under way while one is opened anew or given up, how many are opened at
//! once, and how often they are checked.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, Fault, LoggedIn, Read, Reply};
use tickstep_live::runner::{
    Act, Effects, Input, Intervals, LinkState, Off, Runner, Send, Settings,
};

use crate::desk::{Desk, Plan, START};

/// A runner whose time goes on by a tenth of a second with each step.
struct Steps {
    runner: Runner,
    now: Nanos,
}

impl Steps {
    fn give(&mut self, input: Input) -> Vec<Send> {
        self.now = self.now + Nanos(100_000_000);
        let mut effects = Effects::default();
        self.runner.step(self.now, input, &mut effects);
        effects.sends
    }

    fn reply(&mut self, to: &Send, reply: Reply) -> Vec<Send> {
        self.give(Input::Reply { request: to.request, reply, venue_time: None })
    }

    /// What is asked once the session that is asked for is open.
    fn log_in(&mut self, sends: &[Send]) -> Vec<Send> {
        let asked = sends.iter().find(|send| send.call == Call::LogIn).unwrap();
        let expires = Some(self.now + Nanos::HOUR);
        self.reply(
            asked,
            Reply::LoggedIn(LoggedIn { account: "0".to_owned(), expires, leverage: None }),
        )
    }

    fn operate(&mut self, wanted: bool) -> Vec<Send> {
        let act = Act::Session { account: AccountId(0), wanted };
        let (id, who, why) = (format!("{:?}", self.now), "tester".to_owned(), "a test".to_owned());
        self.give(Input::Operator { id, who, why, act })
    }
}

fn asks_for_terms(send: &&Send) -> bool {
    send.call == Call::Read(Read::Instruments)
}

#[test]
fn a_list_that_an_earlier_session_was_asked_for_is_asked_for_again_at_once() {
    for reply in [Reply::Instruments(Vec::new()), Reply::Failed(Fault::Unauthorised)] {
        let mut steps = Steps { runner: Plan::of(1).runner().unwrap(), now: START };
        let first = steps.give(Input::Wake);
        let reads = steps.log_in(&first);
        let early = reads.iter().find(asks_for_terms).unwrap();
        steps.operate(false);
        let again = steps.operate(true);
        assert!(!steps.log_in(&again).iter().any(|s| asks_for_terms(&s)), "one at a time");
        // What an earlier session answers does not say what is so in this one.
        let next = steps.reply(early, reply.clone());
        let fresh = next.iter().find(asks_for_terms).unwrap_or_else(|| panic!("{reply:?}"));
        let next = steps.reply(fresh, Reply::Instruments(Vec::new()));
        assert!(!next.iter().any(|s| asks_for_terms(&s)), "it is known now: {next:?}");
    }
}

fn session(runner: &Runner) -> LinkState {
    runner.report_all().accounts[0].session.clone().unwrap()
}

#[test]
fn who_is_logged_out_while_a_login_is_under_way_is_out_and_stays_out_over_a_restart() {
    let mut steps = Steps { runner: Plan::of(1).runner().unwrap(), now: START };
    let first = steps.give(Input::Wake);
    let asks = |sends: &[Send], call: Call| sends.iter().any(|send| send.call == call);
    let out = steps.operate(false);
    assert!(asks(&out, Call::LogOut), "what the login may yet bring is dropped: {out:?}");
    let next = steps.log_in(&first);
    assert!(next.is_empty(), "nothing is asked by it: {next:?}");
    assert_eq!(session(&steps.runner), LinkState::Off(Off::Operator));
    let again = steps.operate(false);
    assert!(again.is_empty(), "there is no session to end: {again:?}");
    let saved = steps.runner.snapshot().unwrap();
    steps.runner = Plan::of(1).runner().unwrap();
    steps.runner.restore(&saved).unwrap();
    for input in [Input::Restarted, Input::Wake, Input::Wake] {
        let sends = steps.give(input);
        assert!(sends.is_empty(), "{sends:?}");
        steps.now = steps.now + Nanos::HOUR;
    }
    assert_eq!(session(&steps.runner), LinkState::Off(Off::Operator));
    assert!(asks(&steps.operate(true), Call::LogIn), "until somebody wants it in again");
}

fn logins(sends: &[Send]) -> Vec<u16> {
    let asked = sends.iter().filter(|send| send.call == Call::LogIn);
    asked.map(|send| send.account.0).collect()
}

#[test]
fn only_so_many_log_in_at_once_and_each_that_ends_lets_the_next_one_in() {
    let settings = Settings { logins_at_once: 7, ..Settings::default() };
    // The limit of requests is each account's own, and the server is one.
    let hosts = &["first", "second", "third"];
    let plan = Plan { settings, hosts, ..Plan::of(30) };
    let mut steps = Steps { runner: plan.runner().unwrap(), now: START };
    let first = steps.give(Input::Wake);
    assert_eq!(logins(&first), (0..7).collect::<Vec<_>>());
    assert_eq!(logins(&steps.give(Input::Wake)), [0_u16; 0]);
    // Whatever became of it.
    assert_eq!(logins(&steps.log_in(&first)), [7]);
    let failed = |fault| Reply::Failed(fault);
    assert_eq!(logins(&steps.reply(&first[1], failed(Fault::BadCredentials))), [8]);
    let ninth = steps.reply(&first[2], failed(Fault::Server(502)));
    assert_eq!(logins(&ninth), [9], "what failed goes to the end of the queue");
    let act = Act::Session { account: AccountId(3), wanted: false };
    let (id, who, why) = ("out".to_owned(), "tester".to_owned(), "a test".to_owned());
    assert_eq!(logins(&steps.give(Input::Operator { id, who, why, act })), [10]);
    // A runner that takes up what this one knows does the same.
    let mut other = Steps { runner: plan.runner().unwrap(), now: steps.now };
    other.runner.restore(&steps.runner.snapshot().unwrap()).unwrap();
    steps.now = steps.now + Nanos::SECOND.times(11);
    other.now = steps.now;
    // Those that are not answered end in their time.
    let (here, there) = (steps.give(Input::Wake), other.give(Input::Wake));
    assert_eq!(logins(&here), (11..18).collect::<Vec<_>>());
    assert_eq!(format!("{here:?}"), format!("{there:?}"));
    assert_eq!(steps.runner.snapshot(), other.runner.snapshot());
}

#[test]
fn a_session_is_checked_every_ten_minutes_however_seldom_its_balance_is_read() {
    let (rest, terms) = (Nanos::HOUR, Nanos::HOUR);
    let intervals = Intervals { positions: Nanos::SECOND.times(20), rest, terms };
    let mut desk = Desk::open(&Plan { intervals, ..Plan::of(1) });
    desk.run(30 * 60);
    let asked = desk.asked.iter().filter(|(_, read)| *read == Read::Balance).map(|(at, _)| *at);
    let asked: Vec<Nanos> = asked.collect();
    let after: Vec<i64> = asked.windows(2).map(|w| (w[1] - w[0]).0 / Nanos::SECOND.0).collect();
    assert!(after.len() == 3 && after.iter().all(|s| (599..=601).contains(s)), "{after:?}");
}
