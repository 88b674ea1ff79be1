//! What a broker says of an account's money, with positions open or not.

use rust_decimal::Decimal;
use tickstep_core::ledger::Ledger;
use tickstep_core::units::Side;
use tickstep_live::broker::{BracketPrices, VenuePosition};
use tickstep_live::runner::{Fate, Happening, Skip, Unsent};

use crate::desk::{Desk, GOLD, Plan, d};

fn ledger(desk: &Desk) -> &Ledger {
    desk.runner.accounts()[0].engine().ledger()
}

/// Every payment that was told.
fn paid(desk: &Desk) -> Vec<Decimal> {
    let paid = |h: &Happening| match h {
        Happening::Paid { amount, .. } => Some(*amount),
        _ => None,
    };
    desk.happened.iter().filter_map(paid).collect()
}

/// A desk that holds ten ounces; its broker has these habits with money.
fn holding(commission: &str, at_once: bool) -> Desk {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].commission = (d(commission), at_once);
    desk.signal(Side::Buy);
    desk.run(70);
    assert_eq!(desk.books[0].positions.len(), 1);
    desk
}

fn close(desk: &mut Desk, px: &str) {
    let now = desk.now;
    desk.books[0].close(now, d(px), "W1", d("10"));
    desk.run(70);
}

#[test]
fn the_first_balance_is_what_the_account_begins_with() {
    let mut desk = Desk::around(Plan::of(1).runner().unwrap(), 1);
    desk.books[0].balance = d("81234.56");
    desk.run(5);
    assert_eq!((ledger(&desk).cash(), ledger(&desk).deposits()), (d("81234.56"), d("81234.56")));
    assert_eq!(paid(&desk), []);
}

#[test]
fn money_is_paid_in_and_out_while_a_position_is_open() {
    let mut desk = holding("0", false);
    desk.books[0].balance += d("500");
    desk.run(70);
    assert_eq!(paid(&desk), [d("500")]);
    assert_eq!(ledger(&desk).deposits(), d("100500"));
    desk.books[0].balance -= d("0.5");
    desk.run(70);
    assert_eq!(paid(&desk), [d("500"), d("-0.5")]);
    assert!(desk.runner.audit(tickstep_core::session::AccountId(0)).is_empty());
    close(&mut desk, "100.50");
    assert_eq!(paid(&desk).len(), 2, "what was realised is no payment");
    assert_eq!(ledger(&desk).cash(), d("100504.5"));
    assert_eq!(ledger(&desk).cash(), desk.books[0].balance);
}

#[test]
fn whenever_a_broker_takes_its_charges_they_are_no_payment() {
    for at_once in [true, false] {
        let mut desk = holding("7.11", at_once);
        assert_eq!(paid(&desk), [], "at once: {at_once}");
        assert_eq!(ledger(&desk).cash(), d("99992.89"));
        desk.books[0].balance += d("1000");
        desk.run(70);
        assert_eq!(paid(&desk), [d("1000")], "at once: {at_once}");
        close(&mut desk, "101");
        assert_eq!(paid(&desk).len(), 1);
        assert_eq!(ledger(&desk).cash(), d("101002.89"));
        assert_eq!(ledger(&desk).cash(), desk.books[0].balance);
    }
}

#[test]
fn what_of_a_payment_was_a_charge_is_told_once_a_balance_tells() {
    for at_once in [true, false] {
        let mut desk = Desk::open(&Plan::of(1));
        desk.books[0].commission = (d("7.11"), at_once);
        desk.signal(Side::Buy);
        desk.run(5);
        assert_eq!(desk.books[0].positions.len(), 1);
        // No balance has told yet whether the commission of what is open is in it.
        desk.books[0].balance -= d("882");
        desk.run(70);
        assert_eq!(paid(&desk).len(), 1, "at once: {at_once}");
        close(&mut desk, "101");
        assert_eq!(paid(&desk).iter().sum::<Decimal>(), d("-882"), "at once: {at_once}");
        assert_eq!(ledger(&desk).deposits(), d("99118"));
        assert_eq!(ledger(&desk).cash(), desk.books[0].balance);
    }
}

#[test]
fn swap_is_no_payment_while_it_grows_nor_once_it_is_taken() {
    let mut desk = holding("1", true);
    desk.books[0].positions[0].swap = d("-0.37");
    desk.run(70);
    assert_eq!(paid(&desk), [], "it is not in the balance yet");
    desk.books[0].balance -= d("0.37");
    desk.run(70);
    assert_eq!(paid(&desk), [], "it is now");
}

#[test]
fn what_is_within_the_rounding_of_a_trade_is_no_payment() {
    // Stated to whole units, 4.6 are 5; unstated to a tenth, 4.55 are 4.6.
    for (stated, px, made) in [((0, true), "100.46", "5"), ((2, false), "100.46", "4.60")] {
        let mut desk = holding("0", false);
        desk.books[0].states = stated;
        close(&mut desk, px);
        assert_eq!(paid(&desk), []);
        assert_eq!(ledger(&desk).cash(), d("100000") + d(made));
        assert_eq!(ledger(&desk).deposits(), d("100000"));
        assert_eq!(ledger(&desk).corrected(), d(made) - d("4.6"));
    }
    // A cent that no row states is rounding; ten are not.
    for (off, told) in [("0.01", &[][..]), ("0.1", &[d("0.1")][..])] {
        let mut desk = holding("0", false);
        desk.books[0].states.1 = false;
        desk.books[0].balance += d(off);
        let now = desk.now;
        desk.books[0].close(now, d("100.46"), "W1", d("10"));
        desk.run(70);
        assert_eq!(paid(&desk), told);
    }
}

#[test]
fn what_somebody_else_trades_is_profit_or_loss_and_no_payment() {
    let mut desk = holding("0", false);
    let now = desk.now;
    desk.books[0].positions.push(VenuePosition {
        id: "M9".to_owned(),
        symbol: GOLD.to_owned(),
        side: Side::Buy,
        volume: d("3"),
        open_price: d("100"),
        open_time: now,
        bracket: BracketPrices::default(),
        commission: d("-0.5"),
        swap: Decimal::ZERO,
        profit: None,
        comment: None,
    });
    desk.run(70);
    let now = desk.now;
    desk.books[0].close(now, d("90"), "M9", d("3"));
    desk.run(70);
    assert_eq!(paid(&desk), []);
    assert_eq!((ledger(&desk).cash(), ledger(&desk).corrected()), (d("99969.5"), d("-30.5")));
    assert_eq!(ledger(&desk).deposits(), d("100000"));
}

#[test]
fn a_close_that_the_lists_do_not_show_yet_is_no_payment() {
    let mut desk = holding("0", false);
    // The balance is of after the stop, and the rows are not.
    let now = desk.now;
    desk.books[0].close(now, d("99"), "W1", d("10"));
    let (rows, positions) = (std::mem::take(&mut desk.books[0].rows), Vec::new());
    desk.books[0].positions = positions;
    desk.run(20);
    desk.books[0].rows = rows;
    desk.run(70);
    assert_eq!(paid(&desk), []);
    assert_eq!(ledger(&desk).cash(), d("99990"));
}

#[test]
fn an_account_in_another_currency_takes_no_risk_and_says_why() {
    let mut desk = Desk::around(Plan::of(1).runner().unwrap(), 1);
    desk.currency = "EUR";
    desk.run(5);
    desk.signal(Side::Buy);
    let (ours, theirs) = ("USD".to_owned(), "EUR".to_owned());
    let why = Unsent::OtherCurrency { ours, theirs };
    assert_eq!(desk.fates(), [Fate::Skipped(Skip::Check(why))]);
    desk.run(200);
    assert_eq!(desk.alerts("the account is in EUR at its broker"), 1);
    let differences = desk.runner.audit(tickstep_core::session::AccountId(0));
    assert!(differences.iter().any(|d| d.what == "currency"), "{differences:?}");
    desk.currency = "usd";
    desk.run(70);
    desk.signal(Side::Buy);
    assert_eq!(desk.books[0].positions.len(), 1);
}
