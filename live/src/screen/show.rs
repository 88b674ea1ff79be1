//! The loop of a screen: what a service tells and keys come in, pictures and acts go out.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tickstep_core::units::Nanos;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::draw::draw;
use super::guard::{Keyboard, TerminalGuard};
use super::look::Look;
use super::state::{KeyAct, Screen};
use crate::clock::wall;
use crate::service::{
    ActBy, Handle, SocketError, WatchLine, WatchStream, Watching, Wish, WishAnswer, WishLine, ask,
};

/// How often it is drawn at most, which a slow line can carry.
const DRAW: Duration = Duration::from_millis(100);
/// After how long without a word it is said that there is none.
const SILENT: Nanos = Nanos(3_000_000_000);

/// A service that is watched: in this program, or by the socket of its state folder.
pub enum Watched {
    /// In this program.
    Here(Watching),
    /// By its socket.
    There(WatchStream),
}

impl Watched {
    /// What is told next; `None` once the runner has ended.
    pub async fn next(&mut self) -> Result<Option<WatchLine>, SocketError> {
        match self {
            Self::Here(watching) => Ok(watching.next().await),
            Self::There(stream) => stream.next().await,
        }
    }
}

/// Where acts go that keys ask for.
#[derive(Clone)]
pub enum Acting {
    /// To a service in this program.
    Here(Handle),
    /// To a state folder's socket.
    There(PathBuf),
}

impl Acting {
    async fn done(self, who: String, wish: Wish) -> WishAnswer {
        let by = match ActBy::new(&who, "a key of the screen") {
            Ok(by) => by,
            Err(error) => return WishAnswer::Refused { error: error.to_string() },
        };
        let ActBy { id, who, why } = by;
        let line = WishLine { id: Some(id), who, why, wish };
        match self {
            Self::Here(handle) => handle.wish(line).await,
            Self::There(state) => ask(&state, &line)
                .await
                .unwrap_or_else(|error| WishAnswer::Refused { error: error.to_string() }),
        }
    }
}

/// Why a screen was left.
#[derive(Debug)]
pub enum Left {
    /// A key asked for it.
    Key,
    /// It was told to end, or its time was over.
    Over,
    /// The runner has ended.
    Ended,
    /// The runner cannot be watched any more.
    Lost(SocketError),
}

/// Shows a service on the terminal until a key leaves it, `over` is over, or the runner
/// ends. `paced` is called where a key asks for another pace of time.
pub async fn show(
    screen: &mut Screen,
    (terminal, keyboard): &mut (&mut TerminalGuard, &mut Keyboard),
    look: Look,
    watched: &mut Watched,
    (acting, who): (&Acting, &str),
    paced: &dyn Fn(u32),
    over: impl Future<Output = ()>,
) -> io::Result<Left> {
    let (tell, mut answers) = mpsc::unbounded_channel();
    let mut ticks = tokio::time::interval(DRAW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = wall();
    let mut over = std::pin::pin!(over);
    loop {
        tokio::select! {
            biased;
            () = &mut over => return Ok(Left::Over),
            key = keyboard.next() => match key.and_then(|key| screen.key(key)) {
                None => {}
                Some(KeyAct::Leave) => return Ok(Left::Key),
                Some(KeyAct::Speed(speed)) => paced(speed),
                Some(KeyAct::Runner(wish)) => {
                    let (acting, who, tell) = (acting.clone(), who.to_owned(), tell.clone());
                    tokio::spawn(async move {
                        // The screen may be gone when the answer comes.
                        let _ = tell.send(acting.done(who, *wish).await);
                    });
                }
            },
            Some(answer) = answers.recv() => screen.answered(&answer),
            _ = ticks.tick() => {
                let silent = Nanos(wall().0 - heard.0);
                let seconds = u64::try_from(silent.0 / Nanos::SECOND.0).ok();
                screen.silent_s = seconds.filter(|_| silent >= SILENT);
                terminal.draw(|frame| draw(frame, screen, look))?;
            }
            line = watched.next() => match line {
                Ok(Some(line)) => {
                    heard = wall();
                    screen.take(line);
                }
                Ok(None) => return Ok(Left::Ended),
                Err(error) => return Ok(Left::Lost(error)),
            },
        }
    }
}
