//! Computes the features that were asked for, bar by bar and book by book.

use alloc::vec::Vec;

use super::error::FeatureError;
use super::node::{ExactNode, RealNode};
use super::row::{Features, UNDEFINED};
use super::spec::FeatureSpec;
use super::timeframe::time_bars;
use crate::bars::TimeBars;
use crate::book::{Applied, Book, BookError};
use crate::calendar::BarTimes;
use crate::depth::{DepthAnalyser, DepthParams};
use crate::event::{Bar, BookUpdate};
use crate::params::OutOfRange;
use crate::units::Nanos;

struct Requests {
    timeframe: Option<TimeBars>,
    exact: Vec<(usize, ExactNode)>,
    real: Vec<(usize, RealNode)>,
}

/// Computes the requested features of one instrument, bar by bar.
pub struct Pipeline {
    times: BarTimes,
    max_gap: i64,
    last_open: Option<Nanos>,
    base: Requests,
    frames: Vec<Requests>,
    book: Option<BookFeature>,
    width: (usize, usize),
}

impl Pipeline {
    /// A pipeline over bars that lie at `times`; after more than `max_gap` missing
    /// bars everything warms up again.
    pub fn new(spec: &FeatureSpec, times: &BarTimes, max_gap: u32) -> Result<Self, FeatureError> {
        let interval = times.interval();
        let mut timeframes: Vec<Nanos> = spec
            .exact
            .iter()
            .map(|r| r.0)
            .chain(spec.real.iter().map(|r| r.0))
            .filter_map(|t| t.longer_than(interval))
            .collect();
        timeframes.sort_unstable();
        timeframes.dedup();
        let of = |wanted: Option<Nanos>| -> Result<Requests, FeatureError> {
            let mut requests = Requests {
                timeframe: wanted.map(|t| time_bars(t, interval)).transpose()?,
                exact: Vec::new(),
                real: Vec::new(),
            };
            for (index, (timeframe, what)) in spec.exact.iter().enumerate() {
                if timeframe.longer_than(interval) == wanted {
                    requests.exact.push((index, ExactNode::new(*what)?));
                }
            }
            for (index, (timeframe, what)) in spec.real.iter().enumerate() {
                if timeframe.longer_than(interval) == wanted {
                    requests.real.push((index, RealNode::new(*what)?));
                }
            }
            Ok(requests)
        };
        Ok(Self {
            times: times.clone(),
            max_gap: i64::from(max_gap),
            last_open: None,
            base: of(None)?,
            frames: timeframes.into_iter().map(|t| of(Some(t))).collect::<Result<_, _>>()?,
            book: spec.book.clone().map(BookFeature::new).transpose()?,
            width: (spec.exact.len(), spec.real.len()),
        })
    }

    /// An empty row for this pipeline.
    #[must_use]
    pub fn row(&self) -> Features {
        Features::undefined(self.width.0, self.width.1)
    }

    /// Forgets everything: a new segment begins.
    pub fn reset(&mut self, row: &mut Features) {
        self.last_open = None;
        self.base.reset();
        for frame in &mut self.frames {
            frame.reset();
        }
        row.clear();
    }

    /// Takes a change of the order book received at `ts`. One that contradicts
    /// itself is refused and changes nothing; where nobody asked for the book
    /// there is nothing to do.
    pub fn push_book(
        &mut self,
        ts: Nanos,
        update: &BookUpdate,
    ) -> Result<Option<Applied>, BookError> {
        self.book.as_mut().map(|book| book.push(ts, update)).transpose()
    }

    /// Looks at the order book for decisions at `now`: a book that is too old
    /// by then counts as absent.
    #[inline]
    pub fn look_at_book(&self, now: Nanos, row: &mut Features) {
        if let Some(book) = &self.book {
            book.look(now, row);
        }
    }

    /// Takes a closed bar; `row` then holds the features at its close.
    #[inline]
    pub fn push(&mut self, bar: &Bar, row: &mut Features) {
        if let Some(last) = self.last_open {
            let ts = bar.ts_open;
            if !self.times.follows(last, ts) && self.times.missing(last, ts) > self.max_gap {
                self.reset(row);
            }
        }
        self.last_open = Some(bar.ts_open);
        row.move_on(bar);
        self.base.push(bar, row);
        if !self.frames.is_empty() {
            let close = self.times.close_of(bar.ts_open);
            for frame in &mut self.frames {
                frame.push_finer(bar, close, row);
            }
        }
    }
}

impl Requests {
    fn reset(&mut self) {
        if let Some(bars) = &mut self.timeframe {
            bars.reset();
        }
        for (_, node) in &mut self.exact {
            node.reset();
        }
        for (_, node) in &mut self.real {
            node.reset();
        }
    }

    #[inline]
    fn push(&mut self, bar: &Bar, row: &mut Features) {
        for (index, node) in &mut self.exact {
            row.exact[*index].now = node.next(bar).unwrap_or(UNDEFINED);
        }
        for (index, node) in &mut self.real {
            row.real[*index].now = node.next(bar).unwrap_or(f64::NAN);
        }
    }

    fn push_finer(&mut self, bar: &Bar, close: Nanos, row: &mut Features) {
        let Some(bars) = &mut self.timeframe else { return };
        let closed = bars.push(bar, close);
        for bar in closed.into_iter().flatten() {
            self.push(&bar, row);
        }
    }
}

/// One instrument's book and its analysis.
#[derive(Clone, Debug)]
struct BookFeature {
    book: Book,
    analyser: DepthAnalyser,
}

impl BookFeature {
    fn new(params: DepthParams) -> Result<Self, OutOfRange> {
        Ok(Self { book: Book::new(), analyser: DepthAnalyser::new(params)? })
    }

    /// Takes a change of the book received at `ts`; a refused one changes nothing.
    fn push(&mut self, ts: Nanos, update: &BookUpdate) -> Result<Applied, BookError> {
        let applied = self.book.apply(update)?;
        self.analyser.update(ts, &self.book);
        Ok(applied)
    }

    fn look(&self, now: Nanos, row: &mut Features) {
        row.set_book(self.analyser.analysis(now));
    }
}
