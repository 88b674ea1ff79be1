//! Limits on losses and profit that accounts reach: each is told once, and when it is lifted.

use rust_decimal::Decimal;
use tickstep_core::decision::Refusal;
use tickstep_core::risk::LimitsReached;
use tickstep_core::session::AccountId;

use super::news::{AlertKind, Severity};
use super::report::LimitsReport;
use super::{Effects, Runner, alert};

/// What each drawdown tier does, from the first on, and how bad that is.
const TIERS: [(Severity, &str); 4] = [
    (Severity::Warning, "sizes are halved"),
    (Severity::Warning, "sizes are quartered"),
    (Severity::Critical, "nothing is opened until it is resumed"),
    (Severity::Critical, "everything is closed, and nothing is opened until it is resumed"),
];

impl Runner {
    /// Says which limits accounts have reached in this step, and which are lifted.
    pub(super) fn note_limits(&mut self, out: &mut Effects) {
        let accounts = self.session.accounts().iter();
        for (index, (row, account)) in self.rows.iter_mut().zip(accounts).enumerate() {
            let (was, now) = (row.limits, account.engine().limits());
            if was == now {
                continue;
            }
            row.limits = now;
            let equity = account.engine().ledger().equity();
            for (severity, words) in told(was, now, equity) {
                let id = Some(AccountId(index as u16));
                out.happenings.push(alert(severity, id, AlertKind::Limit, words));
            }
        }
    }

    /// An account's limits.
    pub(super) fn limits_report(&self, at: usize) -> LimitsReport {
        let engine = self.session.accounts()[at].engine();
        let (base, reached) = (engine.limit_base(), engine.limits());
        LimitsReport { day_open: base.day_open, peak: base.peak, reached: standing(reached) }
    }

    /// What was reached before is not told again.
    pub(super) fn recall_limits(&mut self) {
        let accounts = self.session.accounts().iter();
        for (row, account) in self.rows.iter_mut().zip(accounts) {
            row.limits = account.engine().limits();
        }
    }
}

/// What is reached, for people.
fn standing(reached: LimitsReached) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(
        reached.ended.map(|by| format!("{}: nothing is opened until it is resumed", by.name())),
    );
    if reached.day_over {
        all.push("flatten_at: nothing is opened until the next day".to_owned());
    } else if reached.day_lost {
        all.push("daily_loss: nothing is opened until the next day".to_owned());
    }
    let tier = usize::from(reached.tiers).checked_sub(1).and_then(|at| TIERS.get(at));
    all.extend(tier.map(|(_, what)| format!("drawdown tier {}: {what}", reached.tiers)));
    all
}

/// What is other than before, for people.
fn told(was: LimitsReached, now: LimitsReached, equity: Decimal) -> Vec<(Severity, String)> {
    let equity = equity.normalize();
    let mut told = Vec::new();
    match (was.ended, now.ended) {
        (before, Some(by)) if before != now.ended => {
            let severity = match by {
                Refusal::ProfitTarget => Severity::Warning,
                _ => Severity::Critical,
            };
            let words = format!(
                "{} is reached with an equity of {equity}: everything is closed, and nothing is \
                 opened until it is resumed",
                by.name()
            );
            told.push((severity, words));
        }
        (Some(_), None) => told.push((Severity::Notice, "trading has been resumed".to_owned())),
        _ => {}
    }
    if now.day_over && !was.day_over {
        let words = format!(
            "the day lost what flatten_at allows, equity {equity}: everything is closed, and \
             nothing is opened until the next day"
        );
        told.push((Severity::Critical, words));
    } else if now.day_lost && !was.day_lost {
        let words = format!(
            "the day lost what daily_loss allows, equity {equity}: nothing is opened until the \
             next day"
        );
        told.push((Severity::Warning, words));
    } else if (was.day_lost || was.day_over) && !(now.day_lost || now.day_over) {
        let words = "a new day: what the last one lost holds nothing back any more".to_owned();
        told.push((Severity::Notice, words));
    }
    let tier = usize::from(now.tiers);
    if now.tiers > was.tiers {
        if let Some((severity, what)) = tier.checked_sub(1).and_then(|at| TIERS.get(at)) {
            let words = format!("drawdown tier {tier} is reached, equity {equity}: {what}");
            told.push((*severity, words));
        }
    } else if now.tiers < was.tiers {
        let what = tier.checked_sub(1).and_then(|at| TIERS.get(at));
        let what = what.map_or("sizes are whole again", |(_, what)| what);
        told.push((Severity::Notice, format!("a drawdown tier is left, equity {equity}: {what}")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_is_told_on_its_way_down_and_up() {
        let at = |tiers| LimitsReached { tiers, ..LimitsReached::default() };
        let equity = Decimal::from(950);
        for (was, now, severity, words) in [
            (0, 1, Severity::Warning, "tier 1 is reached, equity 950: sizes are halved"),
            (1, 2, Severity::Warning, "tier 2 is reached, equity 950: sizes are quartered"),
            (0, 3, Severity::Critical, "tier 3 is reached, equity 950: nothing is opened"),
            (3, 4, Severity::Critical, "tier 4 is reached, equity 950: everything is closed"),
            (2, 1, Severity::Notice, "a drawdown tier is left, equity 950: sizes are halved"),
            (1, 0, Severity::Notice, "a drawdown tier is left, equity 950: sizes are whole"),
        ] {
            let told = told(at(was), at(now), equity);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].0 == severity && told[0].1.contains(words), "{told:?}");
        }
        assert_eq!(told(at(2), at(2), equity), []);
    }

    #[test]
    fn what_is_reached_stands_until_it_is_lifted() {
        assert_eq!(standing(LimitsReached::default()), Vec::<String>::new());
        let lost = LimitsReached { day_lost: true, tiers: 2, ..LimitsReached::default() };
        let words = standing(lost);
        assert_eq!(words[0], "daily_loss: nothing is opened until the next day");
        assert_eq!(words[1], "drawdown tier 2: sizes are quartered");
        // Whoever lost enough to be closed has lost enough to open nothing, too.
        let over = standing(LimitsReached { day_over: true, ..lost });
        assert_eq!((over.len(), over[0].starts_with("flatten_at: ")), (2, true), "{over:?}");
        let ended = Some(Refusal::MaxDrawdown);
        let ended = standing(LimitsReached { ended, ..LimitsReached::default() });
        assert_eq!(ended, ["max_drawdown: nothing is opened until it is resumed"]);
    }

    #[test]
    fn a_goal_is_no_catastrophe() {
        let ended = |by| LimitsReached { ended: Some(by), ..LimitsReached::default() };
        let none = LimitsReached::default();
        let severity = |was, now| told(was, now, Decimal::ONE)[0].0;
        assert_eq!(severity(none, ended(Refusal::ProfitTarget)), Severity::Warning);
        assert_eq!(severity(none, ended(Refusal::MaxDrawdown)), Severity::Critical);
        assert_eq!(severity(ended(Refusal::MaxDrawdown), none), Severity::Notice);
    }
}
