//! An account's money as it is saved, and taken up again.

use alloc::vec::Vec;

use super::{Ledger, Position};
use crate::order::SlotId;
use crate::restore::{Places, RestoreError};
use crate::units::Ticks;

/// Cash, positions with what was booked on them, and the last prices. Amounts are whole
/// numbers of the smallest that was counted in, which has `decimals` decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    pub(crate) decimals: u32,
    /// Cash, deposits, realised, fees, funding, slippage, corrected.
    pub(crate) amounts: [i128; 7],
    /// By instrument.
    pub(crate) marks: Vec<Option<Ticks>>,
    /// By slot.
    pub(crate) positions: Vec<Option<Position>>,
    /// In the order they were opened.
    pub(crate) open: Vec<SlotId>,
}

/// What a decimal's digits stay below.
const DIGITS: u128 = 1 << 96;

impl LedgerState {
    /// Checks that it can be that of an account: what is booked adds up, and what is open
    /// is there, once.
    pub(crate) fn check(&self) -> Result<(), RestoreError> {
        let [cash, deposits, realised, fees, funding, _, corrected] = self.amounts;
        let sums = deposits
            .checked_add(realised)
            .and_then(|sum| sum.checked_sub(fees))
            .and_then(|sum| sum.checked_sub(funding))
            .and_then(|sum| sum.checked_add(corrected));
        let fault = if sums != Some(cash) {
            "cash is not what was booked"
        } else if self.open.len() != self.positions.iter().flatten().count() {
            "open positions are counted wrongly"
        } else if !self.open.iter().enumerate().all(|(at, slot)| {
            let held = self.positions.get(slot.index()).is_some_and(Option::is_some);
            held && !self.open[..at].contains(slot)
        }) {
            "a position is open twice, or not there"
        } else if self
            .positions
            .iter()
            .flatten()
            .any(|p| p.lots.is_zero() || p.so_far.entry_lots <= 0)
        {
            "a position holds nothing"
        } else {
            return Ok(());
        };
        Err(RestoreError::Contradiction(fault))
    }
}

impl Ledger {
    /// What has to be known to go on from here.
    #[must_use]
    pub fn state(&self) -> LedgerState {
        LedgerState {
            decimals: self.decimals,
            amounts: [
                self.cash,
                self.deposits,
                self.realised,
                self.fees,
                self.funding,
                self.slippage,
                self.corrected,
            ],
            marks: self.markets.iter().map(|m| m.mark).collect(),
            positions: self.positions.clone(),
            open: self.open.clone(),
        }
    }

    /// This ledger with what was saved, as far as it has a place.
    pub(crate) fn with(&self, state: &LedgerState, places: &Places) -> Result<Self, RestoreError> {
        state.check()?;
        let mut ledger = self.clone();
        ledger.decimals = Self::least_decimals(&ledger.markets).max(state.decimals);
        if ledger.decimals > 28 {
            return Err(RestoreError::Money);
        }
        ledger.find_units();
        let by = 10_i128.pow(ledger.decimals - state.decimals.min(ledger.decimals));
        let counted = |amount: i128| {
            let amount = amount.checked_mul(by).filter(|a| a.unsigned_abs() < DIGITS);
            amount.ok_or(RestoreError::Money)
        };
        let [cash, deposits, realised, fees, funding, slippage, corrected] = state.amounts;
        ledger.cash = counted(cash)?;
        ledger.deposits = counted(deposits)?;
        ledger.realised = counted(realised)?;
        ledger.fees = counted(fees)?;
        ledger.funding = counted(funding)?;
        ledger.slippage = counted(slippage)?;
        ledger.corrected = counted(corrected)?;
        for (mark, place) in state.marks.iter().zip(&places.instruments) {
            if let Some(place) = place {
                ledger.markets[place.index()].mark = *mark;
            }
        }
        ledger.positions.fill(None);
        ledger.open.clear();
        for old in &state.open {
            let Some(Some(saved)) = state.positions.get(old.index()) else { continue };
            let at = (places.slot(*old), places.instrument(saved.instrument));
            let (Some(slot), Some(instrument)) = at else { continue };
            let mut position = Position { instrument, ..saved.clone() };
            for amount in position.so_far.amounts() {
                *amount = counted(*amount)?;
            }
            ledger.positions[slot.index()] = Some(position);
            ledger.open.push(slot);
        }
        ledger.find_harmless();
        Ok(ledger)
    }
}
