//! From news of the market to what is decided, and to what is to be sent.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tickstep_core::event::{Bar, Body, Event};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{Intent, Order, OrderUpdate, Unfilled};
use tickstep_core::risk::Approved;
use tickstep_core::session::{AccountId, Observer, Session};
use tickstep_core::units::Nanos;
use tickstep_journal::Folder;
use tickstep_live::driver::Kept;
use tickstep_live::record::ConfigText;
use tickstep_live::runner::Effects;

use crate::desk::{Bare, Desk};
use crate::disk::Counted;
use crate::figures::Figures;
use crate::plan::Plan;

/// One instrument that every account enters at every fourth bar.
pub const fn plan(accounts: u16) -> Plan {
    Plan { accounts, symbols: 1, every: 4, per_minute: 100_000, paper: false }
}

/// What engines ask for.
#[derive(Default)]
struct Placed(Vec<(AccountId, Order)>);

impl Observer for Placed {
    fn intent(&mut self, account: AccountId, intent: &Approved) {
        if let Intent::Place(order) = intent.intent() {
            self.0.push((account, *order));
        }
    }
}

/// Times of a moment to decide: where nothing was decided, and where everybody did.
#[derive(Default)]
pub struct Moments {
    pub quiet: Vec<Duration>,
    pub all: Vec<Duration>,
}

impl Moments {
    fn note(&mut self, took: Duration, intents: usize, accounts: u16) {
        match intents {
            0 => self.quiet.push(took),
            n if n >= usize::from(accounts) => self.all.push(took),
            _ => {}
        }
    }
}

/// From a bar to the intents of all accounts: features, marks, limits, strategies, sizes
/// and risk. Every order is refused, so that the next entry is free.
pub fn engines(accounts: u16, bars: &[Bar], decisions: usize) -> anyhow::Result<Moments> {
    let engines = (0..accounts).map(|a| (plan(accounts).engine(a), None)).collect();
    let mut session = Session::of(engines, 1)?;
    let mut placed = Placed::default();
    let mut moments = Moments::default();
    let mut bars = bars.iter();
    while moments.all.len() < decisions {
        let Some(bar) = bars.next() else { anyhow::bail!("more decisions than bars") };
        let close = bar.ts_open + Nanos::MINUTE;
        let (instrument, interval) = (InstrumentId(0), Nanos::MINUTE);
        let begun = Instant::now();
        let bar = Event::at(close, 0, Body::Bar { instrument, interval, bar: *bar });
        session.feed(bar, &mut placed)?;
        session.feed(Event::at(close, 0, Body::Decide), &mut placed)?;
        moments.note(begun.elapsed(), placed.0.len(), accounts);
        for (account, Order { id: order, slot, .. }) in core::mem::take(&mut placed.0) {
            let update = OrderUpdate::Ended(Unfilled::Rejected);
            let refused = Event::at(close, 0, Body::Order { order, slot, update });
            session.report(account, refused, &mut placed)?;
        }
    }
    Ok(moments)
}

/// From the moment to decide to requests that may be sent: the engines, one decision as
/// what is published of it, orders checked against the broker's terms and the limits.
pub fn runner(accounts: u16, bars: &[Bar], decisions: usize) -> Moments {
    let runner = plan(accounts).runner(bars[0].ts_open);
    let mut desk = Desk::open(plan(accounts), bars, Bare { runner, effects: Effects::default() });
    let mut moments = Moments::default();
    while moments.all.len() < decisions {
        desk.minute(10);
        let (took, sent) = desk.decided;
        moments.note(took, sent, accounts);
    }
    moments
}

/// A decision with its journal on a disk.
pub struct Journalled {
    /// Until it is durable, from the moment to decide on.
    pub durable: Figures,
    /// Of that, waiting for the disk.
    pub sync: Figures,
}

/// The same with a journal: each decision waits for the disk once, however many accounts
/// there are.
pub fn journalled(accounts: u16, bars: &[Bar], decisions: usize) -> anyhow::Result<Journalled> {
    let folder = tempfile::tempdir()?;
    let build = move |_: &str, now| Ok(plan(accounts).runner(now));
    let disk = Counted::new(Folder::open(folder.path())?);
    let text = ConfigText::default();
    let (kept, _) = Kept::open(disk, 1 << 16, &text, &build, bars[0].ts_open)?;
    let mut desk = Desk::open(plan(accounts), bars, kept);
    let (mut durable, mut syncs) = (Vec::new(), Vec::new());
    while durable.len() < decisions {
        desk.minute(60);
        let (took, sent) = desk.decided;
        if sent < usize::from(accounts) {
            continue;
        }
        let of_it = &desk.syncs_at_decision;
        ensure!(of_it.len() == 1, "{} syncs for one decision of {sent} orders", of_it.len());
        durable.push(took);
        syncs.push(of_it[0]);
    }
    Ok(Journalled { durable: Figures::of(durable), sync: Figures::of(syncs) })
}
