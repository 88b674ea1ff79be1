//! One instrument of the feed: its bars, its last trade, its book, and whether it comes.

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::depth::DepthSync;
use super::klines::KlineLine;
use super::terms::BinanceTerms;
use super::top::BookTop;
use super::wire::AggTrade;
use crate::feed::candles::CandleTrack;
use crate::feed::liveness::Liveness;
use crate::feed::market::FedMarket;
use crate::runner::VOLUME_DECIMALS;

/// What has to come of an instrument: messages of any kind, bars that are told, and a book
/// that is told where one is wanted.
pub(super) const MESSAGES: usize = 0;
pub(super) const BARS: usize = 1;
pub(super) const BOOK: usize = 2;

/// How much later than after two of its length a bar may come.
const LATE: Nanos = Nanos::SECOND.times(15);
/// How long to wait before a book is asked for again.
const AGAIN: Nanos = Nanos(500_000_000);
/// And at most.
const LONGEST: Nanos = Nanos::MINUTE;

/// An instrument, and how the exchange calls it.
#[derive(Clone, Debug)]
pub struct BinanceInstrument {
    /// Its number in the runner.
    pub id: InstrumentId,
    /// The instrument.
    pub market: FedMarket,
    /// How the exchange calls it.
    pub symbol: String,
    /// How the exchange calls the length of its bars.
    pub interval: &'static str,
    /// Open of the newest bar that the runner knows.
    pub newest: Option<Nanos>,
}

/// The last trade that is not told yet.
#[derive(Clone, Debug, Default)]
struct Trades {
    /// Number of the last one that came.
    last: Option<u64>,
    pending: Option<AggTrade>,
    told: Option<Nanos>,
}

/// The book of an instrument.
#[derive(Clone, Debug)]
pub(super) struct DepthLine {
    pub sync: DepthSync,
    pub top: BookTop,
    /// When a snapshot may be asked for.
    pub ask_at: Nanos,
    pub failures: u32,
}

impl DepthLine {
    /// A snapshot is asked for again after a while, longer each time.
    pub fn wait(&mut self, now: Nanos) {
        let wait = AGAIN.times(1 << self.failures.min(7)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.ask_at = Nanos(now.0.saturating_add(wait.0));
    }
}

/// What is known of one instrument.
#[derive(Clone, Debug)]
pub(super) struct MarketLine {
    pub id: InstrumentId,
    pub symbol: String,
    pub interval: &'static str,
    pub klines: KlineLine,
    pub depth: Option<DepthLine>,
    pub liveness: Liveness,
    /// The bar that was last found to be none, and whether a book was: each is said once.
    pub odd: (Option<Nanos>, bool),
    /// Whether an answer is awaited for bars, and for a book.
    pub asked: (bool, bool),
    trades: Trades,
    trades_every: Nanos,
    instrument: Instrument,
    rounds: bool,
}

impl MarketLine {
    pub fn new(of: BinanceInstrument, terms: &BinanceTerms, begun: Nanos) -> Self {
        let BinanceInstrument { id, market, symbol, interval, newest } = of;
        let instrument = market.instrument.clone();
        let times = market.times.clone();
        let depth = (terms.levels > 0).then(|| DepthLine {
            sync: DepthSync::new(terms.market),
            top: BookTop::new(instrument.clone(), terms.levels, terms.depth_every, terms.rounds),
            ask_at: Nanos(i64::MIN),
            failures: 0,
        });
        let bars = terms.quiet.max(times.nominal().times(2) + LATE);
        let patience = [terms.quiet, bars, terms.quiet];
        let track = CandleTrack::new(id, market, newest).rounding(terms.rounds);
        Self {
            id,
            symbol,
            interval,
            klines: KlineLine::new(track, terms.warm_up),
            depth,
            liveness: Liveness::new(times, begun, &patience[..2 + usize::from(terms.levels > 0)]),
            odd: (None, false),
            asked: (false, false),
            trades: Trades::default(),
            trades_every: terms.trades_every,
            instrument,
            rounds: terms.rounds,
        }
    }

    /// Takes a trade; one that came before is dropped. The number of those that are missing
    /// before it.
    pub fn trade(&mut self, trade: AggTrade) -> u64 {
        let last = self.trades.last;
        if last.is_some_and(|last| trade.id <= last) {
            return 0;
        }
        self.trades.last = Some(trade.id);
        let missing = last.map_or(0, |last| trade.id - last - 1);
        self.trades.pending = Some(trade);
        missing
    }

    /// When the last trade is to be told.
    pub fn trade_due(&self) -> Option<Nanos> {
        let told = self.trades.told;
        self.trades.pending.as_ref()?;
        Some(told.map_or(Nanos(i64::MIN), |told| told + self.trades_every))
    }

    /// The last trade, where it has not been told; what is wrong with it.
    pub fn take_trade(&mut self, now: Nanos) -> Option<Result<(Nanos, Body), String>> {
        let trade = self.trades.pending.take()?;
        self.trades.told = Some(now);
        let px = match self.rounds {
            true => self.instrument.price_near(trade.price).ok_or_else(|| trade.price.to_string()),
            false => self.instrument.price_exact(trade.price).map_err(|off| off.to_string()),
        };
        let body = px.and_then(|px| {
            let lots = lots(trade.quantity).ok_or_else(|| trade.quantity.to_string())?;
            let positive = Some(px).filter(|px| *px > Ticks(0));
            let px = positive.ok_or_else(|| trade.price.to_string())?;
            Ok(Body::PublicTrade { instrument: self.id, px, lots, taker: trade.taker })
        });
        Some(body.map(|body| (trade.ts, body)))
    }

    /// When anything of it is due, but for questions.
    pub fn next(&self, now: Nanos) -> Nanos {
        let book = self.depth.as_ref().and_then(|d| d.sync.book().and(d.top.due()));
        let due = [self.trade_due(), book].into_iter().flatten().min();
        due.unwrap_or(Nanos(i64::MAX)).min(self.liveness.next(now))
    }
}

fn lots(quantity: Decimal) -> Option<Lots> {
    let units = quantity.checked_mul(Decimal::from(10_u64.pow(VOLUME_DECIMALS)))?;
    i64::try_from(units.trunc()).ok().and_then(Lots::new)
}
