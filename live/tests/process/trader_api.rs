//! The command at a server that speaks the Trader API: entries whose answer was lost are
//! found by their comments, also after a crash, and nothing is sent twice.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::fixture::Fixture;
use crate::managed;
use crate::trader::{Desk, Habit, PATHS, token};

/// Waits until the runner manages exactly what is open, and has nothing under way.
async fn reconciled(fixture: &Fixture, desk: &Desk) -> usize {
    let mut last = String::new();
    for _ in 0..300 {
        let status = fixture.status().await;
        let accounts = status["runner"]["accounts"].as_array().unwrap();
        let settled = accounts.iter().all(|a| {
            a["known"] == true
                && a["halted"].is_null()
                && a["under_way"].as_array().unwrap().is_empty()
        });
        let (ours, theirs) = (managed(&status), desk.open_ids());
        let (duplicates, unbracketed) = desk.wrong();
        assert_eq!(duplicates, 0, "{status:#}");
        let same = BTreeSet::from_iter(&ours) == BTreeSet::from_iter(&theirs);
        if settled && same && unbracketed == 0 {
            return ours.len();
        }
        last = format!("{status:#}, at the server {theirs:?}, {unbracketed} without a bracket");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not reconciled: {last}");
}

async fn next_opens(desk: &Desk, more: usize) {
    let before = desk.opens();
    for _ in 0..60_000 {
        if desk.opens() >= before + more {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing was opened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_trades_by_the_trader_api_and_finds_its_orders_by_their_comments() {
    let mut fixture = Fixture::prepared();
    let prices = std::fs::read_to_string(fixture.bars()).unwrap();
    let (desk, base) = Desk::start(fixture.pace(), 2, &prices).await;
    fixture.at_trader_api(&base, 2, token, PATHS);
    fixture.run().await;
    next_opens(&desk, 2).await;
    // Executed, not answered, and with another stop: nothing but the comment is left.
    desk.turn(Habit::Blurred);
    next_opens(&desk, 2).await;
    fixture.kill_when(&desk, Habit::Slow).await;
    fixture.run().await;
    reconciled(&fixture, &desk).await;
    desk.turn(Habit::Plain);
    let (code, said) = fixture.command(&["pause", "--why", "the end of a test"]).await;
    assert_eq!(code, 0, "{said}");
    reconciled(&fixture, &desk).await;
    let (code, said) = fixture.command(&["close-all", "--why", "the end of a test"]).await;
    assert_eq!((code, said.trim()), (0, "everything is closed"));
    assert_eq!(reconciled(&fixture, &desk).await, 0);
    let (code, said) = fixture.command(&["audit"]).await;
    assert_eq!((code, said.trim()), (0, "ledger and brokers agree"));
    let (code, said) = fixture.command(&["stop"]).await;
    assert_eq!(code, 0, "{said}");
    let said = fixture.ended().await;
    assert!(!said.contains("canary-token"), "{said}");
    let (comments, keys) = desk.said();
    let unique = |all: &[String]| BTreeSet::from_iter(all).len() == all.len();
    assert!(comments.len() > 4 && comments.iter().all(|c| c.starts_with("tickstep ")));
    assert!(unique(&comments), "an intent is sent once: {comments:?}");
    assert!(keys.len() > comments.len() && unique(&keys), "no key comes twice");
}
