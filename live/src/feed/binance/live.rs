//! The feed as a task: the machine, its connections and its questions.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Url;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::line::BinanceInstrument;
use super::machine::{BinanceMachine, FeedAct};
use super::question::{BinanceAnswer, BinanceQuestion};
use super::rest::RestClient;
use super::socket::{SendPing, SocketAddress, SocketNews, run_socket};
use super::terms::BinanceTerms;
use crate::clock::Clock;
use crate::driver::production::Fed;
use crate::net::tls::{client_config, is_here};

/// News of connections that may wait.
const QUEUE: usize = 1_024;
/// News that are taken before time is looked at again.
const AT_ONCE: usize = 256;

/// Why a feed cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum BinanceSetupError {
    /// An address is none.
    #[error("{name} = \"{url}\": {why}")]
    Address {
        /// The setting.
        name: &'static str,
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// There is no HTTP.
    #[error("HTTP cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
}

/// Checks an address: `https` or `wss`, or without TLS on this machine alone. Whether it
/// has TLS.
pub fn check_address(
    name: &'static str,
    url: &str,
    [secure, plain]: [&str; 2],
) -> Result<bool, BinanceSetupError> {
    let wrong = |why: String| BinanceSetupError::Address { name, url: url.to_owned(), why };
    let read = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    if !read.username().is_empty() || read.password().is_some() || read.query().is_some() {
        return Err(wrong("it is an address and nothing else".to_owned()));
    }
    match read.scheme() {
        scheme if scheme == secure => Ok(true),
        scheme if scheme == plain && is_here(read.host_str().unwrap_or_default()) => Ok(false),
        scheme if scheme == plain => {
            Err(wrong("without TLS only this machine is spoken to".to_owned()))
        }
        _ => Err(wrong(format!("it must begin with {secure}://"))),
    }
}

/// A feed from Binance.
pub struct BinanceFeed {
    terms: BinanceTerms,
    instruments: Vec<BinanceInstrument>,
    tls: Arc<rustls::ClientConfig>,
    rest: RestClient,
}

impl BinanceFeed {
    /// A feed of these instruments; answers are awaited for `timeout`.
    pub fn new(
        terms: BinanceTerms,
        rest_url: &str,
        instruments: Vec<BinanceInstrument>,
        timeout: Duration,
    ) -> Result<Self, BinanceSetupError> {
        let streams = ["wss", "ws"];
        let market = check_address("market_url", &terms.market_url, streams)?;
        let depth = check_address("depth_url", &terms.depth_url, streams)?;
        let rest_tls = check_address("rest_url", rest_url, ["https", "http"])?;
        let tls = Arc::new(client_config(market || depth)?);
        let rest = RestClient::new(terms.market, rest_url, client_config(rest_tls)?, timeout)?;
        Ok(Self { terms, instruments, tls, rest })
    }

    /// Brings news until nobody listens.
    pub async fn run(self, clock: Clock, feed: mpsc::Sender<Fed>) {
        let Self { terms, instruments, tls, rest } = self;
        let timeout = clock.real(terms.link.timeout);
        let machine = BinanceMachine::new(terms, instruments, clock.now());
        let (tell, news) = mpsc::channel(QUEUE);
        let (sockets, tasks, answers) = (BTreeMap::new(), JoinSet::new(), JoinSet::new());
        let work = Work { machine, clock, timeout, tls, rest, feed, tell, sockets, tasks, answers };
        work.run(news).await;
    }
}

type AnswerCame = (u64, BinanceAnswer, Option<Nanos>);

struct Work {
    machine: BinanceMachine,
    clock: Clock,
    timeout: Duration,
    tls: Arc<rustls::ClientConfig>,
    rest: RestClient,
    feed: mpsc::Sender<Fed>,
    tell: mpsc::Sender<(u64, SocketNews)>,
    sockets: BTreeMap<u64, mpsc::Sender<SendPing>>,
    tasks: JoinSet<()>,
    answers: JoinSet<AnswerCame>,
}

impl Work {
    async fn run(mut self, mut news: mpsc::Receiver<(u64, SocketNews)>) {
        self.machine.tick(self.clock.now());
        loop {
            if !self.act().await {
                return;
            }
            let next = self.machine.next(self.clock.now());
            tokio::select! {
                () = self.feed.closed() => return,
                Some(first) = news.recv() => {
                    self.take(first);
                    for _ in 1..AT_ONCE {
                        let Ok(more) = news.try_recv() else { break };
                        self.take(more);
                    }
                }
                Some(answer) = self.answers.join_next() => match answer {
                    Ok((number, answer, date)) => {
                        self.machine.answer(number, answer, date, self.clock.now());
                    }
                    Err(error) => tracing::error!(%error, "asking Binance failed"),
                },
                () = self.clock.sleep_until(next) => self.machine.tick(self.clock.now()),
            }
            while self.tasks.try_join_next().is_some() {}
        }
    }

    fn take(&mut self, (number, news): (u64, SocketNews)) {
        let now = self.clock.now();
        match news {
            SocketNews::Up => self.machine.up(number, now),
            SocketNews::Message(text) => self.machine.message(number, text.as_bytes(), now),
            SocketNews::Sign => self.machine.sign(number, now),
            SocketNews::Down(why) => {
                self.sockets.remove(&number);
                self.machine.down(number, &why, now);
            }
        }
    }

    /// Does what is to be done; whether anybody listens.
    async fn act(&mut self) -> bool {
        while let Some(act) = self.machine.act() {
            match act {
                FeedAct::Tell(input) => {
                    let at = self.clock.now();
                    if self.feed.send(Fed { at, input }).await.is_err() {
                        return false;
                    }
                }
                FeedAct::Connect { number, url } => {
                    let (ask, asked) = mpsc::channel(4);
                    let address = SocketAddress { number, url, tls: Arc::clone(&self.tls) };
                    let run = run_socket(address, self.timeout, self.tell.clone(), asked);
                    self.tasks.spawn(run);
                    self.sockets.insert(number, ask);
                }
                FeedAct::Ping(number) => {
                    if let Some(socket) = self.sockets.get(&number) {
                        // One that has not sent the last four is about to be given up.
                        let _ = socket.try_send(SendPing);
                    }
                }
                // Nobody can ask it for anything then, and it closes.
                FeedAct::Close(number) => drop(self.sockets.remove(&number)),
                FeedAct::Ask { number, question } => self.ask(number, question),
            }
        }
        true
    }

    fn ask(&mut self, number: u64, question: BinanceQuestion) {
        let rest = self.rest.clone();
        self.answers.spawn(async move {
            let (answer, date) = rest.ask(&question).await;
            (number, answer, date)
        });
    }
}
