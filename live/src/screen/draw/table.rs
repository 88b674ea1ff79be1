//! Rows of cells in columns that fit a width.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::super::look::Look;
use super::super::words::fit;

/// A column.
pub(super) struct Column {
    pub title: &'static str,
    pub width: usize,
    /// Whether its cells stand at its right, as numbers do.
    pub right: bool,
    /// The highest one above 0 goes first where there is no room.
    pub spare: u8,
}

impl Column {
    pub const fn text(title: &'static str, width: usize) -> Self {
        Self { title, width, right: false, spare: 0 }
    }

    pub const fn number(title: &'static str, width: usize) -> Self {
        Self { title, width, right: true, spare: 0 }
    }

    pub const fn spare(self, spare: u8) -> Self {
        Self { spare, ..self }
    }
}

/// A cell: its text and how it is drawn.
pub(super) type Cell = (String, Style);

/// A title and rows; each row has a cell for every column. A text in the last column has what
/// is left of the width.
pub(super) fn table(
    columns: &[Column],
    rows: impl Iterator<Item = Vec<Cell>>,
    width: usize,
    look: Look,
) -> Vec<Line<'static>> {
    let shown = shown(columns, width);
    let taken: usize = shown.iter().map(|at| columns[*at].width + 1).sum::<usize>().max(1) - 1;
    // A text may be longer, a number may not.
    let last = shown.last().copied().filter(|at| !columns[*at].right);
    let columns_of = |at: usize| {
        let rest = if Some(at) == last { width.saturating_sub(taken) } else { 0 };
        columns[at].width + rest
    };
    let line = |cells: Vec<Cell>, all: Style| {
        let mut spans = Vec::new();
        for at in &shown {
            let (text, style) = cells.get(*at).cloned().unwrap_or_default();
            if !spans.is_empty() {
                spans.push(Span::styled(" ", all));
            }
            let text = fit(&text, columns_of(*at), columns[*at].right, look.cut());
            spans.push(Span::styled(text, all.patch(style)));
        }
        Line::from(spans)
    };
    let title = columns.iter().map(|column| (column.title.to_owned(), Style::new())).collect();
    let title = line(title, look.strong().add_modifier(Modifier::UNDERLINED));
    [title].into_iter().chain(rows.map(|cells| line(cells, Style::new()))).collect()
}

/// The columns that there is room for.
fn shown(columns: &[Column], width: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    while shown.iter().map(|at| columns[*at].width + 1).sum::<usize>() > width + 1 {
        let Some(goes) = shown
            .iter()
            .copied()
            .filter(|at| columns[*at].spare > 0)
            .max_by_key(|at| columns[*at].spare)
        else {
            break;
        };
        shown.retain(|at| *at != goes);
    }
    shown
}
