//! What happens as plain lines, for a pipe or a file.

use std::io::{self, Write};
use std::time::Duration;

use super::show::{Left, Watched};
use super::state::Screen;
use crate::logs::told_at;

/// How long a line may still grow before it is written.
const SETTLE: Duration = Duration::from_secs(1);

/// Writes what happens, a line each, until `over` is over or the runner ends. What is told
/// in one line, such as all positions that a stop closed, is written when it grows no more.
pub async fn tell_plainly(
    screen: &mut Screen,
    watched: &mut Watched,
    to: &mut dyn Write,
    over: impl Future<Output = ()>,
) -> io::Result<Left> {
    let mut ticks = tokio::time::interval(SETTLE);
    let mut changes = 0;
    let mut over = std::pin::pin!(over);
    let left = loop {
        tokio::select! {
            biased;
            () = &mut over => break Left::Over,
            _ = ticks.tick() => {
                write(screen, changes, to)?;
                changes = screen.log.changes();
            }
            line = watched.next() => match line {
                Ok(Some(line)) => screen.take(line),
                Ok(None) => break Left::Ended,
                Err(error) => break Left::Lost(error),
            },
        }
    };
    write(screen, u64::MAX, to)?;
    Ok(left)
}

fn write(screen: &mut Screen, before: u64, to: &mut dyn Write) -> io::Result<()> {
    for entry in screen.log.settled(before) {
        writeln!(to, "{}  {}", told_at(entry.at, &screen.zone), entry.words())?;
    }
    to.flush()
}
