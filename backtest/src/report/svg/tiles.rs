//! A figure over one or two parameters, a tile for each pair of values.

use std::fmt::Write;

use super::pen::{INK, LETTER, LETTER_WIDTH, WIDTH, letters, opening};

/// The worst and the best tile, as red, green and blue.
const WORST: [f64; 3] = [221.0, 230.0, 242.0];
const BEST: [f64; 3] = [27.0, 90.0, 166.0];
/// Letters on pale tiles and on strong ones.
const DARK: &str = "#16202c";
const PALE: &str = "#ffffff";
/// Share of the way from worst to best from which on a tile is a strong one.
const STRONG: f64 = 0.7;
/// The frame of the best set.
const FRAME: &str = "#d97706";

const TOP: f64 = 20.0;
/// All rows together, and one row.
const ROWS: f64 = 220.0;
const ROW: (f64, f64) = (11.0, 26.0);
/// Widest column.
const COLUMN: f64 = 88.0;
const GAP: f64 = 1.5;

/// A figure over two parameters, or over one.
pub struct Tiles<'a> {
    /// What is shown, above it and for those who cannot see it.
    pub title: &'a str,
    /// Parameter along x.
    pub x: &'a str,
    /// Parameter along y; empty where there is one alone.
    pub y: &'a str,
    /// Values along x, in print.
    pub columns: &'a [String],
    /// Values along y, in print.
    pub rows: &'a [String],
    /// The figure of each tile, row after row.
    pub values: &'a [Option<f64>],
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Column and row of the best set.
    pub winner: Option<(usize, usize)>,
    /// A value in print.
    pub print: &'a dyn Fn(f64) -> String,
}

impl Tiles<'_> {
    /// The tiles as an SVG document; empty where there is none.
    #[must_use]
    pub fn svg(&self) -> String {
        if self.columns.is_empty() || self.rows.is_empty() {
            return String::new();
        }
        let longest = |texts: &[String]| texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
        let label = longest(self.rows).max(self.y.chars().count()) as f64 * LETTER_WIDTH;
        let left = label.min(WIDTH / 3.0) + 8.0;
        let (wide, count) = ((WIDTH - left) / self.columns.len() as f64, self.rows.len());
        let (wide, high) = (wide.min(COLUMN), (ROWS / count as f64).clamp(ROW.0, ROW.1));
        let bottom = TOP + high * count as f64;
        let height = bottom + 34.0;
        let mut svg = opening(height, self.title);
        svg += &letters(0.0, LETTER, "start", INK, self.title);
        self.tiles(&mut svg, (left, wide, high));
        let middle = |row: usize| TOP + high * (row as f64 + 0.5) + LETTER * 0.36;
        for (row, name) in self.rows.iter().enumerate() {
            svg += &letters(left - 6.0, middle(row), "end", INK, name);
        }
        // Names that do not fit beside each other are left out, evenly.
        let room = (longest(self.columns) as f64 + 1.0) * LETTER_WIDTH;
        let every = ((room / wide) as usize).saturating_add(1);
        for (column, name) in self.columns.iter().enumerate().step_by(every) {
            let x = left + wide * (column as f64 + 0.5);
            svg += &letters(x, bottom + 14.0, "middle", INK, name);
        }
        let axes = if self.y.is_empty() {
            format!("{} \u{2192}", self.x)
        } else {
            format!("{} \u{2192}, {} \u{2193}", self.x, self.y)
        };
        svg += &letters(left, bottom + 29.0, "start", INK, &axes);
        svg + "</svg>"
    }

    fn tiles(&self, svg: &mut String, (left, wide, high): (f64, f64, f64)) {
        let seen = self.values.iter().flatten();
        let (low, top) = seen.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let fits = |text: &str| {
            text.chars().count() as f64 * LETTER_WIDTH <= wide - 4.0 && high >= LETTER + 2.0
        };
        for (at, value) in self.values.iter().enumerate() {
            let (column, row) = (at % self.columns.len(), at / self.columns.len());
            let (x, y) = (left + wide * column as f64, TOP + high * row as f64);
            let share = value.map(|value| {
                let share = if top > low { (value - low) / (top - low) } else { 0.5 };
                if self.higher_is_better { share } else { 1.0 - share }
            });
            let fill = share.map_or_else(|| "none".to_owned(), shade);
            let (w, h) = (wide - GAP, high - GAP);
            // Writing to a text does not fail.
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"2\" \
                 fill=\"{fill}\""
            );
            *svg += match share {
                Some(_) => "/>",
                None => " stroke=\"#7d7d7d\" stroke-opacity=\"0.5\" stroke-dasharray=\"2 2\"/>",
            };
            let text = value.map(|value| (self.print)(value)).filter(|text| fits(text));
            if let Some(text) = text {
                let ink = if share.unwrap_or(0.0) > STRONG { PALE } else { DARK };
                *svg += &letters(x + w / 2.0, y + h / 2.0 + LETTER * 0.36, "middle", ink, &text);
            }
        }
        if let Some((column, row)) = self.winner {
            let (x, y) = (left + wide * column as f64, TOP + high * row as f64);
            let (w, h) = (wide - GAP, high - GAP);
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"2\" \
                 fill=\"none\" stroke=\"{FRAME}\" stroke-width=\"2.5\"/>"
            );
        }
    }
}

fn shade(share: f64) -> String {
    let mixed = |at: usize| (WORST[at] + (BEST[at] - WORST[at]) * share) as u8;
    format!("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_strong_and_framed_and_what_is_missing_is_hollow() {
        let names = |of: &[&str]| of.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (columns, rows) = (names(&["1", "2"]), names(&["a<", "b"]));
        let print = |value: f64| format!("{value:.1}");
        let tiles = Tiles {
            title: "Sharpe & more",
            x: "fast",
            y: "slow",
            columns: &columns,
            rows: &rows,
            values: &[Some(-1.0), Some(1.0), None, Some(0.0)],
            higher_is_better: true,
            winner: Some((1, 0)),
            print: &print,
        };
        let svg = tiles.svg();
        for part in [
            "fill=\"#dde6f2\"",
            "fill=\"#1b5aa6\"",
            "fill=\"none\" stroke=\"#7d7d7d\"",
            ">a&lt;<",
            ">-1.0<",
            "Sharpe &amp; more",
            "fast \u{2192}, slow \u{2193}",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert_eq!(svg.matches(FRAME).count(), 1);
        let turned = Tiles { higher_is_better: false, ..tiles }.svg();
        let worst = turned.find("#dde6f2").unwrap();
        assert!(turned.find("#1b5aa6").unwrap() < worst, "{turned}");
        assert_eq!(Tiles { columns: &[], ..tiles }.svg(), "");
    }

    #[test]
    fn many_tiles_keep_their_height() {
        let names: Vec<String> = (0..24).map(|n| format!("0.00{n}")).collect();
        let values = vec![Some(1.0); 24 * 24];
        let tiles = Tiles {
            title: "",
            x: "a",
            y: "b",
            columns: &names,
            rows: &names,
            values: &values,
            higher_is_better: true,
            winner: None,
            print: &|v| v.to_string(),
        };
        assert!(tiles.svg().contains("height=\"318\""), "{}", &tiles.svg()[..200]);
    }
}
