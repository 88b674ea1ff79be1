//! Everything behind the server, shared by its connections and by whoever drives a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::SeedableRng;
use rand_pcg::Pcg64;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::options::{RateScope, SimOptions};
use super::spell::{Ground, Spells};
use super::wire::Pen;
use crate::exchange::{
    Exchange, OrderedTrouble, RateWindow, SessionTable, Trouble, TroubleRates, Troubles, VenueCall,
};

/// What came in, counted where it arrived, whatever became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SimCensus {
    /// Requests by what they asked.
    pub requests: BTreeMap<VenueCall, u64>,
    /// Writes by account.
    pub writes: BTreeMap<String, u64>,
    /// Requests over the limit.
    pub too_many: u64,
    /// Requests without a session, or with one that was over.
    pub unauthorised: u64,
    /// Refresh cookies that came where they do not belong.
    pub stray_cookies: u64,
    /// Faults that happened.
    pub troubles: u64,
}

/// The state behind the server.
pub(crate) struct Floor {
    pub exchange: Exchange,
    pub sessions: SessionTable,
    pub troubles: Troubles,
    pub census: SimCensus,
    pub options: SimOptions,
    rng: Pcg64,
    spells: Spells,
    windows: BTreeMap<String, RateWindow>,
}

impl Floor {
    /// How the server writes now.
    pub const fn pen(&self) -> Pen {
        Pen { wording: self.options.wording, skew: self.options.skew }
    }

    /// Counts a request against the limit; how long it has to wait where it is one too many.
    pub fn admit(&mut self, now: Nanos, account: Option<&str>) -> Result<(), Nanos> {
        let rate = self.options.rate;
        let scope = match rate.scope {
            RateScope::Host => "",
            RateScope::Account => account.unwrap_or(""),
        };
        let new = || RateWindow::new(rate.per_minute, Nanos::MINUTE);
        let window = self.windows.entry(scope.to_owned()).or_insert_with(new);
        window.admit(now)
    }

    /// Lets faults that last begin and end.
    pub fn weather(&mut self, now: Nanos) {
        let rates = self.troubles.rates;
        let (spells, ground) = self.ground();
        let begun = spells.pass(now, rates, ground);
        self.census.troubles += u64::from(begun);
    }

    /// Ends all faults that last.
    fn clear_up(&mut self, now: Nanos) {
        let (spells, mut ground) = self.ground();
        spells.end(now, Nanos(i64::MAX), &mut ground);
    }

    const fn ground(&mut self) -> (&mut Spells, Ground<'_>) {
        let Self { exchange, sessions, options, rng, spells, .. } = self;
        (spells, Ground { exchange, sessions, logins: options.logins.as_slice(), rng })
    }

    /// The fault that happens to a call.
    pub fn trouble(&mut self, call: VenueCall, account: Option<&str>) -> Option<Trouble> {
        let trouble = self.troubles.next(call, account, &mut self.rng);
        self.census.troubles += u64::from(trouble.is_some());
        trouble
    }
}

/// The server's time.
pub type SimClock = Arc<dyn Fn() -> Nanos + Send + Sync>;

/// A handle on everything behind a server. Clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    floor: Arc<Mutex<Floor>>,
    clock: SimClock,
}

impl Desk {
    /// A server's desk: an exchange, options, and a clock, which may run faster than real
    /// time or stand still.
    #[must_use]
    pub fn new(exchange: Exchange, options: SimOptions, clock: SimClock) -> Self {
        let mut sessions = SessionTable::new(options.sessions);
        for login in &options.logins {
            sessions.add(&login.email, &login.password, login.accounts.clone());
        }
        let floor = Floor {
            exchange,
            sessions,
            troubles: Troubles::default(),
            census: SimCensus::default(),
            spells: Spells::default(),
            rng: Pcg64::seed_from_u64(options.seed),
            windows: BTreeMap::new(),
            options,
        };
        Self { floor: Arc::new(Mutex::new(floor)), clock }
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Nanos {
        (self.clock)()
    }

    pub(crate) fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the exchange at the server's time. Requests wait meanwhile.
    pub fn with<T>(&self, act: impl FnOnce(&mut Exchange, Nanos) -> T) -> T {
        let now = self.now();
        act(&mut self.floor().exchange, now)
    }

    /// What came in so far.
    #[must_use]
    pub fn census(&self) -> SimCensus {
        self.floor().census.clone()
    }

    /// Orders a fault.
    pub fn order(&self, order: OrderedTrouble) {
        self.floor().troubles.order(order);
    }

    /// Sets how often faults come by themselves.
    pub fn set_rates(&self, rates: TroubleRates) {
        self.floor().troubles.rates = rates;
    }

    /// Lets no fault happen any more, and ends those that last.
    pub fn calm(&self) {
        let now = self.now();
        let mut floor = self.floor();
        floor.troubles.clear();
        floor.clear_up(now);
    }

    /// Ends all sessions of a login.
    pub fn revoke(&self, email: &str) {
        self.floor().sessions.revoke(email);
    }

    /// Ends all sessions, as a server does that starts again.
    pub fn restart(&self) {
        self.floor().sessions.revoke_all();
    }

    /// Lists other accounts for a login; whether there is one.
    pub fn set_accounts(&self, email: &str, accounts: Vec<String>) -> bool {
        self.floor().sessions.set_accounts(email, accounts)
    }

    /// Spells replies and allows things differently from now on; logins and sessions stay.
    pub fn change(&self, change: impl FnOnce(&mut SimOptions)) {
        let mut floor = self.floor();
        let rate = floor.options.rate;
        change(&mut floor.options);
        if floor.options.rate != rate {
            floor.windows.clear();
        }
    }
}
