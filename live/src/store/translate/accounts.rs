//! Accounts' money, worth and sessions.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::place::{ENGINE, RowPlace, exact_or_none, flag};
use crate::runner::{AccountWorth, Happening};
use crate::store::amount::{DoesNotFit, exact, rounded};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use crate::store::word::AccountKind;

pub(super) fn money(
    happening: &Happening,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let Happening::Money { account, balance, equity, margin, free_margin, currency } = happening
    else {
        return Ok(());
    };
    out.push(statement!(
        sql::MONEY,
        roster.name(*account),
        exact("balance", *balance)?,
        exact_or_none("equity", *equity)?,
        exact_or_none("margin", *margin)?,
        exact_or_none("free margin", *free_margin)?,
        currency.clone(),
        place.at,
    ));
    Ok(())
}

pub(super) fn worth(
    worth: &[AccountWorth],
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    for one in worth {
        let name = roster.name(one.account);
        // What the broker states is exact; what is computed at prices has more digits.
        let equity = match one.stated {
            true => exact("equity", one.equity)?,
            false => rounded("equity", one.equity)?,
        };
        let balance = rounded("balance", one.balance)?;
        out.push(statement!(
            sql::EQUITY,
            name.as_str(),
            place.at,
            roster.user(one.account),
            balance,
            equity,
            flag(one.stated),
            place.record,
        ));
        if is_on_paper(roster, one.account) {
            let left = one.margin.map(|margin| one.equity - margin);
            let [margin, left] = [one.margin, left].map(|amount| match amount {
                Some(amount) => rounded("margin", amount).map(Some),
                None => Ok(None),
            });
            let (margin, left) = (margin?, left?);
            out.push(statement!(sql::PAPER_MONEY, name, balance, equity, margin, left, place.at));
        }
    }
    let sum =
        |of: fn(&AccountWorth) -> u32| worth.iter().map(|one| i64::from(of(one))).sum::<i64>();
    out.push(statement!(
        sql::HEARTBEAT,
        place.id,
        ENGINE,
        place.at,
        worth.len() as i64,
        sum(|one| u32::from(one.up)),
        sum(|one| one.positions),
        place.record,
    ));
    out.push(statement!(sql::ENGINE_SEEN, ENGINE, place.at));
    Ok(())
}

pub(super) fn session(
    happening: &Happening,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) {
    let Happening::Session { account, up, number, expires, leverage, why } = happening else {
        return;
    };
    let name = roster.name(*account);
    if !up {
        let name = name.as_str();
        out.push(statement!(sql::SESSION_ENDED, name, place.at, why.clone(), place.record));
        return;
    }
    let expires = expires.map(|at: Nanos| at.0);
    out.push(statement!(sql::SESSION_PROLONGED, name.as_str(), expires, place.at, number.clone()));
    out.push(statement!(
        sql::SESSION_OPENED,
        place.id,
        roster.user(*account),
        name.as_str(),
        number.clone(),
        place.at,
        expires,
        place.record,
    ));
    if let Some(leverage) = leverage.and_then(|leverage| exact("leverage", leverage).ok()) {
        out.push(statement!(sql::LEVERAGE, name.as_str(), leverage));
    }
    if number.is_some() {
        out.push(statement!(sql::ACCOUNT_NUMBER, name, number.clone()));
    }
}

fn is_on_paper(roster: &Roster, account: AccountId) -> bool {
    roster.accounts.get(account.index()).is_some_and(|one| one.kind == AccountKind::Paper)
}
