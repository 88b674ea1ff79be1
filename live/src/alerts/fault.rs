//! Why alerts cannot be set up.

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum AlertFault {
    /// The vault has no such secret.
    #[error(
        "{at} = \"{name}\" is not in the vault; `tickstep-live accounts add-secret {name}` asks \
         for it"
    )]
    NoSecret {
        /// The key of the configuration that names it.
        at: &'static str,
        /// Its name.
        name: String,
    },
    /// The key of a webhook.
    #[error("the webhook's key in the vault begins with whsec_ and is no Base64 behind that")]
    Key,
    /// The token of a bot.
    #[error(
        "the bot's token in the vault is none: it is a number, a colon and letters, as \
         @BotFather gives it"
    )]
    Token,
    /// An address.
    #[error("{at}: {why}")]
    Address {
        /// The key of the configuration.
        at: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The zone of messages.
    #[error("alerts.zone = \"{zone}\": {why}")]
    Zone {
        /// Its name.
        zone: String,
        /// Why it is none.
        why: String,
    },
}
