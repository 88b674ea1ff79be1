//! The lines at the top: what runs, money, how well it runs, and the latest signal.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tickstep_core::units::Nanos;

use super::super::look::Look;
use super::super::state::Screen;
use super::super::terms::{action_word, count, outcome, reasons};
use super::super::words::{clean, fit, lasted, money, number, percent, signed, took, width};
use crate::logs::told_at;
use crate::runner::{LinkState, Stop};
use crate::service::ServiceStatus;
use tickstep_core::decision::Action;

/// Columns of the bars of strength and of requests.
const BAR: usize = 10;

/// Six lines, each of at most so many columns.
pub(super) fn lines(screen: &Screen, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Some(status) = &screen.status else {
        let waiting = Line::styled("waiting for the runner", look.dim());
        return vec![title(screen, None, look, columns), waiting];
    };
    let mut lines = vec![title(screen, Some(status), look, columns)];
    lines.push(sums(screen, look, columns));
    lines.push(health(screen, status, look, columns));
    lines.extend(signal(screen, status, look, columns));
    lines
}

/// Left and right at the ends of a line.
fn ends(left: &str, right: &str, columns: usize, look: Look) -> String {
    let room = columns.saturating_sub(width(right) + 1);
    if room < width(left) {
        return fit(left, columns, false, look.cut());
    }
    format!("{} {right}", fit(left, room, false, look.cut()))
}

fn title(
    screen: &Screen,
    status: Option<&ServiceStatus>,
    look: Look,
    columns: usize,
) -> Line<'static> {
    let mut left = vec![format!(" {}", screen.title)];
    let mode = status.map(|status| match status.mode.as_str() {
        "live" => "LIVE".to_owned(),
        "paper" => "PAPER".to_owned(),
        "dry_run" => "DRY RUN, nothing is sent".to_owned(),
        other => clean(other),
    });
    left.extend(screen.pretend.clone().or(mode));
    if let Some(speed) = screen.speed {
        left.push(format!("{speed} times real time"));
    }
    let troubles = status.map(|status| troubles(screen, status)).unwrap_or_default();
    left.extend(troubles);
    let at = status.map(|status| told_at(status.runner.now, &screen.zone)).unwrap_or_default();
    let text = ends(&left.join(" | "), &format!("{at} "), columns, look);
    Line::styled(text, look.banner().patch(look.strong()))
}

/// What keeps all of it from trading, in capitals.
fn troubles(screen: &Screen, status: &ServiceStatus) -> Vec<String> {
    let runner = &status.runner;
    let mut words = Vec::new();
    if let Some(seconds) = screen.silent_s {
        words.push(format!("NO ANSWER FOR {seconds} s"));
    }
    if runner.stopping {
        words.push("ENDING".to_owned());
    }
    if runner.disk_full {
        words.push("DISK FULL".to_owned());
    }
    if !runner.trading {
        words.push("TRADING OFF".to_owned());
    }
    let accounts = &runner.accounts;
    let all = |stop: Stop| !accounts.is_empty() && accounts.iter().all(|a| a.stopped == Some(stop));
    if all(Stop::Kill) {
        words.push("KILLED".to_owned());
    } else if all(Stop::Pause) {
        words.push("PAUSED".to_owned());
    }
    words
}

/// Parts of a line, with two blanks between them, as far as there is room.
fn parts(parts: Vec<(String, Style)>, columns: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut taken = 0;
    for (text, style) in parts {
        let text = clean(&text);
        let blank = if spans.is_empty() { 0 } else { 2 };
        if taken + blank + width(&text) > columns {
            continue;
        }
        if blank > 0 {
            spans.push(Span::raw("  "));
        }
        taken += blank + width(&text);
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

fn sums(screen: &Screen, look: Look, columns: usize) -> Line<'static> {
    let sums = screen.sums();
    let profit = sums.profit();
    let share = percent(profit, sums.before()).unwrap_or_default();
    let won = (sums.won * 100).checked_div(sums.trades);
    let won = won.map_or_else(String::new, |won| format!(", {won} % won"));
    let trades = format!("{}{won}", count(sums.trades as usize, "trade"));
    let mut shown = vec![
        (format!(" equity {}", money(sums.equity)), look.strong()),
        (format!("P&L {} ({share})", signed(profit)), look.gain(profit).patch(look.strong())),
        (format!("open {}", signed(sums.open)), look.gain(sums.open)),
        (trades, Style::new()),
    ];
    if look.unicode {
        let taken: usize = shown.iter().map(|(text, _)| width(text) + 2).sum();
        let curve = screen.curve.drawn(columns.saturating_sub(taken + 1).min(48));
        if width(&curve) >= 8 {
            shown.push((curve, look.gain(profit)));
        }
    }
    parts(shown, columns)
}

fn health(screen: &Screen, status: &ServiceStatus, look: Look, columns: usize) -> Line<'static> {
    let runner = &status.runner;
    let plain = Style::new();
    let accounts = &runner.accounts;
    let is_up =
        |a: &&crate::runner::AccountReport| matches!(a.session, None | Some(LinkState::Up { .. }));
    let up = accounts.iter().filter(is_up).count();
    let style = if up == accounts.len() { plain } else { look.warning() };
    let mut shown = vec![(format!(" {up} of {} up", accounts.len()), style)];
    // What is wrong comes before what there may be no room for.
    for host in runner.hosts.iter().filter(|host| host.unanswered > 0) {
        shown.push((format!("{} does not answer", host.name), look.warning()));
    }
    for one in runner.instruments.iter().filter(|one| one.still) {
        shown.push((format!("{} STANDS STILL", one.symbol), look.warning()));
    }
    let speed = i64::from(screen.speed.unwrap_or(1).max(1));
    if let Some(latency) = status.done.latency {
        let [median, p99] = [latency.median, latency.p99].map(|span| took(Nanos(span.0 / speed)));
        shown.push((format!("latency {median}, p99 {p99}"), plain));
    }
    let (left, most) = runner
        .hosts
        .iter()
        .fold((0, 0), |(left, most), host| (left + host.left, most + host.at_once));
    if most > 0 {
        let share = f64::from(left) / f64::from(most);
        let style = if share < 0.25 { look.warning() } else { plain };
        shown.push((format!("requests {} {left} of {most} free", look.bar(share, BAR)), style));
    }
    for one in &runner.instruments {
        let price = one.price.map_or_else(|| "no price yet".to_owned(), number);
        shown.push((format!("{} {price}", one.symbol), plain));
    }
    parts(shown, columns)
}

fn signal(
    screen: &Screen,
    status: &ServiceStatus,
    look: Look,
    columns: usize,
) -> Vec<Line<'static>> {
    let done = &status.done;
    let Some(made) = &done.signal else {
        return vec![Line::styled(" no signal yet", look.dim())];
    };
    let is_long = made.action == Action::OpenLong;
    let what = format!(" {} {} at {}", action_word(made.action), made.symbol, number(made.price));
    let mut first = vec![(what, look.side(is_long))];
    if let Some(strength) = made.confidence {
        let words = format!("strength {} {:.0} %", look.bar(strength, BAR), strength * 100.0);
        first.push((words, look.strong()));
    }
    let ago = lasted(Nanos(status.runner.now.0 - made.at.0));
    first.push((format!("{ago} ago"), Style::new()));
    first.push((format!("signal {} of {}", made.id.0, clean(&made.strategy)), look.dim()));
    let cut = |text: &str| fit(text, columns, false, look.cut());
    let result = done.result.as_ref().filter(|result| result.id == made.id);
    let came = result.map_or_else(
        || "it is being executed".to_owned(),
        |result| outcome(result, screen.speed.unwrap_or(1)),
    );
    vec![
        parts(first, columns),
        Line::raw(cut(&format!(" because  {}", reasons(made)))),
        Line::raw(cut(&format!(" result   {came}"))),
    ]
}
