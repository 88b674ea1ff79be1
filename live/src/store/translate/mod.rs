//! What happened becomes statements. A pure function of the entry: the same record makes
//! the same rows, whenever and however often it is taken in.
//!
//! What is not known is NULL. An amount that a column cannot hold leaves the whole
//! happening out, and an alert in its place says which.

mod accounts;
mod line;
mod market;
mod orders;
mod place;
mod settings;
mod signals;
mod trades;

use tickstep_core::units::Nanos;

use super::amount::{DoesNotFit, exact};
use super::entry::{Roster, StoreEntry};
use super::sql::{self, Statement, statement};
use crate::runner::Happening;
use place::{ENGINE, RowPlace};

/// A happening that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Number of the record.
    pub record: u64,
    /// Why, in words.
    pub why: String,
}

/// The statements of an entry, and what of it was left out.
pub(super) fn statements(
    entry: &StoreEntry,
    out: &mut Vec<Statement>,
    left_out: &mut Vec<LeftOut>,
) {
    for (at, happening) in entry.happenings.iter().enumerate() {
        let Some(place) = RowPlace::of(entry, at) else {
            let why = format!("more than 65536 things happened at record {}", entry.record);
            left_out.push(LeftOut { record: entry.record, why });
            return;
        };
        let before = out.len();
        if let Err(error) = one(happening, &entry.roster, place, out) {
            out.truncate(before);
            let why = format!("record {}: {error}; it is left out of the database", entry.record);
            let none: Option<String> = None;
            out.push(statement!(
                sql::ALERT,
                place.id,
                "critical",
                "store",
                none,
                why.as_str(),
                place.at,
                place.record,
            ));
            left_out.push(LeftOut { record: entry.record, why });
        }
        out.extend(line::log(happening, &entry.roster, place));
    }
}

/// Accounts and logins as they are now.
pub(super) fn roster(roster: &Roster, at: Nanos, out: &mut Vec<Statement>) {
    out.push(statement!(sql::ENGINE, ENGINE, at.0));
    for account in &roster.accounts {
        let (name, user) = (account.name.as_str(), account.user.as_str());
        out.push(statement!(sql::USER, user, at.0));
        // A leverage with more digits than a column has is none that anybody states.
        let leverage = account.leverage.and_then(|leverage| exact("leverage", leverage).ok());
        let (kind, server, currency) =
            (account.kind.word(), account.server.clone(), account.currency.clone());
        out.push(statement!(sql::ACCOUNT, name, user, kind, server, leverage, currency, at.0));
    }
}

fn one(
    happening: &Happening,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    match happening {
        Happening::Signal(made) => signals::made(made, place, out)?,
        Happening::Result(result) => signals::result(result, roster, place, out)?,
        Happening::Order(news) => orders::order(news, roster, place, out)?,
        Happening::Position(news) => orders::position(news, roster, place, out)?,
        Happening::Traded { account, strategy, symbol, trade, stated } => {
            let money = trades::TradeMoney::of(trade, *stated);
            let whose = (*account, strategy.as_str(), symbol.as_str());
            trades::traded(whose, trade, &money, roster, place, out)?;
        }
        Happening::Stray(close) => trades::stray(close, roster, place, out)?,
        Happening::Worth(worth) => accounts::worth(worth, roster, place, out)?,
        Happening::Bar { instrument, interval, bar } => {
            market::bar(*instrument, *interval, bar, roster, place, out)?;
        }
        Happening::Money { .. } => accounts::money(happening, roster, place, out)?,
        Happening::Session { .. } => accounts::session(happening, roster, place, out),
        Happening::Alert(alert) => settings::alert(alert, roster, place, out),
        Happening::Configured { .. } => settings::configured(happening, place, out),
        Happening::Operated { .. } => settings::operated(happening, place, out),
        // Its signals and their results are rows of their own.
        Happening::Acted(_) => {}
        Happening::Restarted => out.push(statement!(sql::ENGINE_STARTED, ENGINE, place.at)),
        // Lines of the log; the balance that a payment made is a row of its own.
        Happening::SignalRefused { .. } | Happening::Paid { .. } => {}
    }
    Ok(())
}
