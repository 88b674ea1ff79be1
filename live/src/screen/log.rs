//! What happened, a line for each thing that a person would tell: one for a signal on all
//! accounts and one for all positions that a stop closed, not one for each account.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rust_decimal::Decimal;
use tickstep_core::ledger::Trade;
use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::terms::{action_word, count, outcome, side_word};
use super::words::{clean, number, signed};
use crate::driver::production::Happened;
use crate::runner::{
    ActLine, Alert, AlertKind, Happening, Severity, SignalId, SignalMade, SignalResult,
};

/// Lines that are kept.
const KEPT: usize = 500;
/// Signals whose results are awaited.
const SIGNALS: usize = 32;
/// How long after the first one more positions are told in its line.
const TOGETHER: Nanos = Nanos(120_000_000_000);
/// Most lines that tell of one act.
const LINES: usize = 3;
/// How many lines back such a line may be.
const BACK: usize = 6;

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// News.
    Plain,
    /// Money was made.
    Good,
    /// Money was lost.
    Bad,
    /// Somebody should look.
    Warning,
    /// Money is at risk.
    Alarm,
}

/// A line of what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// When; the first time, of what is told in one line.
    pub at: Nanos,
    what: LogKind,
    /// Counts up with each change of any line.
    changed: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum LogKind {
    Words(Tone, String),
    Closed(ClosedTogether),
    Alerts(AlertsTogether),
    /// Accounts that were logged in.
    LoggedIn(BTreeSet<AccountId>),
}

/// Alerts of one kind on several accounts.
#[derive(Clone, Debug, PartialEq)]
struct AlertsTogether {
    tone: Tone,
    kind: AlertKind,
    first: String,
    accounts: BTreeSet<AccountId>,
}

/// Positions that were closed for one reason.
#[derive(Clone, Debug, PartialEq)]
struct ClosedTogether {
    symbol: String,
    side: Side,
    exit: ExitReason,
    trades: u32,
    won: u32,
    net: Decimal,
}

impl LogEntry {
    /// How it is meant.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match &self.what {
            LogKind::Words(tone, _) => *tone,
            LogKind::Alerts(of) => of.tone,
            LogKind::LoggedIn(_) => Tone::Plain,
            LogKind::Closed(of) if of.net.is_sign_negative() => Tone::Bad,
            LogKind::Closed(_) => Tone::Good,
        }
    }

    /// It in words.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.what {
            LogKind::Words(_, words) => words.clone(),
            LogKind::Alerts(AlertsTogether { first, accounts, .. }) => match accounts.len() {
                0 | 1 => first.clone(),
                n => format!("{first} (and on {} more)", count(n - 1, "account")),
            },
            LogKind::LoggedIn(accounts) => {
                format!("{} logged in", count(accounts.len(), "account"))
            }
            LogKind::Closed(ClosedTogether { symbol, side, exit, trades, won, net }) => format!(
                "{} {symbol} closed by {}: {won} of {trades} won, {}",
                side_word(*side),
                exit.name().replace('_', " "),
                signed(*net)
            ),
        }
    }
}

/// What happened, newest last.
#[derive(Clone, Debug, Default)]
pub struct ScreenLog {
    lines: VecDeque<LogEntry>,
    signals: VecDeque<SignalMade>,
    /// Accounts whose session is open.
    up: BTreeSet<AccountId>,
    changes: u64,
    /// Lines that were taken for good, and dropped ones among them.
    taken: usize,
}

impl ScreenLog {
    /// What happened, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &LogEntry> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Takes the accounts whose session is open, so that what prolongs one is no news.
    pub fn are_up(&mut self, accounts: impl Iterator<Item = AccountId>) {
        self.up = accounts.collect();
    }

    /// Says something of the screen's own.
    pub fn say(&mut self, at: Nanos, tone: Tone, words: &str) {
        self.push(at, LogKind::Words(tone, clean(words)));
    }

    /// Takes what happened in a step. `name` is what people call an account; `speed` is how
    /// many times faster than it does time runs.
    pub fn take(&mut self, step: &Happened, name: &dyn Fn(AccountId) -> String, speed: u32) {
        for happening in &step.what {
            self.one(step.at, happening, name, speed);
        }
    }

    /// Lines that have not changed between this call and the one before, each once, in order:
    /// for who can write a line but not change it.
    pub fn settled(&mut self, before: u64) -> Vec<LogEntry> {
        let waiting = self.lines.iter().skip(self.taken);
        let settled: Vec<_> = waiting.take_while(|line| line.changed <= before).cloned().collect();
        self.taken += settled.len();
        settled
    }

    /// How many changes there were, for [`settled`](Self::settled).
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    fn push(&mut self, at: Nanos, what: LogKind) {
        self.changes += 1;
        self.lines.push_back(LogEntry { at, what, changed: self.changes });
        while self.lines.len() > KEPT {
            self.lines.pop_front();
            self.taken = self.taken.saturating_sub(1);
        }
    }

    fn one(
        &mut self,
        at: Nanos,
        happening: &Happening,
        name: &dyn Fn(AccountId) -> String,
        speed: u32,
    ) {
        let mut say = |tone, words: String| self.say(at, tone, &words);
        match happening {
            Happening::Signal(made) => {
                self.signals.push_back(made.clone());
                if self.signals.len() > SIGNALS {
                    self.signals.pop_front();
                }
            }
            Happening::Result(result) => self.result(at, result, speed),
            Happening::Traded { symbol, trade, stated, .. } => {
                let net = stated.map_or(trade.net, |stated| stated.net());
                self.closed(at, symbol, trade, net);
            }
            Happening::Session { account, up: true, .. } => self.logged_in(at, *account),
            Happening::Session { account, up: false, why, .. } => {
                self.up.remove(account);
                let why = why.as_deref().unwrap_or("as it was told to");
                let words = format!("{} logged out: {why}", name(*account));
                self.say(at, Tone::Warning, &words);
            }
            Happening::Alert(alert) => self.alert(at, alert, name),
            Happening::SignalRefused { source, key, why } => {
                say(Tone::Warning, format!("signal {key} of {source} refused: {why}"));
            }
            Happening::Operated { who, lines, again: false, .. } => {
                self.operated(at, who, lines, name);
            }
            Happening::Configured { who, values, .. } => {
                let values: Vec<&str> = values.iter().map(|v| v.setting.as_str()).collect();
                say(Tone::Warning, format!("{who} changed {}", values.join(", ")));
            }
            Happening::Paid { account, amount, .. } => {
                say(Tone::Plain, format!("{}: {} paid in or out", name(*account), signed(*amount)));
            }
            Happening::Stray(close) => {
                let (on, row) = (name(close.account), &close.row);
                let words = format!(
                    "{on}: {} {} closed at {} that no strategy counts on",
                    number(row.volume),
                    row.symbol,
                    number(row.close_price)
                );
                say(Tone::Warning, words);
            }
            Happening::Restarted => say(Tone::Plain, "it was started again".to_owned()),
            // Each account's orders and positions are in its row.
            Happening::Order(_)
            | Happening::Position(_)
            | Happening::Worth(_)
            | Happening::Bar { .. }
            | Happening::Money { .. }
            | Happening::Operated { .. }
            | Happening::Acted(_) => {}
        }
    }

    /// What was done, once for all accounts on which it was the same.
    fn operated(
        &mut self,
        at: Nanos,
        who: &str,
        lines: &[ActLine],
        name: &dyn Fn(AccountId) -> String,
    ) {
        let mut done: BTreeMap<(&str, Option<&str>), Vec<AccountId>> = BTreeMap::new();
        for ActLine { account, what, refused } in lines {
            done.entry((what, refused.as_deref())).or_default().extend(*account);
        }
        // Closes of so many positions are one act to whoever reads along.
        let several = done.keys().filter(|(_, refused)| refused.is_none()).count() > LINES;
        if several {
            let on: BTreeSet<AccountId> = lines.iter().filter_map(|line| line.account).collect();
            let first = lines.first().map_or("", |line| line.what.as_str());
            let on = count(on.len(), "account");
            self.say(at, Tone::Warning, &format!("{who}: {on}: {first}, and so on"));
            done.retain(|(_, refused), _| refused.is_some());
        }
        for ((what, refused), accounts) in done {
            let on = match accounts.as_slice() {
                [] => String::new(),
                [one] => format!("{}: ", name(*one)),
                all => format!("{}: ", count(all.len(), "account")),
            };
            let (tone, why) = match refused {
                None => (Tone::Warning, String::new()),
                Some(why) => (Tone::Alarm, format!(": refused: {why}")),
            };
            self.say(at, tone, &format!("{who}: {on}{what}{why}"));
        }
    }

    fn result(&mut self, at: Nanos, result: &SignalResult, speed: u32) {
        let made = self.signals.iter().find(|made| made.id == result.id);
        // What a close comes to is told where its positions are.
        if made.is_some_and(|made| !made.action.is_entry()) && result.failed == 0 {
            return;
        }
        let what = made.map_or_else(
            || result.symbol.clone(),
            |made| {
                let (word, price) = (action_word(made.action), number(made.price));
                format!("{word} {} at {price}", made.symbol)
            },
        );
        let SignalId(id) = result.id;
        let tone = if result.failed > 0 { Tone::Warning } else { Tone::Plain };
        self.say(at, tone, &format!("{what}: {} (signal {id})", outcome(result, speed)));
    }

    /// Lines that more of the same may be told in.
    fn lately(&mut self, at: Nanos) -> impl Iterator<Item = &mut LogEntry> {
        let first = self.lines.len().saturating_sub(BACK);
        self.lines.iter_mut().skip(first).filter(move |line| at.0 - line.at.0 <= TOGETHER.0)
    }

    fn closed(&mut self, at: Nanos, symbol: &str, trade: &Trade, net: Decimal) {
        let (change, won) = (self.changes + 1, u32::from(net > Decimal::ZERO));
        let same = self.lately(at).find_map(|line| match &mut line.what {
            LogKind::Closed(of)
                if of.symbol == symbol && of.side == trade.side && of.exit == trade.exit =>
            {
                Some((of, &mut line.changed))
            }
            _ => None,
        });
        match same {
            Some((of, changed)) => {
                *changed = change;
                of.trades += 1;
                of.won += won;
                of.net += net;
                self.changes = change;
            }
            None => {
                let (symbol, side, exit) = (symbol.to_owned(), trade.side, trade.exit);
                let of = ClosedTogether { symbol, side, exit, trades: 1, won, net };
                self.push(at, LogKind::Closed(of));
            }
        }
    }

    fn logged_in(&mut self, at: Nanos, account: AccountId) {
        if !self.up.insert(account) {
            return;
        }
        if let Some(LogEntry { what: LogKind::LoggedIn(accounts), changed, .. }) =
            self.lines.back_mut()
        {
            accounts.insert(account);
            self.changes += 1;
            *changed = self.changes;
            return;
        }
        self.push(at, LogKind::LoggedIn(BTreeSet::from([account])));
    }

    fn alert(&mut self, at: Nanos, alert: &Alert, name: &dyn Fn(AccountId) -> String) {
        let tone = match alert.severity {
            Severity::Notice => Tone::Plain,
            Severity::Warning => Tone::Warning,
            Severity::Critical => Tone::Alarm,
        };
        let Some(account) = alert.account else { return self.say(at, tone, &alert.words) };
        let (kind, change) = (alert.kind, self.changes + 1);
        let same = self.lately(at).find_map(|line| match &mut line.what {
            LogKind::Alerts(of) if of.kind == kind && of.tone == tone => {
                Some((of, &mut line.changed))
            }
            _ => None,
        });
        match same {
            Some((of, changed)) => {
                of.accounts.insert(account);
                *changed = change;
                self.changes = change;
            }
            None => {
                let first = clean(&format!("{}: {}", name(account), alert.words));
                let accounts = BTreeSet::from([account]);
                self.push(at, LogKind::Alerts(AlertsTogether { tone, kind, first, accounts }));
            }
        }
    }
}
