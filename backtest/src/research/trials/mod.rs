//! Every set ever tried on an instrument, across runs: the more were tried, the
//! better the best of them looks by luck alone, whoever tried them and whether or
//! not the search was ended. Statistics that judge the best need that number.
//!
//! The file `trials.jsonl` lies beside the runs. A search adds a line when it
//! begins, and further lines as sets are done; nothing is ever changed or removed.
//!
//! ```text
//! {"version":1,"search":"<identity, hex>","shard":"1/1","instruments":[{"symbol":
//! "FILUSDT","interval_s":60,"first":"2023-08-01T00:00:00Z","last":"2023-09-01T00:00:00Z"}],
//! "strategy":["sma_cross"],"sets_planned":1000,"sets_done":990,"sets_failed":10}
//! ```
//!
//! # Invariants
//!
//! - The most sets that a line of a shard tells of count; a search that is resumed
//!   or repeated tries the same sets again and counts once. Shards add up. Where
//!   parts of different cuts overlap their sum counts, up to the sets they hold.
//! - A search counts where it shares an instrument and an instant of its span with
//!   what is asked for. Symbols are compared without case and punctuation, so that
//!   `FIL-USDT`, `FIL/USDT` and `FILUSDT` are one.
//! - The count is never too low in silence: what could not be read is a
//!   [`Doubt`] that says so, and a search that never told its end shows in
//!   [`Tried::untold`].
//! - Lines of processes that write at once do not mix. No clock gets in.
//!
//! # Known limits
//!
//! The same axes, constraints and draws over the same bytes are one search, whatever its
//! objective, `top` or `min_trades`. Another grid makes another search, although it may try
//! some of the same sets: the count is then too high, which is the careful side. An
//! instrument under another name (`XBT`, `BTC`) or another contract on the same
//! underlying does not count.

mod place;
mod registry;
mod trial;
mod tried;

pub use registry::{Registry, RegistryError};
pub use trial::{TradedSpan, Trial, TrialSpan, sets_identity};
pub use tried::{Doubt, Tried};
