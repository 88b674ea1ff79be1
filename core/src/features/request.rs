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
        /// Bars.
        n: usize,
    },
    /// Sum of the volumes of the `n` bars before this one: the volume baseline times `n`.
    VolumeSumBefore {
        /// Bars.
        n: usize,
    },
    /// Highest high of the `n` bars before this one.
    HighestBefore {
        /// Bars.
        n: usize,
    },
    /// Lowest low of the `n` bars before this one.
    LowestBefore {
        /// Bars.
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

/// A feature of recursive or irrational arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Real {
    /// Exponential mean of closes.
    Ema {
        /// Bars.
        n: usize,
    },
    /// Wilder's RSI of closes, 0 to 100.
    Rsi {
        /// Bars.
        n: usize,
    },
    /// Wilder's ATR.
    Atr {
        /// Bars.
        n: usize,
    },
    /// Population deviation of closes.
    Deviation {
        /// Bars.
        n: usize,
    },
    /// Volume-weighted mean of typical prices.
    Vwap {
        /// Bars.
        n: usize,
    },
    /// A MACD output of closes.
    Macd {
        /// Fast period, bars.
        fast: usize,
        /// Slow period, bars.
        slow: usize,
        /// Signal period, bars.
        signal: usize,
        /// Which output.
        output: MacdOutput,
    },
    /// A Bollinger band of closes.
    Bollinger {
        /// Bars.
        n: usize,
        /// Deviations from the mean.
        k: Fraction,
        /// Which band.
        band: Band,
    },
}

/// An output of MACD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MacdOutput {
    /// Fast mean less slow mean.
    Line,
    /// Exponential mean of the line.
    Signal,
    /// Line less signal.
    Histogram,
}

/// A Bollinger band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// Mean plus `k` deviations.
    Upper,
    /// The mean.
    Middle,
    /// Mean less `k` deviations.
    Lower,
}
