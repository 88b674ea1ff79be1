//! The one catalogue of the columns of a run's tables: CSV files, frames and Parquet
//! all read it, so that a column has one name, one meaning and one place. Arrow goes by
//! way of a frame, whose columns are Arrow's.

use std::borrow::Cow;

use rust_decimal::Decimal;
use tickstep_core::decision::{Decision, Outcome};
use tickstep_core::instrument::Instrument;
use tickstep_core::ledger::Trade;
use tickstep_core::order::OrderId;
use tickstep_core::units::{Nanos, Ticks};

use crate::run::Run;
use crate::times::utc;
use tickstep_core::stats::EquityPoint;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A time, nanoseconds UTC.
    Time,
    /// A whole number, zero or more.
    Count,
    /// A decimal number, exact in CSV files; a float in frames.
    Exact,
    /// A float, shown with so many decimals in CSV files.
    Float(usize),
    /// A text, written as it is.
    Text,
    /// `true` or `false`.
    Flag,
}

/// One value of a table; `None` where there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum CellValue<'a> {
    /// A value of a column of times.
    Time(Nanos),
    /// A value of a column of counts.
    Count(Option<u64>),
    /// A value of a column of exact numbers.
    Exact(Option<Decimal>),
    /// A value of a column of floats.
    Float(Option<f64>),
    /// A value of a column of texts.
    Text(Option<Cow<'a, str>>),
    /// A value of a column of flags.
    Flag(bool),
}

impl<'a> CellValue<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// The value as a CSV file has it: nothing is an empty cell.
    #[must_use]
    pub fn csv(self, kind: ColumnKind) -> String {
        match self {
            Self::Time(ts) => utc(ts),
            Self::Count(n) => n.map_or_else(String::new, |n| n.to_string()),
            Self::Exact(d) => d.map_or_else(String::new, |d| d.to_string()),
            Self::Float(x) => x.map_or_else(String::new, |x| match kind {
                ColumnKind::Float(decimals) => format!("{x:.decimals$}"),
                _ => x.to_string(),
            }),
            Self::Text(text) => text.unwrap_or_default().into_owned(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// A column of a table with rows `R`.
pub struct TableColumn<R> {
    /// Name of the column in every file and frame.
    pub name: &'static str,
    /// Kind of its values.
    pub kind: ColumnKind,
    /// What the column says, with its unit.
    pub meaning: &'static str,
    value: for<'a> fn(&'a R) -> CellValue<'a>,
}

impl<R> TableColumn<R> {
    /// The value of a row.
    #[must_use]
    pub fn value<'a>(&self, row: &'a R) -> CellValue<'a> {
        (self.value)(row)
    }
}

/// A closed trade of a run.
#[derive(Clone, Copy)]
pub struct TradeView<'a> {
    /// Counted from 1 in the order trades closed.
    pub number: u64,
    /// The trade, money in the account's currency.
    pub trade: &'a Trade,
    /// The instrument that was traded.
    pub instrument: &'a Instrument,
    /// Name of the strategy that traded.
    pub strategy: &'a str,
}

/// A decision of a run, with what its row says beside it.
#[derive(Clone, Copy)]
pub struct DecisionView<'a> {
    /// The decision as the engine recorded it.
    pub decision: &'a Decision,
    /// The instrument that it concerns.
    pub instrument: &'a Instrument,
    /// Name of the strategy that decided.
    pub strategy: &'a str,
}

/// The closed trades of a run, in the order they closed.
pub fn trades<'a>(
    run: &'a Run,
    instruments: &'a [Instrument],
) -> impl ExactSizeIterator<Item = TradeView<'a>> {
    run.trades.iter().enumerate().map(|(at, trade)| TradeView {
        number: at as u64 + 1,
        trade,
        instrument: &instruments[trade.instrument.index()],
        strategy: &run.slots[trade.slot.index()].0,
    })
}

/// The decisions of a run, in order.
pub fn decisions<'a>(
    run: &'a Run,
    instruments: &'a [Instrument],
) -> impl ExactSizeIterator<Item = DecisionView<'a>> {
    run.decisions.iter().map(|decision| DecisionView {
        decision,
        instrument: &instruments[decision.instrument.index()],
        strategy: &run.slots[decision.slot.index()].0,
    })
}

const fn column<R>(
    name: &'static str,
    kind: ColumnKind,
    meaning: &'static str,
    value: for<'a> fn(&'a R) -> CellValue<'a>,
) -> TableColumn<R> {
    TableColumn { name, kind, meaning, value }
}

fn money(amount: Decimal) -> CellValue<'static> {
    CellValue::Exact(Some(amount.normalize()))
}

/// Columns of `trades.csv` and of a frame of trades.
#[must_use]
pub fn trade_columns<'a>() -> [TableColumn<TradeView<'a>>; 19] {
    use ColumnKind::{Count, Exact, Flag, Float, Text, Time};
    [
        column("trade", Count, "number of the trade, in the order they closed", |v| {
            CellValue::Count(Some(v.number))
        }),
        column("instrument", Text, "symbol", |v| CellValue::text(v.instrument.symbol())),
        column("strategy", Text, "name of the strategy", |v| CellValue::text(v.strategy)),
        column("side", Text, "long or short", |v| CellValue::text(v.trade.side.position_word())),
        column("entry_time", Time, "first entry fill, UTC", |v| CellValue::Time(v.trade.entry_ts)),
        column("exit_time", Time, "last exit fill, UTC", |v| CellValue::Time(v.trade.exit_ts)),
        column("entry_price", Exact, "mean entry price, quote currency", |v| {
            CellValue::Exact(Some(v.trade.entry_price))
        }),
        column("exit_price", Exact, "mean exit price, quote currency", |v| {
            CellValue::Exact(Some(v.trade.exit_price))
        }),
        column("quantity", Exact, "quantity, the instrument's units", |v| {
            CellValue::Exact(Some(v.instrument.qty(v.trade.lots)))
        }),
        column("gross_pnl", Exact, "before fees and funding, account currency", |v| {
            money(v.trade.gross)
        }),
        column("fees", Exact, "fees of entry and exit, account currency", |v| money(v.trade.fees)),
        column("funding", Exact, "funding and swap paid, account currency", |v| {
            money(v.trade.funding)
        }),
        column("slippage", Exact, "what slippage cost, account currency", |v| {
            money(v.trade.slippage)
        }),
        column("net_pnl", Exact, "after fees and funding, account currency", |v| {
            money(v.trade.net)
        }),
        column("exit_reason", Text, "why the position ended", |v| {
            CellValue::text(v.trade.exit.name())
        }),
        column("initial_risk", Exact, "loss at the first stop, account currency", |v| {
            CellValue::Exact(v.trade.initial_risk.map(|r| r.normalize()))
        }),
        column("mae_bps", Float(4), "deepest move against the position, bps of entry", |v| {
            CellValue::Float(Some(v.trade.mae * 1e4))
        }),
        column("mfe_bps", Float(4), "furthest move for the position, bps of entry", |v| {
            CellValue::Float(Some(v.trade.mfe * 1e4))
        }),
        column("ambiguous", Flag, "whether the order of prices inside a bar was assumed", |v| {
            CellValue::Flag(v.trade.ambiguous)
        }),
    ]
}

/// Columns of `equity.csv` and of a frame of equity.
#[must_use]
pub fn equity_columns() -> [TableColumn<EquityPoint>; 2] {
    [
        column("time", ColumnKind::Time, "close of a bar, UTC", |p| CellValue::Time(p.ts)),
        column("equity", ColumnKind::Exact, "cash and open P&L, account currency", |p| {
            money(p.equity)
        }),
    ]
}

/// Columns of `decisions.csv` and of a frame of decisions.
#[must_use]
pub fn decision_columns<'a>() -> [TableColumn<DecisionView<'a>>; 16] {
    use ColumnKind::{Count, Exact, Float, Text, Time};
    fn price(v: &DecisionView<'_>, px: Option<Ticks>) -> CellValue<'static> {
        CellValue::Exact(px.map(|px| v.instrument.price(px)))
    }
    [
        column("time", Time, "close at which it was decided, UTC", |v| {
            CellValue::Time(v.decision.ts)
        }),
        column("instrument", Text, "symbol", |v| CellValue::text(v.instrument.symbol())),
        column("strategy", Text, "name of the strategy", |v| CellValue::text(v.strategy)),
        column("action", Text, "what was decided", |v| CellValue::text(v.decision.action.name())),
        column("side", Text, "long or short", |v| CellValue::text(v.decision.side.position_word())),
        column("price", Exact, "price known at the decision, quote currency", |v| {
            price(v, Some(v.decision.px))
        }),
        column("quantity", Exact, "quantity, the instrument's units", |v| {
            CellValue::Exact(v.decision.lots.map(|lots| v.instrument.qty(lots)))
        }),
        column("cut_by", Text, "the limit that made it smaller than asked for", |v| {
            CellValue::Text(v.decision.cut.map(|cut| cut.name().into()))
        }),
        column("stop", Exact, "stop, quote currency", |v| price(v, v.decision.bracket.stop)),
        column("target", Exact, "target, quote currency", |v| price(v, v.decision.bracket.target)),
        column("confidence", Float(4), "0 to 1, where the strategy states one", |v| {
            CellValue::Float(v.decision.confidence)
        }),
        column("exit_reason", Text, "why a position is to end", |v| {
            CellValue::Text(v.decision.exit.map(|e| e.name().into()))
        }),
        column("reason", Text, "the named conditions and their values", |v| {
            CellValue::text(v.decision.reason.to_string())
        }),
        column("outcome", Text, "what became of it", |v| {
            CellValue::text(fate(v.decision.outcome).0)
        }),
        column("rule", Text, "the rule by which it was refused or not filled", |v| {
            let rule = fate(v.decision.outcome).1;
            CellValue::Text((!rule.is_empty()).then(|| rule.into()))
        }),
        column("order", Count, "number of its order", |v| {
            CellValue::Count(fate(v.decision.outcome).2.map(|order| order.0))
        }),
    ]
}

/// What became of a decision: in a word, by which rule, and its order.
#[must_use]
pub fn fate(outcome: Outcome) -> (&'static str, &'static str, Option<OrderId>) {
    match outcome {
        Outcome::Sent(order) => ("sent", "", Some(order)),
        Outcome::AlreadyThere => ("ignored", "already_there", None),
        Outcome::Refused(rule) => ("refused", rule.name(), None),
        Outcome::Unfilled(order, why) => ("unfilled", why.name(), Some(order)),
    }
}
