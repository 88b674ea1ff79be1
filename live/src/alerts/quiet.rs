//! What comes again and again is told once, and how often it came later.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

use super::message::AlertMessage;
use crate::runner::Severity;

/// Kinds of alerts that are held at once, at most.
const MOST: usize = 1_024;

/// What makes two alerts the same: severity, kind and account; where money is at risk, the
/// words too, since two positions that vanished are two alerts.
type Same = (Severity, String, Option<String>, String);

/// An alert that was sent, and what came since.
#[derive(Debug)]
struct HeldAlert {
    until: Nanos,
    more: u64,
    last: Option<AlertMessage>,
}

/// Holds back what was told shortly before. Time is whatever clock its caller has.
#[derive(Debug)]
pub struct Quiet {
    period: Nanos,
    held: BTreeMap<Same, HeldAlert>,
}

fn same(message: &AlertMessage) -> Same {
    let words = match message.severity {
        Severity::Critical => message.words.clone(),
        Severity::Notice | Severity::Warning => String::new(),
    };
    (message.severity, message.kind.clone(), message.account.clone(), words)
}

impl Quiet {
    /// Holds the same alert back for so long after it was sent.
    #[must_use]
    pub const fn new(period: Nanos) -> Self {
        Self { period, held: BTreeMap::new() }
    }

    /// Takes an alert: gives it back where it is to be sent now.
    pub fn hear(&mut self, now: Nanos, message: AlertMessage) -> Option<AlertMessage> {
        if self.period.0 <= 0 {
            return Some(message);
        }
        let until = Nanos(now.0.saturating_add(self.period.0));
        let key = same(&message);
        if let Some(held) = self.held.get_mut(&key) {
            held.more += 1;
            held.last = Some(message);
            return None;
        }
        if self.held.len() >= MOST {
            // Of the one that is nearest its end nothing is told but what was.
            let first = self.held.iter().min_by_key(|(_, held)| held.until);
            if let Some(key) = first.map(|(key, _)| key.clone()) {
                self.held.remove(&key);
            }
        }
        self.held.insert(key, HeldAlert { until, more: 0, last: None });
        Some(message)
    }

    /// When the first quiet period ends.
    #[must_use]
    pub fn due(&self) -> Option<Nanos> {
        self.held.values().map(|held| held.until).min()
    }

    /// What came in quiet periods that are over: the last of each kind, with how many there
    /// were beside it. Their quiet goes on from now.
    pub fn over(&mut self, now: Nanos) -> Vec<AlertMessage> {
        let mut told = Vec::new();
        let period = self.period;
        self.held.retain(|_, held| {
            if held.until > now {
                return true;
            }
            let Some(last) = held.last.take() else { return false };
            told.push(AlertMessage { more: held.more - 1, ..last });
            (held.until, held.more) = (Nanos(now.0.saturating_add(period.0)), 0);
            true
        });
        told.sort_by_key(|message| message.at);
        told
    }

    /// Everything that is held back, because nothing is held any longer.
    pub fn end(&mut self) -> Vec<AlertMessage> {
        self.over(Nanos(i64::MAX))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn alert(severity: Severity, account: &str, words: &str, at: i64) -> AlertMessage {
        AlertMessage {
            id: at.to_string(),
            at: Nanos(at),
            severity,
            kind: "rejected".to_owned(),
            account: Some(account.to_owned()),
            words: words.to_owned(),
            more: 0,
        }
    }

    #[test]
    fn what_comes_again_is_counted_and_told_at_the_end_of_the_quiet() {
        let mut quiet = Quiet::new(Nanos(100));
        let warn = |words: &str, at| alert(Severity::Warning, "a", words, at);
        assert!(quiet.hear(Nanos(0), warn("first", 0)).is_some());
        assert_eq!(quiet.due(), Some(Nanos(100)));
        for at in 1..5 {
            assert_eq!(quiet.hear(Nanos(at), warn("again", at)), None);
        }
        // Another account is another alert.
        assert!(quiet.hear(Nanos(5), alert(Severity::Warning, "b", "first", 5)).is_some());
        assert_eq!(quiet.over(Nanos(99)), []);
        let told = quiet.over(Nanos(100));
        assert_eq!(told, [AlertMessage { more: 3, ..warn("again", 4) }]);
        // Its quiet goes on, so a thing that never ends is told once in each period.
        assert_eq!(quiet.hear(Nanos(150), warn("again", 150)), None);
        assert_eq!(quiet.over(Nanos(200)).len(), 1);
        // And what has ended is told at once when it comes anew.
        assert_eq!(quiet.over(Nanos(300)), []);
        assert_eq!(quiet.due(), None);
        assert!(quiet.hear(Nanos(301), warn("anew", 301)).is_some());
    }

    #[test]
    fn two_that_put_money_at_risk_are_two() {
        let mut quiet = Quiet::new(Nanos(100));
        let bad = |words: &str| alert(Severity::Critical, "a", words, 0);
        assert!(quiet.hear(Nanos(0), bad("position 1 vanished")).is_some());
        assert!(quiet.hear(Nanos(0), bad("position 2 vanished")).is_some());
        assert_eq!(quiet.hear(Nanos(0), bad("position 1 vanished")), None);
        // A warning does not keep a critical one of its kind back.
        let warning = alert(Severity::Warning, "a", "position 3", 0);
        assert!(quiet.hear(Nanos(0), warning).is_some());
        assert_eq!(quiet.end().len(), 1);
    }

    #[test]
    fn without_a_period_everything_is_told_and_what_is_held_is_bounded() {
        let mut open = Quiet::new(Nanos(0));
        for at in 0..3 {
            assert!(open.hear(Nanos(at), alert(Severity::Notice, "a", "x", at)).is_some());
        }
        let mut quiet = Quiet::new(Nanos(1_000_000));
        for at in 0..5_000 {
            let one = alert(Severity::Critical, "a", &format!("position {at}"), at);
            assert!(quiet.hear(Nanos(at), one).is_some());
        }
        assert_eq!(quiet.held.len(), MOST);
    }
}
