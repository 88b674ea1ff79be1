//! A venue in its own time, and a service that trades there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tickstep_journal::Folder;
use tickstep_live::broker::{
    Abilities, BracketStyle, Broker, BrokerReply, Call, CandleInterval, PositionStyle,
};
use tickstep_live::clock::{Clock, FastTime, wall};
use tickstep_live::driver::Kept;
use tickstep_live::driver::production::{Pace, Production, Rotation};
use tickstep_live::exchange::{
    AccountTerms, Exchange, ExchangeRules, IdStyle, Listing, TroubleRates,
};
use tickstep_live::feed::{FedMarket, VenueFeed, VenueFeedTerms, VenueMarket};
use tickstep_live::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings};
use tickstep_live::record::ConfigText;
use tickstep_live::runner::{
    AccountSetup, HostSetup, Intervals, OrderRules, Runner, SessionTerms, Settings, VenueSetup,
};
use tickstep_live::service::{About, AccountLocks, FeedTask, Service};
use tickstep_live::sim_server::{Desk, SimLogin, SimOptions, serve};
use tokio::net::TcpListener;

use super::market;

/// Every login's password; it is looked for in everything that comes out.
pub const PASSWORD: &str = "canary-password";

/// How long a reply is awaited, in the venue's time.
const TIMEOUT: Nanos = Nanos(20_000_000_000);

pub struct World {
    pub desk: Desk,
    pub clock: Clock,
    pub accounts: u16,
    pub state: tempfile::TempDir,
    /// How long a reply is waited for, in the venue's time.
    pub patience: Nanos,
    /// The account whose password is another one.
    pub mistyped: Option<u16>,
    /// An account whose broker never answers.
    pub hangs: Option<usize>,
    /// An account whose calls break in the middle.
    pub breaks: Option<usize>,
    /// Logins that its accounts have under way.
    pub logins: Arc<Logins>,
    base: String,
    per_minute: u32,
    _end: tokio::sync::oneshot::Sender<()>,
}

/// A broker that never answers.
struct Hangs;

impl Broker for Hangs {
    fn call(&self, _: Call) -> BrokerReply<'_> {
        Box::pin(std::future::pending())
    }
}

/// Logins that are under way, and how many there were at most.
#[derive(Default)]
pub struct Logins {
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Logins {
    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// A connection whose logins are counted while they are under way.
struct Counted {
    inner: Connection,
    logins: Arc<Logins>,
}

impl Broker for Counted {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        Box::pin(async move {
            if call != Call::LogIn {
                return self.inner.call(call).await;
            }
            let now = self.logins.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.logins.most.fetch_max(now, Ordering::SeqCst);
            let reply = self.inner.call(call).await;
            self.logins.under_way.fetch_sub(1, Ordering::SeqCst);
            reply
        })
    }
}

/// An adapter with a fault of its own.
struct Breaks;

impl Broker for Breaks {
    fn call(&self, _: Call) -> BrokerReply<'_> {
        Box::pin(async { panic!("an adapter breaks") })
    }
}

pub fn number(account: u16) -> String {
    (950_000 + u32::from(account)).to_string()
}

impl World {
    pub async fn new(accounts: u16, speed: u32, seed: u64, faults: TroubleRates) -> Self {
        let world = Self::limited(accounts, speed, seed, 60 + 20 * u32::from(accounts)).await;
        world.desk.set_rates(faults);
        world
    }

    /// One whose runner and venue keep to so many requests a minute, those of the feed aside.
    pub async fn limited(accounts: u16, speed: u32, seed: u64, per_minute: u32) -> Self {
        let clock = Clock::fast(FastTime { since: wall(), speed }, None);
        let minute = Nanos::MINUTE.0;
        let first = Nanos(clock.now().0.div_euclid(minute) * minute - 20 * minute);
        let rules = ExchangeRules {
            ids: IdStyle::Apart,
            lag: Nanos(400_000_000),
            ..ExchangeRules::plain()
        };
        let mut exchange = Exchange::new(rules).unwrap();
        let listing = Listing {
            quote_currency: "USD".to_owned(),
            volume_min: Decimal::new(1, 1),
            volume_step: Decimal::new(1, 1),
            volume_max: Decimal::from(1_000_000),
            ..Listing::plain(market::SYMBOL, Decimal::new(1, 3), Decimal::ONE)
        };
        exchange.list(listing, market::tape(first, 40_000)).unwrap();
        let mut logins = Vec::new();
        for account in 0..accounts {
            let name = number(account);
            exchange.open_account(AccountTerms::plain(&name, Decimal::from(100_000))).unwrap();
            let email = format!("trader{account}@example.com");
            logins.push(SimLogin { email, password: PASSWORD.to_owned(), accounts: vec![name] });
        }
        let mut options = SimOptions::plain(logins);
        options.seed = seed;
        options.late_reply_ms = clock.real(TIMEOUT).as_millis() as u64 * 3 / 2;
        options.rate.per_minute = per_minute as usize + 120;
        let desk = Desk::new(exchange, options, Arc::new(move || clock.now()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (end, ended) = tokio::sync::oneshot::channel();
        let until = async move {
            let _dropped = ended.await;
        };
        tokio::spawn(serve(listener, desk.clone(), until));
        let state = tempfile::tempdir().unwrap();
        let (hangs, breaks) = (None, None);
        let (mistyped, patience) = (None, TIMEOUT);
        Self {
            desk,
            clock,
            accounts,
            state,
            patience,
            mistyped,
            hangs,
            breaks,
            base,
            per_minute,
            logins: Arc::default(),
            _end: end,
        }
    }

    pub fn runner(&self, now: Nanos) -> Runner {
        let setup = |account| AccountSetup {
            name: format!("account {account}"),
            engine: market::engine(account),
            rules: OrderRules { oldest: Some(Nanos::SECOND.times(20)), ..OrderRules::default() },
            venue: VenueSetup::Broker {
                identity: number(account),
                host: 0,
                abilities: Abilities {
                    bracket: BracketStyle::Attached,
                    positions: PositionStyle::Hedging,
                    idempotent: false,
                    names_intents: false,
                },
                currency: "USD".to_owned(),
                symbols: vec![Some(market::SYMBOL.to_owned())],
                most_apart: Vec::new(),
                log_in: true,
            },
        };
        let host = HostSetup {
            name: "simulated".to_owned(),
            server: "simulated".to_owned(),
            per_minute: self.per_minute,
            feed: 0,
            per_day: None,
            sessions: SessionTerms::default(),
            intervals: Intervals::default(),
        };
        let settings = Settings { timeout: self.patience, ..Settings::default() };
        Runner::new(now, settings, &[host], (0..self.accounts).map(setup).collect()).unwrap()
    }

    fn brokers(&self) -> Vec<Arc<dyn Broker>> {
        let settings = HostSettings {
            timeout: self.clock.real(self.patience),
            intent_header: Some("x-intent".to_owned()),
            ..HostSettings::new(&self.base)
        };
        let host = Arc::new(BrokerHost::new(settings).unwrap());
        let connection = |account: u16| {
            let login = BrokerLogin {
                account: number(account),
                email: format!("trader{account}@example.com"),
                password: self.password(account).to_owned().into(),
                broker: Some("2".to_owned()),
            };
            let inner = Connection::new(Arc::clone(&host), login).unwrap();
            Arc::new(Counted { inner, logins: Arc::clone(&self.logins) }) as Arc<dyn Broker>
        };
        (0..self.accounts).map(connection).collect()
    }

    const fn password(&self, account: u16) -> &'static str {
        match self.mistyped {
            Some(of) if of == account => "not the password",
            _ => PASSWORD,
        }
    }

    /// A service on the state there is.
    pub fn start(&self) -> Service {
        let folder = Folder::open(&self.state.path().join("journal")).unwrap();
        let now = self.clock.now();
        let (kept, recovered) = {
            let build = |_: &str, now| Ok(self.runner(now));
            Kept::open(folder, 1 << 20, &ConfigText::default(), &build, now).unwrap()
        };
        let mut brokers = self.brokers();
        if let Some(at) = self.hangs {
            brokers[at] = Arc::new(Hangs);
        }
        if let Some(at) = self.breaks {
            brokers[at] = Arc::new(Breaks);
        }
        let newest = kept.runner().newest_bar(InstrumentId(0));
        let feed = VenueFeed {
            broker: Arc::clone(&brokers[0]),
            server: "simulated".to_owned(),
            markets: vec![VenueMarket {
                id: InstrumentId(0),
                market: FedMarket { instrument: market::instrument(), times: BarTimes::MINUTE },
                symbol: market::SYMBOL.to_owned(),
                interval: CandleInterval::M1,
                newest,
            }],
            terms: VenueFeedTerms {
                quotes_every: Nanos::SECOND.times(5),
                candle_after: Nanos(500_000_000),
                candles_a_minute: 2,
                warm_up: 10,
                timeout: self.patience,
            },
        };
        let clock = self.clock;
        let feed: FeedTask = Box::new(move |control, to| Box::pin(feed.run(clock, control, to)));
        let restarted = recovered.last.is_some() || kept.journal().next_number() > 1;
        let production = Production {
            kept,
            pace: Pace::Clock(clock),
            brokers: brokers.into_iter().map(Some).collect(),
            timeout: self.patience,
            rotation: Rotation { bytes: 1 << 20, ..Rotation::default() },
            restarted,
            watcher: None,
        };
        let about = About {
            mode: "live".to_owned(),
            state: self.state.path().to_owned(),
            started: now,
            feed: "the simulated venue".to_owned(),
            zone: "Asia/Seoul".to_owned(),
        };
        Service::start(production, about, AccountLocks::default(), vec![feed], None).unwrap()
    }

    /// Waits for so long in the venue's time.
    pub async fn pass(&self, span: Nanos) {
        tokio::time::sleep(self.clock.real(span)).await;
    }
}

/// Real seconds, from the environment or as many as fit into a test.
pub fn seconds(name: &str, default: u64) -> Duration {
    let given = std::env::var(name).ok().and_then(|n| n.parse().ok());
    Duration::from_secs(given.unwrap_or(default))
}
