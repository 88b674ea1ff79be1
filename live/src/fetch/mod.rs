//! Bars from Binance's public archive, or a copy of it: months, and days of months that have
//! no file yet.
//!
//! Invariants: nothing has the name of an archive before its SHA-256 is what the archive
//! says; what is there and right is not brought again; what was cut off goes on where it
//! ended, where the server can; no name leads out of the folder.
//!
//! Refuses to do: unpack. `tickstep run` reads the archives as they are.

mod archive;
mod bring;
mod plan;
mod span;
mod transfer;

pub use archive::{ArchiveBars, ArchiveMarket, sum_in};
pub use bring::{Brought, bring};
pub use plan::{FetchPlan, FetchedBars, PUBLIC_ARCHIVE, elsewhere, fetch};
pub use span::{DaySpan, Period};
pub use transfer::{ArchiveServer, FetchWatcher, TransferFault};
