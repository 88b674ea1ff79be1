//! Signals and what became of them.

use super::place::{RowPlace, name};
use crate::runner::{AccountResult, Fate, SignalMade, SignalResult, Skip};
use crate::store::amount::{DoesNotFit, exact};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use crate::store::word::{ResultState, SignalType};

pub(super) fn made(
    made: &SignalMade,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let condition = |name: &str| made.reason.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
    let reason: serde_json::Map<String, serde_json::Value> =
        made.reason.iter().map(|(name, value)| (name.clone(), (*value).into())).collect();
    out.push(statement!(sql::STRATEGY, made.strategy.as_str(), place.at, place.record));
    out.push(statement!(
        sql::SIGNAL,
        made.id.0 as i64,
        made.strategy.as_str(),
        made.symbol.as_str(),
        SignalType::from(made.action).word(),
        made.confidence,
        condition("volume_ratio"),
        condition("imbalance"),
        exact("price", made.price)?,
        serde_json::Value::Object(reason).to_string(),
        made.at.0,
        place.record,
    ));
    Ok(())
}

pub(super) fn result(
    result: &SignalResult,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let id = result.id.0 as i64;
    out.push(statement!(
        sql::SIGNAL_DONE,
        id,
        i64::from(result.executed),
        i64::from(result.failed),
        i64::from(result.skipped),
        exact("volume", result.volume)?,
        result.took.0,
        place.at,
    ));
    for (number, line) in result.accounts.iter().enumerate() {
        out.push(one(id, number as i64, line, roster, place)?);
    }
    Ok(())
}

fn one(
    signal: i64,
    number: i64,
    line: &AccountResult,
    roster: &Roster,
    place: RowPlace,
) -> Result<Statement, DoesNotFit> {
    let (mut price, mut volume, mut slippage, mut delay, mut reason) =
        (None, None, None, None, None);
    let state = match &line.fate {
        Fate::Waiting => ResultState::Waiting,
        Fate::Executed { price: at, quantity, slippage_ticks, latency } => {
            price = Some(crate::store::amount::rounded("price", *at)?);
            volume = Some(exact("quantity", *quantity)?);
            (slippage, delay) = (Some(*slippage_ticks), Some(latency.0));
            ResultState::Executed
        }
        Fate::Resting { number, price: at, quantity } => {
            price = Some(exact("price", *at)?);
            volume = Some(exact("volume", *quantity)?);
            reason = Some(format!("order {number}"));
            ResultState::Resting
        }
        Fate::Rejected { message } => {
            reason = Some(message.clone());
            ResultState::Rejected
        }
        Fate::NotPlaced => ResultState::NotPlaced,
        Fate::Skipped(skip) => {
            reason = Some(match skip {
                Skip::Check(unsent) => unsent.to_string(),
                Skip::Rule(refusal) => name(refusal),
                Skip::AlreadyThere | Skip::NotForIt | Skip::NothingToDo => name(skip),
            });
            ResultState::Skipped
        }
    };
    Ok(statement!(
        sql::SIGNAL_LINE,
        signal,
        number,
        roster.name(line.account),
        line.intent.map(|intent| intent.0 as i64),
        state.word(),
        price,
        volume,
        slippage,
        delay,
        reason,
        place.at,
        place.record,
    ))
}
