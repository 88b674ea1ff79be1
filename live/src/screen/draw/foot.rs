//! What happened, the keys, and their explanation.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::super::look::Look;
use super::super::state::{Question, Screen};
use super::super::words::{fit, width};
use crate::logs::told_at;

/// A line with a title that parts what is above it from what is below.
pub(super) fn rule(title: &str, columns: usize, look: Look) -> Line<'static> {
    let rule = look.rule();
    let rest = columns.saturating_sub(width(title) + 4);
    let spans = [
        Span::styled(format!("{} ", rule.repeat(2)), look.dim()),
        Span::styled(title.to_owned(), look.strong()),
        Span::styled(format!(" {}", rule.repeat(rest)), look.dim()),
    ];
    Line::from(spans.to_vec())
}

/// The last lines of what happened, so many above those that are skipped.
pub(super) fn log_lines(
    screen: &Screen,
    look: Look,
    columns: usize,
    rows: usize,
    skipped: usize,
) -> Vec<Line<'static>> {
    let all = screen.log.lines();
    let skipped = skipped.min(all.len().saturating_sub(rows));
    let mut lines: Vec<Line<'static>> = all
        .rev()
        .skip(skipped)
        .take(rows)
        .map(|entry| {
            let at = told_at(entry.at, &screen.zone);
            // The date is in the title.
            let time = at.get(11..19).unwrap_or(&at).to_owned();
            let words = fit(&entry.words(), columns.saturating_sub(10), false, look.cut());
            Line::from(vec![
                Span::styled(format!(" {time} "), look.dim()),
                Span::styled(words, look.tone(entry.tone())),
            ])
        })
        .collect();
    lines.reverse();
    lines
}

/// The last line: keys, or what is asked, or what is being done.
pub(super) fn keys(screen: &Screen, look: Look, columns: usize) -> Line<'static> {
    if let Some(doing) = &screen.doing {
        return Line::styled(fit(&format!(" {doing}"), columns, false, look.cut()), look.warning());
    }
    if let Some(question) = screen.question {
        let accounts = screen.status.as_ref().map_or(0, |status| status.runner.accounts.len());
        let words = match question {
            Question::CloseAll => format!(" Close everything on {accounts} accounts?"),
            Question::Kill => {
                format!(" Close everything on {accounts} accounts, and open nothing more?")
            }
        };
        let words = format!("{words} y does it, any other key does not");
        return Line::styled(fit(&words, columns, false, look.cut()), look.warning());
    }
    let mut all = vec![
        ("q", "quit"),
        ("?", "help"),
        ("p", "pause"),
        ("r", "resume"),
        ("c", "close all"),
        ("k", "kill"),
    ];
    if screen.speed.is_some() {
        all.push(("+ -", "speed"));
    }
    all.push(("Tab", "view"));
    let mut spans = vec![];
    let mut taken = 0;
    for (key, what) in all {
        taken += width(key) + width(what) + 3;
        if taken > columns {
            break;
        }
        spans.push(Span::styled(format!(" {key}"), look.strong()));
        spans.push(Span::styled(format!(" {what} "), Style::new()));
    }
    Line::from(spans)
}

/// The explanation of the keys, over all else.
pub(super) fn help(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look) {
    let leave = match screen.speed {
        Some(_) => "end: everything is closed, and a summary is printed",
        None => "leave; the runner goes on",
    };
    let mut rows = vec![
        ("p", "pause: nothing is opened, what is open goes on"),
        ("r", "resume, after a pause or a kill"),
        ("c", "close everything; it asks first"),
        ("k", "kill: close everything, open nothing more; it asks first"),
        ("Tab", "accounts, positions, results of the latest signal, log"),
        ("up down", "lines that do not fit; also page up and page down"),
        ("q", leave),
    ];
    if screen.speed.is_some() {
        rows.insert(4, ("+ -", "time runs faster or slower"));
    }
    let rows: Vec<Line<'_>> = rows
        .into_iter()
        .map(|(key, what)| {
            let key = Span::styled(format!(" {}", fit(key, 9, false, look.cut())), look.strong());
            Line::from(vec![key, Span::raw(what)])
        })
        .collect();
    let (columns, height) = (area.width.min(70), (rows.len() as u16 + 2).min(area.height));
    let (x, y) = (area.x + (area.width - columns) / 2, area.y + (area.height - height) / 2);
    let inside = Rect { x, y, width: columns, height };
    let mut block = Block::bordered().title(" Keys ");
    if !look.unicode {
        block = block.border_set(ASCII);
    }
    frame.render_widget(Clear, inside);
    frame.render_widget(Paragraph::new(rows).block(block), inside);
}

const ASCII: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
