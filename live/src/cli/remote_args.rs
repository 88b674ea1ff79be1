//! Arguments of commands to a runner that runs.

use std::path::PathBuf;

use clap::Args;
use rust_decimal::Decimal;

use super::console::Console;
use crate::runner::{BracketChange, LevelChange};

/// Which runner is meant.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// Folder of its state [default: TICKSTEP_STATE, else live-state]
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
}

impl StateArgs {
    /// The folder.
    #[must_use]
    pub fn folder(&self, console: &Console<'_>) -> PathBuf {
        let told =
            self.state.clone().or_else(|| (console.env)("TICKSTEP_STATE").map(PathBuf::from));
        told.unwrap_or_else(|| PathBuf::from("live-state"))
    }
}

/// `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Zone of the times; in JSON they are nanoseconds since the Unix epoch, UTC [default: that
    /// of `[alerts]` in the configuration, Asia/Seoul where it states none]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
}

/// What every act has.
#[derive(Clone, Debug, Args)]
pub struct ActArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// Why; it is written down
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub why: String,
    /// A number for it: an act that is given again with its number is done once [default: a
    /// new one]
    #[arg(long, value_name = "NUMBER")]
    pub id: Option<String>,
}

/// `pause` and `resume`.
#[derive(Clone, Debug, Args)]
pub struct ReachArgs {
    /// Which runner, why, and the act's number
    #[command(flatten)]
    pub act: ActArgs,
    /// On one account alone
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// `kill`.
#[derive(Clone, Debug, Args)]
pub struct KillArgs {
    /// Which runner, where, and why
    #[command(flatten)]
    pub reach: ReachArgs,
    /// How long it is waited for, in seconds; what is open goes on being closed after that
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub wait: u64,
}

/// `close-all`.
#[derive(Clone, Debug, Args)]
pub struct CloseAllArgs {
    /// Which runner, where, and why
    #[command(flatten)]
    pub reach: ReachArgs,
    /// Of one instrument alone
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// How long it is waited for, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub wait: u64,
}

/// `audit`.
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// How long brokers may take to say what they have, in seconds
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub wait: u64,
}

/// `position`: one position of one account.
#[derive(Clone, Debug, Args)]
pub struct PositionArgs {
    /// Which runner, why, and the act's number
    #[command(flatten)]
    pub act: ActArgs,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The broker's number of the position
    #[arg(long, value_name = "NUMBER")]
    pub position: String,
    /// Close all of it, or this much
    #[arg(
        long,
        value_name = "QUANTITY",
        num_args = 0..=1,
        conflicts_with_all = ["stop", "no_stop", "target", "no_target"]
    )]
    pub close: Option<Option<Decimal>>,
    /// What becomes of its stop and target
    #[command(flatten)]
    pub levels: LevelArgs,
}

/// What becomes of a stop and a target. What is not named stays as it is.
#[derive(Clone, Copy, Debug, Args)]
pub struct LevelArgs {
    /// The stop from now on; it stays as it is where absent
    #[arg(long, value_name = "PRICE")]
    pub stop: Option<Decimal>,
    /// Take the stop away
    #[arg(long, conflicts_with = "stop")]
    pub no_stop: bool,
    /// The target from now on; it stays as it is where absent
    #[arg(long, value_name = "PRICE")]
    pub target: Option<Decimal>,
    /// Take the target away
    #[arg(long, conflicts_with = "target")]
    pub no_target: bool,
}

impl LevelArgs {
    /// The change that they say.
    #[must_use]
    pub fn change(self) -> BracketChange {
        let level = |price: Option<Decimal>, none: bool| match price {
            Some(price) => LevelChange::Set(price),
            None if none => LevelChange::Remove,
            None => LevelChange::Keep,
        };
        let (stop, target) = (level(self.stop, self.no_stop), level(self.target, self.no_target));
        BracketChange { stop, target }
    }
}

/// `session`: log an account out, or in again.
#[derive(Clone, Debug, Args)]
pub struct SessionArgs {
    /// Which runner, why, and the act's number
    #[command(flatten)]
    pub act: ActArgs,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// Whether it shall be logged in
    #[arg(value_parser = ["on", "off"])]
    pub wanted: String,
}

/// `set`.
#[derive(Clone, Debug, Args)]
pub struct SetArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// Why; it is written down
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub why: String,
    /// The settings
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub changes: Vec<String>,
}

/// `orders`: what waits for its price at brokers.
#[derive(Clone, Debug, Args)]
pub struct OrdersArgs {
    /// Which runner, why, and the act's number
    #[command(flatten)]
    pub act: ActArgs,
    /// On this account; needed where an order is named
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// The broker's number of one order; all of them where absent
    #[arg(long, value_name = "NUMBER", requires = "account", conflicts_with = "symbol")]
    pub order: Option<String>,
    /// Of one instrument alone
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Withdraw them
    #[arg(
        long,
        conflicts_with_all = ["price", "stop", "no_stop", "target", "no_target"],
        required_unless_present = "price"
    )]
    pub cancel: bool,
    /// The price that the order waits for from now on
    #[arg(long, value_name = "PRICE", requires = "order")]
    pub price: Option<Decimal>,
    /// What becomes of the stop and target of its position, beside its price
    #[command(flatten)]
    pub levels: LevelArgs,
}

/// `batch`: several acts at once.
#[derive(Clone, Debug, Args)]
pub struct BatchArgs {
    /// Which runner, why, and the act's number
    #[command(flatten)]
    pub act: ActArgs,
    /// A file with a JSON list of acts, as the socket takes them; standard input where it is
    /// `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How long its result is waited for, in seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub wait: u64,
}
