//! The terms of a run in words: sizes, margin, limits and the simulated exchange, each
//! default marked as one.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use tickstep_core::stats::Stats;

use super::print::{count, money, number};
use super::text::Lang;
use crate::folder::Term;

/// Label and value of what the run was made under; nothing where its terms are not known,
/// as of the folders of older versions.
pub(crate) fn assumed(
    terms: &[Term],
    stats: &Stats,
    currency: &str,
    lang: Lang,
) -> Vec<(String, String)> {
    if terms.is_empty() {
        return Vec::new();
    }
    let words = TermWords { terms, lang };
    let mut rows = words.sizings();
    rows.push((
        words.pick("Typical trade", "보통 거래 크기").to_owned(),
        words.typical(stats, currency),
    ));
    rows.extend(words.margins());
    rows.extend(words.calendars(stats.period.days_per_year));
    rows.push((words.pick("Limits", "한도").to_owned(), words.limits()));
    rows.push((words.pick("Simulation", "체결 가정").to_owned(), words.listed("simulation.")));
    rows
}

struct TermWords<'a> {
    terms: &'a [Term],
    lang: Lang,
}

impl<'a> TermWords<'a> {
    fn pick<T>(&self, en: T, ko: T) -> T {
        match self.lang {
            Lang::En => en,
            Lang::Ko => ko,
        }
    }

    fn default_word(&self, term: &Term) -> &'static str {
        match term {
            Term { default: true, .. } => self.pick(" (default)", " (기본값)"),
            Term { inferred: true, .. } => {
                self.pick(" (told by the open times)", " (시가 시각에서 추정)")
            }
            _ => "",
        }
    }

    /// Names between `prefix` and `.suffix`, in the order they are listed.
    fn names(&self, prefix: &str, suffix: &str) -> Vec<&'a str> {
        let name = |t: &'a Term| t.key.strip_prefix(prefix)?.strip_suffix(suffix);
        self.terms.iter().filter_map(name).collect()
    }

    /// The terms below a prefix, as `key value`.
    fn listed(&self, prefix: &str) -> String {
        let below = |t: &Term| {
            let key = t.key.strip_prefix(prefix)?;
            Some(format!("{key} {}{}", t.value, self.default_word(t)))
        };
        self.terms.iter().filter_map(below).collect::<Vec<_>>().join(", ")
    }

    fn sizings(&self) -> Vec<(String, String)> {
        let size = |name: &str| {
            let label = self.pick("Size of ", "수량 결정: ");
            (format!("{label}{name}"), self.listed(&format!("strategy.{name}.sizing.")))
        };
        self.names("strategy.", ".sizing.method").into_iter().map(size).collect()
    }

    fn typical(&self, stats: &Stats, currency: &str) -> String {
        let s = &stats.sizes;
        let Some((notional, share)) = s.median_notional.zip(s.median_share) else {
            return self.pick("no trades", "거래 없음").to_owned();
        };
        let amount = Decimal::from_f64_retain(notional).map_or_else(
            || format!("{} {currency}", number(notional, 2)),
            |amount| money(amount, stats.outcome.starting_cash, currency),
        );
        let (share, most) =
            (number(share * 100.0, 1), number(s.largest_share.unwrap_or(share) * 100.0, 1));
        let mut text = self.pick(
            format!("{amount}, {share} % of equity (at most {most} %)"),
            format!("{amount}, 자산의 {share} % (최대 {most} %)"),
        );
        let sent = stats.signals.entries + stats.signals.unfilled.values().sum::<u64>();
        if let Some((cut, n)) = stats.signals.most_cut() {
            let (cut, n, sent) = (cut.name(), count(n), count(sent));
            let _ = write!(
                text,
                "; {}",
                self.pick(
                    format!("bound by {cut} in {n} of {sent} orders"),
                    format!("주문 {sent}건 중 {n}건은 {cut} 한도로 결정"),
                )
            );
        }
        text
    }

    fn margins(&self) -> Vec<(String, String)> {
        let one = |name: &str| {
            let of = |key: &str| {
                let key = format!("instrument.{name}.{key}");
                let term = self.terms.iter().find(|t| t.key == key)?;
                Some(format!("{}{}", term.value, self.default_word(term)))
            };
            let of = |key: &str| of(key).unwrap_or_default();
            let text = self.pick(
                format!(
                    "leverage {}, liquidated below {} of notional, funding {}",
                    of("leverage"),
                    of("maintenance_margin"),
                    of("funding")
                ),
                format!(
                    "레버리지 {}, 유지 증거금 {}, 펀딩비 {}",
                    of("leverage"),
                    of("maintenance_margin"),
                    of("funding")
                ),
            );
            (format!("{}{name}", self.pick("Margin of ", "증거금: ")), text)
        };
        self.names("instrument.", ".leverage").into_iter().map(one).collect()
    }

    /// When the markets trade, one text where all of them trade by one calendar. Folders of
    /// older versions do not say.
    fn calendars(&self, days_per_year: u32) -> Option<(String, String)> {
        let one = |name: &&'a str| {
            let key = format!("instrument.{name}.calendar");
            let term = self.terms.iter().find(|t| t.key == key)?;
            Some((*name, format!("{}{}", term.value, self.default_word(term))))
        };
        let names = self.names("instrument.", ".calendar");
        let all: Vec<(&str, String)> = names.iter().filter_map(one).collect();
        let (_, first) = all.first()?;
        let text = if all.iter().all(|(_, calendar)| calendar == first) {
            first.clone()
        } else {
            all.iter().map(|(name, text)| format!("{name} {text}")).collect::<Vec<_>>().join(", ")
        };
        let year = match (days_per_year, self.lang) {
            (365, Lang::En) => "annual figures over 365 days".to_owned(),
            (365, Lang::Ko) => "연율화 365일".to_owned(),
            (days, Lang::En) => format!("annual figures over {days} trading days"),
            (days, Lang::Ko) => format!("연율화 {days}거래일"),
        };
        Some((self.pick("Calendar", "거래 시간").to_owned(), format!("{text}; {year}")))
    }

    /// The limits that are on; that of margin always is.
    fn limits(&self) -> String {
        let on = |t: &&Term| t.value != "off" && t.key != "risk.margin";
        let limit = |t: &Term| Some(format!("{} {}", t.key.strip_prefix("risk.")?, t.value));
        let risk = self.terms.iter().filter(|t| t.key.starts_with("risk."));
        let mut all: Vec<String> = risk.clone().filter(on).filter_map(limit).collect();
        if all.is_empty() {
            all.push(self.pick("none of the account's", "계좌 한도 없음").to_owned());
        }
        let margin = risk.clone().find(|t| t.key == "risk.margin");
        all.extend(margin.map(|t| {
            let refuses = t.default;
            let word = match (self.lang, refuses) {
                (Lang::En, true) => "beyond free margin a size is refused",
                (Lang::En, false) => "beyond free margin a size is shrunk",
                (Lang::Ko, true) => "여유 증거금을 넘는 수량은 거부",
                (Lang::Ko, false) => "여유 증거금을 넘는 수량은 축소",
            };
            format!("{word}{}", self.default_word(t))
        }));
        all.join(", ")
    }
}
