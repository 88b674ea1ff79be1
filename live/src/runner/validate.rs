//! Whether ledger and broker agree on every account before anything is opened, where the
//! configuration wants it.
//!
//! At each start the whole runner waits until they have agreed once on every account that
//! is to be logged in. One that is switched off, whose password is wrong, or whose login
//! opens another account is not awaited: it trades nothing, and would hold the others for
//! good. One whose broker does not answer is, until it does or an operator logs it out.
//! From then on a difference holds its own account alone.

use tickstep_core::session::AccountId;

use super::link::LinkState;
use super::news::{AlertKind, Severity};
use super::{Effects, Row, Runner, alert};

/// Whether it can be logged in.
fn is_wanted(row: &Row) -> bool {
    row.broker.as_ref().is_some_and(|(_, live)| !matches!(live.link.state(), LinkState::Off(_)))
}

impl Runner {
    /// Looks whether ledgers and brokers agree by now.
    pub(super) fn validate(&mut self, out: &mut Effects) {
        if !self.settings.validate_state || self.known.validated {
            return;
        }
        for index in 0..self.rows.len() {
            if !self.rows[index].touched || self.rows[index].agreed {
                continue;
            }
            let account = AccountId(index as u16);
            let known = self.at_broker(account).is_some_and(|(_, live)| live.is_known());
            self.rows[index].agreed = known && self.audit(account).is_empty();
        }
        if !self.awaited().is_empty() {
            return;
        }
        self.known.validated = true;
        let left: Vec<&str> = self
            .rows
            .iter()
            .filter(|row| row.broker.is_some() && !row.agreed)
            .map(|row| row.name.as_str())
            .collect();
        let besides = match left[..] {
            [] => String::new(),
            _ => format!(", {} aside, which are not logged in", left.join(", ")),
        };
        let words = format!("ledger and broker agree on every account{besides}: entries may begin");
        out.happenings.push(alert(Severity::Notice, None, AlertKind::Difference, words));
    }

    /// Accounts on which ledger and broker have not agreed since the start, and which hold
    /// the others; none where nobody wants it.
    pub(super) fn awaited(&self) -> Vec<&str> {
        if !self.settings.validate_state || self.known.validated {
            return Vec::new();
        }
        let waits = self.rows.iter().filter(|row| is_wanted(row) && !row.agreed);
        waits.map(|row| row.name.as_str()).collect()
    }
}
