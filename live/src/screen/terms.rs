//! What a runner decides and what came of it, in words.

use std::collections::BTreeMap;

use tickstep_core::decision::Action;
use tickstep_core::units::{Nanos, Side};

use super::words::{clean, figure, took};
use crate::runner::{AccountResult, Fate, SignalMade, SignalResult, Skip};

/// `LONG` or `SHORT`.
pub(super) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "LONG",
        Side::Sell => "SHORT",
    }
}

/// `LONG`, `SHORT` or what else a decision is.
pub(super) const fn action_word(action: Action) -> &'static str {
    match action {
        Action::OpenLong => "LONG",
        Action::OpenShort => "SHORT",
        Action::Close => "CLOSE",
        Action::Hold => "HOLD",
    }
}

/// `1 account`, `2 accounts`.
pub(super) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// Why, in the strategy's own terms: `volume ratio 4.2, close 3.912`.
pub(super) fn reasons(made: &SignalMade) -> String {
    let one =
        |(name, value): &(String, f64)| format!("{} {}", name.replace('_', " "), figure(*value));
    clean(&made.reason.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// What became of a signal on all accounts: `11 executed, 1 skipped in 41 ms`.
pub(super) fn outcome(result: &SignalResult, speed: u32) -> String {
    let SignalResult { executed, failed, skipped, resting, took: span, accounts, .. } = result;
    let mut words = vec![format!("{executed} executed")];
    for (n, what) in [(resting, "waiting"), (failed, "failed"), (skipped, "skipped")] {
        if *n > 0 {
            words.push(format!("{n} {what}"));
        }
    }
    let span = Nanos(span.0 / i64::from(speed.max(1)));
    let why = why(accounts).map_or_else(String::new, |why| format!(" ({why})"));
    format!("{} in {}{why}", words.join(", "), took(span))
}

/// Why an account did not execute a signal: the reason that most have, refusals first.
fn why(accounts: &[AccountResult]) -> Option<String> {
    let mut why: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for AccountResult { fate, .. } in accounts {
        let said = match fate {
            Fate::Skipped(Skip::NotForIt | Skip::NothingToDo) => continue,
            Fate::Skipped(skip) => (false, skip.to_string().replace('_', " ")),
            Fate::Rejected { message } => (true, message.clone()),
            _ => continue,
        };
        *why.entry(said).or_default() += 1;
    }
    let most = why.into_iter().max_by_key(|((refused, _), n)| (*refused, *n));
    most.map(|((_, why), _)| clean(&why))
}
