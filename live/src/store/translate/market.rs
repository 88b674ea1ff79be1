//! Bars of the market.

use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::place::RowPlace;
use crate::runner::VOLUME_DECIMALS;
use crate::store::amount::{DoesNotFit, exact};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use rust_decimal::Decimal;

pub(super) fn bar(
    instrument: InstrumentId,
    interval: Nanos,
    bar: &Bar,
    roster: &Roster,
    place: RowPlace,
    out: &mut Vec<Statement>,
) -> Result<(), DoesNotFit> {
    let Some(known) = roster.instrument(instrument) else { return Ok(()) };
    let times = |what, units: i64, one: Decimal| {
        let amount = one.checked_mul(Decimal::from(units));
        exact(what, amount.ok_or(DoesNotFit { what, amount: Decimal::MAX })?)
    };
    let price = |what, px: Ticks| times(what, px.0, known.tick);
    let one = Decimal::new(1, VOLUME_DECIMALS);
    let volume = |what, lots: Lots| times(what, lots.get(), one);
    out.push(statement!(
        sql::CANDLE,
        known.symbol.as_str(),
        interval.0,
        bar.ts_open.0,
        price("open", bar.open)?,
        price("high", bar.high)?,
        price("low", bar.low)?,
        price("close", bar.close)?,
        volume("volume", bar.volume)?,
        bar.taker_buy.map(|lots| volume("taker volume", lots)).transpose()?,
        place.record,
    ));
    Ok(())
}
