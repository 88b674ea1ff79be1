//! What somebody asks for in a chat.

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChatCommand {
    /// What there is to ask.
    Help,
    /// Where everything stands.
    Status,
    /// What accounts are worth.
    Balance,
    /// What accounts hold.
    Positions,
    /// How well everything is.
    Health,
    /// What was closed since the start.
    Trades,
    /// What strategies trade and hold.
    Strategies,
    /// How near accounts are to their limits.
    Risk,
    /// Brokers are asked what they hold, and the ledger is held against it.
    Reconcile,
    /// The program's version.
    Version,
    /// Something is done.
    Do(ChatDeed, Aim),
    /// The code that confirms something.
    Code(String),
    /// Something else.
    Other,
}

/// Something that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatDeed {
    /// Nothing is opened any more.
    Pause,
    /// Positions are opened again.
    Resume,
    /// What is open is closed.
    CloseAll,
    /// What is open is closed, and nothing is opened any more.
    Kill,
}

/// On which account, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Aim {
    /// One account alone.
    pub account: Option<String>,
    /// In the sender's words.
    pub why: String,
}

impl ChatDeed {
    /// Whether it is to be confirmed: what opens risk again, or closes positions.
    pub(super) const fn is_dangerous(self) -> bool {
        !matches!(self, Self::Pause)
    }

    /// What it does, for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Pause => "open nothing more",
            Self::Resume => "open positions again",
            Self::CloseAll => "close everything",
            Self::Kill => "close everything and open nothing more",
        }
    }
}

impl ChatCommand {
    /// Reads what was written; `accounts` are what accounts are called.
    pub(super) fn read(text: &str, accounts: &[String]) -> Self {
        let text = text.trim();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if digits(text) {
            return Self::Code(text.to_owned());
        }
        let Some(text) = text.strip_prefix('/') else { return Self::Other };
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        // In a group a command may say whose it is: `/status@my_bot`.
        let word = word.split('@').next().unwrap_or(word).to_lowercase();
        let aim = || Aim::read(rest.trim(), accounts);
        match word.as_str() {
            "start" | "help" => Self::Help,
            "status" => Self::Status,
            "balance" => Self::Balance,
            "health" => Self::Health,
            "trades" => Self::Trades,
            "strategies" => Self::Strategies,
            "risk" => Self::Risk,
            "reconcile" => Self::Reconcile,
            "version" => Self::Version,
            "positions" => Self::Positions,
            "pause" => Self::Do(ChatDeed::Pause, aim()),
            "resume" | "unkill" => Self::Do(ChatDeed::Resume, aim()),
            "closeall" | "flatten" => Self::Do(ChatDeed::CloseAll, aim()),
            "kill" => Self::Do(ChatDeed::Kill, aim()),
            "confirm" => Self::Code(rest.trim().to_owned()),
            _ => Self::Other,
        }
    }
}

impl Aim {
    fn read(rest: &str, accounts: &[String]) -> Self {
        let (first, why) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match accounts.iter().find(|account| account.eq_ignore_ascii_case(first)) {
            Some(account) => Self { account: Some(account.clone()), why: why.trim().to_owned() },
            None => Self { account: None, why: rest.to_owned() },
        }
    }

    /// Where, for people.
    pub(super) fn words(&self) -> String {
        match &self.account {
            Some(account) => format!("on {account}"),
            None => "on ALL accounts".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(account: Option<&str>, why: &str) -> Aim {
        Aim { account: account.map(str::to_owned), why: why.to_owned() }
    }

    #[test]
    fn commands_are_read_with_their_account_and_reason() {
        let accounts = ["main".to_owned(), "second".to_owned()];
        for (text, wanted) in [
            ("/start", ChatCommand::Help),
            ("/status", ChatCommand::Status),
            (" /Status@my_bot ", ChatCommand::Status),
            ("/balance", ChatCommand::Balance),
            ("/positions", ChatCommand::Positions),
            ("/health", ChatCommand::Health),
            ("/unkill", ChatCommand::Do(ChatDeed::Resume, aim(None, ""))),
            ("/pause", ChatCommand::Do(ChatDeed::Pause, aim(None, ""))),
            (
                "/pause Main lunch break",
                ChatCommand::Do(ChatDeed::Pause, aim(Some("main"), "lunch break")),
            ),
            ("/resume second", ChatCommand::Do(ChatDeed::Resume, aim(Some("second"), ""))),
            (
                "/closeall news at 14:30",
                ChatCommand::Do(ChatDeed::CloseAll, aim(None, "news at 14:30")),
            ),
            ("/flatten", ChatCommand::Do(ChatDeed::CloseAll, aim(None, ""))),
            ("/kill mian", ChatCommand::Do(ChatDeed::Kill, aim(None, "mian"))),
            ("4711", ChatCommand::Code("4711".to_owned())),
            ("/confirm 4711", ChatCommand::Code("4711".to_owned())),
            ("/sell", ChatCommand::Other),
            ("kill", ChatCommand::Other),
            ("", ChatCommand::Other),
        ] {
            assert_eq!(ChatCommand::read(text, &accounts), wanted, "{text}");
        }
    }
}
