//! Orders and positions.

use tickstep_core::units::Nanos;

use super::place::{RowPlace, exact_or_none};
use crate::broker::PendingKind;
use crate::intent::End;
use crate::runner::{OrderAim, OrderNews, OrderStatus, PositionChange, PositionNews, Unsent};
use crate::store::amount::{DoesNotFit, exact};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use crate::store::word::{Direction, OrderPurpose, OrderState, OrderType};

/// What an order's news says of it.
struct StatusNews {
    state: OrderState,
    message: Option<String>,
    sent: Option<i64>,
    executed: Option<i64>,
    closed: Option<i64>,
}

fn standing(news: &OrderNews, at: i64) -> StatusNews {
    let plain =
        |state| StatusNews { state, message: None, sent: None, executed: None, closed: None };
    let over = |state, message| StatusNews { message, closed: Some(at), ..plain(state) };
    match &news.status {
        OrderStatus::Sent => StatusNews { sent: Some(at), ..plain(OrderState::Pending) },
        OrderStatus::Accepted | OrderStatus::Resting => plain(OrderState::Pending),
        OrderStatus::Unknown => plain(OrderState::Unknown),
        OrderStatus::Ended(End::Executed) => match news.aim {
            OrderAim::Entry => StatusNews { executed: Some(at), ..plain(OrderState::Open) },
            OrderAim::Exit { .. }
            | OrderAim::Edit { .. }
            | OrderAim::Orphan { .. }
            | OrderAim::Cancel { .. }
            | OrderAim::Reprice { .. } => {
                StatusNews { executed: Some(at), ..over(OrderState::Closed, None) }
            }
        },
        OrderStatus::Ended(End::Rejected { message, .. }) => {
            over(OrderState::Rejected, Some(message.clone()))
        }
        OrderStatus::Ended(End::NotPlaced) => {
            let why = "it was not found at the broker".to_owned();
            over(OrderState::Cancelled, Some(why))
        }
        OrderStatus::Ended(End::NotSent | End::Withdrawn) => over(OrderState::Cancelled, None),
        OrderStatus::Unsent(why @ Unsent::Withdrawn) => {
            over(OrderState::Cancelled, Some(why.to_string()))
        }
        OrderStatus::Unsent(why) => over(OrderState::Rejected, Some(why.to_string())),
    }
}

const fn order_type(news: &OrderNews) -> OrderType {
    match news.waits {
        None => OrderType::Market,
        Some((PendingKind::Limit, _)) => OrderType::Limit,
        Some((PendingKind::Stop, _)) => OrderType::Stop,
    }
}

pub(super) fn order(
    news: &OrderNews,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let StatusNews { state, message, sent, executed, closed } = standing(news, place.at);
    let (purpose, position, reason) = match &news.aim {
        OrderAim::Entry => (OrderPurpose::Entry, None, None),
        OrderAim::Exit { position, reason } => {
            (OrderPurpose::Exit, position.clone(), Some(reason.name().to_owned()))
        }
        OrderAim::Edit { position } => (OrderPurpose::Edit, Some(position.clone()), None),
        OrderAim::Orphan { position } => (OrderPurpose::Orphan, Some(position.clone()), None),
        OrderAim::Cancel { order } => (OrderPurpose::Cancel, None, Some(format!("order {order}"))),
        OrderAim::Reprice { order } => {
            (OrderPurpose::Reprice, None, Some(format!("order {order}")))
        }
    };
    let id = news.intent.0 as i64;
    out.push(statement!(
        sql::ORDER,
        id,
        roster.user(news.account),
        roster.name(news.account),
        news.number.clone(),
        news.order.map(|order| order.0 as i64),
        news.signal.map(|signal| signal.0 as i64),
        news.strategy.clone(),
        purpose.word(),
        position,
        news.symbol.as_str(),
        Direction::from(news.side).word(),
        order_type(news).word(),
        exact("volume", news.volume)?,
        exact_or_none("price", news.waits.map(|(_, price)| price).or(news.price))?,
        exact_or_none("stop", news.bracket.stop)?,
        exact_or_none("target", news.bracket.target)?,
        state.word(),
        message.or(reason),
        news.decided.0,
        sent,
        executed,
        closed,
        place.at,
        place.record,
    ));
    if state == OrderState::Open {
        out.push(statement!(sql::ENTRY_CLOSED, id));
    }
    Ok(())
}

pub(super) fn position(
    news: &PositionNews,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let account = roster.name(news.account);
    let (account, position) = (account.as_str(), news.position.as_str());
    let Nanos(opened) = news.opened;
    let stop = exact_or_none("stop", news.bracket.stop)?;
    let target = exact_or_none("target", news.bracket.target)?;
    let left = exact("volume", news.left)?;
    let closed = |price: Option<i64>, reason: Option<String>, out: &mut Vec<Statement>| {
        let (at, close) = (place.at, sql::POSITION_CLOSED);
        out.push(statement!(close, account, position, price, reason, at, at, opened));
        out.push(statement!(sql::ENTRY_OF_POSITION_CLOSED, account, position, at, opened));
    };
    match &news.change {
        PositionChange::Opened => {
            let price = exact("price", news.price)?;
            let intent = news.intent.map(|intent| intent.0 as i64);
            out.push(statement!(
                sql::POSITION_OPENED,
                place.id,
                roster.user(news.account),
                account,
                position,
                intent,
                news.strategy.clone(),
                news.symbol.as_str(),
                Direction::from(news.side).word(),
                exact("volume", news.volume)?,
                left,
                price,
                stop,
                target,
                opened,
                place.at,
                place.record,
            ));
            if let Some(intent) = intent {
                out.push(statement!(sql::ORDER_OPENED, intent, price, position));
            }
        }
        PositionChange::Bracket | PositionChange::Reduced { .. } => {
            let change = sql::POSITION_CHANGED;
            out.push(statement!(change, account, position, left, stop, target, place.at, opened));
        }
        PositionChange::Gone => closed(None, None, out),
        PositionChange::Closed { price, reason } => {
            // On paper several executions make an average, which may have more digits.
            let price = crate::store::amount::rounded("price", *price)?;
            closed(Some(price), Some(reason.name().to_owned()), out);
        }
    }
    Ok(())
}
