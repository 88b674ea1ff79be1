//! A market written into files that can be read back: bars and trades in the layouts of
//! Binance's public archive, order books as the messages that came, each with its time.
//!
//! What is decided is decided without I/O: which rows are missing and asked for
//! ([`Sequence`]), when a whole book is wanted ([`BookLine`]), all of it together
//! ([`RecordMachine`]). [`MarketRecorder`] is the task around it, [`SeriesWriter`] the files of one
//! stream, [`check_recording`] the judge of what lies on the disk.
//!
//! Invariants: rows of a file are in the order of their numbers, each once; a row is written
//! whole or cut off by the next start; what is missing between two rows is noted, in the sums
//! of the file and in `gaps.csv`; a file that is finished is never written again.
//!
//! Refuses to do: invent a row; mend a file in which a whole row is not as it was written.

mod ask;
mod bars;
mod book_line;
mod check;
mod fault;
mod folder;
mod gap_list;
mod machine;
mod row;
mod scan;
mod seal;
mod segment_name;
mod sequence;
mod series;
mod tape_sum;
mod task;
mod wire;

pub use bars::{MadeBars, make_bars};
pub use book_line::{BookLine, ChangeStep};
pub use check::{CheckedSeries, check_recording};
pub use fault::RecordFault;
pub use folder::{RecordFolder, RecordedInstrument};
pub use gap_list::GAPS;
pub use machine::{RecordAct, RecordLine, RecordMachine, RecordTerms};
pub use row::{RowMark, RowNumbers, row_mark};
pub use scan::{Scanned, scan};
pub use seal::seal_path;
pub use segment_name::{RecordedStream, SegmentName, told_time};
pub use sequence::{NumberedRow, Sequence};
pub use series::{RowWritten, SeriesWriter, segments_of};
pub use tape_sum::{Hole, SegmentSums, Summing};
pub use task::{MarketRecorder, RecordPlan, RecordStartError};
