//! What never breaks: money is conserved to the last digit, and an event read
//! back is the event that was written.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::event::{Bar, Body, BookUpdate, Command, Event, Level};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::ledger::{Ledger, Market};
use tickstep_core::order::{
    ExitReason, Fill, FillKind, Liquidity, OrderId, OrderUpdate, SlotId, Unfilled,
};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

fn instrument(tick: u32, lot: u32) -> Instrument {
    Instrument::new(InstrumentSpec {
        symbol: "T".into(),
        tick_size: Decimal::new(1, tick),
        lot_step: Decimal::new(1, lot),
        contract_size: Decimal::ONE,
        min_qty: None,
        min_notional: Decimal::ZERO,
        maker_fee: Decimal::new(-1, 4),
        taker_fee: Decimal::new(45, 5),
        leverage: Decimal::TEN,
        maintenance_margin: None,
        quote: "USDT".into(),
    })
    .unwrap()
}

#[derive(Clone, Debug)]
struct Move {
    slot: u16,
    buy: bool,
    px: i64,
    lots: i64,
    enter: bool,
    maker: bool,
    mark: i64,
    funding: Option<i64>,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (
        (0_u16..3, any::<bool>(), 1_i64..100_000, 1_i64..10_000),
        (any::<bool>(), any::<bool>(), 1_i64..100_000, prop::option::of(-1_000_000_i64..1_000_000)),
    );
    let one = one.prop_map(|((slot, buy, px, lots), (enter, maker, mark, funding))| Move {
        slot,
        buy,
        px,
        lots,
        enter,
        maker,
        mark,
        funding,
    });
    prop::collection::vec(one, 1..60)
}

fn lots(n: i64) -> Lots {
    Lots::new(n).unwrap()
}

/// The fill a move asks for, made possible: entries add to what is there, exits stay within it.
fn fill(ledger: &Ledger, m: &Move, n: u64) -> Option<Fill> {
    let slot = SlotId(m.slot);
    let id = InstrumentId(m.slot % 2);
    let held = ledger.position(slot).map(|p| (p.side, p.lots.get()));
    let (side, size, kind) = match held {
        None if m.enter => (if m.buy { Side::Buy } else { Side::Sell }, m.lots, FillKind::Entry),
        None => return None,
        Some((side, _)) if m.enter => (side, m.lots, FillKind::Entry),
        Some((side, open)) => {
            (side.opposite(), m.lots.min(open), FillKind::Exit(ExitReason::Signal))
        }
    };
    let on = &ledger.market(id).instrument;
    let (px, lots) = (Ticks(m.px), lots(size));
    let (fee, liquidity) = if m.maker {
        (on.maker_fee(px, lots), Liquidity::Maker)
    } else {
        (on.taker_fee(px, lots), Liquidity::Taker)
    };
    Some(Fill {
        order: OrderId(n),
        slot,
        instrument: id,
        ts: Nanos(n as i64),
        side,
        px,
        lots,
        fee,
        liquidity,
        slippage: Ticks(0),
        kind,
        ambiguous: false,
    })
}

proptest! {
    #[test]
    fn cash_and_open_positions_are_deposits_and_everything_booked(moves in moves()) {
        let deposit = Decimal::from(1_000_000);
        let markets = vec![
            Market::new(instrument(2, 3), Conversion::Same),
            Market::new(instrument(0, 1), Conversion::Divide(InstrumentId(2))),
            Market { mark: Some(Ticks(7)), ..Market::new(instrument(0, 0), Conversion::Same) },
        ];
        let mut ledger = Ledger::new(deposit, markets, 3);
        let mut trades = Vec::new();
        // By hand: what was paid for what is open, in quote money and per slot.
        let mut paid = [0_i128; 3];
        for (n, m) in moves.iter().enumerate() {
            let id = InstrumentId(m.slot % 2);
            ledger.mark(id, Ticks(m.mark));
            if let Some(rate) = m.funding {
                let rate = Decimal::new(rate, 10);
                ledger.charge_funding(id, rate, -rate);
            }
            let Some(fill) = fill(&ledger, m, n as u64) else { continue };
            let value = i128::from(fill.px.0) * i128::from(fill.lots.get());
            match fill.kind {
                FillKind::Entry => paid[m.slot as usize] += value,
                FillKind::Exit(_) => {
                    let p = ledger.position(fill.slot).unwrap();
                    let part = paid[m.slot as usize] * i128::from(fill.lots.get());
                    paid[m.slot as usize] -= part.div_euclid(i128::from(p.lots.get()));
                }
            }
            trades.extend(ledger.apply(&fill));
            if let Some(p) = ledger.position(fill.slot) {
                prop_assert_eq!(p.cost, paid[m.slot as usize]);
            } else {
                paid[m.slot as usize] = 0;
            }
            let booked = deposit + ledger.realised() - ledger.fees() - ledger.funding();
            prop_assert_eq!(ledger.cash(), booked);
            let open: Decimal = ledger.open_positions().map(|(_, p)| {
                let market = ledger.market(p.instrument);
                let money = market.instrument.value(p.open_ticks_lots(market.mark.unwrap()));
                ledger.to_account(p.instrument, money)
            }).sum();
            prop_assert_eq!(ledger.equity(), ledger.cash() + open);
        }
        for slot in ledger.open_slots().to_vec() {
            let p = ledger.position(slot).unwrap().clone();
            let on = &ledger.market(p.instrument).instrument;
            let px = Ticks(123);
            let closing = Fill {
                order: OrderId(999),
                slot,
                instrument: p.instrument,
                ts: Nanos(999),
                side: p.side.opposite(),
                px,
                lots: p.lots,
                fee: on.taker_fee(px, p.lots),
                liquidity: Liquidity::Taker,
                slippage: Ticks(0),
                kind: FillKind::Exit(ExitReason::EndOfData),
                ambiguous: false,
            };
            trades.extend(ledger.apply(&closing));
        }
        let net: Decimal = trades.iter().map(|t| t.net).sum();
        prop_assert_eq!(ledger.cash(), deposit + net, "flat: trades are all there is");
        prop_assert_eq!(ledger.equity(), ledger.cash());
        for t in &trades {
            prop_assert_eq!(t.net, t.gross - t.fees - t.funding);
        }
    }

    #[test]
    fn an_event_read_back_is_the_event_written(event in event()) {
        let text = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{}", text);
    }
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
        OrderUpdate::Ended(Unfilled::Rejected),
    ]);
    let command = prop::sample::select(vec![
        Command::Pause,
        Command::Resume,
        Command::Kill,
        Command::Flatten,
    ]);
    prop_oneof![
        (id(), any::<i64>(), bar).prop_map(|(instrument, n, bar)| Body::Bar {
            instrument,
            interval: Nanos(n),
            bar
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
        Just(Body::DayStart),
        id().prop_map(|instrument| Body::SegmentStart { instrument }),
        command.prop_map(Body::Command),
        Just(Body::Decide),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    (any::<(i64, i64, u64)>(), body()).prop_map(|((exch, recv, seq), body)| Event {
        ts_exch: Nanos(exch),
        ts_recv: Nanos(recv),
        seq,
        body,
    })
}
