//! A page: the template with its places filled by the vendor's library, the data, and
//! the style sheet and script of the shell that all pages share, each followed by what
//! only this page has.

use serde::Serialize;

use super::text::Lang;

const TEMPLATE: &str = include_str!("assets/page.html");
const ECHARTS: &str = include_str!("vendor/echarts.min.js");

/// What a page is drawn with.
pub(crate) struct Assets {
    /// The style sheet, as text.
    style: &'static str,
    /// The script, as text.
    script: &'static str,
}

/// The page of a run.
pub(crate) const RUN: Assets = Assets {
    style: concat!(include_str!("assets/shell.css"), include_str!("assets/run.css")),
    script: concat!(include_str!("assets/shell.js"), include_str!("assets/run.js")),
};

/// The page of a search.
pub(crate) const SEARCH: Assets = Assets {
    style: concat!(include_str!("assets/shell.css"), include_str!("assets/search.css")),
    script: concat!(include_str!("assets/shell.js"), include_str!("assets/search.js")),
};

/// The page of runs side by side.
pub(crate) const COMPARE: Assets = Assets {
    style: include_str!("assets/shell.css"),
    script: concat!(include_str!("assets/shell.js"), include_str!("assets/compare.js")),
};

/// The page of live against its backtest.
pub(crate) const LIVE: Assets = Assets {
    style: include_str!("assets/shell.css"),
    script: concat!(include_str!("assets/shell.js"), include_str!("assets/live.js")),
};

/// The template with its places filled, each once: what is put in is not looked at again.
pub(crate) fn fill(lang: Lang, title: &str, data: &impl Serialize, assets: &Assets) -> String {
    let (title, data) = (escape(title), embed(data));
    let mut html = String::with_capacity(ECHARTS.len() + data.len() + 100_000);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        html.push_str(before);
        html.push_str(match name {
            "lang" => lang.tag(),
            "title" => &title,
            "css" => assets.style,
            "echarts" => ECHARTS,
            "data" => &data,
            "js" => assets.script,
            _ => "",
        });
        rest = after;
    }
    html.push_str(rest);
    html
}

/// JSON that cannot end the element it stands in.
fn embed(data: &impl Serialize) -> String {
    // Plain structs with text keys and finite numbers always have a JSON.
    let json = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_embedded_ends_its_element() {
        let hostile = "</script><script>alert(1)</script><!--\u{2028}";
        let html = fill(
            Lang::En,
            hostile,
            &[hostile, "{{js}}"],
            &Assets { style: RUN.style, script: "\"{{data}}\"" },
        );
        assert!(!html.contains("alert(1)</script><!--"));
        assert!(html.contains("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>"));
        assert!(html.contains("<title>&lt;/script&gt;"));
        // What looks like a place inside data stays data.
        assert!(html.contains("\"{{js}}\"]") && html.contains("\"{{data}}\""));
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        for part in [TEMPLATE, RUN.style, RUN.script] {
            assert!(!part.contains("http:") && !part.contains("https:") && !part.contains("url("));
        }
        assert!(!ECHARTS.contains("</script"));
        assert!(!RUN.script.contains("innerHTML"));
    }
}
