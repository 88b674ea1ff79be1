//! A configuration that changes while a runner has it, on paper: what is set holds from
//! there on, is replayed to the last byte, and stays over a restart.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use tickstep_config::OwnStrategies;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Lots, Nanos, Ticks};
use tickstep_journal::{Journal, Memory, Reader, files, verify};
use tickstep_live::config::LiveConfig;
use tickstep_live::driver::{
    Again, Kept, KeptError, Reconfigure, Recovered, SetError, build_with, follow_file, replay,
    replay_seen, set,
};
use tickstep_live::record::{ConfigText, RecordKind};
use tickstep_live::runner::{Act, Input, Reach};

/// A strategy on both instruments, and a template for the account.
const TEXT: &str = concat!(
    include_str!("data/paper.toml"),
    r#"template = "half"

[[strategy]]
kind = "sma_cross"
sizing = { method = "fixed_quantity", quantity = 40 }
params = { fast = 2, slow = 5 }

[template.half]
size = { method = "multiplier", factor = 0.5 }
"#
);

const START: Nanos = Nanos(1_690_848_000_000_000_000);

fn own() -> OwnStrategies {
    OwnStrategies::default()
}

fn config() -> LiveConfig {
    LiveConfig::parse(TEXT, Path::new("live.toml"), &[], &own()).unwrap()
}

/// A runner on a disk in memory, and all that happened.
struct Day {
    kept: Kept<Memory>,
    at: i64,
    happened: Vec<(u64, String)>,
    bars: u64,
}

impl Day {
    fn begin() -> Self {
        Self::open(Memory::default(), START).0
    }

    fn open(disk: Memory, now: Nanos) -> (Self, Recovered) {
        let configured = ConfigText::fresh(config().text());
        let (kept, recovered) =
            Kept::open(disk, 4096, &configured, &build_with(&own()), now).unwrap();
        (Self { kept, at: 0, happened: Vec::new(), bars: 0 }, recovered)
    }

    fn now(&self) -> Nanos {
        START + Nanos::MINUTE.times(self.at)
    }

    fn give(&mut self, body: Body) {
        let input = Input::Market { ts_exch: self.now(), body };
        self.step(self.now(), input);
    }

    fn step(&mut self, now: Nanos, input: Input) {
        let effects = self.kept.step(now, input).unwrap();
        let what = std::mem::take(&mut effects.happenings);
        let mut from = 0;
        for stepped in self.kept.stepped() {
            let own = what[from..stepped.happenings].iter();
            self.happened.extend(own.map(|h| (stepped.record, format!("{h:?}"))));
            from = stepped.happenings;
        }
    }

    /// A bar of each of the first `instruments`, whose closes wander.
    fn bar(&mut self, instruments: u16) {
        let ts_open = self.now();
        self.at += 1;
        for instrument in (0..instruments).map(InstrumentId) {
            let close = |n: u64| {
                let draw = (n + 7 * u64::from(instrument.0)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                Ticks(1_000 + ((draw ^ (draw >> 29)) % 60) as i64)
            };
            let (open, close) = (close(self.bars), close(self.bars + 1));
            let bar = Bar {
                ts_open,
                open,
                high: open.max(close),
                low: open.min(close),
                close,
                volume: Lots::new(10).unwrap(),
                taker_buy: None,
            };
            self.give(Body::Bar { instrument, interval: Nanos::MINUTE, bar });
        }
        self.give(Body::Decide);
        self.bars += 1;
        for instrument in (0..instruments).map(InstrumentId) {
            let draw =
                (self.bars + 7 * u64::from(instrument.0)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let px = Ticks(1_000 + ((draw ^ (draw >> 29)) % 60) as i64);
            self.give(Body::Open { instrument, px });
        }
    }

    fn set(&mut self, changes: &[&str]) -> Result<Vec<String>, String> {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let now = self.now() + Nanos::SECOND;
        let again = |kept: &mut Kept<Memory>| set(kept, now, ("kim", "a test"), &changes, &own());
        let mut settled = again(&mut self.kept);
        if let Err(SetError::Runner(Reconfigure::Busy)) = settled {
            self.step(now, Input::Wake);
            settled = again(&mut self.kept);
        }
        let settled = settled.map_err(|error| error.to_string())?;
        if let Some((record, happened)) = settled.happened {
            self.happened.extend(happened.iter().map(|h| (record, format!("{h:?}"))));
        }
        Ok(settled.values.into_iter().map(|v| format!("{} {:?}", v.key, v.new)).collect())
    }

    /// Quantities of what was opened since.
    fn opened(&self, from: usize) -> Vec<String> {
        let opened = self.happened[from..].iter().filter(|(_, h)| h.contains("change: Opened"));
        let volume = opened.filter_map(|(_, h)| {
            let (_, rest) = h.split_once("volume: ")?;
            Some(rest.split(',').next()?.to_owned())
        });
        volume.collect()
    }

    /// Whether anything is open on an account.
    fn holds(&self, account: usize) -> bool {
        !self.kept.runner().accounts()[account].engine().ledger().is_flat()
    }

    /// The journal, done again from its first record.
    fn again(&mut self) -> (Again, Vec<(u64, String)>, Recovered) {
        self.kept.sync().unwrap();
        let reader = Reader::oldest(self.kept.journal().storage()).unwrap();
        let (mut recovered, mut seen) = (Recovered::default(), Vec::new());
        let again = replay_seen(reader, &build_with(&own()), &mut recovered, &mut |step| {
            // What the journal begins with was there before anything happened.
            if step.record > 0 {
                seen.extend(step.happenings.iter().map(|h| (step.record, format!("{h:?}"))));
            }
        });
        (again.unwrap(), seen, recovered)
    }
}

#[test]
fn what_is_set_holds_from_there_on_and_is_replayed_to_the_last_byte() {
    let mut day = Day::begin();
    (0..60).for_each(|_| day.bar(2));
    let opened = day.opened(0);
    assert!(opened.len() > 5 && opened.iter().all(|v| v == "20" || v == "20.0"), "{opened:?}");
    let from = day.happened.len();
    let values = day.set(&["template.half.size.factor=0.25"]).unwrap();
    assert_eq!(values, ["template.half.size.factor Some(\"\\\"0.25\\\"\")"]);
    let told =
        day.happened[from..].iter().filter(|(_, h)| h.contains("who: \"kim\", why: \"a test\""));
    assert_eq!(told.count(), 1);
    let from = day.happened.len();
    (0..60).for_each(|_| day.bar(2));
    let mut later = day.opened(from);
    // What had been decided before opens as it was decided.
    later.retain(|v| v != "20" && v != "20.0");
    assert!(later.len() > 5 && later.iter().all(|v| v == "10" || v == "10.0"), "{later:?}");
    day.set(&["account+={ name = \"second\", venue = \"inside\", cash = 5000 }"]).unwrap();
    day.set(&["instrument+={ symbol = \"C\", tick_size = 0.01, lot_step = 0.1 }"]).unwrap();
    day.set(&["strategy.params.slow=7"]).unwrap();
    assert_eq!(day.kept.runner().accounts().len(), 2);
    let from = day.happened.len();
    (0..60).for_each(|_| day.bar(3));
    assert!(day.opened(from).iter().any(|v| v.starts_with("40")), "the second has no template");
    let (again, seen, recovered) = day.again();
    assert_eq!(recovered.changes, 4);
    same(&seen, &day.happened);
    assert_eq!(again.runner.snapshot(), day.kept.runner().snapshot());
    assert_eq!(again.configured, *day.kept.configured());
}

/// The instruments on which an account holds something.
fn held(day: &Day) -> Vec<u16> {
    let ledger = day.kept.runner().accounts()[0].engine().ledger();
    let mut on: Vec<u16> = ledger.open_positions().map(|(_, held)| held.instrument.0).collect();
    on.sort_unstable();
    on
}

#[test]
fn an_instrument_comes_to_the_watch_list_and_leaves_it_when_nothing_is_open_there() {
    let mut day = Day::begin();
    (0..10).for_each(|_| day.bar(2));
    day.set(&["instrument+={ symbol = \"C\", tick_size = 0.01, lot_step = 0.1 }"]).unwrap();
    while held(&day) != [0, 1, 2] {
        day.bar(3);
        assert!(day.at < 2_000, "it is never in all three");
    }
    let later = |day: &Day| day.now() + Nanos::SECOND;
    let said = day.set(&["instrument-=C"]).unwrap_err();
    assert!(said.contains("would no longer trade sma_cross on C"), "{said}");
    for act in
        [Act::Pause(Reach::All), Act::Close { reach: Reach::All, symbol: Some("C".to_owned()) }]
    {
        let (who, why) = ("kim".to_owned(), "a test".to_owned());
        let now = later(&day);
        day.step(now, Input::Operator { id: format!("{act:?}"), who, why, act });
    }
    // It is closed at the next open, and nothing else is.
    let orders = day.happened.iter().filter(|(_, h)| h.contains("status: Sent"));
    let closing = orders.filter(|(_, h)| h.contains("reason: Flatten"));
    assert!(closing.clone().count() == 1 && closing.clone().all(|(_, h)| h.contains("\"C\"")));
    (0..2).for_each(|_| day.bar(3));
    assert!(!held(&day).contains(&2), "{:?}", held(&day));
    day.set(&["instrument-=C"]).unwrap();
    let status = day.kept.runner().report_all();
    let symbols: Vec<&str> = status.instruments.iter().map(|i| i.symbol.as_str()).collect();
    assert_eq!(symbols, ["A", "B"]);
    (0..20).for_each(|_| day.bar(2));
    let (again, seen, _) = day.again();
    same(&seen, &day.happened);
    assert_eq!(again.runner.snapshot(), day.kept.runner().snapshot());
}

#[test]
fn what_is_set_stays_over_a_restart_and_lies_on_another_file() {
    let mut day = Day::begin();
    (0..30).for_each(|_| day.bar(2));
    day.set(&["template.half.size.factor=0.25"]).unwrap();
    day.set(&["template.half.deny+=\"B\"", "template.half.size.factor=0.1"]).unwrap_err();
    day.set(&["template.half.size.factor=0.1", "limits.timeout_ms=900"]).unwrap();
    let before = day.kept.runner().snapshot();
    let now = day.now();
    let (mut again, recovered) = Day::open(day.kept.into_storage(), now);
    assert_eq!(recovered.changes, 2);
    assert_eq!(again.kept.runner().snapshot(), before);
    let changes = &again.kept.configured().changes;
    assert_eq!(changes, &["template.half.size.factor=0.1", "limits.timeout_ms=900"]);
    // The same file: nothing to do.
    let settled = follow_file(&mut again.kept, now, &config(), false, &own()).unwrap();
    assert!(settled.happened.is_none() && settled.values.is_empty());
    // Another file: what was set lies on it.
    let text = TEXT.replace("cash = 100_000", "cash = 50_000");
    let file = LiveConfig::parse(&text, Path::new("live.toml"), &[], &own()).unwrap();
    let settled = follow_file(&mut again.kept, now, &file, false, &own()).unwrap();
    let values: Vec<&str> = settled.values.iter().map(|v| v.key.as_str()).collect();
    assert_eq!(values, ["reference.cash"]);
    assert_eq!(settled.config.limits.timeout_ms, 900);
    // A file that a change does not fit any more is not followed, unless it is forgotten.
    let text = text.replace("[template.half]", "[template.other]").replace("\"half\"", "\"other\"");
    let file = LiveConfig::parse(&text, Path::new("live.toml"), &[], &own()).unwrap();
    let fault = follow_file(&mut again.kept, now, &file, false, &own()).unwrap_err();
    assert!(matches!(fault, SetError::Forerunner { .. }), "{fault}");
    assert!(fault.to_string().contains("start with --forget-changes"), "{fault}");
    let settled = follow_file(&mut again.kept, now, &file, true, &own()).unwrap();
    assert_eq!(settled.config, file);
    let (third, _) = Day::open(again.kept.into_storage(), now);
    assert_eq!(third.kept.configured().text, file.text());
}

#[test]
fn another_file_is_followed_after_an_end_in_the_middle_of_an_instant() {
    let mut day = Day::begin();
    (0..30).for_each(|_| day.bar(2));
    // The bar of one of two instruments, and then the program ends.
    day.bar(1);
    day.kept.sync().unwrap();
    let closed = day.now();
    let (mut again, _) = Day::open(day.kept.into_storage(), closed);
    assert_eq!(again.kept.runner().snapshot(), None);
    let text = TEXT.replace("cash = 100_000", "cash = 50_000");
    let file = LiveConfig::parse(&text, Path::new("live.toml"), &[], &own()).unwrap();
    // More of that instant may come.
    let busy = follow_file(&mut again.kept, closed, &file, false, &own()).unwrap_err();
    assert!(matches!(busy, SetError::Runner(Reconfigure::Busy)), "{busy}");
    let later = closed + Nanos::SECOND;
    let settled = follow_file(&mut again.kept, later, &file, false, &own()).unwrap();
    assert_eq!(settled.config, file);
    again.step(later, Input::Restarted);
    again.kept.sync().unwrap();
    // Its journal makes the same again.
    let known = again.kept.runner().snapshot();
    assert!(known.is_some());
    let (third, _) = Day::open(again.kept.into_storage(), later);
    assert_eq!(third.kept.runner().snapshot(), known);
}

#[test]
fn a_change_that_cannot_be_changes_nothing() {
    let mut day = Day::begin();
    (0..10).for_each(|_| day.bar(2));
    while !day.holds(0) {
        day.bar(2);
    }
    let now = day.now() + Nanos::SECOND;
    day.step(now, Input::Wake);
    let before = (day.kept.runner().snapshot(), day.kept.configured().clone());
    let open = "account main would no longer trade sma_cross on";
    for (change, words) in [
        (
            "template.half.size.factor=2000",
            "2000 is out of range; it must be above 0, at most 1000",
        ),
        ("template.half.size.facto=2", "did you mean `factor`?"),
        ("template.half.allow=[]", "leaves no instrument to trade"),
        ("strategy.0.name=\"other\"", open),
        (
            "account.main.name=\"other\"",
            "account main cannot go: a position or an order is open; close it first",
        ),
        ("instrument.A.tick_size=0.1", "A was saved with other tick size"),
        ("mode=live", "account[0]"),
    ] {
        match day.set(&[change]) {
            Ok(_) => assert_eq!(change, "mode=live"),
            Err(said) => assert!(said.contains(words), "{change}\n  said: {said}"),
        }
        if change != "mode=live" {
            assert_eq!((day.kept.runner().snapshot(), day.kept.configured().clone()), before);
        }
    }
    let (again, seen, _) = day.again();
    same(&seen, &day.happened);
    assert_eq!(again.runner.snapshot(), day.kept.runner().snapshot());
}

/// What a replay shows is what happened, line by line.
fn same(seen: &[(u64, String)], happened: &[(u64, String)]) {
    let other = seen.iter().zip(happened).find(|(seen, happened)| seen != happened);
    assert_eq!(other, None);
    assert_eq!(seen.len(), happened.len());
}

/// Bytes of the only file of a journal.
fn bytes(disk: &Memory) -> (String, Vec<u8>) {
    let name = files(disk).unwrap().remove(0).name;
    let bytes = disk.bytes(&name).unwrap();
    (name, bytes)
}

#[test]
fn a_record_that_was_dropped_is_named() {
    let mut day = Day::begin();
    (0..20).for_each(|_| day.bar(2));
    day.kept.sync().unwrap();
    let (name, before) = bytes(day.kept.journal().storage());
    let from = before.len();
    let now = day.now() + Nanos::SECOND;
    day.step(now, Input::Wake);
    day.kept.sync().unwrap();
    let woken = bytes(day.kept.journal().storage()).1.len();
    let record = day.happened.len();
    day.set(&["template.half.size.factor=0.25"]).unwrap();
    let dropped = day.happened[record].0;
    let to = bytes(day.kept.journal().storage()).1.len();
    assert!(from < woken && woken < to);
    (0..20).for_each(|_| day.bar(2));
    day.step(day.now() + Nanos::SECOND, Input::Wake);
    assert!(day.kept.rotate(day.now() + Nanos::SECOND).unwrap());
    let disk = day.kept.journal().storage().copy();
    let mut whole = disk.bytes(&name).unwrap();
    whole.drain(woken..to);
    disk.put(&name, whole);
    let named = format!("record {dropped}");
    let fault = verify(&disk).unwrap_err().to_string();
    assert!(fault.contains(&named), "{dropped}: {fault}");
    let fault = replayed(&disk).err().unwrap().to_string();
    assert!(fault.contains(&named), "{dropped}: {fault}");
}

fn replayed(disk: &Memory) -> Result<Again, KeptError> {
    let reader = Reader::oldest(disk)?;
    replay(reader, &build_with(&own()), &mut Recovered::default())
}

#[test]
fn a_journal_that_was_written_anew_without_a_record_differs_from_what_comes_after() {
    let mut day = Day::begin();
    (0..20).for_each(|_| day.bar(2));
    day.set(&["template.half.size.factor=0.25"]).unwrap();
    (0..20).for_each(|_| day.bar(2));
    let now = day.now() + Nanos::SECOND;
    day.step(now, Input::Wake);
    assert!(day.kept.rotate(now).unwrap());
    let disk = day.kept.journal().storage();
    assert!(replayed(disk).is_ok());
    // Every record but one, in a chain that is sound.
    for kind in [RecordKind::Config, RecordKind::Market] {
        let mut forged = Journal::open(Memory::default(), 0).unwrap().journal;
        let mut reader = Reader::oldest(disk).unwrap();
        let (mut left_out, mut last) = (None, 0);
        while let Some(record) = reader.next().unwrap() {
            last = record.number;
            if record.kind == RecordKind::Snapshot as u8 {
                forged.rotate(record.kind, record.ts, record.payload).unwrap();
            } else if record.kind == kind as u8 && left_out.is_none() && record.number > 40 {
                left_out = Some(record.number);
            } else {
                forged.append(record.kind, record.ts, record.payload).unwrap();
            }
        }
        forged.sync().unwrap();
        assert!(left_out.is_some());
        // The first outcome that is another, or else the next snapshot.
        let fault = replayed(forged.storage()).err().unwrap().to_string();
        let named = fault.strip_prefix("record ").and_then(|rest| rest.split_once(" has "));
        let (number, what) = named.unwrap();
        let after = left_out.unwrap()..last;
        assert!(after.contains(&number.parse().unwrap()), "{kind:?}: {fault}");
        let (outcome, state) = ("another outcome where", "the state of the day where");
        assert!(what.starts_with(outcome) || what.starts_with(state), "{kind:?}: {fault}");
    }
}
