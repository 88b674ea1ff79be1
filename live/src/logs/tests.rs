//! Lines as they are written.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::*;
use crate::intent::{End, IntentId};
use crate::runner::{
    AccountResult, Alert, AlertKind, Fate, Happening, OrderAim, OrderNews, OrderStatus, Severity,
    SignalId, SignalResult, Skip,
};

/// Text that is written, kept.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written of what `say` says.
fn written(settings: &LogSettings, people: bool, say: impl FnOnce()) -> String {
    let page = Page::default();
    let (subscriber, guard) = subscriber(settings, people, Box::new(page.clone())).unwrap();
    tracing::subscriber::with_default(subscriber, say);
    // What waits is written before it is gone.
    drop(guard);
    let bytes = page.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn filter(filter: &str) -> LogSettings {
    LogSettings { filter: filter.to_owned(), ..LogSettings::default() }
}

fn rejected(message: &str) -> Happening {
    Happening::Order(OrderNews {
        account: AccountId(1),
        intent: IntentId(7),
        order: None,
        signal: Some(SignalId(3)),
        strategy: Some("scalper".to_owned()),
        symbol: "EURUSD".to_owned(),
        aim: OrderAim::Entry,
        side: Side::Buy,
        volume: "0.10".parse().unwrap(),
        price: Some("1.08100".parse().unwrap()),
        bracket: crate::broker::BracketPrices::default(),
        waits: None,
        decided: Nanos(0),
        number: None,
        status: OrderStatus::Ended(End::Rejected {
            code: Some("NO_MONEY".to_owned()),
            message: message.to_owned(),
        }),
    })
}

fn told(happening: &Happening) {
    tell(happening, &|account| (account.0 == 1).then_some("one"));
}

#[test]
fn a_pipe_gets_json_with_what_it_concerns() {
    let text = written(&filter("info"), false, || told(&rejected("not enough money")));
    let line: Value = serde_json::from_str(&text).unwrap();
    let wanted = serde_json::json!({
        "level": "WARN", "event": "order_rejected", "account": "one", "symbol": "EURUSD",
        "intent": 7, "signal": 3, "strategy": "scalper", "side": "buy", "volume": "0.1",
        "price": "1.081", "message": "entry: not enough money (NO_MONEY)",
        "target": "tickstep_live::logs::line",
    });
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name} in {text}");
    }
    assert!(line.get("position").is_none(), "{text}");
    let stamp = line["timestamp"].as_str().unwrap();
    assert!(stamp.ends_with('Z') && stamp.parse::<jiff::Timestamp>().is_ok(), "{stamp}");
}

#[test]
fn people_get_a_line_that_no_broker_can_break() {
    let words = "no\nmoney\u{1b}[2J\rnow";
    let text = written(&filter("info"), true, || told(&rejected(words)));
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(text.contains("no money [2J now") && !text.contains("\u{1b}[2J"), "{text}");
    assert!(text.contains("KST"), "{text}");
    let json = written(&filter("info"), false, || told(&rejected(words)));
    assert_eq!(json.matches('\n').count(), 1, "{json}");
}

#[test]
fn a_result_tells_every_account() {
    let price = "1.0811".parse().unwrap();
    let executed = Fate::Executed {
        price,
        quantity: "10000".parse().unwrap(),
        slippage_ticks: 1,
        latency: Nanos(42_000_000),
    };
    let rejected = Fate::Rejected { message: "no money".to_owned() };
    let fates = [executed, rejected, Fate::NotPlaced, Fate::Skipped(Skip::NotForIt)];
    let accounts = fates.into_iter().enumerate().map(|(n, fate)| AccountResult {
        account: AccountId(n as u16),
        intent: None,
        fate,
    });
    let result = Happening::Result(SignalResult {
        id: SignalId(3),
        symbol: "EURUSD".to_owned(),
        executed: 1,
        failed: 2,
        skipped: 1,
        resting: 0,
        volume: "10000".parse().unwrap(),
        took: Nanos(50_000_000),
        accounts: accounts.collect(),
    });
    let found = lines(&result, &|_| None);
    let words: Vec<_> = found.iter().map(|l| (l.level, l.account.as_deref(), &*l.words)).collect();
    let wanted = [
        (Level::WARN, None, "1 executed, 0 waiting, 2 failed, 1 skipped, volume 10000, 50 ms"),
        (Level::INFO, Some("#0"), "executed 10000 at 1.0811, slippage 1 ticks, 42 ms"),
        (Level::WARN, Some("#1"), "rejected: no money"),
        (Level::WARN, Some("#2"), "not placed"),
        (Level::DEBUG, Some("#3"), "skipped: the account does not trade it"),
    ];
    assert_eq!(words, wanted);
    assert!(found.iter().all(|l| l.signal == Some(3)));
}

#[test]
fn levels_are_as_asked_for_and_libraries_are_heard_when_something_is_wrong() {
    let say = || {
        tracing::trace!(target: "hyper::proto", "a library's trace");
        tracing::info!(target: "hyper::proto", "a library's news");
        tracing::warn!(target: "hyper::proto", "a library's warning");
        tracing::debug!(target: "tickstep_live::runner", "our detail");
        told(&Happening::Alert(Alert {
            severity: Severity::Critical,
            account: None,
            kind: AlertKind::Disk,
            words: "full".to_owned(),
        }));
    };
    for (asked, wanted) in [
        ("trace", ["a library's warning", "our detail", "Disk: full"].as_slice()),
        ("info", &["a library's warning", "Disk: full"]),
        ("error", &["Disk: full"]),
        ("error,tickstep_live::runner=debug", &["our detail", "Disk: full"]),
        ("off", &[]),
    ] {
        let text = written(&filter(asked), false, say);
        let read = |line: &str| serde_json::from_str::<Value>(line).unwrap()["message"].clone();
        assert_eq!(text.lines().map(read).collect::<Vec<_>>(), wanted, "{asked}");
    }
}

#[test]
fn files_are_kept_for_so_many_days() {
    let folder = tempfile::tempdir().unwrap();
    for day in 1..=9 {
        fs::write(folder.path().join(format!("tickstep-live.2026-01-0{day}.jsonl")), "{}").unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    let settings =
        LogSettings { folder: Some(folder.path().to_owned()), kept: 3, ..filter("info") };
    let text = written(&settings, true, || told(&rejected("no money")));
    assert!(text.contains("no money"));
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    let newest = names.last().unwrap();
    assert!(names.contains(&"notes.txt".to_owned()) && !newest.contains("2026-01"), "{names:?}");
    let line = fs::read_to_string(folder.path().join(newest)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["event"], "order_rejected");
}

#[test]
fn what_cannot_be_configured_is_told() {
    let check = |settings: LogSettings| match subscriber(&settings, true, Box::new(io::sink())) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let plain = LogSettings::default;
    assert_eq!(check(plain()), "");
    let filter = check(LogSettings { filter: "loud".to_owned(), ..plain() });
    assert!(filter.contains("log filter \"loud\": loud is no level"), "{filter}");
    let filter = check(LogSettings { filter: "a=loud".to_owned(), ..plain() });
    assert!(filter.contains("log filter \"a=loud\""), "{filter}");
    let zone = check(LogSettings { zone: "Mars/Base".to_owned(), ..plain() });
    assert!(zone.contains("log zone \"Mars/Base\""), "{zone}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let none = check(LogSettings { folder: Some(file.clone()), kept: 0, ..plain() });
    assert!(none.contains("kept = 0"), "{none}");
    let folder = check(LogSettings { folder: Some(file.join("below")), ..plain() });
    assert!(folder.contains("log folder"), "{folder}");
}

/// A writer that never ends.
struct Stuck;

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        loop {
            std::thread::park();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_waits_for_a_reader_that_does_not_read() {
    let (subscriber, guard) = subscriber(&filter("info"), false, Box::new(Stuck)).unwrap();
    let more = 1000;
    tracing::subscriber::with_default(subscriber, || {
        (0..WAITING + more).for_each(|n| tracing::info!(target: "tickstep_live", n));
    });
    assert!((more - 2..=more).contains(&guard.lost()), "{}", guard.lost());
    // The thread that writes is stuck for good; what it holds is left to it.
    core::mem::forget(guard);
}
