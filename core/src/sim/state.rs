//! The simulated exchange as it is saved, and taken up again.

use alloc::vec::Vec;

use super::{Ambiguity, Held, SentOrder, Sim};
use crate::restore::Places;
use crate::units::Nanos;

/// Orders that wait, brackets that are held, and when each instrument opened last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimState {
    pub(crate) waiting: Vec<SentOrder>,
    pub(crate) held: Vec<Held>,
    /// By instrument.
    pub(crate) last_open: Vec<Option<Nanos>>,
    pub(crate) ambiguity: Ambiguity,
}

impl Sim {
    /// What has to be known to go on from here.
    #[must_use]
    pub fn state(&self) -> SimState {
        SimState {
            waiting: self.waiting.clone(),
            held: self.held.clone(),
            last_open: self.last_open.clone(),
            ambiguity: self.ambiguity,
        }
    }

    /// Takes up what was saved, as far as it has a place.
    pub(crate) fn restore_in(&mut self, state: &SimState, places: &Places) {
        self.waiting = state
            .waiting
            .iter()
            .filter_map(|w| Some(SentOrder { order: w.order.moved(places)?, ..*w }))
            .collect();
        let held = |held: &Held| {
            let slot = places.slot(held.slot)?;
            Some(Held { slot, instrument: places.instrument(held.instrument)?, ..*held })
        };
        self.held = state.held.iter().filter_map(held).collect();
        self.last_open.fill(None);
        for (opened, place) in state.last_open.iter().zip(&places.instruments) {
            if let Some(place) = place {
                self.last_open[place.index()] = *opened;
            }
        }
        self.ambiguity = state.ambiguity;
    }
}
