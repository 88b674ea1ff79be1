//! A paper account is fed what happens, event by event, as a live runner would;
//! a backtest merges tapes. Over the same bars both give the same journal, event
//! for event and intent for intent, because the order of an instant is one.

use rand::SeedableRng;
use rand_pcg::Pcg64;
use rust_decimal::Decimal;
use tickstep_backtest::config::Config;
use tickstep_backtest::run::{Backtest, Run};
use tickstep_backtest::series::Series;
use tickstep_backtest::setup::Prepared;
use tickstep_core::engine::{Outbox, SlotConfig};
use tickstep_core::event::{Bar, Body, Command, Event};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::{Ledger, Trade};
use tickstep_core::order::{Intent, OrderId, OrderUpdate, SlotId, Unfilled};
use tickstep_core::risk::Approved;
use tickstep_core::session::{AccountId, Ending, FeedError, Observer, Seen, Session, SessionError};
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::Exits;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
use tickstep_core::units::{Nanos, Side, Ticks};

use crate::edges::instants::Coinciding;
use crate::support::files::examples;
use crate::support::sessions::in_lunch_market;
use crate::support::tiny::{Scripted, account, buy, held, minute, restate, slot, tape};
use crate::support::{dec, frac};

/// What passed between one engine and the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Event(Event),
    Intent(Intent),
}

/// What an account left behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    pub journal: Vec<Entry>,
    pub trades: Vec<Trade>,
    /// Close and equity of every mark.
    equity: Vec<(Nanos, Decimal)>,
    bars_in_position: usize,
}

impl Story {
    pub fn has(&self, wanted: fn(&Body) -> bool) -> bool {
        self.journal.iter().any(|e| matches!(e, Entry::Event(e) if wanted(&e.body)))
    }

    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.journal.iter().filter_map(|e| match e {
            Entry::Event(event) => Some(event),
            Entry::Intent(_) => None,
        })
    }
}

/// The first place where two stories part, so that a failure can be read.
pub fn assert_same(what: &str, one: &Story, other: &Story) {
    for (at, (a, b)) in one.journal.iter().zip(&other.journal).enumerate() {
        assert_eq!(a, b, "{what}: entry {at} of the journal");
    }
    assert_eq!(one.journal.len(), other.journal.len(), "{what}: length of the journal");
    assert_eq!(one, other, "{what}");
}

pub struct Stories(pub Vec<Story>);

impl Observer for Stories {
    fn event(&mut self, account: AccountId, event: &Event) {
        self.0[account.index()].journal.push(Entry::Event(event.clone()));
    }

    fn intent(&mut self, account: AccountId, intent: &Approved) {
        self.0[account.index()].journal.push(Entry::Intent(*intent.intent()));
    }

    fn outbox(&mut self, account: AccountId, out: &mut Outbox) {
        self.0[account.index()].trades.append(&mut out.trades);
    }

    fn mark(&mut self, account: AccountId, ts: Nanos, ledger: &Ledger, held: bool) {
        let story = &mut self.0[account.index()];
        story.equity.push((ts, ledger.equity()));
        story.bars_in_position += usize::from(held);
    }

    fn mark_again(&mut self, account: AccountId, ts: Nanos, ledger: &Ledger) {
        let last = self.0[account.index()].equity.last_mut();
        if let Some(point) = last.filter(|p| p.0 == ts) {
            point.1 = ledger.equity();
        }
    }
}

/// The backtest's own story.
pub fn backtested(setup: Backtest<'_>) -> Story {
    let mut journal = Vec::new();
    let run: Run = setup
        .run_watched(&mut |seen| {
            journal.push(match seen {
                Seen::Event(event) => Entry::Event(event.clone()),
                Seen::Intent(intent) => Entry::Intent(*intent),
            });
        })
        .unwrap();
    Story {
        journal,
        trades: run.trades,
        equity: run.equity.iter().map(|p| (p.ts, p.equity)).collect(),
        bars_in_position: run.bars_in_position,
    }
}

/// What a feed brings of an account's market, in the total order; `None` is the
/// end of an instrument's data, which no event says.
fn brought(setup: &Backtest<'_>) -> Vec<(Nanos, u8, InstrumentId, Option<Body>)> {
    let mut all = Vec::new();
    let mut push = |ts, id, body: Body| all.push((ts, body.rank().unwrap(), id, Some(body)));
    let mut ends = Vec::new();
    for (index, traded) in setup.instruments.iter().enumerate() {
        let (instrument, times) = (InstrumentId(index as u16), traded.series.times());
        let interval = times.nominal();
        let bars = traded.series.bars();
        let inside = |b: &&Bar| setup.period.to.is_none_or(|to| b.ts_open < to);
        let count = bars.iter().filter(inside).count();
        for (at, bar) in bars[..count].iter().enumerate() {
            let (ts, bar) = (times.close_of(bar.ts_open), *bar);
            push(bar.ts_open, instrument, Body::Open { instrument, px: bar.open });
            let traded_bar = setup.period.from.is_none_or(|from| bar.ts_open >= from);
            push(
                ts,
                instrument,
                match traded_bar {
                    true => Body::Bar { instrument, interval, bar },
                    false => Body::History { instrument, interval, bar },
                },
            );
            push(ts, InstrumentId(0), Body::Decide);
            if at + 1 == count {
                ends.push((ts, instrument));
            } else if traded.series.segments().iter().any(|s| s.end == at + 1) {
                push(ts, instrument, Body::SegmentStart { instrument });
            }
        }
    }
    let over = ends.iter().map(|(ts, _)| *ts).max().unwrap();
    for (index, traded) in setup.instruments.iter().enumerate() {
        let instrument = InstrumentId(index as u16);
        for point in traded.funding.iter().filter(|p| p.ts <= over) {
            let (long_rate, short_rate) = (point.long_rate, point.short_rate);
            push(point.ts, instrument, Body::Funding { instrument, long_rate, short_rate });
        }
    }
    for day in setup.day_starts.iter().filter(|day| **day <= over) {
        push(*day, InstrumentId(0), Body::DayStart);
    }
    let after = Body::SegmentStart { instrument: InstrumentId(0) }.rank().unwrap();
    all.extend(ends.into_iter().map(|(ts, id)| (ts, after, id, None)));
    all.sort_by_key(|(ts, rank, id, _)| (*ts, *rank, *id));
    all.dedup_by(|a, b| a.3 == Some(Body::Decide) && (a.0, a.1, &a.3) == (b.0, b.1, &b.3));
    all
}

pub fn sim(setup: &Backtest<'_>) -> Sim {
    let venues = setup.instruments.iter().map(|t| Venue {
        instrument: t.instrument.clone(),
        times: t.series.times().clone(),
        slippage: t.slippage,
    });
    Sim::new(venues.collect(), setup.intrabar, setup.max_gap).with_fitted(setup.fitted.clone())
}

/// The same accounts on paper, fed one event after another.
fn on_paper(setups: Vec<Backtest<'_>>) -> Vec<Story> {
    on_paper_with(setups, &[])
}

/// The same, while each account is also told something at some instants: signals from
/// outside, acts of an operator.
pub fn on_paper_with(setups: Vec<Backtest<'_>>, told: &[(Nanos, Body)]) -> Vec<Story> {
    let mut market = brought(&setups[0]);
    let by_hand = |(ts, body): &(Nanos, Body)| {
        (*ts, body.rank().unwrap(), InstrumentId(0), Some(body.clone()))
    };
    market.extend(told.iter().map(by_hand));
    market.sort_by_key(|(ts, rank, id, _)| (*ts, *rank, *id));
    let (count, max_gap) = (setups.len(), setups[0].max_gap);
    let accounts = setups.into_iter().map(|setup| {
        let sim = sim(&setup);
        (setup.into_account(), Some(sim))
    });
    let mut session = Session::of(accounts.collect(), max_gap).unwrap();
    let mut stories = Stories(vec![Story::default(); count]);
    let decide = Body::Decide.rank().unwrap();
    let mut last = None;
    for (ts, rank, id, body) in market {
        if last != Some((ts, rank)) {
            session.flush(&mut stories);
            // The runner's alarm clock: a position has been held long enough.
            while let Some(due) = session.next_due().filter(|due| (*due, decide) < (ts, rank)) {
                // It may have passed while a part of the position was being closed.
                let now = last.map_or(due, |(ts, _)| due.max(ts));
                session.feed(Event::at(now, 0, Body::Decide), &mut stories).unwrap();
            }
        }
        last = Some((ts, rank));
        match body {
            Some(body @ (Body::Signal { .. } | Body::Command(_))) => {
                for account in 0..count as u16 {
                    let event = Event::at(ts, 0, body.clone());
                    session.report(AccountId(account), event, &mut stories).unwrap();
                }
            }
            Some(body) => session.feed(Event::at(ts, 0, body), &mut stories).unwrap(),
            None => session.end_segment(ts, id, Ending::Data, &mut stories),
        }
    }
    stories.0
}

/// Two instruments with funding, a warm-up and a daily loss limit, over a month.
fn prepared() -> Prepared {
    let folder = examples();
    let sets = ["period.to=2023-09-01", "strategy.params.spike_multiple=3"].map(str::to_owned);
    let config = Config::read(&folder.join("fil_near.toml"), &sets).unwrap();
    Prepared::load(config, &folder).unwrap()
}

/// The same bars with holes: short ones, one too long for waiting entries and
/// features, and one that parts segments. Those of two instruments differ.
fn with_holes(series: &Series, shift: usize) -> Series {
    let holes = [(3_000, 2), (5_000, 3), (7_001, 4), (12_000, 20), (20_000, 400)];
    let gone =
        |at: usize| holes.iter().any(|(from, n)| (from + shift..from + shift + n).contains(&at));
    let every = |at: usize| at % 97 == shift % 97;
    let kept = series.bars().iter().enumerate().filter(|(at, _)| !gone(*at) && !every(*at));
    let bars: Vec<Bar> = kept.map(|(_, bar)| *bar).collect();
    let apart = Nanos::HOUR.times(2);
    Series::from_bars(series.symbol(), series.interval().nominal(), series.grid(), bars, apart)
        .unwrap()
}

fn scalper(instrument: u16, hold_s: u32, change: fn(&mut ScalperParams)) -> SlotConfig {
    let mut params = ScalperParams::spec();
    params.pressure_rule = Pressure::BuyShare;
    params.spike_multiple = frac("3");
    params.max_hold_s = hold_s;
    change(&mut params);
    SlotConfig {
        sizing: Sizing::FixedNotional { notional: dec("10000") },
        ..slot(instrument, Scalper::factory(params).unwrap())
    }
}

fn cross(instrument: u16, fast: usize, slow: usize) -> SlotConfig {
    let params = SmaCrossParams { fast, slow, ..SmaCrossParams::spec() };
    SlotConfig {
        sizing: Sizing::FixedNotional { notional: dec("5000") },
        ..slot(instrument, SmaCross::factory(params).unwrap())
    }
}

fn four_strategies() -> Vec<SlotConfig> {
    vec![
        scalper(0, 300, |_| {}),
        cross(0, 5, 20),
        scalper(1, 90, |p| p.take_profit = frac("0.01")),
        cross(1, 20, 50),
    ]
}

#[test]
fn paper_and_backtest_keep_the_same_journal() {
    let prepared = prepared();
    let base = || prepared.backtest().unwrap();
    let holed: Vec<Series> =
        base().instruments.iter().zip([0, 31]).map(|(t, s)| with_holes(t.series, s)).collect();
    assert!(holed.iter().all(|s| s.segments().len() > 1));
    // One of them trades in hours, the other always.
    let hours = [in_lunch_market(base().instruments[0].series, Nanos::DAY), holed[1].clone()];
    let markets = [None, Some(&holed[..]), Some(&hours[..])];
    let setup = |market: usize| {
        let mut setup = base();
        setup.strategies = four_strategies();
        setup.risk.max_positions = Some(3);
        for (traded, series) in
            setup.instruments.iter_mut().zip(markets[market].unwrap_or_default())
        {
            traded.series = series;
        }
        setup
    };
    for (market, what) in ["whole", "holes", "hours"].into_iter().enumerate() {
        let told = backtested(setup(market));
        assert!(told.trades.len() > 500, "{}", told.trades.len());
        assert!(told.has(|b| matches!(b, Body::History { .. })));
        assert!(told.has(|b| matches!(b, Body::Funding { .. })));
        assert!(told.has(|b| matches!(b, Body::DayStart)));
        assert_eq!(told.has(|b| matches!(b, Body::SegmentStart { .. })), market > 0);
        let paper = on_paper(vec![setup(market)]);
        assert_same(what, &told, &paper[0]);
    }
}

#[test]
fn paper_and_backtest_keep_the_same_journal_where_funding_and_days_meet_fills() {
    let mut rng = Pcg64::seed_from_u64(20_261_128);
    for n in 0..200 {
        let all = Coinciding::new(&mut rng);
        let paper = on_paper(vec![all.setup()]);
        assert_same(&format!("tape {n}"), &backtested(all.setup()), &paper[0]);
    }
}

#[test]
fn accounts_on_shared_features_are_as_they_are_alone() {
    let prepared = prepared();
    let base = prepared.backtest().unwrap();
    let holed: Vec<Series> =
        base.instruments.iter().zip([0, 31]).map(|(t, s)| with_holes(t.series, s)).collect();
    let setup = |which: usize| {
        let mut setup = prepared.backtest().unwrap();
        setup.instruments.iter_mut().zip(&holed).for_each(|(t, s)| t.series = s);
        match which {
            0 => setup.strategies = four_strategies(),
            1 => setup.strategies = vec![cross(1, 8, 30), scalper(1, 61, |_| {})],
            _ => {
                setup.strategies =
                    vec![scalper(0, 200, |p| p.baseline_period = 30), cross(0, 5, 20)];
                setup.risk.max_positions = Some(1);
                setup.cash = dec("50000");
            }
        }
        setup
    };
    let together = on_paper((0..3).map(setup).collect());
    for (which, story) in together.iter().enumerate() {
        assert!(story.trades.len() > 100, "{which}: {}", story.trades.len());
        assert_same(&format!("account {which}"), &backtested(setup(which)), story);
    }
}

#[test]
fn a_broker_outside_reports_and_gets_the_same_intents() {
    let prepared = prepared();
    let setup = || {
        let mut setup = prepared.backtest().unwrap();
        setup.strategies = four_strategies();
        setup
    };
    let told = backtested(setup());
    let max_gap = setup().max_gap;
    let mut session = Session::of(vec![(setup().into_account(), None)], max_gap).unwrap();
    let mut stories = Stories(vec![Story::default()]);
    // The broker of this test fills as the simulated exchange did.
    for event in told.events() {
        let event = event.clone();
        match event.body {
            Body::Fill(_) | Body::Order { .. } => {
                session.report(AccountId(0), event, &mut stories).unwrap();
            }
            _ => session.feed(event, &mut stories).unwrap(),
        }
    }
    session.flush(&mut stories);
    assert_eq!(stories.0[0].journal, told.journal);
    assert_eq!(stories.0[0].trades, told.trades);
}

#[test]
fn a_hold_ends_between_bars_on_paper_too() {
    // Minutes 3 to 5 are missing, and the hold of 2 minutes ends in them.
    let mut bars = tape(&[(1000, 1001, 999, 1000); 9]).bars().to_vec();
    bars.drain(3..6);
    let series = crate::support::tiny::series(bars);
    let setup =
        || account(&[&series], vec![slot(0, Scripted(vec![held(1, Side::Buy, 120), buy(6)]))]);
    let told = backtested(setup());
    let between = |e: &Event| e.body == Body::Decide && e.ts_recv == minute(4);
    assert!(told.events().any(between), "decided while no bar is in progress");
    assert_same("hold", &told, &on_paper(vec![setup()])[0]);
}

#[test]
fn a_session_refuses_what_does_not_belong_there() {
    let series = tape(&[(1000, 1001, 999, 1000); 3]);
    let setup = account(&[&series], vec![slot(0, Scripted(vec![buy(0)]))]);
    let sim = sim(&setup);
    let mut session = Session::of(vec![(setup.into_account(), Some(sim))], 3).unwrap();
    let mut stories = Stories(vec![Story::default()]);
    let report = Body::Order {
        order: OrderId(1),
        slot: SlotId(0),
        update: OrderUpdate::Ended(Unfilled::Rejected),
    };
    let at = |n: i64, body: &Body| Event::at(Nanos(n), 0, body.clone());
    let (one, none) = (AccountId(0), AccountId(1));
    let unknown = Body::Open { instrument: InstrumentId(1), px: Ticks(1) };
    let seen = |found: Result<(), FeedError>| found.unwrap_err();
    assert_eq!(seen(session.feed(at(9, &report), &mut stories)), FeedError::OneAccount);
    assert_eq!(seen(session.report(one, at(9, &report), &mut stories)), FeedError::Simulated(one));
    assert_eq!(seen(session.report(one, at(9, &Body::DayStart), &mut stories)), FeedError::Market);
    assert_eq!(
        seen(session.report(none, at(9, &report), &mut stories)),
        FeedError::NoAccount(none)
    );
    assert_eq!(
        seen(session.feed(at(9, &unknown), &mut stories)),
        FeedError::NoInstrument(InstrumentId(1))
    );
    session.feed(at(9, &Body::DayStart), &mut stories).unwrap();
    let backwards = FeedError::Backwards { event: 8, last: 9 };
    assert_eq!(seen(session.feed(at(8, &Body::DayStart), &mut stories)), backwards);
    assert_eq!(stories.0[0].journal.len(), 1, "only what was taken is counted");
    // A command is one account's or everyone's, and some can only be one's.
    let close = Command::Close { slot: SlotId(0), lots: None };
    let elsewhere = Command::Close { slot: SlotId(1), lots: None };
    assert_eq!(
        seen(session.feed(at(9, &Body::Command(close)), &mut stories)),
        FeedError::OneAccount
    );
    assert_eq!(seen(session.command(Nanos(9), close, &mut stories)), FeedError::OneAccount);
    let no_slot = FeedError::NoSlot(SlotId(1));
    assert_eq!(seen(session.report(one, at(9, &Body::Command(elsewhere)), &mut stories)), no_slot);
    let signal = Signal::leave(Nanos(9));
    let body = Body::Signal { slot: SlotId(1), signal };
    assert_eq!(seen(session.report(one, at(9, &body), &mut stories)), no_slot);
    let hold = Some(Nanos(0));
    let signal = Signal::enter(Nanos(9), Side::Buy, Exits { hold, ..Exits::NONE });
    let body = Body::Signal { slot: SlotId(0), signal };
    assert_eq!(
        seen(session.report(one, at(9, &body), &mut stories)).to_string(),
        "the signal cannot be followed: hold = 0 is out of range; it must be above 0 ns and at \
         most 366 days"
    );
    session.report(one, at(9, &Body::Command(Command::Pause)), &mut stories).unwrap();
    session.feed(at(9, &Body::Command(Command::Resume)), &mut stories).unwrap();
    assert_eq!(stories.0[0].events().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn accounts_of_one_session_trade_the_same_instruments() {
    let series = tape(&[(1000, 1001, 999, 1000); 3]);
    let setup = |tick: &str| {
        let mut setup = account(&[&series], vec![slot(0, Scripted(vec![buy(0)]))]);
        restate(&mut setup, |spec| spec.tick_size = dec(tick));
        (setup.into_account(), None)
    };
    let refused = Session::of(vec![setup("1"), setup("2")], 3).err();
    assert_eq!(refused, Some(SessionError::Markets(1)));
    assert_eq!(Session::of(Vec::new(), 3).err(), Some(SessionError::Accounts(0)));
}
