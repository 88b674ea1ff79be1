//! A live runner's journal, as far as a comparison needs it: what it was configured with, the
//! prices it saw, and what became of orders and positions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tickstep_core::codec::decode_event;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Nanos, Ticks};
use tickstep_journal::{
    OrderOutcome, Outcome, ReadFolder, Reader, Record, RecordKind, TradeOutcome, configured,
    decode_outcome, files,
};

use super::error::LiveError;
use super::traded::Traded;

/// A live runner's journal.
pub struct LiveJournal {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What was configured, with the time from which on it was in force.
    pub(super) configured: Vec<(Nanos, Traded)>,
    /// Positions that are over, in the order they closed.
    pub(super) trades: Vec<TradeOutcome>,
    /// Orders that are over, in the order they ended.
    pub(super) orders: Vec<OrderOutcome>,
    /// Bars by symbol, in time's order.
    bars: BTreeMap<String, Vec<Bar>>,
    /// Prices by symbol and their times; of one instant the last counts.
    prices: BTreeMap<String, Vec<(Nanos, Ticks)>>,
    /// From the open of the first bar that was traded on to the close of the last.
    pub(super) span: Option<(Nanos, Nanos)>,
    /// What was left out of it, for people.
    pub(super) notes: Vec<String>,
}

/// The folder of a journal that a path names: itself, or the `journal` in a state folder.
#[must_use]
pub fn journal_folder(path: &Path) -> Option<PathBuf> {
    let inner = path.join("journal");
    let has_files =
        |folder: &Path| files(&ReadFolder::new(folder)).is_ok_and(|files| !files.is_empty());
    if inner.is_dir() {
        return Some(inner);
    }
    (path.is_dir() && !path.join("manifest.json").exists() && has_files(path))
        .then(|| path.to_owned())
}

impl LiveJournal {
    /// Reads all that is kept of the journal at `path`, every hash checked.
    pub fn read(path: &Path) -> Result<Self, LiveError> {
        let folder = journal_folder(path).ok_or_else(|| LiveError::NoJournal(path.to_owned()))?;
        let mut found = Self {
            path: path.to_owned(),
            configured: Vec::new(),
            trades: Vec::new(),
            orders: Vec::new(),
            bars: BTreeMap::new(),
            prices: BTreeMap::new(),
            span: None,
            notes: Vec::new(),
        };
        let damaged = |error| LiveError::Damaged { journal: path.to_owned(), error };
        let mut reader = Reader::oldest(ReadFolder::new(&folder)).map_err(damaged)?;
        let mut first = None;
        while let Some(record) = reader.next().map_err(damaged)? {
            first = first.or(Some(record.number));
            found.take(&record)?;
        }
        match first {
            None => return Err(LiveError::NoJournal(path.to_owned())),
            Some(0) => {}
            Some(number) => found
                .notes
                .push(format!("records 0 to {} of the journal are not kept any more", number - 1)),
        }
        if let Some(torn) = reader.torn() {
            found.notes.push(format!("the journal's end is torn: {torn}"));
        }
        if found.trades.is_empty() && found.orders.is_empty() {
            return Err(LiveError::NoOutcomes(path.to_owned()));
        }
        Ok(found)
    }

    fn take(&mut self, record: &Record<'_>) -> Result<(), LiveError> {
        let journal = || self.path.clone();
        let number = record.number;
        let unread = |error| LiveError::Record { journal: journal(), number, error };
        // What other kinds mean is the runner's to know.
        let Some(kind) = RecordKind::of(record.kind) else { return Ok(()) };
        match kind {
            RecordKind::Outcome => match decode_outcome(record.payload).map_err(unread)? {
                Outcome::Order(order) => self.orders.push(*order),
                Outcome::Trade(trade) => self.trades.push(*trade),
            },
            RecordKind::Market => {
                let event = decode_event(record.payload);
                let event = event.map_err(|error| LiveError::Market {
                    journal: journal(),
                    number,
                    error,
                })?;
                self.market(event.ts_exch, event.body);
            }
            RecordKind::Snapshot | RecordKind::Config => {
                let Some(text) = configured(kind, record.payload) else { return Ok(()) };
                let traded = Traded::parse(&text.map_err(unread)?);
                let traded =
                    traded.map_err(|error| LiveError::Config { journal: journal(), error })?;
                if self.configured.last().is_none_or(|(_, last)| *last != traded) {
                    self.configured.push((record.ts, traded));
                }
            }
            RecordKind::Input | RecordKind::Write => {}
        }
        Ok(())
    }

    fn market(&mut self, ts: Nanos, body: Body) {
        match body {
            Body::Bar { instrument, bar, .. } => {
                let Some(symbol) = self.symbol(instrument) else { return };
                let (from, to) = self.span.unwrap_or((bar.ts_open, ts));
                self.span = Some((from.min(bar.ts_open), to.max(ts)));
                self.bars.entry(symbol.clone()).or_default().push(bar);
                self.price(symbol, ts, bar.close);
            }
            Body::Open { instrument, px } | Body::PublicTrade { instrument, px, .. } => {
                if let Some(symbol) = self.symbol(instrument) {
                    self.price(symbol, ts, px);
                }
            }
            _ => {}
        }
    }

    fn price(&mut self, symbol: String, ts: Nanos, px: Ticks) {
        let prices = self.prices.entry(symbol).or_default();
        // A price that stays needs no place.
        if prices.last().is_none_or(|last| last.1 != px) {
            prices.push((ts, px));
        }
    }

    fn symbol(&self, id: InstrumentId) -> Option<String> {
        let (_, traded) = self.configured.last()?;
        traded.instruments.get(id.index()).map(|instrument| instrument.symbol.clone())
    }

    /// The last price of an instrument at an instant, as finely as the journal has prices.
    pub(super) fn price_at(&self, symbol: &str, ts: Nanos) -> Option<Ticks> {
        let prices = self.prices.get(symbol)?;
        let after = prices.partition_point(|(at, _)| *at <= ts);
        prices.get(after.checked_sub(1)?).map(|(_, px)| *px)
    }

    /// The bar of an instrument in which an instant lies, where the journal has it.
    pub(super) fn bar_at(&self, symbol: &str, ts: Nanos) -> Option<&Bar> {
        let bars = self.bars.get(symbol)?;
        let after = bars.partition_point(|bar| bar.ts_open <= ts);
        let bar = bars.get(after.checked_sub(1)?)?;
        let length = self.configured.last()?.1.instrument(symbol)?.interval;
        (ts < bar.ts_open + length).then_some(bar)
    }

    /// Accounts, in the order of the configuration that was in force last.
    #[must_use]
    pub fn accounts(&self) -> Vec<String> {
        self.configured.last().map(|(_, traded)| traded.accounts.clone()).unwrap_or_default()
    }
}
