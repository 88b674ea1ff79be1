//! What can be asked for.

use crate::units::Fraction;

/// A feature decided on integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exact {
    /// Open of the last closed bar.
    Open,
    /// High of the last closed bar.
    High,
    /// Low of the last closed bar.
    Low,
    /// Close of the last closed bar.
    Close,
    /// Volume of the last closed bar.
    Volume,
    /// Taker-buy volume of the last closed bar, where the data has it.
    TakerBuy,
    /// Sum of the last `n` closes, this bar's included: the simple mean times `n`.
    CloseSum {
        /// Number of closes summed.
        n: usize,
    },
    /// Sum of the volumes of the `n` bars before this one: the volume baseline times `n`.
    VolumeSumBefore {
        /// Number of bars before this one.
        n: usize,
    },
    /// Highest high of the `n` bars before this one.
    HighestBefore {
        /// Number of bars before this one.
        n: usize,
    },
    /// Lowest low of the `n` bars before this one.
    LowestBefore {
        /// Number of bars before this one.
        n: usize,
    },
    /// How many bars in a row closed above (positive) or below (negative) their open.
    Streak,
    /// Nearest confirmed pivot low at or below the close.
    Support {
        /// Bars before the pivot that must be higher.
        left: usize,
        /// Bars after the pivot that must not be lower.
        right: usize,
        /// How many pivots are remembered.
        keep: usize,
    },
    /// Nearest confirmed pivot high at or above the close.
    Resistance {
        /// Bars before the pivot that must be lower.
        left: usize,
        /// Bars after the pivot that must not be higher.
        right: usize,
        /// How many pivots are remembered.
        keep: usize,
    },
}

impl Exact {
    /// Bars that it looks back on, the last closed one included.
    pub(super) const fn window(self) -> usize {
        match self {
            Self::Open
            | Self::High
            | Self::Low
            | Self::Close
            | Self::Volume
            | Self::TakerBuy
            | Self::Streak => 1,
            Self::CloseSum { n } => n,
            Self::VolumeSumBefore { n } | Self::HighestBefore { n } | Self::LowestBefore { n } => {
                n.saturating_add(1)
            }
            Self::Support { left, right, .. } | Self::Resistance { left, right, .. } => {
                left.saturating_add(right).saturating_add(1)
            }
        }
    }
}

impl Real {
    /// Bars that it looks back on at least, the last closed one included.
    pub(super) const fn window(self) -> usize {
        match self {
            Self::Ema { n } | Self::Deviation { n } | Self::Vwap { n } => n,
            Self::Bollinger { n, .. } => n,
            Self::Rsi { n } | Self::Atr { n } => n.saturating_add(1),
            Self::Macd { slow, signal, .. } => slow.saturating_add(signal),
        }
    }
}

/// A feature of recursive or irrational arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Real {
    /// Exponential mean of closes.
    Ema {
        /// Period, in bars: the last close weighs `2 / (n + 1)`.
        n: usize,
    },
    /// Wilder's RSI of closes, 0 to 100.
    Rsi {
        /// Number of changes that Wilder's smoothing spans.
        n: usize,
    },
    /// Wilder's average true range, in ticks.
    Atr {
        /// Number of bars that Wilder's smoothing spans.
        n: usize,
    },
    /// Population deviation of the last closes, in ticks.
    Deviation {
        /// Number of closes.
        n: usize,
    },
    /// Volume-weighted mean of typical prices, in ticks.
    Vwap {
        /// Number of bars.
        n: usize,
    },
    /// A MACD output of closes.
    Macd {
        /// Period of the fast mean, in bars.
        fast: usize,
        /// Period of the slow mean, in bars.
        slow: usize,
        /// Period of the line's mean, in bars.
        signal: usize,
        /// Which of the three outputs.
        output: MacdOutput,
    },
    /// A Bollinger band of closes.
    Bollinger {
        /// Number of closes.
        n: usize,
        /// Deviations from the mean.
        k: Fraction,
        /// Which of the three bands.
        band: Band,
    },
}

/// What is told apart where an indicator bounded to 0 to 100 meets a threshold: values
/// nearer than this are equal. Wilder's smoothing is rounded at every bar, by less than
/// this, and an exact tie stays a tie.
const TIE: f64 = 1e-9;

impl Real {
    /// How far a value may be from a level and equal it.
    const fn tie(self) -> f64 {
        match self {
            Self::Rsi { .. } => TIE,
            Self::Ema { .. }
            | Self::Atr { .. }
            | Self::Deviation { .. }
            | Self::Vwap { .. }
            | Self::Macd { .. }
            | Self::Bollinger { .. } => 0.0,
        }
    }

    /// Whether a value of this feature is above a level; NaN is not. The one place where
    /// rules, wakes and sweeps ask it.
    ///
    /// ```
    /// use tickstep_core::features::Real;
    /// let rsi = Real::Rsi { n: 3 };
    /// assert!(!rsi.is_above(30.000000000000004, 30.0), "equal but for rounding");
    /// assert!(rsi.is_above(30.0000001, 30.0));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_above(self, value: f64, level: f64) -> bool {
        value - level > self.tie()
    }

    /// Whether a value of this feature is below a level; NaN is not.
    #[inline]
    #[must_use]
    pub fn is_below(self, value: f64, level: f64) -> bool {
        level - value > self.tie()
    }
}

/// Which output of MACD, all in the unit of the closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MacdOutput {
    /// Fast mean less slow mean.
    Line,
    /// Exponential mean of the line.
    Signal,
    /// The line less its signal.
    Histogram,
}

/// Which line of the Bollinger bands, in the unit of the closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// Mean plus `k` deviations.
    Upper,
    /// Mean of the closes.
    Middle,
    /// Mean less `k` deviations.
    Lower,
}
