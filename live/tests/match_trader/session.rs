//! Coming in, staying in, and never as somebody else.

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{Call, Fault, LoggedIn, Read, Reply};
use tickstep_live::exchange::{LostReply, OrderedTrouble, Trouble, VenueCall};
use tickstep_live::match_trader::{BrokerLogin, HostSettings, Paths};
use tickstep_live::sim_server::{AccountsWording, RefreshAnswer, SimOptions, SystemPlace, Wording};

use crate::client::{ACCOUNT, DECOY, EMAIL, START, Server, options};
use crate::support::{entry, log_in, login, opened, read, settings, with, write};

const LIFE: Nanos = Nanos(15 * 60 * 1_000_000_000);

fn open_until(expires: Nanos) -> Reply {
    let leverage = Some(Decimal::ONE_HUNDRED);
    Reply::LoggedIn(LoggedIn { account: ACCOUNT.to_owned(), expires: Some(expires), leverage })
}

fn later(seconds: i64) -> Nanos {
    Nanos(START.0 + Nanos::SECOND.times(seconds).0)
}

#[tokio::test]
async fn the_configured_account_is_found_in_every_spelling_of_a_login() {
    let logins = ["/manager/mtr-login", "/manager/co-login", "/mtr-backend/login"];
    let logins = logins.into_iter().chain(["/mtr-core-edge/login", "/mtr-core-edge/v2/login"]);
    for path in logins {
        for accounts in [AccountsWording::TradingAccounts, AccountsWording::Accounts] {
            for system in [SystemPlace::Offer, SystemPlace::Account] {
                let wording = Wording { accounts, system, ..Wording::default() };
                let server = Server::start(SimOptions { wording, ..options() }).await;
                let paths = Paths { login: path.to_owned(), ..Paths::default() };
                let settings = HostSettings { paths, ..settings(&server.base) };
                let connection = with(settings, login());
                let reply = connection.call(Call::LogIn).await;
                assert_eq!(reply, (open_until(later(900)), Some(START)), "{path}");
                assert!(matches!(write(&connection, entry()).await, Reply::Write(_)));
                assert_eq!(server.desk.census().writes.keys().collect::<Vec<_>>(), [ACCOUNT]);
            }
        }
    }
}

#[tokio::test]
async fn a_broker_is_asked_for_its_number_once() {
    for numeric_partner in [false, true] {
        let wording = Wording { numeric_partner, ..Wording::default() };
        let server = Server::start(SimOptions { wording, ..options() }).await;
        let connection = with(settings(&server.base), BrokerLogin { broker: None, ..login() });
        for _ in 0..3 {
            log_in(&connection).await;
        }
        let requests = server.desk.census().requests;
        assert_eq!((requests[&VenueCall::Details], requests[&VenueCall::LogIn]), (1, 3));
    }
    // One that does not say it is asked again.
    let server = Server::start(options()).await;
    let connection = with(settings(&server.base), BrokerLogin { broker: None, ..login() });
    server.desk.order(OrderedTrouble::next(VenueCall::Details, Trouble::Gone));
    assert_eq!(connection.call(Call::LogIn).await.0, Reply::Failed(Fault::Gone));
    log_in(&connection).await;
    assert_eq!(server.desk.census().requests[&VenueCall::Details], 2);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let server = Server::start(options()).await;
    let try_as =
        async |login: BrokerLogin| with(settings(&server.base), login).call(Call::LogIn).await.0;
    let wrong = BrokerLogin { password: "wrong".to_owned().into(), ..login() };
    assert_eq!(try_as(wrong).await, Reply::Failed(Fault::BadCredentials));
    let other = BrokerLogin { broker: Some("3".to_owned()), ..login() };
    assert!(matches!(try_as(other).await, Reply::Failed(Fault::Refused(_))));
    let found = format!("{DECOY}, {ACCOUNT}");
    let wanted = "1".to_owned();
    let stranger = BrokerLogin { account: wanted.clone(), ..login() };
    let wrong = Reply::Failed(Fault::WrongAccount { wanted, found });
    assert_eq!(try_as(stranger).await, wrong);
    let robot =
        HostSettings { user_agent: "python-requests/2".to_owned(), ..settings(&server.base) };
    let (reply, _) = with(robot, login()).call(Call::LogIn).await;
    assert_eq!(reply, Reply::Failed(Fault::Forbidden("Just a moment...".to_owned())));
}

#[tokio::test]
async fn without_a_session_nothing_is_sent() {
    let server = Server::start(options()).await;
    let connection = with(settings(&server.base), login());
    let denied = Reply::Failed(Fault::Unauthorised);
    let before = server.desk.census();
    for _ in 0..2 {
        assert_eq!(read(&connection, Read::Balance).await, denied);
        assert_eq!(write(&connection, entry()).await, denied);
        assert_eq!(connection.call(Call::Refresh).await, (denied.clone(), None));
        assert_eq!(connection.call(Call::LogOut).await, (Reply::LoggedOut, None));
    }
    assert_eq!(server.desk.census(), before);
    log_in(&connection).await;
    assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    assert_eq!(connection.call(Call::LogOut).await, (Reply::LoggedOut, None));
    let after = server.desk.census();
    assert_eq!(read(&connection, Read::Balance).await, denied);
    assert_eq!(connection.call(Call::Refresh).await.0, denied);
    assert_eq!(server.desk.census(), after);
}

#[tokio::test]
async fn a_session_is_prolonged_whatever_the_answer_is() {
    for refresh in [RefreshAnswer::Empty, RefreshAnswer::Token, RefreshAnswer::Login] {
        for path in ["/manager/refresh-token", "/mtr-backend/refresh-token"] {
            let wording = Wording { refresh, ..Wording::default() };
            let refresh_cookie_path = path.to_owned();
            let server =
                Server::start(SimOptions { wording, refresh_cookie_path, ..options() }).await;
            let paths = Paths { refresh: path.to_owned(), ..Paths::default() };
            let connection = with(HostSettings { paths, ..settings(&server.base) }, login());
            log_in(&connection).await;
            for n in 1..=4 {
                server.pass(720);
                let at = later(720 * n);
                let (reply, date) = connection.call(Call::Refresh).await;
                assert_eq!((reply, date), (open_until(at + LIFE), Some(at)), "{refresh:?}");
                assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
            }
            let (reply, _) = connection.call(Call::Refresh).await;
            let Reply::Failed(Fault::TooMany { retry_after: Some(wait) }) = reply else {
                panic!("{reply:?}");
            };
            assert!(wait > Nanos(0) && wait <= Nanos::HOUR);
            let census = server.desk.census();
            assert_eq!((census.stray_cookies, census.unauthorised), (0, 0));
        }
    }
}

#[tokio::test]
async fn a_refresh_that_brings_nothing_later_has_failed() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    for reply in [LostReply::Empty, LostReply::Blank] {
        server.pass(60);
        let trouble = Trouble::Lost { executed: false, reply };
        server.desk.order(OrderedTrouble::next(VenueCall::Refresh, trouble));
        let (reply, _) = connection.call(Call::Refresh).await;
        let why = "the refresh brought no later session".to_owned();
        assert_eq!(reply, Reply::Failed(Fault::Unreadable(why)));
        // What there is stays in force until a login replaces it.
        assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    }
    assert_eq!(connection.call(Call::LogIn).await.0, open_until(later(120) + LIFE));
}

#[tokio::test]
async fn a_session_that_ended_is_opened_again() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    let denied = Reply::Failed(Fault::Unauthorised);
    // It runs out; the refresh lives longer.
    server.pass(901);
    assert_eq!(read(&connection, Read::Balance).await, denied);
    assert_eq!(write(&connection, entry()).await, denied);
    assert_eq!(connection.call(Call::Refresh).await.0, open_until(later(901) + LIFE));
    assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    // It is ended in the middle, refresh and all.
    server.desk.order(OrderedTrouble::next(VenueCall::Balance, Trouble::Unauthorised));
    assert_eq!(read(&connection, Read::Balance).await, denied);
    assert_eq!(connection.call(Call::Refresh).await.0, denied);
    assert_eq!(connection.call(Call::LogIn).await.0, open_until(later(901) + LIFE));
    assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    // The server starts again.
    server.desk.restart();
    assert_eq!(write(&connection, entry()).await, denied);
    log_in(&connection).await;
    assert!(matches!(write(&connection, entry()).await, Reply::Write(_)));
    assert_eq!(server.desk.with(|exchange, _| exchange.truth().executions().len()), 1);
}

#[tokio::test]
async fn a_session_that_changes_its_account_is_over() {
    for refreshes in [true, false] {
        let wording = Wording { refresh: RefreshAnswer::Login, ..Wording::default() };
        let server = Server::start(SimOptions { wording, ..options() }).await;
        let connection = opened(&server).await;
        server.pass(60);
        assert!(server.desk.set_accounts(EMAIL, vec![DECOY.to_owned()]));
        let call = if refreshes { Call::Refresh } else { Call::LogIn };
        let (wanted, found) = (ACCOUNT.to_owned(), DECOY.to_owned());
        let wrong = Reply::Failed(Fault::WrongAccount { wanted, found });
        assert_eq!(connection.call(call).await.0, wrong);
        let before = server.desk.census();
        let denied = Reply::Failed(Fault::Unauthorised);
        assert_eq!(write(&connection, entry()).await, denied);
        assert_eq!(server.desk.census(), before, "nothing is sent for another account");
    }
}

#[tokio::test]
async fn a_session_goes_on_where_a_login_could_not_be_tried() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    for (trouble, fault) in [
        (Trouble::Lost { executed: true, reply: LostReply::BadGateway }, Fault::Server(502)),
        (Trouble::TooMany { retry_after_s: None }, Fault::TooMany { retry_after: None }),
    ] {
        server.desk.order(OrderedTrouble::next(VenueCall::LogIn, trouble));
        assert_eq!(connection.call(Call::LogIn).await.0, Reply::Failed(fault));
        assert!(matches!(read(&connection, Read::Balance).await, Reply::Balance(_)));
    }
}

#[tokio::test]
async fn the_servers_clock_is_told_with_every_reply() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    server.desk.change(|options| options.skew = Nanos::HOUR);
    server.pass(5);
    let (_, date) = connection.call(Call::Read(Read::Balance)).await;
    assert_eq!(date, Some(later(3_605)));
}
