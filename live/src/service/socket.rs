//! The local socket by which commands reach a running service. Only its owner may open it.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

use super::handle::Handle;
use super::watching::WatchLine;
use super::wish::{Wish, WishAnswer, WishLine};

/// Longest line that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Why a running service was not reached.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Nothing runs there.
    #[error(
        "no runner runs on the state in {}; start it with `run`, which says where its state is, \
         and name that folder by --state", .0.display()
    )]
    NotRunning(PathBuf),
    /// The socket failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What it answered cannot be read.
    #[error("the runner's answer cannot be read, it may be of another version: {0}")]
    Answer(String),
}

/// Where the socket of a state folder is.
#[must_use]
pub fn socket_path(state: &Path) -> PathBuf {
    state.join("control.sock")
}

/// Answers on the socket of a state folder until the service has ended. The folder's lock
/// is held already, so that one that is left over from a crash is removed.
pub async fn serve_socket(handle: Handle, state: &Path) -> io::Result<()> {
    let path = socket_path(state);
    if std::fs::symlink_metadata(&path).is_ok_and(|of| of.file_type().is_socket()) {
        std::fs::remove_file(&path)?;
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = handle.ended() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let handle = handle.clone();
                tokio::spawn(async move {
                    if let Err(error) = answer(handle, stream).await {
                        tracing::debug!(%error, "a command's connection broke");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a command could not reach the runner");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    std::fs::remove_file(&path)
}

async fn answer(handle: Handle, stream: UnixStream) -> io::Result<()> {
    // The file's mode lets in nobody else; who may read every file could come all the same.
    let user = stream.peer_cred()?.uid();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read.take(LONGEST)).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str::<WishLine>(&line) {
            Ok(WishLine { wish: Wish::Watch { every_ms }, .. }) => {
                let every = Duration::from_millis(every_ms);
                return tell_all(&handle, every, &mut write, &mut lines).await;
            }
            Ok(mut line) => {
                line.who = format!("{} (user {user})", line.who);
                handle.wish(line).await
            }
            Err(error) => WishAnswer::Refused { error: format!("no line of a command: {error}") },
        };
        tell(&mut write, &answer).await?;
    }
    Ok(())
}

async fn tell(to: &mut OwnedWriteHalf, what: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(what).map_err(io::Error::other)?;
    text.push('\n');
    to.write_all(text.as_bytes()).await
}

/// Tells somebody who watches, until they go or the runner ends. Who reads too slowly misses
/// what happened meanwhile, and is told so.
async fn tell_all(
    handle: &Handle,
    every: Duration,
    to: &mut OwnedWriteHalf,
    from: &mut Lines<BufReader<tokio::io::Take<OwnedReadHalf>>>,
) -> io::Result<()> {
    let mut watching = handle.watch(every);
    loop {
        tokio::select! {
            line = watching.next() => match line {
                Some(line) => tell(to, &line).await?,
                None => return Ok(()),
            },
            // Whoever watches says nothing more; its end is that it has gone.
            said = from.next_line() => if said?.is_none() { return Ok(()) },
        }
    }
}

/// A service that runs on a state folder, as somebody watches it.
pub struct WatchStream {
    path: PathBuf,
    lines: Lines<BufReader<OwnedReadHalf>>,
    /// Held, because the service takes its end for that of the watching.
    _write: OwnedWriteHalf,
}

impl WatchStream {
    /// Begins to watch: where everything stands comes so often.
    pub async fn open(state: &Path, who: &str, every: Duration) -> Result<Self, SocketError> {
        let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        let (who, why, wish) = (who.to_owned(), String::new(), Wish::Watch { every_ms });
        let stream = reach(state, &WishLine { id: None, who, why, wish }).await?;
        let (read, write) = stream.into_split();
        Ok(Self { path: socket_path(state), lines: BufReader::new(read).lines(), _write: write })
    }

    /// What comes next; `None` once the runner has ended. It may be dropped and called again
    /// without a loss.
    pub async fn next(&mut self) -> Result<Option<WatchLine>, SocketError> {
        let failed = |error| SocketError::Io { path: self.path.clone(), error };
        let Some(line) = self.lines.next_line().await.map_err(failed)? else { return Ok(None) };
        let unread = |error: serde_json::Error| SocketError::Answer(error.to_string());
        serde_json::from_str(&line).map(Some).map_err(unread)
    }
}

/// Connects to a service that runs on a state folder, and says a line.
async fn reach(state: &Path, line: &WishLine) -> Result<UnixStream, SocketError> {
    let path = socket_path(state);
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            SocketError::NotRunning(state.to_owned())
        }
        _ => SocketError::Io { path: path.clone(), error },
    };
    let mut stream = UnixStream::connect(&path).await.map_err(failed)?;
    let mut text = serde_json::to_string(line).map_err(|e| failed(io::Error::other(e)))?;
    text.push('\n');
    stream.write_all(text.as_bytes()).await.map_err(failed)?;
    Ok(stream)
}

/// Asks a service that runs on a state folder.
pub async fn ask(state: &Path, line: &WishLine) -> Result<WishAnswer, SocketError> {
    let mut stream = reach(state, line).await?;
    let failed = |error| SocketError::Io { path: socket_path(state), error };
    let mut answer = String::new();
    let read = BufReader::new(&mut stream).read_line(&mut answer).await.map_err(failed)?;
    if read == 0 {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    serde_json::from_str(&answer).map_err(|error| SocketError::Answer(error.to_string()))
}
