//! Texts of a broker that are shown to people, without what must not be shown.

use secrecy::{ExposeSecret, SecretString};

use crate::broker::{Fault, Reply};
use crate::intent::{Doubt, Outcome};

/// What stands in place of a secret.
const HIDDEN: &str = "[hidden]";

/// Shorter ones would hide half of every text.
const SHORTEST: usize = 4;

/// Hides secrets in every text of a reply that is the broker's own.
pub(super) fn hidden(mut reply: Reply, secrets: &[&SecretString]) -> Reply {
    let hide = |text: &mut String| {
        for secret in secrets {
            hide(text, secret.expose_secret());
        }
        *text = without_tokens(text);
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

    #[test]
    fn no_secret_is_shown() {
        let secrets = [SecretString::from("correct horse"), SecretString::from("abc")];
        for (text, wanted) in [
            ("nothing", "nothing"),
            ("password correct horse is wrong", "password [hidden] is wrong"),
            ("password correct ho...", "password [hidden]"),
            ("password corr...", "password [hidden]"),
            ("password cor...", "password cor..."),
            ("abc", "abc"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.x-_ is over", "token [hidden] is over"),
        ] {
            let replies = [
                Reply::Failed(Fault::Refused(text.to_owned())),
                Reply::Write(Outcome::Rejected { code: None, message: text.to_owned() }),
                Reply::Write(Outcome::Unknown(Doubt::Unreadable(text.to_owned()))),
            ];
            for reply in replies {
                let found = match hidden(reply, &secrets.each_ref()) {
                    Reply::Failed(Fault::Refused(text))
                    | Reply::Write(Outcome::Rejected { message: text, .. })
                    | Reply::Write(Outcome::Unknown(Doubt::Unreadable(text))) => text,
                    other => panic!("{other:?}"),
                };
                assert_eq!(found, wanted);
            }
        }
    }
}
