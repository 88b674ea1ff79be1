//! The feeds of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickstep_config::{ConfigError, OwnStrategies};
use tickstep_core::calendar::BarTimes;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::units::Nanos;

use super::about::FeedTask;
use super::binance::binance_tasks;
use super::feed_fault::FeedFault;
use super::ways::Ways;
use crate::broker::{Broker, CandleInterval};
use crate::clock::Clock;
use crate::config::{FeedConfig, FundingTerms, LiveConfig};
use crate::feed::{
    DayClock, FedMarket, FeedSession, FundingPayment, Recording, RecordingError, RecordingFor,
    RecordingPlan, TapeMark, VenueFeed, VenueFeedTerms, VenueMarket, constant_funding, fed_markets,
    play, read_funding,
};
use crate::runner::Runner;

/// What is fed, and how it is said to people.
pub(super) struct FeedPlan {
    pub tasks: Vec<FeedTask>,
    pub words: String,
}

impl FeedPlan {
    /// What a runner knows of the market: opens of its newest bars, by symbol, and the day
    /// that it was told of last, or the time that was written down last.
    pub(super) fn known(runner: &Runner) -> (Vec<(String, Option<Nanos>)>, Nanos) {
        let ledger = runner.accounts()[0].engine().ledger();
        let symbols = ledger.markets().iter().map(|m| m.instrument.symbol().to_owned());
        let bar = |at: usize| runner.newest_bar(InstrumentId(at as u16));
        let newest = symbols.enumerate().map(|(at, symbol)| (symbol, bar(at))).collect();
        (newest, runner.day().unwrap_or(runner.now()))
    }

    /// The feed of a configuration that follows a clock. Days that have begun since `day`
    /// are told at once.
    pub(super) fn new(
        config: &LiveConfig,
        ways: &Ways,
        clock: Clock,
        (newest, day): (&[(String, Option<Nanos>)], Nanos),
    ) -> Result<Self, FeedFault> {
        let days = DayClock { days: config.day_starts()?, after: day };
        let days: FeedTask = Box::new(move |_, feed| Box::pin(days.run(clock, feed)));
        if let Some((market, feed)) = config.feed.binance() {
            let (mut tasks, words) = binance_tasks((config, market, feed), ways, clock, newest)?;
            tasks.push(days);
            return Ok(Self { tasks, words });
        }
        let FeedConfig::MatchTrader { account, quotes_every_ms, candle_after_ms } = &config.feed
        else {
            let (tasks, words) = (vec![days], "days alone".to_owned());
            return Ok(Self { tasks, words });
        };
        let way = ways.way(config, account)?;
        let server = config.server_of(account);
        let broker: Arc<dyn Broker> = match &server {
            Some(_) => way,
            // Nobody else logs it in.
            None => Arc::new(FeedSession::new(way, clock)),
        };
        let markets = venue_markets(config, account, clock.now(), newest)?;
        let words = format!(
            "Match-Trader by {account}: candles of {} instruments {candle_after_ms} ms after they \
             close, quotes every {quotes_every_ms} ms while a position is open",
            markets.len()
        );
        let terms = VenueFeedTerms {
            quotes_every: Nanos(i64::from(*quotes_every_ms) * 1_000_000),
            candle_after: Nanos(i64::from(*candle_after_ms) * 1_000_000),
            candles_a_minute: config.candles_a_minute() as usize,
            warm_up: config.limits.warm_up_bars as usize,
            timeout: config.limits.timeout(),
        };
        // On paper there is no server; quotes of one that is not there mark nothing.
        let server = server.unwrap_or_default();
        let feed = VenueFeed { broker, server, markets, terms };
        let feed: FeedTask = Box::new(move |control, to| Box::pin(feed.run(clock, control, to)));
        Ok(Self { tasks: vec![feed, days], words })
    }

    /// A recording, behind what was taken of it, as fast as can be or by a clock.
    pub(super) fn of_recording(
        recording: Recording,
        behind: Option<TapeMark>,
        clock: Option<Clock>,
        words: String,
    ) -> Self {
        let events = recording.behind(behind);
        let task: FeedTask = Box::new(move |_, feed| Box::pin(play(events, clock, feed)));
        Self { tasks: vec![task], words }
    }
}

/// Opens the recording that a configuration names, if it names one; `now` is any time, and
/// `own` the strategies that the program brings.
pub(super) fn recording(
    config: &LiveConfig,
    own: &OwnStrategies,
    now: Nanos,
) -> Result<Option<(Recording, Option<u32>)>, FeedFault> {
    let FeedConfig::Tape { path, speed, funding } = &config.feed else { return Ok(None) };
    let days = config.day_starts()?;
    let fed = fed_by(config, now)?;
    let instruments: Vec<Instrument> = fed.iter().map(|market| market.instrument.clone()).collect();
    let (name, own) = (path.clone(), own.clone());
    let roster = move |text: &str| {
        let told = LiveConfig::parse(text, &name, &[], &own);
        told.and_then(|config| fed_by(&config, now)).map_err(|error| error.to_string())
    };
    let wanted =
        RecordingFor { markets: fed, levels: config.book_levels(), roster: Box::new(roster) };
    let recording = Recording::open(path, wanted, |(first, last)| {
        let fed = fed_by(config, first)?;
        let times: Vec<BarTimes> = fed.into_iter().map(|market| market.times).collect();
        let longest = times.iter().map(BarTimes::nominal).max().unwrap_or(Nanos::DAY);
        let span = (first, last + longest);
        let funding = payments(funding, &instruments, span)?;
        let segment_gap = Nanos::SECOND.times(i64::from(config.simulation.segment_gap_s));
        let days = days.within(span);
        Ok::<_, FeedFault>(RecordingPlan { times, days, funding, segment_gap })
    })?;
    Ok(Some((recording, *speed)))
}

/// The instruments of a configuration at a time, in their order.
fn fed_by(config: &LiveConfig, at: Nanos) -> Result<Vec<FedMarket>, ConfigError> {
    let first = config.setup(at)?.accounts.into_iter().next();
    Ok(first.map(|account| fed_markets(&account.engine.markets)).unwrap_or_default())
}

/// What positions pay while a recording lasts.
fn payments(
    of: &BTreeMap<String, FundingTerms>,
    instruments: &[Instrument],
    span: (Nanos, Nanos),
) -> Result<Vec<FundingPayment>, FeedFault> {
    let mut all = Vec::new();
    for (at, instrument) in instruments.iter().enumerate() {
        let id = InstrumentId(at as u16);
        match of.get(instrument.symbol()) {
            Some(FundingTerms::Rate { rate, every_s }) => {
                let every = Nanos::SECOND.times(i64::from(*every_s));
                all.extend(constant_funding(id, *rate, every, span));
            }
            Some(FundingTerms::File { file }) => {
                all.extend(read_funding(file, id).map_err(RecordingError::from)?);
            }
            None => {}
        }
    }
    Ok(all)
}

fn venue_markets(
    config: &LiveConfig,
    account: &str,
    now: Nanos,
    newest: &[(String, Option<Nanos>)],
) -> Result<Vec<VenueMarket>, FeedFault> {
    let setup = config.setup(now)?;
    let Some(first) = setup.accounts.first() else { return Ok(Vec::new()) };
    let entry = config.account.iter().find(|a| a.name == account);
    let broker = entry.and_then(|a| config.venue.get(&a.venue)).and_then(|v| v.broker());
    let fed = fed_markets(&first.engine.markets).into_iter().enumerate();
    fed.map(|(at, market): (usize, FedMarket)| {
        let own = market.instrument.symbol().to_owned();
        let length = market.times.nominal();
        let interval = CandleInterval::of(length).ok_or_else(|| FeedFault::Interval {
            symbol: own.clone(),
            seconds: length.0 / Nanos::SECOND.0,
        })?;
        let symbol = broker.and_then(|b| b.symbol(&own)).ok_or_else(|| FeedFault::NoSymbol {
            symbol: own.clone(),
            account: account.to_owned(),
        })?;
        let newest = newest.iter().find(|(symbol, _)| *symbol == own).and_then(|n| n.1);
        Ok(VenueMarket { id: InstrumentId(at as u16), market, symbol, interval, newest })
    })
    .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use tickstep_journal::Folder;

    use super::*;
    use crate::driver::production::{Pace, Production, Rotation};
    use crate::driver::{Kept, build_with};
    use crate::record::ConfigText;
    use crate::runner::Input;

    /// An account whose days begin at five.
    const TEXT: &str = concat!(
        include_str!("../../tests/data/paper.toml"),
        "[[strategy]]\nkind = \"outside\"\n",
        "sizing = { method = \"fixed_quantity\", quantity = 40 }\n",
    );

    #[tokio::test]
    async fn a_day_that_began_while_the_program_was_down_is_told_at_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let own = OwnStrategies::default();
        let config = {
            let five = ["reference.day_start=17:00".to_owned()];
            LiveConfig::parse(TEXT, Path::new("live.toml"), &five, &own).unwrap()
        };
        let five = |day: i64| Nanos(Nanos::DAY.0 * (20_000 + day) + Nanos::HOUR.0 * 17);
        let build = build_with(&own);
        let open = |now| {
            let storage = Folder::open(folder.path()).unwrap();
            let text = ConfigText::fresh(config.text());
            Kept::open(storage, 1 << 16, &text, &build, now).unwrap().0
        };
        let mut kept = open(five(0) - Nanos::HOUR);
        let day = Input::Market { ts_exch: five(0), body: tickstep_core::event::Body::DayStart };
        kept.step(five(0), day).unwrap();
        // It goes on until an hour before the next day, and is started again in the third.
        kept.step(five(1) - Nanos::HOUR, Input::Wake).unwrap();
        kept.sync().unwrap();
        drop(kept);
        let kept = open(five(2) + Nanos::HOUR);
        let clock = Clock::recorded(five(2) + Nanos::HOUR, 1);
        let (newest, told) = FeedPlan::known(kept.runner());
        assert_eq!(told, five(0));
        let plan = FeedPlan::new(&config, &Ways::new(None, 1), clock, (&newest, told)).unwrap();
        let production = Production {
            kept,
            pace: Pace::Clock(clock),
            brokers: vec![None],
            timeout: Nanos::SECOND,
            rotation: Rotation::default(),
            restarted: true,
            watcher: None,
        };
        let running = production.start().unwrap();
        for task in plan.tasks {
            tokio::spawn(task(running.control.clone(), running.feed.clone()));
        }
        let mut day = None;
        for _ in 0..200 {
            day = running.control.look(|runner, _, _| runner.day()).await.unwrap();
            if day != Some(five(0)) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(day, Some(five(2)), "the last of those that began");
        running.control.stop(std::time::Duration::ZERO);
        running.control.ended().await;
    }
}
