//! Sessions over real HTTP: how many requests they take, and whom they are for.

use std::time::Duration;

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::exchange::{OrderedTrouble, Trouble, TroubleRates, VenueCall};
use tickstep_live::runner::{Act, LinkState, Off};
use tickstep_live::service::{ActBy, Handle};

use super::world::{World, number};

async fn sessions(handle: &Handle) -> Vec<LinkState> {
    let status = handle.status().await.unwrap();
    status.runner.accounts.into_iter().map(|account| account.session.unwrap()).collect()
}

fn is_up(link: &LinkState) -> bool {
    matches!(link, LinkState::Up { .. })
}

/// Waits until it holds of the sessions, for a minute at most.
async fn until(handle: &Handle, holds: impl Fn(&[LinkState]) -> bool) -> Vec<LinkState> {
    for _ in 0..600 {
        let found = sessions(handle).await;
        if holds(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let found = sessions(handle).await;
    let open = found.iter().filter(|link| is_up(link)).count();
    panic!("{open} of {} are open, the first {:?}", found.len(), found.first());
}

fn all_up(links: &[LinkState]) -> bool {
    links.iter().all(is_up)
}

fn count(world: &World, call: VenueCall) -> u64 {
    world.desk.census().requests.get(&call).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_accounts_log_in_within_the_limit() {
    // What 200 accounts take at least: a decision, its closes, and reading back.
    let mut world = World::limited(200, 20, 11, 900).await;
    // A machine that is busy is no server that does not answer.
    world.patience = Nanos::MINUTE.times(5);
    let service = world.start();
    let handle = service.handle();
    let before = world.clock.now();
    until(&handle, all_up).await;
    let took = world.clock.now() - before;
    let census = world.desk.census();
    assert_eq!(census.too_many, 0, "{census:?}");
    // Each once, the broker being asked for nothing else by a login.
    assert_eq!(count(&world, VenueCall::LogIn), 200);
    assert_eq!(count(&world, VenueCall::Refresh), 0);
    // In parallel, and no more at once than are allowed.
    assert!((2..=20).contains(&world.logins.most()), "{}", world.logins.most());
    assert!(took < Nanos::MINUTE.times(5), "{} s", took.0 / Nanos::SECOND.0);
    // And in the minutes that follow, when all of them are read.
    world.pass(Nanos::MINUTE.times(4)).await;
    let census = world.desk.census();
    assert_eq!((census.too_many, census.unauthorised), (0, 0), "{census:?}");
    assert!(all_up(&sessions(&handle).await));
    handle.stop(Duration::from_secs(5));
    service.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_requests_see_a_401_one_refresh_or_login_follows() {
    let world = World::new(3, 60, 12, TroubleRates::all(0)).await;
    let service = world.start();
    let handle = service.handle();
    until(&handle, all_up).await;
    world.pass(Nanos::SECOND.times(30)).await;
    assert_eq!((count(&world, VenueCall::LogIn), count(&world, VenueCall::Refresh)), (3, 0));
    // The server forgets every session of one login at once, so that everything that is
    // asked by it is answered by 401.
    world.desk.revoke("trader1@example.com");
    world.pass(Nanos::MINUTE.times(3)).await;
    let links = until(&handle, all_up).await;
    assert_eq!(links.len(), 3);
    let (logins, refreshes) = (count(&world, VenueCall::LogIn), count(&world, VenueCall::Refresh));
    // The refresh is tried by a cookie that is over too, and a login follows.
    assert!(refreshes <= 1 && logins == 4, "{logins} logins, {refreshes} refreshes");
    assert!(world.desk.census().unauthorised >= 1);
    handle.stop(Duration::from_secs(5));
    service.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_tried_once_and_the_others_go_on() {
    let mut world = World::new(3, 120, 13, TroubleRates::all(0)).await;
    world.mistyped = Some(1);
    let service = world.start();
    let handle = service.handle();
    until(&handle, |links| links.iter().filter(|link| is_up(link)).count() == 2).await;
    world.pass(Nanos::MINUTE.times(10)).await;
    let links = sessions(&handle).await;
    assert_eq!(links[1], LinkState::Off(Off::BadCredentials));
    assert!(is_up(&links[0]) && is_up(&links[2]), "{links:?}");
    assert_eq!(count(&world, VenueCall::LogIn), 3);
    assert!(!world.desk.census().writes.contains_key(&number(1)));
    handle.stop(Duration::from_secs(5));
    service.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_lost_its_account_trades_no_other() {
    let world = World::new(3, 120, 14, TroubleRates::all(0)).await;
    let service = world.start();
    let handle = service.handle();
    until(&handle, all_up).await;
    // The login now has the account of another one, and no more its own.
    assert!(world.desk.set_accounts("trader1@example.com", vec![number(0)]));
    world.desk.revoke("trader1@example.com");
    let links = until(&handle, |links| matches!(links[1], LinkState::Off(_))).await;
    assert!(matches!(&links[1], LinkState::Off(Off::Refused(why)) if why.contains(&number(0))));
    assert!(is_up(&links[0]) && is_up(&links[2]), "{links:?}");
    handle.stop(Duration::from_secs(5));
    service.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_logged_out_asks_nothing_more_while_the_others_go_on() {
    let world = World::new(2, 120, 15, TroubleRates::all(0)).await;
    let service = world.start();
    let handle = service.handle();
    until(&handle, all_up).await;
    let out = Act::Session { account: AccountId(1), wanted: false };
    handle.command(&ActBy::new("test", "out").unwrap(), out).await.unwrap();
    let links = until(&handle, |links| matches!(links[1], LinkState::Off(_))).await;
    assert_eq!(links[1], LinkState::Off(Off::Operator));
    // Whatever the account still asked would meet this, and be counted.
    let trouble = OrderedTrouble {
        call: None,
        account: Some(number(1)),
        skip: 0,
        times: u32::MAX,
        trouble: Trouble::Gone,
    };
    world.pass(Nanos::SECOND.times(30)).await;
    world.desk.order(trouble);
    let before = world.desk.census();
    world.pass(Nanos::MINUTE.times(5)).await;
    let after = world.desk.census();
    assert_eq!(after.troubles, before.troubles);
    assert!(after.requests[&VenueCall::Positions] > before.requests[&VenueCall::Positions]);
    assert_eq!(count(&world, VenueCall::LogIn), 2);
    handle.stop(Duration::from_secs(5));
    service.join().await;
}
