//! A small picture of a curve that needs neither scripts nor style sheets: it takes the
//! colour of the text around it, so that it is seen on light and on dark.

use std::fmt::Write;

use super::chart::ChartPoint;
use super::reduce::outline;

/// Size of the drawing, in its own units; it is as wide as its place.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 120.0;
/// Points of the line.
const POINTS: usize = 640;
/// Room above and below the line.
const MARGIN: f64 = 4.0;

/// `points` as an SVG element with `title` for those who cannot see it; `level` is drawn as a
/// dashed line. Empty where there are fewer than two points.
#[must_use]
pub fn curve(points: &[ChartPoint], level: Option<f64>, title: &str) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    if first.0 == last.0 {
        return String::new();
    }
    let seen = points.iter().map(|p| p.1).chain(level);
    let (low, high) = seen.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let room = HEIGHT - 2.0 * MARGIN;
    let up = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        HEIGHT - MARGIN - share * room
    };
    let across = |ts: i64| (ts - first.0.0) as f64 / (last.0.0 - first.0.0) as f64 * WIDTH;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" style=\"max-width:100%\">\
         <title>{}</title>",
        escape(title)
    );
    if let Some(level) = level {
        let y = up(level);
        // Writing to a text does not fail.
        let _ = write!(
            svg,
            "<path d=\"M0 {y:.1}H{WIDTH}\" stroke=\"currentColor\" stroke-opacity=\"0.5\" \
             stroke-dasharray=\"4 4\" fill=\"none\"/>"
        );
    }
    svg.push_str("<polyline points=\"");
    for (ts, value) in outline(points, POINTS, |p| p.1) {
        let _ = write!(svg, "{:.1},{:.1} ", across(ts.0), up(value));
    }
    svg.push_str("\" fill=\"none\" stroke=\"#2f7ed8\" stroke-width=\"1.5\"/></svg>");
    svg
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickstep_core::units::Nanos;

    #[test]
    fn a_line_from_corner_to_corner() {
        let svg = curve(&[(Nanos(0), 1.0), (Nanos(10), 3.0)], Some(2.0), "a < b");
        assert!(svg.contains("points=\"0.0,116.0 640.0,4.0 \""), "{svg}");
        assert!(svg.contains("M0 60.0H640") && svg.contains("<title>a &lt; b</title>"), "{svg}");
        let many: Vec<_> = (0..100_000).map(|i| (Nanos(i), (i % 977) as f64)).collect();
        assert!(curve(&many, None, "").len() < 12_000);
        assert_eq!(curve(&many[..1], None, ""), "");
    }

    #[test]
    fn a_flat_line_is_in_the_middle() {
        let svg = curve(&[(Nanos(0), 1.0), (Nanos(10), 1.0)], None, "");
        assert!(svg.contains("points=\"0.0,60.0 640.0,60.0 \""), "{svg}");
    }
}
