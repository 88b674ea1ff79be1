//! How trading went: totals of all trades that a filter lets through, of each login, of
//! each instrument, and profit as it grew.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::orders::BY_CLOSED;
use super::page::Filter;
use super::reads::Reads;
use super::select::{Cells, Select};
use crate::store::amount::decimal;
use crate::store::error::StoreError;

/// Totals of trades. What is left of a trade after commission and swap counts; a trade of
/// which that is not known counts in none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Performance {
    /// Trades.
    pub trades: i64,
    /// Those that made money.
    pub wins: i64,
    /// Those that lost money.
    pub losses: i64,
    /// Sum of what they made, account currency.
    pub total: Decimal,
    /// The best one; `None` without trades.
    pub best: Option<Decimal>,
    /// The worst one; `None` without trades.
    pub worst: Option<Decimal>,
    /// Commission and swap that were paid.
    pub costs: Decimal,
    /// Quantity traded.
    pub volume: Decimal,
    /// Seconds for which they were held, in all.
    pub held_seconds: i64,
}

impl Performance {
    /// Share of trades that made money, from 0 to 1; `None` without trades.
    #[must_use]
    pub fn win_rate(&self) -> Option<Decimal> {
        Decimal::from(self.wins).checked_div(Decimal::from(self.trades))
    }

    /// What a trade made on average; `None` without trades.
    #[must_use]
    pub fn average(&self) -> Option<Decimal> {
        self.total.checked_div(Decimal::from(self.trades))
    }

    /// Seconds for which a trade was held on average; `None` without trades.
    #[must_use]
    pub fn average_hold_seconds(&self) -> Option<Decimal> {
        Decimal::from(self.held_seconds).checked_div(Decimal::from(self.trades))
    }
}

/// The totals of one login or instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whose they are.
    pub name: String,
    /// The totals.
    pub performance: Performance,
}

/// Profit up to an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfitPoint {
    /// Beginning of the interval.
    pub at: Nanos,
    /// Trades that were closed in it.
    pub trades: i64,
    /// What they made.
    pub profit: Decimal,
    /// What all until its end made.
    pub cumulative: Decimal,
}

const KNOWN: &str = "profit_loss IS NOT NULL";

// A sum of BIGINT is NUMERIC to PostgreSQL.
const TOTALS: &str = "SELECT COUNT(*), \
    CAST(COALESCE(SUM(CASE WHEN profit_loss > 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
    CAST(COALESCE(SUM(CASE WHEN profit_loss < 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
    CAST(COALESCE(SUM(profit_loss), 0) AS BIGINT), MAX(profit_loss), MIN(profit_loss), \
    CAST(COALESCE(SUM(commission + swap), 0) AS BIGINT), \
    CAST(COALESCE(SUM(quantity), 0) AS BIGINT), \
    CAST(COALESCE(SUM(duration_seconds), 0) AS BIGINT) FROM trades";
const BY_USER: &str = "SELECT user_id, COUNT(*), \
    CAST(SUM(CASE WHEN profit_loss > 0 THEN 1 ELSE 0 END) AS BIGINT), \
    CAST(SUM(CASE WHEN profit_loss < 0 THEN 1 ELSE 0 END) AS BIGINT), \
    CAST(SUM(profit_loss) AS BIGINT), MAX(profit_loss), MIN(profit_loss), \
    CAST(SUM(commission + swap) AS BIGINT), CAST(SUM(quantity) AS BIGINT), \
    CAST(SUM(duration_seconds) AS BIGINT) FROM trades";
const BY_SYMBOL: &str = "SELECT symbol, COUNT(*), \
    CAST(SUM(CASE WHEN profit_loss > 0 THEN 1 ELSE 0 END) AS BIGINT), \
    CAST(SUM(CASE WHEN profit_loss < 0 THEN 1 ELSE 0 END) AS BIGINT), \
    CAST(SUM(profit_loss) AS BIGINT), MAX(profit_loss), MIN(profit_loss), \
    CAST(SUM(commission + swap) AS BIGINT), CAST(SUM(quantity) AS BIGINT), \
    CAST(SUM(duration_seconds) AS BIGINT) FROM trades";
const PROFIT: &str = "SELECT closed_at, profit_loss FROM trades";

fn totals(row: &mut Cells<'_>) -> Result<Performance, StoreError> {
    Ok(Performance {
        trades: row.int()?,
        wins: row.int()?,
        losses: row.int()?,
        total: row.amount()?,
        best: row.some_amount()?,
        worst: row.some_amount()?,
        costs: row.amount()?,
        volume: row.amount()?,
        held_seconds: row.int()?,
    })
}

fn standing(row: &mut Cells<'_>) -> Result<Standing, StoreError> {
    Ok(Standing { name: row.text()?, performance: totals(row)? })
}

pub(super) fn of_all(filter: &Filter) -> Select {
    Select::new(TOTALS).filter(filter, &BY_CLOSED).and_that(KNOWN)
}

pub(super) fn of_each_user(filter: &Filter) -> Select {
    let known = Select::new(BY_USER).filter(filter, &BY_CLOSED).and_that(KNOWN);
    known.then("GROUP BY user_id ORDER BY SUM(profit_loss) DESC, user_id")
}

pub(super) fn of_each_symbol(filter: &Filter) -> Select {
    let known = Select::new(BY_SYMBOL).filter(filter, &BY_CLOSED).and_that(KNOWN);
    known.then("GROUP BY symbol ORDER BY SUM(profit_loss) DESC, symbol")
}

pub(super) fn profits(filter: &Filter) -> Select {
    let known = Select::new(PROFIT).filter(filter, &BY_CLOSED).and_that(KNOWN);
    known.then("ORDER BY closed_at, id")
}

impl Reads {
    /// Totals of all trades that the filter lets through.
    ///
    /// # Errors
    /// When the database fails, or a sum does not fit.
    pub async fn performance(&self, filter: &Filter) -> Result<Performance, StoreError> {
        Ok(self.all(of_all(filter), totals).await?.pop().unwrap_or_default())
    }

    /// Totals of each login, the best first.
    ///
    /// # Errors
    /// When the database fails, or a sum does not fit.
    pub async fn ranking(&self, filter: &Filter) -> Result<Vec<Standing>, StoreError> {
        self.all(of_each_user(filter), standing).await
    }

    /// Totals of each instrument, the best first.
    ///
    /// # Errors
    /// When the database fails, or a sum does not fit.
    pub async fn by_symbol(&self, filter: &Filter) -> Result<Vec<Standing>, StoreError> {
        self.all(of_each_symbol(filter), standing).await
    }

    /// Profit as it grew, in intervals of `every` that begin at the epoch plus `offset`, so
    /// that days can be those of a zone; intervals without trades are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn profit(
        &self,
        filter: &Filter,
        every: Nanos,
        offset: Nanos,
    ) -> Result<Vec<ProfitPoint>, StoreError> {
        let every = every.0.max(1);
        let read = |row: &mut Cells<'_>| Ok((row.int()?, decimal(row.int()?)));
        let mut points: Vec<ProfitPoint> = Vec::new();
        let mut cumulative = Decimal::ZERO;
        for (at, profit) in self.all(profits(filter), read).await? {
            let at = Nanos((at - offset.0).div_euclid(every) * every + offset.0);
            cumulative += profit;
            match points.last_mut().filter(|last| last.at == at) {
                Some(last) => {
                    last.trades += 1;
                    last.profit += profit;
                    last.cumulative = cumulative;
                }
                None => points.push(ProfitPoint { at, trades: 1, profit, cumulative }),
            }
        }
        Ok(points)
    }
}
