//! Days of faults.

use std::time::Duration;

use tickstep_core::units::Nanos;
use tickstep_live::driver::production::Ended;
use tickstep_live::exchange::{Deed, TroubleRates};
use tickstep_live::runner::{Act, Reach};
use tickstep_live::service::{ActBy, Heard};

use super::truth::{managed, reconciled};
use super::world::{World, seconds};

/// Trades for so long under faults, then reconciles, closes, and ends.
async fn live(accounts: u16, speed: u32, time: Duration, per_million: u32) {
    let world = World::new(accounts, speed, 7, TroubleRates::all(per_million)).await;
    let service = world.start();
    let handle = service.handle();
    // A reader that reads nothing until the end.
    let mut slow = handle.events();
    tokio::time::sleep(time).await;
    world.desk.calm();
    handle.command(&ActBy::new("test", "the end").unwrap(), Act::Pause(Reach::All)).await.unwrap();
    world.pass(Nanos::SECOND.times(30)).await;
    reconciled(&world, &handle).await;
    let opened = world.desk.with(|exchange, _| exchange.truth().count(Deed::Opened));
    let census = world.desk.census();
    println!("{opened} positions opened, {} faults; {census:?}", census.troubles);
    assert!(opened > u64::from(accounts) * 4, "only {opened} opened");
    assert!(per_million == 0 || census.troubles > 20, "{census:?}");
    let reach = Reach::All;
    let within = world.clock.real(Nanos::MINUTE.times(60)).max(Duration::from_secs(10));
    let closed =
        handle.close(&ActBy::new("test", "the end").unwrap(), reach, None, within).await.unwrap();
    assert!(closed.is_flat(), "{closed:?}");
    reconciled(&world, &handle).await;
    assert!(managed(&handle).await.is_empty());
    handle.stop(Duration::from_secs(10));
    let ended = service.join().await;
    assert!(matches!(&ended, Ended::Stopped(left) if left.is_empty()), "{ended:?}");
    let first = slow.next().await;
    assert!(matches!(first, Some(Heard::Happened(_) | Heard::Missed(_))), "{first:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_accounts_under_faults_lose_nothing() {
    live(8, 300, seconds("TICKSTEP_SOAK_S", 60), 10_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "ten minutes, optimised: by `make soak`"]
async fn fifty_accounts_under_faults_lose_nothing() {
    live(50, 300, seconds("TICKSTEP_SOAK_50_S", 600), 10_000).await;
}

/// A kill switch is thrown while most replies are lost, and goes on to the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_switch_thrown_during_timeouts_ends_flat() {
    let world = World::new(4, 120, 11, TroubleRates::default()).await;
    let service = world.start();
    let handle = service.handle();
    while managed(&handle).await.len() < 4 {
        world.pass(Nanos::SECOND.times(10)).await;
    }
    let killed = ActBy::new("test", "enough").unwrap();
    loop {
        world.desk.set_rates(TroubleRates { lost: 600_000, ..TroubleRates::default() });
        world.pass(Nanos::SECOND.times(90)).await;
        // From now on nothing is learnt, and something has to be known as open.
        world.desk.set_rates(TroubleRates { lost: 1_000_000, ..TroubleRates::default() });
        world.pass(Nanos::SECOND.times(2)).await;
        if !managed(&handle).await.is_empty() {
            break;
        }
    }
    let within = world.clock.real(Nanos::SECOND.times(120));
    let closed = handle.kill(&killed, Reach::All, within).await.unwrap();
    assert!(!closed.left.is_empty() && !closed.is_flat(), "no answer has shown that it is flat");
    world.desk.calm();
    // The same kill again, which is done once, and awaited to its end.
    let closed = handle.kill(&killed, Reach::All, Duration::from_secs(60)).await.unwrap();
    assert!(closed.acted.again && closed.is_flat(), "{closed:?}");
    let open = world.desk.with(|exchange, now| exchange.report(now, None)).open;
    assert_eq!(open, 0, "positions are still open after a kill that says that none is");
    reconciled(&world, &handle).await;
    // Nothing is opened again, also by a program that was started anew.
    let opened = |world: &World| world.desk.with(|e, _| e.truth().count(Deed::Opened));
    let before = opened(&world);
    handle.stop(Duration::from_secs(5));
    assert!(matches!(service.join().await, Ended::Stopped(_)));
    let again = world.start();
    world.pass(Nanos::MINUTE.times(8)).await;
    assert_eq!(opened(&world), before);
    again.handle().stop(Duration::from_secs(5));
    assert!(matches!(again.join().await, Ended::Stopped(_)));
}

/// An account whose broker never answers, and a task that breaks, hold up nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_hangs_holds_up_nobody() {
    let mut world = World::new(4, 120, 3, TroubleRates::default()).await;
    world.hangs = Some(1);
    world.breaks = Some(2);
    let service = world.start();
    let handle = service.handle();
    let mut held = Vec::new();
    for _ in 0..200 {
        let status = handle.status().await.unwrap();
        held = status.runner.accounts.iter().map(|a| a.positions.len()).collect();
        if held[0] > 0 && held[3] > 0 {
            break;
        }
        world.pass(Nanos::SECOND.times(10)).await;
    }
    assert!(held[0] > 0 && held[3] > 0, "{held:?}");
    assert_eq!(held[1..3], [0, 0]);
    let status = handle.status().await.unwrap();
    assert!(!status.runner.accounts[1].known && !status.runner.accounts[2].known);
    handle.command(&ActBy::new("test", "the end").unwrap(), Act::Kill(Reach::All)).await.unwrap();
    let begun = world.clock.now();
    handle.stop(Duration::from_secs(5));
    assert!(matches!(service.join().await, Ended::Stopped(_)));
    // What hangs is not awaited longer than a stop may take.
    assert!(world.clock.now() - begun < Nanos::SECOND.times(120 * 15));
}
