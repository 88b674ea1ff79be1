//! Alerts on their way from the runner to the channels.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;

use super::message::{AlertMessage, word_of};
use super::notify::AlertNote;
use super::outbox::Outbox;
use super::quiet::Quiet;
use super::telegram::ChatMessage;
use crate::clock::{Clock, wall};
use crate::runner::{Happening, Severity};
use crate::service::{Events, Handle, Heard, RecentAlert};

/// Where alerts go.
pub(super) struct Channels {
    pub webhook: Option<(Severity, Arc<Outbox<AlertMessage>>)>,
    pub telegram: Option<(Severity, Vec<i64>, Arc<Outbox<ChatMessage>>)>,
    pub zone: TimeZone,
}

impl Channels {
    fn send(&self, message: AlertMessage) {
        let severity = message.severity;
        if let Some((_, chats, outbox)) = self.telegram.as_ref().filter(|t| severity >= t.0) {
            let text = message.text(&self.zone);
            for chat in chats {
                outbox.put(severity, ChatMessage { chat: *chat, text: text.clone() });
            }
        }
        if let Some((_, outbox)) = self.webhook.as_ref().filter(|w| severity >= w.0) {
            outbox.put(severity, message);
        }
    }

    fn close(&self) {
        if let Some((_, outbox)) = &self.webhook {
            outbox.close();
        }
        if let Some((_, _, outbox)) = &self.telegram {
            outbox.close();
        }
    }
}

/// Takes alerts as they happen and hands them to the channels.
pub(super) struct Collector {
    events: Events,
    /// Dropped once the runner has ended.
    handle: Option<Handle>,
    notes: mpsc::Receiver<AlertNote>,
    quiet: Quiet,
    channels: Channels,
    clock: Clock,
    /// What accounts are called; empty where it has to be asked.
    called: Vec<String>,
    /// Number of the record up to which alerts were taken.
    upto: Option<u64>,
    /// When it began, and how many messages were made since.
    numbers: (Nanos, u64),
}

/// What the collector hears.
enum Sound {
    Runner(Option<Heard>),
    Told(Option<AlertNote>),
    /// A quiet period is over.
    Over,
}

impl Collector {
    pub(super) fn new(
        handle: &Handle,
        notes: mpsc::Receiver<AlertNote>,
        quiet: Quiet,
        channels: Channels,
    ) -> Self {
        Self {
            events: handle.events(),
            notes,
            quiet,
            channels,
            clock: Clock::after(None),
            called: Vec::new(),
            upto: None,
            numbers: (wall(), 0),
            handle: Some(handle.clone()),
        }
    }

    /// Goes on until the runner has ended and nobody has anything to tell any more.
    pub(super) async fn run(mut self) {
        self.catch_up().await;
        let mut silent = false;
        while self.handle.is_some() || !silent {
            match self.listen(silent).await {
                Sound::Runner(Some(Heard::Happened(happened))) => {
                    if self.upto.is_none_or(|upto| happened.record > upto) {
                        self.take(&happened.what, happened.at).await;
                    }
                }
                Sound::Runner(Some(Heard::Missed(steps))) => {
                    let words = format!(
                        "{steps} steps went by too fast to be looked at for alerts; status says \
                         where things stand, the log has all of them"
                    );
                    self.hear(note(Severity::Warning, "missed", words));
                }
                Sound::Runner(None) => self.handle = None,
                Sound::Told(Some(AlertNote { severity, kind, words })) => {
                    self.hear(note(severity, kind, words));
                }
                Sound::Told(None) => silent = true,
                Sound::Over => {
                    let over = self.quiet.over(self.clock.now());
                    over.into_iter().for_each(|message| self.send(message));
                }
            }
        }
        let held = self.quiet.end();
        held.into_iter().for_each(|message| self.send(message));
        self.channels.close();
    }

    async fn listen(&mut self, silent: bool) -> Sound {
        let (due, clock, running) = (self.quiet.due(), self.clock, self.handle.is_some());
        let over = async {
            match due {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = self.events.next(), if running => Sound::Runner(heard),
            told = self.notes.recv(), if !silent => Sound::Told(told),
            () = over => Sound::Over,
        }
    }

    /// Alerts that came before it began to listen.
    async fn catch_up(&mut self) {
        let recent = self.handle.as_ref().map(Handle::recent_alerts).unwrap_or_default();
        for RecentAlert { at, record, alert } in recent {
            self.take(&[Happening::Alert(alert)], at).await;
            self.upto = Some(record);
        }
    }

    /// Takes the alerts among what happened.
    async fn take(&mut self, what: &[Happening], at: Nanos) {
        // Another configuration may have other accounts.
        if what.iter().any(|what| matches!(what, Happening::Configured { .. })) {
            self.called.clear();
        }
        if !what.iter().any(|what| matches!(what, Happening::Alert(_))) {
            return;
        }
        if let (true, Some(handle)) = (self.called.is_empty(), &self.handle) {
            self.called = handle.names().await.unwrap_or_default();
        }
        for message in alerts(what, at, &self.called) {
            self.hear(message);
        }
    }

    fn hear(&mut self, message: AlertMessage) {
        if let Some(message) = self.quiet.hear(self.clock.now(), message) {
            self.send(message);
        }
    }

    fn send(&mut self, mut message: AlertMessage) {
        let (started, count) = &mut self.numbers;
        *count += 1;
        message.id = format!("{:x}-{count}", started.0);
        self.channels.send(message);
    }
}

fn note(severity: Severity, kind: &str, words: String) -> AlertMessage {
    let (id, kind, account) = (String::new(), kind.to_owned(), None);
    AlertMessage { id, at: wall(), severity, kind, account, words, more: 0 }
}

/// The alerts among what happened.
fn alerts(what: &[Happening], at: Nanos, names: &[String]) -> Vec<AlertMessage> {
    let name = |account: AccountId| {
        names.get(account.index()).cloned().unwrap_or_else(|| format!("#{}", account.0))
    };
    let alert = |happening: &Happening| {
        let Happening::Alert(alert) = happening else { return None };
        // Words of a broker's may have what moves a cursor in them.
        let words = alert.words.replace(char::is_control, " ");
        Some(AlertMessage {
            id: String::new(),
            at,
            severity: alert.severity,
            kind: word_of(&alert.kind),
            account: alert.account.map(name),
            words,
            more: 0,
        })
    };
    what.iter().filter_map(alert).collect()
}
