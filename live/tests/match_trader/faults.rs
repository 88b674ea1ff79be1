//! Every fault of the venue, what is told of it, and what was done behind it.

use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, CandleInterval, Fault, Read, Reply, Write};
use tickstep_live::exchange::{LostReply, OrderedTrouble, Trouble, VenueCall};
use tickstep_live::intent::{Doubt, Outcome};
use tickstep_live::sim_server::{RateRules, RateScope, SimOptions};

use crate::client::{ACCOUNT, START, Server, d, options};
use crate::support::{
    close, entry, hasty, levels, limit, log_in, opened, positions, questions, read, write,
};

const LOST: [LostReply; 7] = [
    LostReply::Late,
    LostReply::BadGateway,
    LostReply::Reset,
    LostReply::Empty,
    LostReply::Blank,
    LostReply::Unreadable,
    LostReply::Torn,
];

fn held(server: &Server) -> usize {
    server.desk.with(|exchange, now| exchange.view_true(now, ACCOUNT).unwrap().holdings.len())
}

fn doubt_fits(reply: LostReply, doubt: &Doubt) -> bool {
    match reply {
        LostReply::Late => *doubt == Doubt::Timeout,
        LostReply::BadGateway => *doubt == Doubt::Server(502),
        LostReply::Reset | LostReply::Torn => matches!(doubt, Doubt::Disconnected(_)),
        LostReply::Empty | LostReply::Blank | LostReply::Unreadable => {
            matches!(doubt, Doubt::Unreadable(_))
        }
    }
}

/// A venue whose late replies are, and a client that does not wait for them.
async fn pair() -> (Server, tickstep_live::match_trader::Connection) {
    let server = Server::start(SimOptions { late_reply_ms: 3_000, ..options() }).await;
    let connection = hasty(&server.base, 1_000);
    log_in(&connection).await;
    (server, connection)
}

#[tokio::test]
async fn a_lost_reply_is_unknown_whether_it_was_done_or_not() {
    for reply in LOST {
        for executed in [true, false] {
            let (server, connection) = pair().await;
            let trouble = Trouble::Lost { executed, reply };
            server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
            let told = write(&connection, entry()).await;
            let Reply::Write(Outcome::Unknown(doubt)) = told else { panic!("{reply:?}: {told:?}") };
            assert!(doubt_fits(reply, &doubt), "{reply:?}: {doubt:?}");
            assert_eq!(held(&server), usize::from(executed), "{reply:?}");
            assert_eq!(server.desk.census().writes[ACCOUNT], 1, "{reply:?}: it came once");
            // The connection is good for the next.
            let told = write(&connection, entry()).await;
            assert!(matches!(told, Reply::Write(Outcome::Accepted { .. })), "{told:?}");
        }
    }
}

#[tokio::test]
async fn every_kind_of_write_may_lose_its_reply() {
    let (server, connection) = pair().await;
    write(&connection, entry()).await;
    write(&connection, limit("1.079")).await;
    let position = positions(&connection).await.remove(0);
    let Reply::Orders(orders) = read(&connection, Read::Orders).await else { panic!("no orders") };
    let order = orders[0].clone();
    let writes: [(VenueCall, Write); 7] = [
        (VenueCall::Open, entry()),
        (
            VenueCall::EditPosition,
            Write::EditPosition {
                position: position.id.clone(),
                symbol: position.symbol.clone(),
                side: position.side,
                volume: position.volume,
                bracket: levels("1.076", "1.09"),
            },
        ),
        (VenueCall::ClosePart, close(&position, d("0.01"), false)),
        (VenueCall::Close, close(&position, d("0.1"), true)),
        (VenueCall::CreateOrder, limit("1.078")),
        (
            VenueCall::EditOrder,
            Write::EditOrder {
                order: order.id.clone(),
                symbol: order.symbol.clone(),
                side: order.side,
                volume: order.volume,
                kind: order.kind,
                price: d("1.0781"),
                bracket: order.bracket,
            },
        ),
        (
            VenueCall::CancelOrder,
            Write::CancelOrder {
                order: order.id.clone(),
                symbol: order.symbol.clone(),
                side: order.side,
                kind: order.kind,
            },
        ),
    ];
    let before = server.desk.census().requests;
    for (call, change) in writes {
        for reply in [LostReply::BadGateway, LostReply::Reset, LostReply::Empty, LostReply::Torn] {
            let trouble = Trouble::Lost { executed: false, reply };
            server.desk.order(OrderedTrouble::next(call, trouble));
            let told = write(&connection, change.clone()).await;
            let Reply::Write(Outcome::Unknown(doubt)) = told else { panic!("{call:?}: {told:?}") };
            assert!(doubt_fits(reply, &doubt), "{call:?} {reply:?}: {doubt:?}");
        }
        let came = server.desk.census().requests[&call] - before.get(&call).unwrap_or(&0);
        assert_eq!(came, 4, "{call:?}");
    }
}

#[tokio::test]
async fn a_question_that_is_lost_has_failed() {
    let calls = [
        VenueCall::Balance,
        VenueCall::Instruments,
        VenueCall::Quotes,
        VenueCall::Candles,
        VenueCall::Positions,
        VenueCall::Orders,
        VenueCall::Closed,
    ];
    let (server, connection) = pair().await;
    for (call, question) in calls.into_iter().zip(questions()) {
        for reply in
            LOST.into_iter().filter(|l| *l != LostReply::Late || call == VenueCall::Balance)
        {
            server.desk.order(OrderedTrouble::next(call, Trouble::Lost { executed: false, reply }));
            let Reply::Failed(fault) = read(&connection, question.clone()).await else {
                panic!("{call:?} {reply:?}");
            };
            let fits = match reply {
                LostReply::Late => fault == Fault::Timeout,
                LostReply::BadGateway => fault == Fault::Server(502),
                LostReply::Reset | LostReply::Torn => matches!(fault, Fault::Network(_)),
                _ => matches!(fault, Fault::Unreadable(_)),
            };
            assert!(fits, "{call:?} {reply:?}: {fault:?}");
        }
        assert!(!matches!(read(&connection, question).await, Reply::Failed(_)), "{call:?}");
    }
}

#[tokio::test]
async fn each_door_that_is_shut_has_its_fault() {
    let wait = |s| Some(Nanos::SECOND.times(s));
    let page = || "Just a moment...".to_owned();
    let rejected = |code: &str, message: &str| {
        let (code, message) = (Some(code.to_owned()), message.to_owned());
        Reply::Write(Outcome::Rejected { code, message })
    };
    let seven = Trouble::TooMany { retry_after_s: Some(7) };
    let silent = Trouble::TooMany { retry_after_s: None };
    let table = [
        (Trouble::Unauthorised, Fault::Unauthorised, Reply::Failed(Fault::Unauthorised)),
        (Trouble::Forbidden, Fault::Forbidden(page()), rejected("403", &page())),
        (Trouble::Gone, Fault::Gone, rejected("410", "Gone")),
        (
            seven,
            Fault::TooMany { retry_after: wait(7) },
            Reply::Failed(Fault::TooMany { retry_after: wait(7) }),
        ),
        (
            silent,
            Fault::TooMany { retry_after: None },
            Reply::Failed(Fault::TooMany { retry_after: None }),
        ),
    ];
    for (trouble, fault, refused) in table {
        let (server, connection) = pair().await;
        server.desk.order(OrderedTrouble::next(VenueCall::Balance, trouble.clone()));
        assert_eq!(read(&connection, Read::Balance).await, Reply::Failed(fault));
        log_in(&connection).await;
        server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
        assert_eq!(write(&connection, entry()).await, refused);
        assert_eq!(held(&server), 0, "that it was refused is sure");
        let requests = server.desk.census().requests;
        assert_eq!((requests[&VenueCall::Balance], requests[&VenueCall::Open]), (1, 1));
    }
}

#[tokio::test]
async fn a_session_has_the_faults_of_everything() {
    for call in [VenueCall::LogIn, VenueCall::Refresh] {
        let (server, connection) = pair().await;
        let ask = async || {
            let call = if call == VenueCall::LogIn { Call::LogIn } else { Call::Refresh };
            connection.call(call).await.0
        };
        for trouble in [
            Trouble::Lost { executed: true, reply: LostReply::Reset },
            Trouble::Lost { executed: false, reply: LostReply::Late },
            Trouble::Lost { executed: false, reply: LostReply::Unreadable },
            Trouble::Forbidden,
            Trouble::Redirect { executed: false, status: 302 },
            Trouble::TooMany { retry_after_s: Some(3) },
            Trouble::Gone,
        ] {
            let before = server.desk.census().requests.get(&call).copied().unwrap_or(0);
            server.desk.order(OrderedTrouble::next(call, trouble.clone()));
            let reply = ask().await;
            assert!(matches!(reply, Reply::Failed(_)), "{call:?} {trouble:?}: {reply:?}");
            assert_eq!(server.desk.census().requests[&call], before + 1);
        }
    }
}

#[tokio::test]
async fn what_the_venue_does_later_or_in_part_is_accepted() {
    let (server, connection) = pair().await;
    let after = Nanos::SECOND.times(5);
    server
        .desk
        .order(OrderedTrouble::next(VenueCall::Open, Trouble::DoneLater { after, reply: None }));
    let accepted = |reply: &Reply| matches!(reply, Reply::Write(Outcome::Accepted { id: Some(_) }));
    assert!(accepted(&write(&connection, entry()).await));
    assert_eq!(positions(&connection).await, Vec::new(), "an acceptance is no execution");
    server.pass(5);
    assert_eq!(positions(&connection).await.len(), 1);
    server.desk.order(OrderedTrouble::next(VenueCall::Open, Trouble::Part { permille: 300 }));
    assert!(accepted(&write(&connection, entry()).await));
    assert_eq!(positions(&connection).await[1].volume, d("0.03"));
    // OK with an error's code is OK.
    server.desk.order(OrderedTrouble::next(VenueCall::Open, Trouble::OddCode));
    assert!(accepted(&write(&connection, entry()).await));
    assert_eq!(held(&server), 3);
    let (code, message) = (Some("OFF_QUOTES".to_owned()), "Off quotes".to_owned());
    let trouble = Trouble::Rejected { code: code.clone(), message: message.clone() };
    server.desk.order(OrderedTrouble::next(VenueCall::Open, trouble));
    let rejected = Outcome::Rejected { code, message };
    assert_eq!(write(&connection, entry()).await, Reply::Write(rejected));
    assert_eq!(held(&server), 3);
}

#[tokio::test]
async fn bars_that_come_twice_or_out_of_order_are_put_right() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    let (from, to) = (Nanos(START.0 - Nanos::MINUTE.times(9).0), START);
    let ask = || {
        let symbol = "EURUSD".to_owned();
        read(&connection, Read::Candles { symbol, interval: CandleInterval::M1, from, to })
    };
    let wanted = ask().await;
    assert!(matches!(&wanted, Reply::Candles(bars) if bars.len() == 9), "{wanted:?}");
    for trouble in [Trouble::DoubledCandles, Trouble::ShuffledCandles] {
        server.desk.order(OrderedTrouble::next(VenueCall::Candles, trouble));
        assert_eq!(ask().await, wanted);
    }
}

#[tokio::test]
async fn what_is_over_the_limit_is_told_with_its_wait() {
    let rate = RateRules { per_minute: 3, scope: RateScope::Host, retry_after: true };
    let server = Server::start(SimOptions { rate, ..options() }).await;
    let connection = opened(&server).await;
    for _ in 0..2 {
        assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    }
    server.pass(15);
    let retry_after = Some(Nanos::SECOND.times(45));
    let wait = Reply::Failed(Fault::TooMany { retry_after });
    assert_eq!(read(&connection, Read::Balance).await, wait);
    assert_eq!(write(&connection, entry()).await, wait);
    assert_eq!((held(&server), server.desk.census().too_many), (0, 2));
    server.pass(45);
    assert!(matches!(write(&connection, entry()).await, Reply::Write(Outcome::Accepted { .. })));
}
