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
pub(crate) mod page;
mod parameters;
mod reduce;
pub(crate) mod text;

use jiff::tz::TimeZone;
use serde::Serialize;

pub use compare::{Comparison, compare};
pub use text::Lang;

use crate::folder::RunFolder;
use crate::series::Series;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const ECHARTS: &str = include_str!("vendor/echarts.min.js");

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

impl ReportInput<'_> {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        let page = page::Page::new(self);
        let words = self.lang.strings();
        fill(self.lang, &words.title.replace("{0}", &self.run.title()), &page, SCRIPT)
    }
}

/// The template with its places filled, each once: what is put in is not looked at again.
pub(crate) fn fill(lang: Lang, title: &str, data: &impl Serialize, script: &str) -> String {
    let (title, data) = (escape(title), embed(data));
    let mut html = String::with_capacity(ECHARTS.len() + data.len() + 100_000);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        html.push_str(before);
        html.push_str(match name {
            "lang" => lang.tag(),
            "title" => &title,
            "css" => STYLE,
            "echarts" => ECHARTS,
            "data" => &data,
            "js" => script,
            _ => "",
        });
        rest = after;
    }
    html.push_str(rest);
    html
}

/// JSON that cannot end the element it stands in.
fn embed(data: &impl Serialize) -> String {
    // Plain structs with text keys and finite numbers always have a JSON.
    let json = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_embedded_ends_its_element() {
        let hostile = "</script><script>alert(1)</script><!--\u{2028}";
        let html = fill(Lang::En, hostile, &[hostile, "{{js}}"], "\"{{data}}\"");
        assert!(!html.contains("alert(1)</script><!--"));
        assert!(html.contains("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>"));
        assert!(html.contains("<title>&lt;/script&gt;"));
        // What looks like a place inside data stays data.
        assert!(html.contains("\"{{js}}\"]") && html.contains("\"{{data}}\""));
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        for part in [TEMPLATE, STYLE, SCRIPT] {
            assert!(!part.contains("http:") && !part.contains("https:") && !part.contains("url("));
        }
        assert!(!ECHARTS.contains("</script"));
        assert!(!SCRIPT.contains("innerHTML"));
    }
}
