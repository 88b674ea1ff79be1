//! Live against the backtest of the same span: which trades both have, and where their
//! results part.
//!
//! Trades are matched, and the gap is split, by
//! [`Divergence`](tickstep_core::stats::Divergence). Compared are trades that were entered
//! and left in the time which run and journal both cover; one that only the end of the data
//! closed is none of them. The money of a live trade is that of the account's ledger: prices
//! and charges as the venue states them.
//!
//! Refuses to do: compare what was not traded alike. Strategies with other parameters, other
//! instruments or another currency are an error; costs, sizes and limits may differ, because
//! what they make is the answer.

mod error;
mod fit;
mod journal;
mod pairs;
mod table;
mod traded;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::ledger::Trade;
use tickstep_core::stats::{Divergence, GapParts};
use tickstep_core::units::Nanos;
use tickstep_journal::{OrderOutcome, TradeOutcome};

pub use error::LiveError;
use fit::{Measured, common, quantile};
pub use journal::{LiveJournal, journal_folder};
use pairs::{Numbers, is_cut, nanos, unsent};

use super::text::Lang;
use crate::folder::RunFolder;
use crate::times::utc;

/// What is asked of a comparison.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The account; all when absent.
    pub account: Option<String>,
    /// How far apart entries of one trade may lie; half of the shortest bar when absent.
    pub tolerance: Option<Nanos>,
    /// Language of table and page.
    pub lang: Lang,
}

/// Live held against the backtest of the same span.
#[derive(Serialize)]
pub struct LiveComparison {
    #[serde(skip)]
    lang: Lang,
    /// The run's name.
    pub run: String,
    /// From when on trades are compared, UTC.
    pub from: String,
    /// Until when, UTC.
    pub to: String,
    /// How far apart entries of one trade may lie, milliseconds.
    pub tolerance_ms: i64,
    /// Currency of all money.
    pub currency: String,
    /// By account.
    pub accounts: Vec<AccountComparison>,
    /// What has to be known of the journal.
    pub notes: Vec<String>,
}

/// An account held against the run.
#[derive(Serialize)]
pub struct AccountComparison {
    /// The account, as the live configuration calls it.
    pub name: String,
    /// Trades that both have.
    pub matched: usize,
    /// Trades of the run that the account lacks, refused ones left out.
    pub missed: usize,
    /// Trades of the run whose entries the venue refused.
    pub rejected: usize,
    /// Trades of the account that the run lacks.
    pub extra: usize,
    /// Trades of the run outside the time that both cover, or cut off by the end of the data.
    pub left_out_run: usize,
    /// The same of the account.
    pub left_out_live: usize,
    /// Net P&L of the run's trades.
    pub run_pnl: Decimal,
    /// Net P&L of the account's trades.
    pub live_pnl: Decimal,
    /// The second less the first.
    pub gap: Decimal,
    /// The gap in its parts, which add up to it.
    pub parts: GapParts,
    /// Net P&L of the account's trades as the venue states it, where it states all of it.
    pub stated_pnl: Option<Decimal>,
    /// Entries that were not sent, by why.
    pub not_sent: BTreeMap<String, u64>,
    /// Entries that were sent.
    pub entries_sent: u64,
    /// Entries that the venue refused.
    pub entries_rejected: u64,
    /// Milliseconds from sending to execution, median and 95th percentile.
    pub latency_ms: Option<[i64; 2]>,
    /// Ticks that market orders slipped from the open of their bar, median and 95th
    /// percentile, by symbol.
    pub slippage_ticks: BTreeMap<String, [i64; 2]>,
    /// Trade by trade, in the order of entry.
    pub trades: Vec<TradeLine>,
}

/// A trade of either, or of both.
#[derive(Clone, Debug, Serialize)]
pub struct TradeLine {
    /// `matched`, `missed`, `rejected` or `extra`.
    pub status: &'static str,
    /// The strategy.
    pub strategy: String,
    /// The instrument.
    pub instrument: String,
    /// `long` or `short`.
    pub side: &'static str,
    /// The run's trade.
    pub run: Option<TradeSide>,
    /// The account's trade.
    pub live: Option<TradeSide>,
    /// What it adds to the gap.
    pub parts: GapParts,
}

/// One side of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct TradeSide {
    /// Entry, UTC.
    pub entry_time: String,
    /// Exit, UTC.
    pub exit_time: String,
    /// Mean entry price.
    pub entry_price: Decimal,
    /// Mean exit price.
    pub exit_price: Decimal,
    /// Why it ended.
    pub exit_reason: &'static str,
    /// After fees and funding, account currency.
    pub net: Decimal,
}

/// Holds a journal against the run of the same span.
pub fn compare_live(
    (name, run): (&str, &RunFolder),
    journal: &LiveJournal,
    options: &LiveOptions,
) -> Result<LiveComparison, LiveError> {
    same_configuration(run, journal)?;
    let span = span(run, journal)?;
    let numbers = Numbers::of(run, &journal.trades);
    let all: Vec<Trade> =
        run.trades.iter().map(|row| numbers.reference(row)).collect::<Result<_, _>>()?;
    let inside = |t: &Trade| t.entry_ts >= span.0 && t.exit_ts <= span.1 && !is_cut(t);
    let reference: Vec<Trade> = all.iter().filter(|t| inside(t)).cloned().collect();
    if reference.is_empty() {
        let live = journal.trades.iter().filter(|t| inside(&t.trade)).count();
        return Err(LiveError::NoTrades { from: utc(span.0), to: utc(span.1), live });
    }
    let tolerance = options.tolerance.unwrap_or_else(|| half_a_bar(journal));
    let chosen = journal.chosen(options.account.as_deref())?;
    let mut accounts = Vec::with_capacity(chosen.len());
    for account in chosen {
        let own: Vec<&TradeOutcome> =
            journal.trades.iter().filter(|t| t.account == account).collect();
        let kept: Vec<&TradeOutcome> = own.iter().copied().filter(|t| inside(&t.trade)).collect();
        let orders = journal.orders.iter().filter(|o| o.account == account);
        let orders: Vec<&OrderOutcome> =
            orders.filter(|o| o.decided >= span.0 && o.decided <= span.1).collect();
        let pairing = Pairing { journal, numbers: &numbers, reference: &reference, tolerance };
        let compared = pairing.of(account, &kept, &orders)?;
        accounts.push(AccountComparison {
            left_out_run: all.len() - reference.len(),
            left_out_live: own.len() - kept.len(),
            ..compared
        });
    }
    Ok(LiveComparison {
        lang: options.lang,
        run: name.to_owned(),
        from: utc(span.0),
        to: utc(span.1),
        tolerance_ms: tolerance.millis(),
        currency: run.manifest.config.account.currency.clone(),
        accounts,
        notes: journal.notes.clone(),
    })
}

fn half_a_bar(journal: &LiveJournal) -> Nanos {
    let traded = journal.configured.last().map(|(_, traded)| traded);
    let bars = traded.into_iter().flat_map(|t| &t.instruments).map(|i| i.interval);
    Nanos(bars.min().unwrap_or(Nanos::MINUTE).0 / 2)
}

/// The time that both cover.
fn span(run: &RunFolder, journal: &LiveJournal) -> Result<(Nanos, Nanos), LiveError> {
    let (first, last) = (run.equity.first(), run.equity.last());
    let of_run = match (first, last) {
        (Some(first), Some(last)) => Some((nanos(first.time)?, nanos(last.time)?)),
        (None, _) | (_, None) => None,
    };
    let both = of_run.zip(journal.span).and_then(|(run, live)| common(run, live));
    both.ok_or_else(|| {
        let told = |span: Option<(Nanos, Nanos)>| {
            let told = span.map(|(from, to)| format!("{} to {}", utc(from), utc(to)));
            told.unwrap_or_else(|| "no bar".to_owned())
        };
        LiveError::Apart { run: told(of_run), journal: told(journal.span) }
    })
}

/// Everything that decides what is traded has to be the same.
fn same_configuration(run: &RunFolder, journal: &LiveJournal) -> Result<(), LiveError> {
    let config = &run.manifest.config;
    let differs = |words: String| Err(LiveError::Differs(words));
    let own = traded::parameters(&config.strategy)
        .map_err(|error| LiveError::Config { journal: journal.path.clone(), error })?;
    for (at, live) in &journal.configured {
        if live.currency != config.account.currency {
            let (ours, theirs) = (&config.account.currency, &live.currency);
            return differs(format!("money is {ours} in the run and {theirs} in the journal"));
        }
        for instrument in &live.instruments {
            let symbol = &instrument.symbol;
            let Some(data) = run.manifest.data.iter().find(|d| d.symbol == *symbol) else {
                return differs(format!("the journal trades {symbol}, which the run does not"));
            };
            let (ours, theirs) = (data.tick_size.normalize(), instrument.tick_size.normalize());
            if ours != theirs {
                return differs(format!(
                    "the tick of {symbol} is {ours} in the run, {theirs} live"
                ));
            }
        }
        let lacks = run.manifest.data.iter().find(|d| live.instrument(&d.symbol).is_none());
        if let Some(data) = lacks {
            let symbol = &data.symbol;
            return differs(format!("the run trades {symbol}, which the journal does not"));
        }
        for (name, theirs) in &live.strategies {
            match own.iter().find(|(n, _)| n == name) {
                None => {
                    return differs(format!("the journal has strategy {name}, the run does not"));
                }
                Some((_, ours)) if ours != theirs => {
                    let what = traded::difference(ours, theirs);
                    return differs(format!("strategy {name}, from {} on: {what}", utc(*at)));
                }
                Some(_) => {}
            }
        }
        let lacks = own.iter().find(|(n, _)| live.strategies.iter().all(|(name, _)| name != n));
        if let Some((name, _)) = lacks {
            return differs(format!("the run has strategy {name}, the journal does not"));
        }
    }
    Ok(())
}

/// What an account is held against.
struct Pairing<'a> {
    journal: &'a LiveJournal,
    numbers: &'a Numbers,
    reference: &'a [Trade],
    tolerance: Nanos,
}

impl Pairing<'_> {
    fn of(
        &self,
        account: String,
        outcomes: &[&TradeOutcome],
        orders: &[&OrderOutcome],
    ) -> Result<AccountComparison, LiveError> {
        let Self { journal, numbers, reference, tolerance } = *self;
        let live: Vec<Trade> =
            outcomes.iter().map(|t| numbers.live(t)).collect::<Result<_, _>>()?;
        let ticks = |symbol: &str| {
            let (_, traded) = journal.configured.last()?;
            Some(traded.instrument(symbol)?.tick_size)
        };
        let found = Divergence::with_prices(reference, &live, tolerance, |id, ts| {
            let symbol = numbers.symbols.get(id.index())?;
            Some(ticks(symbol)? * Decimal::from(journal.price_at(symbol, ts)?.0))
        })
        .with_rejects(reference, &numbers.rejects(orders), tolerance);
        let net = |trades: &[Trade]| trades.iter().map(|t| t.net).sum::<Decimal>();
        let (run_pnl, live_pnl) = (net(reference), net(&live));
        let measured = Measured::of(journal, &account);
        let two = |list: &[i64]| Some([quantile(list, 50)?, quantile(list, 95)?]);
        let slipped = measured.slippage.iter();
        let slipped = slipped.filter_map(|(symbol, of)| Some((symbol.clone(), two(&of.orders)?)));
        let stated = outcomes.iter().map(|t| t.stated.map(|stated| stated.net()));
        Ok(AccountComparison {
            matched: found.matched.len(),
            missed: found.missed.len(),
            rejected: found.rejected.len(),
            extra: found.extra.len(),
            left_out_run: 0,
            left_out_live: 0,
            run_pnl,
            live_pnl,
            gap: live_pnl - run_pnl,
            parts: found.gap,
            stated_pnl: stated.sum::<Option<Decimal>>().filter(|_| !outcomes.is_empty()),
            not_sent: unsent(orders),
            entries_sent: measured.entries,
            entries_rejected: measured.rejected,
            latency_ms: two(&measured.latency_ms),
            slippage_ticks: slipped.collect(),
            trades: self.lines(&found, outcomes, &live),
            name: account,
        })
    }

    fn lines(
        &self,
        found: &Divergence,
        outcomes: &[&TradeOutcome],
        live: &[Trade],
    ) -> Vec<TradeLine> {
        let symbol = |t: &Trade| self.numbers.symbols[t.instrument.index()].clone();
        let line = |status, of: &Trade, ours: Option<&Trade>, theirs: Option<&Trade>, parts| {
            let strategy = self.numbers.strategy(of).to_owned();
            let (instrument, side) = (symbol(of), of.side.position_word());
            let (run, live) = (ours.map(TradeSide::of), theirs.map(TradeSide::of));
            (of.entry_ts, TradeLine { status, strategy, instrument, side, run, live, parts })
        };
        let mut lines = Vec::with_capacity(self.reference.len() + outcomes.len());
        for pair in &found.matched {
            let (ours, theirs) = (&self.reference[pair.reference], &live[pair.other]);
            lines.push(line("matched", ours, Some(ours), Some(theirs), pair.gap));
        }
        for at in &found.missed {
            let ours = &self.reference[*at];
            let parts = GapParts { missed: -ours.net, ..GapParts::default() };
            lines.push(line("missed", ours, Some(ours), None, parts));
        }
        for at in &found.rejected {
            let ours = &self.reference[*at];
            let parts = GapParts { rejected: -ours.net, ..GapParts::default() };
            lines.push(line("rejected", ours, Some(ours), None, parts));
        }
        for at in &found.extra {
            let theirs = &live[*at];
            let parts = GapParts { extra: theirs.net, ..GapParts::default() };
            lines.push(line("extra", theirs, None, Some(theirs), parts));
        }
        lines.sort_by_key(|(ts, _)| *ts);
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

impl TradeSide {
    fn of(trade: &Trade) -> Self {
        Self {
            entry_time: utc(trade.entry_ts),
            exit_time: utc(trade.exit_ts),
            entry_price: trade.entry_price.normalize(),
            exit_price: trade.exit_price.normalize(),
            exit_reason: trade.exit.name(),
            net: trade.net.normalize(),
        }
    }
}
