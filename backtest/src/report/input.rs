//! What a report of a run is made of.

use jiff::tz::TimeZone;

use super::text::Lang;
use crate::folder::RunFolder;
use crate::series::Series;

/// The bars behind a run.
#[derive(Clone, Copy, Debug)]
pub enum ReportPrices<'a> {
    /// The same that it was made from.
    Loaded(&'a [Series]),
    /// They cannot be had any more, for this reason.
    Gone(&'a str),
}

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct ReportInput<'a> {
    /// The folder of the run that is reported.
    pub run: &'a RunFolder,
    /// The bars that the page draws trades on.
    pub prices: ReportPrices<'a>,
    /// Language of the page.
    pub lang: Lang,
    /// Zone of every time, month, weekday and hour shown.
    pub zone: TimeZone,
}
