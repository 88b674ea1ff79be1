//! A recorded market, as the events that it was: opens and closes of bars of all its
//! instruments, funding, moments to decide, ends of segments, and days, in the one order
//! that events have.
//!
//! More than `simulation.segment_gap_s` of trading time without bars ends a segment, as in a
//! backtest: on paper
//! positions close at the last price before it, since nobody knows what they went through.
//! A backtest that is over closes what is open at the last price, too. A tape that is over
//! says nothing: positions stay open, and the next tape goes on.

use std::collections::VecDeque;

use tickstep_core::calendar::BarTimes;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;

use super::funding::FundingPayment;
use crate::clock::Clock;
use crate::driver::production::Fed;
use crate::runner::Input;

/// The bars of one instrument.
#[derive(Clone, Debug)]
pub struct RecordedMarket {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Where its bars lie in time.
    pub times: BarTimes,
    /// Its bars, in the order of time.
    pub bars: Vec<Bar>,
}

/// A place in a tape: time, rank of the event among those of its instant, instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TapeMark(pub Nanos, pub u8, pub InstrumentId);

impl TapeMark {
    /// The place of an event that was taken at a time.
    #[must_use]
    pub fn of(at: Nanos, body: &Body) -> Self {
        let instrument = body.instrument().unwrap_or(InstrumentId(0));
        Self(at, body.rank().unwrap_or(u8::MAX), instrument)
    }
}

/// An event of a tape.
#[derive(Clone, Debug, PartialEq)]
pub struct TapeEvent {
    /// Its place: the time at which it is told.
    pub mark: TapeMark,
    /// The market's time of it.
    pub ts_exch: Nanos,
    /// What happened.
    pub body: Body,
}

/// A market and how far it was played.
struct Playing {
    market: RecordedMarket,
    /// The bar whose open or close is next.
    next: usize,
    /// Whether it is in progress.
    open: bool,
}

impl Playing {
    fn upcoming(&self, warm_until: Nanos) -> Option<(TapeMark, Body)> {
        let RecordedMarket { instrument, times, bars } = &self.market;
        let (instrument, bar) = (*instrument, *bars.get(self.next)?);
        let (at, body) = if self.open {
            let interval = times.nominal();
            let body = match bar.ts_open < warm_until {
                true => Body::History { instrument, interval, bar },
                false => Body::Bar { instrument, interval, bar },
            };
            (times.close_of(bar.ts_open), body)
        } else {
            (bar.ts_open, Body::Open { instrument, px: bar.open })
        };
        Some((TapeMark::of(at, &body), body))
    }

    /// Goes on; whether the bar that closed was the last before more than `gap` of trading time
    /// without any.
    fn step(&mut self, gap: Nanos) -> bool {
        let closed = self.open;
        self.open = !closed;
        if !closed {
            return false;
        }
        self.next += 1;
        let RecordedMarket { times, bars, .. } = &self.market;
        match (bars.get(self.next - 1), bars.get(self.next)) {
            (Some(last), Some(next)) => {
                let missing = times.missing(last.ts_open, next.ts_open);
                times.nominal().0.saturating_mul(missing) > gap.0
            }
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }
}

/// A recorded market that is played from its beginning, or from behind a mark.
pub struct RecordedTape {
    markets: Vec<Playing>,
    /// Beginnings of days, the next one last.
    days: Vec<Nanos>,
    /// Bars that open before are only to warm up on.
    warm_until: Nanos,
    /// A close whose moment to decide has not come.
    decide: Option<Nanos>,
    /// Ends of segments that have not been told, in their order.
    ends: VecDeque<(Nanos, InstrumentId)>,
    /// Payments, the next one last.
    funding: Vec<FundingPayment>,
    /// Trading time without bars that ends a segment, where there is more.
    segment_gap: Nanos,
}

impl RecordedTape {
    /// A tape of markets. `days` are the beginnings of the account's days, in order; bars
    /// that open before `warm_until` are not decided on.
    #[must_use]
    pub fn new(markets: Vec<RecordedMarket>, days: &[Nanos], warm_until: Option<Nanos>) -> Self {
        let playing = markets.into_iter().map(|market| Playing { market, next: 0, open: false });
        let mut days = days.to_vec();
        days.reverse();
        let warm_until = warm_until.unwrap_or(Nanos(i64::MIN));
        let (ends, funding, segment_gap) = (VecDeque::new(), Vec::new(), Nanos::DAY);
        Self {
            markets: playing.collect(),
            days,
            warm_until,
            decide: None,
            ends,
            funding,
            segment_gap,
        }
    }

    /// From the first open to the last close; `None` where there is no bar.
    #[must_use]
    pub fn span(&self) -> Option<(Nanos, Nanos)> {
        let of = |m: &Playing| {
            let RecordedMarket { times, bars, .. } = &m.market;
            Some((bars.first()?.ts_open, times.close_of(bars.last()?.ts_open)))
        };
        self.markets.iter().filter_map(of).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The same with beginnings of days, in order.
    #[must_use]
    pub fn with_days(mut self, days: &[Nanos]) -> Self {
        self.days = days.iter().rev().copied().collect();
        self
    }

    /// The same where other trading time without bars than a day ends a segment.
    #[must_use]
    pub const fn with_segment_gap(mut self, gap: Nanos) -> Self {
        self.segment_gap = gap;
        self
    }

    /// The same with funding, in any order.
    #[must_use]
    pub fn with_funding(mut self, mut payments: Vec<FundingPayment>) -> Self {
        payments.sort_by_key(|p| (p.ts, p.instrument));
        payments.reverse();
        self.funding = payments;
        self
    }

    /// Everything behind a mark.
    pub fn behind(self, mark: Option<TapeMark>) -> impl Iterator<Item = (TapeMark, Body)> {
        self.skip_while(move |(at, _)| mark.is_some_and(|mark| *at <= mark))
    }
}

impl Iterator for RecordedTape {
    type Item = (TapeMark, Body);

    fn next(&mut self) -> Option<Self::Item> {
        let warm_until = self.warm_until;
        let upcoming = self.markets.iter().enumerate();
        let first = upcoming
            .filter_map(|(at, m)| m.upcoming(warm_until).map(|(mark, body)| (mark, at, body)))
            .min_by_key(|(mark, at, _)| (*mark, *at));
        let decide = self.decide.map(|at| TapeMark::of(at, &Body::Decide));
        let market = first.as_ref().map(|f| f.0);
        let ended = |(at, instrument): &(Nanos, InstrumentId)| {
            TapeMark::of(*at, &Body::SegmentStart { instrument: *instrument })
        };
        let end = self.ends.front().map(ended);
        // Days and funding are the market's: none before its first bar or after its last.
        let goes_on = market.is_some() || decide.is_some();
        let day = self.days.last().map(|at| TapeMark::of(*at, &Body::DayStart));
        let due = self.funding.last().map(|p| TapeMark::of(p.ts, &p.body()));
        let [day, due] = [day, due].map(|mark| mark.filter(|_| goes_on));
        let soonest = [market, decide, end, day, due].into_iter().flatten().min()?;
        if Some(soonest) == day {
            self.days.pop();
            return Some((soonest, Body::DayStart));
        }
        if Some(soonest) == due {
            return self.funding.pop().map(|payment| (soonest, payment.body()));
        }
        if Some(soonest) == decide {
            self.decide = None;
            return Some((soonest, Body::Decide));
        }
        if Some(soonest) == end {
            let (_, instrument) = self.ends.pop_front()?;
            return Some((soonest, Body::SegmentStart { instrument }));
        }
        let (mark, at, body) = first?;
        if body.closed_bar().is_some() {
            self.decide = Some(mark.0);
        }
        if self.markets[at].step(self.segment_gap) {
            self.ends.push_back((mark.0, self.markets[at].market.instrument));
        }
        Some((mark, body))
    }
}

/// Plays a tape to a driver; with a clock, each event when its time has come.
pub async fn play(
    tape: impl Iterator<Item = TapeEvent>,
    clock: Option<Clock>,
    feed: mpsc::Sender<Fed>,
) {
    for TapeEvent { mark: TapeMark(at, ..), ts_exch, body } in tape {
        if let Some(clock) = clock {
            clock.sleep_until(at).await;
        }
        let input = Input::Market { ts_exch, body };
        // A runner that has ended takes nothing more.
        if feed.send(Fed { at, input }).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
