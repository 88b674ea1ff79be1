//! Who may come in, and for how long.
//!
//! A session is opened by e-mail and password and lasts some minutes; with its refresh
//! number it can be prolonged, a few times an hour. How the numbers look on a wire is not
//! known here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::rate::RateWindow;

/// How sessions are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRules {
    /// How long one lasts.
    pub life: Nanos,
    /// How long it can be prolonged, counted from when it was last given out.
    pub refresh_life: Nanos,
    /// How often a login may be prolonged in an hour.
    pub refreshes_per_hour: usize,
}

impl SessionRules {
    /// 15 minutes, to be prolonged within an hour, four times an hour.
    #[must_use]
    pub const fn plain() -> Self {
        Self { life: Nanos(15 * Nanos::MINUTE.0), refresh_life: Nanos::HOUR, refreshes_per_hour: 4 }
    }
}

/// A session as it was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Whose.
    pub email: String,
    /// The session; it stays the same while it is prolonged.
    pub session: u64,
    /// The number that opens doors, new each time it is prolonged.
    pub serial: u64,
    /// When it was given out.
    pub issued: Nanos,
    /// When it ends.
    pub expires: Nanos,
}

/// Why somebody does not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// E-mail or password is wrong.
    #[error("bad e-mail or password")]
    Credentials,
    /// The session is over, was ended, or there never was one.
    #[error("no session")]
    NoSession,
    /// It was prolonged too often.
    #[error("too many refreshes; the next one in {} ns", .0.0)]
    TooOften(Nanos),
}

#[derive(Clone, Debug)]
struct Login {
    password: String,
    accounts: Vec<String>,
    refreshes: RateWindow,
}

/// All logins and sessions.
#[derive(Clone, Debug)]
pub struct SessionTable {
    rules: SessionRules,
    logins: BTreeMap<String, Login>,
    /// By serial; the last serial of each session can be used to prolong it.
    passes: BTreeMap<u64, Pass>,
    serials: u64,
}

impl SessionTable {
    /// A table without logins.
    #[must_use]
    pub const fn new(rules: SessionRules) -> Self {
        Self { rules, logins: BTreeMap::new(), passes: BTreeMap::new(), serials: 0 }
    }

    /// How sessions are given out.
    #[must_use]
    pub const fn rules(&self) -> &SessionRules {
        &self.rules
    }

    /// Adds a login with its accounts, in the order in which they are listed.
    pub fn add(&mut self, email: &str, password: &str, accounts: Vec<String>) {
        let refreshes = RateWindow::new(self.rules.refreshes_per_hour, Nanos::HOUR);
        let password = password.to_owned();
        self.logins.insert(email.to_owned(), Login { password, accounts, refreshes });
    }

    /// Accounts of a login, in the order in which they are listed.
    #[must_use]
    pub fn accounts(&self, email: &str) -> &[String] {
        self.logins.get(email).map_or(&[], |login| &login.accounts)
    }

    /// Lists other accounts for a login; whether there is one.
    pub fn set_accounts(&mut self, email: &str, accounts: Vec<String>) -> bool {
        self.logins.get_mut(email).map(|login| login.accounts = accounts).is_some()
    }

    /// Opens a session.
    pub fn log_in(&mut self, now: Nanos, email: &str, password: &str) -> Result<Pass, Denied> {
        let login = self.logins.get(email).filter(|login| login.password == password);
        login.ok_or(Denied::Credentials)?;
        let oldest = now.0.saturating_sub(self.rules.refresh_life.0);
        self.passes.retain(|_, pass| pass.issued.0 > oldest || pass.expires > now);
        let session = self.serials + 1;
        Ok(self.give(now, email.to_owned(), session))
    }

    fn give(&mut self, now: Nanos, email: String, session: u64) -> Pass {
        self.serials += 1;
        let (serial, expires) = (self.serials, now + self.rules.life);
        let pass = Pass { email, session, serial, issued: now, expires };
        self.passes.insert(serial, pass.clone());
        pass
    }

    /// Prolongs a session by the number that it was last given.
    pub fn refresh(&mut self, now: Nanos, serial: u64) -> Result<Pass, Denied> {
        let pass = self.passes.get(&serial).ok_or(Denied::NoSession)?.clone();
        let last = self.passes.values().rfind(|p| p.session == pass.session);
        let stale = last.is_none_or(|last| last.serial != serial);
        if stale || now - pass.issued >= self.rules.refresh_life {
            return Err(Denied::NoSession);
        }
        let login = self.logins.get_mut(&pass.email).ok_or(Denied::NoSession)?;
        login.refreshes.admit(now).map_err(Denied::TooOften)?;
        Ok(self.give(now, pass.email, pass.session))
    }

    /// The session of a number, while it lasts.
    pub fn check(&self, now: Nanos, serial: u64) -> Result<&Pass, Denied> {
        self.passes.get(&serial).filter(|pass| now < pass.expires).ok_or(Denied::NoSession)
    }

    /// Ends all sessions of a login.
    pub fn revoke(&mut self, email: &str) {
        self.passes.retain(|_, pass| pass.email != email);
    }

    /// Ends all sessions, as a server does that starts again.
    pub fn revoke_all(&mut self) {
        self.passes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_and_is_prolonged_four_times_an_hour() {
        let mut table = SessionTable::new(SessionRules::plain());
        table.add("a@b.c", "secret", vec!["1".to_owned()]);
        let minute = |m: i64| Nanos::MINUTE.times(m);
        assert_eq!(table.log_in(minute(0), "a@b.c", "wrong"), Err(Denied::Credentials));
        let mut pass = table.log_in(minute(0), "a@b.c", "secret").unwrap();
        assert!(table.check(minute(14), pass.serial).is_ok());
        assert_eq!(table.check(minute(15), pass.serial), Err(Denied::NoSession));
        for m in [12, 24, 36, 48] {
            let next = table.refresh(minute(m), pass.serial).unwrap();
            assert_eq!(next.session, pass.session);
            assert_eq!(table.refresh(minute(m), pass.serial), Err(Denied::NoSession), "spent");
            pass = next;
        }
        assert_eq!(table.refresh(minute(60), pass.serial), Err(Denied::TooOften(minute(12))));
        assert!(table.refresh(minute(72), pass.serial).is_ok());
        table.revoke("a@b.c");
        assert_eq!(table.check(minute(72), pass.serial), Err(Denied::NoSession));
    }
}
