//! Commands to a runner that runs, by the socket in its state folder.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::console::Console;
use crate::logs::{LogSettings, told_at};
use crate::runner::{AccountReport, LinkState, Off, Stop};
use crate::service::{ServiceStatus, Wish, WishAnswer, WishLine, ask};

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
    /// Zone of the times; in JSON they are nanoseconds since the Unix epoch, UTC
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub zone: String,
}

/// `pause`, `resume` and `kill`.
#[derive(Clone, Debug, Args)]
pub struct ReachArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// On one account alone
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Why; it is written down
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub why: String,
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
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The broker's number of the position
    #[arg(long, value_name = "NUMBER")]
    pub position: String,
    /// Why; it is written down
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub why: String,
    /// Close all of it, or this much
    #[arg(long, value_name = "QUANTITY", num_args = 0..=1)]
    pub close: Option<Option<Decimal>>,
    /// Its stop from now on
    #[arg(long, value_name = "PRICE", conflicts_with = "close")]
    pub stop: Option<Decimal>,
    /// Its target from now on
    #[arg(long, value_name = "PRICE", conflicts_with = "close")]
    pub target: Option<Decimal>,
}

/// `session`: log an account out, or in again.
#[derive(Clone, Debug, Args)]
pub struct SessionArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// Whether it shall be logged in
    #[arg(value_parser = ["on", "off"])]
    pub wanted: String,
    /// Why; it is written down
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub why: String,
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

/// Who gives a command, as this machine calls them.
fn who(console: &Console<'_>) -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|name| (console.env)(name));
    name.map_or_else(|| "somebody".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Asks, and tells what was answered; fails where it was refused or something is open.
pub async fn tell(
    state: &StateArgs,
    why: &str,
    wish: Wish,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let line = WishLine { who: who(console), why: why.to_owned(), wish };
    match ask(&state.folder(console), &line).await? {
        WishAnswer::Done { said } => {
            for words in said {
                writeln!(console.output, "{words}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        WishAnswer::Closed { left } if left.is_empty() => {
            writeln!(console.output, "everything is closed")?;
            Ok(ExitCode::SUCCESS)
        }
        WishAnswer::Closed { left } => {
            writeln!(console.output, "still open:")?;
            for words in left {
                writeln!(console.output, "  {words}")?;
            }
            Ok(ExitCode::FAILURE)
        }
        WishAnswer::Audited { differences } if differences.is_empty() => {
            writeln!(console.output, "ledger and brokers agree")?;
            Ok(ExitCode::SUCCESS)
        }
        WishAnswer::Audited { differences } => {
            for words in differences {
                writeln!(console.output, "{words}")?;
            }
            Ok(ExitCode::FAILURE)
        }
        WishAnswer::Refused { error } => anyhow::bail!(error),
        WishAnswer::Status { .. } => anyhow::bail!("an answer to something else: the status"),
    }
}

/// The zone of this name.
pub(super) fn zone(name: &str) -> anyhow::Result<TimeZone> {
    TimeZone::get(name).with_context(|| format!("--zone {name}"))
}

/// `status`.
pub async fn status(args: &StatusArgs, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let zone = zone(&args.zone)?;
    let line = WishLine { who: who(console), why: String::new(), wish: Wish::Status };
    match ask(&args.state.folder(console), &line).await? {
        WishAnswer::Status { status } if args.json => {
            writeln!(console.output, "{}", serde_json::to_string_pretty(&status)?)?;
            Ok(ExitCode::SUCCESS)
        }
        WishAnswer::Status { status } => {
            show(&status, &zone, console)?;
            Ok(ExitCode::SUCCESS)
        }
        WishAnswer::Refused { error } => anyhow::bail!(error),
        other => anyhow::bail!("an answer to something else: {other:?}"),
    }
}

/// What `position` asks for.
pub fn position_wish(args: &PositionArgs) -> anyhow::Result<Wish> {
    let (account, position) = (args.account.clone(), args.position.clone());
    match (args.close, args.stop, args.target) {
        (Some(volume), ..) => Ok(Wish::ClosePosition { account, position, volume }),
        (None, None, None) => {
            anyhow::bail!("say --close, or the --stop and --target it shall have")
        }
        (None, stop, target) => Ok(Wish::EditPosition { account, position, stop, target }),
    }
}

fn show(status: &ServiceStatus, zone: &TimeZone, console: &mut Console<'_>) -> anyhow::Result<()> {
    let ServiceStatus { version, mode, state, started, feed, runner, .. } = status;
    let out = &mut *console.output;
    let at = |at: Nanos| told_at(at, zone);
    writeln!(out, "tickstep-live {version}, {mode}, state in {state}")?;
    writeln!(out, "started {}, now {}", at(*started), at(runner.now))?;
    writeln!(out, "feed: {feed}")?;
    writeln!(
        out,
        "journal: file {}, {} records, {} bytes{}",
        status.journal_file,
        status.records,
        status.journal_bytes,
        if runner.disk_full { "; THE DISK IS FULL, nothing is opened" } else { "" }
    )?;
    if !runner.trading {
        writeln!(out, "trading is switched off: nothing is opened")?;
    }
    for one in &runner.instruments {
        let price = one.price.map_or_else(|| "no price yet".to_owned(), |p| p.to_string());
        let still = if one.still { ", STANDS STILL: nothing is opened" } else { "" };
        let when = one.price.map_or_else(String::new, |_| format!(" of {}", at(one.at)));
        writeln!(out, "{}: {price}{when}{still}", one.symbol)?;
    }
    for host in &runner.hosts {
        let ahead = host.clock_ahead.map_or_else(String::new, |(by, off)| {
            format!(", its clock {} ms ahead, within {} ms", by.millis(), off.millis())
        });
        let alone = host.left_alone_until.map_or_else(String::new, |until| {
            format!(", DOES NOT ANSWER, left alone until {}", at(until))
        });
        writeln!(
            out,
            "host {}: {} accounts, {} requests a minute beside a decision{ahead}{alone}",
            host.name, host.accounts, host.per_minute
        )?;
    }
    writeln!(out, "{}", accounts(&runner.accounts, zone))?;
    Ok(())
}

fn accounts(all: &[AccountReport], zone: &TimeZone) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["account", "session", "cash", "equity", "read back every", "positions"]);
    for account in all {
        let positions: Vec<String> = account
            .positions
            .iter()
            .map(|p| {
                let side = p.side.position_word();
                let worth = p.now.map_or_else(String::new, |now| {
                    let (price, profit) = (now.price, now.profit);
                    format!(", {profit} at {price}, ROI {} %", now.profit_percent.round_dp(2))
                });
                let (held, since) = (format!("{side} {} {}", p.quantity, p.symbol), p.since);
                let since = told_at(since, zone);
                format!("{held} at {} ({}) since {since}{worth}", p.entry, p.strategy)
            })
            .chain(account.foreign.iter().map(|id| format!("{id}: not ours")))
            .chain(account.under_way.iter().cloned())
            .collect();
        let every = account
            .read_back_every
            .map_or_else(|| "-".to_owned(), |every| format!("{} s", every.millis() / 1000));
        table.add_row([
            account.name.clone(),
            session(account),
            account.cash.normalize().to_string(),
            account.equity.normalize().to_string(),
            every,
            positions.join("\n"),
        ]);
    }
    table
}

fn session(account: &AccountReport) -> String {
    let words = match &account.session {
        None => "paper".to_owned(),
        Some(LinkState::Up { .. }) => "up".to_owned(),
        Some(LinkState::Opening { .. }) => "opening".to_owned(),
        Some(LinkState::Down { attempts, .. }) => format!("down, {attempts} attempts failed"),
        Some(LinkState::Off(Off::Operator)) => "logged out".to_owned(),
        Some(LinkState::Off(Off::BadCredentials)) => "off: the password is wrong".to_owned(),
        Some(LinkState::Off(Off::Refused(why))) => format!("off: {why}"),
    };
    let words = match account.stopped {
        Some(Stop::Kill) => format!("{words}; KILLED, opens nothing"),
        Some(Stop::Pause) => format!("{words}; paused, opens nothing"),
        None => words,
    };
    match (&account.halted, account.known) {
        (Some(why), _) => format!("{words}; HALTED: {why}"),
        (None, false) => format!("{words}; not read back yet"),
        (None, true) => words,
    }
}
