//! When a market trades, and where the bars of an instrument lie in time.
//!
//! A market that never closes needs neither: a bar ends an interval after it opens, and
//! a day is the UTC day. A market with trading hours has a [`Calendar`], and its bars
//! lie where [`BarTimes`] says. Everything that counts bars counts trading time through
//! it: bars that are missing, how long a position was held, whether an order lapses. So
//! a weekend or a lunch break is no gap, and no time that was held.
//!
//! All of it is data, points in UTC: the core knows no time zone. Who reads a
//! configuration makes them from names, weekdays, hours and holidays.

mod bar_times;
mod hours;
mod interval;

pub use bar_times::{Anchor, BarTimes, BarTimesError, Period};
pub use hours::{Calendar, CalendarError, OpenHours};
pub use interval::Interval;
