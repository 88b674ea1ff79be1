//! What a runner can be asked of itself.

use tickstep_core::order::SlotId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Side};

use super::{Intervals, Runner};
use crate::broker::BracketPrices;

/// A position of the program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// The broker's number of it.
    pub position: String,
    /// The slot that holds it.
    pub slot: SlotId,
    /// Buy for a long position.
    pub side: Side,
    /// What is open, in lots.
    pub lots: Lots,
    /// The bracket that it should have.
    pub bracket: BracketPrices,
}

impl Runner {
    /// What people call an account; `None` where there is none of this number.
    #[must_use]
    pub fn account_name(&self, account: AccountId) -> Option<&str> {
        self.rows.get(account.index()).map(|row| row.name.as_str())
    }

    /// Name and port of an account's server; `None` on paper.
    #[must_use]
    pub fn account_server(&self, account: AccountId) -> Option<&str> {
        let (at, _) = self.at_broker(account)?;
        at.identity.rsplit_once(" at ").map(|(_, server)| server)
    }

    /// How often an account is read at its broker where nothing is under way; `None` on
    /// paper.
    #[must_use]
    pub fn intervals(&self, account: AccountId) -> Option<Intervals> {
        self.at_broker(account).map(|(broker, _)| broker.intervals)
    }

    /// Requests that an account may still send today, where its host counts them.
    #[must_use]
    pub fn left_today(&self, account: AccountId) -> Option<u32> {
        let (_, live) = self.at_broker(account)?;
        live.budget.daily.as_ref().map(|daily| daily.left(self.now))
    }

    /// What an account holds at its broker that is the program's: the broker's number, the
    /// slot, what is open in lots, and the bracket that it should have.
    #[must_use]
    pub fn holds(&self, account: AccountId) -> Vec<Holds> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let holds = live.held.iter().map(|h| Holds {
            position: h.id.clone(),
            slot: h.slot,
            side: h.side,
            lots: h.lots,
            bracket: self.wanted(account, h).unwrap_or_default(),
        });
        holds.collect()
    }

    /// What is under way or in doubt on an account, for people; nothing where all is settled.
    #[must_use]
    pub fn unsettled(&self, account: AccountId) -> Vec<String> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let mut found: Vec<String> = live.halted.iter().cloned().collect();
        let under_way = live.writes.iter().filter(|w| !w.intent.rests());
        found.extend(under_way.map(|w| format!("{:?} {:?}", w.purpose, w.intent)));
        found.extend(live.gone_orders.iter().map(|gone| format!("{gone:?}")));
        let missing = live.held.iter().filter(|h| h.missing > 0);
        found.extend(missing.map(|h| format!("position {} is missing", h.id)));
        if !live.is_known() {
            found.push(format!("what it holds is not known; {:?}", live.link.state()));
        }
        found
    }
}
