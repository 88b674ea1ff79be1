//! What is gathered of a month.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::month::Month;
use crate::driver::Replayed;
use crate::runner::{AccountWorth, Alert, AlertKind, Fate, Happening, OrderStatus, Severity};
use crate::store::SampleRow;

/// Critical alerts that are listed, at most; all are counted.
const LISTED: usize = 100;

/// A time in which the program did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    /// The last thing that was written down before it.
    pub from: Nanos,
    /// Its start after it.
    pub to: Nanos,
}

/// What an account was worth in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFigures {
    /// Equity at the first point of the month, account currency.
    pub first: Decimal,
    /// Equity at the last point.
    pub last: Decimal,
    /// The most that equity fell below its highest point before, without what was paid in or
    /// out.
    pub drawdown: Decimal,
    /// The same, of a hundred of that highest point.
    pub drawdown_percent: Decimal,
    /// When it was deepest.
    pub deepest: Nanos,
    /// What was paid in, less what was taken out.
    pub paid: Decimal,
    /// Positions that were closed.
    pub trades: u64,
    /// What they made after costs.
    pub net: Decimal,
    peak: Decimal,
    points: u64,
}

/// Something that happened at a time, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewLine {
    /// When.
    pub at: Nanos,
    /// What.
    pub words: String,
}

/// A month's figures.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The month.
    pub month: Month,
    /// The first and the last time at which something was written down in it.
    pub known: Option<(Nanos, Nanos)>,
    /// Times in which it did not run.
    pub downs: Vec<Down>,
    /// Accounts by their names.
    pub accounts: BTreeMap<String, AccountFigures>,
    /// How long executions took, as brokers stamp them.
    pub latencies: Vec<Nanos>,
    /// Orders on accounts: executed, failed, not sent.
    pub orders: (u64, u64, u64),
    /// Orders whose outcome was not known at first.
    pub unknown: u64,
    /// Sessions that were lost.
    pub sessions_lost: u64,
    /// Alerts by severity and kind, the worst first.
    pub alerts: BTreeMap<(core::cmp::Reverse<Severity>, AlertKind), u64>,
    /// The first critical alerts.
    pub critical: Vec<ReviewLine>,
    /// Limits on losses and profit that were reached or lifted.
    pub limits: Vec<ReviewLine>,
    /// What people did, and changes of the configuration.
    pub acts: Vec<ReviewLine>,
    /// What was measured each minute, oldest first.
    pub samples: Vec<SampleRow>,
    /// When the last input was, in the month or not.
    last: Option<Nanos>,
}

impl Figures {
    pub(super) fn new(month: &Month, samples: Vec<SampleRow>) -> Self {
        Self {
            month: month.clone(),
            known: None,
            downs: Vec::new(),
            accounts: BTreeMap::new(),
            latencies: Vec::new(),
            orders: (0, 0, 0),
            unknown: 0,
            sessions_lost: 0,
            alerts: BTreeMap::new(),
            critical: Vec::new(),
            limits: Vec::new(),
            acts: Vec::new(),
            samples,
            last: None,
        }
    }

    /// How long it ran of the time that is known; and that time.
    #[must_use]
    pub fn up(&self) -> (Nanos, Nanos) {
        let Some((from, to)) = self.known else { return (Nanos(0), Nanos(0)) };
        let down: i64 = self.downs.iter().map(|down| (down.to - down.from).0).sum();
        (Nanos((to - from).0 - down), to - from)
    }

    /// Takes what followed from an input.
    pub(super) fn take(&mut self, seen: &Replayed<'_>) {
        let before = self.last.replace(seen.at);
        if !self.month.has(seen.at) {
            return;
        }
        let restarted = seen.happenings.iter().any(|h| matches!(h, Happening::Restarted));
        // What it was in the month before, or in no month that is kept, is not this one's.
        let began = before.filter(|_| restarted).map(|before| before.max(self.month.from));
        let first = self.known.map_or(began.unwrap_or(seen.at), |known| known.0);
        self.known = Some((first, seen.at));
        if let Some(from) = began {
            self.downs.push(Down { from, to: seen.at });
        }
        let name = |account| seen.runner.account_name(account).unwrap_or("?").to_owned();
        for happening in seen.happenings.iter() {
            match happening {
                Happening::Worth(all) => {
                    for worth in all {
                        self.accounts.entry(name(worth.account)).or_default().worth(seen.at, worth);
                    }
                }
                Happening::Paid { account, amount, .. } => {
                    self.accounts.entry(name(*account)).or_default().paid(*amount);
                }
                Happening::Traded { account, trade, stated, .. } => {
                    let of = self.accounts.entry(name(*account)).or_default();
                    of.trades += 1;
                    of.net += stated.map_or(trade.net, |stated| stated.net());
                }
                Happening::Result(result) => {
                    for line in &result.accounts {
                        match line.fate {
                            Fate::Executed { latency, .. } => {
                                self.orders.0 += 1;
                                self.latencies.push(latency);
                            }
                            Fate::Rejected { .. } | Fate::NotPlaced => self.orders.1 += 1,
                            Fate::Skipped(_) => self.orders.2 += 1,
                            Fate::Waiting | Fate::Resting { .. } => {}
                        }
                    }
                }
                Happening::Order(news) if news.status == OrderStatus::Unknown => self.unknown += 1,
                Happening::Session { up: false, why: Some(_), .. } => self.sessions_lost += 1,
                Happening::Alert(alert) => {
                    let account = alert.account.map(name);
                    self.alert(seen.at, alert, account);
                }
                Happening::Operated { .. } | Happening::Configured { .. } => {
                    self.act(seen.at, happening);
                }
                _ => {}
            }
        }
    }

    fn alert(&mut self, at: Nanos, alert: &Alert, account: Option<String>) {
        let key = (core::cmp::Reverse(alert.severity), alert.kind);
        *self.alerts.entry(key).or_default() += 1;
        let account = account.map_or_else(String::new, |name| format!("{name}: "));
        let told = ReviewLine { at, words: format!("{account}{}", alert.words) };
        if alert.kind == AlertKind::Limit {
            self.limits.push(told);
        } else if alert.severity == Severity::Critical && self.critical.len() < LISTED {
            self.critical.push(told);
        }
    }

    fn act(&mut self, at: Nanos, happening: &Happening) {
        let reason = |why: &str| if why.is_empty() { String::new() } else { format!(" ({why})") };
        let words = match happening {
            Happening::Operated { who, why, what, again: false, lines, .. } => {
                let refused = lines.iter().filter(|line| line.refused.is_some()).count();
                let refused = match refused {
                    0 => String::new(),
                    some => format!("; {some} parts were refused"),
                };
                format!("{who}: {what}{}{refused}", reason(why))
            }
            // The journal's beginning is nobody's act.
            Happening::Configured { who, why, values, .. } if !values.is_empty() => {
                let set = values.iter().map(|value| {
                    let word = |text: &Option<String>| {
                        text.clone().unwrap_or_else(|| "nothing".to_owned())
                    };
                    format!(
                        "{} {} instead of {}",
                        value.setting,
                        word(&value.new),
                        word(&value.old)
                    )
                });
                let set = set.collect::<Vec<_>>().join(", ");
                format!("{who}: set {set}{}", reason(why))
            }
            _ => return,
        };
        self.acts.push(ReviewLine { at, words });
    }
}

impl AccountFigures {
    fn worth(&mut self, at: Nanos, worth: &AccountWorth) {
        let equity = worth.equity;
        if self.points == 0 {
            (self.first, self.peak) = (equity, equity);
        }
        self.points += 1;
        (self.last, self.peak) = (equity, self.peak.max(equity));
        let under = self.peak - equity;
        if under > self.drawdown {
            (self.drawdown, self.deepest) = (under, at);
            let percent = (under * Decimal::ONE_HUNDRED).checked_div(self.peak);
            self.drawdown_percent = percent.unwrap_or_default().round_dp(2);
        }
    }

    /// Money that is paid in is no gain, and what is taken out no drawdown.
    fn paid(&mut self, amount: Decimal) {
        self.paid += amount;
        if self.points > 0 {
            self.peak += amount;
        }
    }
}
