//! Whoever looks on at a simulated day, as a database does at a real one.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::Memory;

use super::market;
use super::venue::Venue;
use crate::driver::Stepped;
use crate::exchange::{ClosedPart, Deed, Holding};
use crate::runner::{Happening, Runner};

/// Is shown what happens, and the truth at the end.
pub trait Witness {
    /// The program was started, the first time or again; `next` is the record that its
    /// journal writes next, and all before it is durable.
    fn started(&mut self, next: u64, runner: &Runner);

    /// A step is over.
    fn stepped(&mut self, stepped: &[Stepped], happenings: &[Happening], runner: &Runner);

    /// The journal is durable up to this record.
    fn durable(&mut self, record: u64);

    /// The day is over.
    fn ended(&mut self, day: Day);
}

/// A day that is over.
pub struct Day {
    /// What the journal's disk has.
    pub journal: Memory,
    /// What was closed at the broker.
    pub closed: Vec<TrueClose>,
    /// When it ended, by the broker's clock.
    pub end: Nanos,
    /// What is open at the broker.
    pub open: Vec<TrueHolding>,
}

/// A close that the broker carried out.
#[derive(Clone, Debug)]
pub struct TrueClose {
    /// The account.
    pub account: AccountId,
    /// Whether the program opened the position.
    pub ours: bool,
    /// The close.
    pub part: ClosedPart,
}

/// A position that the broker holds.
#[derive(Clone, Debug)]
pub struct TrueHolding {
    /// The account.
    pub account: AccountId,
    /// The position; one that the program opened has its intent.
    pub holding: Holding,
}

impl Venue {
    /// What is so at the end of a day.
    pub(super) fn day(&mut self, journal: Memory, accounts: u16) -> Day {
        let now = self.exchange.now();
        let opened =
            |e: &&crate::exchange::VenueExecution| matches!(e.deed, Deed::Opened | Deed::Filled);
        let executions = self.exchange.truth().executions().iter().filter(opened);
        let ours: std::collections::BTreeSet<(String, String)> = executions
            .filter(|e| e.intent.is_some())
            .map(|e| (e.account.clone(), e.id.clone()))
            .collect();
        let (mut closed, mut open) = (Vec::new(), Vec::new());
        for account in (0..accounts).map(AccountId) {
            let name = market::account_number(account);
            let Some(view) = self.exchange.view_true(now, &name) else { continue };
            closed.extend(view.closed.iter().map(|part| TrueClose {
                account,
                ours: ours.contains(&(name.clone(), part.position.clone())),
                part: part.clone(),
            }));
            let holdings = view.holdings.iter().cloned();
            open.extend(holdings.map(|holding| TrueHolding { account, holding }));
        }
        Day { journal, end: now, closed, open }
    }
}
