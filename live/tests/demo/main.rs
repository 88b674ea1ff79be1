//! The demonstration: it trades within moments, on all accounts, and what it says at the end
//! is what its broker has.
#![allow(clippy::unwrap_used)]

mod terminal;

use std::path::Path;
use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_live::demo::{Demo, DemoSummary, FASTEST, PASSWORD};
use tickstep_live::runner::{Act, Reach};
use tickstep_live::service::{ActBy, ServiceStatus, WatchLine, WatchStream, socket_path};

/// Looks until what is wanted is there, or the candles are over.
async fn until(demo: &Demo, wanted: impl Fn(&ServiceStatus) -> bool) -> ServiceStatus {
    let over = demo.over();
    let look = async {
        loop {
            let status = demo.handle().status().await.unwrap();
            if wanted(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        status = look => status,
        () = over => panic!("the candles are over"),
    }
}

/// Trades and winners of all accounts.
fn trades(status: &ServiceStatus) -> (u64, u64) {
    let all = status.done.accounts.values();
    all.fold((0, 0), |(trades, won), tally| (trades + tally.trades, won + tally.won))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_trades_all_accounts_at_once_and_its_totals_are_the_brokers() {
    let demo = Demo::start(FASTEST).await.unwrap();
    let folder = demo.state();
    // Three minutes of the market, which are three seconds at the usual pace.
    let first = until(&demo, |status| status.done.signals > 0).await;
    let waited = first.done.signal.unwrap().at.0 - first.started.0;
    assert!(waited <= 3 * 60_000_000_000, "{waited} ns");
    let both = |status: &ServiceStatus| {
        let (trades, won) = trades(status);
        won >= 10 && trades - won >= 10 && status.done.accounts.len() == 12
    };
    until(&demo, both).await;
    assert_eq!(demo.settle().await.unwrap(), Vec::<String>::new());
    let summary = demo.finish().await.unwrap();
    let total = summary.total();
    assert!(summary.agrees(), "{}", summary.words());
    assert_eq!((total.net, total.balance), (total.broker_net, total.broker_balance));
    assert_eq!(total.balance, total.deposit + total.net);
    assert_eq!((total.trades, total.open), (total.broker_trades, 0));
    assert_eq!(summary.entries, total.trades, "each entry is one position");
    let least =
        |of: fn(&tickstep_live::demo::DemoRow) -> Decimal| summary.rows.iter().map(of).min();
    assert_eq!(least(|row| row.deposit), Some(Decimal::from(50)));
    assert!(summary.rows.iter().all(|row| row.trades > 0), "{summary:?}");
    assert!(!folder.exists(), "nothing is left behind");
    reads_well(&summary);
}

/// The summary fits a narrow terminal and says that all agree.
fn reads_well(summary: &DemoSummary) {
    let words = summary.words();
    for line in words.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    assert!(words.contains("of every account are what the simulated broker has"), "{words}");
    let mut wrong = summary.clone();
    wrong.rows[3].broker_net += Decimal::new(1, 2);
    assert!(!wrong.agrees());
    assert!(wrong.words().contains("DIFFERS: user4: the runner says "), "{}", wrong.words());
    let twice = DemoSummary { duplicates: 1, ..summary.clone() };
    assert!(!twice.agrees() && twice.words().contains("DIFFERS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_broker_does_behind_its_back_shows_in_the_summary() {
    let demo = Demo::start(60).await.unwrap();
    demo.settle().await.unwrap();
    let paid = |exchange: &mut tickstep_live::exchange::Exchange, now| {
        exchange.pay(now, "950001", Decimal::ONE)
    };
    demo.desk().with(paid).unwrap();
    let summary = demo.finish().await.unwrap();
    assert!(!summary.agrees());
    assert!(summary.words().contains("DIFFERS: user1"), "{}", summary.words());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_by_the_socket_is_told_everything_but_a_secret() {
    let demo = Demo::start(FASTEST).await.unwrap();
    let open = |state: &Path| {
        let state = state.to_owned();
        async move { WatchStream::open(&state, "a test", Duration::from_millis(100)).await }
    };
    let mut stream = open(&demo.state()).await;
    // The socket is there a moment after the runner.
    while stream.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        stream = open(&demo.state()).await;
    }
    let mut stream = stream.unwrap();
    let (mut statuses, mut closed) = (0, 0);
    while statuses < 5 || closed < 12 {
        let line = stream.next().await.unwrap().unwrap();
        let text = serde_json::to_string(&line).unwrap();
        assert!(!text.contains(PASSWORD), "{text}");
        match line {
            WatchLine::Status(status) => {
                statuses += 1;
                assert_eq!(status.runner.accounts.len(), 12);
            }
            WatchLine::Happened(step) => {
                let traded = |h: &&tickstep_live::runner::Happening| {
                    matches!(h, tickstep_live::runner::Happening::Traded { .. })
                };
                closed += step.what.iter().filter(traded).count();
            }
            WatchLine::Missed(steps) => panic!("{steps} steps were missed"),
        }
    }
    let by = ActBy::new("a test", "it ends").unwrap();
    demo.handle().command(&by, Act::Pause(Reach::All)).await.unwrap();
    let state = demo.state();
    demo.settle().await.unwrap();
    demo.finish().await.unwrap();
    // The end of the runner is the end of the stream, not an error.
    while let Some(_told) = stream.next().await.unwrap() {}
    assert!(!socket_path(&state).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watch_tells_plain_lines_where_nobody_sees_a_screen() {
    let demo = Demo::start(FASTEST).await.unwrap();
    let state = demo.state();
    while !socket_path(&state).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut watch = std::process::Command::new(env!("CARGO_BIN_EXE_tickstep-live"));
    let watch = watch.args(["watch", "--zone", "Asia/Seoul", "--state"]).arg(&state);
    let watch = watch.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // It is there when it has asked, and all that happens from then on is told.
    let seen = demo.handle().status().await.unwrap().done.signals;
    until(&demo, |status| status.done.signals > seen + 4 && trades(status).0 >= 24).await;
    demo.settle().await.unwrap();
    demo.finish().await.unwrap();
    let told = tokio::task::spawn_blocking(|| watch.wait_with_output().unwrap()).await.unwrap();
    assert!(told.status.success());
    let told = String::from_utf8(told.stdout).unwrap();
    for words in [" executed", " closed by ", " KST  ", "demo: "] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    assert_eq!(told.lines().last(), Some("the runner has ended"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}
