//! What happens, for whoever reads along.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::driver::production::Happened;

/// What a reader hears next.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// What happened in a step.
    Happened(Arc<Happened>),
    /// It was too slow, and missed so many steps with happenings. Status says where things
    /// stand now; the journal has all of it.
    Missed(u64),
}

/// A stream of what happens, from when it was asked for.
pub struct Events(pub(super) broadcast::Receiver<Arc<Happened>>);

impl Events {
    /// The next; `None` once the runner has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(happened) => Some(Heard::Happened(happened)),
            Err(RecvError::Lagged(missed)) => Some(Heard::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tickstep_core::units::Nanos;

    #[tokio::test]
    async fn a_slow_reader_is_told_how_many_it_missed() {
        let (events, first) = broadcast::channel(4);
        let mut slow = Events(first);
        let happened = |record| Arc::new(Happened { at: Nanos(1), record, what: Vec::new() });
        for record in 0..10 {
            // It never waits for a reader.
            events.send(happened(record)).unwrap();
        }
        assert_eq!(slow.next().await, Some(Heard::Missed(6)));
        for record in 6..10 {
            assert_eq!(slow.next().await, Some(Heard::Happened(happened(record))));
        }
        drop(events);
        assert_eq!(slow.next().await, None);
    }
}
