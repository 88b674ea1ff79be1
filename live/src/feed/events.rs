//! What feeds found out about bars, as events in their order.

use std::collections::BTreeSet;

use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;

use super::candles::TrackedBar;
use super::tape::TapeMark;

/// News of bars, each with its instrument and the length of its bars.
pub(super) type BarNews = Vec<(InstrumentId, Nanos, TrackedBar)>;

/// The events that they are at `there`, by the market's clock, with the moment to decide
/// behind all bars of an instant. A bar that closed more than its length ago is history:
/// nothing is decided on it.
pub(super) fn bar_events(news: BarNews, there: Nanos) -> Vec<(TapeMark, Body)> {
    let event = |(instrument, interval, bar)| {
        let (at, body) = match bar {
            TrackedBar::Opened { at, px } => (at, Body::Open { instrument, px }),
            TrackedBar::Closed { at, bar } if there - at > interval => {
                (at, Body::History { instrument, interval, bar })
            }
            TrackedBar::Closed { at, bar } => (at, Body::Bar { instrument, interval, bar }),
        };
        (TapeMark::of(at, &body), body)
    };
    let mut all: Vec<(TapeMark, Body)> = news.into_iter().map(event).collect();
    let closes = all.iter().filter(|(_, b)| b.closed_bar().is_some()).map(|(m, _)| m.0);
    let closes: BTreeSet<Nanos> = closes.collect();
    let decide = |at: Nanos| (TapeMark::of(at, &Body::Decide), Body::Decide);
    all.extend(closes.into_iter().map(decide));
    all.sort_by_key(|(mark, _)| *mark);
    all
}
