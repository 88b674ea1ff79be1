//! The recorder as a task: the machine, its connections, its questions and its files.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use tickstep_core::units::Nanos;
use tokio::task::JoinSet;

use super::fault::RecordFault;
use super::folder::{RecordFolder, RecordedInstrument};
use super::machine::{RecordAct, RecordLine, RecordMachine, RecordTerms};
use super::segment_name::RecordedStream;
use crate::clock::Clock;
use crate::feed::binance::{
    BinanceSetupError, News, RestClient, RestReply, SocketNews, Sockets, check_address,
};
use crate::net::tls::client_config;

/// News that are taken before they are saved.
const AT_ONCE: usize = 256;
/// How often it is said what came, and waited for the disk.
const TELL_EVERY: Nanos = Nanos::SECOND.times(10);

/// What is recorded, and where to.
#[derive(Clone, Debug)]
pub struct RecordPlan {
    /// Where the market is.
    pub terms: RecordTerms,
    /// Where questions go.
    pub rest_url: String,
    /// How long an answer is awaited.
    pub timeout: Duration,
    /// The instruments.
    pub instruments: Vec<RecordedInstrument>,
    /// The folder.
    pub folder: PathBuf,
    /// Size after which the next file begins.
    pub rotate_bytes: u64,
}

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordStartError {
    /// There is no connection to be had.
    #[error(transparent)]
    Setup(#[from] BinanceSetupError),
    /// The folder.
    #[error(transparent)]
    Fault(#[from] RecordFault),
}

/// A recorder that has taken up its folder.
pub struct MarketRecorder {
    machine: RecordMachine,
    folder: RecordFolder,
    clock: Clock,
    rest: RestClient,
    sockets: Sockets,
    news: News,
    answers: JoinSet<(u64, RestReply)>,
}

impl MarketRecorder {
    /// Takes up a folder; what was cut off in it is in `notes`.
    pub fn open(
        plan: RecordPlan,
        clock: Clock,
        notes: &mut Vec<String>,
    ) -> Result<Self, RecordStartError> {
        let RecordPlan { terms, rest_url, timeout, instruments, folder, rotate_bytes } = plan;
        let streams = ["wss", "ws"];
        let market = check_address("market_url", &terms.market_url, streams)?;
        let depth = check_address("depth_url", &terms.depth_url, streams)?;
        let rest_tls = check_address("rest_url", &rest_url, ["https", "http"])?;
        let setup = BinanceSetupError::from;
        let tls = Arc::new(client_config(market || depth).map_err(setup)?);
        let rest_tls = client_config(rest_tls).map_err(setup)?;
        let rest = RestClient::new(terms.market, &rest_url, rest_tls, timeout);
        let rest = rest.map_err(BinanceSetupError::from)?;
        let folder = RecordFolder::open(&folder, rotate_bytes, &instruments, notes)?;
        let lines = instruments.into_iter().enumerate().map(|(at, one)| {
            let known = |stream: RecordedStream| (stream, folder.newest(at, stream));
            RecordLine {
                name: one.name,
                symbol: one.symbol,
                interval: one.interval,
                length: one.length,
                streams: one.streams.into_iter().map(known).collect(),
            }
        });
        let (sockets, news) = Sockets::new(tls, clock.real(terms.link.timeout));
        let machine = RecordMachine::new(terms, lines.collect(), clock.now());
        Ok(Self { machine, folder, clock, rest, sockets, news, answers: JoinSet::new() })
    }

    /// Records until `over`, and tells people what happens; then every file is finished.
    ///
    /// # Errors
    /// When a file cannot be written. What was saved stays, and the next start takes it up.
    pub async fn run(
        mut self,
        over: impl Future<Output = ()>,
        tell: &mut dyn FnMut(&str),
    ) -> Result<RecordFolder, RecordFault> {
        let mut over = std::pin::pin!(over);
        let mut tell_at = self.clock.now() + TELL_EVERY;
        self.machine.tick(self.clock.now());
        loop {
            self.act(tell)?;
            let now = self.clock.now();
            if now >= tell_at {
                tell_at = now + TELL_EVERY;
                self.folder.sync()?;
                tell(&self.words());
            }
            let next = self.machine.next(now).min(tell_at);
            tokio::select! {
                () = &mut over => break,
                Some(first) = self.news.recv() => {
                    self.take(first);
                    for _ in 1..AT_ONCE {
                        let Ok(more) = self.news.try_recv() else { break };
                        self.take(more);
                    }
                }
                Some(answer) = self.answers.join_next() => match answer {
                    Ok((number, reply)) => self.machine.answer(number, reply, self.clock.now()),
                    Err(error) => tell(&format!("asking failed: {error}")),
                },
                () = self.clock.sleep_until(next) => self.machine.tick(self.clock.now()),
            }
            self.sockets.forget_ended();
        }
        while let Ok(last) = self.news.try_recv() {
            self.take(last);
        }
        self.act(tell)?;
        self.folder.finish()?;
        Ok(self.folder)
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

    /// Does what is to be done, and hands all rows to the system.
    fn act(&mut self, tell: &mut dyn FnMut(&str)) -> Result<(), RecordFault> {
        while let Some(act) = self.machine.act() {
            match act {
                RecordAct::Connect { number, url } => self.sockets.connect(number, url),
                RecordAct::Ping(number) => self.sockets.ping(number),
                RecordAct::Close(number) => self.sockets.close(number),
                RecordAct::Ask { number, call } => {
                    let rest = self.rest.clone();
                    self.answers.spawn(async move { (number, rest.get(&call).await.0) });
                }
                RecordAct::Write { line, stream, row, why } => {
                    if self.folder.write((line, stream), &row, why, self.clock.now())? {
                        self.machine.begun(line, stream);
                    }
                }
                RecordAct::Say(words) => tell(&words),
            }
        }
        self.folder.save()
    }

    /// What came so far, in a line.
    fn words(&self) -> String {
        let one = |(name, series): (&str, &super::series::SeriesWriter)| {
            format!("{name} {} {} rows", series.stream().word(), series.rows)
        };
        self.folder.series().map(one).collect::<Vec<_>>().join(", ")
    }
}
