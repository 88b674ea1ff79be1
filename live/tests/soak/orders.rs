//! Orders that wait for their price, over HTTP: placed, changed, withdrawn and filled, while
//! replies are lost.

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{BracketPrices, PendingKind};
use tickstep_live::driver::production::Ended;
use tickstep_live::exchange::{Instruction, Levels, Note, TroubleRates, WaitKind, Waiting};
use tickstep_live::runner::{Act, Fate, OutsideSignal, Reach, RunnerReport, SignalKind, WaitsFor};
use tickstep_live::service::{ActBy, Handle};

use super::market::{BY_HAND, SYMBOL};
use super::truth::reconciled;
use super::world::{World, number};

const ACCOUNTS: u16 = 3;

fn by(id: &str) -> ActBy {
    ActBy { id: id.to_owned(), who: "test".to_owned(), why: "a test".to_owned() }
}

async fn report(handle: &Handle) -> RunnerReport {
    handle.status().await.unwrap().runner
}

/// Orders of the program's that wait at the venue.
fn waiting(world: &World) -> Vec<Waiting> {
    let all = |account| {
        world.desk.with(|exchange, now| {
            let view = exchange.view_true(now, &number(account)).unwrap();
            view.waiting.iter().filter(|w| w.intent.is_some()).cloned().collect::<Vec<_>>()
        })
    };
    (0..ACCOUNTS).flat_map(all).collect()
}

/// Waits until something is so, in the venue's time; panics where it never is.
async fn until(world: &World, what: &str, mut is: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is().await {
            return;
        }
        world.pass(Nanos::SECOND).await;
    }
    panic!("it never came that {what}");
}

/// Has every account wait to buy, so far below the price or above it; anew where a market
/// that went on meanwhile is there already.
async fn place(world: &World, handle: &Handle, id: &str, kind: PendingKind, away: Decimal) {
    for n in 0..20 {
        let fates = placed(world, handle, &format!("{id} {n}"), kind, away).await;
        let fine = |fate: &Fate| matches!(fate, Fate::Resting { .. } | Fate::Executed { .. });
        let passed = |fate: &Fate| match fate {
            Fate::Rejected { message } => message.starts_with("Invalid activation price"),
            _ => false,
        };
        assert!(fates.len() == usize::from(ACCOUNTS), "{fates:?}");
        assert!(fates.iter().all(|fate| fine(fate) || passed(fate)), "{fates:?}");
        if fates.iter().any(fine) {
            return;
        }
    }
    panic!("the market is always there already");
}

async fn placed(
    world: &World,
    handle: &Handle,
    id: &str,
    kind: PendingKind,
    away: Decimal,
) -> Vec<Fate> {
    let price = report(handle).await.instruments[0].price.unwrap() + away;
    let (stop, target) = (Some(price - Decimal::new(50, 3)), Some(price + Decimal::new(90, 3)));
    let signal = OutsideSignal {
        source: "test".to_owned(),
        key: id.to_owned(),
        strategy: BY_HAND.to_owned(),
        symbol: SYMBOL.to_owned(),
        kind: SignalKind::Enter(Side::Buy),
        price: None,
        bracket: BracketPrices { stop, target },
        hold: None,
        waits: Some(WaitsFor { kind, price }),
        given: world.clock.now(),
    };
    let act = Act::Batch(vec![Act::Signal { reach: Reach::All, signal: Box::new(signal) }]);
    let within = world.clock.real(Nanos::MINUTE.times(3));
    let (acted, came) = handle.batch(&by(id), act.clone(), within).await.unwrap();
    assert!(acted.lines.iter().all(|line| line.refused.is_none()), "{acted:?}");
    // Given again, it does no more.
    assert!(handle.command(&by(id), act).await.unwrap().again);
    let lines = came.unwrap().results.into_iter().flat_map(|result| result.accounts);
    lines.map(|line| line.fate).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_wait_are_placed_changed_withdrawn_and_filled_while_replies_are_lost() {
    let world = World::new(ACCOUNTS, 60, 23, TroubleRates::default()).await;
    let service = world.start();
    let handle = service.handle();
    until(&world, "all is known", async || {
        let report = report(&handle).await;
        report.instruments[0].price.is_some() && report.accounts.iter().all(|a| a.known)
    })
    .await;
    place(&world, &handle, "far below", PendingKind::Limit, Decimal::new(-900, 3)).await;
    assert_eq!(waiting(&world).len(), usize::from(ACCOUNTS));
    // Somebody has an order of their own wait beside it.
    let theirs = Instruction::Create {
        symbol: SYMBOL.to_owned(),
        side: Side::Buy,
        volume: Decimal::from(7),
        kind: WaitKind::Limit,
        px: waiting(&world)[0].px - Decimal::new(5, 3),
        levels: Levels::default(),
    };
    let made = world.desk.with(|exchange, now| {
        exchange.submit(now, &number(0), theirs.clone(), &Note::default()).is_ok()
    });
    assert!(made);
    world.desk.set_rates(TroubleRates { lost: 200_000, ..TroubleRates::default() });
    let order = waiting(&world)[0].clone();
    let price = order.px - Decimal::new(10, 3);
    let bracket = BracketPrices { stop: Some(price - Decimal::new(40, 3)), target: None };
    let (account, order) = (AccountId(0), order.id);
    let edit = Act::EditOrder { account, order: order.clone(), price, change: bracket.into() };
    assert_eq!(handle.command(&by("edit"), edit).await.unwrap().lines[0].refused, None);
    until(&world, "the order waits for the other price", async || {
        waiting(&world).iter().any(|w| w.id == order && w.px == price)
    })
    .await;
    let cancel = Act::CancelOrders { reach: Reach::All, symbol: Some(SYMBOL.to_owned()) };
    handle.command(&by("cancel"), cancel).await.unwrap();
    until(&world, "ours are withdrawn", async || waiting(&world).is_empty()).await;
    world.desk.calm();
    reconciled(&world, &handle).await;
    let differences = handle.status().await.unwrap().differences();
    assert_eq!(differences, Vec::<String>::new());
    let left = report(&handle).await.accounts[0].foreign_orders.len();
    assert_eq!(left, 1, "what somebody else placed is shown, and left alone");
    // Closing everything leaves it alone, and does not call the account flat.
    let minute = std::time::Duration::from_secs(60);
    let closed = handle.close(&by("close"), Reach::All, None, minute).await.unwrap();
    assert!(closed.left[0].ends_with("which this program did not open and leaves alone"));
    assert!(closed.left.len() == 1 && !closed.is_flat(), "{closed:?}");
    place(&world, &handle, "just above", PendingKind::Stop, Decimal::new(3, 3)).await;
    until(&world, "one has filled", async || {
        let accounts = report(&handle).await.accounts;
        accounts.iter().any(|a| a.positions.iter().any(|p| p.strategy == BY_HAND))
    })
    .await;
    handle.stop(std::time::Duration::from_secs(10));
    let ended = service.join().await;
    assert!(matches!(&ended, Ended::Stopped(left) if left.is_empty()), "{ended:?}");
    assert!(waiting(&world).is_empty(), "nothing of ours waits when it has ended");
}
