//! Questions that are under way while a session is opened anew.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, Fault, LoggedIn, Read, Reply};
use tickstep_live::runner::{Act, Effects, Input, Runner, Send};

use crate::desk::{Plan, START};

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
