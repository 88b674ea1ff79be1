//! A month's figures, from the journal of two days with a gap between them.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};
use tickstep_journal::Memory;
use tickstep_live::broker::{Call, Reply};
use tickstep_live::driver::Kept;
use tickstep_live::intent::Outcome;
use tickstep_live::record::ConfigText;
use tickstep_live::review::{Down, Figures, Month, ReviewError, page, review};
use tickstep_live::runner::{Act, Input, Reach, Runner};
use tickstep_live::store::SampleRow;

use crate::desk::{Desk, Plan};

/// A journal of an hour, a program that does not run for two, and a minute after that.
struct Days {
    disk: Memory,
    begins: Nanos,
    known: Vec<u8>,
}

impl Days {
    fn lived() -> Self {
        let mut desk = Desk::open(&Plan::of(2));
        let (known, begins) = (desk.runner.snapshot().unwrap(), desk.now);
        let days = Self { disk: Memory::default(), begins, known };
        let text = ConfigText::fresh("the configuration".to_owned());
        let build = |_: &str, _| Ok(days.runner());
        let open = || Kept::open(days.disk.clone(), 0, &text, &build, begins).unwrap().0;
        let mut kept = open();
        let signal = Input::Signal(desk.wanted(Side::Buy));
        let effects = kept.step(begins, signal).unwrap();
        let writes = effects.sends.iter().filter(|s| matches!(s.call, Call::Write(..)));
        let writes: Vec<_> = writes.map(|s| s.request).collect();
        let refused = Outcome::Rejected { code: None, message: "no money".to_owned() };
        for request in writes {
            let reply = Reply::Write(refused.clone());
            let input = Input::Reply { request, reply, venue_time: None };
            kept.step(begins + Nanos::SECOND, input).unwrap();
        }
        let (who, why) = ("kim".to_owned(), "lunch | break".to_owned());
        let act = Act::Pause(Reach::All);
        let pause = Input::Operator { id: "1".to_owned(), who, why, act };
        kept.step(begins + Nanos::MINUTE, pause.clone()).unwrap();
        kept.step(begins + Nanos::MINUTE, pause).unwrap();
        kept.step(begins + Nanos::HOUR, Input::Wake).unwrap();
        kept.sync().unwrap();
        drop(kept);
        let mut kept = open();
        kept.step(begins + Nanos::HOUR.times(3), Input::Restarted).unwrap();
        kept.step(begins + Nanos::HOUR.times(4), Input::Wake).unwrap();
        kept.sync().unwrap();
        days
    }

    fn runner(&self) -> Runner {
        let mut runner = Plan::of(2).runner().unwrap();
        runner.restore(&self.known).unwrap();
        runner
    }

    fn review(&self, month: &str, samples: Vec<SampleRow>) -> Result<Figures, ReviewError> {
        let month = Month::read(month, TimeZone::get("Asia/Seoul").unwrap()).unwrap();
        review(&self.disk, &|_: &str, _| Ok(self.runner()), &month, samples)
    }
}

#[test]
fn a_month_has_what_happened_in_it_and_when_it_was_down() {
    let days = Days::lived();
    let mib = |n: u64| Some(n << 20);
    let sample = |memory: u64, level: u64| SampleRow {
        memory_bytes: mib(memory),
        requests: 100,
        failed: 3,
        level,
        ..SampleRow::default()
    };
    let samples = vec![sample(100, 0), sample(300, 1), sample(200, 0)];
    // The desk's time is 2023-11-15 in Seoul.
    let figures = days.review("2023-11", samples).unwrap();
    let down = Down { from: days.begins + Nanos::HOUR, to: days.begins + Nanos::HOUR.times(3) };
    assert_eq!(figures.downs, [down]);
    assert_eq!(figures.up(), (Nanos::HOUR.times(2), Nanos::HOUR.times(4)));
    assert_eq!((figures.orders.0, figures.orders.1), (0, 2));
    assert_eq!(figures.acts.len(), 1, "once, however often it was given: {:?}", figures.acts);
    let worth = figures.accounts.values().next().unwrap();
    assert_eq!((worth.drawdown, worth.trades), (Decimal::ZERO, 0));
    let text = page(&figures);
    for words in [
        "# Review of 2023-11",
        "Up 2 h 0 min of 4 h 0 min (50.00 %), 1 restarts.",
        "| 2 h 0 min |",
        "orders refused or not placed | 2 | 100.00 %",
        "requests failed, mean of all minutes | | 3.00 %",
        "Nothing was executed.",
        "kim: Pause(All) (lunch \\| break)",
        "memory of the process | 100 MiB | 200 MiB | 300 MiB |",
        "66.67 % of the minutes healthy, 33.33 % degraded, 0.00 % critical",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.matches(" KST").count() > 4, "{text}");
    let nothing = days.review("2023-12", Vec::new()).unwrap_err().to_string();
    assert_eq!(nothing, "nothing was written down in 2023-12");
}
