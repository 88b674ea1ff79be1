//! A feed from Binance, and the quotes of brokers whose prices are held against it.

use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;

use super::about::FeedTask;
use super::feed_fault::FeedFault;
use super::ways::Ways;
use crate::clock::Clock;
use crate::config::{BinanceConfig, LiveConfig};
use crate::feed::binance::{BinanceFeed, BinanceInstrument, BinanceMarket};
use crate::feed::{VenueQuotes, fed_markets};

/// The tasks of the feed, and how it is said to people.
pub(super) fn binance_tasks(
    (config, market, feed): (&LiveConfig, BinanceMarket, &BinanceConfig),
    ways: &Ways,
    clock: Clock,
    newest: &[(String, Option<Nanos>)],
) -> Result<(Vec<FeedTask>, String), FeedFault> {
    let instruments = instruments((config, market, feed), clock.now(), newest)?;
    let terms = feed.terms(market, config.book_levels(), config.limits.warm_up_bars as usize);
    let words = words(market, feed, &instruments, terms.levels);
    let fed = BinanceFeed::new(terms, feed.rest_url(market), instruments, feed.timeout())?;
    let mut tasks: Vec<FeedTask> = vec![Box::new(move |_, to| Box::pin(fed.run(clock, to)))];
    for (account, broker) in config.quoted_accounts() {
        let own = config.instrument.iter().map(|i| i.terms.symbol.as_str());
        let held = own.filter(|symbol| broker.max_deviation(symbol).is_some());
        let quotes = VenueQuotes {
            broker: ways.way(config, &account.name)?,
            server: broker.server().to_owned(),
            symbols: held.filter_map(|symbol| broker.symbol(symbol)).collect(),
            every: Nanos(i64::from(broker.quotes_every_ms) * 1_000_000),
            timeout: config.limits.timeout(),
        };
        tasks.push(Box::new(move |control, to| Box::pin(quotes.run(clock, control, to))));
    }
    Ok((tasks, words))
}

fn instruments(
    (config, market, feed): (&LiveConfig, BinanceMarket, &BinanceConfig),
    now: Nanos,
    newest: &[(String, Option<Nanos>)],
) -> Result<Vec<BinanceInstrument>, FeedFault> {
    let setup = config.setup(now)?;
    let Some(first) = setup.accounts.first() else { return Ok(Vec::new()) };
    let fed = fed_markets(&first.engine.markets).into_iter().enumerate();
    fed.map(|(at, of)| {
        let own = of.instrument.symbol().to_owned();
        let length = of.times.nominal();
        let interval = market.interval(length).ok_or_else(|| FeedFault::Interval {
            symbol: own.clone(),
            seconds: length.0 / Nanos::SECOND.0,
        })?;
        let newest = newest.iter().find(|(symbol, _)| *symbol == own).and_then(|n| n.1);
        let (id, symbol) = (InstrumentId(at as u16), feed.symbol(&own));
        Ok(BinanceInstrument { id, market: of, symbol, interval, newest })
    })
    .collect()
}

fn words(
    market: BinanceMarket,
    feed: &BinanceConfig,
    instruments: &[BinanceInstrument],
    levels: usize,
) -> String {
    let name = match market {
        BinanceMarket::UsdM => "Binance USD-M futures",
        BinanceMarket::Spot => "Binance spot",
    };
    let books = match levels {
        0 => "no books".to_owned(),
        levels => format!("{levels} levels of books at most every {} ms", feed.depth_every_ms),
    };
    let trades = feed.trades_every_ms;
    format!(
        "{name}: bars and trades of {} instruments, prices at most every {trades} ms, {books}",
        instruments.len()
    )
}
