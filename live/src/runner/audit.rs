//! In what an account's ledger and its broker differ, as far as lists have told.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;

use super::Runner;
use crate::broker::BracketPrices;

/// Something of an account that is not the same in the ledger and at the broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}: {ours} here, {theirs} at the broker")]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// The ledger's value.
    pub ours: String,
    /// The broker's value.
    pub theirs: String,
}

impl Runner {
    /// In what an account's ledger and its broker's last lists differ; nothing of an account
    /// on paper. What is under way, and what the broker has not been asked yet, is named too.
    #[must_use]
    pub fn audit(&self, account: AccountId) -> Vec<Difference> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let engine = self.session.accounts()[account.index()].engine();
        let ledger = engine.ledger();
        let mut found = Vec::new();
        let mut differ = |what: String, ours: String, theirs: String| {
            if ours != theirs {
                found.push(Difference { what, ours, theirs });
            }
        };
        if let Some(words) = &live.halted {
            differ("what the broker says".to_owned(), "unexplained".to_owned(), words.clone());
        }
        if !live.link.is_up() {
            let state = "unknown, there is no session".to_owned();
            differ("what it holds".to_owned(), "as written down".to_owned(), state);
        }
        for under in live.writes.iter().filter(|w| w.intent.is_open()) {
            let what = format!("order {} on {}", under.intent.id().0, under.write.symbol());
            differ(what, "sent".to_owned(), "not seen in its lists yet".to_owned());
        }
        for under in live.writes.iter().filter(|w| w.intent.rests()) {
            let Some((order, wanted)) = self.wanted_order(account, under) else { continue };
            let what = format!("order {order} on {}", under.write.symbol());
            let shown = live.orders.get(&order);
            let theirs = shown.map_or_else(|| "not there".to_owned(), |o| wait(o.price, o.bracket));
            differ(what, wait(wanted.0, wanted.1), theirs);
        }
        for held in &live.held {
            let instrument = &ledger.market(held.instrument).instrument;
            let what = format!("position {} of {}", held.id, held.symbol);
            let (side, volume) = held.theirs;
            let own =
                format!("{} {}", held.side.position_word(), volume_word(instrument.qty(held.lots)));
            let theirs = if held.missing > 0 {
                "not there".to_owned()
            } else {
                format!("{} {}", side.position_word(), volume_word(volume))
            };
            differ(what.clone(), own, theirs);
            let wanted = self.wanted(account, held).unwrap_or_default();
            differ(format!("stop and target of {what}"), levels(wanted), levels(held.shown));
        }
        for (slot, position) in ledger.open_positions() {
            let held = live.held.iter().filter(|h| h.slot == slot).map(|h| h.lots.get());
            let instrument = &ledger.market(position.instrument).instrument;
            let what = format!("what {} holds", engine.strategy_name(slot));
            let all = held.sum::<i64>();
            if all != position.lots.get() {
                let ours = volume_word(instrument.qty(position.lots));
                differ(what, ours, format!("positions of {all} steps"));
            }
        }
        for id in (0..ledger.markets().len()).map(|at| InstrumentId(at as u16)) {
            if let Some((ours, theirs)) = self.other_contract(account, id) {
                let symbol = ledger.market(id).instrument.symbol();
                let what = format!("units of one lot of {symbol}");
                differ(what, ours.to_string(), theirs.to_string());
            }
        }
        if let Some((ours, theirs)) = self.other_currency(account) {
            differ("currency".to_owned(), ours, theirs);
        } else if let Some((ours, theirs)) = self.money_differs(account) {
            let (ours, theirs) = (ours.normalize(), theirs.normalize());
            differ("balance".to_owned(), ours.to_string(), theirs.to_string());
        }
        found
    }
}

fn wait(price: Decimal, bracket: BracketPrices) -> String {
    format!("{} with {}", price.normalize(), levels(bracket))
}

fn volume_word(volume: Decimal) -> String {
    volume.normalize().to_string()
}

fn levels(bracket: BracketPrices) -> String {
    let level =
        |l: Option<Decimal>| l.map_or_else(|| "none".to_owned(), |l| l.normalize().to_string());
    format!("{} and {}", level(bracket.stop), level(bracket.target))
}
