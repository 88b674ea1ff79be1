//! `run`: trades until it is ended.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tickstep_config::OwnStrategies;

use super::console::Console;
use super::log_args::{LogArgs, log_happenings};
use super::speed::SpeedArgs;
use super::unlock::VaultArgs;
use crate::alerts::{AlertPlan, tell_health};
use crate::config::LiveConfig;
use crate::driver::production::{Ended, Gone};
use crate::logs::LogSettings;
use crate::runner::Severity;
use crate::service::{Assembled, Assembly, Handle, Ways, serve_socket};

/// How long what is under way is awaited when it ends.
const STOP: Duration = Duration::from_secs(30);
/// How long brokers may take to say what they hold, with --validate-state, in seconds.
const VALIDATE_S: u64 = 120;
/// How long what is still to be told may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(200);

/// Trades what a configuration says, until it is interrupted or a recording is over.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The configuration
    pub config: PathBuf,
    /// All accounts on the simulated exchange inside
    #[arg(long, conflicts_with = "dry_run")]
    pub paper: bool,
    /// Everything but orders: accounts are logged in and read, nothing is sent
    #[arg(long)]
    pub dry_run: bool,
    /// Open nothing until every broker has said what it holds, and end where that is not what
    /// the ledger says
    #[arg(long)]
    pub validate_state: bool,
    /// How long they may take for that, in seconds
    #[arg(long, default_value_t = VALIDATE_S, value_name = "SECONDS", requires = "validate_state")]
    pub validate_within: u64,
    /// A setting other than the file's, such as --set limits.max_quantity=100
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
    /// Forget what was set while it ran before, and go by the file
    #[arg(long)]
    pub forget_changes: bool,
    /// Logins
    #[command(flatten)]
    pub vault: VaultArgs,
    /// Pace of its time
    #[command(flatten)]
    pub speed: SpeedArgs,
    /// Logs
    #[command(flatten)]
    pub logs: LogArgs,
}

/// Plays a recording on paper, as `run CONFIG --paper` does with nothing else said, without a
/// terminal and without logins; what it printed.
pub async fn play(
    config: &Path,
    changes: &[String],
    own: &OwnStrategies,
) -> anyhow::Result<String> {
    let logs = LogSettings::default();
    let args = RunArgs {
        config: config.to_owned(),
        paper: true,
        dry_run: false,
        validate_state: false,
        validate_within: VALIDATE_S,
        changes: changes.to_vec(),
        forget_changes: false,
        vault: VaultArgs::default(),
        speed: SpeedArgs { speed: 1, since: None },
        logs: LogArgs {
            log: "warn".to_owned(),
            log_folder: None,
            log_kept: logs.kept,
            log_zone: logs.zone,
        },
    };
    let mut output = Vec::new();
    let mut console = Console {
        input: &mut std::io::empty(),
        is_terminal: false,
        output: &mut output,
        secret: &mut |_| Err(std::io::ErrorKind::NotFound.into()),
        env: &|_| None,
    };
    let code = run(&args, own, &mut console, std::future::pending()).await?;
    let said = String::from_utf8_lossy(&output).into_owned();
    anyhow::ensure!(code == ExitCode::SUCCESS, "{said}");
    Ok(said)
}

/// Reads the configuration with what the command line and the environment change.
fn read(args: &RunArgs, own: &OwnStrategies) -> anyhow::Result<LiveConfig> {
    let mut changes = args.changes.clone();
    // The runner opens nothing meanwhile.
    changes.extend(args.validate_state.then(|| "validate_state=true".to_owned()));
    match (args.paper, args.dry_run) {
        (true, _) => changes.push("mode=paper".to_owned()),
        (_, true) => changes.push("mode=dry_run".to_owned()),
        (false, false) => {}
    }
    Ok(LiveConfig::read(&args.config, &changes, &environment(), own)?)
}

/// The variables of the environment. One that is no text is no setting either.
pub(super) fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Whether any account is at a broker, or the feed is, or anybody is told by a secret.
fn wants_vault(config: &LiveConfig) -> bool {
    let feed = matches!(config.feed, crate::config::FeedConfig::MatchTrader { .. });
    feed || config.alerts.wants_secrets()
        || config.joined().any(|account| config.broker(account).is_some())
}

/// Runs until `over`, or until a recording is over.
pub async fn run(
    args: &RunArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
    over: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let config = read(args, own)?;
    let vault = match wants_vault(&config) {
        true => Some(args.vault.open(console).context("the logins of accounts, and secrets")?),
        false => None,
    };
    let time = args.speed.source()?;
    let ways = Ways::new(vault.as_ref(), args.speed.speed);
    let alerts = AlertPlan::of(&config.alerts, vault.as_ref())?;
    drop(vault);
    let (own, forget_changes) = (own.clone(), args.forget_changes);
    let assembled = Assembly { config, own, ways, time, forget_changes }.start().await?;
    let handle = assembled.service.handle();
    let alerting = alerts.start(&handle);
    let notifier = alerting.notifier();
    if let Some(health) = assembled.service.health() {
        tokio::spawn(tell_health(health, notifier.clone()));
    }
    for line in started(&assembled) {
        writeln!(console.output, "{line}")?;
        tracing::info!("{line}");
        notifier.tell(Severity::Notice, "start", line);
    }
    console.output.flush()?;
    let Assembled { service, config, is_recording, .. } = assembled;
    let logs = tokio::spawn(log_happenings(handle.clone()));
    let state = config.state.clone();
    let socket = tokio::spawn({
        let handle = handle.clone();
        async move { serve_socket(handle, &state).await }
    });
    let within = args.validate_state.then(|| Duration::from_secs(args.validate_within));
    let going = async {
        if let Some(within) = within
            && !validate(&handle, within, console).await?
        {
            return Ok(("the state is not what the brokers say", false));
        }
        if is_recording {
            service.feed_over().await;
            return Ok(("the recording is over", true));
        }
        std::future::pending().await
    };
    let why: anyhow::Result<(&str, bool)> = tokio::select! {
        () = over => Ok(("it was told to end", true)),
        () = handle.ended() => Ok(("it ended by itself", true)),
        why = going => why,
    };
    let (why, is_as_it_should_be) = why?;
    handle.stop(STOP);
    drop(handle);
    let ended = service.join().await;
    logs.await.context("the logs")?;
    socket.await.context("the socket for commands")?.context("the socket for commands")?;
    let (words, severity) = told_end(ended, why);
    notifier.tell(severity, "stop", &*words);
    drop(notifier);
    alerting.end(LAST_WORDS).await;
    writeln!(console.output, "{words}")?;
    tracing::info!("{words}");
    let well = is_as_it_should_be && severity < Severity::Critical;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How it ended, for people, and how bad that is.
fn told_end(ended: Ended, why: &str) -> (String, Severity) {
    match ended {
        Ended::Stopped(left) if left.is_empty() => {
            (format!("stopped: {why}; all is saved"), Severity::Notice)
        }
        Ended::Stopped(left) => {
            let left = left.join("; ");
            let words = format!("stopped: {why}; all is saved, still under way: {left}");
            (words, Severity::Warning)
        }
        Ended::Journal(error) => (format!("stopped: {error}"), Severity::Critical),
        Ended::Panic(words) => {
            (format!("stopped by a fault of the program: {words}"), Severity::Critical)
        }
    }
}

/// What a start says.
fn started(assembled: &Assembled) -> Vec<String> {
    let Assembled { config, recovered, changed, service, .. } = assembled;
    let handle = service.handle();
    let about = handle.about();
    let names: Vec<&str> = config.joined().map(|account| account.name.as_str()).collect();
    let strategies: Vec<String> = tickstep_config::Strategies(&config.strategy).names();
    let instruments = config.instrument.iter().map(|i| {
        let leverage = i.terms.leverage.map_or_else(|| "1".to_owned(), |l| l.to_string());
        format!("{} (leverage {leverage})", i.terms.symbol)
    });
    let instruments: Vec<String> = instruments.collect();
    let limits = toml::to_string(&config.risk).unwrap_or_default();
    // A rule that is off limits nothing.
    let limits = limits.lines().filter(|line| !(line.is_empty() || line.ends_with("= false")));
    let largest = config.limits.max_quantity.map(|q| format!("largest entry {q}"));
    let limits: Vec<String> = limits.map(str::to_owned).chain(largest).collect();
    let limits = if limits.is_empty() { "none".to_owned() } else { limits.join(", ") };
    let mut said = vec![format!(
        "started: tickstep-live {}, mode {}{}, accounts {}, strategies {}, instruments {}, \
         limits {limits}, state in {}, feed: {}",
        env!("CARGO_PKG_VERSION"),
        about.mode,
        if config.trading_enabled { "" } else { " (trading is switched off)" },
        names.join(", "),
        strategies.join(", "),
        instruments.join(", "),
        about.state.display(),
        about.feed,
    )];
    if let Some(torn) = &recovered.torn {
        said.push(format!("the journal's end was torn, as a crash leaves it, and was cut: {torn}"));
    }
    said.extend(changed.iter().map(|c| {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        format!("the file has {} = {} where {} was in force", c.key, word(&c.new), word(&c.old))
    }));
    said
}

/// Waits until every account has been read back; whether the ledger is what brokers say.
async fn validate(
    handle: &Handle,
    within: Duration,
    console: &mut Console<'_>,
) -> anyhow::Result<bool> {
    for _ in 0..within.as_millis() / LOOK.as_millis() {
        if differences(handle).await.is_empty() {
            writeln!(console.output, "every account is as its broker says")?;
            return Ok(true);
        }
        tokio::time::sleep(LOOK).await;
    }
    writeln!(console.output, "the state is not what brokers say:")?;
    for words in differences(handle).await {
        writeln!(console.output, "  {words}")?;
    }
    Ok(false)
}

/// Where ledger and brokers differ; whoever waits for a runner that has ended waits for that.
async fn differences(handle: &Handle) -> Vec<String> {
    match handle.status().await {
        Ok(status) => status.differences(),
        Err(Gone) => std::future::pending().await,
    }
}
