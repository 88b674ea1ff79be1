//! What is wanted of a slot: to enter with these exits, or to leave. A strategy that was
//! given them says signals at closes ([`crate::strategy::scheduled`]), a program outside
//! at any instant ([`crate::event::Body::Signal`]).
//!
//! It stands below events and strategies, because both are made of it.

use serde::{Deserialize, Serialize};

use crate::instrument::Instrument;
use crate::order::Bracket;
use crate::params::{OutOfRange, ParamError, above_zero, proper_fraction};
use crate::units::{Fraction, Nanos, Side, Ticks};

/// What is wanted of one slot at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Close of the bar at which it is decided, nanoseconds since the Unix epoch, UTC;
    /// it fills at the next open. Of a signal from outside, when it was made: it is decided
    /// when it comes.
    pub ts: Nanos,
    /// Side of an entry; an opposite position is reversed, the same side changes nothing.
    pub enter: Option<Side>,
    /// Stop, target and hold of the entry.
    pub exits: Exits,
    /// Whether an open long position is left.
    pub leave_long: bool,
    /// Whether an open short position is left.
    pub leave_short: bool,
}

impl Signal {
    /// An entry that is left by these exits, or by a later signal.
    #[must_use]
    pub const fn enter(ts: Nanos, side: Side, exits: Exits) -> Self {
        Self { ts, enter: Some(side), exits, leave_long: false, leave_short: false }
    }

    /// The end of whatever position is open.
    #[must_use]
    pub const fn leave(ts: Nanos) -> Self {
        Self { ts, enter: None, exits: Exits::NONE, leave_long: true, leave_short: true }
    }

    /// Whether an open position on `side` is left.
    #[must_use]
    pub const fn leaves(&self, side: Side) -> bool {
        match side {
            Side::Buy => self.leave_long,
            Side::Sell => self.leave_short,
        }
    }

    /// Checks what comes from outside: distances above zero, a fraction of the stop below
    /// one, and a hold of at most 366 days.
    ///
    /// ```
    /// use tickstep_core::signal::{Distance, Exits, Signal};
    /// use tickstep_core::units::{Fraction, Nanos, Side};
    ///
    /// let with = |stop| Signal::enter(Nanos(0), Side::Buy, Exits { stop, ..Exits::NONE });
    /// assert!(with(None).validate().is_ok());
    /// assert!(with(Some(Distance::Ticks(0.5))).validate().is_ok());
    /// assert!(with(Some(Distance::Ticks(f64::NAN))).validate().is_err());
    /// let whole = with(Some(Distance::Fraction(Fraction::lit(1, 0)))).validate();
    /// assert_eq!(
    ///     whole.unwrap_err().to_string(),
    ///     "stop = 1 is out of range; it must be above 0 and below 1"
    /// );
    /// ```
    pub fn validate(&self) -> Result<(), ParamError> {
        let Exits { stop, target, hold } = self.exits;
        match stop {
            Some(Distance::Fraction(f)) => proper_fraction("stop", f)?,
            Some(Distance::Ticks(ticks)) => ticks_away("stop", ticks)?,
            None => {}
        }
        match target {
            Some(Distance::Fraction(f)) => {
                above_zero("target", f, Fraction::lit(1_000, 0), "above 0, at most 1000")?;
            }
            Some(Distance::Ticks(ticks)) => ticks_away("target", ticks)?,
            None => {}
        }
        match hold {
            Some(hold) if hold.0 <= 0 || hold > LONGEST => {
                Err(OutOfRange::new("hold", hold.0, "above 0 ns and at most 366 days").into())
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The longest hold.
const LONGEST: Nanos = Nanos(366 * Nanos::DAY.0);

/// Most ticks that a level may be away, and far more than any is.
const FAR: f64 = 1e15;

fn ticks_away(field: &'static str, ticks: f64) -> Result<(), ParamError> {
    if ticks > 0.0 && ticks <= FAR {
        return Ok(());
    }
    Err(match field {
        "stop" => ParamError::Conflict("stop must be a distance above 0 and at most 1e15 ticks"),
        _ => ParamError::Conflict("target must be a distance above 0 and at most 1e15 ticks"),
    })
}

/// Distance of a level from the price it is anchored on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// A fraction of the price.
    Fraction(Fraction),
    /// Ticks, from an indicator.
    Ticks(f64),
}

impl Distance {
    /// The most that any money of a lot entered at `px` comes to, in ticks: its value, or
    /// what it loses at a stop that is further away than the price is high.
    #[inline]
    #[must_use]
    pub fn reach(stop: Option<Self>, px: Ticks) -> Ticks {
        match stop {
            // `as` saturates.
            Some(Self::Ticks(away)) => px.max(Ticks(away as i64)),
            Some(Self::Fraction(_)) | None => px,
        }
    }

    /// Levels of a position on `side` at these distances from `px`.
    #[inline]
    #[must_use]
    pub fn bracket(
        instrument: &Instrument,
        side: Side,
        stop: Option<Self>,
        target: Option<Self>,
        px: Ticks,
    ) -> Bracket {
        Bracket {
            stop: stop.map(|d| match d {
                Self::Fraction(f) => instrument.stop_level(side, px, f),
                Self::Ticks(t) => instrument.stop_from_distance(side, px, t),
            }),
            target: target.map(|d| match d {
                Self::Fraction(f) => instrument.target_level(side, px, f),
                Self::Ticks(t) => instrument.target_from_distance(side, px, t),
            }),
        }
    }
}

/// How a position that is opened at some close would be left again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exits {
    /// Distance of the stop from the entry price.
    pub stop: Option<Distance>,
    /// Distance of the target from the entry price.
    pub target: Option<Distance>,
    /// Close at the first open at or after entry time plus this.
    pub hold: Option<Nanos>,
}

impl Exits {
    /// None: left by the opposite entry, a signal or the end of the data.
    pub const NONE: Self = Self { stop: None, target: None, hold: None };
}
