//! A demonstration that needs nothing: a simulated broker with twelve accounts of 50 to
//! 100,000 dollars, a day of real candles from this program itself, and a runner that trades
//! the scalper there through the client that it has for real brokers.
//!
//! Nothing is left out and nothing is put on: orders go over HTTP on this machine, fills
//! come from lists that are read back, and what the runner says at the end is held against
//! what the broker knows ([`DemoSummary`]).

mod broker;
mod summary;
mod tape;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tickstep_config::{ConfigError, OwnStrategies};
use tickstep_core::units::Nanos;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use broker::{BrokerFault, PASSWORD};
pub use summary::{DemoRow, DemoSummary};
pub use tape::{TapeFault, candles, symbols};

use crate::clock::{Clock, Tempo, TimeSource};
use crate::config::LiveConfig;
use crate::driver::production::{Ended, Gone};
use crate::random::NoRandom;
use crate::runner::{Act, Reach};
use crate::service::{
    ActBy, AssembleError, Assembled, Assembly, Handle, Service, Ways, serve_socket,
};
use crate::sim_server::{Desk, SimOptions, serve};

/// Its configuration, but for the broker's address and the state's folder.
pub const CONFIG: &str = include_str!("demo.toml");
/// Bars of the tape that lie before the start, so that the strategy is warm.
pub const BEFORE: usize = 60;
/// Fastest pace of time.
pub const FASTEST: u32 = 240;
/// How long closing may take at the end.
const CLOSE: Duration = Duration::from_secs(20);
/// How long what is under way is awaited when it ends.
const STOP: Duration = Duration::from_secs(5);
/// How often it is looked whether the end of the tape is there.
const LOOK: Duration = Duration::from_millis(50);

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its candles.
    #[error(transparent)]
    Tape(#[from] TapeFault),
    /// Its broker.
    #[error(transparent)]
    Broker(#[from] BrokerFault),
    /// Its runner.
    #[error(transparent)]
    Runner(#[from] AssembleError),
    /// The runner has ended before.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The runner's end.
    #[error("the runner did not end well: {0}")]
    End(String),
    /// No number for an act.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// A folder or an address of this machine.
    #[error("{what}: {error}")]
    Machine {
        /// What was wanted.
        what: &'static str,
        /// Why it is not there.
        error: std::io::Error,
    },
}

/// A demonstration that runs.
pub struct Demo {
    config: LiveConfig,
    desk: Desk,
    service: Service,
    tempo: &'static Tempo,
    over: Nanos,
    socket: JoinHandle<()>,
    server: JoinHandle<()>,
    /// The server goes on for as long as this is held.
    serving: oneshot::Sender<()>,
    /// Removed when it is dropped.
    folder: tempfile::TempDir,
}

impl Demo {
    /// Starts broker and runner; time runs so many times faster than it does.
    pub async fn start(speed: u32) -> Result<Self, DemoError> {
        let machine = |what| move |error| DemoError::Machine { what, error };
        let (from, over) = tape::span(BEFORE)?;
        let tempo = Tempo::new(from, speed.clamp(1, FASTEST));
        let folder = tempfile::Builder::new().prefix("tickstep-demo-").tempdir();
        let folder = folder.map_err(machine("a folder for the state"))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.map_err(machine("a port for the simulated broker"))?;
        let at = listener.local_addr().map_err(machine("a port for the simulated broker"))?;
        let state = folder.path().join("state");
        let quoted = |path: &Path| serde_json::Value::from(path.display().to_string());
        let changes =
            [format!("venue.simulated.url=http://{at}"), format!("state={}", quoted(&state))];
        let own = OwnStrategies::default();
        let config = LiveConfig::parse(CONFIG, Path::new("demo.toml"), &changes, &own)?;
        let clock = Clock::paced(tempo);
        let mut options = SimOptions::plain(broker::logins(&config));
        options.late_reply_ms = 1_000;
        // Nobody but this program is to have its ear.
        options.control = false;
        let exchange = broker::exchange(&config)?;
        let desk = Desk::new(exchange, options, Arc::new(move || clock.now()));
        let (serving, served) = oneshot::channel();
        let served = async move {
            let _dropped = served.await;
        };
        let server = tokio::spawn({
            let desk = desk.clone();
            async move {
                if let Err(error) = serve(listener, desk, served).await {
                    tracing::error!(%error, "the simulated broker");
                }
            }
        });
        let ways = Ways::by(broker::credentials(&config), speed);
        let (time, forget_changes) = (TimeSource::Paced(tempo), true);
        let assembly = Assembly { config: config.clone(), own, ways, time, forget_changes };
        let Assembled { service, .. } = assembly.start().await?;
        let socket = tokio::spawn({
            let (handle, state) = (service.handle(), state.clone());
            async move {
                if let Err(error) = serve_socket(handle, &state).await {
                    tracing::error!(%error, "the socket for commands");
                }
            }
        });
        Ok(Self { config, desk, service, tempo, over, socket, server, serving, folder })
    }

    /// The way to its runner.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.service.handle()
    }

    /// The folder by which other commands reach its runner while it runs.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.config.state.clone()
    }

    /// Its time.
    #[must_use]
    pub const fn tempo(&self) -> &'static Tempo {
        self.tempo
    }

    /// Its simulated broker.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Waits until the candles are over.
    pub fn over(&self) -> impl Future<Output = ()> + use<> {
        let (clock, over) = (Clock::paced(self.tempo), self.over);
        async move {
            while clock.now() < over {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// Opens nothing more and closes everything; what is still open or differs after that, for
    /// people.
    pub fn settle(&self) -> impl Future<Output = Result<Vec<String>, DemoError>> + use<> {
        let handle = self.handle();
        async move {
            let by = |why| ActBy::new("demo", why);
            handle.command(&by("it ends")?, Act::Pause(Reach::All)).await?;
            let closed = handle.close(&by("it ends")?, Reach::All, None, CLOSE).await?;
            // So that no balance is one of before the last close.
            let differing = handle.audit(&by("it ends")?, CLOSE).await?;
            let refused = closed.acted.lines.iter().filter_map(|line| {
                line.refused.as_ref().map(|why| format!("{}: {why}", line.what))
            });
            Ok([closed.left, refused.collect(), differing].concat())
        }
    }

    /// Ends it, and says what it came to.
    pub async fn finish(self) -> Result<DemoSummary, DemoError> {
        let Self { config, desk, service, socket, server, serving, folder, .. } = self;
        let handle = service.handle();
        let status = handle.status().await?;
        let summary = DemoSummary::of(&config, &status, &desk);
        handle.stop(STOP);
        drop(handle);
        let ended = service.join().await;
        // The socket's task ends with the runner; the server when nobody holds it.
        let _joined = socket.await;
        drop(serving);
        let _joined = server.await;
        folder.close().map_err(|error| DemoError::Machine { what: "removing the state", error })?;
        match ended {
            Ended::Stopped(_) => Ok(summary),
            Ended::Journal(error) => Err(DemoError::End(error.to_string())),
            Ended::Panic(words) => Err(DemoError::End(words)),
        }
    }
}
