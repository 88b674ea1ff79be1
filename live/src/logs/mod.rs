//! What is written down as it happens: for people on a terminal, as JSON in a pipe, and as
//! JSON in files, a new one each day, of which so many are kept.
//!
//! Lines are handed to a thread that writes them. Where it falls behind, lines are dropped
//! and counted; nothing ever waits for a log.
//!
//! Secrets: what this program says has none in it, because no type that has one shows it.
//! Libraries below say what they do with connections, and are heard only when something is
//! wrong with one, whatever level is asked for.

mod line;
mod stamp;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use tracing::{Level, Metadata, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

pub use line::{LogLine, lines, tell};
pub use stamp::told_at;

use stamp::{InZone, Utc};

/// What every target of this program begins with.
const OWN: &str = "tickstep";
/// Lines that wait to be written, at most.
const WAITING: usize = 32_768;

/// Where log lines go, and which.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// Lowest level, and levels of parts: `info`, or `info,tickstep_live::runner=debug`.
    pub filter: String,
    /// Folder of the files; without one there are none.
    pub folder: Option<PathBuf>,
    /// Files that are kept, one for each day.
    pub kept: usize,
    /// Zone of the times that people are shown; in JSON they are UTC.
    pub zone: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".to_owned(), folder: None, kept: 14, zone: "Asia/Seoul".to_owned() }
    }
}

/// Why logs cannot be written as configured.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error(
        "log filter \"{filter}\": {why}; write a level such as info, or target=level, parted by commas"
    )]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such zone.
    #[error("log zone \"{zone}\": {why}")]
    Zone {
        /// The zone.
        zone: String,
        /// What is wrong with it.
        why: String,
    },
    /// No file is to be kept.
    #[error(
        "log files kept = 0: at least the one of the day is; leave the folder out to have none"
    )]
    NoneKept,
    /// The folder cannot be written to.
    #[error("log folder {}: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The machine's words.
        why: String,
    },
    /// Something else in this program has begun to log.
    #[error("logs have begun already in this program")]
    Begun,
}

/// Writes what is left when it goes.
#[must_use = "logs end when it is dropped"]
#[derive(Debug)]
pub struct LogGuard {
    _guards: Vec<WorkerGuard>,
    counters: Vec<ErrorCounter>,
}

impl LogGuard {
    /// Lines that were dropped because they could not be written fast enough.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.counters.iter().map(ErrorCounter::dropped_lines).sum()
    }
}

/// Whether a line may be written at all, whatever level is asked for.
fn may(meta: &Metadata<'_>) -> bool {
    meta.target().starts_with(OWN) || *meta.level() <= Level::WARN
}

fn behind(writer: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .lossy(true)
        .thread_name("log")
        .finish(writer)
}

fn json<S>(writer: NonBlocking) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fmt::layer().json().flatten_event(true).with_timer(Utc).with_writer(writer)
}

/// The levels that a filter names. A word that is no level would be a part of the program
/// that is not there, and nothing would be written at all.
fn targets(filter: &str) -> Result<Targets, String> {
    let is_level = |part: &str| part.parse::<LevelFilter>().is_ok();
    let odd = filter.split(',').map(str::trim).find(|part| !part.contains('=') && !is_level(part));
    match odd {
        Some(part) => Err(format!("{part} is no level")),
        None => filter.parse::<Targets>().map_err(|error| error.to_string()),
    }
}

/// What hears everything that is said, and writes it as configured: for people where
/// `people`, else as JSON, to `screen`, and to files where there is a folder.
pub fn subscriber(
    settings: &LogSettings,
    people: bool,
    screen: Box<dyn Write + Send>,
) -> Result<(impl Subscriber + Send + Sync, LogGuard), LogError> {
    let LogSettings { filter, folder, kept, zone } = settings;
    let targets =
        targets(filter).map_err(|why| LogError::Filter { filter: filter.clone(), why })?;
    let wrong = |error: jiff::Error| LogError::Zone { zone: zone.clone(), why: error.to_string() };
    let in_zone = InZone(jiff::tz::TimeZone::get(zone).map_err(wrong)?);
    let mut guard = LogGuard { _guards: Vec::new(), counters: Vec::new() };
    let mut writer = |(writer, held): (NonBlocking, WorkerGuard)| {
        guard.counters.push(writer.error_counter());
        guard._guards.push(held);
        writer
    };
    let screen = writer(behind(screen));
    let on_screen: Box<dyn Layer<Registry> + Send + Sync> = match people {
        true => Box::new(fmt::layer().with_timer(in_zone).with_target(false).with_writer(screen)),
        false => Box::new(json(screen)),
    };
    let mut layers = vec![on_screen];
    if let Some(folder) = folder {
        if *kept == 0 {
            return Err(LogError::NoneKept);
        }
        let wrong = |why: String| LogError::Folder { folder: folder.clone(), why };
        let files = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("tickstep-live")
            .filename_suffix("jsonl")
            .max_log_files(*kept)
            .build(folder)
            .map_err(|error| wrong(error.to_string()))?;
        layers.push(Box::new(json(writer(behind(files)))));
    }
    let layers = layers.with_filter(targets.and(filter_fn(may)));
    Ok((tracing_subscriber::registry().with(layers), guard))
}

/// Begins to write logs of the whole program: on the terminal for people, as JSON where
/// standard error is a pipe or a file.
pub fn start(settings: &LogSettings) -> Result<LogGuard, LogError> {
    let (subscriber, guard) =
        subscriber(settings, io::stderr().is_terminal(), Box::new(io::stderr()))?;
    subscriber.try_init().map_err(|_| LogError::Begun)?;
    Ok(guard)
}

#[cfg(test)]
mod tests;
