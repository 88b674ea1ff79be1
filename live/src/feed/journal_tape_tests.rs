//! Journals as recordings.

use super::*;
use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::event::{BookUpdate, Level};
use tickstep_core::instrument::{Instrument, InstrumentSpec};
use tickstep_core::units::{Lots, Ticks};
use tickstep_journal::{Folder, Journal};

use crate::record::{ConfigChange, ConfigText, encode_config, encode_input, encode_snapshot};

fn market(symbol: &str, hundredths: i64) -> FedMarket {
    let tick = Decimal::new(hundredths, 2);
    let spec = InstrumentSpec::plain(symbol, "USDT", tick, Decimal::ONE);
    FedMarket { instrument: Instrument::new(spec).unwrap(), times: BarTimes::MINUTE }
}

/// A configuration is its symbols, each with its tick in hundredths: `A1 B5`.
fn roster(text: &str) -> Result<Vec<FedMarket>, String> {
    let one = |word: &str| Ok(market(&word[..1], word[1..].parse().map_err(|_| "odd".to_owned())?));
    text.split(' ').map(one).collect()
}

struct WrittenJournal {
    folder: tempfile::TempDir,
    journal: Journal<Folder>,
    at: i64,
}

impl WrittenJournal {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Folder::open(folder.path()).unwrap();
        let mut journal = Journal::open(storage, 1_024).unwrap().journal;
        let snapshot = encode_snapshot(&ConfigText::fresh(text.to_owned()), b"nothing");
        journal.rotate(RecordKind::Snapshot as u8, Nanos(0), &snapshot).unwrap();
        Self { folder, journal, at: 0 }
    }

    fn config(&mut self, text: &str) {
        let change = ConfigChange {
            who: "me".to_owned(),
            why: "test".to_owned(),
            configured: ConfigText::fresh(text.to_owned()),
            values: Vec::new(),
        };
        let mut bytes = Vec::new();
        encode_config(&change, &mut bytes);
        self.append(RecordKind::Config, &bytes);
    }

    fn market(&mut self, body: Body) {
        let mut bytes = Vec::new();
        // The market's time is a little before that of the receipt.
        let input = Input::Market { ts_exch: Nanos(self.at + 9), body };
        let kind = encode_input(&input, &mut bytes);
        self.append(kind, &bytes);
    }

    fn append(&mut self, kind: RecordKind, bytes: &[u8]) {
        self.at += 10;
        self.journal.append(kind as u8, Nanos(self.at), bytes).unwrap();
        self.journal.sync().unwrap();
    }

    fn open(&self, ours: &[FedMarket]) -> Result<Option<(JournalTape, JournalSpan)>, String> {
        let opened = JournalTape::open(self.folder.path(), ours.to_vec(), Box::new(roster));
        opened.map_err(|error| error.to_string())
    }
}

fn open(id: u16) -> Body {
    Body::Open { instrument: InstrumentId(id), px: Ticks(7) }
}

fn book(id: u16, levels: usize) -> Body {
    let level = |n: usize| Level { px: Ticks(100 - n as i64), lots: Lots::new(1).unwrap() };
    let update =
        BookUpdate { snapshot: true, bids: (0..levels).map(level).collect(), asks: Vec::new() };
    Body::Book { instrument: InstrumentId(id), update }
}

#[test]
fn instruments_are_known_by_their_names_whatever_their_order() {
    let mut written = WrittenJournal::new("A1 B5 C1");
    for id in 0..3 {
        written.market(open(id));
    }
    written.market(book(1, 4));
    written.market(Body::Decide);
    // From here on they have another order, and there is one less.
    written.config("B5 A1");
    written.market(open(0));
    let ours = [market("B", 5), market("A", 1)];
    let (tape, known) = written.open(&ours).unwrap().unwrap();
    assert_eq!(known, JournalSpan { span: (Nanos(10), Nanos(70)), levels: 4 });
    let told: Vec<TapeEvent> = tape.collect();
    let event = |at: i64, body: Body| TapeEvent {
        mark: TapeMark::of(Nanos(at), &body),
        ts_exch: Nanos(at - 1),
        body,
    };
    let expected = [
        event(10, open(1)),
        event(20, open(0)),
        event(40, book(0, 4)),
        event(50, Body::Decide),
        event(70, open(0)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_played() {
    let mut written = WrittenJournal::new("A1 B5");
    assert!(written.open(&[market("A", 1)]).unwrap().is_none(), "nothing of the market yet");
    written.market(open(0));
    let fault = |ours: &[FedMarket]| written.open(ours).err().unwrap();
    assert_eq!(fault(&[market("D", 1)]), "D is not in it; it has A, B");
    let grid = "B has tick_size = 0.05 in it, and 0.01 here: write 0.05";
    assert_eq!(fault(&[market("B", 1)]), grid);
    let mut longer = market("A", 1);
    longer.times = BarTimes::every(Nanos::HOUR).unwrap();
    assert_eq!(fault(&[longer]), "A has bars of 60 s in it, and interval_s = 3600 here");
    written.config("x");
    let odd = written.open(&[market("A", 1)]).err().unwrap();
    assert_eq!(odd, "record 2: odd");
}
