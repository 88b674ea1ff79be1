//! Events and intents as bytes: what was written is read back, whatever else is
//! read is refused with its place, and the layout stays what it is.
#![allow(clippy::unwrap_used)]

mod arbitrary;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::codec::{
    DecodeError, DecodeFault, VERSION, decode_event, decode_intent, encode_event, encode_intent,
};
use tickstep_core::event::{Bar, Body, BookUpdate, Command, Event, Level};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{
    Bracket, ExitReason, Fill, FillKind, Intent, Liquidity, Order, OrderId, OrderKind, OrderUpdate,
    Purpose, SlotId, TimeInForce, Unfilled,
};
use tickstep_core::resting::Rest;
use tickstep_core::signal::{Distance, Exits, Signal};
use tickstep_core::units::{Fraction, Nanos, Side, Ticks};

use arbitrary::{event, intent, lots};

fn event_bytes(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_event(event, &mut bytes);
    bytes
}

fn intent_bytes(intent: &Intent) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_intent(intent, &mut bytes);
    bytes
}

/// Bytes either are refused or are, but for their version, those that encoding gives.
fn refused_or_canonical(bytes: &[u8]) {
    match decode_event(bytes) {
        Ok(event) => assert_eq!(event_bytes(&event)[1..], bytes[1..]),
        Err(error) => assert!(error.at <= bytes.len(), "{error}"),
    }
    match decode_intent(bytes) {
        Ok(intent) => assert_eq!(intent_bytes(&intent)[1..], bytes[1..]),
        Err(error) => assert!(error.at <= bytes.len(), "{error}"),
    }
}

/// Every shorter piece is refused; every changed bit gives a value or an error.
fn survives_damage(bytes: &[u8]) {
    for end in 0..bytes.len() {
        assert!(decode_event(&bytes[..end]).is_err());
        assert!(decode_intent(&bytes[..end]).is_err());
    }
    let mut changed = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        changed[bit / 8] ^= 1 << (bit % 8);
        refused_or_canonical(&changed);
        changed[bit / 8] ^= 1 << (bit % 8);
    }
}

proptest! {
    #[test]
    fn an_event_read_back_is_the_event(event in event()) {
        let bytes = event_bytes(&event);
        prop_assert_eq!(decode_event(&bytes), Ok(event));
        prop_assert!(decode_intent(&bytes).is_err(), "an event is no intent");
    }

    #[test]
    fn an_intent_read_back_is_the_intent(intent in intent()) {
        let bytes = intent_bytes(&intent);
        prop_assert_eq!(decode_intent(&bytes), Ok(intent));
        prop_assert!(decode_event(&bytes).is_err(), "an intent is no event");
    }

    #[test]
    fn damaged_bytes_are_a_value_or_an_error(event in event(), intent in intent()) {
        survives_damage(&event_bytes(&event));
        survives_damage(&intent_bytes(&intent));
    }

    #[test]
    fn arbitrary_bytes_are_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        refused_or_canonical(&bytes);
        // The same behind a head that gets further.
        for (version, code) in (1..=VERSION).flat_map(|v| (0..=16).chain(126..=132).map(move |c| (v, c))) {
            refused_or_canonical(&[&[version, code], &bytes[..]].concat());
        }
    }
}

fn refusal(bytes: &[u8]) -> DecodeError {
    decode_event(bytes).unwrap_err()
}

#[test]
fn an_error_says_what_and_where() {
    let instrument = InstrumentId(1);
    let update = BookUpdate { snapshot: true, bids: vec![], asks: vec![] };
    let book = event_bytes(&Event::at(Nanos(1), 2, Body::Book { instrument, update }));
    let with = |at: usize, value: u8| {
        let mut bytes = book.clone();
        bytes[at] = value;
        refusal(&bytes).to_string()
    };
    assert_eq!(refusal(&[]).to_string(), "byte 0, version: the bytes end here, 1 more are needed");
    let newer = "byte 0, version: version 4 is not known here; read it with the release that wrote \
                 it or a newer one";
    assert_eq!(with(0, 4), newer);
    assert_eq!(with(1, 99), "byte 1, event: code 99 stands for nothing");
    assert_eq!(with(28, 7), "byte 28, snapshot: code 7 stands for nothing");
    assert_eq!(with(29, 1), "byte 29, bids: 1 members do not fit into the 8 bytes that are left");
    let long = [&book[..], &[0, 0]].concat();
    assert_eq!(refusal(&long).to_string(), "byte 45, end: 2 bytes follow the end");
    let trade = Body::PublicTrade { instrument, px: Ticks(5), lots: lots(3), taker: Side::Buy };
    let mut trade = event_bytes(&Event::at(Nanos(1), 2, trade));
    trade[36..44].fill(255);
    assert_eq!(refusal(&trade).to_string(), "byte 36, lots: -1 is below zero");
}

#[test]
fn a_list_takes_no_more_memory_than_its_bytes() {
    let instrument = InstrumentId(1);
    let update = BookUpdate { snapshot: true, bids: vec![], asks: vec![] };
    let mut book = event_bytes(&Event::at(Nanos(1), 2, Body::Book { instrument, update }));
    book[29..37].fill(255);
    let fault = DecodeFault::Long { members: u64::MAX, left: 8 };
    assert_eq!(refusal(&book), DecodeError { at: 29, field: "bids", fault });
}

fn bar() -> Bar {
    Bar {
        ts_open: Nanos(60),
        open: Ticks(10),
        high: Ticks(12),
        low: Ticks(9),
        close: Ticks(11),
        volume: lots(100),
        taker_buy: Some(lots(40)),
    }
}

fn fill() -> Fill {
    Fill {
        order: OrderId(7),
        slot: SlotId(2),
        instrument: InstrumentId(1),
        ts: Nanos(120),
        side: Side::Sell,
        px: Ticks(-3),
        lots: lots(5),
        fee: Decimal::new(-125, 2),
        liquidity: Liquidity::Maker,
        slippage: Ticks(1),
        kind: FillKind::Exit(ExitReason::Target),
        ambiguous: true,
    }
}

/// One of each event, in the order of their codes.
fn each_body() -> Vec<Body> {
    let (instrument, interval) = (InstrumentId(1), Nanos::MINUTE);
    let levels = |px| vec![Level { px: Ticks(px), lots: lots(2) }];
    let update = BookUpdate { snapshot: false, bids: levels(10), asks: levels(11) };
    let (long_rate, short_rate) = (Decimal::new(1, 4), Decimal::new(-1, 4));
    let ended = OrderUpdate::Ended(Unfilled::Rejected);
    vec![
        Body::Bar { instrument, interval, bar: bar() },
        Body::Book { instrument, update },
        Body::History { instrument, interval, bar: Bar { taker_buy: None, ..bar() } },
        Body::PublicTrade { instrument, px: Ticks(10), lots: lots(3), taker: Side::Buy },
        Body::Funding { instrument, long_rate, short_rate },
        Body::Fill(fill()),
        Body::Order { order: OrderId(7), slot: SlotId(2), update: ended },
        Body::DayStart,
        Body::SegmentStart { instrument },
        Body::Command(Command::Kill),
        Body::Decide,
        Body::Open { instrument, px: Ticks(12) },
    ]
}

/// One of each event that version 1 does not have, in the order of their codes.
fn each_new_body() -> Vec<Body> {
    let stop = Some(Distance::Fraction(Fraction::lit(25, 4)));
    let exits = Exits { stop, target: Some(Distance::Ticks(1.5)), hold: Some(Nanos::MINUTE) };
    let signal = Signal { leave_short: true, ..Signal::enter(Nanos(255), Side::Buy, exits) };
    let bracket = Bracket { stop: Some(Ticks(9)), target: None };
    vec![
        Body::Signal { slot: SlotId(2), signal },
        Body::Command(Command::Close { slot: SlotId(2), lots: Some(lots(5)) }),
        Body::Command(Command::Amend { slot: SlotId(2), bracket }),
        Body::Command(Command::Cancel(OrderId(7))),
        Body::Balance { cash: Decimal::new(10_000_050, 2), paid: Some(Decimal::new(50, 2)) },
        Body::Command(Command::Reprice { order: OrderId(7), px: Ticks(8), bracket }),
        Body::Pending { slot: SlotId(2), signal, rest: Rest::Stop(Ticks(8)) },
    ]
}

fn each_intent() -> Vec<Intent> {
    let bracket = Bracket { stop: Some(Ticks(9)), target: None };
    let order = |purpose, kind| {
        Intent::Place(Order {
            id: OrderId(7),
            slot: SlotId(2),
            instrument: InstrumentId(1),
            side: Side::Buy,
            lots: lots(5),
            purpose,
            kind,
        })
    };
    let limit = OrderKind::Limit { px: Ticks(10), time_in_force: TimeInForce::Fok };
    vec![
        order(Purpose::Entry(bracket), OrderKind::Market),
        order(Purpose::Entry(bracket), limit),
        order(Purpose::Exit(ExitReason::Time), OrderKind::Stop { px: Ticks(8) }),
        Intent::Amend { slot: SlotId(2), instrument: InstrumentId(1), bracket },
        Intent::Cancel(OrderId(7)),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn numbered((body, at): (Body, u64)) -> Event {
    Event { ts_exch: Nanos(256), ts_recv: Nanos(257), seq: at, body }
}

/// The layout of versions 2 and 3, which is one but for saved states. A change here is a change of what old journals say: it
/// needs a new version, and a reader for both.
#[test]
fn the_layout_is_what_it_was() {
    let events = each_body().into_iter().chain(each_new_body()).zip(1..);
    let events = events.map(|new| event_bytes(&numbered(new)));
    let found: Vec<String> =
        events.chain(each_intent().iter().map(intent_bytes)).map(|b| hex(&b)).collect();
    let pinned: Vec<String> = include_str!("data/codec_v2.txt").lines().map(of_now).collect();
    assert_eq!(found, pinned, "\n{}", found.join("\n"));
}

/// A line of version 2 as it is written now.
fn of_now(line: &str) -> String {
    assert_eq!(&line[..2], "02");
    format!("{VERSION:02x}{}", &line[2..])
}

fn unhex(line: &str) -> Vec<u8> {
    (0..line.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn what_version_1_wrote_is_still_read() {
    let lines: Vec<Vec<u8>> = include_str!("data/codec_v1.txt").lines().map(unhex).collect();
    assert!(lines.iter().all(|bytes| bytes[0] == 1));
    let events: Vec<Event> = each_body().into_iter().zip(1..).map(numbered).collect();
    let (old, intents) = lines.split_at(events.len());
    assert_eq!(old.iter().map(|b| decode_event(b).unwrap()).collect::<Vec<_>>(), events);
    let intents: Vec<Intent> = intents.iter().map(|b| decode_intent(b).unwrap()).collect();
    assert_eq!(intents, each_intent());
}

#[test]
fn version_1_has_no_more_than_it_had() {
    for (body, at) in each_new_body().into_iter().zip(1..) {
        let mut bytes = event_bytes(&numbered((body, at)));
        bytes[0] = 1;
        let DecodeError { fault, .. } = decode_event(&bytes).unwrap_err();
        assert!(matches!(fault, DecodeFault::Unknown(_)), "{fault}");
    }
}
