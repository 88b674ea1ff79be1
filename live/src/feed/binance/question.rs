//! Questions by REST, and answers.

use tickstep_core::units::Nanos;

use super::wire::DepthSnapshot;
use crate::broker::Candle;

/// A question by REST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinanceQuestion {
    /// Bars that open in `[from, to)`.
    Klines {
        /// The exchange's symbol.
        symbol: String,
        /// The exchange's word for the length of a bar.
        interval: &'static str,
        /// First open.
        from: Nanos,
        /// End.
        to: Nanos,
        /// Rows that are wanted at most.
        limit: u32,
    },
    /// A whole book.
    Depth {
        /// The exchange's symbol.
        symbol: String,
        /// Levels of a side that are wanted at most.
        limit: u32,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinanceAnswer {
    /// Bars.
    Klines {
        /// The bars, the one in progress among them.
        bars: Vec<Candle>,
        /// What the exchange counts of this address in its minute, where it says so.
        used: Option<u32>,
    },
    /// A book.
    Depth {
        /// The book.
        snapshot: DepthSnapshot,
        /// What the exchange counts of this address in its minute, where it says so.
        used: Option<u32>,
    },
    /// The exchange has had enough: a 429 or a 418.
    TooMany {
        /// Which of them.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Nanos>,
    },
    /// There is none.
    Failed(String),
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum QuestionOf {
    /// Bars of an instrument; to where, and how many at most.
    Klines { line: usize, to: Nanos, limit: u32 },
    /// A book of an instrument.
    Depth { line: usize },
}
