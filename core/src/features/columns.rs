//! Features of a whole series, computed once and shared by whoever asks for
//! them again: the same nodes as in a [`Pipeline`], their values kept.
//!
//! A row read from columns is the row that the pipeline would have made; the
//! order book is no part of it.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::error::FeatureError;
use super::node::{ExactNode, RealNode};
use super::packed::Integers;
use super::pipeline::Pipeline;
use super::request::{Exact, Real};
use super::row::{Features, Pair, UNDEFINED, defined};
use super::spec::FeatureSpec;
use super::timeframe::Timeframe;
use crate::calendar::BarTimes;
use crate::event::Bar;

/// A feature as a key: equal requests are one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// A feature decided on integers, of bars of a timeframe.
    Exact(Timeframe, Exact),
    /// A feature of recursive or irrational arithmetic, of bars of a timeframe.
    Real(Timeframe, Real),
}

/// A feature's values at every close.
#[derive(Clone, Debug)]
pub enum Column {
    /// Values of an exact feature, in ticks, lots or bars.
    Exact(Integers),
    /// Values of a real feature, NaN where undefined.
    Real(Arc<[f64]>),
}

impl Column {
    /// Bytes that it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Exact(values) => values.bytes(),
            Self::Real(values) => size_of_val::<[f64]>(values),
        }
    }

    /// The integers of an exact feature.
    #[must_use]
    pub fn integers(&self) -> Option<&Integers> {
        match self {
            Self::Exact(values) => Some(values),
            Self::Real(_) => None,
        }
    }

    /// The floats of a real feature with `None` as NaN.
    #[must_use]
    pub fn floats(&self) -> Option<&[f64]> {
        match self {
            Self::Real(values) => Some(values),
            Self::Exact(_) => None,
        }
    }

    /// Value of an exact feature at a close.
    #[must_use]
    pub fn exact(&self, at: usize) -> Option<i64> {
        self.integers().filter(|values| at < values.len()).and_then(|v| defined(v.at(at)))
    }

    /// Value of a real feature at a close.
    #[must_use]
    pub fn real(&self, at: usize) -> Option<f64> {
        self.floats().and_then(|values| values.get(at).copied()).filter(|v| !v.is_nan())
    }

    /// A feature's values over `bars`. `starts` are the first bars of segments,
    /// ascending; after more than `max_gap` missing bars it warms up again too.
    pub fn compute(
        request: Request,
        times: &BarTimes,
        max_gap: u32,
        bars: &[Bar],
        starts: &[usize],
    ) -> Result<Self, FeatureError> {
        let afresh = afresh(bars, times, max_gap, starts);
        let base = |timeframe: Timeframe| timeframe.longer_than(times.interval()).is_none();
        match request {
            Request::Exact(timeframe, what) if base(timeframe) => {
                let mut node = ExactNode::new(what)?;
                let mut values = Vec::with_capacity(bars.len());
                for segment in parts(bars, &afresh) {
                    node.reset();
                    values.extend(segment.iter().map(|b| node.next(b).unwrap_or(UNDEFINED)));
                }
                Ok(Self::Exact(Integers::new(&values)))
            }
            Request::Real(timeframe, what) if base(timeframe) => {
                let mut node = RealNode::new(what)?;
                let mut values = Vec::with_capacity(bars.len());
                for segment in parts(bars, &afresh) {
                    node.reset();
                    values.extend(segment.iter().map(|b| node.next(b).unwrap_or(f64::NAN)));
                }
                Ok(Self::Real(values.into()))
            }
            Request::Exact(..) | Request::Real(..) => {
                Self::resampled(request, times, max_gap, bars, &afresh)
            }
        }
    }

    /// The feature of longer bars, by the pipeline that builds them.
    fn resampled(
        request: Request,
        times: &BarTimes,
        max_gap: u32,
        bars: &[Bar],
        afresh: &[usize],
    ) -> Result<Self, FeatureError> {
        let mut spec = FeatureSpec::default();
        match request {
            Request::Exact(timeframe, what) => drop_id(spec.exact(timeframe, what)?),
            Request::Real(timeframe, what) => drop_id(spec.real(timeframe, what)?),
        }
        let mut pipeline = Pipeline::new(&spec, times, max_gap)?;
        let mut row = pipeline.row();
        let (mut exact, mut real) = (Vec::new(), Vec::new());
        for segment in parts(bars, afresh) {
            pipeline.reset(&mut row);
            for bar in segment {
                pipeline.push(bar, &mut row);
                exact.extend(row.exact.first().map(|pair| pair.now));
                real.extend(row.real.first().map(|pair| pair.now));
            }
        }
        Ok(match request {
            Request::Exact(..) => Self::Exact(Integers::new(&exact)),
            Request::Real(..) => Self::Real(real.into()),
        })
    }
}

/// Asking is all that was wanted; there is one feature to read.
fn drop_id<T>(_id: T) {}

/// Closes that know of none before them: the first, first bars of segments, and
/// those after more than `max_gap` missing bars.
#[must_use]
pub fn afresh(bars: &[Bar], times: &BarTimes, max_gap: u32, starts: &[usize]) -> Vec<usize> {
    let far = |at: usize| {
        let (before, ts) = (bars[at - 1].ts_open, bars[at].ts_open);
        !times.follows(before, ts) && times.missing(before, ts) > i64::from(max_gap)
    };
    let mut starts = starts.iter().copied().peekable();
    let begins = |at: &usize| {
        let start = starts.next_if_eq(at).is_some();
        *at == 0 || start || far(*at)
    };
    (0..bars.len()).filter(begins).collect()
}

/// `bars`, cut before each of `afresh`.
fn parts<'a>(bars: &'a [Bar], afresh: &'a [usize]) -> impl Iterator<Item = &'a [Bar]> {
    let ends = afresh.iter().skip(1).copied().chain([bars.len()]);
    afresh.iter().zip(ends).map(|(start, end)| &bars[*start..end])
}

impl FeatureSpec {
    /// What was asked for, exact features first, each in the order of its ids.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let exact = self.exact.iter().map(|(t, what)| Request::Exact(*t, *what));
        let real = self.real.iter().map(|(t, what)| Request::Real(*t, *what));
        exact.chain(real).collect()
    }

    /// Whether the order book was asked for.
    #[must_use]
    pub const fn wants_book(&self) -> bool {
        self.book.is_some()
    }
}

/// Columns of a spec, read as rows.
#[derive(Clone, Debug)]
pub struct Columns {
    exact: Vec<Integers>,
    real: Vec<Arc<[f64]>>,
    /// Closes before which nothing is known: first bars of segments, and those
    /// after too long a gap.
    afresh: Arc<[usize]>,
}

impl Columns {
    /// `columns` are those of [`FeatureSpec::requests`], `afresh` the closes that
    /// know of none before them, ascending.
    #[must_use]
    pub fn new(columns: &[Column], afresh: Arc<[usize]>) -> Self {
        let exact = columns.iter().filter_map(|c| match c {
            Column::Exact(values) => Some(values.clone()),
            Column::Real(_) => None,
        });
        let real = columns.iter().filter_map(|c| match c {
            Column::Real(values) => Some(values.clone()),
            Column::Exact(_) => None,
        });
        Self { exact: exact.collect(), real: real.collect(), afresh }
    }

    /// An empty row for these columns.
    #[must_use]
    pub fn row(&self) -> Features {
        Features {
            exact: alloc::vec![Pair::both(UNDEFINED); self.exact.len()],
            real: alloc::vec![Pair::both(f64::NAN); self.real.len()],
            ..Features::default()
        }
    }

    /// Puts the features at close number `at` of `bars` into `row`.
    #[inline]
    pub fn read(&self, at: usize, bars: &[Bar], row: &mut Features) {
        let before = (at > 0 && self.afresh.binary_search(&at).is_err()).then(|| at - 1);
        for (pair, column) in row.exact.iter_mut().zip(&self.exact) {
            *pair = Pair { now: column.at(at), before: before.map_or(UNDEFINED, |b| column.at(b)) };
        }
        for (pair, column) in row.real.iter_mut().zip(&self.real) {
            *pair = Pair { now: column[at], before: before.map_or(f64::NAN, |b| column[b]) };
        }
        row.bar = Some(bars[at]);
        row.bar_before = before.map(|b| bars[b]);
    }
}
