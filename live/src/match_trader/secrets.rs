//! Texts of a broker that are shown to people, without what must not be shown.

use core::fmt::Write as _;
use core::ops::Range;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::json::Object;
use crate::broker::{Fault, Reply};
use crate::intent::{Doubt, Outcome};

/// What stands in place of a secret.
const HIDDEN: &str = "[hidden]";

/// Longest text that is passed on, in characters: what a broker says ends up in journal and
/// logs, and an answer may be megabytes of one field.
const LONGEST: usize = 400;

/// Shorter ones would hide half of every text.
const SHORTEST: usize = 4;

/// Hides secrets in every text of a reply that is the broker's own, and shortens it.
pub(crate) fn hidden(mut reply: Reply, secrets: &[&SecretString]) -> Reply {
    let hide = |text: &mut String| {
        let mut forms: Vec<_> = secrets.iter().flat_map(|s| forms(s.expose_secret())).collect();
        // One may be the beginning of another.
        forms.sort_by_key(|form| core::cmp::Reverse(form.len()));
        for form in &forms {
            hide(text, form);
        }
        *text = without_tokens(&without_named(text));
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push_str("...");
        }
    };
    match &mut reply {
        Reply::Failed(
            Fault::Forbidden(text)
            | Fault::Refused(text)
            | Fault::Network(text)
            | Fault::Unreadable(text)
            | Fault::WrongAccount { found: text, .. },
        )
        | Reply::Write(Outcome::Unknown(Doubt::Disconnected(text) | Doubt::Unreadable(text))) => {
            hide(text);
        }
        Reply::Write(Outcome::Rejected { code, message }) => {
            code.iter_mut().chain([message]).for_each(hide);
        }
        _ => {}
    }
    reply
}

/// How a secret may be written in a text: as it is, in a line whose spaces were put in
/// order, in JSON, in an address.
fn forms(secret: &str) -> Vec<Zeroizing<String>> {
    let mut json = Object::new().text("", secret).end();
    json.truncate(json.len() - "\"}".len());
    json.drain(.."{\"\":\"".len());
    let address = |space: &str| {
        let mut out = String::with_capacity(3 * secret.len());
        for byte in secret.bytes() {
            match byte {
                b' ' => out.push_str(space),
                b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => out.push(char::from(b)),
                // Writing to a text cannot fail.
                b => {
                    let _written = write!(out, "%{b:02X}");
                }
            }
        }
        out
    };
    let in_order = secret.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut forms = vec![secret.to_owned(), in_order, json, address("%20"), address("+")];
    forms.sort();
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

fn hide(text: &mut String, secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    if text.contains(secret) {
        *text = text.replace(secret, HIDDEN);
    }
    // A text that was shortened may end within one.
    let Some(rest) = text.strip_suffix("...") else { return };
    let ends = |n: &usize| secret.is_char_boundary(*n) && rest.ends_with(&secret[..*n]);
    if let Some(n) = (SHORTEST..secret.len()).rev().find(ends) {
        text.truncate(rest.len() - n);
        text.push_str(HIDDEN);
    }
}

/// Hides what JSON calls a secret, though it is not known here: a server may tell a token
/// that was not asked for.
fn without_named(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((name, value)) = next_pair(rest) {
        let told = rest[name.clone()].to_ascii_lowercase();
        let secret = ["token", "password", "secret", "auth", "cookie", "jwt"];
        let shown = if secret.iter().any(|word| told.contains(word)) {
            out.push_str(&rest[..value.start]);
            out.push_str(HIDDEN);
            value.end
        } else {
            out.push_str(&rest[..name.end]);
            name.end
        };
        rest = &rest[shown..];
    }
    out.push_str(rest);
    out
}

/// Where the next `"name": "value"` of a text has its name and its value. The value may be
/// cut short by the end of the text.
fn next_pair(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find('"')? + 1;
        let end = start + text[start..].find('"')?;
        let after = text[end + 1..].trim_start();
        if let Some(value) = after.strip_prefix(':').map(str::trim_start)
            && let Some(value) = value.strip_prefix('"')
        {
            let begins = text.len() - value.len();
            let mut escaped = false;
            let ends = value.find(|c: char| {
                let quote = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                quote
            });
            return Some((start..end, begins..ends.map_or(text.len(), |n| begins + n)));
        }
        from = end;
    }
}

/// Hides tokens that are not known here: a JWT begins like this wherever it comes from.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("eyJ") {
        let (before, token) = rest.split_at(at);
        let belongs = |b: u8| b.is_ascii_alphanumeric() || b"-_.=".contains(&b);
        let length = token.bytes().take_while(|b| belongs(*b)).count();
        out.push_str(before);
        out.push_str(HIDDEN);
        rest = &token[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is left of a text.
    fn found(text: &str) -> String {
        let secrets = ["correct horse", "abc", "pass \"%  word"].map(SecretString::from);
        let replies = [
            Reply::Failed(Fault::Refused(text.to_owned())),
            Reply::Write(Outcome::Rejected { code: None, message: text.to_owned() }),
            Reply::Write(Outcome::Unknown(Doubt::Unreadable(text.to_owned()))),
        ];
        let found = replies.map(|reply| match hidden(reply, &secrets.each_ref()) {
            Reply::Failed(Fault::Refused(text))
            | Reply::Write(Outcome::Rejected { message: text, .. })
            | Reply::Write(Outcome::Unknown(Doubt::Unreadable(text))) => text,
            other => panic!("{other:?}"),
        });
        assert!(found.iter().all(|text| *text == found[0]));
        found[0].clone()
    }

    #[test]
    fn no_secret_is_shown() {
        for (text, wanted) in [
            ("nothing", "nothing"),
            ("password correct horse is wrong", "password [hidden] is wrong"),
            ("password correct ho...", "password [hidden]"),
            ("password corr...", "password [hidden]"),
            ("password cor...", "password cor..."),
            ("abc", "abc"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.x-_ is over", "token [hidden] is over"),
            ("it was pass \"%  word", "it was [hidden]"),
            ("it was pass \"% word", "it was [hidden]"),
            (r#"it was pass \"%  word"#, "it was [hidden]"),
            ("?p=pass%20%22%25%20%20word", "?p=[hidden]"),
            ("?p=pass+%22%25++word", "?p=[hidden]"),
            ("?p=correct%20ho...", "?p=[hidden]"),
        ] {
            assert_eq!(found(text), wanted);
        }
    }

    #[test]
    fn what_json_calls_a_secret_is_hidden_though_nobody_knows_it() {
        for (text, wanted) in [
            (r#"{"a":"b","tradingApiToken":"x1"}"#, r#"{"a":"b","tradingApiToken":"[hidden]"}"#),
            (r#"{"Password" : "x\"1", "b":1}"#, r#"{"Password" : "[hidden]", "b":1}"#),
            (r#"{"co-auth":"x1...""#, r#"{"co-auth":"[hidden]""#),
            (r#"{"token":"x1..."#, r#"{"token":"[hidden]"#),
            (r#"{"token":null,"n":"token"}"#, r#"{"token":null,"n":"token"}"#),
            (r#"say "token" and "x""#, r#"say "token" and "x""#),
        ] {
            assert_eq!(found(text), wanted);
        }
    }

    #[test]
    fn what_is_said_at_length_is_shortened() {
        let long = found(&format!("{} correct horse {}", "x".repeat(370), "y".repeat(5000)));
        assert_eq!(long, format!("{} [hidden] {}...", "x".repeat(370), "y".repeat(20)));
        assert_eq!(found(&"\u{1F600}".repeat(400)), "\u{1F600}".repeat(400));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[a\"\\\\:tokenABC. \u{e4}\u{1F600}]{0,60}", any in ".*") {
            let _found = (found(&text), found(&any), forms(&text));
        }

        #[test]
        fn a_secret_is_found_wherever_it_stands(
            before in ".{0,20}",
            secret in "[A-Za-z0-9]{8,20}",
            after in ".{0,20}",
        ) {
            let mut reply = Reply::Failed(Fault::Refused(format!("{before}{secret}{after}")));
            reply = hidden(reply, &[&SecretString::from(&*secret)]);
            let shown = format!("{reply:?}");
            prop_assert!(!shown.contains(&secret));
        }
    }
}
