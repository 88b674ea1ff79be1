//! The exchange, by cases worked out by hand.
#![allow(clippy::unwrap_used)]

use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::exchange::{
    AccountTerms, Booking, CloseCause, Deed, Exchange, ExchangeRules, IdStyle, Instruction, Levels,
    Listing, LostReply, Note, Objection, PriceTape, Receipt, Said, Seen, SetupError, TapeBar,
    Trouble, WaitKind, WeekHours,
};

const GOLD: &str = "XAUUSD";
const ME: &str = "950552";

fn d(x: i64) -> Decimal {
    Decimal::new(x, 0)
}

fn cents(x: i64) -> Decimal {
    Decimal::new(x, 2)
}

fn at(seconds: i64) -> Nanos {
    Nanos::SECOND.times(seconds)
}

/// Bars of a minute with a spread of 1; `None` is a minute without one.
fn tape(bars: &[Option<[i64; 4]>]) -> PriceTape {
    let bar = |(minute, prices): (usize, &Option<[i64; 4]>)| {
        let [open, high, low, close] = (*prices)?.map(d);
        let ts_open = Nanos::MINUTE.times(minute as i64);
        Some(TapeBar { ts_open, open, high, low, close, volume: d(4), spread: d(1) })
    };
    PriceTape::new(Nanos::MINUTE, bars.iter().enumerate().filter_map(bar).collect()).unwrap()
}

/// Ten units a lot, prices in whole dollars, an account of 10,000 dollars.
fn exchange_of(listing: Listing, terms: AccountTerms, bars: &[Option<[i64; 4]>]) -> Exchange {
    let mut exchange = Exchange::new(ExchangeRules::plain()).unwrap();
    exchange.list(listing, tape(bars)).unwrap();
    exchange.open_account(terms).unwrap();
    exchange
}

fn gold() -> Listing {
    Listing::plain(GOLD, d(1), d(10))
}

fn exchange(bars: &[[i64; 4]]) -> Exchange {
    let bars: Vec<_> = bars.iter().copied().map(Some).collect();
    exchange_of(gold(), AccountTerms::plain(ME, d(10_000)), &bars)
}

const FLAT: [i64; 4] = [100, 100, 100, 100];

fn levels(stop: i64, target: i64) -> Levels {
    let px = |x: i64| (x != 0).then(|| d(x));
    Levels { stop: px(stop), target: px(target) }
}

fn open(side: Side, volume: i64, levels: Levels) -> Instruction {
    Instruction::Open { symbol: GOLD.to_owned(), side, volume: d(volume), levels }
}

fn create(side: Side, kind: WaitKind, px: i64, levels: Levels) -> Instruction {
    let (symbol, volume, px) = (GOLD.to_owned(), d(1), d(px));
    Instruction::Create { symbol, side, volume, kind, px, levels }
}

fn close(position: &str, part: Option<Decimal>) -> Instruction {
    Instruction::Close { position: position.to_owned(), said: Said::default(), part }
}

fn send(
    exchange: &mut Exchange,
    now: Nanos,
    instruction: Instruction,
) -> Result<Receipt, Objection> {
    exchange.submit(now, ME, instruction, &Note::default())
}

fn balance(exchange: &mut Exchange, now: Nanos) -> Decimal {
    exchange.view_true(now, ME).unwrap().funds.balance
}

/// How one position on `side` with a bracket at 90 and 110 (100 and the like) ends.
fn ended(side: Side, stop: i64, target: i64, bars: &[[i64; 4]]) -> Option<(CloseCause, Decimal)> {
    let mut bars = bars.to_vec();
    bars.insert(0, FLAT);
    let mut exchange = exchange(&bars);
    send(&mut exchange, at(10), open(side, 1, levels(stop, target))).unwrap();
    let view = exchange.view(at(3_600), ME).unwrap();
    view.closed.first().map(|row| (row.cause, row.close_px))
}

#[test]
fn brackets_are_reached_on_the_side_that_closes_and_gaps_fill_worse() {
    use CloseCause::{Stop, Target};
    use Side::{Buy, Sell};
    // Side, stop, target, the bars after the entry, how it ends. The spread is 1: a short
    // position is closed at the ask.
    let cases: [(Side, i64, i64, &[[i64; 4]], _); 14] = [
        (Buy, 95, 110, &[[100, 101, 95, 100]], Some((Stop, 95))),
        (Buy, 95, 110, &[[100, 101, 96, 100]], None),
        (Buy, 95, 110, &[[93, 99, 92, 99]], Some((Stop, 93))),
        (Buy, 95, 110, &[[112, 113, 111, 112]], Some((Target, 110))),
        (Buy, 95, 110, &[[100, 110, 99, 100]], Some((Target, 110))),
        (Sell, 106, 90, &[[100, 105, 99, 100]], Some((Stop, 106))),
        (Sell, 106, 90, &[[100, 104, 99, 100]], None),
        (Sell, 106, 90, &[[108, 109, 107, 108]], Some((Stop, 109))),
        (Sell, 106, 90, &[[100, 101, 89, 100]], Some((Target, 90))),
        (Sell, 106, 90, &[[100, 101, 90, 100]], None),
        (Sell, 106, 90, &[[80, 81, 79, 80]], Some((Target, 90))),
        // Both in one bar: the nearer end of the bar comes first.
        (Buy, 95, 110, &[[100, 110, 85, 100]], Some((Target, 110))),
        (Buy, 95, 110, &[[100, 115, 95, 100]], Some((Stop, 95))),
        (Buy, 0, 0, &[[100, 200, 10, 100]], None),
    ];
    for (n, (side, stop, target, bars, wanted)) in cases.into_iter().enumerate() {
        let wanted = wanted.map(|(cause, px): (CloseCause, i64)| (cause, d(px)));
        assert_eq!(ended(side, stop, target, bars), wanted, "case {n}");
    }
}

#[test]
fn orders_wait_for_their_price_and_bring_their_bracket() {
    use Side::{Buy, Sell};
    use WaitKind::{Limit, Stop};
    // Side, kind, price, the next bar, what it fills at. Bid 100, ask 101 before.
    let cases = [
        (Buy, Limit, 98, [100, 101, 97, 100], Some(98)),
        (Buy, Limit, 97, [100, 101, 97, 100], None),
        (Buy, Limit, 98, [90, 91, 89, 90], Some(98)),
        (Buy, Stop, 105, [100, 104, 99, 100], Some(105)),
        (Buy, Stop, 105, [110, 111, 109, 110], Some(111)),
        (Sell, Limit, 104, [100, 104, 99, 100], Some(104)),
        (Sell, Limit, 104, [110, 111, 109, 110], Some(104)),
        (Sell, Stop, 95, [100, 101, 95, 100], Some(95)),
        (Sell, Stop, 95, [90, 91, 89, 90], Some(90)),
    ];
    for (n, (side, kind, px, bar, wanted)) in cases.into_iter().enumerate() {
        let mut exchange = exchange(&[FLAT, bar]);
        let order = send(&mut exchange, at(10), create(side, kind, px, levels(0, 0))).unwrap();
        assert_eq!(exchange.view(at(20), ME).unwrap().waiting[0].id, order.order);
        let view = exchange.view(at(3_600), ME).unwrap();
        assert_eq!(view.holdings.first().map(|h| h.open_px), wanted.map(d), "case {n}");
        assert_eq!(view.waiting.len(), usize::from(wanted.is_none()), "case {n}");
    }
    // Filled on the way down at 98 and stopped at 96 on the same way; a gap fills the order
    // at its own price and its stop at the market's.
    for (bar, px) in [([100, 101, 90, 100], 96), ([90, 91, 89, 90], 90)] {
        let mut exchange = exchange(&[FLAT, bar]);
        send(&mut exchange, at(10), create(Side::Buy, Limit, 98, levels(96, 110))).unwrap();
        let view = exchange.view(at(3_600), ME).unwrap();
        let row = &view.closed[0];
        assert_eq!((row.open_px, row.close_px, row.cause), (d(98), d(px), CloseCause::Stop));
    }
}

#[test]
fn money_is_booked_to_the_cent() {
    let listing = Listing { commission_per_lot: cents(701), slippage_ticks: 1, ..gold() };
    let bars = [FLAT, FLAT, FLAT].map(Some);
    let mut exchange = exchange_of(listing, AccountTerms::plain(ME, d(10_000)), &bars);
    let id = send(&mut exchange, at(1), open(Side::Buy, 3, levels(90, 120))).unwrap().order;
    // Ask 101 and a tick of slippage; now worth 100: 3 lots of 10 units lose 2 each.
    let view = exchange.view(at(2), ME).unwrap();
    let funds = &view.funds;
    assert_eq!(view.holdings[0].open_px, d(102));
    assert_eq!((funds.balance, funds.profit, funds.net_profit), (d(10_000), d(-60), cents(-8_103)));
    // 30 units at 102 with a leverage of 100.
    assert_eq!((funds.margin, funds.equity), (cents(3_060), cents(991_897)));
    assert_eq!(funds.free_margin, cents(988_837));
    // 9918.97 / 30.60 in per cent.
    assert_eq!(funds.margin_level, Some(Decimal::new(3_241_493, 2)));

    // A third of -21.03 is -7.01; closed at the bid less a tick, 10 units lose 3 each.
    send(&mut exchange, at(3), close(&id, Some(d(1)))).unwrap();
    let view = exchange.view(at(3), ME).unwrap();
    let row = &view.closed[0];
    assert_eq!((row.close_px, row.profit, row.commission), (d(99), d(-30), cents(-701)));
    assert_eq!((row.cause, &row.position), (CloseCause::Partial, &id));
    assert_eq!(view.funds.balance, cents(996_299));
    assert_eq!((view.holdings[0].volume, view.holdings[0].margin), (d(2), cents(2_040)));
    send(&mut exchange, at(4), close(&id, None)).unwrap();
    let view = exchange.view(at(4), ME).unwrap();
    let uids: Vec<_> = view.closed.iter().map(|row| row.uid.clone()).collect();
    assert_eq!(uids, [format!("{id}_close1"), format!("{id}_close2")]);
    assert_eq!(view.funds.balance, d(10_000) - d(90) - cents(2_103));
    assert_eq!(view.funds.margin_level, None);
}

#[test]
fn nights_cost_swap() {
    let listing = Listing { swap_buy: d(-2), swap_sell: d(1), ..gold() };
    let rules = ExchangeRules { rollover_s: Some(79_200), ..ExchangeRules::plain() };
    let mut exchange = Exchange::new(rules).unwrap();
    exchange.list(listing, tape(&[Some(FLAT)])).unwrap();
    exchange.open_account(AccountTerms::plain(ME, d(10_000))).unwrap();
    send(&mut exchange, at(1), open(Side::Buy, 1, levels(0, 0))).unwrap();
    send(&mut exchange, at(1), open(Side::Sell, 1, levels(0, 0))).unwrap();
    let swaps = |exchange: &mut Exchange, s: i64| -> Vec<Decimal> {
        exchange.view(at(s), ME).unwrap().holdings.iter().map(|h| h.swap).collect()
    };
    assert_eq!(swaps(&mut exchange, 79_199), [d(0), d(0)]);
    assert_eq!(swaps(&mut exchange, 79_200), [d(-20), d(10)]);
    assert_eq!(swaps(&mut exchange, 79_200 + 2 * 86_400), [d(-60), d(30)]);
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut listing = Listing { stops_level: 5, ..gold() };
    listing.volume_step = d(2);
    listing.volume_min = d(2);
    let bars = [FLAT, FLAT].map(Some);
    let mut exchange = exchange_of(listing, AccountTerms::plain(ME, d(1_000)), &bars);
    use Side::{Buy, Sell};
    use WaitKind::{Limit, Stop};
    let two = |side, levels| open(side, 2, levels);
    let off = Levels { stop: Some(cents(9_050)), target: None };
    let waits = |side, kind, px| match create(side, kind, px, levels(0, 0)) {
        Instruction::Create { symbol, side, kind, px, levels, .. } => {
            Instruction::Create { symbol, side, volume: d(2), kind, px, levels }
        }
        other => other,
    };
    let cases = [
        (open(Buy, 1, levels(0, 0)), Objection::Volume(d(1))),
        (open(Buy, 3, levels(0, 0)), Objection::Volume(d(3))),
        (open(Buy, 102, levels(0, 0)), Objection::Volume(d(102))),
        (two(Buy, levels(100, 0)), Objection::Level(d(100))),
        (two(Buy, levels(96, 0)), Objection::Level(d(96))),
        (two(Buy, levels(0, 104)), Objection::Level(d(104))),
        (two(Sell, levels(105, 0)), Objection::Level(d(105))),
        (two(Sell, levels(0, 110)), Objection::Level(d(110))),
        (two(Buy, off), Objection::Price(cents(9_050))),
        (waits(Buy, Limit, 101), Objection::Activation(d(101))),
        (waits(Buy, Limit, 97), Objection::Activation(d(97))),
        (waits(Buy, Stop, 105), Objection::Activation(d(105))),
        (waits(Sell, Limit, 104), Objection::Activation(d(104))),
        (waits(Sell, Stop, 96), Objection::Activation(d(96))),
        (close("W1", None), Objection::NoPosition("W1".to_owned())),
        (open(Buy, 100, levels(0, 0)), Objection::Margin { needed: d(1_010), free: d(1_000) }),
    ];
    for (n, (instruction, wanted)) in cases.into_iter().enumerate() {
        let refused = send(&mut exchange, at(10), instruction).unwrap_err();
        assert_eq!(refused, wanted, "case {n}");
        assert!(refused.code().is_some());
        assert_eq!(exchange.truth().refused(), n as u64 + 1);
    }
    // At the edge each of them is taken.
    for instruction in [
        two(Buy, levels(95, 105)),
        two(Sell, levels(106, 96)),
        waits(Buy, Limit, 96),
        waits(Buy, Stop, 106),
    ] {
        send(&mut exchange, at(11), instruction).unwrap();
    }
    assert_eq!(exchange.submit(at(12), "1", two(Buy, levels(0, 0)), &Note::default()), {
        Err(Objection::NoAccount)
    });
    exchange.enable(ME, false).unwrap();
    assert_eq!(send(&mut exchange, at(12), two(Buy, levels(0, 0))), Err(Objection::NoAccount));
}

#[test]
fn what_a_client_says_of_a_position_must_be_so() {
    let mut exchange = exchange(&[FLAT, FLAT]);
    let id = send(&mut exchange, at(1), open(Side::Buy, 2, levels(0, 0))).unwrap().order;
    let closing = |said: Said| Instruction::Close { position: id.clone(), said, part: None };
    let wrong = [
        (Said { symbol: Some("EURUSD".to_owned()), ..Said::default() }, "instrument"),
        (Said { side: Some(Side::Sell), ..Said::default() }, "orderSide"),
        (Said { volume: Some(d(1)), ..Said::default() }, "volume"),
    ];
    for (said, what) in wrong {
        assert_eq!(send(&mut exchange, at(2), closing(said)), Err(Objection::Mismatch(what)));
    }
    for part in [d(0), d(3), Decimal::new(5, 3)] {
        let refused = send(&mut exchange, at(2), close(&id, Some(part)));
        assert_eq!(refused, Err(Objection::Volume(part)));
    }
    let right = Said {
        symbol: Some(GOLD.to_owned()),
        side: Some(Side::Buy),
        volume: Some(d(2)),
        kind: None,
    };
    send(&mut exchange, at(2), closing(right)).unwrap();
    assert_eq!(send(&mut exchange, at(3), close(&id, None)), Err(Objection::NoPosition(id)));
}

#[test]
fn nothing_happens_in_a_closed_session_and_the_first_price_after_it_is_a_gap() {
    // Thursday (1970-01-01), closed from 00:01 to 00:03.
    let hours =
        [(0, 60), (180, 86_400)].map(|(open_s, close_s)| WeekHours { day: 3, open_s, close_s });
    let listing = Listing { hours: hours.to_vec(), ..gold() };
    let bars = [FLAT, [100, 100, 80, 100], FLAT, [93, 94, 92, 93]].map(Some);
    let mut exchange = exchange_of(listing, AccountTerms::plain(ME, d(10_000)), &bars);
    let id = send(&mut exchange, at(10), open(Side::Buy, 1, levels(95, 120))).unwrap().order;
    send(&mut exchange, at(10), create(Side::Buy, WaitKind::Limit, 85, levels(0, 0))).unwrap();
    let now = at(150);
    assert_eq!(exchange.view(now, ME).unwrap().holdings.len(), 1, "80 went by");
    assert_eq!(exchange.quote(now, GOLD).unwrap().ts, at(45), "prices stand still");
    let order = exchange.view(now, ME).unwrap().waiting[0].id.clone();
    let amend =
        Instruction::Amend { position: id.clone(), said: Said::default(), levels: levels(90, 130) };
    let change =
        Instruction::Change { order, said: Said::default(), px: d(84), levels: levels(0, 0) };
    for refused in [open(Side::Buy, 1, levels(0, 0)), close(&id, None), amend, change] {
        assert_eq!(send(&mut exchange, now, refused), Err(Objection::Closed));
    }
    let view = exchange.view(at(181), ME).unwrap();
    assert_eq!((view.closed[0].close_px, view.closed[0].closed), (d(93), at(180)));
    assert_eq!(view.waiting.len(), 1);

    exchange.force_session(at(181), GOLD, Some(false)).unwrap();
    let refused = send(&mut exchange, at(182), open(Side::Buy, 1, levels(0, 0)));
    assert_eq!(refused, Err(Objection::Closed));
    assert!(exchange.listings(at(182)).all(|(_, open)| !open));
    exchange.force_session(at(183), GOLD, None).unwrap();
    send(&mut exchange, at(184), open(Side::Buy, 1, levels(0, 0))).unwrap();
}

#[test]
fn a_netting_account_has_one_position() {
    let terms = AccountTerms { booking: Booking::Netting, ..AccountTerms::plain(ME, d(10_000)) };
    let bars = [FLAT, [110, 110, 110, 110], FLAT].map(Some);
    let mut exchange = exchange_of(gold(), terms, &bars);
    let first = send(&mut exchange, at(1), open(Side::Buy, 1, levels(90, 130))).unwrap();
    let second = send(&mut exchange, at(70), open(Side::Buy, 3, levels(95, 125))).unwrap();
    assert_eq!((&second.position, second.order == first.order), (&first.position, false));
    let held = exchange.view(at(71), ME).unwrap().holdings.to_vec();
    // (101 + 3 * 111) / 4
    assert_eq!((held[0].open_px, held[0].volume), (Decimal::new(1_085, 1), d(4)));
    assert_eq!((held[0].levels, held[0].parts.len(), held.len()), (levels(95, 125), 2, 1));
    // Two go, at 110: 20 units win 1.5 each.
    send(&mut exchange, at(72), open(Side::Sell, 2, levels(0, 0))).unwrap();
    let view = exchange.view(at(73), ME).unwrap();
    assert_eq!((view.closed[0].profit, view.closed[0].cause), (d(30), CloseCause::Opposite));
    assert_eq!((view.holdings[0].volume, view.holdings[0].parts.len()), (d(2), 1));
    assert_eq!(view.holdings[0].levels, levels(95, 125), "what is left keeps its bracket");
    // Five more turn it into a short position of three.
    let turned = send(&mut exchange, at(74), open(Side::Sell, 5, levels(130, 90))).unwrap();
    let view = exchange.view(at(75), ME).unwrap();
    let held = &view.holdings[0];
    assert_eq!((held.side, held.volume, held.open_px), (Side::Sell, d(3), d(110)));
    assert_eq!((turned.position.as_ref(), view.holdings.len()), (Some(&held.id), 1));
    assert_ne!(turned.position, first.position);
    assert_eq!(view.funds.balance, d(10_060));
}

#[test]
fn numbers_of_orders_and_positions_are_one_or_two_and_come_again_when_told() {
    let rules = ExchangeRules { ids: IdStyle::Apart, ..ExchangeRules::plain() };
    let mut exchange = Exchange::new(rules).unwrap();
    exchange.list(gold(), tape(&[Some(FLAT)])).unwrap();
    exchange.open_account(AccountTerms::plain(ME, d(10_000))).unwrap();
    let first = send(&mut exchange, at(1), open(Side::Buy, 1, levels(0, 0))).unwrap();
    assert_ne!(first.position.as_ref(), Some(&first.order));
    let position = first.position.unwrap();
    assert!(position.starts_with('W') && position[1..].bytes().all(|b| b.is_ascii_digit()));
    exchange.reuse_ids();
    let second = send(&mut exchange, at(2), open(Side::Buy, 1, levels(0, 0))).unwrap();
    assert_eq!(second.order, first.order, "the number of an order that is over");
    assert_ne!(second.position, Some(position.clone()), "no two open positions share one");
    send(&mut exchange, at(3), close(&position, None)).unwrap();
    exchange.reuse_ids();
    send(&mut exchange, at(4), open(Side::Buy, 1, levels(0, 0))).unwrap();
    let third = send(&mut exchange, at(4), close(&position, None));
    assert!(third.is_ok(), "a number of the dead is given to the living");
    let view = exchange.view(at(5), ME).unwrap();
    let rows: Vec<_> = view.closed.iter().map(|row| (&row.position, &row.uid)).collect();
    assert_eq!(rows[0].0, rows[1].0);
    assert_ne!(rows[0].1, rows[1].1);
}

#[test]
fn reads_lag_behind_the_truth() {
    let mut exchange = exchange(&[FLAT, FLAT]);
    exchange.set_lag(at(3)).unwrap();
    send(&mut exchange, at(10), open(Side::Buy, 1, levels(0, 0))).unwrap();
    send(&mut exchange, at(10), create(Side::Buy, WaitKind::Limit, 90, levels(0, 0))).unwrap();
    let seen = |exchange: &mut Exchange, s: i64| {
        let view = exchange.view(at(s), ME).unwrap();
        (view.holdings.len(), view.waiting.len(), view.closed.len(), view.funds.balance)
    };
    assert_eq!(seen(&mut exchange, 12), (0, 0, 0, d(10_000)));
    assert_eq!(exchange.view_true(at(12), ME).unwrap().holdings.len(), 1);
    assert_eq!(seen(&mut exchange, 13), (1, 1, 0, d(10_000)));
    let id = exchange.view(at(13), ME).unwrap().holdings[0].id.clone();
    send(&mut exchange, at(20), close(&id, None)).unwrap();
    assert_eq!(seen(&mut exchange, 22), (1, 1, 0, d(10_000)));
    assert_eq!(seen(&mut exchange, 23), (0, 1, 1, d(9_990)));
    assert_eq!(exchange.set_lag(Nanos::HOUR), Err(SetupError::Lag(Nanos::HOUR)));
}

#[test]
fn a_frozen_feed_hides_prices_at_which_others_trade() {
    let mut exchange = exchange(&[FLAT, [100, 100, 90, 90], [90, 90, 90, 90]]);
    send(&mut exchange, at(10), open(Side::Buy, 1, levels(95, 120))).unwrap();
    exchange.freeze(at(50), GOLD, true).unwrap();
    let span = tickstep_live::exchange::CandleSpan::M1;
    let bars = |exchange: &mut Exchange| {
        exchange.candles(at(125), GOLD, span, (at(0), at(125))).unwrap().len()
    };
    assert_eq!(exchange.view(at(125), ME).unwrap().closed[0].close_px, d(95));
    let quote = exchange.quote(at(125), GOLD).unwrap();
    assert_eq!((quote.bid, quote.ts), (d(100), at(45)));
    assert_eq!(bars(&mut exchange), 1);
    exchange.freeze(at(125), GOLD, false).unwrap();
    let quote = exchange.quote(at(125), GOLD).unwrap();
    assert_eq!((quote.bid, quote.ask, quote.ts), (d(90), d(91), at(120)));
    assert_eq!((quote.day_open, quote.day_high, quote.day_low), (d(100), d(100), d(90)));
    assert_eq!(bars(&mut exchange), 3);
}

#[test]
fn an_instruction_can_be_done_after_it_was_answered() {
    let mut exchange = exchange(&[FLAT, FLAT, FLAT]);
    let late = |exchange: &mut Exchange, s: i64, side| {
        exchange.submit_late(at(1), at(s), ME, open(side, 1, levels(0, 0)), &Note::of(3))
    };
    let receipt = late(&mut exchange, 30, Side::Buy);
    assert_eq!((receipt.position, exchange.deferred()), (None, 1));
    assert!(exchange.view(at(29), ME).unwrap().holdings.is_empty());
    let held = exchange.view(at(40), ME).unwrap().holdings.to_vec();
    assert_eq!((&held[0].id, held[0].opened), (&receipt.order, at(30)));
    late(&mut exchange, 100, Side::Sell);
    exchange.force_session(at(90), GOLD, Some(false)).unwrap();
    assert_eq!(exchange.view(at(110), ME).unwrap().holdings.len(), 1, "it was refused then");
    assert_eq!(exchange.truth().refused(), 1);
}

#[test]
fn the_truth_counts_what_was_done_twice() {
    let mut exchange = exchange(&[FLAT, FLAT]);
    let buy = || open(Side::Buy, 1, levels(90, 0));
    exchange.submit(at(1), ME, buy(), &Note::of(7)).unwrap();
    assert!(exchange.truth().duplicates().is_empty());
    exchange.submit(at(2), ME, buy(), &Note::of(7)).unwrap();
    exchange.submit(at(62), ME, buy(), &Note::of(8)).unwrap();
    exchange.submit(at(63), ME, open(Side::Sell, 1, levels(0, 0)), &Note::of(9)).unwrap();
    assert_eq!((exchange.truth().times(ME, 7), exchange.truth().times(ME, 8)), (2, 1));
    let report = exchange.report(at(64), None);
    assert_eq!((report.duplicates.len(), report.duplicates[0].intent), (1, 7));
    // The third is like the second, and came a minute later.
    assert_eq!((report.twins, report.open, report.forgotten), (2, 4, None));
    assert_eq!(report.unbracketed.len(), 4);
    let ids: Vec<_> =
        exchange.view(at(64), ME).unwrap().holdings.iter().map(|h| h.id.clone()).collect();
    let known = ids[1..].iter().map(|id| (ME.to_owned(), id.clone())).collect();
    let forgotten = exchange.report(at(64), Some(&known)).forgotten.unwrap();
    assert_eq!((&forgotten[0].position, forgotten.len(), forgotten[0].since), (&ids[0], 1, at(1)));
    exchange.set_levels(at(65), ME, &ids[0], levels(90, 120)).unwrap();
    assert_eq!(exchange.report(at(65), None).unbracketed.len(), 3);
    exchange.close_by_dealer(at(66), ME, &ids[0]).unwrap();
    assert_eq!(exchange.truth().count(Deed::Dealt), 1);
    assert_eq!(exchange.view(at(66), ME).unwrap().closed[0].cause, CloseCause::Dealer);
}

#[test]
fn a_key_is_carried_out_once() {
    let mut exchange = exchange(&[FLAT]);
    let note =
        |key: &str| Note { key: Some(key.to_owned()), comment: "mine".to_owned(), intent: Some(1) };
    let buy = || open(Side::Buy, 1, levels(0, 0));
    let first = exchange.submit(at(1), ME, buy(), &note("a")).unwrap();
    assert_eq!(exchange.submit(at(2), ME, buy(), &note("a")).unwrap(), first);
    assert_ne!(exchange.submit(at(3), ME, buy(), &note("b")).unwrap(), first);
    let view = exchange.view(at(4), ME).unwrap();
    assert_eq!((view.holdings.len(), view.holdings[0].comment.as_str()), (2, "mine"));
}

#[test]
fn faults_come_in_pairs_that_look_the_same() {
    for reply in [LostReply::Late, LostReply::BadGateway, LostReply::Reset, LostReply::Empty] {
        let mut seen = Vec::new();
        for executed in [true, false] {
            let mut exchange = exchange(&[FLAT]);
            let trouble = Trouble::Lost { executed, reply };
            let buy = open(Side::Buy, 1, levels(0, 0));
            seen.push(exchange.submit_under(at(1), ME, buy, &Note::of(1), Some(&trouble)));
            let held = exchange.view(at(2), ME).unwrap().holdings.len();
            assert_eq!(held, usize::from(executed));
        }
        assert_eq!(seen, [Seen::Lost(reply), Seen::Lost(reply)]);
    }
}

#[test]
fn each_fault_does_what_it_says() {
    let under = |trouble: Trouble| {
        let mut exchange = exchange(&[FLAT]);
        let buy = open(Side::Buy, 3, levels(0, 0));
        let seen = exchange.submit_under(at(1), ME, buy, &Note::of(1), Some(&trouble));
        let volume = |exchange: &mut Exchange, s: i64| -> Decimal {
            exchange.view(at(s), ME).unwrap().holdings.iter().map(|h| h.volume).sum()
        };
        (seen, volume(&mut exchange, 2), volume(&mut exchange, 20))
    };
    let (seen, _, volume) = under(Trouble::Part { permille: 500 });
    assert!(matches!(seen, Seen::Answered(Ok(_))));
    assert_eq!(volume, Decimal::new(15, 1));
    let (seen, _, volume) = under(Trouble::OddCode);
    assert!(matches!(seen, Seen::OddCode(Ok(_))));
    assert_eq!(volume, d(3));
    let (seen, soon, later) = under(Trouble::DoneLater { after: at(9), reply: None });
    assert!(matches!(seen, Seen::Answered(Ok(_))));
    assert_eq!((soon, later), (d(0), d(3)));
    let reply = Some(LostReply::Reset);
    let (seen, soon, later) = under(Trouble::DoneLater { after: at(9), reply });
    assert_eq!((seen, soon, later), (Seen::Lost(LostReply::Reset), d(0), d(3)));
    let message = "no".to_owned();
    let (seen, _, volume) = under(Trouble::Rejected { code: None, message });
    assert!(matches!(seen, Seen::Answered(Err(Objection::Ordered { .. }))));
    assert_eq!(volume, d(0));
    for (trouble, wanted, held) in [
        (Trouble::Unauthorised, Seen::Unauthorised, 0),
        (Trouble::Forbidden, Seen::Forbidden, 0),
        (Trouble::Gone, Seen::Gone, 0),
        (Trouble::TooMany { retry_after_s: Some(3) }, Seen::TooMany(Some(3)), 0),
        (Trouble::Redirect { executed: false, status: 307 }, Seen::Redirected(307), 0),
        (Trouble::Redirect { executed: true, status: 307 }, Seen::Redirected(307), 3),
    ] {
        let (seen, _, volume) = under(trouble);
        assert_eq!((seen, volume), (wanted, d(held)));
    }
}

#[test]
fn an_order_without_margin_lapses_when_it_is_reached() {
    let bars = [FLAT, [100, 101, 97, 100]].map(Some);
    let mut exchange = exchange_of(gold(), AccountTerms::plain(ME, d(20)), &bars);
    send(&mut exchange, at(1), create(Side::Buy, WaitKind::Limit, 98, levels(0, 0))).unwrap();
    send(&mut exchange, at(2), open(Side::Buy, 1, levels(0, 0))).unwrap();
    assert!(balance(&mut exchange, at(100)) == d(20));
    let view = exchange.view(at(100), ME).unwrap();
    assert_eq!((view.holdings.len(), view.waiting.len()), (1, 0));
    assert_eq!(exchange.truth().count(Deed::Lapsed), 1);
}

#[test]
fn turning_a_netted_position_needs_margin_for_the_new_side_alone() {
    let terms = AccountTerms { booking: Booking::Netting, ..AccountTerms::plain(ME, d(20)) };
    let mut exchange = exchange_of(gold(), terms, &[Some(FLAT)]);
    send(&mut exchange, at(1), open(Side::Buy, 1, levels(0, 0))).unwrap();
    // 10.10 of 20 are in use and 10 are lost; the long side gives its margin back.
    let free = exchange.view(at(2), ME).unwrap().funds.free_margin;
    assert_eq!(free, cents(-10));
    let more = send(&mut exchange, at(2), open(Side::Buy, 1, levels(0, 0)));
    assert!(matches!(more, Err(Objection::Margin { .. })));
    // -0.10 and 10.10 are 10.00, which is what a lot needs at 100.
    send(&mut exchange, at(3), open(Side::Sell, 2, levels(0, 0))).unwrap();
    assert_eq!(exchange.view(at(4), ME).unwrap().holdings[0].side, Side::Sell);
}

#[test]
fn an_order_that_fills_is_no_second_execution_of_its_intent() {
    let mut exchange = exchange(&[FLAT, [100, 101, 97, 100]]);
    let order = create(Side::Buy, WaitKind::Limit, 98, levels(90, 110));
    exchange.submit(at(1), ME, order, &Note::of(5)).unwrap();
    assert_eq!(exchange.view(at(100), ME).unwrap().holdings[0].intent, Some(5));
    assert_eq!(exchange.truth().count(Deed::Filled), 1);
    assert!(exchange.truth().duplicates().is_empty());
}
