//! What the database says of a day is what the broker carried out.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::driver::simulated::{Day, FaultRates, Options, TrueClose, TrueHolding};
use tickstep_live::store::{Filter, PageWanted, PositionState, TradeRow};

use crate::support::{live, told};

/// Volume and what it made.
type Sums = (Decimal, Decimal);
/// What a broker did this long before the end is read back.
const READ_BACK: Nanos = Nanos::MINUTE.times(3);

fn truth(closed: &[&TrueClose]) -> Sums {
    closed.iter().fold((Decimal::ZERO, Decimal::ZERO), |sums, close| {
        (sums.0 + close.part.volume, sums.1 + close.part.net())
    })
}

fn stored(trades: &[TradeRow], ours: bool) -> Sums {
    let own = trades.iter().filter(|t| t.order.is_some() == ours);
    own.fold((Decimal::ZERO, Decimal::ZERO), |sums, trade| {
        (sums.0 + trade.quantity, sums.1 + trade.profit_loss.unwrap())
    })
}

/// Closes of positions all of which was closed before `end`: a trade is known when it is over.
fn over(day: &Day, account: AccountId, end: Nanos) -> Vec<&TrueClose> {
    let own = || day.closed.iter().filter(move |c| c.account == account && c.ours);
    let open = |c: &&TrueClose| {
        let same = |h: &TrueHolding| h.account == account && h.holding.id == c.part.position;
        let later = |o: &TrueClose| o.part.position == c.part.position && o.part.closed >= end;
        day.open.iter().any(same) || own().any(later)
    };
    own().filter(|c| c.part.closed < end && !open(c)).collect()
}

async fn check(options: Options) -> (usize, usize) {
    let lived = live(options);
    let folder = tempfile::tempdir().unwrap();
    let store = told(&folder.path().join("db"), &lived).await;
    let reads = store.reads();
    // The disk may have ended a day a little sooner than its time.
    let told = lived.batches.iter().rev().find_map(|b| b.entries.last()).unwrap().at;
    let end = told.min(lived.day.end) - READ_BACK;
    let mut counts = (0, 0);
    let (mut all, mut compared) = ((0, Decimal::ZERO), 0);
    for account in 0..usize::from(options.accounts) {
        let what = format!("seed {}, account {account}", options.seed);
        let (account, name) = (AccountId(account as u16), format!("account {account}"));
        let ours = over(&lived.day, account, end);
        let by_hand = |c: &&TrueClose| c.account == account && !c.ours && c.part.closed < end;
        let hands: Vec<&TrueClose> = lived.day.closed.iter().filter(by_hand).collect();
        let filter = Filter { account: Some(name), to: Some(end), ..Filter::default() };
        let trades = reads.trades(&filter, PageWanted::first(1000)).await.unwrap().rows;
        assert_eq!(stored(&trades, true), truth(&ours), "{what}, the program's");
        assert_eq!(stored(&trades, false), truth(&hands), "{what}, by hand");
        counts = (counts.0 + trades.len() - hands.len(), counts.1 + hands.len());
        all = (all.0 + trades.len(), all.1 + truth(&ours).1 + truth(&hands).1);
        // What was closed at once is what the broker did, times and prices too.
        for trade in &trades {
            let of = |c: &&TrueClose| Some(&c.part.position) == trade.position.as_ref();
            let parts: Vec<_> = ours.iter().chain(&hands).copied().filter(of).collect();
            let [TrueClose { part, .. }] = parts[..] else { continue };
            let found = (trade.entry_price, trade.exit_price, trade.executed_at, trade.closed_at);
            let wanted = (part.open_px, part.close_px, part.opened, part.closed);
            assert_eq!(found, wanted, "{what}, {:?}", trade.position);
            compared += 1;
        }
        // What is open is open there too, but for what was closed just now.
        let filter = Filter { to: None, ..filter };
        let open = reads.positions(&filter, Some(PositionState::Open), PageWanted::first(1000));
        let open: BTreeMap<String, Decimal> =
            open.await.unwrap().rows.into_iter().map(|p| (p.position, p.quantity)).collect();
        let late = lived.day.closed.iter().filter(|c| c.account == account);
        let late: Vec<&TrueClose> = late.filter(|c| c.part.closed >= end).collect();
        let holdings = lived.day.open.iter().filter(|h| h.account == account);
        let holdings = holdings.filter(|h| h.holding.opened < end);
        for held in holdings {
            assert_eq!(open.get(&held.holding.id), Some(&held.holding.volume), "{what}");
        }
        for position in open.keys() {
            let there = lived.day.open.iter().any(|h| h.holding.id == *position);
            let just = late.iter().any(|c| c.part.position == *position);
            assert!(there || just, "{what}: {position} is not open");
        }
    }
    let filter = Filter { to: Some(end), ..Filter::default() };
    let totals = reads.performance(&filter).await.unwrap();
    assert_eq!((totals.trades as usize, totals.total), all);
    assert!(compared * 2 > all.0, "{compared} of {}", all.0);
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_volume_and_profit_of_a_calm_day_are_the_brokers() {
    let (ours, hands) = check(Options { rates: FaultRates::NONE, ..Options::drawn(1) }).await;
    assert!(ours > 20 && hands == 0, "{ours} {hands}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_volume_and_profit_of_days_of_faults_are_the_brokers() {
    let mut sum = (0, 0);
    for seed in 0..40 {
        let counts = check(Options::drawn(seed)).await;
        sum = (sum.0 + counts.0, sum.1 + counts.1);
    }
    assert!(sum.0 > 1000, "{sum:?}");
}
