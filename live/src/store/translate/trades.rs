//! What came of positions that are over.

use rust_decimal::Decimal;
use tickstep_core::ledger::Trade;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::place::RowPlace;
use crate::runner::{StatedMoney, StrayClose};
use crate::store::amount::{DoesNotFit, exact, rounded};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use crate::store::word::Direction;

/// `part` of `whole` in per cent; `None` where that is not defined.
fn percent(part: Decimal, whole: Decimal) -> Result<Option<i64>, DoesNotFit> {
    let share = part.checked_div(whole).and_then(|share| share.checked_mul(Decimal::ONE_HUNDRED));
    share.map(|share| rounded("per cent", share)).transpose()
}

/// From entry to exit in the position's favour, per cent of the entry price.
fn price_move(side: Side, entry: Decimal, exit: Decimal) -> Result<Option<i64>, DoesNotFit> {
    percent(Decimal::from(side.sign()) * (exit - entry), entry)
}

fn seconds(from: Nanos, to: Nanos) -> i64 {
    (to.0 - from.0).max(0) / Nanos::SECOND.0
}

/// What a trade made: as the broker states it, else as it was booked.
pub(super) struct TradeMoney {
    gross: Decimal,
    /// What is left after commission and swap.
    net: Decimal,
    commission: Decimal,
    swap: Decimal,
}

impl TradeMoney {
    pub(super) fn of(trade: &Trade, stated: Option<StatedMoney>) -> Self {
        match stated {
            Some(stated) => Self {
                gross: stated.profit,
                net: stated.net(),
                commission: -stated.commission,
                swap: -stated.swap,
            },
            None => Self {
                gross: trade.gross,
                net: trade.net,
                commission: trade.fees,
                swap: trade.funding,
            },
        }
    }
}

/// A strategy's position, from its first fill to flat.
pub(super) fn traded(
    (account, strategy, symbol): (AccountId, &str, &str),
    trade: &Trade,
    money: &TradeMoney,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let known = roster.instrument(trade.instrument);
    let quantity = known.and_then(|known| known.lot.checked_mul(Decimal::from(trade.lots.get())));
    let quantity = quantity.ok_or(DoesNotFit { what: "quantity", amount: Decimal::MAX })?;
    let margin = known.and_then(|known| trade.entry_notional.checked_div(known.leverage));
    let roi = margin.map(|margin| percent(money.net, margin)).transpose()?.flatten();
    let none: (Option<i64>, Option<String>) = (None, None);
    out.push(statement!(
        sql::TRADE,
        place.id,
        none.0,
        roster.user(account),
        roster.name(account),
        none.1,
        Some(strategy.to_owned()),
        symbol,
        Direction::from(trade.side).word(),
        rounded("entry price", trade.entry_price)?,
        rounded("exit price", trade.exit_price)?,
        exact("quantity", quantity)?,
        rounded("profit", money.net)?,
        roi,
        price_move(trade.side, trade.entry_price, trade.exit_price)?,
        rounded("profit", money.gross)?,
        margin.map(|margin| rounded("margin", margin)).transpose()?,
        rounded("commission", money.commission)?,
        rounded("swap", money.swap)?,
        trade.exit.name(),
        seconds(trade.entry_ts, trade.exit_ts),
        trade.entry_ts.0,
        trade.exit_ts.0,
        trade.entry.0 as i64,
        place.record,
    ));
    Ok(())
}

/// The close of a position that no strategy holds, as the broker's row has it.
pub(super) fn stray(
    close: &StrayClose,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let StrayClose { account, intent, row } = close;
    let name = roster.name(*account);
    let net = row.profit.map(|profit| profit + row.commission + row.swap);
    let none: (Option<i64>, Option<String>) = (None, None);
    out.push(statement!(
        sql::TRADE,
        place.id,
        intent.map(|intent| intent.0 as i64),
        roster.user(*account),
        name.as_str(),
        Some(row.position.clone()),
        none.1,
        row.symbol.as_str(),
        Direction::from(row.side).word(),
        exact("entry price", row.open_price)?,
        exact("exit price", row.close_price)?,
        exact("quantity", row.volume)?,
        net.map(|net| rounded("profit", net)).transpose()?,
        // The margin that it took is the broker's to know.
        none.0,
        price_move(row.side, row.open_price, row.close_price)?,
        row.profit.map(|profit| rounded("profit", profit)).transpose()?,
        none.0,
        exact("commission", -row.commission)?,
        exact("swap", -row.swap)?,
        row.reason.clone(),
        seconds(row.open_time, row.close_time),
        row.open_time.0,
        row.close_time.0,
        none.0,
        place.record,
    ));
    out.push(statement!(
        sql::STRAY_CLOSED,
        name,
        row.position.as_str(),
        exact("exit price", row.close_price)?,
        row.close_time.0,
        place.at,
    ));
    Ok(())
}
