//! What happened between two times, in one file.

use jiff::tz::TimeZone;
use serde_json::Value;
use tickstep_core::units::{Nanos, Side};
use tickstep_journal::Memory;
use tickstep_live::broker::{Call, Reply};
use tickstep_live::driver::{IncidentError, IncidentSpan, Kept, incident};
use tickstep_live::intent::Outcome;
use tickstep_live::record::ConfigText;
use tickstep_live::runner::{Act, Input, Reach, Runner};

use crate::desk::{Desk, Plan};

/// A journal with a signal, its orders and their answers in the first minute, a pause in the
/// second, and nothing in the third.
struct Day {
    disk: Memory,
    begins: Nanos,
    known: Vec<u8>,
}

impl Day {
    fn lived() -> Self {
        let mut desk = Desk::open(&Plan::of(2));
        let (known, begins) = (desk.runner.snapshot().unwrap(), desk.now);
        let day = Self { disk: Memory::default(), begins, known };
        let text = ConfigText::fresh("the configuration".to_owned());
        let build = |_: &str, _| Ok(day.runner());
        let (mut kept, _) = Kept::open(day.disk.clone(), 0, &text, &build, begins).unwrap();
        let signal = Input::Signal(desk.wanted(Side::Buy));
        let effects = kept.step(begins, signal).unwrap();
        let writes = effects.sends.iter().filter(|s| matches!(s.call, Call::Write(..)));
        let writes: Vec<_> = writes.map(|s| s.request).collect();
        for request in writes {
            let reply = Reply::Write(Outcome::Accepted { id: None });
            let input = Input::Reply { request, reply, venue_time: None };
            kept.step(begins + Nanos::SECOND, input).unwrap();
        }
        let (who, why) = ("kim".to_owned(), "lunch".to_owned());
        let pause = Input::Operator { id: "1".to_owned(), who, why, act: Act::Pause(Reach::All) };
        kept.step(day.at(1), pause).unwrap();
        kept.sync().unwrap();
        day
    }

    fn runner(&self) -> Runner {
        let mut runner = Plan::of(2).runner().unwrap();
        runner.restore(&self.known).unwrap();
        runner
    }

    fn at(&self, minute: i64) -> Nanos {
        self.begins + Nanos::MINUTE.times(minute)
    }

    fn report(&self, from: i64, to: i64) -> Result<Vec<Value>, IncidentError> {
        let zone = TimeZone::get("Asia/Seoul").unwrap();
        let span = IncidentSpan { from: self.at(from), to: Nanos(self.at(to).0 - 1), zone };
        let build = |_: &str, _| Ok(self.runner());
        let mut out = Vec::new();
        incident(&self.disk, &build, &span, &mut out)?;
        let text = String::from_utf8(out).unwrap();
        Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    let words = ["incident", "state", "order", "input", "set", "snapshot"];
    let kind = |line: &Value| words.into_iter().find(|word| line.get(word).is_some()).unwrap();
    lines.iter().map(kind).collect()
}

#[test]
fn an_incident_is_one_file_of_what_came_in_and_what_came_of_it() {
    let day = Day::lived();
    let lines = day.report(0, 1).unwrap();
    let wanted =
        ["incident", "state", "snapshot", "input", "order", "order", "input", "input", "state"];
    assert_eq!(kinds(&lines), wanted);
    assert_eq!(lines[0]["incident"]["configuration"], "the configuration");
    let shown = lines[0]["incident"]["from"].as_str().unwrap();
    assert!(shown.starts_with("2023-11-15 07:13:") && shown.ends_with(" KST"), "{shown}");
    // A signal with what came of it, and the orders as they went out.
    assert!(lines[3]["input"]["signal"].is_object(), "{}", lines[3]);
    let happened = lines[3]["happened"].as_array().unwrap();
    assert!(happened.iter().any(|h| h["signal"].is_object()), "{happened:?}");
    let sent = happened.iter().filter(|h| h["order"].is_object()).count();
    assert_eq!(sent, 2, "{happened:?}");
    assert!(lines[4]["order"]["write"]["open"].is_object(), "{}", lines[4]);
    // What accounts were worth when it ended.
    let accounts = &lines[8]["state"]["runner"]["accounts"];
    assert_eq!(accounts.as_array().map(Vec::len), Some(2));
    let equity = accounts[0]["equity"].as_str().unwrap().trim_end_matches('0');
    assert_eq!(equity, "100000.");
}

#[test]
fn an_incident_begins_and_ends_when_it_is_told_to() {
    let day = Day::lived();
    let lines = day.report(1, 2).unwrap();
    assert_eq!(kinds(&lines), ["incident", "state", "input", "state"]);
    assert_eq!(lines[2]["input"]["operator"]["who"], "kim");
    let nothing = day.report(2, 3).unwrap_err().to_string();
    assert!(nothing.starts_with("nothing was written down between 2023-11-15 07:15:"), "{nothing}");
}
