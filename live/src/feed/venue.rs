//! A broker's candles and quotes, asked for again and again by one account's session, for
//! all instruments.
//!
//! Candles are asked for when a bar should have closed, and again until it has. Quotes are
//! asked for each second while a position is open, less often where the budget of requests
//! is too small, and seldom where nothing is open. What was missed while the session was
//! down is filled by asking for it; bars that are older than one of their length are
//! history by then, on which nothing is decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::candles::CandleTrack;
use super::events::bar_events;
use super::liveness::Liveness;
use super::market::FedMarket;
use super::share::Share;
use super::tape::TapeMark;
use crate::broker::{Broker, Call, Candle, CandleInterval, Fault, Quote, Read, Reply};
use crate::clock::Clock;
use crate::driver::production::{Control, Fed};
use crate::runner::Input;

/// How long to wait before asking again for one that was not there.
const AGAIN: Nanos = Nanos(2_000_000_000);
/// How often quotes are asked for where nothing is open, at most.
const IDLE: Nanos = Nanos(10_000_000_000);
/// After so long a quote is told again that is what it was.
const RETOLD: Nanos = Nanos(5_000_000_000);
/// Most bars of one answer: one interface of Match-Trader gives no more than 750.
const BARS: i64 = 700;
/// How much later than it should a bar may come before its market stands still.
const LATE: Nanos = Nanos(15_000_000_000);

/// How often a broker may be asked for its market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenueFeedTerms {
    /// How often quotes are asked for while a position is open.
    pub quotes_every: Nanos,
    /// How long after a close a candle is asked for first.
    pub candle_after: Nanos,
    /// How often candles are asked for in a minute at most: what the limit of requests
    /// keeps for them.
    pub candles_a_minute: usize,
    /// Bars that are asked for at the start.
    pub warm_up: usize,
    /// How long a reply is awaited.
    pub timeout: Nanos,
}

/// An instrument at a broker.
#[derive(Clone, Debug)]
pub struct VenueMarket {
    /// Its number in the runner.
    pub id: InstrumentId,
    /// The instrument.
    pub market: FedMarket,
    /// How the broker calls it.
    pub symbol: String,
    /// The broker's name for the length of its bars.
    pub interval: CandleInterval,
    /// Open of the newest bar that the runner knows.
    pub newest: Option<Nanos>,
}

/// A feed from a broker.
pub struct VenueFeed {
    /// The session that it is asked by.
    pub broker: Arc<dyn Broker>,
    /// The broker's server, as the runner's hosts name it.
    pub server: String,
    /// The instruments.
    pub markets: Vec<VenueMarket>,
    /// How often it may be asked.
    pub terms: VenueFeedTerms,
}

/// An instrument, and how it is asked for.
struct Asking {
    track: CandleTrack,
    symbol: String,
    interval: CandleInterval,
    liveness: Liveness,
}

impl VenueFeed {
    /// Brings news until nobody listens.
    pub async fn run(self, clock: Clock, control: Control, feed: mpsc::Sender<Fed>) {
        let Self { broker, server, markets, terms } = self;
        let symbols: Vec<String> = markets.iter().map(|m| m.symbol.clone()).collect();
        let begun = clock.now();
        let asking = markets.into_iter().map(|m| Asking {
            liveness: Liveness::new(
                m.market.times.clone(),
                begun,
                &[m.market.times.nominal().times(2) + LATE],
            ),
            track: CandleTrack::new(m.id, m.market, m.newest),
            symbol: m.symbol,
            interval: m.interval,
        });
        let poll = Poll { broker, server, terms, clock, feed };
        tokio::join!(poll.candles(asking.collect()), poll.quotes(&symbols, &control));
    }
}

/// The quotes of a venue whose candles are not the market's: prices there are held against
/// those of another feed.
pub struct VenueQuotes {
    /// The session that they are asked by.
    pub broker: Arc<dyn Broker>,
    /// The broker's server, as the runner's hosts name it.
    pub server: String,
    /// The broker's symbols.
    pub symbols: Vec<String>,
    /// How often they are asked for.
    pub every: Nanos,
    /// How long a reply is awaited.
    pub timeout: Nanos,
}

impl VenueQuotes {
    /// Brings quotes until nobody listens.
    pub async fn run(self, clock: Clock, control: Control, feed: mpsc::Sender<Fed>) {
        let Self { broker, server, symbols, every, timeout } = self;
        let terms = VenueFeedTerms {
            quotes_every: every,
            candle_after: Nanos(0),
            candles_a_minute: 0,
            warm_up: 0,
            timeout,
        };
        Poll { broker, server, terms, clock, feed }.quotes(&symbols, &control).await;
    }
}

/// What both kinds of questions need.
struct Poll {
    broker: Arc<dyn Broker>,
    server: String,
    terms: VenueFeedTerms,
    clock: Clock,
    feed: mpsc::Sender<Fed>,
}

/// Nobody listens any more.
struct Deaf;

impl Poll {
    async fn ask(&self, read: Read) -> (Reply, Option<Nanos>) {
        ask(Arc::clone(&self.broker), read, self.clock.real(self.terms.timeout)).await
    }

    async fn tell(&self, at: Nanos, input: Input) -> Result<(), Deaf> {
        self.feed.send(Fed { at, input }).await.map_err(|_| Deaf)
    }

    async fn wait(&self, until: Nanos) -> Result<(), Deaf> {
        tokio::select! {
            () = self.clock.sleep_until(until) => Ok(()),
            () = self.feed.closed() => Err(Deaf),
        }
    }

    async fn candles(&self, mut asking: Vec<Asking>) {
        let mut share = Share::new(self.terms.candles_a_minute);
        loop {
            let now = self.clock.now();
            let replies = self.ask_behind(&asking, now, &mut share).await;
            let told = take_all(&mut asking, replies, self.clock.now());
            if self.bring(told).await.is_err() {
                return;
            }
            for one in &mut asking {
                if self.note_still(one).await.is_err() {
                    return;
                }
            }
            let now = self.clock.now();
            let next = asking.iter().map(|one| match one.track.next_close() {
                Some(close) if !one.track.is_behind(now) => close + self.terms.candle_after,
                Some(_) | None => now + AGAIN,
            });
            let next = next.min().unwrap_or(now + AGAIN).max(share.free_at(now));
            if self.wait(next).await.is_err() {
                return;
            }
        }
    }

    /// Asks for the candles of all instruments that lack one, at once, as far as the limit
    /// of requests has room for them; those that lack theirs longest come first.
    async fn ask_behind(
        &self,
        asking: &[Asking],
        now: Nanos,
        share: &mut Share,
    ) -> Vec<(usize, Vec<Candle>, Option<Nanos>)> {
        let mut asked = JoinSet::new();
        let deadline = self.clock.real(self.terms.timeout);
        let mut behind: Vec<(usize, &Asking)> =
            asking.iter().enumerate().filter(|(_, one)| one.track.is_behind(now)).collect();
        behind.sort_by_key(|(at, one)| (one.track.closed(), *at));
        for (at, one) in behind {
            if !share.take(now) {
                break;
            }
            let (from, to) = one.track.wanted(now, self.terms.warm_up);
            let (symbol, interval) = (one.symbol.clone(), one.interval);
            let broker = Arc::clone(&self.broker);
            asked.spawn(async move {
                (at, ask_span(broker, symbol, interval, (from, to), deadline).await)
            });
        }
        let mut replies = Vec::new();
        while let Some(done) = asked.join_next().await {
            match done {
                Ok((at, (Reply::Candles(candles), venue_time))) => {
                    replies.push((at, candles, venue_time));
                }
                Ok((at, (other, _))) => {
                    let symbol = asking[at].track.symbol();
                    tracing::debug!(symbol, reply = ?other, "no candles");
                }
                Err(error) => tracing::error!(%error, "asking for candles failed"),
            }
        }
        replies.sort_by_key(|(at, ..)| *at);
        replies
    }

    /// Hands on what is new, in the order of events; decisions come after all bars of an
    /// instant.
    async fn bring(&self, told: Vec<(TapeMark, Body)>) -> Result<(), Deaf> {
        for (TapeMark(ts_exch, ..), body) in told {
            self.tell(self.clock.now(), Input::Market { ts_exch, body }).await?;
        }
        Ok(())
    }

    /// Says when a market has begun to stand still, or goes on.
    async fn note_still(&self, one: &mut Asking) -> Result<(), Deaf> {
        let now = self.clock.now();
        let Some(still_since) = one.liveness.look(now) else { return Ok(()) };
        self.tell(now, Input::Feed { instrument: one.track.id, still_since }).await
    }

    async fn quotes(&self, symbols: &[String], control: &Control) {
        let mut last: BTreeMap<String, (Quote, Nanos)> = BTreeMap::new();
        let mut asked = self.clock.now();
        loop {
            let read = Read::Quotes(symbols.to_vec());
            let mut every = if control.holds() { self.terms.quotes_every } else { IDLE };
            match self.ask(read).await.0 {
                Reply::Quotes(quotes) => {
                    let quotes = self.news(quotes, &mut last);
                    let (server, news) = (self.server.clone(), !quotes.is_empty());
                    let input = Input::Quotes { server, quotes };
                    if news && self.tell(self.clock.now(), input).await.is_err() {
                        return;
                    }
                }
                Reply::Failed(Fault::TooMany { retry_after }) => {
                    every = every.max(retry_after.unwrap_or(IDLE));
                }
                other => tracing::debug!(reply = ?other, "no quotes"),
            }
            asked = self.clock.now().max(asked);
            let due = Nanos(asked.0 + every.0);
            // A position that is opened meanwhile is looked at from the next second on.
            loop {
                let now = self.clock.now();
                let soon = Nanos(asked.0.saturating_add(self.terms.quotes_every.0));
                if now >= due || (control.holds() && now >= soon && every == IDLE) {
                    break;
                }
                if self.wait(due.min(now + Nanos::SECOND)).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The quotes that are other than told last, or were told long ago: that one has come again
    /// says that it holds.
    fn news(
        &self,
        mut quotes: Vec<Quote>,
        last: &mut BTreeMap<String, (Quote, Nanos)>,
    ) -> Vec<Quote> {
        let now = self.clock.now();
        quotes.retain(|q| {
            last.get(&q.symbol).is_none_or(|(known, at)| known != q || now - *at >= RETOLD)
        });
        for quote in &quotes {
            last.insert(quote.symbol.clone(), (quote.clone(), now));
        }
        quotes
    }
}

async fn ask(
    broker: Arc<dyn Broker>,
    read: Read,
    deadline: std::time::Duration,
) -> (Reply, Option<Nanos>) {
    let late = (Reply::Failed(Fault::Timeout), None);
    tokio::time::timeout(deadline, broker.call(Call::Read(read))).await.unwrap_or(late)
}

/// Candles of a span, asked for part by part where one answer could not have them all. One
/// part that fails is the reply to the whole.
async fn ask_span(
    broker: Arc<dyn Broker>,
    symbol: String,
    interval: CandleInterval,
    (from, to): (Nanos, Nanos),
    deadline: std::time::Duration,
) -> (Reply, Option<Nanos>) {
    let mut all = Vec::new();
    let mut begin = from;
    loop {
        let end = to.min(begin + interval.length().times(BARS));
        let (symbol, broker) = (symbol.clone(), Arc::clone(&broker));
        let read = Read::Candles { symbol, interval, from: begin, to: end };
        let (reply, date) = ask(broker, read, deadline).await;
        let Reply::Candles(candles) = reply else { return (reply, date) };
        all.extend(candles);
        if end >= to {
            return (Reply::Candles(all), date);
        }
        begin = end;
    }
}

/// What replies tell that is new, in the order of events.
fn take_all(
    asking: &mut [Asking],
    replies: Vec<(usize, Vec<Candle>, Option<Nanos>)>,
    now: Nanos,
) -> Vec<(TapeMark, Body)> {
    let mut all = Vec::new();
    for (at, candles, venue_time) in replies {
        let one = &mut asking[at];
        // Without the broker's time a bar is finished a little later than it is.
        let there = venue_time.unwrap_or(now - AGAIN);
        let (told, faults) = one.track.take(&candles, there);
        for fault in faults {
            tracing::warn!(%fault, "a candle is left out");
        }
        if let Some(closed) = one.track.closed() {
            one.liveness.heard(0, closed);
        }
        let (id, interval) = (one.track.id, one.track.interval());
        let news = told.into_iter().map(|bar| (id, interval, bar)).collect();
        all.extend(bar_events(news, there));
    }
    // What brokers said at different times is one market.
    all.sort_by_key(|(mark, _)| *mark);
    all.dedup_by_key(|(mark, _)| *mark);
    all
}

#[cfg(test)]
#[path = "venue_tests.rs"]
mod tests;
