//! What a broker says of the instruments that are traded, held against the configuration.
//!
//! Volumes go out in the broker's lots, as the instrument's quantity. Where one lot is
//! another number of units than `contract_size` says, every order would be of another size
//! than was decided, and every position worth something else than the ledger says.

use rust_decimal::Decimal;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::news::{AlertKind, Severity};
use super::{Effects, Runner, alert};
use crate::broker::VenueInstrument;

impl Runner {
    /// Takes in what can be traded on an account, as it was asked for at `sent`.
    pub(super) fn terms_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        terms: Vec<VenueInstrument>,
        out: &mut Effects,
    ) {
        let Some(live) = self.live_mut(account) else { return };
        live.terms_read(sent, terms);
        for id in (0..self.known.prices.len()).map(|at| InstrumentId(at as u16)) {
            self.compare_ticks(account, id, out);
            let differs = self.other_contract(account, id);
            let symbol = self.instrument(account, id).symbol().to_owned();
            let Some(live) = self.live_mut(account) else { return };
            let about = format!("contract of {symbol} ");
            let Some((ours, theirs)) = differs else {
                live.reported.retain(|words| !words.starts_with(&about));
                continue;
            };
            if live.reported.insert(format!("{about}{theirs}")) {
                let words = format!(
                    "one lot of {symbol} is {theirs} units at the broker and {ours} here \
                     (contract_size): nothing is opened in it; write contract_size = {theirs} \
                     for the instrument, and sizes in lots"
                );
                let kind = AlertKind::Difference;
                out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
            }
        }
    }

    /// Says where a broker's prices move in other steps than here.
    fn compare_ticks(&mut self, account: AccountId, id: InstrumentId, out: &mut Effects) {
        let instrument = self.instrument(account, id);
        let (symbol, ours) = (instrument.symbol().to_owned(), instrument.spec().tick_size);
        let Some((broker, live)) = self.at_broker(account) else { return };
        let there = broker.symbols.get(id.index()).and_then(Option::as_ref);
        let theirs = there.and_then(|there| live.venue.get(there)?.tick_size);
        let Some(theirs) = theirs.filter(|theirs| *theirs != ours) else { return };
        let (ours, theirs) = (ours.normalize(), theirs.normalize());
        let Some(live) = self.live_mut(account) else { return };
        if live.reported.insert(format!("tick of {symbol} {theirs}")) {
            let words = format!(
                "{symbol} moves in steps of {theirs} at the broker and {ours} here (tick_size): \
                 fills are counted at the nearest step here, levels go out in steps of {ours}"
            );
            let kind = AlertKind::Difference;
            out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
        }
    }

    /// Units of a lot here, and at an account's broker, where it states them and they differ.
    pub(super) fn other_contract(
        &self,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Option<(Decimal, Decimal)> {
        let (broker, live) = self.at_broker(account)?;
        let symbol = broker.symbols.get(instrument.index())?.as_ref()?;
        let theirs = live.venue.get(symbol)?.contract_size?.normalize();
        let ours = self.instrument(account, instrument).spec().contract_size.normalize();
        (ours != theirs).then_some((ours, theirs))
    }
}
