//! What a call says to the exchange, and what the exchange's lists say to a runner.

use rust_decimal::Decimal;
use tickstep_core::units::Side;

use crate::broker::{BracketPrices, ClosedRow, PendingKind, PendingOrder, VenuePosition, Write};
use crate::exchange::{ClosedPart, Holding, Instruction, Levels, Said, WaitKind, Waiting};

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
        Write::CreateOrder { symbol, side, volume, kind, price, bracket } => Instruction::Create {
            symbol: symbol.clone(),
            side: *side,
            volume: *volume,
            kind: wait_kind(*kind),
            px: *price,
            levels: levels(*bracket),
        },
        Write::EditOrder { order, symbol, side, volume, kind, price, bracket } => {
            Instruction::Change {
                order: order.clone(),
                said: Said { kind: Some(wait_kind(*kind)), ..said(symbol, *side, Some(*volume)) },
                px: *price,
                levels: levels(*bracket),
            }
        }
        Write::CancelOrder { order, symbol, side, kind } => Instruction::Cancel {
            order: order.clone(),
            said: Said { kind: Some(wait_kind(*kind)), ..said(symbol, *side, None) },
        },
    }
}

const fn wait_kind(kind: PendingKind) -> WaitKind {
    match kind {
        PendingKind::Limit => WaitKind::Limit,
        PendingKind::Stop => WaitKind::Stop,
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

pub(super) fn order(waiting: &Waiting) -> PendingOrder {
    PendingOrder {
        id: waiting.id.clone(),
        symbol: waiting.symbol.clone(),
        side: waiting.side,
        kind: match waiting.kind {
            WaitKind::Limit => PendingKind::Limit,
            WaitKind::Stop => PendingKind::Stop,
        },
        volume: waiting.volume,
        price: waiting.px,
        created: Some(waiting.created),
        bracket: BracketPrices { stop: waiting.levels.stop, target: waiting.levels.target },
        comment: None,
    }
}
