//! Which messages of a bot were taken, kept over restarts.
//!
//! A message is noted before it is acted on: what was lost in a crash between the two is
//! asked for again by its sender, who has no answer; nothing is done twice.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// Telegram begins anew to count messages of a bot to which nobody wrote for a week; a
/// number that is nearly that old says nothing any more, and all that was taken then is
/// confirmed.
const OLD: Nanos = Nanos::DAY.times(6);

/// What is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    /// Number of the bot.
    bot: u64,
    /// Number of the first message that was not taken.
    next: i64,
    /// When the last one was taken.
    at: Nanos,
}

/// Messages that were taken.
#[derive(Debug)]
pub(super) struct SeenUpdates {
    path: PathBuf,
    noted: Option<Noted>,
    bot: u64,
}

impl SeenUpdates {
    /// Those of a bot, as a state folder knows them. A file that cannot be read is as none:
    /// messages that are old are not acted on anyway.
    pub(super) fn open(state: &Path, bot: u64) -> Self {
        let path = state.join("telegram.json");
        let read = std::fs::read(&path).ok();
        let noted = read.and_then(|bytes| serde_json::from_slice::<Noted>(&bytes).ok());
        Self { path, noted: noted.filter(|noted| noted.bot == bot), bot }
    }

    /// Number of the first message that is to be asked for.
    pub(super) fn from(&self, now: Nanos) -> Option<i64> {
        self.noted.filter(|noted| now.0.saturating_sub(noted.at.0) < OLD.0).map(|noted| noted.next)
    }

    /// Notes a message; whether it is new. An error says that this is forgotten with the end
    /// of the program.
    pub(super) fn take(&mut self, number: i64, now: Nanos) -> (bool, io::Result<()>) {
        if self.from(now).is_some_and(|next| number < next) {
            return (false, Ok(()));
        }
        let noted = Noted { bot: self.bot, next: number.saturating_add(1), at: now };
        self.noted = Some(noted);
        (true, self.write(&noted))
    }

    /// Whole or not at all, and durable.
    fn write(&self, noted: &Noted) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, noted)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        std::fs::File::open(folder)?.sync_all()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_known_after_a_restart_and_to_its_bot_alone() {
        let folder = tempfile::tempdir().unwrap();
        let now = Nanos(Nanos::DAY.0 * 100);
        let mut seen = SeenUpdates::open(folder.path(), 7);
        assert_eq!(seen.from(now), None);
        let (new, written) = seen.take(41, now);
        written.unwrap();
        assert!(new && !seen.take(41, now).0 && !seen.take(40, now).0);
        let mut again = SeenUpdates::open(folder.path(), 7);
        assert_eq!(again.from(now), Some(42));
        assert!(!again.take(41, now).0 && again.take(42, now).0);
        assert_eq!(SeenUpdates::open(folder.path(), 8).from(now), None);
        // After a week without a message numbers may begin anew.
        assert_eq!(again.from(now + Nanos::DAY.times(7)), None);
        assert!(again.take(5, now + Nanos::DAY.times(7)).0);
        std::fs::write(folder.path().join("telegram.json"), "{").unwrap();
        assert_eq!(SeenUpdates::open(folder.path(), 7).from(now), None);
    }
}
