//! Accounts, positions, and what became of a signal on each account.

use ratatui::style::Style;
use ratatui::text::Line;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::super::look::Look;
use super::super::state::{Screen, Sums};
use super::super::terms::{count, side_word};
use super::super::words::{lasted, money, number, percent, signed, took};
use super::table::{Cell, Column, table};
use crate::runner::{AccountReport, Fate, LinkState, Off, PositionReport, Skip, Stop};

/// The accounts that there are.
pub(super) fn accounts_of(screen: &Screen) -> &[AccountReport] {
    screen.status.as_ref().map_or(&[], |status| &status.runner.accounts)
}

/// Accounts: equity, P&L, trades, and what each holds behind what keeps it from trading; in
/// `brief` as a number.
pub(super) fn accounts(
    screen: &Screen,
    look: Look,
    width: usize,
    brief: bool,
) -> Vec<Line<'static>> {
    let columns = [
        Column::text("account", 8),
        Column::number("equity", 11),
        Column::number("P&L", 10),
        Column::number("P&L %", 7).spare(1),
        Column::number("won", 7),
        Column::number("open", 9).spare(if brief { 2 } else { 0 }),
        Column::text("holds", if brief { 12 } else { 28 }),
    ];
    let plain = Style::new();
    let row = |account: &AccountReport| {
        let tallies = screen.status.as_ref().map(|status| &status.done.accounts);
        let tally = tallies.and_then(|all| all.get(&account.name)).copied().unwrap_or_default();
        let sums = Sums::of(account, &tally);
        let profit = sums.profit();
        let style = look.gain(profit);
        let share = percent(profit, sums.before()).map(|p| p.replace(' ', ""));
        vec![
            (account.name.clone(), plain),
            (money(sums.equity), plain),
            (signed(profit), style),
            (share.unwrap_or_default(), style),
            (format!("{}/{}", sums.won, sums.trades), plain),
            (signed(sums.open), look.gain(sums.open)),
            holds(account, look, brief),
        ]
    };
    table(&columns, accounts_of(screen).iter().map(row), width, look)
}

/// What an account holds, behind what keeps it from trading.
fn holds(account: &AccountReport, look: Look, brief: bool) -> Cell {
    let held = match account.positions.as_slice() {
        [] if !account.under_way.is_empty() => "an order is on its way".to_owned(),
        [] => "-".to_owned(),
        all if brief => count(all.len(), "position"),
        [one] => format!("{} {} {}", side_word(one.side), number(one.quantity), one.symbol),
        all => {
            let each = |held: &PositionReport| format!("{} {}", side_word(held.side), held.symbol);
            all.iter().map(each).collect::<Vec<_>>().join(", ")
        }
    };
    let Some(trouble) = trouble(account) else {
        let quiet = account.positions.is_empty();
        return (held, if quiet { look.dim() } else { Style::new() });
    };
    let nothing = account.positions.is_empty() || brief;
    (if nothing { trouble } else { format!("{trouble}; {held}") }, look.warning())
}

/// What keeps an account from trading, in few words.
fn trouble(account: &AccountReport) -> Option<String> {
    if let Some(why) = &account.halted {
        return Some(format!("HALTED: {why}"));
    }
    let words = match (&account.session, account.stopped) {
        (Some(LinkState::Opening { .. }), _) => "logging in",
        (Some(LinkState::Down { .. }), _) => "no session",
        (Some(LinkState::Off(Off::Operator)), _) => "logged out",
        (Some(LinkState::Off(Off::BadCredentials)), _) => "wrong password",
        (Some(LinkState::Off(Off::Refused(why))), _) => return Some(format!("off: {why}")),
        (None | Some(LinkState::Up { .. }), Some(Stop::Kill)) => "KILLED",
        (None | Some(LinkState::Up { .. }), Some(Stop::Pause)) => "paused",
        (None | Some(LinkState::Up { .. }), None) if account.known => return None,
        (None | Some(LinkState::Up { .. }), None) => "being read",
    };
    Some(words.to_owned())
}

/// Positions of all accounts.
pub(super) fn positions(screen: &Screen, look: Look, width: usize) -> Vec<Line<'static>> {
    let columns = [
        Column::text("account", 8),
        Column::text("symbol", 8),
        Column::text("side", 5),
        Column::number("size", 8),
        Column::number("entry", 7),
        Column::number("now", 7),
        Column::number("P&L", 9),
        Column::number("ROI %", 7).spare(2),
        Column::number("held", 7).spare(1),
    ];
    let now = screen.now();
    let held = accounts_of(screen).iter().flat_map(|account| {
        account.positions.iter().map(|position| (account.name.clone(), position))
    });
    let plain = Style::new();
    let row = |(name, held): (String, &PositionReport)| {
        let profit = held.now.map(|now| now.profit);
        let style = look.gain(profit.unwrap_or_default());
        let known = |of: Option<String>| of.unwrap_or_else(|| "-".to_owned());
        let is_long = held.side == tickstep_core::units::Side::Buy;
        vec![
            (name, plain),
            (held.symbol.clone(), plain),
            (side_word(held.side).to_owned(), look.side(is_long)),
            (number(held.quantity), plain),
            (number(held.entry), plain),
            (known(held.now.map(|now| number(now.price))), plain),
            (known(profit.map(signed)), style),
            (known(held.now.map(|now| signed(now.profit_percent))), style),
            (lasted(Nanos(now.0 - held.since.0)), plain),
        ]
    };
    let mut lines = table(&columns, held.map(row), width, look);
    if lines.len() == 1 {
        lines.push(Line::styled("no position is open", look.dim()));
    }
    lines
}

/// What became of the latest signal on each account.
pub(super) fn results(screen: &Screen, look: Look, width: usize) -> Vec<Line<'static>> {
    let columns = [Column::text("account", 8), Column::text("what became of the signal", 20)];
    let result = screen.status.as_ref().and_then(|status| status.done.result.as_ref());
    let speed = screen.speed.unwrap_or(1);
    let lines = result.map(|result| result.accounts.as_slice()).unwrap_or_default();
    let rows = lines.iter().map(|line| {
        let account = accounts_of(screen).get(line.account.index());
        let name = account.map_or_else(|| line.account.0.to_string(), |a| a.name.clone());
        vec![(name, Style::new()), fate(&line.fate, look, speed)]
    });
    table(&columns, rows, width, look)
}

fn fate(fate: &Fate, look: Look, speed: u32) -> Cell {
    match fate {
        Fate::Executed { price, quantity, slippage_ticks, latency } => {
            let latency = took(Nanos(latency.0 / i64::from(speed.max(1))));
            let (quantity, price) = (number(*quantity), number(*price));
            let words = match slippage_ticks {
                0 => format!("executed {quantity} at {price}, {latency}"),
                1 => format!("executed {quantity} at {price}, 1 tick worse, {latency}"),
                -1 => format!("executed {quantity} at {price}, 1 tick better, {latency}"),
                n if *n > 0 => {
                    format!("executed {quantity} at {price}, {n} ticks worse, {latency}")
                }
                n => format!("executed {quantity} at {price}, {} ticks better, {latency}", -n),
            };
            (words, look.gain(Decimal::ONE))
        }
        Fate::Waiting | Fate::Resting { .. } => (fate.to_string(), Style::new()),
        Fate::Skipped(Skip::NotForIt | Skip::NothingToDo) => (fate.to_string(), look.dim()),
        Fate::Skipped(_) => (fate.to_string().replace('_', " "), look.dim()),
        Fate::Rejected { .. } | Fate::NotPlaced => (fate.to_string(), look.warning()),
    }
}
