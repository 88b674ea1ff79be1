//! What a terminal can show: colours, and letters beyond ASCII.

use std::ffi::OsString;

use ratatui::style::{Color, Modifier, Style};
use rust_decimal::Decimal;

use super::log::Tone;

/// How a screen is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether there are colours. Without them signs and words say the same.
    pub colour: bool,
    /// Whether bars and lines are drawn with letters beyond ASCII.
    pub unicode: bool,
}

impl Look {
    /// What the environment says: `NO_COLOR` that is not empty, or a terminal that is `dumb`,
    /// has no colours; a locale without UTF-8 has ASCII alone.
    #[must_use]
    pub fn of(env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        // The first of them that is set counts.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let locale = locale.map(|l| l.to_string_lossy().to_uppercase()).unwrap_or_default();
        let unicode = locale.contains("UTF-8") || locale.contains("UTF8");
        Self { colour: set("NO_COLOR").is_none() && !dumb, unicode: unicode && !dumb }
    }

    /// What stands where a text was cut.
    pub(super) const fn cut(self) -> char {
        if self.unicode { '…' } else { '~' }
    }

    /// A line that parts what is above from what is below.
    pub(super) const fn rule(self) -> &'static str {
        if self.unicode { "─" } else { "-" }
    }

    /// A bar of so many columns that is full in part.
    pub(super) fn bar(self, share: f64, columns: usize) -> String {
        let full = (share.clamp(0.0, 1.0) * columns as f64).round() as usize;
        let (on, off) = if self.unicode { ("█", "░") } else { ("#", ".") };
        format!("{}{}", on.repeat(full), off.repeat(columns - full))
    }

    fn with(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Money made, money lost, or neither.
    pub(super) fn gain(self, amount: Decimal) -> Style {
        match amount.round_dp(2) {
            x if x > Decimal::ZERO => self.with(Color::Green),
            x if x < Decimal::ZERO => self.with(Color::Red),
            _ => Style::new(),
        }
    }

    /// A side of the market: up or down.
    pub(super) fn side(self, is_long: bool) -> Style {
        self.with(if is_long { Color::Green } else { Color::Red }).add_modifier(Modifier::BOLD)
    }

    /// What somebody should look at.
    pub(super) fn warning(self) -> Style {
        self.with(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// What matters less.
    pub(super) const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What matters most.
    pub(super) const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A line that stands out from end to end.
    pub(super) const fn banner(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A line of what happened.
    pub(super) fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Good => self.with(Color::Green),
            Tone::Bad => self.with(Color::Red),
            Tone::Warning => self.with(Color::Yellow),
            Tone::Alarm => self.with(Color::Red).add_modifier(Modifier::BOLD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_what_a_terminal_shows() {
        let look = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> =
                set.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            Look::of(&|name| {
                set.iter().find(|(n, _)| n == name).map(|(_, value)| OsString::from(value))
            })
        };
        let is = |colour, unicode| Look { colour, unicode };
        assert_eq!(look(&[("LANG", "en_US.UTF-8")]), is(true, true));
        assert_eq!(look(&[("LANG", "C.utf8"), ("NO_COLOR", "1")]), is(false, true));
        assert_eq!(
            look(&[("NO_COLOR", ""), ("LC_ALL", "C"), ("LANG", "de.UTF-8")]),
            is(true, false)
        );
        assert_eq!(look(&[("TERM", "dumb"), ("LANG", "en_US.UTF-8")]), is(false, false));
        assert_eq!(is(true, true).bar(0.84, 10), "████████░░");
        assert_eq!(is(true, false).bar(7.0, 4), "####");
    }
}
