//! A comparison of live and backtest for people: a table, JSON and a page.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::{AccountComparison, LiveComparison};
use crate::report::html;
use crate::report::labels::label;
use crate::report::print;
use crate::report::reduce::ReducedLine;
use crate::report::text::Strings;

/// Most trades that the page lists; sums count all of them.
const LISTED: usize = 2_000;

/// A line: a label, and a value for each account.
type Line = (String, Vec<String>);

/// What a value of an account is called, and how it is written.
type Row = (&'static str, fn(&LiveComparison, &AccountComparison) -> String);

fn money(of: &LiveComparison, amount: Decimal) -> String {
    let most = of.accounts.iter().map(|a| a.run_pnl.abs().max(a.live_pnl.abs())).max();
    print::money(amount, most.unwrap_or_default().max(Decimal::ONE_HUNDRED), "")
}

fn two(values: Option<[i64; 2]>) -> String {
    values.map_or_else(|| "-".to_owned(), |[median, most]| format!("{median} / {most}"))
}

const COUNTS: [Row; 5] = [
    ("Matched trades", |_, a| a.matched.to_string()),
    ("Missed trades", |_, a| a.missed.to_string()),
    ("Rejected trades", |_, a| a.rejected.to_string()),
    ("Extra trades", |_, a| a.extra.to_string()),
    ("Left out, run / live", |_, a| format!("{} / {}", a.left_out_run, a.left_out_live)),
];

const MONEY: [Row; 12] = [
    ("P&L of the run", |c, a| money(c, a.run_pnl)),
    ("P&L live", |c, a| money(c, a.live_pnl)),
    ("Gap: price", |c, a| money(c, a.parts.price)),
    ("Gap: latency", |c, a| money(c, a.parts.latency)),
    ("Gap: other exits", |c, a| money(c, a.parts.exits)),
    ("Gap: size", |c, a| money(c, a.parts.size)),
    ("Gap: fees", |c, a| money(c, a.parts.fees)),
    ("Gap: funding", |c, a| money(c, a.parts.funding)),
    ("Gap: missed", |c, a| money(c, a.parts.missed)),
    ("Gap: rejects", |c, a| money(c, a.parts.rejected)),
    ("Gap: extra", |c, a| money(c, a.parts.extra)),
    ("Gap, all of it", |c, a| money(c, a.gap)),
];

const MEASURED: [Row; 4] = [
    ("Latency, median / 95 % [ms]", |_, a| two(a.latency_ms)),
    ("Slippage, median / 95 % [ticks]", |_, a| {
        let each = a.slippage_ticks.iter();
        let each: Vec<String> = match a.slippage_ticks.len() {
            1 => each.map(|(_, values)| two(Some(*values))).collect(),
            _ => each.map(|(symbol, values)| format!("{symbol} {}", two(Some(*values)))).collect(),
        };
        if each.is_empty() { two(None) } else { each.join(", ") }
    }),
    ("Entries rejected, of sent", |_, a| format!("{}, {}", a.entries_rejected, a.entries_sent)),
    ("Entries not sent", |_, a| a.not_sent.values().sum::<u64>().to_string()),
];

/// What the page is drawn from.
#[derive(Serialize)]
struct Page<'c> {
    text: &'static Strings,
    version: &'static str,
    run: &'c str,
    span: String,
    names: Vec<&'c str>,
    parts: Vec<Line>,
    /// Why entries were not sent: account, reason, number.
    unsent: Vec<[String; 3]>,
    notes: &'c [String],
    curves: Vec<ReducedLine>,
    trades: Vec<Vec<String>>,
    listed: bool,
}

impl LiveComparison {
    fn lines(&self, rows: &[Row]) -> Vec<Line> {
        let values = |of: &Row| self.accounts.iter().map(|a| of.1(self, a)).collect();
        rows.iter().map(|row| (label(self.lang, row.0), values(row))).collect()
    }

    /// The comparison as text for a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL);
        let head = format!("{} [{}]", self.run, self.currency);
        table.set_header(
            std::iter::once(head).chain(self.accounts.iter().map(|account| account.name.clone())),
        );
        for rows in [&COUNTS[..], &MONEY, &MEASURED] {
            let lines = self.lines(rows);
            let labels: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
            let column = |at: usize| {
                lines.iter().map(|line| line.1[at].as_str()).collect::<Vec<_>>().join("\n")
            };
            let columns = (0..self.accounts.len()).map(column);
            table.add_row(std::iter::once(labels.join("\n")).chain(columns));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        let mut said = format!("{} to {}\n{table}", self.from, self.to);
        for account in &self.accounts {
            for (why, count) in &account.not_sent {
                said.push_str(&format!("\n{}: {count} not sent: {why}", account.name));
            }
        }
        for note in &self.notes {
            said.push_str(&format!("\nnote: {note}"));
        }
        said
    }

    /// The comparison as JSON, money as texts, every trade in it.
    #[must_use]
    pub fn json(&self) -> String {
        // Plain structs with text keys and finite numbers always have a JSON.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The comparison as a page.
    #[must_use]
    pub fn html(&self) -> String {
        let text = self.lang.strings();
        let rows: Vec<Row> = COUNTS.into_iter().chain(MONEY).chain(MEASURED).collect();
        let unsent = self.accounts.iter().flat_map(|account| {
            let line =
                |(why, n): (&String, &u64)| [account.name.clone(), why.clone(), n.to_string()];
            account.not_sent.iter().map(line)
        });
        let all: usize = self.accounts.iter().map(|account| account.trades.len()).sum();
        let page = Page {
            text,
            version: env!("CARGO_PKG_VERSION"),
            run: &self.run,
            span: format!("{} \u{2013} {}", self.from, self.to),
            names: self.accounts.iter().map(|account| account.name.as_str()).collect(),
            parts: self.lines(&rows),
            unsent: unsent.collect(),
            notes: &self.notes,
            curves: self.accounts.iter().map(AccountComparison::curve).collect(),
            trades: self.accounts.iter().flat_map(|a| a.cells(self)).take(LISTED).collect(),
            listed: all <= LISTED,
        };
        html::fill(self.lang, text.lv_title, &page, &html::LIVE)
    }
}

impl AccountComparison {
    /// The gap so far, by the entries of trades.
    fn curve(&self) -> ReducedLine {
        let mut so_far = 0.0;
        let points = self.trades.iter().map(|trade| {
            so_far += trade.parts.total().to_f64().unwrap_or(0.0);
            let side = trade.run.as_ref().or(trade.live.as_ref());
            let ts = side.and_then(|side| side.entry_time.parse::<Timestamp>().ok());
            (ts.unwrap_or_default().as_second(), (so_far * 1e6).round() / 1e6)
        });
        ReducedLine::of(&points.collect::<Vec<_>>())
    }

    fn cells<'a>(&'a self, of: &'a LiveComparison) -> impl Iterator<Item = Vec<String>> + 'a {
        self.trades.iter().map(move |trade| {
            let time = |side: &Option<super::TradeSide>| {
                side.as_ref().map_or_else(|| "-".to_owned(), |side| side.entry_time.clone())
            };
            let prices = |side: &Option<super::TradeSide>| {
                side.as_ref().map_or_else(
                    || "-".to_owned(),
                    |side| format!("{} \u{2192} {}", side.entry_price, side.exit_price),
                )
            };
            vec![
                self.name.clone(),
                trade.status.to_owned(),
                trade.instrument.clone(),
                trade.side.to_owned(),
                time(&trade.run),
                time(&trade.live),
                prices(&trade.run),
                prices(&trade.live),
                money(of, trade.parts.total()),
            ]
        })
    }
}
