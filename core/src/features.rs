//! Features: what strategies may know, a pure function of market data and
//! window lengths.
//!
//! A strategy asks for features once and gets ids; the [`Pipeline`] computes
//! every distinct request once, bar by bar, into a [`Features`] row. Rows are an
//! argument of the engine, not a field, so a thousand engines can share one.
//! Anything that touches our own orders, or a threshold, is no feature.
//!
//! Invariants: a row at the close of bar *t* uses nothing later; a feature of
//! a longer timeframe changes only when a bar of that timeframe has closed;
//! after more than `max_gap` missing bars everything warms up again. Undefined
//! is `None` (inside a row a reserved bit pattern that no value can have).
//!
//! Prices in features are in ticks.

mod book;
mod columns;
mod frame;
mod integers;
mod node;
mod request;

use alloc::vec::Vec;

use crate::book::{Applied, BookError};
use crate::depth::{DepthAnalysis, DepthParams};
use crate::event::{Bar, BookUpdate};
use crate::params::{OutOfRange, ParamError};
use crate::units::Nanos;

use book::BookFeature;
pub use columns::{Column, Columns, Request, afresh};
use frame::Resampler;
pub use frame::Timeframe;
pub use integers::Integers;
use node::{ExactNode, RealNode};
pub use request::{Band, Exact, MacdOutput, Real};

/// Where an exact feature stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactId(usize);

/// Where a real feature stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealId(usize);

/// A feature cannot be computed as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// A window is out of range.
    #[error(transparent)]
    Period(#[from] OutOfRange),
    /// A parameter of the strategy is out of range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A timeframe is not a multiple of the bars it is built from.
    #[error("a timeframe of {timeframe} s cannot be built from bars of {interval} s")]
    Timeframe {
        /// Asked for, seconds.
        timeframe: i64,
        /// Bars of the data, seconds.
        interval: i64,
    },
}

/// What the strategies on one instrument asked for; equal requests are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureSpec {
    exact: Vec<(Timeframe, Exact)>,
    real: Vec<(Timeframe, Real)>,
    book: Option<DepthParams>,
}

impl FeatureSpec {
    /// Asks for the analysis of the order book; strategies on one instrument
    /// share it, so they must ask for the same.
    pub fn book(&mut self, params: &DepthParams) -> Result<(), FeatureError> {
        params.validate()?;
        if self.book.as_ref().is_some_and(|asked| asked != params) {
            return Err(ParamError::Conflict(
                "depth differs between strategies on one instrument; they share its order book",
            )
            .into());
        }
        self.book = Some(params.clone());
        Ok(())
    }

    /// Asks for an exact feature.
    pub fn exact(&mut self, timeframe: Timeframe, what: Exact) -> Result<ExactId, FeatureError> {
        ExactNode::new(what)?;
        Ok(ExactId(slot(&mut self.exact, (timeframe, what))))
    }

    /// Asks for a real feature.
    pub fn real(&mut self, timeframe: Timeframe, what: Real) -> Result<RealId, FeatureError> {
        RealNode::new(what)?;
        Ok(RealId(slot(&mut self.real, (timeframe, what))))
    }
}

fn slot<T: PartialEq>(requests: &mut Vec<T>, request: T) -> usize {
    requests.iter().position(|r| *r == request).unwrap_or_else(|| {
        requests.push(request);
        requests.len() - 1
    })
}

const UNDEFINED: i64 = i64::MIN;

/// A value at the last close and at the close before, side by side because
/// both move on together.
#[derive(Clone, Copy, Debug)]
struct Pair<T> {
    now: T,
    before: T,
}

impl<T: Copy> Pair<T> {
    const fn both(value: T) -> Self {
        Self { now: value, before: value }
    }
}

/// The features of one instrument at its last close and at the close before.
/// Real values are never NaN, so NaN marks `None`.
#[derive(Clone, Debug, Default)]
pub struct Features {
    exact: Vec<Pair<i64>>,
    real: Vec<Pair<f64>>,
    bar: Option<Bar>,
    bar_before: Option<Bar>,
    book: Option<DepthAnalysis>,
}

impl Features {
    /// Value at this close.
    #[inline]
    #[must_use]
    pub fn exact(&self, id: ExactId) -> Option<i64> {
        defined(self.exact[id.0].now)
    }

    /// Value at the close before; `None` also when that bar is unknown.
    #[inline]
    #[must_use]
    pub fn exact_before(&self, id: ExactId) -> Option<i64> {
        defined(self.exact[id.0].before)
    }

    /// Value at this close.
    #[inline]
    #[must_use]
    pub fn real(&self, id: RealId) -> Option<f64> {
        Some(self.real[id.0].now).filter(|v| !v.is_nan())
    }

    /// Value at the close before; `None` also when that bar is unknown.
    #[inline]
    #[must_use]
    pub fn real_before(&self, id: RealId) -> Option<f64> {
        Some(self.real[id.0].before).filter(|v| !v.is_nan())
    }

    /// The bar that just closed.
    #[inline]
    #[must_use]
    pub fn bar(&self) -> Option<&Bar> {
        self.bar.as_ref()
    }

    /// The bar before it, unless a gap parts them.
    #[inline]
    #[must_use]
    pub fn bar_before(&self) -> Option<&Bar> {
        self.bar_before.as_ref()
    }

    /// The order book, when it is fresh.
    #[inline]
    #[must_use]
    pub fn book(&self) -> Option<&DepthAnalysis> {
        self.book.as_ref()
    }

    /// Sets what is known of the order book at the instant of the decision.
    pub fn set_book(&mut self, book: Option<DepthAnalysis>) {
        self.book = book;
    }

    /// What was known at this close becomes what was known before.
    #[inline]
    fn move_on(&mut self, bar: &Bar) {
        for value in &mut self.exact {
            value.before = value.now;
        }
        for value in &mut self.real {
            value.before = value.now;
        }
        self.bar_before = self.bar;
        self.bar = Some(*bar);
    }

    fn clear(&mut self) {
        self.exact.fill(Pair::both(UNDEFINED));
        self.real.fill(Pair::both(f64::NAN));
        (self.bar, self.bar_before, self.book) = (None, None, None);
    }
}

#[inline]
fn defined(v: i64) -> Option<i64> {
    if v == UNDEFINED { None } else { Some(v) }
}

struct Requests {
    timeframe: Option<Resampler>,
    exact: Vec<(usize, ExactNode)>,
    real: Vec<(usize, RealNode)>,
}

/// Computes the requested features of one instrument, bar by bar.
pub struct Pipeline {
    interval: Nanos,
    max_gap: i64,
    last_open: Option<Nanos>,
    base: Requests,
    frames: Vec<Requests>,
    book: Option<BookFeature>,
    width: (usize, usize),
}

impl Pipeline {
    /// A pipeline over bars of `interval`; after more than `max_gap` missing
    /// bars everything warms up again.
    pub fn new(spec: &FeatureSpec, interval: Nanos, max_gap: u32) -> Result<Self, FeatureError> {
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
                timeframe: wanted.map(|t| Resampler::new(t, interval)).transpose()?,
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
            interval,
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
        Features {
            exact: alloc::vec![Pair::both(UNDEFINED); self.width.0],
            real: alloc::vec![Pair::both(f64::NAN); self.width.1],
            bar: None,
            bar_before: None,
            book: None,
        }
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
            let step = bar.ts_open - last;
            if step != self.interval && missing(step, self.interval) > self.max_gap {
                self.reset(row);
            }
        }
        self.last_open = Some(bar.ts_open);
        row.move_on(bar);
        self.base.push(bar, row);
        for frame in &mut self.frames {
            frame.push_finer(bar, self.interval, row);
        }
    }
}

/// Bars missing between two whose open times differ by `step`.
#[must_use]
pub fn missing(step: Nanos, interval: Nanos) -> i64 {
    step.0 / interval.0 - 1
}

impl Requests {
    fn reset(&mut self) {
        if let Some(resampler) = &mut self.timeframe {
            resampler.reset();
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

    fn push_finer(&mut self, bar: &Bar, interval: Nanos, row: &mut Features) {
        let Some(resampler) = &mut self.timeframe else { return };
        let closed = resampler.push(bar, interval);
        for bar in closed.into_iter().flatten() {
            self.push(&bar, row);
        }
    }
}

#[cfg(test)]
mod tests;
