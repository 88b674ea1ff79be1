//! What never breaks: money is conserved to the last digit, and an event read
//! back is the event that was written.
#![allow(clippy::unwrap_used)]

mod arbitrary;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::event::Event;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::ledger::{Ledger, Market, PriceRange, Reach};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::order::{ExitReason, Fill, FillKind, Liquidity, OrderId, SlotId};
use tickstep_core::units::{Nanos, Side, Ticks};

use arbitrary::{event, lots};

fn instrument(tick: u32, lot: u32) -> Instrument {
    Instrument::new(InstrumentSpec {
        maker_fee: Decimal::new(-1, 4),
        taker_fee: Decimal::new(45, 5),
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("T", "USDT", Decimal::new(1, tick), Decimal::new(1, lot))
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

#[test]
fn a_part_of_a_huge_position_has_its_part_of_the_cost() {
    let markets = vec![Market::new(instrument(2, 3), Conversion::Same)];
    let mut ledger = Ledger::new(Decimal::from(1_000), markets, 1);
    let fill = |side, px, size, kind| Fill {
        order: OrderId(1),
        slot: SlotId(0),
        instrument: InstrumentId(0),
        ts: Nanos(0),
        side,
        px: Ticks(px),
        lots: lots(size),
        fee: Decimal::ZERO,
        liquidity: Liquidity::Taker,
        slippage: Ticks(0),
        kind,
        ambiguous: false,
    };
    let quarter = 1_000_000_000_000_000_000;
    // 4e18 lots at 1000, one more at 1003.
    for (px, size) in [(1_000, 4 * quarter - 1), (1_003, 1)] {
        let entry = fill(Side::Buy, px, size, FillKind::Entry);
        assert!(ledger.has_room_for(&entry, Ticks(0)));
        ledger.apply(&entry);
    }
    let exit = fill(Side::Sell, 1_004, quarter, FillKind::Exit(ExitReason::Signal));
    assert!(ledger.has_room_for(&exit, Ticks(0)));
    ledger.apply(&exit);
    // Three quarters of a tick-lot of the last one are rounded down; a tick on a lot is 1e-5.
    assert_eq!(ledger.realised(), Decimal::from(40_000_000_000_000_i64));
    let held = ledger.position(SlotId(0)).unwrap();
    assert_eq!(held.cost, 3_000 * i128::from(quarter) + 3);
}

/// Numbers of every size up to `most`.
fn sizes(most: i64) -> impl Strategy<Value = i64> {
    (0_u32..63, 1_i64..1_000).prop_map(move |(bits, n)| n.saturating_mul(1 << bits).clamp(1, most))
}

/// A move at prices, sizes and rates that nobody trades at.
fn wild() -> impl Strategy<Value = Move> {
    let most = 2_000_000_000_000;
    let one = (0_u16..3, any::<bool>(), sizes(most), sizes(1 << 56));
    let two = (any::<bool>(), any::<bool>(), sizes(most), prop::option::of(sizes(i64::MAX)));
    (one, two).prop_map(|((slot, buy, px, lots), (enter, maker, mark, funding))| Move {
        slot,
        buy,
        px,
        lots,
        enter,
        maker,
        mark,
        funding,
    })
}

proptest! {
    #[test]
    fn what_the_ledger_has_room_for_is_told_exactly(
        moves in prop::collection::vec(wild(), 1..60),
        grids in prop::array::uniform3((0_u32..9, 0_u32..6)),
        divides in any::<bool>(), via in sizes(1_000_000_000_000), cash in sizes(1_000_000_000),
    ) {
        let cash = Decimal::from(cash);
        let on = |n: usize| instrument(grids[n].0, grids[n].1.min(13 - grids[n].0));
        let converts = if divides { Conversion::Divide } else { Conversion::Multiply };
        let markets = vec![
            Market::new(on(0), Conversion::Same),
            Market::new(on(1), converts(InstrumentId(2))),
            Market { mark: Some(Ticks(via)), ..Market::new(on(2), Conversion::Same) },
        ];
        let mut ledger = Ledger::new(cash, markets, 3);
        let mut net = Decimal::ZERO;
        for (n, m) in moves.iter().enumerate() {
            let id = InstrumentId(if n % 5 == 4 { 2 } else { m.slot % 2 });
            let px = Ticks(m.mark);
            let admitted = ledger.is_harmless(id, px)
                || ledger.holds(&[PriceRange::at(id, px)], Reach::Whole);
            if !admitted {
                break;
            }
            ledger.mark(id, px);
            if let Some(rate) = m.funding {
                let rate = Decimal::new(rate, 12);
                if ledger.has_room_for_funding(id, decimal_to_f64(rate)) {
                    ledger.charge_funding(id, rate, -rate);
                }
            }
            if let Some(fill) = fill(&ledger, m, n as u64)
                && ledger.has_room_for(&fill, Ticks(0))
            {
                net += ledger.apply(&fill).map_or(Decimal::ZERO, |trade| trade.net);
            }
            let booked = cash + ledger.realised() - ledger.fees() - ledger.funding();
            prop_assert_eq!(ledger.cash(), booked);
            let notional: Decimal = ledger.open_positions().map(|(_, p)| ledger.notional(p)).sum();
            prop_assert!(notional >= Decimal::ZERO && ledger.slippage().is_zero());
            let equity = ledger.equity();
            if ledger.is_flat() {
                prop_assert_eq!(equity, cash + net);
            }
        }
    }

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
