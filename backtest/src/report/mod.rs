//! `report.html`: one file that answers what a trader asks of a run, without a
//! network. It is a function of the run folder, the bars and the choices in
//! [`ReportInput`]; no clock, host or absolute path gets in.
//!
//! # Invariants
//!
//! - Long series are reduced before they are embedded: curves to their outline,
//!   candles to packed differences that fit a budget, single trades to an even
//!   selection. Every sum and table counts all trades.
//! - Nothing from the run reaches the page as markup: all of it is in one JSON
//!   element with `<` escaped, and its script writes text only.
//!
//! # Known limits
//!
//! A spike level is read from the reason of the entry's decision, to its four
//! decimals. Above 6,000 trades, charts of single trades show a selection.

mod assumed;
mod bins;
mod candles;
pub mod chart;
mod claims;
mod compare;
mod costs;
mod entries;
mod facts;
mod figures;
pub(crate) mod html;
mod input;
pub(crate) mod labels;
mod live;
mod parameters;
mod print;
pub(crate) mod reduce;
mod run_page;
mod svg;
mod terminal;
pub(crate) mod text;

pub use compare::{Comparison, compare};
pub use figures::{FigureGroup, figures, grouped_figures, why_undefined};
pub use input::{ReportInput, ReportPrices};
pub use live::{
    AccountComparison, LiveComparison, LiveError, LiveJournal, LiveOptions, TradeLine, TradeSide,
    compare_live, journal_folder,
};
pub use print::{money, number};
pub use run_page::page_of;
pub use svg::{Curve, Tiles};
pub use terminal::{RunOpening, opening, terminal};
pub use text::Lang;
