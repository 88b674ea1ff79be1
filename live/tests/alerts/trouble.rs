//! Servers that are busy, gone, or of another mind: trading never waits for them.

use std::time::Duration;

use serde_json::json;
use tickstep_core::units::Nanos;
use tickstep_live::runner::Severity;
use tickstep_live::service::QueueReport;

use crate::desk::{CHAT, Desk, KIM, server, telegram};

async fn queue(desk: &Desk, name: &str) -> QueueReport {
    let queues = desk.handle.status().await.unwrap().queues;
    queues.into_iter().find(|queue| queue.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_to_be_left_alone_is() {
    let bot = server().await;
    let mut desk = Desk::start(&telegram(&bot.base, &[CHAT])).await;
    let busy = json!({
        "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 2",
        "parameters": { "retry_after": 2 },
    });
    let before = bot.tries().len();
    bot.refuse([busy]);
    bot.say(CHAT, KIM, "/status");
    bot.answer(CHAT, "accounts: ").await;
    // Whatever was to be written then is written again, and nothing in between.
    let tries = bot.tries().split_off(before);
    assert_eq!(tries[0].1, tries[1].1);
    assert!(tries[1].0 - tries[0].0 >= Nanos::SECOND.times(2), "{tries:?}");
    // One that is refused for good is given up, and what follows is sent.
    bot.refuse([json!({ "ok": false, "error_code": 400, "description": "chat not found" })]);
    bot.say(CHAT, KIM, "/help");
    bot.say(CHAT, KIM, "/balance");
    bot.answer(CHAT, "balance ").await;
    assert_eq!(queue(&desk, "alerts by Telegram").await.failed, 1);
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_host_that_is_not_there() {
    // A port that nobody listens at.
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let desk = Desk::start(&telegram(&gone, &[CHAT])).await;
    desk.holds().await;
    let notifier = desk.alerting.as_ref().unwrap().notifier();
    for n in 0..600 {
        // Faster than anybody takes them, so that some may be left out before the queue.
        notifier.tell(Severity::Critical, "test", format!("the {n}th of many"));
        tokio::task::yield_now().await;
        if n % 16 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let full = loop {
        let queue = queue(&desk, "alerts by Telegram").await;
        if queue.dropped > 0 && queue.trouble.is_some() {
            break queue;
        }
        notifier.tell(Severity::Critical, "test", format!("one more, {}", queue.dropped));
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(full.room, Some(256));
    assert!(full.waiting <= 257, "{full:?}");
    let (_, why) = full.trouble.unwrap();
    assert!(why.starts_with("Telegram was not reached: "), "{why}");
    assert!(queue(&desk, "commands by Telegram").await.trouble.is_some());
    // It trades on: more is opened and closed.
    let trades = |status: &tickstep_live::service::ServiceStatus| {
        status.done.accounts.values().map(|account| account.trades).sum::<u64>()
    };
    let before = trades(&desk.handle.status().await.unwrap());
    while trades(&desk.handle.status().await.unwrap()) <= before {
        desk.pass(10).await;
    }
    drop(notifier);
    desk.handle.stop(Duration::from_secs(5));
    let Desk { service, alerting, .. } = desk;
    service.unwrap().join().await;
    // What cannot be sent holds nothing up.
    alerting.unwrap().end(Duration::from_millis(50)).await;
}
