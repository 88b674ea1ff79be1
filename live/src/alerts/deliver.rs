//! A message is sent until it is taken.

use core::time::Duration;
use std::sync::Arc;

use super::outbox::Outbox;
use crate::clock::Clock;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It was taken.
    Taken,
    /// It will never be taken; why.
    Never(String),
    /// It may be taken later: why not now, and after which time at the earliest.
    Later(String, Option<Duration>),
}

/// How a channel is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The wait after a first failure; twice as long after each that follows.
    pub first: Duration,
    /// The longest wait of these. What a server asks for may be longer.
    pub longest: Duration,
    /// How long a message is tried, and a server's wish to wait is obeyed at most.
    pub until: Duration,
}

impl Default for Patience {
    /// A second at first, a minute at most, an hour in all.
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { first: secs(1), longest: secs(60), until: secs(3_600) }
    }
}

/// Where messages are sent to.
pub(super) trait Channel: Send + Sync + 'static {
    /// What is sent.
    type Message: Send + Sync;

    /// Sends a message, once.
    fn send(&self, message: &Self::Message) -> impl Future<Output = Attempt> + Send;

    /// The message that so many before another one were dropped.
    fn missing(&self, before: &Self::Message, gone: u64) -> Self::Message;
}

/// Sends what is put into an outbox, one after the other, until it is closed and empty.
pub(super) async fn deliver<C: Channel>(
    channel: Arc<C>,
    outbox: Arc<Outbox<C::Message>>,
    patience: Patience,
) {
    let clock = Clock::after(None);
    while let Some((message, gone)) = outbox.next().await {
        if gone > 0 {
            let missing = channel.missing(&message, gone);
            send(&*channel, &missing, &outbox, patience, &clock).await;
        }
        send(&*channel, &message, &outbox, patience, &clock).await;
        outbox.done();
    }
}

/// Sends a message until it is taken, or given up.
async fn send<C: Channel>(
    channel: &C,
    message: &C::Message,
    outbox: &Outbox<C::Message>,
    patience: Patience,
    clock: &Clock,
) {
    let gauge = outbox.gauge();
    let began = clock.now();
    let mut wait = patience.first;
    loop {
        let (why, after) = match channel.send(message).await {
            Attempt::Taken => return gauge.well(),
            Attempt::Never(why) => return gauge.fail(&why),
            Attempt::Later(why, after) => (why, after),
        };
        let passed = (clock.now().0 - began.0).max(0);
        if Duration::from_nanos(passed.unsigned_abs()) >= patience.until {
            return gauge.fail(&why);
        }
        gauge.trouble(&why);
        let asked = after.unwrap_or(Duration::ZERO).min(patience.until);
        tokio::time::sleep(wait.max(asked)).await;
        wait = (wait * 2).min(patience.longest);
    }
}
