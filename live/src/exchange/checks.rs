//! What an instruction must keep to: the grid, the steps, the sides and distances of prices.

use rust_decimal::Decimal;
use tickstep_core::units::Side;

use super::instruction::{Levels, Objection, Said, WaitKind};
use super::listing::Listing;
use super::market::ShownQuote;

/// A volume must be inside its bounds and on its step.
pub(crate) fn check_volume(listing: &Listing, volume: Decimal) -> Result<(), Objection> {
    let inside = listing.volume_min <= volume && volume <= listing.volume_max;
    if inside && (volume % listing.volume_step).is_zero() {
        Ok(())
    } else {
        Err(Objection::Volume(volume))
    }
}

/// Stop and target of a position on `side` must lie on their sides of `px`, at which it
/// would be closed, and not too near to it.
pub(crate) fn check_levels(
    listing: &Listing,
    side: Side,
    px: Decimal,
    levels: Levels,
) -> Result<(), Objection> {
    let nearest = listing.ticks(listing.stops_level);
    let sign = Decimal::from(side.sign());
    for (level, away) in [(levels.stop, -sign), (levels.target, sign)] {
        let Some(level) = level else { continue };
        if !listing.on_grid(level) {
            return Err(Objection::Price(level));
        }
        let distance = (level - px) * away;
        if distance <= Decimal::ZERO || distance < nearest {
            return Err(Objection::Level(level));
        }
    }
    Ok(())
}

/// An order must wait on its side of the market, and not too near to it.
pub(crate) fn check_activation(
    listing: &Listing,
    (side, kind, px): (Side, WaitKind, Decimal),
    quote: &ShownQuote,
) -> Result<(), Objection> {
    if !listing.on_grid(px) {
        return Err(Objection::Price(px));
    }
    let beyond = (px - quote.side(side)) * Decimal::from(side.sign());
    let distance = match kind {
        WaitKind::Stop => beyond,
        WaitKind::Limit => -beyond,
    };
    if distance <= Decimal::ZERO || distance < listing.ticks(listing.stops_level) {
        return Err(Objection::Activation(px));
    }
    Ok(())
}

/// What a client says of a position or an order must be so.
pub(crate) fn check_said(
    said: &Said,
    symbol: &str,
    side: Side,
    volume: Option<Decimal>,
    kind: Option<WaitKind>,
) -> Result<(), Objection> {
    fn differs<T: PartialEq>(said: Option<T>, is: Option<T>) -> bool {
        matches!((said, is), (Some(said), Some(is)) if said != is)
    }
    if differs(said.symbol.as_deref(), Some(symbol)) {
        Err(Objection::Mismatch("instrument"))
    } else if differs(said.side, Some(side)) {
        Err(Objection::Mismatch("orderSide"))
    } else if differs(said.volume, volume) {
        Err(Objection::Mismatch("volume"))
    } else if differs(said.kind, kind) {
        Err(Objection::Mismatch("type"))
    } else {
        Ok(())
    }
}
