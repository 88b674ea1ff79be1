//! What is written in chats, and what is done about it.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

use super::answers;
use super::ask::{Aim, ChatCommand, ChatDeed};
use super::bot::{Bot, BotFault, ChatLine, Person};
use super::confirm::{Confirmations, Confirmed};
use super::deliver::Patience;
use super::notify::Notifier;
use super::outbox::Outbox;
use super::seen::SeenUpdates;
use super::telegram::ChatMessage;
use crate::clock::{Clock, wall};
use crate::random::random;
use crate::runner::Severity;
use crate::service::{Gauge, Handle, Wish, WishLine};

/// How old a command may be by Telegram's clock: one that waited while the program was
/// down is for a market that has gone.
const OLD: i64 = 300;
/// How long brokers may take to say what they hold.
const AUDIT_S: u64 = 120;
/// How long closing is waited for before it is answered what is still open.
const CLOSE_S: u64 = 60;
/// Strangers who are told of, at most.
const STRANGERS: usize = 100;

/// Takes what is written to a bot, until the service has ended.
pub(super) struct Poller {
    pub bot: Arc<Bot>,
    pub handle: Handle,
    pub outbox: Arc<Outbox<ChatMessage>>,
    pub gauge: Arc<Gauge>,
    pub notifier: Notifier,
    pub chats: Vec<i64>,
    pub seen: SeenUpdates,
    pub poll: Duration,
    pub patience: Patience,
    pub zone: TimeZone,
}

/// Whoever wrote, and where.
#[derive(Clone, Debug)]
struct Sender {
    chat: i64,
    person: Option<Person>,
}

impl Sender {
    /// Who it is, as the journal has it.
    fn who(&self) -> String {
        let Self { chat, person } = self;
        let Some(person) = person else { return format!("Telegram chat {chat}") };
        let name = person.username.as_ref().or(person.first_name.as_ref());
        let name: String = name.map_or("somebody", String::as_str).chars().take(64).collect();
        format!("{name} (Telegram user {}, chat {chat})", person.id)
    }

    fn whose(&self) -> (i64, i64) {
        (self.chat, self.person.as_ref().map_or(0, |person| person.id))
    }
}

impl Poller {
    pub(super) async fn run(mut self) {
        let mut confirmations = Confirmations::default();
        let mut strangers = BTreeSet::new();
        let clock = Clock::after(None);
        let mut wait = self.patience.first;
        loop {
            let from = self.seen.from(wall());
            let got = tokio::select! {
                got = self.bot.updates(from, self.poll) => got,
                () = self.handle.ended() => return,
            };
            let updates = match got {
                Ok(updates) => updates,
                Err(fault) => {
                    self.gauge.trouble(&fault.to_string());
                    let asked = match fault {
                        BotFault::TooMany(after) => after.min(self.patience.until),
                        // Nothing that a second attempt could change.
                        BotFault::Refused { .. } => self.patience.longest,
                        BotFault::Lost(_) => Duration::ZERO,
                    };
                    tokio::select! {
                        () = tokio::time::sleep(wait.max(asked)) => {}
                        () = self.handle.ended() => return,
                    }
                    wait = (wait * 2).min(self.patience.longest);
                    continue;
                }
            };
            self.gauge.well();
            wait = self.patience.first;
            for (number, update) in updates {
                let (new, written) = self.seen.take(number, wall());
                if let Err(error) = written {
                    tracing::warn!(
                        %error,
                        "which Telegram messages were taken is not written down; after a restart \
                         the last ones come again, and the journal knows what was done"
                    );
                }
                let message = update.and_then(|update| update.message).filter(|_| new);
                if let Some(message) = message {
                    self.take(number, message, (&mut confirmations, &mut strangers), &clock).await;
                }
            }
        }
    }

    fn say(&self, chat: i64, text: impl Into<String>) {
        let message = ChatMessage { chat, text: text.into() };
        self.outbox.put(Severity::Critical, message);
    }

    async fn take(
        &self,
        number: i64,
        message: ChatLine,
        (confirmations, strangers): (&mut Confirmations, &mut BTreeSet<i64>),
        clock: &Clock,
    ) {
        let sender = Sender { chat: message.chat.id, person: message.from };
        if !self.chats.contains(&sender.chat) {
            // Nothing is answered: who is not admitted does not learn what this is.
            if strangers.len() < STRANGERS && strangers.insert(sender.chat) {
                let who = sender.who();
                let words =
                    format!("somebody who is not in alerts.telegram.chats wrote to the bot: {who}");
                tracing::warn!(event = "stranger", "{words}");
                self.notifier.tell(Severity::Warning, "stranger", words);
            }
            return;
        }
        let Ok(names) = self.handle.names().await else { return };
        let text = message.text.unwrap_or_default();
        let asked = ChatCommand::read(&text, &names);
        let age = wall().0 / Nanos::SECOND.0 - message.date;
        if age > OLD && matches!(asked, ChatCommand::Do(..) | ChatCommand::Code(_)) {
            let age = answers::lasted(Nanos::SECOND.times(age));
            let words = format!("NOT DONE: this came {age} late. Send it again if it still holds.");
            return self.say(sender.chat, words);
        }
        match asked {
            ChatCommand::Help => self.say(sender.chat, answers::HELP),
            ChatCommand::Other => {
                self.say(sender.chat, format!("That is no command.\n{}", answers::HELP));
            }
            ChatCommand::Status
            | ChatCommand::Balance
            | ChatCommand::Positions
            | ChatCommand::Health
            | ChatCommand::Trades
            | ChatCommand::Strategies
            | ChatCommand::Risk
            | ChatCommand::Version => self.tell(sender.chat, &asked).await,
            ChatCommand::Reconcile => {
                self.have_done(number, sender, String::new(), Wish::Audit { wait_s: AUDIT_S });
            }
            ChatCommand::Do(deed, aim) if deed.is_dangerous() => {
                self.ask(&sender, (deed, aim), confirmations, clock.now()).await;
            }
            ChatCommand::Do(deed, aim) => self.act(number, sender, deed, aim),
            ChatCommand::Code(code) => match confirmations.give(sender.whose(), clock.now(), &code)
            {
                Confirmed::Yes(deed, aim) => self.act(number, sender, deed, aim),
                Confirmed::Nothing => self.say(sender.chat, "Nothing waits for a code."),
                Confirmed::Late => {
                    self.say(sender.chat, "NOT DONE: the code came after its minute.");
                }
                Confirmed::Wrong => {
                    self.say(sender.chat, "NOT DONE: that is another code. Begin again.");
                }
            },
        }
    }

    /// Asks for a code.
    async fn ask(
        &self,
        sender: &Sender,
        (deed, aim): (ChatDeed, Aim),
        confirmations: &mut Confirmations,
        now: Nanos,
    ) {
        let mut bytes = [0; 4];
        if random(&mut bytes).is_err() {
            return self.say(sender.chat, "NOT DONE: this machine gives no code.");
        }
        let code = format!("{:04}", u32::from_be_bytes(bytes) % 10_000);
        let held = self.handle.status().await.map_or(0, |status| {
            let reached = |name: &str| aim.account.as_deref().is_none_or(|one| one == name);
            let all = status.runner.accounts.iter().filter(|a| reached(&a.name));
            all.map(|account| account.positions.len()).sum()
        });
        let open = match (deed, held) {
            (ChatDeed::Resume | ChatDeed::Pause, _) => String::new(),
            (_, 1) => ", 1 position".to_owned(),
            (_, held) => format!(", {held} positions"),
        };
        let words = format!(
            "{} {}{open}?\nSend {code} within a minute to have it done.",
            capitalised(deed.words()),
            aim.words()
        );
        confirmations.ask(sender.whose(), now, (deed, aim), code);
        self.say(sender.chat, words);
    }

    /// Tells what was asked for.
    async fn tell(&self, chat: i64, asked: &ChatCommand) {
        let Ok(status) = self.handle.status().await else { return };
        let text = match asked {
            ChatCommand::Balance => answers::balance(&status),
            ChatCommand::Positions => answers::positions(&status),
            ChatCommand::Health => answers::health(&status),
            ChatCommand::Trades => answers::trades(&status),
            ChatCommand::Strategies => answers::strategies(&status),
            ChatCommand::Risk => answers::risk(&status),
            ChatCommand::Version => answers::version(&status),
            _ => answers::status(&status, &self.zone),
        };
        self.say(chat, text);
    }

    fn act(&self, number: i64, sender: Sender, deed: ChatDeed, aim: Aim) {
        let Aim { account, why } = aim;
        let wish = match deed {
            ChatDeed::Pause => Wish::Pause { account },
            ChatDeed::Resume => Wish::Resume { account },
            ChatDeed::CloseAll => Wish::Close { account, symbol: None, wait_s: CLOSE_S },
            ChatDeed::Kill => Wish::Kill { account, wait_s: CLOSE_S },
        };
        self.have_done(number, sender, why, wish);
    }

    /// Has it done, beside whatever else is asked meanwhile, and answers.
    fn have_done(&self, number: i64, sender: Sender, why: String, wish: Wish) {
        let (handle, outbox) = (self.handle.clone(), Arc::clone(&self.outbox));
        // The message's number is the act's, so that it is done once whatever comes twice.
        let id = Some(format!("telegram {} {number}", self.bot.number()));
        tokio::spawn(async move {
            let answer = handle.wish(WishLine { id, who: sender.who(), why, wish }).await;
            let message = ChatMessage { chat: sender.chat, text: answers::done(answer) };
            outbox.put(Severity::Critical, message);
        });
    }
}

fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str())
}
