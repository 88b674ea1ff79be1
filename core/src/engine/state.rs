//! An account as it is saved, and taken up again: after a crash, or in a session with
//! other instruments, strategies or limits.
//!
//! The law: run to any event, save, restore into a fresh engine whose features were warmed
//! up by the same bars, go on; and every intent, decision, trade and amount is that of the
//! engine that went on, to the last digit.
//!
//! Instruments are found again by their symbol, slots by strategy name and symbol (of
//! several alike, in their order). What is held or waits in a slot that is no longer there
//! is named, and from then on nobody's.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::slot::{Slot, State, Waiting};
use super::{Engine, Overflow};
use crate::instrument::InstrumentId;
use crate::ledger::{LedgerState, Position};
use crate::order::{ExitReason, Order, OrderId, OrderState, SlotId};
use crate::restore::{Grid, Places, RestoreError};
use crate::risk::Memory;
use crate::units::Nanos;

/// All that an engine has to know to go on. Features are no part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineState {
    pub(crate) instruments: Vec<Grid>,
    pub(crate) slots: Vec<SlotState>,
    pub(crate) ledger: LedgerState,
    pub(crate) risk: Memory,
    pub(crate) orders: Vec<(Order, OrderState)>,
    pub(crate) next_order: u64,
    /// By instrument: whether a bar came since the last decision.
    pub(crate) fresh: Vec<bool>,
    pub(crate) seen: bool,
    pub(crate) overflow: Option<Overflow>,
}

/// One strategy on one instrument, as it is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotState {
    pub(crate) name: String,
    pub(crate) instrument: InstrumentId,
    pub(crate) state: State,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) due: Option<Nanos>,
    pub(crate) stop_reason: ExitReason,
    pub(crate) leave: bool,
    pub(crate) closed: Vec<Decimal>,
    pub(crate) memory: Vec<u8>,
}

/// What of a saved state found no place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restored {
    /// Slots that are no longer there, where something was held or waited.
    pub lost: Vec<LostSlot>,
    /// Strategy and symbol of slots whose strategy did not take the memory of its
    /// forerunner, and began afresh.
    pub forgotten: Vec<(String, String)>,
}

/// A slot that is no longer there.
#[derive(Clone, Debug, PartialEq)]
pub struct LostSlot {
    /// Name of its strategy.
    pub strategy: String,
    /// Its instrument.
    pub symbol: String,
    /// What it held.
    pub position: Option<Position>,
    /// Orders that were on their way or waited.
    pub orders: Vec<OrderId>,
}

impl Engine {
    /// What has to be known to go on from here.
    #[must_use]
    pub fn state(&self) -> EngineState {
        EngineState {
            instruments: self.ledger.markets().iter().map(|m| Grid::of(&m.instrument)).collect(),
            slots: self.slots.iter().map(SlotState::of).collect(),
            ledger: self.ledger.state(),
            risk: self.risk.memory().clone(),
            orders: self.orders.clone(),
            next_order: self.next_order,
            fresh: self.fresh.clone(),
            seen: self.seen,
            overflow: self.overflow,
        }
    }

    /// Takes up what was saved, in place of what this engine knows; says what found no
    /// place. An error leaves it as it was.
    pub fn restore(&mut self, state: &EngineState) -> Result<Restored, RestoreError> {
        let places = self.places(state)?;
        self.restore_in(state, &places)
    }

    /// Where the instruments and slots of a state are here.
    pub(crate) fn places(&self, state: &EngineState) -> Result<Places, RestoreError> {
        let own: Vec<Grid> =
            self.ledger.markets().iter().map(|m| Grid::of(&m.instrument)).collect();
        let mut instruments = Vec::with_capacity(state.instruments.len());
        for saved in &state.instruments {
            let at = own.iter().position(|grid| grid.symbol == saved.symbol);
            if at.is_some_and(|at| own[at] != *saved) {
                return Err(RestoreError::Grid { symbol: saved.symbol.clone() });
            }
            instruments.push(at.map(|at| InstrumentId(at as u16)));
        }
        let mut places = Places { instruments, slots: Vec::new() };
        let mut taken = alloc::vec![false; self.slots.len()];
        for saved in &state.slots {
            let instrument = places.instrument(saved.instrument);
            let at = (0..self.slots.len()).find(|&at| {
                let slot = &self.slots[at];
                !taken[at] && Some(slot.instrument) == instrument && slot.name == saved.name
            });
            if let Some(at) = at {
                taken[at] = true;
            }
            places.slots.push(at.map(|at| SlotId(at as u16)));
        }
        Ok(places)
    }

    pub(crate) fn restore_in(
        &mut self,
        state: &EngineState,
        places: &Places,
    ) -> Result<Restored, RestoreError> {
        state.check()?;
        self.ledger = self.ledger.with(&state.ledger, places)?;
        self.risk.recall(&state.risk, &places.instruments);
        self.orders =
            state.orders.iter().filter_map(|(o, s)| Some((o.moved(places)?, *s))).collect();
        self.next_order = state.next_order;
        self.fresh.fill(false);
        for (fresh, place) in state.fresh.iter().zip(&places.instruments) {
            if let Some(place) = place {
                self.fresh[place.index()] = *fresh;
            }
        }
        self.seen = state.seen;
        self.overflow = state.overflow.and_then(|overflow| {
            Some(Overflow { instrument: places.instrument(overflow.instrument)?, ..overflow })
        });
        let mut restored = Restored::default();
        for (at, saved) in state.slots.iter().enumerate() {
            let old = SlotId(at as u16);
            let symbol = || state.instruments[saved.instrument.index()].symbol.clone();
            match places.slot(old) {
                Some(place) => {
                    if !self.slots[place.index()].take(saved) {
                        restored.forgotten.push((saved.name.clone(), symbol()));
                    }
                }
                None => restored.lost.extend(state.lost(old, symbol())),
            }
        }
        self.find_due();
        Ok(restored)
    }
}

impl SlotState {
    fn of(slot: &Slot) -> Self {
        Self {
            name: slot.name.to_string(),
            instrument: slot.instrument,
            state: slot.state,
            waiting: slot.waiting,
            due: slot.due,
            stop_reason: slot.stop_reason,
            leave: slot.leave,
            closed: slot.closed.clone(),
            memory: slot.strategy.memory(),
        }
    }
}

impl Slot {
    /// Takes what was saved; whether its strategy took its memory.
    fn take(&mut self, saved: &SlotState) -> bool {
        self.state = saved.state;
        self.waiting = saved.waiting;
        self.due = saved.due;
        self.stop_reason = saved.stop_reason;
        self.leave = saved.leave;
        let window = self.sizing.window();
        self.closed = saved.closed[saved.closed.len().saturating_sub(window)..].to_vec();
        self.strategy.recall(&saved.memory).is_ok()
    }
}

impl EngineState {
    /// What a slot that is no longer there held and waited for.
    fn lost(&self, old: SlotId, symbol: String) -> Option<LostSlot> {
        let position = self.ledger.positions.get(old.index()).cloned().flatten();
        let of_slot = self.orders.iter().filter(|(order, _)| order.slot == old);
        let orders: Vec<OrderId> = of_slot.map(|(order, _)| order.id).collect();
        let strategy = self.slots[old.index()].name.clone();
        let any = position.is_some() || !orders.is_empty();
        any.then_some(LostSlot { strategy, symbol, position, orders })
    }

    /// Checks that it can be that of an account.
    fn check(&self) -> Result<(), RestoreError> {
        let instruments = self.instruments.len();
        let slot_of = |slot: SlotId| self.slots.get(slot.index());
        let sound = |(at, slot): (usize, &SlotState)| {
            let held = self.ledger.positions.get(at).and_then(Option::as_ref);
            let own = held.is_none_or(|p| p.instrument == slot.instrument);
            let stands = match slot.state {
                State::Flat => held.is_none(),
                State::Entering { .. } => slot.waiting.is_some(),
                State::Open | State::Exiting { .. } | State::Reducing { .. } => held.is_some(),
            };
            own && stands && slot.instrument.index() < instruments
        };
        let ordered = |(order, state): &(Order, OrderState)| {
            let instrument = slot_of(order.slot).map(|slot| slot.instrument);
            instrument == Some(order.instrument)
                && order.id.0 < self.next_order
                && !state.is_terminal()
                && state.filled(order.lots) < order.lots
        };
        let fault = if self.ledger.positions.len() != self.slots.len() {
            "positions are not those of its slots"
        } else if self.ledger.marks.len() != instruments || self.fresh.len() != instruments {
            "prices are not those of its instruments"
        } else if !self.slots.iter().enumerate().all(sound) {
            "a slot stands where its position does not"
        } else if !self.orders.iter().all(ordered) {
            "an order is nobody's"
        } else {
            return Ok(());
        };
        Err(RestoreError::Contradiction(fault))
    }
}
