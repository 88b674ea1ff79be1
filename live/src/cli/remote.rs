//! Commands to a runner that runs, by the socket in its state folder.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

use super::console::Console;
use super::remote_args::{ActArgs, BatchArgs, OrdersArgs, PositionArgs, StateArgs, StatusArgs};
use crate::logs::told_at;
use crate::runner::{
    AccountReport, AnswersReport, BookReport, BookSides, BracketChange, LinkState, Off,
    QuoteReport, Stop,
};
use crate::service::{
    ActBy, HealthCheck, HealthLevel, ServiceStatus, SocketError, Wish, WishAnswer, WishLine, ask,
};

/// Who gives a command, as this machine calls them.
pub(super) fn who(console: &Console<'_>) -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|name| (console.env)(name));
    name.map_or_else(|| "somebody".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// How often an act is given again whose answer was lost.
const AGAIN: u32 = 10;

/// Gives an act, and again under its number where the answer was lost, perhaps because the
/// runner was started again: it is done once.
async fn ask_surely(folder: &Path, line: &WishLine) -> Result<WishAnswer, SocketError> {
    let mut tries = 0;
    loop {
        match ask(folder, line).await {
            Err(SocketError::Io { .. }) if tries < AGAIN => {}
            // Before it was reached once, nothing can have been lost.
            Err(SocketError::NotRunning(_)) if (1..AGAIN).contains(&tries) => {}
            answered => return answered,
        }
        tries += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Has an act done, and tells what came of it; fails where anything was refused.
pub async fn act(
    args: &ActArgs,
    wish: Wish,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let ActBy { id, who, why } = ActBy::new(&who(console), &args.why)?;
    let id = args.id.clone().unwrap_or(id);
    let line = WishLine { id: Some(id.clone()), who, why, wish };
    let answer = ask_surely(&args.state.folder(console), &line).await;
    let again = |error| anyhow::anyhow!("{error}; to give the same act again, add --id {id}");
    show_answer(answer.map_err(again)?, console)
}

/// Asks, and tells what was answered; fails where it was refused or something is open.
pub async fn tell(
    state: &StateArgs,
    why: &str,
    wish: Wish,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    let line = WishLine { id: None, who: who(console), why: why.to_owned(), wish };
    let answer = ask(&state.folder(console), &line).await?;
    show_answer(answer, console)
}

fn show_answer(answer: WishAnswer, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let (said, refused, left) = match answer {
        WishAnswer::Done { said, refused } => (said, refused, Vec::new()),
        WishAnswer::Closed { mut said, left, refused } => {
            let closed = left.is_empty() && refused.is_empty();
            said.extend(closed.then(|| "everything is closed".to_owned()));
            (said, refused, left)
        }
        WishAnswer::Batch { mut said, refused, came, names } => {
            let left = match &came {
                Some(came) => {
                    said.extend(came.lines(&names));
                    Vec::new()
                }
                None => vec!["what came of the orders is not known yet".to_owned()],
            };
            (said, refused, left)
        }
        WishAnswer::Audited { differences } => {
            let agree = differences.is_empty().then(|| "ledger and brokers agree".to_owned());
            differences.iter().try_for_each(|words| writeln!(console.output, "{words}"))?;
            if agree.is_none() {
                return Ok(ExitCode::FAILURE);
            }
            (agree.into_iter().collect(), Vec::new(), Vec::new())
        }
        WishAnswer::Refused { error } => anyhow::bail!(error),
        WishAnswer::Status { .. } => anyhow::bail!("an answer to something else: the status"),
    };
    let out = &mut *console.output;
    said.iter().try_for_each(|words| writeln!(out, "{words}"))?;
    refused.iter().try_for_each(|words| writeln!(out, "refused: {words}"))?;
    left.iter().try_for_each(|words| writeln!(out, "still open: {words}"))?;
    let fine = refused.is_empty() && left.is_empty();
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The zone of this name.
pub(super) fn zone(name: &str) -> anyhow::Result<TimeZone> {
    TimeZone::get(name).with_context(|| format!("--zone {name}"))
}

/// What `status` ends with where no runner answers.
const NO_ANSWER: u8 = 3;

/// `status`; the code is by the worst that was seen.
pub async fn status(args: &StatusArgs, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let line = WishLine { id: None, who: who(console), why: String::new(), wish: Wish::Status };
    let status = match ask(&args.state.folder(console), &line).await {
        Ok(WishAnswer::Status { status }) => status,
        Ok(WishAnswer::Refused { error }) => anyhow::bail!(error),
        Ok(other) => anyhow::bail!("an answer to something else: {other:?}"),
        Err(error) => {
            writeln!(console.output, "critical: {error}")?;
            return Ok(ExitCode::from(NO_ANSWER));
        }
    };
    if args.json {
        writeln!(console.output, "{}", serde_json::to_string_pretty(&status)?)?;
    } else {
        let zone = zone(args.zone.as_ref().unwrap_or(&status.zone))?;
        show(&status, &zone, console)?;
    }
    Ok(ExitCode::from(match HealthLevel::worst(&status.health) {
        HealthLevel::Healthy => 0,
        HealthLevel::Degraded => 1,
        HealthLevel::Critical => 2,
    }))
}

/// What `position` asks for.
pub fn position_wish(args: &PositionArgs) -> anyhow::Result<Wish> {
    let (account, position) = (args.account.clone(), args.position.clone());
    let change = args.levels.change();
    let BracketChange { stop, target } = change;
    match args.close {
        Some(volume) => Ok(Wish::ClosePosition { account, position, volume }),
        None if change == BracketChange::default() => anyhow::bail!(
            "say --close, or what becomes of its levels: --stop, --no-stop, --target, --no-target"
        ),
        None => Ok(Wish::EditPosition { account, position, stop, target }),
    }
}

/// What `orders` asks for.
pub fn orders_wish(args: &OrdersArgs) -> anyhow::Result<Wish> {
    let OrdersArgs { account, order, symbol, price, levels, .. } = args.clone();
    let BracketChange { stop, target } = levels.change();
    Ok(match (account, order, price) {
        (Some(account), Some(order), Some(price)) => {
            Wish::EditOrder { account, order, price, stop, target }
        }
        (Some(account), Some(order), None) => Wish::CancelOrder { account, order },
        (account, None, None) => Wish::CancelOrders { account, symbol },
        _ => anyhow::bail!("name the order that shall wait for another price, and its account"),
    })
}

/// What `batch` asks for.
pub fn batch_wish(args: &BatchArgs, console: &mut Console<'_>) -> anyhow::Result<Wish> {
    let text = if args.file == Path::new("-") {
        let mut text = String::new();
        console.input.read_to_string(&mut text).context("standard input")?;
        text
    } else {
        std::fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?
    };
    let wishes = serde_json::from_str(&text);
    let wishes = wishes.with_context(|| format!("{} is no list of acts", args.file.display()))?;
    Ok(Wish::Batch { wishes, wait_s: args.wait })
}

fn show(status: &ServiceStatus, zone: &TimeZone, console: &mut Console<'_>) -> anyhow::Result<()> {
    let ServiceStatus { version, mode, state, started, feed, runner, .. } = status;
    let out = &mut *console.output;
    let at = |at: Nanos| told_at(at, zone);
    writeln!(out, "tickstep-live {version}, {mode}, state in {state}")?;
    writeln!(out, "started {}, now {}", at(*started), at(runner.now))?;
    writeln!(out, "feed: {feed}")?;
    writeln!(out, "{}", health(&status.health, zone))?;
    writeln!(
        out,
        "journal: file {}, {} records, {} bytes{}",
        status.journal_file,
        status.records,
        status.journal_bytes,
        if runner.disk_full { "; THE DISK IS FULL, nothing is opened" } else { "" }
    )?;
    if let Some(store) = &status.store {
        writeln!(out, "database: {store}")?;
    }
    if !runner.trading {
        writeln!(out, "trading is switched off: nothing is opened")?;
    }
    if !runner.awaited.is_empty() {
        let awaited = runner.awaited.join(", ");
        writeln!(out, "nothing is opened until ledger and broker agree on {awaited}")?;
    }
    for one in &runner.instruments {
        let price = one.price.map_or_else(|| "no price yet".to_owned(), |p| p.to_string());
        let still = if one.still { ", STANDS STILL: nothing is opened" } else { "" };
        let when = one.price.map_or_else(String::new, |_| format!(" of {}", at(one.at)));
        writeln!(out, "{}: {price}{when}{still}", one.symbol)?;
        if let Some(book) = &one.book {
            writeln!(out, "{}: {}", one.symbol, book_words(book, at(book.at)))?;
        }
        for QuoteReport { server, bid, ask, at: came } in &one.quotes {
            writeln!(out, "{}: bid {bid}, ask {ask} of {} at {server}", one.symbol, at(*came))?;
        }
    }
    for host in &runner.hosts {
        let ahead = host.clock_ahead.map_or_else(String::new, |(by, off)| {
            format!(", its clock {} ms ahead, within {} ms", by.millis(), off.millis())
        });
        let silent = match host.unanswered {
            0 => String::new(),
            some => format!(", DOES NOT ANSWER {some} of them"),
        };
        writeln!(
            out,
            "host {}: {} accounts, {} requests a minute, {} of them for the feed and {} for each \
             account{ahead}{silent}",
            host.name, host.accounts, host.per_minute, host.feed, host.share
        )?;
        if let Some(words) = answers(&host.answers) {
            writeln!(out, "host {}: {words}", host.name)?;
        }
    }
    writeln!(out, "{}", accounts(&runner.accounts, zone))?;
    Ok(())
}

/// What an order book says that came at this time.
fn book_words(book: &BookReport, at: String) -> String {
    let Some(sides) = &book.sides else { return format!("no order book since {at}") };
    let BookSides { bid, ask, spread_bps, levels, imbalance, .. } = sides;
    format!(
        "book of {at}: bid {bid}, ask {ask}, spread {spread_bps} bps, imbalance {imbalance} of \
         {levels} levels"
    )
}

/// What was looked at, the worst first.
fn health(checks: &[HealthCheck], zone: &TimeZone) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    let worst = HealthLevel::worst(checks).word();
    table.set_header([format!("health: {worst}").as_str(), "", "measured", "well is"]);
    let mut checks: Vec<&HealthCheck> = checks.iter().collect();
    checks.sort_by_key(|check| core::cmp::Reverse(check.level));
    for HealthCheck { name, level, value, limit, since } in checks {
        let since = since.map_or_else(String::new, |at| format!(", since {}", told_at(at, zone)));
        let word = match level {
            HealthLevel::Healthy => level.word().to_owned(),
            HealthLevel::Degraded | HealthLevel::Critical => level.word().to_uppercase(),
        };
        table.add_row([name.clone(), word, format!("{value}{since}"), limit.clone()]);
    }
    table
}

/// How a host answered lately; nothing where it was asked nothing.
fn answers(lately: &AnswersReport) -> Option<String> {
    let AnswersReport { requests, failed, failed_percent, median, p99, longest } = *lately;
    let rate = failed_percent?;
    let failed = format!("{failed} of the last {requests} requests failed ({rate} %)");
    let Some(((median, p99), longest)) = median.zip(p99).zip(longest) else { return Some(failed) };
    Some(format!(
        "answers take {} ms (median), {} ms (99 of 100), {} ms at most; {failed}",
        median.millis(),
        p99.millis(),
        longest.millis()
    ))
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
            .chain(account.orders.iter().map(|o| {
                format!("order {}: {} {} waits for {}", o.number, o.volume, o.symbol, o.price)
            }))
            .chain(account.foreign_orders.iter().map(|o| {
                let (side, price) = (o.side, o.price);
                format!("order {}: {side} {} {} at {price}, not ours", o.id, o.volume, o.symbol)
            }))
            .chain(account.foreign.iter().map(|p| {
                let (side, at) = (p.side.position_word(), p.open_price);
                format!("{}: {side} {} {} at {at}, not ours", p.id, p.volume, p.symbol)
            }))
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
