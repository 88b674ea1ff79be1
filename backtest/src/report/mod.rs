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

mod bins;
mod candles;
mod compare;
mod costs;
mod entries;
mod figures;
pub(crate) mod html;
pub(crate) mod page;
mod parameters;
mod print;
mod reduce;
mod terminal;
pub(crate) mod text;

use jiff::tz::TimeZone;

pub use compare::{Comparison, compare};
pub use figures::{figures, why_undefined};
pub use terminal::terminal;
pub use text::Lang;

use crate::folder::RunFolder;
use crate::series::Series;

/// The bars behind a run.
#[derive(Clone, Copy, Debug)]
pub enum Prices<'a> {
    /// The same that it was made from.
    Loaded(&'a [Series]),
    /// They cannot be had any more, for this reason.
    Gone(&'a str),
}

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct ReportInput<'a> {
    /// The run.
    pub run: &'a RunFolder,
    /// Its bars.
    pub prices: Prices<'a>,
    /// Language.
    pub lang: Lang,
    /// Zone of every time, month, weekday and hour shown.
    pub zone: TimeZone,
}

/// The English page of a run whose bars are loaded, as the run folder is given it.
pub fn page_of<'a>(
    series: &'a [Series],
    zone: &'a TimeZone,
) -> impl FnOnce(&RunFolder) -> String + 'a {
    move |run| {
        let (prices, lang, zone) = (Prices::Loaded(series), Lang::En, zone.clone());
        ReportInput { run, prices, lang, zone }.html()
    }
}

impl ReportInput<'_> {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        let page = page::Page::new(self);
        let words = self.lang.strings();
        let title = words.title.replace("{0}", &self.run.title());
        html::fill(self.lang, &title, &page, &html::RUN)
    }
}
