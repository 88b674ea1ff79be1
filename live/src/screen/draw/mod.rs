//! The picture of a screen: what stands where on terminals of any size.

mod foot;
mod head;
mod table;
mod tables;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::look::Look;
use super::state::{Screen, View};

/// Smallest terminal that anything is drawn on.
const LEAST: (u16, u16) = (40, 12);
/// Columns from which tables stand side by side.
const WIDE: u16 = 110;
/// Columns of what stands at the left there.
const LEFT: u16 = 52;
/// Rows above the tables.
const HEAD: u16 = 6;
/// Rows that the log has at least, with its title.
const LOG: u16 = 4;

/// Draws a screen.
pub fn draw(frame: &mut Frame<'_>, screen: &Screen, look: Look) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (columns, rows) = LEAST;
        let words = format!("{columns} columns and {rows} rows are needed");
        return put(frame, area, vec![Line::raw(words)]);
    }
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    let head = Rect { height: HEAD, ..area };
    put(frame, head, head::lines(screen, look, usize::from(area.width)));
    put(frame, last, vec![foot::keys(screen, look, usize::from(area.width))]);
    let body = Rect { y: area.y + HEAD, height: area.height - HEAD - 1, ..area };
    if area.width >= WIDE {
        side_by_side(frame, body, screen, look);
    } else {
        one_below_the_other(frame, body, screen, look);
    }
    if screen.help {
        foot::help(frame, area, screen, look);
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    frame.render_widget(Paragraph::new(lines), area);
}

/// Draws one of the tables; the one in view may be scrolled.
fn table(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look, view: View) {
    let scroll = if screen.view == view { screen.scroll } else { 0 };
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let lines = match view {
        View::Accounts => tables::accounts(screen, look, width, area.width < frame.area().width),
        View::Positions => tables::positions(screen, look, width),
        View::Results => tables::results(screen, look, width),
        View::Log => return log(frame, area, screen, look, true),
    };
    let mut lines = lines.into_iter();
    let header = lines.next();
    let hidden = scroll.min(lines.len().saturating_sub(height.saturating_sub(1)));
    let rows = lines.skip(hidden).take(height.saturating_sub(1));
    put(frame, area, header.into_iter().chain(rows).collect());
}

fn log(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look, in_view: bool) {
    let Rect { width, height, .. } = area;
    let scroll = if in_view && screen.view == View::Log { screen.scroll } else { 0 };
    let title = foot::rule("Log", usize::from(width), look);
    let rows = usize::from(height.saturating_sub(1));
    let lines = foot::log_lines(screen, look, usize::from(width), rows, scroll);
    put(frame, area, [title].into_iter().chain(lines).collect());
}

/// Accounts beside positions, and below them what became of the latest signal beside the log.
fn side_by_side(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look) {
    let accounts = u16::try_from(tables::accounts_of(screen).len()).unwrap_or(u16::MAX);
    let most = area.height.saturating_sub(LOG).max(area.height / 2);
    let top = accounts.saturating_add(2).min(most);
    let halves = |area: Rect| {
        let left = Rect { width: LEFT, ..area };
        (left, Rect { x: area.x + LEFT + 2, width: area.width - LEFT - 2, ..area })
    };
    let (left, right) = halves(Rect { height: top, ..area });
    table(frame, left, screen, look, View::Accounts);
    table(frame, right, screen, look, View::Positions);
    let below = Rect { y: area.y + top, height: area.height - top, ..area };
    let (left, right) = halves(below);
    table(frame, left, screen, look, View::Results);
    log(frame, right, screen, look, true);
}

/// The table in view, and the log in what is left.
fn one_below_the_other(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look) {
    if screen.view == View::Log {
        return log(frame, area, screen, look, true);
    }
    let accounts = u16::try_from(tables::accounts_of(screen).len()).unwrap_or(u16::MAX);
    // As many rows in each view, so that nothing jumps when it is turned.
    let top = accounts.saturating_add(1).min(area.height - LOG.min(area.height / 2));
    table(frame, Rect { height: top, ..area }, screen, look, screen.view);
    let below = Rect { y: area.y + top, height: area.height - top, ..area };
    log(frame, below, screen, look, false);
}
