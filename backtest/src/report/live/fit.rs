//! What was measured on an account: how long orders were on their way, how far they slipped,
//! and how many entries were refused.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tickstep_config::{FitAccount, FitFile, SlippageTicks};
use tickstep_core::order::ExitReason;
use tickstep_core::units::{Fraction, Nanos};
use tickstep_journal::{Aim, Executed, OrderEnd, OrderOutcome};

use super::error::LiveError;
use super::journal::LiveJournal;

/// Fewest executed orders that are a distribution.
const LEAST: usize = 10;
/// Most values that are written of one; of more, as many quantiles.
const MOST: usize = 1_000;

/// What was measured of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Entries that were sent.
    pub entries: u64,
    /// Entries that the venue refused, or that were found not to be there.
    pub rejected: u64,
    /// Milliseconds from sending to execution, in rising order.
    pub latency_ms: Vec<i64>,
    /// By symbol, in rising order.
    pub slippage: BTreeMap<String, SlippageTicks>,
}

impl Measured {
    /// Of the orders of an account.
    pub fn of(journal: &LiveJournal, account: &str) -> Self {
        let mut found = Self::default();
        let mut entries: BTreeMap<u64, (bool, bool)> = BTreeMap::new();
        for order in journal.orders.iter().filter(|order| order.account == account) {
            if let (Aim::Entry, Some(number)) = (order.aim, order.order) {
                let (done, refused) = entries.entry(number).or_default();
                *done |= matches!(order.end, OrderEnd::Executed(_));
                *refused |= matches!(order.end, OrderEnd::Rejected { .. } | OrderEnd::NotPlaced);
            }
            if let OrderEnd::Executed(done) = &order.end {
                found.executed(journal, order, done);
            }
        }
        // One that was refused and then carried out when sent again was not refused.
        found.entries = entries.values().filter(|(done, refused)| *done || *refused).count() as u64;
        found.rejected =
            entries.values().filter(|(done, refused)| !done && *refused).count() as u64;
        found.latency_ms.sort_unstable();
        for of in found.slippage.values_mut() {
            of.orders.sort_unstable();
            of.stops.sort_unstable();
        }
        found
    }

    fn executed(&mut self, journal: &LiveJournal, order: &OrderOutcome, done: &Executed) {
        let tick = journal.configured.last().and_then(|(_, traded)| {
            traded.instrument(&order.symbol).map(|instrument| instrument.tick_size)
        });
        let ticks = |price: Decimal| (price / tick?).round().to_i64();
        let Some(px) = ticks(done.price) else { return };
        let slippage = self.slippage.entry(order.symbol.clone()).or_default();
        if let (Some(sent), Some(latency)) = (order.sent, order.latency()) {
            self.latency_ms.push((latency.0 + 500_000) / 1_000_000);
            // Of a session's last bar the journal may lack the end.
            if let Some(bar) = journal.bar_at(&order.symbol, sent + latency) {
                slippage.orders.push(order.side.sign() * (px - bar.open.0));
            }
        } else if let (Aim::Exit(reason), None) = (order.aim, order.intent)
            && matches!(reason, ExitReason::Stop | ExitReason::TrailingStop | ExitReason::BreakEven)
            && let Some(level) = order.wanted.and_then(ticks)
        {
            // Where the bar opened beyond the level, a backtest fills at the open.
            let sign = order.side.sign();
            let open = journal.bar_at(&order.symbol, done.at).map(|bar| bar.open.0);
            let from = open.filter(|open| sign * (open - level) > 0).unwrap_or(level);
            slippage.stops.push(sign * (px - from));
        }
    }

    fn fitted(&self, account: &str) -> Result<FitAccount, LiveError> {
        let little = |words| LiveError::TooLittle { account: account.to_owned(), words };
        let orders = self.latency_ms.len();
        if orders < LEAST {
            return Err(little(format!(
                "{orders} orders that were sent to a venue were executed, and at least {LEAST} are \
                 needed to measure; a paper account sends none"
            )));
        }
        let rate = Decimal::from(self.rejected)
            .checked_div(Decimal::from(self.entries))
            .unwrap_or_default()
            .round_dp(6);
        let slippage = self.slippage.iter().map(|(symbol, of)| {
            let orders = thinned(&of.orders);
            // A stop is a market order: where none was seen it slips as those do.
            let stops = if of.stops.is_empty() { orders.clone() } else { thinned(&of.stops) };
            (symbol.clone(), SlippageTicks { orders, stops })
        });
        let ms = |ms: &i64| u32::try_from(*ms).unwrap_or(u32::MAX).min(3_600_000);
        Ok(FitAccount {
            name: account.to_owned(),
            entries: self.entries,
            rejected: self.rejected,
            reject_rate: Fraction::new(rate).map_err(|error| little(error.to_string()))?,
            latency_ms: thinned(&self.latency_ms).iter().map(ms).collect(),
            slippage_ticks: slippage.collect(),
        })
    }
}

/// A sorted list, or as many quantiles of it as are written.
fn thinned(sorted: &[i64]) -> Vec<i64> {
    if sorted.len() <= MOST {
        return sorted.to_vec();
    }
    (0..MOST).map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * MOST)]).collect()
}

/// The value at a part of a sorted list.
pub(super) fn quantile(sorted: &[i64], percent: usize) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last * percent + 50) / 100).copied()
}

impl LiveJournal {
    /// Slippage, latency and refusals of each account as they were measured, or of one.
    ///
    /// Latency is that of [`OrderOutcome::latency`]. Slippage of an order is how far it filled
    /// from the open of the bar in which it was executed, against the account: the price at
    /// which a backtest over these bars fills it; so what the price moved in that bar while the
    /// order was on its way is in it. Slippage of a stop is that from its level. An entry was
    /// refused where the venue said so, or where no list showed it, and it was not carried out
    /// when it was sent again.
    pub fn fit(&self, account: Option<&str>) -> Result<FitFile, LiveError> {
        let names = self.chosen(account)?;
        let of = |name: &String| Measured::of(self, name).fitted(name);
        Ok(FitFile { account: names.iter().map(of).collect::<Result<_, _>>()? })
    }

    /// The accounts to look at.
    pub(super) fn chosen(&self, account: Option<&str>) -> Result<Vec<String>, LiveError> {
        let names = self.accounts();
        match account {
            None => Ok(names),
            Some(name) if names.iter().any(|n| n == name) => Ok(vec![name.to_owned()]),
            Some(name) => {
                Err(LiveError::NoAccount { asked: name.to_owned(), there: names.join(", ") })
            }
        }
    }
}

/// Time from `a` to `b` as both cover it; `None` where they have none in common.
pub(super) fn common(a: (Nanos, Nanos), b: (Nanos, Nanos)) -> Option<(Nanos, Nanos)> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 < both.1).then_some(both)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_long_list_stand_for_it() {
        let long: Vec<i64> = (0..100_000).collect();
        let thin = thinned(&long);
        assert_eq!((thin.len(), thin[0], thin[500]), (MOST, 50, 50_050));
        let mean = thin.iter().sum::<i64>() / MOST as i64;
        assert_eq!(mean, 50_000);
        assert_eq!(thinned(&[1, 2, 3]), [1, 2, 3]);
        assert_eq!((quantile(&[], 50), quantile(&[4, 5, 9], 50)), (None, Some(5)));
        assert_eq!((quantile(&long, 95), quantile(&[7], 95)), (Some(94_999), Some(7)));
    }
}
