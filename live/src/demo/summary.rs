//! What a demonstration came to, as the runner says and as the broker knows.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::broker::{deposit, number};
use crate::config::LiveConfig;
use crate::exchange::Deed;
use crate::screen::{lasted, money, signed};
use crate::service::{AccountTally, ServiceStatus};
use crate::sim_server::Desk;

/// What one account came to, or all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoRow {
    /// The account.
    pub account: String,
    /// What it began with, account currency, like all money below.
    pub deposit: Decimal,
    /// Positions that were closed, and those of them that made money, as the runner says.
    pub trades: u64,
    /// Those of them that made money.
    pub won: u64,
    /// What they made, as the runner says.
    pub net: Decimal,
    /// Balance at the end, as the runner says.
    pub balance: Decimal,
    /// Positions that are still open, as the runner says.
    pub open: u64,
    /// Positions that were closed, as the broker knows.
    pub broker_trades: u64,
    /// Those of them that made money.
    pub broker_won: u64,
    /// What they made, as the broker knows.
    pub broker_net: Decimal,
    /// Balance at the end, as the broker knows.
    pub broker_balance: Decimal,
    /// Positions that are still open, as the broker knows.
    pub broker_open: u64,
}

impl DemoRow {
    /// Whether runner and broker say the same, and nobody paid anything in or out.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.deposit + self.broker_net == self.broker_balance
            && self.trades == self.broker_trades
            && self.won == self.broker_won
            && self.net == self.broker_net
            && self.balance == self.broker_balance
            && self.open == self.broker_open
    }

    fn add(&mut self, other: &Self) {
        self.deposit += other.deposit;
        self.trades += other.trades;
        self.won += other.won;
        self.net += other.net;
        self.balance += other.balance;
        self.open += other.open;
        self.broker_trades += other.broker_trades;
        self.broker_won += other.broker_won;
        self.broker_net += other.broker_net;
        self.broker_balance += other.broker_balance;
        self.broker_open += other.broker_open;
    }
}

/// What a demonstration came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSummary {
    /// Each account.
    pub rows: Vec<DemoRow>,
    /// How long the market's time lasted.
    pub lasted: Nanos,
    /// Signals.
    pub signals: u64,
    /// Entries that the broker carried out.
    pub entries: u64,
    /// Stops and targets that the market reached.
    pub brackets: u64,
    /// Closes that the broker was asked for and carried out.
    pub closes: u64,
    /// Orders that the broker carried out more than once.
    pub duplicates: usize,
    /// Open positions that the runner does not manage.
    pub forgotten: usize,
    /// Requests that the broker got.
    pub requests: u64,
}

impl DemoSummary {
    /// What a runner with this configuration and its broker say now.
    #[must_use]
    pub fn of(config: &LiveConfig, status: &ServiceStatus, desk: &Desk) -> Self {
        let managed: BTreeSet<(String, String)> = status
            .runner
            .accounts
            .iter()
            .zip(&config.account)
            .flat_map(|(account, entry)| {
                let ids = account.positions.iter().flat_map(|held| held.at_broker.clone());
                ids.map(|id| (number(entry).to_owned(), id)).collect::<Vec<_>>()
            })
            .collect();
        let requests = desk.census().requests.values().sum();
        desk.with(|exchange, now| {
            let rows =
                config.account.iter().zip(&status.runner.accounts).map(|(entry, account)| {
                    let tally = status.done.accounts.get(&account.name).copied();
                    let tally: AccountTally = tally.unwrap_or_default();
                    let mut row = DemoRow {
                        account: account.name.clone(),
                        deposit: deposit(entry),
                        trades: tally.trades + tally.strays,
                        won: tally.won,
                        net: tally.net,
                        balance: account.cash,
                        open: account.positions.len() as u64,
                        ..DemoRow::default()
                    };
                    let Some(view) = exchange.view_true(now, number(entry)) else { return row };
                    // A position may have been closed in parts.
                    let mut made = std::collections::BTreeMap::<&str, Decimal>::new();
                    for part in view.closed {
                        *made.entry(&part.position).or_default() += part.net();
                    }
                    made.retain(|id, _| view.holdings.iter().all(|held| held.id != *id));
                    row.broker_trades = made.len() as u64;
                    row.broker_won =
                        made.values().filter(|net| **net > Decimal::ZERO).count() as u64;
                    row.broker_net = made.values().sum();
                    row.broker_balance = view.funds.balance;
                    row.broker_open = view.holdings.len() as u64;
                    row
                });
            let rows = rows.collect();
            let report = exchange.report(now, Some(&managed));
            let did = |deed| exchange.truth().count(deed);
            Self {
                rows,
                lasted: Nanos(status.runner.now.0 - status.started.0),
                signals: status.done.signals,
                entries: did(Deed::Opened),
                brackets: did(Deed::Stopped) + did(Deed::Targeted),
                closes: did(Deed::Closed),
                duplicates: report.duplicates.len(),
                forgotten: report.forgotten.map_or(0, |forgotten| forgotten.len()),
                requests,
            }
        })
    }

    /// All accounts together.
    #[must_use]
    pub fn total(&self) -> DemoRow {
        let mut total = DemoRow { account: "all".to_owned(), ..DemoRow::default() };
        self.rows.iter().for_each(|row| total.add(row));
        total
    }

    /// Whether runner and broker say the same of every account, nothing was done twice and
    /// nothing forgotten.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(DemoRow::agrees) && self.duplicates == 0 && self.forgotten == 0
    }

    /// It for people: a table, and sentences below it.
    #[must_use]
    pub fn words(&self) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING).set_header([
            "account",
            "began with",
            "trades",
            "won",
            "P&L",
            "P&L %",
            "balance",
            "at broker",
        ]);
        let total = self.total();
        for row in self.rows.iter().chain([&total]) {
            let share = (row.net * Decimal::ONE_HUNDRED).checked_div(row.deposit);
            let won = (row.won * 100).checked_div(row.trades);
            let at_broker = money(row.broker_balance);
            table.add_row([
                row.account.clone(),
                money(row.deposit),
                row.trades.to_string(),
                won.map_or_else(|| "-".to_owned(), |won| format!("{won} %")),
                signed(row.net),
                share.map_or_else(|| "-".to_owned(), signed),
                money(row.balance),
                if row.agrees() { at_broker } else { format!("{at_broker} DIFFERS") },
            ]);
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            let side = if at == 0 { CellAlignment::Left } else { CellAlignment::Right };
            column.set_cell_alignment(side);
        }
        let Self { signals, entries, brackets, closes, duplicates, forgotten, requests, .. } = self;
        let held = match self.agrees() {
            true => "Trades, P&L and balance of every account are what the simulated broker has."
                .to_owned(),
            false => self.differences(),
        };
        format!(
            "{table}\n\
             {} of the market: {signals} signals, {entries} entries,\n\
             {brackets} stops and targets reached, {closes} closes and {requests} requests sent;\n\
             {duplicates} orders done twice, {forgotten} positions forgotten.\n{held}\n\
             The candles are real, of one lively day; the money is not. This shows how\n\
             decisions are executed, and says nothing of what the strategy earns.",
            lasted(self.lasted)
        )
    }

    fn differences(&self) -> String {
        let differing = self.rows.iter().filter(|row| !row.agrees());
        let lines = differing.map(|row| {
            format!(
                "DIFFERS: {}: the runner says {} trades, {} won, {} and {} open; the broker {} \
                 trades, {} won, {} and {} open",
                row.account,
                row.trades,
                row.won,
                signed(row.net),
                row.open,
                row.broker_trades,
                row.broker_won,
                signed(row.broker_net),
                row.broker_open
            )
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() {
            "DIFFERS in what was done twice or forgotten".to_owned()
        } else {
            lines.join("\n")
        }
    }
}
