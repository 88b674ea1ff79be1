//! Alerts and commands in Telegram's chats.
//!
//! A bot of the operator's own ([@BotFather](https://t.me/BotFather) makes one and gives its
//! token, which `tickstep-live accounts add-secret` puts into the vault). Alerts are written
//! into every chat of `alerts.telegram.chats`; commands are taken from these alone, and an
//! empty list admits nobody. Whoever is not admitted gets no answer; the first message from
//! a chat is an alert with the chat's number, by which its owner finds what to write there.
//!
//! | command | what it does |
//! |---|---|
//! | `/status`, `/balance`, `/positions`, `/trades`, `/health`, `/version` | tells |
//! | `/reconcile` | asks brokers what they hold, and holds the ledger against it |
//! | `/pause` | opens nothing more, at once |
//! | `/resume`, also `/unkill` | opens positions again |
//! | `/closeall`, also `/flatten` | closes everything, and says what is still open |
//! | `/kill` | the same, and opens nothing more |
//!
//! The last three answer with a code of four digits, and are done when the same person sends
//! it in the same chat within a minute. An account's name and a reason may follow a command;
//! who, why and what is in the journal as for every operator's act.
//!
//! Which messages were taken is kept over restarts, so that none is acted on twice. A
//! command that is older than five minutes when it comes is not done, and is answered so:
//! it was for a market that has gone.

use super::bot::{Bot, BotFault};
use super::deliver::{Attempt, Channel};

/// A text for a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChatMessage {
    pub chat: i64,
    pub text: String,
}

impl Channel for Bot {
    type Message = ChatMessage;

    async fn send(&self, message: &ChatMessage) -> Attempt {
        match self.write(message.chat, &message.text).await {
            Ok(()) => Attempt::Taken,
            Err(BotFault::TooMany(after)) => {
                Attempt::Later(BotFault::TooMany(after).to_string(), Some(after))
            }
            // A chat that is not there, or that has shut the bot out. With a wrong token or
            // another fault of ours it is tried again: somebody may mend it.
            Err(fault @ BotFault::Refused { code: 400 | 403, .. }) => {
                Attempt::Never(format!("chat {}: {fault}", message.chat))
            }
            Err(fault) => Attempt::Later(fault.to_string(), None),
        }
    }

    fn missing(&self, before: &ChatMessage, gone: u64) -> ChatMessage {
        let text = format!("{gone} messages before this one were dropped");
        ChatMessage { chat: before.chat, text }
    }
}
