//! Rules read off a chart, decided on integers: crosses of means, breakouts,
//! streaks, pivots and the levels they make.
//!
//! Invariants: a tie is a tie however long the run is, since no rule here
//! divides; and everything is stated when it is known. A pivot is confirmed
//! `right` bars after its bar, and not before.

mod breakout;
mod cross;
mod levels;
mod pivot;
mod streak;

pub use breakout::{Breakout, breakout};
pub use cross::{Cross, Mean, MeanPair};
pub use levels::{Levels, SupportResistance};
pub use pivot::{Confirmed, Pivots};
pub use streak::Streak;
