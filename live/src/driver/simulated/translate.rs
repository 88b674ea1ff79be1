//! What a call says to the exchange, and what the exchange's lists say to a runner.

use rust_decimal::Decimal;
use tickstep_core::units::Side;

use crate::broker::{BracketPrices, ClosedRow, VenuePosition, Write};
use crate::exchange::{ClosedPart, Holding, Instruction, Levels, Said};

fn levels(bracket: BracketPrices) -> Levels {
    Levels { stop: bracket.stop, target: bracket.target }
}

pub(super) fn instruction(write: &Write) -> Instruction {
    let said = |symbol: &str, side: Side, volume: Option<Decimal>| Said {
        symbol: Some(symbol.to_owned()),
        side: Some(side),
        volume,
        kind: None,
    };
    match write {
        Write::Open { symbol, side, volume, bracket } => Instruction::Open {
            symbol: symbol.clone(),
            side: *side,
            volume: *volume,
            levels: levels(*bracket),
        },
        Write::EditPosition { position, symbol, side, volume, bracket } => Instruction::Amend {
            position: position.clone(),
            said: said(symbol, *side, Some(*volume)),
            levels: levels(*bracket),
        },
        Write::Close { position, symbol, side, volume, whole } => Instruction::Close {
            position: position.clone(),
            said: said(symbol, *side, whole.then_some(*volume)),
            part: (!whole).then_some(*volume),
        },
        // No strategy of the simulation has an order wait; it would be refused as unknown.
        Write::CreateOrder { symbol, side, .. }
        | Write::EditOrder { symbol, side, .. }
        | Write::CancelOrder { symbol, side, .. } => {
            Instruction::Cancel { order: String::new(), said: said(symbol, *side, None) }
        }
    }
}

fn comment(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// An amount as text has it, where no zero has a sign.
fn written(amount: Decimal) -> Decimal {
    if amount.is_zero() { amount.abs() } else { amount }
}

pub(super) fn position(held: &Holding) -> VenuePosition {
    VenuePosition {
        id: held.id.clone(),
        symbol: held.symbol.clone(),
        side: held.side,
        volume: held.volume,
        open_price: held.open_px,
        open_time: held.opened,
        bracket: BracketPrices { stop: held.levels.stop, target: held.levels.target },
        commission: written(held.commission),
        swap: written(held.swap),
        profit: None,
        comment: comment(&held.comment),
    }
}

pub(super) fn row(closed: &ClosedPart) -> ClosedRow {
    ClosedRow {
        uid: closed.uid.clone(),
        position: closed.position.clone(),
        symbol: closed.symbol.clone(),
        side: closed.side,
        volume: closed.volume,
        open_price: closed.open_px,
        close_price: closed.close_px,
        open_time: closed.opened,
        close_time: closed.closed,
        commission: written(closed.commission),
        swap: written(closed.swap),
        profit: Some(written(closed.profit)),
        reason: None,
        comment: comment(&closed.comment),
    }
}
