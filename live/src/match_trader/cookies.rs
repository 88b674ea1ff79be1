//! Cookies of one account at one host: they are its session, and each goes back only to the
//! paths that it was given for.

use secrecy::{ExposeSecret, SecretString};
use tickstep_core::units::Nanos;

use crate::net::header;

/// A cookie.
struct Cookie {
    name: String,
    value: SecretString,
    path: String,
    secure: bool,
}

/// Where a request goes.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub host: &'a str,
    pub path: &'a str,
    pub tls: bool,
}

/// The cookies of a session.
#[derive(Default)]
pub(super) struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes a `Set-Cookie` of a reply that came at the server's time `date`.
    pub fn take(&mut self, line: &str, from: Place<'_>, date: Option<Nanos>) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        let (mut path, mut secure, mut over, mut ours) = (None, false, None, true);
        for part in parts {
            let (key, told) = part.split_once('=').unwrap_or((part, ""));
            let told = told.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if told.starts_with('/') => path = Some(told),
                "secure" => secure = true,
                "domain" => ours = told.is_empty() || is_within(from.host, told),
                // The age counts for more than the time, whichever comes first.
                "max-age" => over = Some(told.starts_with('-') || told.parse() == Ok(0)),
                "expires" if over.is_none() => {
                    let end = header::date(told);
                    over = end.zip(date).map(|(end, now)| end <= now).filter(|over| *over);
                }
                _ => {}
            }
        }
        if name.is_empty() || !ours {
            return;
        }
        let path = path.unwrap_or_else(|| folder(from.path));
        self.0.retain(|c| c.name != name || c.path != path);
        if over != Some(true) {
            self.add(name, value, path, secure);
        }
    }

    fn add(&mut self, name: &str, value: &str, path: &str, secure: bool) {
        let (name, path) = (name.to_owned(), path.to_owned());
        self.0.push(Cookie { name, value: value.to_owned().into(), path, secure });
        // What belongs to the longest path comes first.
        self.0.sort_by_key(|c| core::cmp::Reverse(c.path.len()));
    }

    /// Puts one in that goes to every path, in place of all of its name.
    pub fn put(&mut self, name: &str, value: &SecretString, tls: bool) {
        self.0.retain(|c| c.name != name);
        self.add(name, value.expose_secret(), "/", tls);
    }

    /// What is sent to a place.
    pub fn line(&self, to: Place<'_>) -> Option<SecretString> {
        let goes = |c: &&Cookie| is_below(to.path, &c.path) && (to.tls || !c.secure);
        let mut line = String::with_capacity(4096);
        for cookie in self.0.iter().filter(goes) {
            if !line.is_empty() {
                line.push_str("; ");
            }
            line.push_str(&cookie.name);
            line.push('=');
            line.push_str(cookie.value.expose_secret());
        }
        (!line.is_empty()).then(|| line.into())
    }

    /// The value that a cookie has, the one of the longest path where there are several.
    pub fn value(&self, name: &str) -> Option<&SecretString> {
        self.0.iter().find(|c| c.name == name).map(|c| &c.value)
    }

    /// All values, so that none is shown.
    pub fn values(&self) -> impl Iterator<Item = &SecretString> {
        self.0.iter().map(|c| &c.value)
    }
}

/// Whether a host is a domain, or below it.
fn is_within(host: &str, domain: &str) -> bool {
    let domain = domain.trim_start_matches('.');
    let Some(rest) = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at))
    else {
        return false;
    };
    rest.1.eq_ignore_ascii_case(domain) && (rest.0.is_empty() || rest.0.ends_with('.'))
}

/// The path of a cookie that names none.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => &path[..at],
        _ => "/",
    }
}

fn is_below(path: &str, of: &str) -> bool {
    path.strip_prefix(of)
        .is_some_and(|rest| rest.is_empty() || of.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOGIN: Place<'static> =
        Place { host: "mtr.example.com", path: "/manager/mtr-login", tls: true };

    fn sent(lines: &[&str], path: &str, tls: bool) -> String {
        let mut jar = Jar::default();
        let date = header::date("Mon, 07 Sep 2026 10:00:00 GMT");
        lines.iter().for_each(|line| jar.take(line, LOGIN, date));
        let line = jar.line(Place { path, tls, ..LOGIN });
        line.map(|line| line.expose_secret().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_cookie_goes_where_it_belongs() {
        let both = ["co-auth=s; Path=/; HttpOnly; SameSite=Lax", "rt=r; path=/manager; Secure"];
        for (path, tls, wanted) in [
            ("/manager/refresh-token", true, "rt=r; co-auth=s"),
            ("/manager", true, "rt=r; co-auth=s"),
            ("/managers", true, "co-auth=s"),
            ("/mtr-api/1/balance", true, "co-auth=s"),
            ("/manager/refresh-token", false, "co-auth=s"),
        ] {
            assert_eq!(sent(&both, path, tls), wanted, "{path}");
        }
        assert_eq!(sent(&["a=1"], "/manager/x", true), "a=1", "the folder it came from");
        assert_eq!(sent(&["a=1"], "/", true), "");
    }

    #[test]
    fn a_cookie_is_replaced_and_ends() {
        let table = [
            (["a=1; Path=/", "a=2; Path=/"], "a=2"),
            (["a=1; Path=/", "a=2; Path=/manager"], "a=2; a=1"),
            (["a=1; Path=/", "a=; Path=/; Max-Age=0"], ""),
            (["a=1; Path=/", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
            (["a=1; Path=/", "a=2; Path=/; Expires=Tue, 08 Sep 2026 10:00:00 GMT"], "a=2"),
            (
                ["a=1; Path=/", "a=2; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"],
                "a=2",
            ),
            (
                ["a=1; Path=/; Domain=example.com", "b=2; Path=/; Domain=.MTR.example.com"],
                "a=1; b=2",
            ),
            (["a=1; Path=/; Domain=other.com", "b=2; Path=/; Domain=ample.com"], ""),
            (["=1", "nonsense"], ""),
        ];
        for (lines, wanted) in table {
            assert_eq!(sent(&lines, "/manager/x", true), wanted, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_odd(lines in proptest::collection::vec(".*", 0..4), path in "/.*") {
            let mut jar = Jar::default();
            lines.iter().for_each(|line| jar.take(line, Place { path: &path, ..LOGIN }, None));
            let _line = jar.line(Place { path: &path, ..LOGIN });
        }
    }
}
