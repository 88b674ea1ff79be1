//! A month's figures: how long it was up, how fast and how well brokers answered, what it
//! took of its machine, which limits were reached, and what people did.
//!
//! What happened is read from the journal, which is replayed from the file that reaches back
//! to the month's first instant; what was measured each minute is in the database. Where
//! either does not reach back so far, the page says from when it knows.

mod figures;
mod month;
mod page;

use tickstep_journal::{ReadError, Reader, Source};

use crate::driver::{Build, KeptError, Recovered, Replayed, file_before, replay_seen};
use crate::store::SampleRow;

pub use figures::{AccountFigures, Down, Figures, ReviewLine};
pub use month::{Month, NoMonth};
pub use page::page;

/// Why there is no review.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal does not replay.
    #[error(transparent)]
    Replay(#[from] KeptError),
    /// Nothing was written down then.
    #[error("nothing was written down in {0}")]
    Nothing(String),
}

/// Gathers a month's figures; `samples` are what was measured in it, oldest first.
///
/// # Errors
/// When the journal cannot be read or replayed, or has nothing of the month.
pub fn review<S: Source + Clone>(
    source: &S,
    build: &Build<'_>,
    month: &Month,
    samples: Vec<SampleRow>,
) -> Result<Figures, ReviewError> {
    let nothing = || ReviewError::Nothing(month.name.clone());
    let file = file_before(source, month.from)?.ok_or_else(nothing)?;
    let reader = Reader::from_file(source.clone(), file)?;
    let mut figures = Figures::new(month, samples);
    let mut seen = |seen: Replayed<'_>| figures.take(&seen);
    replay_seen(reader, build, &mut Recovered::default(), &mut seen)?;
    if figures.known.is_none() { Err(nothing()) } else { Ok(figures) }
}
