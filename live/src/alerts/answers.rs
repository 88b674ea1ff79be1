//! Answers that are read on a phone.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use crate::logs::told_at;
use crate::runner::{AccountReport, LinkState, PositionReport, Stop};
use crate::service::{AccountTally, HealthCheck, HealthLevel, ServiceStatus, WishAnswer};

/// Lines of an answer at most.
const LINES: usize = 40;

/// What may be asked.
pub(super) const HELP: &str = "\
/status where everything stands
/balance what accounts are worth
/positions what accounts hold
/trades what was closed since the start
/strategies what strategies trade and hold
/risk how near accounts are to their limits
/health what is measured, against its limits
/reconcile brokers are asked what they hold, and the ledger is held against it
/version
/pause open nothing more
/resume open positions again *
/closeall close everything *
/kill close everything and open nothing more *
* asks for a code first. An account's name and a reason may follow: /pause main news at 14:30";

/// Lines as one text, the last ones left out where there are too many.
fn joined(mut lines: Vec<String>) -> String {
    let over = lines.len().saturating_sub(LINES);
    if over > 0 {
        lines.truncate(LINES - 1);
        lines.push(format!("and {} more lines", over + 1));
    }
    lines.join("\n")
}

fn money(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

fn signed(amount: Decimal) -> String {
    format!("{:+.2}", amount.round_dp(2))
}

/// A span, for people: its two largest units.
pub(crate) fn lasted(span: Nanos) -> String {
    let seconds = span.0.max(0) / Nanos::SECOND.0;
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, ..) => format!("{d} d {h} h"),
    }
}

/// Open profit of an account, where all of its positions have a price.
fn open(account: &AccountReport) -> Option<Decimal> {
    account.positions.iter().map(|held| held.now.map(|now| now.profit)).sum()
}

/// Where everything stands.
pub(super) fn status(status: &ServiceStatus, zone: &TimeZone) -> String {
    let runner = &status.runner;
    let mut lines = vec![
        format!("tickstep {}, {}", status.version, status.mode),
        format!("up {}, {}", lasted(runner.now - status.started), told_at(runner.now, zone)),
    ];
    for check in status.health.iter().filter(|check| check.level > HealthLevel::Healthy) {
        let word = check.level.word().to_uppercase();
        lines.push(format!("{word} {}: {}", check.name, check.value));
    }
    if !runner.trading {
        lines.push("TRADING IS SWITCHED OFF".to_owned());
    }
    if runner.disk_full {
        lines.push("THE DISK IS FULL, nothing is opened".to_owned());
    }
    let all = &runner.accounts;
    let count = |is: &dyn Fn(&AccountReport) -> bool| all.iter().filter(|a| is(a)).count();
    let up = count(&|a| a.paper || matches!(a.session, Some(LinkState::Up { .. })));
    lines.push(format!("accounts: {up} of {} up", all.len()));
    for (words, some) in [
        ("KILLED", count(&|a| a.stopped == Some(Stop::Kill))),
        ("paused", count(&|a| a.stopped == Some(Stop::Pause))),
        ("HALTED", count(&|a| a.halted.is_some())),
        ("not known what they hold", count(&|a| !a.known)),
    ] {
        if some > 0 {
            lines.push(format!("{some} {words}"));
        }
    }
    let held: usize = all.iter().map(|a| a.positions.len()).sum();
    let profit: Option<Decimal> = all.iter().map(open).sum();
    let profit = profit
        .filter(|_| held > 0)
        .map_or_else(String::new, |p| format!(", open profit {}", signed(p)));
    lines.push(format!("positions: {held}{profit}"));
    for one in &runner.instruments {
        let age = lasted(runner.now - one.at);
        lines.push(match (one.price, one.still) {
            (None, _) => format!("{}: no price yet", one.symbol),
            (Some(price), false) => format!("{}: {}, {age} old", one.symbol, price.normalize()),
            (Some(price), true) => {
                format!("{}: {}, STANDS STILL for {age}", one.symbol, price.normalize())
            }
        });
    }
    for host in runner.hosts.iter().filter(|host| host.unanswered > 0) {
        lines.push(format!("{} DOES NOT ANSWER {} accounts", host.name, host.unanswered));
    }
    let differences = status.differences();
    if !differences.is_empty() {
        lines.push(format!("not settled: {}", differences.len()));
        lines.extend(differences.into_iter().take(5));
    }
    joined(lines)
}

/// What accounts are worth.
pub(super) fn balance(status: &ServiceStatus) -> String {
    let line = |account: &AccountReport| {
        let at_broker = account.at_broker.as_ref();
        let currency = at_broker.and_then(|b| b.currency.clone()).unwrap_or_default();
        let open = open(account).map_or_else(|| "not known".to_owned(), signed);
        let free = at_broker.and_then(|b| b.free_margin);
        let free = free.map_or_else(String::new, |free| format!(", free {}", money(free)));
        let equity = at_broker.and_then(|b| b.equity).unwrap_or(account.equity);
        let balance = at_broker.map_or(account.cash, |b| b.balance);
        let (name, equity, balance) = (&account.name, money(equity), money(balance));
        let unit = if currency.is_empty() { String::new() } else { format!(" {currency}") };
        format!("{name}: {equity}{unit} (balance {balance}, open {open}{free})")
    };
    joined(status.runner.accounts.iter().map(line).collect())
}

/// What accounts hold.
pub(super) fn positions(status: &ServiceStatus) -> String {
    let mut lines = Vec::new();
    for account in &status.runner.accounts {
        let name = &account.name;
        for held in &account.positions {
            let side = held.side.position_word();
            let worth = held.now.map_or_else(String::new, |now| {
                let (profit, percent) = (signed(now.profit), now.price_move_percent.round_dp(2));
                format!(", now {}: {profit} ({percent:+} %)", now.price.normalize())
            });
            let (quantity, entry) = (held.quantity.normalize(), held.entry.normalize());
            lines.push(format!("{name}: {side} {quantity} {} at {entry}{worth}", held.symbol));
        }
        lines.extend(account.orders.iter().map(|order| {
            let (volume, price) = (order.volume.normalize(), order.price.normalize());
            format!("{name}: {volume} {} waits for {price}", order.symbol)
        }));
        lines.extend(account.foreign.iter().map(|held| {
            let (side, volume) = (held.side.position_word(), held.volume.normalize());
            format!("{name}: {side} {volume} {}, not ours", held.symbol)
        }));
        if !account.known {
            lines.push(format!("{name}: what it holds is not known"));
        }
    }
    if lines.is_empty() {
        lines.push("no positions".to_owned());
    }
    joined(lines)
}

/// How well everything is, the worst first.
pub(super) fn health(status: &ServiceStatus) -> String {
    let mut checks: Vec<&HealthCheck> = status.health.iter().collect();
    checks.sort_by_key(|check| core::cmp::Reverse(check.level));
    let line = |check: &HealthCheck| match check.level {
        HealthLevel::Healthy => format!("ok {}: {}", check.name, check.value),
        level => {
            let (word, limit) = (level.word().to_uppercase(), &check.limit);
            format!("{word} {}: {} (well is {limit})", check.name, check.value)
        }
    };
    joined(checks.into_iter().map(line).collect())
}

/// What accounts closed since the start.
pub(super) fn trades(status: &ServiceStatus) -> String {
    let line = |(name, of): (&String, &AccountTally)| {
        format!("{name}: {} trades, {} won, net {}", of.trades, of.won, signed(of.net))
    };
    let lines: Vec<String> = status.done.accounts.iter().map(line).collect();
    if lines.is_empty() { "nothing was closed since the start".to_owned() } else { joined(lines) }
}

/// What strategies trade and hold, over all accounts.
pub(super) fn strategies(status: &ServiceStatus) -> String {
    let accounts = &status.runner.accounts;
    let all: BTreeSet<&(String, String)> = accounts.iter().flat_map(|a| &a.strategies).collect();
    let line = |(name, symbol): &(String, String)| {
        let on =
            accounts.iter().filter(|a| a.strategies.iter().any(|s| (&s.0, &s.1) == (name, symbol)));
        let held = accounts.iter().flat_map(|a| &a.positions);
        let held: Vec<&PositionReport> =
            held.filter(|held| (&held.strategy, &held.symbol) == (name, symbol)).collect();
        let profit: Option<Decimal> = held.iter().map(|held| held.now.map(|now| now.profit)).sum();
        let profit = profit.filter(|_| !held.is_empty());
        let profit = profit.map_or_else(String::new, |p| format!(", open profit {}", signed(p)));
        format!("{name} {symbol}: {} accounts, {} positions{profit}", on.count(), held.len())
    };
    joined(all.into_iter().map(line).collect())
}

/// How near accounts are to their limits.
pub(super) fn risk(status: &ServiceStatus) -> String {
    let mut lines = Vec::new();
    for account in &status.runner.accounts {
        let (name, equity) = (&account.name, account.equity);
        let mut words = vec![format!("equity {}", money(equity))];
        let limits = &account.limits;
        words.extend(
            limits
                .day_open
                .map(|open| format!("today {} of {}", signed(equity - open), money(open))),
        );
        let under = |peak: Decimal| {
            (peak - equity).checked_div(peak).map(|part| part * Decimal::ONE_HUNDRED)
        };
        words.extend(
            limits
                .peak
                .and_then(|peak| Some((under(peak)?, peak)))
                .map(|(part, peak)| format!("{part:.2} % under {}", money(peak))),
        );
        let free = account.at_broker.as_ref().and_then(|b| b.free_margin);
        words.extend(free.map(|free| format!("free margin {}", money(free))));
        lines.push(format!("{name}: {}", words.join(", ")));
        lines.extend(limits.reached.iter().map(|words| format!("{name} REACHED {words}")));
    }
    joined(lines)
}

/// The program's version.
pub(super) fn version(status: &ServiceStatus) -> String {
    format!("tickstep {}, {}", status.version, status.mode)
}

/// What came of something that was done.
pub(super) fn done(answer: WishAnswer) -> String {
    let (said, refused, left) = match answer {
        WishAnswer::Done { said, refused } => (said, refused, Vec::new()),
        WishAnswer::Closed { mut said, left, refused } => {
            let all = left.is_empty() && refused.is_empty();
            said.extend(all.then(|| "everything is closed".to_owned()));
            (said, refused, left)
        }
        WishAnswer::Refused { error } => (Vec::new(), vec![error], Vec::new()),
        WishAnswer::Audited { differences } => {
            let agree = differences.is_empty().then(|| "ledger and brokers agree".to_owned());
            let differ = differences.into_iter().map(|words| format!("DIFFERS: {words}"));
            return joined(agree.into_iter().chain(differ).collect());
        }
        WishAnswer::Status { .. } | WishAnswer::Batch { .. } => {
            let odd = "an answer to something else".to_owned();
            (Vec::new(), vec![odd], Vec::new())
        }
    };
    let open = left.into_iter().map(|words| format!("STILL OPEN: {words}"));
    let refused = refused.into_iter().map(|words| format!("REFUSED: {words}"));
    // What went wrong is read first.
    let lines: Vec<String> = open.chain(refused).chain(said).collect();
    if lines.is_empty() { "done; there was nothing to do".to_owned() } else { joined(lines) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_by_their_two_largest_units() {
        let told = |seconds: i64| lasted(Nanos::SECOND.times(seconds));
        assert_eq!(told(-5), "0 s");
        assert_eq!((told(59), told(61)), ("59 s".to_owned(), "1 min 1 s".to_owned()));
        let (hours, days) = (told(3 * 3_600 + 12 * 60 + 59), told(2 * 86_400 + 7_200));
        assert_eq!((&*hours, &*days), ("3 h 12 min", "2 d 2 h"));
    }

    #[test]
    fn what_is_still_open_is_read_first_and_long_answers_are_cut() {
        let (said, left) = (vec!["main: paused".to_owned()], vec!["main: long 2 A".to_owned()]);
        let refused = vec!["second: no session".to_owned()];
        let told = done(WishAnswer::Closed { said, left, refused });
        assert_eq!(told, "STILL OPEN: main: long 2 A\nREFUSED: second: no session\nmain: paused");
        let closed = |said: Vec<String>| {
            done(WishAnswer::Closed { said, left: Vec::new(), refused: Vec::new() })
        };
        assert_eq!(closed(Vec::new()), "everything is closed");
        let long = closed((0..100).map(|n| n.to_string()).collect());
        assert_eq!(long.lines().count(), LINES);
        assert!(long.ends_with("38\nand 62 more lines"), "{long}");
    }
}
