//! `report.html` of a search: one file that answers whether its best set can be
//! believed, before it shows how good that set is.
//!
//! # Invariants
//!
//! - The verdict stands first; a part whose data is `None` is left out.
//! - The size of a page does not grow with the search: surfaces come aggregated,
//!   histograms have at most [`BARS`] bars, tables at most [`ROWS`] rows.
//! - Nothing from a configuration reaches the page as markup; no clock, host or
//!   path gets in.
//!
//! # Known limits
//!
//! Names of figures are shown as given, except those that the report of a run has
//! Korean for. Axes go by the shortest ending of their keys that tells them apart; what
//! was searched names them in full. Verdict, findings and times come as words.

mod forward;
mod maps;
mod page;
mod sections;
mod spread;
mod text;
mod validation;

pub use forward::{PathsSection, WalkForwardSection, WindowRow};
pub use page::{ROWS, SearchReport};
pub use sections::{
    BandRow, BestSets, EquityCurves, FindingRow, LuckSection, ObjectiveSpread, Searched, SetRow,
    VerdictSection,
};
pub use spread::{BARS, ValueHistogram};
pub use validation::Shown;
pub(crate) use validation::time_in_print;
