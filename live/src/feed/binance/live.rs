//! The feed as a task: the machine, its connections and its questions.

use core::time::Duration;
use std::sync::Arc;

use reqwest::Url;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::line::BinanceInstrument;
use super::machine::{BinanceMachine, FeedAct};
use super::question::{BinanceAnswer, BinanceQuestion};
use super::rest::RestClient;
use super::socket::SocketNews;
use super::sockets::Sockets;
use super::terms::BinanceTerms;
use crate::clock::Clock;
use crate::driver::production::Fed;
use crate::net::tls::{client_config, is_here};

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
        let (sockets, news) = Sockets::new(tls, timeout);
        let work = Work { machine, clock, rest, feed, sockets, answers: JoinSet::new() };
        work.run(news).await;
    }
}

type AnswerCame = (u64, BinanceAnswer, Option<Nanos>);

struct Work {
    machine: BinanceMachine,
    clock: Clock,
    rest: RestClient,
    feed: mpsc::Sender<Fed>,
    sockets: Sockets,
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
            self.sockets.forget_ended();
        }
    }

    fn take(&mut self, (number, news): (u64, SocketNews)) {
        let now = self.clock.now();
        match news {
            SocketNews::Up => self.machine.up(number, now),
            SocketNews::Message(text) => self.machine.message(number, text.as_bytes(), now),
            SocketNews::Sign => self.machine.sign(number, now),
            SocketNews::Down(why) => {
                self.sockets.close(number);
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
                FeedAct::Connect { number, url } => self.sockets.connect(number, url),
                FeedAct::Ping(number) => self.sockets.ping(number),
                FeedAct::Close(number) => self.sockets.close(number),
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
