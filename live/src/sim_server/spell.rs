//! Faults that last: a market that stands still or is closed, a login that lists other
//! accounts. Each begins at some call, as the seed has it, and is over some seconds later.

use rand::RngExt;
use rand_pcg::Pcg64;
use tickstep_core::units::Nanos;

use super::options::SimLogin;
use crate::exchange::{Exchange, SessionTable, TroubleRates};

/// The shortest and the longest, in seconds.
const SECONDS: std::ops::RangeInclusive<i64> = 5..=60;

/// What lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spell {
    /// Prices of an instrument are shown no more, and are traded at all the same.
    Frozen(String),
    /// The session of an instrument is closed.
    Closed(String),
    /// A login lists another account before its own, and selects that one.
    Stranger {
        /// Whose.
        email: String,
        /// The other account.
        account: String,
    },
}

/// Those that last now, and until when.
#[derive(Debug, Default)]
pub(crate) struct Spells(Vec<(Nanos, Spell)>);

/// What they change, and what they are drawn by.
pub(crate) struct Ground<'a> {
    pub exchange: &'a mut Exchange,
    pub sessions: &'a mut SessionTable,
    pub logins: &'a [SimLogin],
    pub rng: &'a mut Pcg64,
}

impl Spells {
    /// Ends what has lasted long enough, and begins what is drawn; whether anything began.
    pub fn pass(&mut self, now: Nanos, rates: TroubleRates, mut on: Ground<'_>) -> bool {
        self.end(now, now, &mut on);
        let (frozen, closed) = (rates.frozen, rates.frozen.saturating_add(rates.closed));
        let all = closed.saturating_add(rates.strangers);
        // Where none comes by itself, none is drawn.
        let at: u32 = if all == 0 { 0 } else { on.rng.random_range(0..1_000_000) };
        if at >= all {
            return false;
        }
        let seconds = on.rng.random_range(SECONDS);
        let spell = if at < frozen {
            on.symbol(now).map(Spell::Frozen)
        } else if at < closed {
            on.symbol(now).map(Spell::Closed)
        } else {
            on.stranger()
        };
        let Some(spell) = spell.filter(|new| !self.0.iter().any(|(_, on)| on.is_same(new))) else {
            return false;
        };
        on.turn(now, &spell, true);
        self.0.push((now + Nanos::SECOND.times(seconds), spell));
        true
    }

    /// Ends those that last until `until` at most.
    pub fn end(&mut self, now: Nanos, until: Nanos, on: &mut Ground<'_>) {
        for (_, spell) in self.0.extract_if(.., |(end, _)| *end <= until) {
            on.turn(now, &spell, false);
        }
    }
}

impl Ground<'_> {
    fn symbol(&mut self, now: Nanos) -> Option<String> {
        let all = self.exchange.listings(now);
        let symbols: Vec<String> = all.map(|(listing, _)| listing.symbol.clone()).collect();
        self.pick(&symbols).cloned()
    }

    fn stranger(&mut self) -> Option<Spell> {
        let account = self.rng.random_range(700_000..800_000_u32).to_string();
        let email = self.pick(self.logins)?.email.clone();
        Some(Spell::Stranger { email, account })
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        if of.is_empty() { None } else { of.get(self.rng.random_range(0..of.len())) }
    }

    fn turn(&mut self, now: Nanos, spell: &Spell, on: bool) {
        // An instrument that is listed stays listed, so that neither can fail.
        match spell {
            Spell::Frozen(symbol) => drop(self.exchange.freeze(now, symbol, on)),
            Spell::Closed(symbol) => {
                drop(self.exchange.force_session(now, symbol, on.then_some(false)));
            }
            Spell::Stranger { email, account } => {
                let mut accounts = self.sessions.accounts(email).to_vec();
                accounts.retain(|own| own != account);
                if on {
                    accounts.insert(0, account.clone());
                }
                self.sessions.set_accounts(email, accounts);
            }
        }
    }
}

impl Spell {
    /// Whether both are of one kind, and of the same instrument or login.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stranger { email, .. }, Self::Stranger { email: other, .. }) => email == other,
            _ => self == other,
        }
    }
}
