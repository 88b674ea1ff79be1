//! One decision on many accounts, over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rust_decimal::Decimal;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::Folder;
use tickstep_live::broker::{Broker, BrokerReply, Call};
use tickstep_live::clock::{Clock, FastTime, wall};
use tickstep_live::driver::Kept;
use tickstep_live::driver::production::{Control, Pace, Production, Rotation, Running};
use tickstep_live::exchange::{AccountTerms, Exchange, ExchangeRules, Listing, PriceTape, TapeBar};
use tickstep_live::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings};
use tickstep_live::record::ConfigText;
use tickstep_live::runner::Input;
use tickstep_live::sim_server::{Desk, SimLogin, SimOptions, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::line::{Written, lay};
use crate::plan::{Plan, account_number, symbol};

/// How much faster than real time runner and venue live: what is awaited between two
/// decisions passes sooner. What is measured is real.
const SPEED: u32 = 10;
/// How long a reply is awaited, in their time.
const TIMEOUT: Nanos = Nanos(20_000_000_000);
/// Lines that a runner has to be ready in.
const READY: Duration = Duration::from_secs(60);

/// When writes were answered.
type Answered = Arc<Mutex<Vec<Instant>>>;

/// A connection that notes when writes are answered.
struct Noting {
    connection: Connection,
    answered: Answered,
}

impl Broker for Noting {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        let write = matches!(call, Call::Write(..));
        let reply = self.connection.call(call);
        Box::pin(async move {
            let reply = reply.await;
            if write {
                self.answered.lock().expect("nobody panics").push(Instant::now());
            }
            reply
        })
    }
}

/// What a decision took until the last entry of it was written, and until the last was
/// answered.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub written: Duration,
    pub answered: Duration,
}

fn exchange(plan: Plan, bars: &[Bar], now: Nanos) -> anyhow::Result<Exchange> {
    let mut exchange = Exchange::new(ExchangeRules::plain())?;
    let first = Nanos(now.0.div_euclid(Nanos::MINUTE.0) * Nanos::MINUTE.0 - 5 * Nanos::MINUTE.0);
    let px = |ticks: i64| Decimal::new(ticks, 3);
    let tape: Vec<TapeBar> = bars
        .iter()
        .take(2_000)
        .enumerate()
        .map(|(at, b)| TapeBar {
            ts_open: first + Nanos::MINUTE.times(at as i64),
            open: px(b.open.0),
            high: px(b.high.0),
            low: px(b.low.0),
            close: px(b.close.0),
            volume: Decimal::ONE,
            spread: px(2),
        })
        .collect();
    for n in 0..plan.symbols {
        let listing = Listing {
            quote_currency: "USD".to_owned(),
            volume_min: Decimal::new(1, 1),
            volume_step: Decimal::new(1, 1),
            volume_max: Decimal::from(1_000_000),
            ..Listing::plain(&symbol(n), Decimal::new(1, 3), Decimal::ONE)
        };
        exchange.list(listing, PriceTape::new(Nanos::MINUTE, tape.clone())?)?;
    }
    for account in 0..plan.accounts {
        let terms = AccountTerms::plain(&account_number(account), Decimal::from(1_000_000));
        exchange.open_account(terms)?;
    }
    Ok(exchange)
}

fn login(account: u16) -> SimLogin {
    let email = format!("trader{account}@example.com");
    SimLogin { email, password: "password".to_owned(), accounts: vec![account_number(account)] }
}

fn broker(
    server: SocketAddr,
    account: u16,
    delay: Duration,
    written: &Written,
    answered: &Answered,
) -> anyhow::Result<Arc<dyn Broker>> {
    let line = lay(server, delay, written.clone())?;
    let settings = HostSettings::new(format!("http://{line}"));
    let SimLogin { email, password, accounts } = login(account);
    let login = BrokerLogin {
        account: accounts.concat(),
        email,
        password: password.into(),
        broker: Some("2".to_owned()),
    };
    let connection = Connection::new(Arc::new(BrokerHost::new(settings)?), login)?;
    Ok(Arc::new(Noting { connection, answered: Arc::clone(answered) }))
}

/// Waits until no account has anything under way and all are known.
async fn settled(control: &Control) -> anyhow::Result<()> {
    let look = |runner: &tickstep_live::runner::Runner, _: &_, _| {
        let accounts = (0..runner.accounts().len()).map(|a| AccountId(a as u16));
        accounts.flat_map(|a| runner.unsettled(a)).next()
    };
    let begun = Instant::now();
    while let Some(left) = control.look(look).await? {
        ensure!(begun.elapsed() < READY, "not settled: {left}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Decides once on each symbol; every account's line has a delay.
pub async fn decisions(
    symbols: u16,
    delays: &[Duration],
    bars: &[Bar],
) -> anyhow::Result<Vec<Took>> {
    let plan = Plan {
        accounts: delays.len() as u16,
        symbols,
        every: 1,
        per_minute: 1_000_000,
        paper: false,
    };
    let clock = Clock::fast(FastTime { since: wall(), speed: SPEED }, None);
    let start = clock.now();
    let mut options = SimOptions::plain((0..plan.accounts).map(login).collect());
    options.rate.per_minute = 1_000_000;
    let desk = Desk::new(exchange(plan, bars, start)?, options, Arc::new(move || clock.now()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let until = async move { drop(ended.await) };
    let served = tokio::spawn(serve(listener, desk.clone(), until));
    let (written, answered) = (Written::default(), Answered::default());
    let brokers = delays.iter().enumerate().map(|(account, delay)| {
        broker(server, account as u16, *delay, &written, &answered).map(Some)
    });
    let state = tempfile::tempdir()?;
    let build = move |_: &str, now| Ok(plan.runner(now));
    let folder = Folder::open(state.path())?;
    let kept = Kept::open(folder, 1 << 20, &ConfigText::default(), &build, start)?.0;
    let production = Production {
        kept,
        pace: Pace::Clock(clock),
        brokers: brokers.collect::<anyhow::Result<_>>()?,
        timeout: TIMEOUT,
        rotation: Rotation::default(),
        restarted: false,
        watcher: None,
    };
    let Running { control, thread, .. } = production.start()?;
    settled(&control).await?;
    let mut took = Vec::new();
    for n in 0..symbols {
        let ts_exch = clock.now();
        let ts_open =
            Nanos(ts_exch.0.div_euclid(Nanos::MINUTE.0) * Nanos::MINUTE.0 - Nanos::MINUTE.0);
        let body = Body::Bar {
            instrument: InstrumentId(n),
            interval: Nanos::MINUTE,
            bar: Bar { ts_open, ..bars[0] },
        };
        control.give(Input::Market { ts_exch, body }).await?;
        written.clear();
        answered.lock().expect("nobody panics").clear();
        let begun = Instant::now();
        control.give(Input::Market { ts_exch, body: Body::Decide }).await?;
        took.push(one(begun, delays.len(), &written, &answered).await?);
        settled(&control).await?;
    }
    let held = desk.with(|exchange, now| exchange.report(now, None));
    ensure!(held.open == delays.len() * usize::from(symbols), "{held:?}");
    control.stop(Duration::from_secs(5));
    control.ended().await;
    let _ = thread.join();
    drop(end);
    served.await??;
    Ok(took)
}

async fn one(
    begun: Instant,
    accounts: usize,
    written: &Written,
    answered: &Answered,
) -> anyhow::Result<Took> {
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let last = answered.lock().expect("nobody panics").iter().max().copied();
        if answered.lock().expect("nobody panics").len() >= accounts {
            let (count, wrote) = written.last();
            ensure!(count == accounts, "{count} entries of {accounts} accounts");
            let (wrote, last) = wrote.zip(last).context("nothing was sent")?;
            return Ok(Took { written: wrote - begun, answered: last - begun });
        }
        ensure!(
            begun.elapsed() < READY,
            "{} of {accounts} answered",
            answered.lock().expect("nobody panics").len()
        );
    }
}
