//! Two strategies on one instrument of one account, and somebody's own position beside them.

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{BracketPrices, VenuePosition, Write};
use tickstep_live::runner::{Happening, Input, OutsideSignal, PositionChange, SignalKind};

use crate::desk::{Desk, GOLD, Plan, d};

const ONE: AccountId = AccountId(0);

fn plan() -> Plan {
    Plan { strategies: &["slow", "fast"], ..Plan::of(1) }
}

fn give(desk: &mut Desk, strategy: &str, kind: SignalKind) {
    let side = match kind {
        SignalKind::Enter(side) => side,
        SignalKind::Leave => Side::Buy,
    };
    let strategy = strategy.to_owned();
    let signal = OutsideSignal { strategy, kind, ..desk.wanted(side) };
    desk.give(Input::Signal(signal));
    desk.run(5);
}

/// What each strategy holds: its side, quantity and numbers at the broker.
fn held(desk: &Desk) -> Vec<(String, Side, Decimal, Vec<String>)> {
    let status = desk.runner.report_all();
    let positions = status.accounts[0].positions.iter();
    positions.map(|p| (p.strategy.clone(), p.side, p.quantity, p.at_broker.clone())).collect()
}

fn row(strategy: &str, side: Side, number: &str) -> (String, Side, Decimal, Vec<String>) {
    (strategy.to_owned(), side, d("10"), vec![number.to_owned()])
}

/// A position was known by its symbol alone, so that one strategy closed what another held.
#[test]
fn two_strategies_hold_one_instrument_and_each_closes_its_own() {
    for other in [Side::Buy, Side::Sell] {
        let mut desk = Desk::open(&plan());
        give(&mut desk, "slow", SignalKind::Enter(Side::Buy));
        give(&mut desk, "fast", SignalKind::Enter(other));
        let both = [row("slow", Side::Buy, "W1"), row("fast", other, "W2")];
        assert_eq!(held(&desk), both, "sizes add up");
        give(&mut desk, "fast", SignalKind::Leave);
        assert_eq!(held(&desk), [row("slow", Side::Buy, "W1")]);
        let closed = desk.writes.iter().filter_map(|(_, write)| match write {
            Write::Close { position, volume, .. } => Some((position.as_str(), *volume)),
            _ => None,
        });
        assert_eq!(closed.collect::<Vec<_>>(), [("W2", d("10"))]);
        assert_eq!(desk.runner.audit(ONE), []);
    }
}

/// Every five minutes a reconciliation told of a difference that was none.
#[test]
fn twenty_minutes_of_reconciliation_find_nothing_where_nothing_differs() {
    let plan = plan();
    let mut desk = Desk::open(&plan);
    give(&mut desk, "slow", SignalKind::Enter(Side::Buy));
    give(&mut desk, "fast", SignalKind::Enter(Side::Sell));
    let own = VenuePosition {
        id: "W900".to_owned(),
        symbol: GOLD.to_owned(),
        side: Side::Buy,
        volume: d("10"),
        open_price: d("100"),
        open_time: Nanos(desk.now.0 - Nanos::HOUR.0),
        bracket: BracketPrices::default(),
        commission: Decimal::ZERO,
        swap: Decimal::ZERO,
        profit: None,
        comment: None,
    };
    desk.books[0].positions.push(own.clone());
    desk.run(60);
    let (writes, said) = (desk.writes.len(), desk.happened.len());
    for _ in 0..2 {
        desk.run(600);
        desk.restart(&plan, Nanos::SECOND);
    }
    desk.run(60);
    assert_eq!(desk.writes.len(), writes, "nothing is sent");
    let told = desk.happened[said..].iter();
    let news = told.filter(|h| matches!(h, Happening::Alert(_) | Happening::Position(_)));
    assert_eq!(news.collect::<Vec<_>>(), Vec::<&Happening>::new());
    assert_eq!(desk.runner.audit(ONE), []);
    assert_eq!(held(&desk), [row("slow", Side::Buy, "W1"), row("fast", Side::Sell, "W2")]);
    let foreign = &desk.runner.report_all().accounts[0].foreign;
    assert_eq!(foreign[..], [own], "seen beside them");
    // When it goes it is said once, as somebody else's.
    desk.books[0].positions.retain(|p| p.id != "W900");
    desk.run(90);
    let gone = |h: &&Happening| {
        matches!(h, Happening::Position(news)
            if news.strategy.is_none() && news.change == PositionChange::Gone)
    };
    assert_eq!(desk.happened.iter().filter(gone).count(), 1);
}

/// What is worth what, on margin: `close` and ROI of a position that is open.
#[test]
fn an_open_position_says_what_it_is_worth_on_its_margin() {
    let mut desk = Desk::open(&plan());
    give(&mut desk, "slow", SignalKind::Enter(Side::Buy));
    give(&mut desk, "fast", SignalKind::Enter(Side::Sell));
    desk.bid = d("100.50");
    desk.run(2);
    let status = desk.runner.report_all();
    let worth: Vec<_> = status.accounts[0].positions.iter().map(|p| p.now.unwrap()).collect();
    // 10 from 100 at leverage 100: a margin of 10, on which 5 is 50 %; the price moved 0.5 %.
    assert_eq!((worth[0].price, worth[0].profit), (d("100.50"), d("5")));
    assert_eq!((worth[0].profit_percent, worth[0].price_move_percent), (d("50"), d("0.5")));
    assert_eq!((worth[1].profit, worth[1].profit_percent), (d("-5"), d("-50")));
}
