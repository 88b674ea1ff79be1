//! Events and intents of every kind, for whoever writes them down and reads them back.
#![allow(dead_code)]

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::event::{Bar, Body, BookUpdate, Command, Event, Level};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{
    Bracket, ExitReason, Fill, FillKind, Intent, Liquidity, Order, OrderId, OrderKind, OrderUpdate,
    Purpose, SlotId, TimeInForce, Unfilled,
};
use tickstep_core::resting::Rest;
use tickstep_core::signal::{Distance, Exits, Signal};
use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};

pub fn lots(n: i64) -> Lots {
    Lots::new(n).unwrap()
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u32..20).prop_map(|(n, scale)| Decimal::new(n, scale))
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    let level = (any::<i64>(), 0..i64::MAX);
    prop::collection::vec(level.prop_map(|(px, n)| Level { px: Ticks(px), lots: lots(n) }), 0..5)
}

fn distance() -> impl Strategy<Value = Distance> {
    prop_oneof![
        (any::<i64>(), 0_u32..19)
            .prop_map(|(n, scale)| Distance::Fraction(Fraction::lit(n, scale))),
        // Short enough for a text of it to be read back exactly, which JSON does not promise.
        any::<i32>().prop_map(|n| Distance::Ticks(f64::from(n) / 64.0)),
    ]
}

fn signal() -> impl Strategy<Value = Signal> {
    let level = || prop::option::of(distance());
    let exits = (level(), level(), prop::option::of(any::<i64>().prop_map(Nanos)));
    let exits = exits.prop_map(|(stop, target, hold)| Exits { stop, target, hold });
    (any::<(i64, bool, bool)>(), prop::option::of(side()), exits).prop_map(
        |((ts, leave_long, leave_short), enter, exits)| Signal {
            ts: Nanos(ts),
            enter,
            exits,
            leave_long,
            leave_short,
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let plain = vec![Command::Pause, Command::Resume, Command::Kill, Command::Flatten];
    let slot = || any::<u16>().prop_map(SlotId);
    prop_oneof![
        prop::sample::select(plain),
        (slot(), prop::option::of((0..i64::MAX).prop_map(lots)))
            .prop_map(|(slot, lots)| Command::Close { slot, lots }),
        (slot(), bracket()).prop_map(|(slot, bracket)| Command::Amend { slot, bracket }),
        any::<u64>().prop_map(|id| Command::Cancel(OrderId(id))),
        (any::<u64>(), any::<i64>(), bracket()).prop_map(|(id, px, bracket)| {
            Command::Reprice { order: OrderId(id), px: Ticks(px), bracket }
        }),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let id = || any::<u16>().prop_map(InstrumentId);
    let bar = (any::<[i64; 5]>(), 0..i64::MAX, prop::option::of(0..i64::MAX));
    let bar = bar.prop_map(|(n, volume, taker)| Bar {
        ts_open: Nanos(n[0]),
        open: Ticks(n[1]),
        high: Ticks(n[2]),
        low: Ticks(n[3]),
        close: Ticks(n[4]),
        volume: lots(volume),
        taker_buy: taker.map(lots),
    });
    let kind = prop_oneof![
        Just(FillKind::Entry),
        prop::sample::select(&ExitReason::ALL[..]).prop_map(FillKind::Exit)
    ];
    let fill =
        (any::<(u64, u16, u16, i64, i64, bool, bool)>(), side(), 1..i64::MAX, decimal(), kind);
    let fill =
        fill.prop_map(|((order, slot, id, ts, px, maker, ambiguous), side, n, fee, kind)| Fill {
            order: OrderId(order),
            slot: SlotId(slot),
            instrument: InstrumentId(id),
            ts: Nanos(ts),
            side,
            px: Ticks(px),
            lots: lots(n),
            fee,
            liquidity: if maker { Liquidity::Maker } else { Liquidity::Taker },
            slippage: Ticks(px / 2),
            kind,
            ambiguous,
        });
    let update = prop::sample::select(vec![
        OrderUpdate::Accepted,
        OrderUpdate::Ended(Unfilled::Stale),
        OrderUpdate::Ended(Unfilled::SegmentEnd),
        OrderUpdate::Ended(Unfilled::EndOfData),
        OrderUpdate::Ended(Unfilled::Rejected),
        OrderUpdate::Ended(Unfilled::Cancelled),
    ]);
    prop_oneof![
        (id(), any::<i64>(), bar, any::<bool>()).prop_map(|(instrument, n, bar, traded)| {
            let interval = Nanos(n);
            match traded {
                true => Body::Bar { instrument, interval, bar },
                false => Body::History { instrument, interval, bar },
            }
        }),
        (id(), any::<bool>(), levels(), levels()).prop_map(|(instrument, snapshot, bids, asks)| {
            Body::Book { instrument, update: BookUpdate { snapshot, bids, asks } }
        }),
        (id(), any::<i64>(), 0..i64::MAX, side()).prop_map(|(instrument, px, n, taker)| {
            Body::PublicTrade { instrument, px: Ticks(px), lots: lots(n), taker }
        }),
        (id(), decimal(), decimal()).prop_map(|(instrument, long_rate, short_rate)| {
            Body::Funding { instrument, long_rate, short_rate }
        }),
        fill.prop_map(Body::Fill),
        (any::<u64>(), any::<u16>(), update).prop_map(|(order, slot, update)| Body::Order {
            order: OrderId(order),
            slot: SlotId(slot),
            update
        }),
        (id(), any::<i64>()).prop_map(|(instrument, px)| Body::Open { instrument, px: Ticks(px) }),
        Just(Body::DayStart),
        id().prop_map(|instrument| Body::SegmentStart { instrument }),
        command().prop_map(Body::Command),
        (decimal(), proptest::option::of(decimal()))
            .prop_map(|(cash, paid)| Body::Balance { cash, paid }),
        (any::<u16>(), signal())
            .prop_map(|(slot, signal)| Body::Signal { slot: SlotId(slot), signal }),
        (any::<u16>(), signal(), any::<(bool, i64)>()).prop_map(|(slot, signal, (limit, px))| {
            let rest = if limit { Rest::Limit } else { Rest::Stop };
            Body::Pending { slot: SlotId(slot), signal, rest: rest(Ticks(px)) }
        }),
        Just(Body::Decide),
    ]
}

pub fn event() -> impl Strategy<Value = Event> {
    (any::<(i64, i64, u64)>(), body()).prop_map(|((exch, recv, seq), body)| Event {
        ts_exch: Nanos(exch),
        ts_recv: Nanos(recv),
        seq,
        body,
    })
}

fn bracket() -> impl Strategy<Value = Bracket> {
    let level = || prop::option::of(any::<i64>().prop_map(Ticks));
    (level(), level()).prop_map(|(stop, target)| Bracket { stop, target })
}

fn order() -> impl Strategy<Value = Order> {
    let purpose = prop_oneof![
        bracket().prop_map(Purpose::Entry),
        prop::sample::select(&ExitReason::ALL[..]).prop_map(Purpose::Exit)
    ];
    let lasting = [TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Ioc, TimeInForce::Fok].to_vec();
    let limit = (any::<i64>(), prop::sample::select(lasting));
    let kind = prop_oneof![
        Just(OrderKind::Market),
        limit.prop_map(|(px, time_in_force)| OrderKind::Limit { px: Ticks(px), time_in_force }),
        any::<i64>().prop_map(|px| OrderKind::Stop { px: Ticks(px) }),
    ];
    (any::<(u64, u16, u16)>(), side(), 1..i64::MAX, purpose, kind).prop_map(
        |((id, slot, instrument), side, n, purpose, kind)| Order {
            id: OrderId(id),
            slot: SlotId(slot),
            instrument: InstrumentId(instrument),
            side,
            lots: lots(n),
            purpose,
            kind,
        },
    )
}

pub fn intent() -> impl Strategy<Value = Intent> {
    prop_oneof![
        order().prop_map(Intent::Place),
        (any::<(u16, u16)>(), bracket()).prop_map(|((slot, id), bracket)| Intent::Amend {
            slot: SlotId(slot),
            instrument: InstrumentId(id),
            bracket
        }),
        any::<u64>().prop_map(|id| Intent::Cancel(OrderId(id))),
    ]
}
