//! Why a position was closed, from what a broker's row says of it.

use rust_decimal::Decimal;
use tickstep_core::order::ExitReason;
use tickstep_core::units::Side;

use super::tables::Held;
use crate::broker::ClosedRow;

/// What a broker says closed a position, where it was not a client.
pub(super) fn stated_reason(row: &ClosedRow) -> Option<ExitReason> {
    let words = row.reason.as_deref()?.to_ascii_uppercase();
    if words.contains("STOP_OUT") || words.contains("STOPOUT") || words.contains("LIQUID") {
        return Some(ExitReason::Liquidation);
    }
    if words.contains("STOP") || words.ends_with("_SL") {
        return Some(ExitReason::Stop);
    }
    let target = words.contains("TAKE") || words.contains("PROFIT") || words.ends_with("_TP");
    target.then_some(ExitReason::Target)
}

/// Why a position was closed that we did not close: its stop, its target, or somebody.
pub(super) fn reason(row: &ClosedRow, held: &Held) -> ExitReason {
    if let Some(stated) = stated_reason(row) {
        return stated;
    }
    // Where the broker does not say, the price does: beyond the stop or the target.
    let beyond = |level: Option<Decimal>, below: bool| {
        level.is_some_and(|level| match (held.side, below) {
            (Side::Buy, true) | (Side::Sell, false) => row.close_price <= level,
            (Side::Buy, false) | (Side::Sell, true) => row.close_price >= level,
        })
    };
    if beyond(held.shown.stop, true) {
        ExitReason::Stop
    } else if beyond(held.shown.target, false) {
        ExitReason::Target
    } else {
        ExitReason::Flatten
    }
}
