//! What waits to be sent: so much and no more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::runner::Severity;
use crate::service::Gauge;

/// A queue of bounded length. Who puts something in never waits; who is full drops the
/// oldest of what matters least, and counts it.
pub struct Outbox<T> {
    inner: Mutex<Inner<T>>,
    news: Notify,
    room: usize,
    gauge: Arc<Gauge>,
}

struct Inner<T> {
    waiting: VecDeque<(Severity, T)>,
    /// Dropped since that was last told.
    dropped: u64,
    closed: bool,
}

impl<T> Outbox<T> {
    /// An empty one for `room` messages at most, which tells how it does by `gauge`.
    #[must_use]
    pub fn new(room: usize, gauge: Arc<Gauge>) -> Self {
        let inner = Inner { waiting: VecDeque::new(), dropped: 0, closed: false };
        Self { inner: Mutex::new(inner), news: Notify::new(), room: room.max(1), gauge }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it does.
    #[must_use]
    pub fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    /// Puts a message in. Where it is full the oldest of the least severity goes, which may
    /// be this one.
    pub fn put(&self, severity: Severity, message: T) {
        let mut inner = self.inner();
        inner.waiting.push_back((severity, message));
        if inner.waiting.len() > self.room {
            let least = inner.waiting.iter().map(|(severity, _)| *severity).min();
            let oldest = inner.waiting.iter().position(|(of, _)| Some(*of) == least);
            if let Some(oldest) = oldest {
                inner.waiting.remove(oldest);
                inner.dropped += 1;
                self.gauge.drop_one();
            }
        }
        self.gauge.wait(inner.waiting.len());
        drop(inner);
        self.news.notify_one();
    }

    /// Waits for the next message; how many were dropped before it since that was last
    /// told. `None` once it is closed and empty. It counts as waiting until it is
    /// [done](Self::done).
    pub async fn next(&self) -> Option<(T, u64)> {
        loop {
            let news = self.news.notified();
            {
                let mut inner = self.inner();
                if let Some((_, message)) = inner.waiting.pop_front() {
                    let dropped = core::mem::take(&mut inner.dropped);
                    self.gauge.wait(inner.waiting.len() + 1);
                    return Some((message, dropped));
                }
                if inner.closed {
                    // Whoever else waits is told, too.
                    self.news.notify_one();
                    return None;
                }
            }
            news.await;
        }
    }

    /// The message that was taken last is no more waited for.
    pub fn done(&self) {
        self.gauge.wait(self.inner().waiting.len());
    }

    /// Nothing more is put in.
    pub fn close(&self) {
        self.inner().closed = true;
        self.news.notify_one();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_one_drops_the_oldest_of_what_matters_least_and_counts_it() {
        let gauge = Arc::new(Gauge::new("test", Some(3)));
        let outbox = Outbox::new(3, Arc::clone(&gauge));
        let put = |severity, n: u32| outbox.put(severity, n);
        put(Severity::Critical, 1);
        put(Severity::Warning, 2);
        put(Severity::Notice, 3);
        put(Severity::Warning, 4);
        put(Severity::Critical, 5);
        assert_eq!(gauge.report().waiting, 3);
        put(Severity::Critical, 6);
        put(Severity::Notice, 7);
        assert_eq!(gauge.report().dropped, 4);
        assert_eq!(outbox.next().await, Some((1, 4)));
        put(Severity::Critical, 8);
        put(Severity::Critical, 9);
        outbox.close();
        assert_eq!(outbox.next().await, Some((6, 1)), "all alike: the oldest went");
        assert_eq!((outbox.next().await, outbox.next().await), (Some((8, 0)), Some((9, 0))));
        assert_eq!(gauge.report().waiting, 1);
        outbox.done();
        assert_eq!((gauge.report().waiting, outbox.next().await), (0, None));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let outbox = Arc::new(Outbox::new(3, Arc::new(Gauge::new("test", None))));
        let waiting = Arc::clone(&outbox);
        let waiter = tokio::spawn(async move { (waiting.next().await, waiting.next().await) });
        outbox.put(Severity::Notice, 1);
        outbox.close();
        assert_eq!(waiter.await.unwrap(), (Some((1, 0)), None));
    }
}
