//! What happened, as lines of the screen's log.

use tickstep_core::decision::Action;
use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::Side;
use tickstep_live::runner::{ActLine, Alert, AlertKind, Happening, Severity};
use tickstep_live::screen::{Screen, Tone};
use tickstep_live::service::{WatchLine, WishAnswer};

use super::sample::{at, result, signal, status, step, traded};

fn fresh() -> Screen {
    let mut screen = Screen::new("a screen", jiff::tz::TimeZone::UTC);
    screen.take(WatchLine::Status(Box::new(status())));
    screen
}

fn words(screen: &Screen) -> Vec<String> {
    screen.log.lines().map(|line| line.words()).collect()
}

fn session(account: u16, up: bool) -> Happening {
    Happening::Session {
        account: AccountId(account),
        up,
        number: None,
        expires: None,
        leverage: None,
        why: (!up).then(|| "the broker refused access".to_owned()),
    }
}

#[test]
fn what_happens_to_many_accounts_is_one_line() {
    let mut screen = fresh();
    for account in 0..12 {
        let net = if account < 9 { "4" } else { "-1" };
        screen.take(step(1, vec![traded(account, Side::Buy, ExitReason::Target, net)]));
    }
    screen.take(step(2, vec![traded(0, Side::Sell, ExitReason::Stop, "-2.5")]));
    // Long after, it is another one.
    screen.take(step(300, vec![traded(0, Side::Buy, ExitReason::Target, "4")]));
    assert_eq!(
        words(&screen),
        [
            "LONG FILUSDT closed by target: 9 of 12 won, +33.00",
            "SHORT FILUSDT closed by stop: 0 of 1 won, -2.50",
            "LONG FILUSDT closed by target: 1 of 1 won, +4.00",
        ]
    );
    let tones: Vec<Tone> = screen.log.lines().map(|line| line.tone()).collect();
    assert_eq!(tones, [Tone::Good, Tone::Bad, Tone::Good]);
}

#[test]
fn a_signal_is_told_with_what_became_of_it() {
    let mut screen = fresh();
    screen.take(step(0, vec![Happening::Signal(signal(1, "FILUSDT", Action::OpenLong))]));
    screen.take(step(1, vec![Happening::Result(result(1, "FILUSDT"))]));
    let mut well = result(2, "FILUSDT");
    (well.failed, well.skipped) = (0, 0);
    // What a close came to is told where positions are, unless it failed.
    screen.take(step(2, vec![Happening::Signal(signal(2, "FILUSDT", Action::Close))]));
    screen.take(step(3, vec![Happening::Result(well)]));
    screen.take(step(4, vec![Happening::Signal(signal(3, "FILUSDT", Action::Close))]));
    screen.take(step(5, vec![Happening::Result(result(3, "FILUSDT"))]));
    let found = words(&screen);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with(
        "LONG FILUSDT at 3.51: 10 executed, 1 failed, 1 skipped in 41 ms (off quotes [2J"
    ));
    assert!(found[0].ends_with(" (signal 1)"), "{found:?}");
    assert!(found[1].starts_with("CLOSE FILUSDT at 3.51: "), "{found:?}");
}

#[test]
fn a_session_that_is_prolonged_is_no_news_and_one_that_ends_is() {
    let mut screen = fresh();
    // All but the tenth are up already.
    screen.take(step(1, (0..12).map(|account| session(account, true)).collect()));
    screen.take(step(2, vec![session(3, false)]));
    screen.take(step(3, vec![session(3, true)]));
    // What was missed may have been a login; where everything stands says so.
    screen.take(step(4, vec![session(5, false)]));
    screen.take(WatchLine::Missed(3));
    screen.take(WatchLine::Status(Box::new(status())));
    screen.take(step(5, vec![session(5, true)]));
    assert_eq!(words(&screen).last().unwrap(), "3 steps went by too fast to be shown");
    let wanted = ["1 account logged in", "user4 logged out: the broker refused access"];
    assert_eq!(words(&screen)[..2], wanted);
    assert_eq!(words(&screen)[2..3], ["1 account logged in"]);
}

#[test]
fn acts_and_alerts_are_told_once_for_all_their_accounts() {
    let mut screen = fresh();
    let line = |account: u16, refused: Option<&str>| ActLine {
        account: Some(AccountId(account)),
        what: "nothing is opened until it is resumed".to_owned(),
        refused: refused.map(str::to_owned),
    };
    let mut lines: Vec<ActLine> = (0..11).map(|account| line(account, None)).collect();
    lines.push(line(11, Some("it is logged out")));
    let act = |again| Happening::Operated {
        id: "1".to_owned(),
        who: "kim".to_owned(),
        why: "a test".to_owned(),
        what: "Pause(All)".to_owned(),
        old: None,
        new: None,
        lines: lines.clone(),
        again,
    };
    screen.take(step(1, vec![act(false)]));
    screen.take(step(2, vec![act(true)]));
    let alert = |account: u16, severity| {
        Happening::Alert(Alert {
            severity,
            account: Some(AccountId(account)),
            kind: AlertKind::Rejected,
            words: format!("order {account} was refused:\n no money"),
        })
    };
    screen.take(step(3, (0..3).map(|account| alert(account, Severity::Warning)).collect()));
    screen.take(step(4, vec![alert(5, Severity::Critical)]));
    assert_eq!(
        words(&screen),
        [
            "kim: 11 accounts: nothing is opened until it is resumed",
            "kim: user12: nothing is opened until it is resumed: refused: it is logged out",
            "user1: order 0 was refused:  no money (and on 2 accounts more)",
            "user6: order 5 was refused:  no money",
        ]
    );
    let tones: Vec<Tone> = screen.log.lines().map(|line| line.tone()).collect();
    assert_eq!(tones, [Tone::Warning, Tone::Alarm, Tone::Warning, Tone::Alarm]);
}

#[test]
fn what_a_key_asked_for_and_did_not_get_is_told() {
    let mut screen = fresh();
    let left = vec!["user1: LONG 10 FILUSDT of scalper".to_owned()];
    screen.answered(&WishAnswer::Closed { said: Vec::new(), left, refused: Vec::new() });
    screen.answered(&WishAnswer::Closed {
        said: Vec::new(),
        left: Vec::new(),
        refused: Vec::new(),
    });
    screen.answered(&WishAnswer::Refused { error: "the runner has ended".to_owned() });
    screen.take(WatchLine::Missed(7));
    assert_eq!(
        words(&screen),
        [
            "still open: user1: LONG 10 FILUSDT of scalper",
            "everything is closed",
            "refused: the runner has ended",
            "7 steps went by too fast to be shown",
        ]
    );
    assert!(screen.log.lines().all(|line| line.at == at(0)));
}

#[test]
fn plain_lines_are_written_when_they_grow_no_more() {
    let mut screen = fresh();
    screen.take(step(1, vec![traded(0, Side::Buy, ExitReason::Target, "4")]));
    assert_eq!(screen.log.settled(0), []);
    let changes = screen.log.changes();
    screen.take(step(2, vec![traded(1, Side::Buy, ExitReason::Target, "4")]));
    screen.take(step(3, vec![session(9, true)]));
    assert_eq!(screen.log.settled(changes), [], "it grew since");
    let changes = screen.log.changes();
    let settled: Vec<String> =
        screen.log.settled(changes).iter().map(|line| line.words()).collect();
    let wanted = ["LONG FILUSDT closed by target: 2 of 2 won, +8.00", "1 account logged in"];
    assert_eq!(settled, wanted);
    assert_eq!(screen.log.settled(u64::MAX), [], "each is written once");
}
