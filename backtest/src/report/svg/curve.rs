//! A curve over time.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::pen::{ACCENT, INK, LETTER, WIDTH, letters, opening};
use crate::report::chart::ChartPoint;
use crate::report::reduce::outline;
use crate::times::local;

const HEIGHT: f64 = 140.0;
/// Where the curve is: room is left for values at the right and for days below.
const RIGHT: f64 = WIDTH - 84.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 22.0;
/// Points of the line.
const POINTS: usize = 640;
/// Values nearer than this would be printed over each other.
const APART: f64 = LETTER + 2.0;

/// A curve over time, with its extremes, its last value and its first and last day.
pub struct Curve<'a> {
    /// Its points, in order of time.
    pub points: &'a [ChartPoint],
    /// A value to compare with, drawn as a dashed line.
    pub level: Option<f64>,
    /// What it is, for those who cannot see it.
    pub title: &'a str,
    /// Zone of its days.
    pub zone: &'a TimeZone,
    /// A value in print.
    pub print: &'a dyn Fn(f64) -> String,
}

impl Curve<'_> {
    /// The curve as an SVG document; empty where there are fewer than two points in time.
    #[must_use]
    pub fn svg(&self) -> String {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return String::new();
        };
        if first.0 == last.0 {
            return String::new();
        }
        let of_points = self.points.iter().map(|p| p.1);
        let extremes = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)))
        };
        let (low, high) = extremes(&mut of_points.clone().chain(self.level));
        let up = |value: f64| {
            let share = if high > low { (value - low) / (high - low) } else { 0.5 };
            BOTTOM - share * (BOTTOM - TOP)
        };
        let across = |ts: i64| (ts - first.0.0) as f64 / (last.0.0 - first.0.0) as f64 * RIGHT;
        let mut svg = opening(HEIGHT, self.title);
        let base = self.level.map_or(BOTTOM, up);
        let mut line = String::new();
        for (ts, value) in outline(self.points, POINTS, |p| p.1) {
            // Writing to a text does not fail.
            let _ = write!(line, "{:.1},{:.1} ", across(ts.0), up(value));
        }
        let _ = write!(
            svg,
            "<polygon points=\"0,{base:.1} {line}{RIGHT},{base:.1}\" fill=\"{ACCENT}\" \
             fill-opacity=\"0.16\"/>"
        );
        if let Some(level) = self.level {
            let y = up(level);
            let _ = write!(
                svg,
                "<path d=\"M0 {y:.1}H{RIGHT}\" stroke=\"{INK}\" stroke-dasharray=\"4 4\" \
                 fill=\"none\"/>"
            );
        }
        let _ = write!(
            svg,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{ACCENT}\" stroke-width=\"1.5\" \
             stroke-linejoin=\"round\"/><circle cx=\"{RIGHT}\" cy=\"{:.1}\" r=\"3\" \
             fill=\"{ACCENT}\"/>",
            up(last.1)
        );
        let (lowest, highest) = extremes(&mut of_points.clone());
        let mut printed: Vec<f64> = Vec::new();
        let values = [Some(last.1), Some(highest), Some(lowest), self.level];
        for (at, value) in values.into_iter().enumerate() {
            let Some(value) = value else { continue };
            let y = up(value);
            if printed.iter().all(|other| (other - y).abs() >= APART) {
                printed.push(y);
                let ink = if at == 0 { ACCENT } else { INK };
                let text = (self.print)(value);
                svg += &letters(RIGHT + 8.0, y + LETTER * 0.36, "start", ink, &text);
            }
        }
        for (x, anchor, ts) in [(0.0, "start", first.0), (RIGHT, "end", last.0)] {
            svg += &letters(x, HEIGHT - 6.0, anchor, INK, &local(ts, self.zone, "%Y-%m-%d"));
        }
        svg + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickstep_core::units::Nanos;

    fn svg(points: &[ChartPoint], level: Option<f64>, title: &str) -> String {
        let print = |value: f64| format!("{value:.1}");
        Curve { points, level, title, zone: &TimeZone::UTC, print: &print }.svg()
    }

    #[test]
    fn a_line_from_corner_to_corner() {
        let drawn = svg(&[(Nanos(0), 1.0), (Nanos::DAY, 3.0)], Some(2.0), "a < b");
        assert!(drawn.contains("<polyline points=\"0.0,118.0 636.0,10.0 \""), "{drawn}");
        assert!(drawn.contains("M0 64.0H636") && drawn.contains("<title>a &lt; b</title>"));
        for text in [">3.0<", ">2.0<", ">1.0<", ">1970-01-01<", ">1970-01-02<"] {
            assert!(drawn.contains(text), "{text} in {drawn}");
        }
        let many: Vec<_> = (0..100_000).map(|i| (Nanos(i), (i % 977) as f64)).collect();
        assert!(svg(&many, None, "").len() < 24_000);
        assert_eq!(svg(&many[..1], None, ""), "");
    }

    #[test]
    fn a_flat_line_is_in_the_middle_and_its_value_stands_once() {
        let drawn = svg(&[(Nanos(0), 1.0), (Nanos(10), 1.0)], None, "");
        assert!(drawn.contains("<polyline points=\"0.0,64.0 636.0,64.0 \""), "{drawn}");
        assert_eq!(drawn.matches(">1.0<").count(), 1);
    }
}
