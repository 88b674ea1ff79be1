//! A session of a configuration at a broker whose way is what the caller says: how long each
//! write takes, how far it slips, whether it is refused. What is put in here is what a
//! comparison with a backtest has to find.
//!
//! The runner and its journal are those of production. The market is the caller's bars, as
//! the exchange walks them; they close at the program a little after their end, as a feed's
//! do. The broker's clock is ours, and its stamps are cut to a second as those of HTTP are.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_config::{ConfigError, OwnStrategies};
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::Instrument;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::{JournalError, Storage};

use super::faults::Draw;
use super::market;
use super::venue::{Arrival, Venue};
use crate::broker::{Call, Reply};
use crate::config::LiveConfig;
use crate::driver::{Kept, KeptError, build_with};
use crate::exchange::{
    AccountTerms, Exchange, ExchangeRules, IdStyle, Listing, PriceTape, SetupError, TapeBar,
    TapeError,
};
use crate::intent::RequestId;
use crate::record::ConfigText;
use crate::runner::{Effects, Input, Send};

/// How late a bar comes after its end.
const LATE: Nanos = Nanos(40_000_000);
/// How long a read takes.
const READ: Nanos = Nanos(5_000_000);
/// How long before the first bar that is traded the program starts.
const EARLY: Nanos = Nanos(30_000_000_000);
/// How long it goes on after the last bar, so that everything is read back.
const AFTER: Nanos = Nanos(120_000_000_000);

/// What happens to a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WayOfWrite {
    /// How long it is on its way until it is carried out.
    pub latency: Nanos,
    /// How many ticks its price is worse.
    pub slips: u32,
    /// Whether the broker refuses it.
    pub refused: bool,
}

/// A session to be lived through.
pub struct SessionPlan<'a> {
    /// The configuration, with one instrument and one account at a broker.
    pub config: &'a LiveConfig,
    /// The instrument, as the configuration has it.
    pub instrument: &'a Instrument,
    /// Bars, of which the first `warm_up` were before the session.
    pub bars: &'a [Bar],
    /// How many of them only warm features up.
    pub warm_up: usize,
    /// What happens to each write, in their order.
    pub way: &'a mut dyn FnMut() -> WayOfWrite,
}

/// Why a session could not be lived through.
#[derive(Debug, thiserror::Error)]
pub enum SessionFault {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The bars.
    #[error(transparent)]
    Bars(#[from] TapeError),
    /// The exchange.
    #[error(transparent)]
    Exchange(#[from] SetupError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] KeptError),
}

impl From<JournalError> for SessionFault {
    fn from(error: JournalError) -> Self {
        Self::Journal(error.into())
    }
}

enum SessionDue {
    Bar(usize),
    Arrives(Send, Arrival),
    Answers(RequestId, Reply),
}

struct PlayedSession<'p, 'a, S> {
    plan: &'p mut SessionPlan<'a>,
    kept: Kept<S>,
    venue: Venue,
    queue: BTreeMap<(Nanos, u64), SessionDue>,
    count: u64,
    now: Nanos,
    draw: Draw,
}

/// Lives through a session, and leaves its journal in `storage`.
pub fn session<S: Storage>(mut plan: SessionPlan<'_>, storage: S) -> Result<(), SessionFault> {
    let length = Nanos::SECOND.times(i64::from(plan.config.instrument[0].interval_s));
    let (Some(first), Some(last)) = (plan.bars.get(plan.warm_up), plan.bars.last()) else {
        return Ok(());
    };
    let (start, end) = (first.ts_open - EARLY, last.ts_open + length + AFTER);
    let own = OwnStrategies::default();
    let configured = ConfigText::fresh(plan.config.text());
    let (kept, _) = Kept::open(storage, 0, &configured, &build_with(&own), start)?;
    let venue = Venue::at(exchange(&plan, length)?);
    let (queue, draw) = (BTreeMap::new(), Draw::new(0));
    let mut session =
        PlayedSession { plan: &mut plan, kept, venue, queue, count: 0, now: start, draw };
    session.warm_up(length)?;
    session.give(Input::Wake)?;
    for at in session.plan.warm_up..session.plan.bars.len() {
        let close = session.plan.bars[at].ts_open + length;
        session.later(close + LATE, SessionDue::Bar(at));
    }
    while let Some(at) = session.next().filter(|at| *at <= end) {
        session.now = session.now.max(at);
        match session.queue.first_entry().filter(|due| due.key().0 <= session.now) {
            Some(due) => {
                let due = due.remove();
                session.happen(due, length)?;
            }
            None => session.give(Input::Wake)?,
        }
    }
    session.kept.sync()?;
    Ok(())
}

fn exchange(plan: &SessionPlan<'_>, length: Nanos) -> Result<Exchange, SessionFault> {
    let rules = ExchangeRules { ids: IdStyle::Apart, ..ExchangeRules::plain() };
    let mut exchange = Exchange::new(rules)?;
    let spec = plan.instrument.spec();
    let listing = Listing {
        volume_min: spec.lot_step,
        volume_max: Decimal::from(10_000_000),
        volume_step: spec.lot_step,
        ..Listing::plain(&spec.symbol, spec.tick_size, Decimal::ONE)
    };
    let price = |px| plan.instrument.price(px);
    let bars = plan.bars.iter().map(|bar| TapeBar {
        ts_open: bar.ts_open,
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: Decimal::from(bar.volume.get()),
        spread: Decimal::ZERO,
    });
    exchange.list(listing, PriceTape::new(length, bars.collect())?)?;
    for account in (0..plan.config.account.len() as u16).map(AccountId) {
        let number = market::account_number(account);
        exchange.open_account(AccountTerms::plain(&number, plan.config.reference.cash))?;
    }
    Ok(exchange)
}

impl<S: Storage> PlayedSession<'_, '_, S> {
    fn later(&mut self, at: Nanos, due: SessionDue) {
        self.count += 1;
        self.queue.insert((at.max(self.now), self.count), due);
    }

    fn next(&self) -> Option<Nanos> {
        let due = self.queue.first_key_value().map(|((at, _), _)| *at);
        let wake = self.kept.runner().next_wake();
        due.into_iter().chain(wake).min()
    }

    fn warm_up(&mut self, length: Nanos) -> Result<(), SessionFault> {
        let instrument = tickstep_core::instrument::InstrumentId(0);
        for at in 0..self.plan.warm_up {
            let bar = self.plan.bars[at];
            let body = Body::History { instrument, interval: length, bar };
            self.give(Input::Market { ts_exch: bar.ts_open + length, body })?;
        }
        Ok(())
    }

    fn happen(&mut self, due: SessionDue, length: Nanos) -> Result<(), SessionFault> {
        match due {
            SessionDue::Bar(at) => {
                let bar = self.plan.bars[at];
                let ts_exch = bar.ts_open + length;
                let instrument = tickstep_core::instrument::InstrumentId(0);
                let body = Body::Bar { instrument, interval: length, bar };
                self.give(Input::Market { ts_exch, body })?;
                self.give(Input::Market { ts_exch, body: Body::Decide })
            }
            SessionDue::Arrives(send, arrival) => {
                let reply = self.venue.answer(self.now, &send, arrival);
                let back = if matches!(send.call, Call::Write(..)) { Nanos(0) } else { READ };
                self.later(self.now + back, SessionDue::Answers(send.request, reply));
                Ok(())
            }
            SessionDue::Answers(request, reply) => {
                let second = Nanos::SECOND.0;
                let venue_time = Some(Nanos(self.now.0.div_euclid(second) * second));
                self.give(Input::Reply { request, reply, venue_time })
            }
        }
    }

    fn give(&mut self, input: Input) -> Result<(), SessionFault> {
        let Effects { sends, .. } = core::mem::take(self.kept.step(self.now, input)?);
        for send in sends {
            let (wait, arrival) = if matches!(send.call, Call::Write(..)) {
                let WayOfWrite { latency, slips, refused } = (self.plan.way)();
                (latency, if refused { Arrival::Refused } else { Arrival::Slips(slips) })
            } else {
                // Reads of several accounts do not arrive at one instant.
                (self.draw.time(0, 5), Arrival::Plain)
            };
            self.later(self.now + wait, SessionDue::Arrives(send, arrival));
        }
        Ok(())
    }
}
