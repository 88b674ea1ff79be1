//! What all pictures are drawn with.

/// Width of a picture in its own units; it is shown at most as wide as its place.
pub(super) const WIDTH: f64 = 720.0;
/// Letters and marks.
pub(super) const INK: &str = "#7d7d7d";
/// What is looked at.
pub(super) const ACCENT: &str = "#3a80d2";
/// Height of letters, and about how wide one is.
pub(super) const LETTER: f64 = 11.0;
pub(super) const LETTER_WIDTH: f64 = 6.2;

pub(super) fn opening(height: f64, title: &str) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" font-family=\"sans-serif\" \
         font-size=\"{LETTER}\"><title>{title}</title>"
    )
}

pub(super) fn letters(x: f64, y: f64, anchor: &str, ink: &str, text: &str) -> String {
    let text = escape(text);
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{ink}\">{text}</text>")
}

fn escape(text: &str) -> String {
    let legal = |c: &char| !c.is_control();
    let text: String = text.chars().filter(legal).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
