//! What is asked, by hand-made days whose answers are known.

use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_core::decision::Action;
use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{ExitReason, OrderId, SlotId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};
use tickstep_live::broker::BracketPrices;
use tickstep_live::intent::{End, IntentId};
use tickstep_live::runner::{
    AccountResult, Fate, Happening, OrderAim, OrderNews, OrderStatus, PositionChange, PositionNews,
    SettingChange, SignalId, SignalMade, SignalResult, Skip, Unsent,
};
use tickstep_live::store::{
    AccountKind, Batch, Direction, Filter, OrderPurpose, OrderState, PageWanted, PositionState,
    ResultState, Roster, RosterAccount, RosterInstrument, SignalType, Store, StoreEntry,
    StoreLogin,
};

use crate::support::{open, rows};

const START: Nanos = Nanos(1_690_848_000_000_000_000);

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(minute: i64) -> Nanos {
    START + Nanos::MINUTE.times(minute)
}

fn roster() -> Arc<Roster> {
    let account = |name: &str, user: &str, kind| RosterAccount {
        name: name.to_owned(),
        user: user.to_owned(),
        kind,
        server: None,
        leverage: None,
        currency: None,
    };
    let instrument = |symbol: &str, leverage| RosterInstrument {
        symbol: symbol.to_owned(),
        tick: d("0.001"),
        lot: d("0.1"),
        leverage,
    };
    Arc::new(Roster {
        accounts: vec![
            account("a1", "kim", AccountKind::Broker),
            account("a2", "kim", AccountKind::Broker),
            account("b", "lee", AccountKind::Paper),
        ],
        instruments: vec![instrument("FIL", d("10")), instrument("SOL", d("20"))],
    })
}

fn trade(account: u16, instrument: u16, net: &str, minute: i64, held: i64) -> Happening {
    let net = d(net);
    let trade = Trade {
        slot: SlotId(0),
        instrument: InstrumentId(instrument),
        side: Side::Buy,
        lots: Lots::new(50).unwrap(),
        entry: OrderId(1),
        entry_ts: at(minute - held),
        exit_ts: at(minute),
        entry_price: d("4"),
        exit_price: d("4.1"),
        exit: ExitReason::Target,
        gross: net + d("0.3"),
        fees: d("0.2"),
        funding: d("0.1"),
        slippage: Decimal::ZERO,
        net,
        entry_notional: d("20"),
        exit_notional: d("20.5"),
        initial_risk: None,
        mae: 0.0,
        mfe: 0.0,
        ambiguous: false,
    };
    Happening::Traded {
        account: AccountId(account),
        strategy: "first".to_owned(),
        symbol: if instrument == 0 { "FIL" } else { "SOL" }.to_owned(),
        trade: Box::new(trade),
        stated: None,
    }
}

async fn store(path: &std::path::Path, happenings: Vec<Vec<Happening>>) -> Store {
    let mut store = open(path).await;
    let roster = roster();
    let entries: Vec<StoreEntry> = happenings
        .into_iter()
        .enumerate()
        .map(|(record, what)| StoreEntry {
            record: record as u64,
            at: at(record as i64),
            roster: Arc::clone(&roster),
            happenings: what,
        })
        .collect();
    let upto = entries.len() as u64 - 1;
    let applied = store.apply(&Batch { from: 0, upto, entries }).await.unwrap();
    assert_eq!(applied.left_out, []);
    store
}

fn six_trades() -> Vec<Vec<Happening>> {
    vec![
        vec![trade(0, 0, "1.5", 10, 2), trade(1, 0, "-0.5", 10, 4)],
        vec![trade(2, 1, "0.25", 20, 1)],
        vec![trade(0, 1, "-2", 1500, 3)],
        vec![trade(2, 0, "0", 1501, 5), trade(2, 0, "3.00000001", 1502, 5)],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_those_of_a_pencil() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("db"), six_trades()).await;
    let reads = store.reads();
    let all = reads.performance(&Filter::default()).await.unwrap();
    assert_eq!((all.trades, all.wins, all.losses), (6, 3, 2));
    assert_eq!(
        (all.total, all.best, all.worst),
        (d("2.25000001"), Some(d("3.00000001")), Some(d("-2")))
    );
    assert_eq!((all.costs, all.volume), (d("1.8"), d("30")));
    assert_eq!(all.win_rate(), Some(d("0.5")));
    assert_eq!(all.average(), Some(d("2.25000001") / d("6")));
    assert_eq!(all.average_hold_seconds(), Some(d("200")));

    let names = |standings: &[tickstep_live::store::Standing]| {
        standings
            .iter()
            .map(|s| (s.name.clone(), s.performance.total, s.performance.trades))
            .collect::<Vec<_>>()
    };
    let ranking = reads.ranking(&Filter::default()).await.unwrap();
    let wanted = [("lee".to_owned(), d("3.25000001"), 3), ("kim".to_owned(), d("-1"), 3)];
    assert_eq!(names(&ranking), wanted);
    let symbols = reads.by_symbol(&Filter::default()).await.unwrap();
    let wanted = [("FIL".to_owned(), d("4.00000001"), 4), ("SOL".to_owned(), d("-1.75"), 2)];
    assert_eq!(names(&symbols), wanted);

    let kim = Filter { user: Some("kim".to_owned()), ..Filter::default() };
    let day = Filter { from: Some(START), to: Some(at(1440)), ..Filter::default() };
    let fil = Filter { symbol: Some("FIL".to_owned()), ..day.clone() };
    let one = Filter { account: Some("a1".to_owned()), ..Filter::default() };
    for (filter, trades, total) in
        [(kim, 3, "-1"), (day, 3, "1.25"), (fil, 2, "1"), (one, 2, "-0.5")]
    {
        let found = reads.performance(&filter).await.unwrap();
        assert_eq!((found.trades, found.total), (trades, d(total)), "{filter:?}");
    }
    let nobody = Filter { user: Some("x' OR '1'='1".to_owned()), ..Filter::default() };
    let nothing = reads.performance(&nobody).await.unwrap();
    assert_eq!((nothing.trades, nothing.best, nothing.win_rate()), (0, None, None));

    let days = reads.profit(&Filter::default(), Nanos::DAY, Nanos(0)).await.unwrap();
    let found: Vec<_> = days.iter().map(|p| (p.at, p.trades, p.profit, p.cumulative)).collect();
    assert_eq!(
        found,
        [(START, 3, d("1.25"), d("1.25")), (at(1440), 3, d("1.00000001"), d("2.25000001")),]
    );
    // Days that begin at 15:00 UTC, as those of Korea do.
    let korea = reads.profit(&Filter::default(), Nanos::DAY, Nanos::HOUR.times(15)).await.unwrap();
    assert_eq!(korea.iter().map(|p| p.trades).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(korea[0].at, at(-540));
}

#[tokio::test(flavor = "multi_thread")]
async fn q11_roi_is_on_margin_and_the_move_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("db"), six_trades()).await;
    let trades =
        store.reads().trades(&Filter::default(), PageWanted::first(10)).await.unwrap().rows;
    let first = trades.last().unwrap();
    // 20 of notional at ten times: a margin of 2, on which 1.5 is 75 %; 4 to 4.1 is 2.5 %.
    assert_eq!(first.margin, Some(d("2")));
    assert_eq!(first.profit_loss, Some(d("1.5")));
    assert_eq!(first.profit_loss_percent, Some(d("75")));
    assert_eq!(first.price_move_percent, Some(d("2.5")));
    assert_eq!(
        (first.gross_profit, first.commission, first.swap),
        (Some(d("1.8")), d("0.2"), d("0.1"))
    );
    assert_eq!((first.quantity, first.duration_seconds), (d("5"), 120));
    assert_eq!((first.side, first.exit_reason.as_deref()), (Direction::Long, Some("target")));
    assert_eq!(trades[0].profit_loss, Some(d("3.00000001")), "to the last digit");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_each_row_once_while_rows_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let happenings = (0..25).map(|n| vec![trade(n % 3, 0, "1", i64::from(n), 0)]).collect();
    let mut store = store(&folder.path().join("db"), happenings).await;
    let reads = store.reads();
    let (mut page, mut seen, mut sizes) = (PageWanted::first(7), Vec::new(), Vec::new());
    loop {
        let listed = reads.trades(&Filter::default(), page).await.unwrap();
        sizes.push(listed.rows.len());
        seen.extend(listed.rows.iter().map(|row| row.id));
        // A newer row comes between two pages.
        let record = 24 + sizes.len() as u64;
        let happenings = vec![trade(0, 0, "1", record as i64, 0)];
        let entry = StoreEntry { record, at: at(record as i64), roster: roster(), happenings };
        store.apply(&Batch { from: record, upto: record, entries: vec![entry] }).await.unwrap();
        let Some(next) = listed.next else { break };
        page = PageWanted::after(next, 7);
    }
    assert_eq!(sizes, [7, 7, 7, 4]);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    assert_eq!(seen.len(), 25);
    let kim = Filter { user: Some("kim".to_owned()), ..Filter::default() };
    let exact = reads.trades(&kim, PageWanted::first(21)).await.unwrap();
    assert_eq!((exact.rows.len(), exact.next), (21, None), "a page that is just full is the last");
    let most = reads.trades(&kim, PageWanted::first(u32::MAX)).await.unwrap();
    assert_eq!(most.rows.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_leaves_as_csv() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("db"), six_trades()).await;
    let kim = Filter { user: Some("kim".to_owned()), ..Filter::default() };
    let mut bytes = Vec::new();
    assert_eq!(store.reads().trades_csv(&kim, &mut bytes).await.unwrap(), 3);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("closed_at,opened_at,user,account,strategy,symbol,side,"));
    assert_eq!(
        lines[3],
        "2023-08-01T00:10:00.000Z,2023-08-01T00:08:00.000Z,kim,a1,first,FIL,LONG,5,4,4.1,1.5,75,\
         2.5,0.2,0.1,120,target,,"
    );
    assert!(lines[1].contains(",SOL,LONG,"), "{}", lines[1]);
}

fn news(intent: u64, aim: OrderAim, status: OrderStatus) -> Happening {
    Happening::Order(OrderNews {
        account: AccountId(0),
        intent: IntentId(intent),
        order: Some(OrderId(intent)),
        signal: Some(SignalId(1)),
        strategy: Some("first".to_owned()),
        symbol: "FIL".to_owned(),
        aim,
        side: Side::Sell,
        volume: d("5"),
        price: Some(d("4.001")),
        bracket: BracketPrices { stop: Some(d("4.2")), target: None },
        waits: None,
        decided: at(0),
        number: (status == OrderStatus::Accepted).then(|| "W7".to_owned()),
        status,
    })
}

fn position(change: PositionChange, left: &str, intent: Option<u64>) -> Happening {
    Happening::Position(PositionNews {
        account: AccountId(0),
        position: "W7".to_owned(),
        strategy: Some("first".to_owned()),
        symbol: "FIL".to_owned(),
        side: Side::Sell,
        volume: d("5"),
        left: d(left),
        price: d("4.002"),
        opened: at(1),
        bracket: BracketPrices { stop: Some(d("4.2")), target: None },
        intent: intent.map(IntentId),
        change,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_leave_as_csv_for_a_backtest() {
    let folder = tempfile::tempdir().unwrap();
    let bar = |minute: i64, taker: Option<i64>| Happening::Bar {
        instrument: InstrumentId(0),
        interval: Nanos::MINUTE,
        bar: Bar {
            ts_open: at(minute),
            open: Ticks(4000),
            high: Ticks(4010),
            low: Ticks(3999),
            close: Ticks(4000 + minute),
            volume: Lots::new(1_500_000).unwrap(),
            taker_buy: taker.and_then(Lots::new),
        },
    };
    // More than a page of them, with a hole.
    let minutes = (0..2_500).filter(|n| *n != 7);
    let bars = minutes.map(|n| vec![bar(n, (n % 2 == 0).then_some(1_000_000))]).collect();
    let store = store(&folder.path().join("db"), bars).await;
    let mut bytes = Vec::new();
    let reads = store.reads();
    let span = (at(0), at(2_400));
    let written = reads.candles_csv("FIL", Nanos::MINUTE, span, &mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((written, lines.len()), (2_399, 2_400));
    assert_eq!(lines[0], "open_time,open,high,low,close,volume,taker_buy_volume");
    let first = &lines[1];
    let cells: Vec<&str> = first.split(',').collect();
    assert_eq!(cells[0], "1690848000000");
    let wanted = ["4", "4.01", "3.999", "4", "1.5", "1"].map(d);
    assert_eq!(cells[1..].iter().map(|cell| d(cell)).collect::<Vec<_>>(), wanted);
    assert!(lines[2].ends_with(','), "what is not known is left empty: {}", lines[2]);
    let times: Vec<i64> =
        lines[1..].iter().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|w| w[0] < w[1]), "each once, in order");
    let none = (at(5_000), at(6_000));
    let mut bytes = Vec::new();
    assert_eq!(reads.candles_csv("FIL", Nanos::MINUTE, none, &mut bytes).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_the_words_of_its_life() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let rejected = End::Rejected { code: None, message: "off quotes".to_owned() };
    let exit = || OrderAim::Exit { position: Some("W7".to_owned()), reason: ExitReason::Time };
    let closed = PositionChange::Closed { price: d("3.9"), reason: ExitReason::Time };
    let life: Vec<(Happening, u64, OrderState)> = vec![
        (news(1, OrderAim::Entry, OrderStatus::Sent), 1, OrderState::Pending),
        (news(1, OrderAim::Entry, OrderStatus::Unknown), 1, OrderState::Unknown),
        (news(1, OrderAim::Entry, OrderStatus::Accepted), 1, OrderState::Pending),
        (position(PositionChange::Opened, "5", Some(1)), 1, OrderState::Pending),
        (news(1, OrderAim::Entry, OrderStatus::Ended(End::Executed)), 1, OrderState::Open),
        (news(2, OrderAim::Entry, OrderStatus::Ended(rejected)), 2, OrderState::Rejected),
        (news(3, OrderAim::Entry, OrderStatus::Ended(End::NotPlaced)), 3, OrderState::Cancelled),
        (news(4, OrderAim::Entry, OrderStatus::Unsent(Unsent::DiskFull)), 4, OrderState::Rejected),
        (
            news(5, OrderAim::Entry, OrderStatus::Unsent(Unsent::Withdrawn)),
            5,
            OrderState::Cancelled,
        ),
        (position(PositionChange::Reduced { price: d("4") }, "2", None), 1, OrderState::Open),
        (news(6, exit(), OrderStatus::Sent), 6, OrderState::Pending),
        (position(closed, "0", None), 1, OrderState::Closed),
        (news(6, exit(), OrderStatus::Ended(End::Executed)), 6, OrderState::Closed),
    ];
    let mut store = open(&path).await;
    let reads = store.reads();
    for (record, (happening, order, state)) in life.into_iter().enumerate() {
        let record = record as u64;
        let happenings = vec![happening.clone()];
        let entry = StoreEntry { record, at: at(record as i64), roster: roster(), happenings };
        store.apply(&Batch { from: record, upto: record, entries: vec![entry] }).await.unwrap();
        let row = reads.order(order as i64).await.unwrap().unwrap();
        assert_eq!(row.status, state, "after {happening:?}");
    }
    let entry = reads.order(1).await.unwrap().unwrap();
    assert_eq!((entry.user.as_str(), entry.account.as_str()), ("kim", "a1"));
    assert_eq!((entry.side, entry.purpose), (Direction::Short, OrderPurpose::Entry));
    assert_eq!((entry.decision_price, entry.entry_price), (Some(d("4.001")), Some(d("4.002"))));
    assert_eq!((entry.order_uuid.as_deref(), entry.position.as_deref()), (Some("W7"), Some("W7")));
    assert_eq!(
        (entry.sent_at, entry.executed_at, entry.closed_at),
        (Some(at(0)), Some(at(4)), Some(at(11)))
    );
    let refused = reads.order(2).await.unwrap().unwrap();
    assert_eq!(refused.message.as_deref(), Some("off quotes"));
    let here = reads.order(4).await.unwrap().unwrap();
    assert_eq!((here.sent_at, here.message.unwrap().contains("disk")), (None, true));
    let all_of_them = Filter::default();
    let open = reads.positions(&all_of_them, Some(PositionState::Open), PageWanted::default());
    assert!(open.await.unwrap().rows.is_empty());
    let all = reads.positions(&Filter::default(), None, PageWanted::default()).await.unwrap().rows;
    assert_eq!((all.len(), all[0].order, all[0].close_price), (1, Some(1), Some(d("3.9"))));
    let all_of_them = Filter::default();
    let rejected = reads.orders(&all_of_them, Some(OrderState::Rejected), PageWanted::default());
    assert_eq!(rejected.await.unwrap().rows.iter().map(|o| o.id).collect::<Vec<_>>(), [4, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lists_every_account() {
    let folder = tempfile::tempdir().unwrap();
    let made = SignalMade {
        id: SignalId(9),
        at: at(0),
        strategy: "first".to_owned(),
        symbol: "FIL".to_owned(),
        action: Action::OpenShort,
        price: d("4.001"),
        confidence: Some(0.75),
        reason: vec![("volume_ratio".to_owned(), 3.5), ("imbalance".to_owned(), 0.61)],
    };
    let line = |account, fate| AccountResult {
        account: AccountId(account),
        intent: Some(IntentId(1)),
        fate,
    };
    let done = Fate::Executed {
        price: d("4.002"),
        quantity: d("5"),
        slippage_ticks: 1,
        latency: Nanos(250),
    };
    let result = SignalResult {
        id: SignalId(9),
        symbol: "FIL".to_owned(),
        executed: 1,
        failed: 1,
        skipped: 1,
        resting: 0,
        volume: d("5"),
        took: Nanos(900),
        accounts: vec![
            line(0, done),
            line(1, Fate::Rejected { message: "no money".to_owned() }),
            line(2, Fate::Skipped(Skip::AlreadyThere)),
        ],
    };
    let happenings = vec![vec![Happening::Signal(made)], vec![Happening::Result(result)]];
    let store = store(&folder.path().join("db"), happenings).await;
    let reads = store.reads();
    let row =
        reads.signals(&Filter::default(), PageWanted::default()).await.unwrap().rows.remove(0);
    assert_eq!((row.id, row.signal_type, row.strength), (9, SignalType::Short, Some(0.75)));
    assert_eq!((row.volume_ratio, row.orderbook_imbalance), (Some(3.5), Some(0.61)));
    assert_eq!(
        (row.executed_count, row.failed_count, row.skipped_count),
        (Some(1), Some(1), Some(1))
    );
    assert_eq!((row.total_volume, row.execution_time_ns), (Some(d("5")), Some(900)));
    let reason: serde_json::Value = serde_json::from_str(&row.reason).unwrap();
    assert_eq!(reason["imbalance"], 0.61);
    let lines = reads.signal_lines(9).await.unwrap();
    let states: Vec<ResultState> = lines.iter().map(|l| l.status).collect();
    assert_eq!(states, [ResultState::Executed, ResultState::Rejected, ResultState::Skipped]);
    assert_eq!((lines[0].executed_price, lines[0].slippage_ticks), (Some(d("4.002")), Some(1)));
    assert_eq!(lines[1].reason.as_deref(), Some("no money"));
    assert_eq!(lines[2].reason.as_deref(), Some("already_there"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_opened_prolonged_and_ended_without_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let up = |minute| Happening::Session {
        account: AccountId(0),
        up: true,
        number: Some("950000".to_owned()),
        expires: Some(at(minute)),
        leverage: (minute == 15).then(|| d("30")),
        why: None,
    };
    let down = Happening::Session {
        account: AccountId(0),
        up: false,
        number: None,
        expires: None,
        leverage: None,
        why: Some("an operator".to_owned()),
    };
    let happenings = vec![vec![up(15)], vec![up(30)], vec![down], vec![up(45)]];
    let store = store(&path, happenings).await;
    let reads = store.reads();
    let all = reads.sessions(&Filter::default(), false, PageWanted::default()).await.unwrap().rows;
    let found: Vec<_> =
        all.iter().map(|s| (s.login_at, s.last_refresh_at, s.expires_at, s.is_active)).collect();
    assert_eq!(
        found,
        [(at(3), Some(at(3)), Some(at(45)), true), (at(0), Some(at(1)), Some(at(30)), false),]
    );
    assert_eq!((all[1].ended_at, all[1].end_reason.as_deref()), (Some(at(2)), Some("an operator")));
    let active =
        reads.sessions(&Filter::default(), true, PageWanted::default()).await.unwrap().rows;
    assert_eq!(active.len(), 1);
    let account = reads.accounts(Some("kim")).await.unwrap().remove(0);
    assert_eq!(account.trading_account_uuid.as_deref(), Some("950000"));
    assert_eq!(account.leverage, Some(d("30")), "what a session leaves out is as it was");
    for (table, rows) in rows(&path).await {
        let token = rows.iter().any(|row| row.contains("token") || row.contains("co-auth"));
        assert!(!token, "{table}: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_known_by_their_addresses_and_stay_when_all_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut store = store(&path, vec![vec![]]).await;
    let login = |user: &str, email: Option<&str>, broker: Option<&str>| StoreLogin {
        user: user.to_owned(),
        email: email.map(str::to_owned),
        broker: broker.map(str::to_owned),
    };
    // The address of one login is on two of them; another has a token and no address.
    let all = [
        login("kim", Some("kim@example.com"), Some("2")),
        login("lee", Some("kim@example.com"), Some("2")),
        login("new", None, None),
    ];
    for _ in 0..2 {
        store.logins(&all, at(9)).await.unwrap();
    }
    store.rewind(0).await.unwrap();
    let users = store.reads().users().await.unwrap();
    let found: Vec<_> =
        users.iter().map(|u| (&*u.id, u.email.as_deref(), u.broker.as_deref())).collect();
    let wanted = [
        ("kim", Some("kim@example.com"), Some("2")),
        ("lee", None, Some("2")),
        ("new", None, None),
    ];
    assert_eq!(found, wanted);
    store.logins(&[login("kim", Some("k@example.com"), None)], at(10)).await.unwrap();
    let kim = store.reads().users().await.unwrap().remove(0);
    assert_eq!((kim.email.as_deref(), kim.broker), (Some("k@example.com"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_brokers_may_give_one_number_and_another_server_another_account() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder.path().join("db")).await;
    let mut record = 0;
    let mut open = async |servers: [&str; 2]| {
        let account = |name: &str, server: &str| RosterAccount {
            name: name.to_owned(),
            user: name.to_owned(),
            kind: AccountKind::Broker,
            server: Some(server.to_owned()),
            leverage: None,
            currency: None,
        };
        let accounts = vec![account("a", servers[0]), account("b", servers[1])];
        let session = |account| Happening::Session {
            account: AccountId(account),
            up: true,
            number: Some("7".to_owned()),
            expires: None,
            leverage: None,
            why: None,
        };
        let entry = StoreEntry {
            record,
            at: at(record as i64),
            roster: Arc::new(Roster { accounts, instruments: Vec::new() }),
            happenings: vec![session(0), session(1)],
        };
        let batch = Batch { from: record, upto: record, entries: vec![entry] };
        assert_eq!(store.apply(&batch).await.unwrap().left_out, []);
        record += 1;
        let rows = store.reads().accounts(None).await.unwrap();
        rows.into_iter().map(|a| (a.host, a.trading_account_uuid)).collect::<Vec<_>>()
    };
    let row = |host: &str, number: Option<&str>| (Some(host.to_owned()), number.map(str::to_owned));
    assert_eq!(open(["x", "y"]).await, [row("x", Some("7")), row("y", Some("7"))]);
    // Now both are at one server, where one number is one account: the first one has it.
    assert_eq!(open(["x", "x"]).await, [row("x", Some("7")), row("x", None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_what_is_kept_with_old_and_new() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder.path().join("db")).await;
    let operated = Happening::Operated {
        id: "act 1".to_owned(),
        lines: Vec::new(),
        again: false,
        who: "kim".to_owned(),
        why: "news".to_owned(),
        what: "EditPosition".to_owned(),
        old: Some("stop 4.2, target none".to_owned()),
        new: Some("stop 4.1, target none".to_owned()),
    };
    let change = |old: &str, new: &str| Happening::Configured {
        who: "lee".to_owned(),
        why: "calmer".to_owned(),
        text: format!("risk = {new}"),
        values: vec![SettingChange {
            setting: "strategy.first.risk".to_owned(),
            old: Some(old.to_owned()),
            new: Some(new.to_owned()),
        }],
    };
    let whats = [operated, change("0.02", "0.01"), change("0.01", "0.005")];
    let entries = whats.into_iter().enumerate().map(|(record, what)| {
        let (record, at, happenings) = (record as u64, at(record as i64), vec![what]);
        StoreEntry { record, at, roster: roster(), happenings }
    });
    store.apply(&Batch { from: 0, upto: 2, entries: entries.collect() }).await.unwrap();
    let reads = store.reads();
    let audit = reads.audit(&Filter::default(), None, PageWanted::default()).await.unwrap().rows;
    let found: Vec<_> = audit
        .iter()
        .map(|a| (a.actor.as_str(), a.old_value.as_deref(), a.new_value.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            ("lee", Some("0.01"), Some("0.005")),
            ("lee", Some("0.02"), Some("0.01")),
            ("kim", Some("stop 4.2, target none"), Some("stop 4.1, target none")),
        ]
    );
    let kim =
        reads.audit(&Filter::default(), Some("kim"), PageWanted::default()).await.unwrap().rows;
    assert_eq!((kim.len(), kim[0].reason.as_str()), (1, "news"));
    let settings = reads.settings().await.unwrap();
    assert_eq!((settings.len(), settings[0].value.as_deref()), (1, Some("0.005")));
    let texts = reads.configurations(&Filter::default(), PageWanted::default()).await.unwrap().rows;
    assert_eq!(
        texts.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(),
        ["risk = 0.005", "risk = 0.01"]
    );
}
