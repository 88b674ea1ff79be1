//! A broker's server: where it is, and how it is spoken to.

use core::fmt;
use core::time::Duration;
use reqwest::{Client, Url, header::HeaderName, header::HeaderValue, redirect, retry};

use super::terms::Paths;
use crate::net::tls::{client_config, is_here};

/// How a server is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSettings {
    /// Where it is, such as `https://mtr.example.com`.
    pub base: String,
    /// Its paths.
    pub paths: Paths,
    /// What the program calls itself, always the same. Brokers may be asked to let it in.
    pub user_agent: String,
    /// Longest time until there is a connection.
    pub connect_timeout: Duration,
    /// Longest time until a reply is there in full, the connection included.
    pub timeout: Duration,
    /// How long a connection is kept for the next request.
    pub idle: Duration,
    /// Longest body of a reply, in bytes.
    pub longest_body: usize,
    /// Whether another machine may be spoken to without TLS, passwords and all.
    pub plain_http: bool,
    /// Header in which a write tells the number of its intent. No broker knows it; a
    /// simulator counts by it.
    pub intent_header: Option<String>,
}

impl HostSettings {
    /// A server with the paths of the vendor's pages: 5 seconds for a connection, 10 for a
    /// reply, connections kept for 50, replies of up to 16 MiB.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            paths: Paths::default(),
            user_agent: concat!("tickstep/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            idle: Duration::from_secs(50),
            longest_body: 16 << 20,
            plain_http: false,
            intent_header: None,
        }
    }
}

/// Why a server cannot be spoken to as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A setting is not what it has to be.
    #[error("{name} = \"{value}\": {why}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// There is no HTTP.
    #[error("HTTP cannot be set up: {0}")]
    Http(String),
}

/// A server, ready to be spoken to. What its certificate is checked against is read once
/// for all accounts.
pub struct BrokerHost {
    settings: HostSettings,
    base: String,
    name: String,
    tls: bool,
    config: rustls::ClientConfig,
    intent_header: Option<HeaderName>,
}

impl fmt::Debug for BrokerHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerHost").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn wrong(name: &'static str, value: &str, why: impl Into<String>) -> HostError {
    HostError::Setting { name, value: value.to_owned(), why: why.into() }
}

impl HostSettings {
    /// Checks that a server can be spoken to so; nothing is asked of it.
    pub fn check(&self) -> Result<(), HostError> {
        self.checked().map(drop)
    }

    /// Name of the server, and whether TLS is spoken.
    fn checked(&self) -> Result<(String, bool, Option<HeaderName>), HostError> {
        let bad = |why: &str| wrong("base", &self.base, why);
        let url = Url::parse(&self.base).map_err(|e| bad(&e.to_string()))?;
        let name = url.host_str().unwrap_or_default().to_owned();
        let tls = match url.scheme() {
            "https" => true,
            "http" if self.plain_http || is_here(&name) => false,
            "http" => return Err(bad("without TLS only this machine is spoken to")),
            _ => return Err(bad("it must begin with https://")),
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(bad("it is an address and nothing else"));
        }
        for (name, path) in self.paths.all() {
            if !path.starts_with('/') || path.contains(['?', '#', ' ']) {
                return Err(wrong(name, path, "a path begins with / and has no query"));
            }
        }
        if !self.paths.prefix.contains("{system}") {
            return Err(wrong("prefix", &self.paths.prefix, "it must have {system} in it"));
        }
        let agent = &self.user_agent;
        if agent.trim().is_empty() || HeaderValue::from_str(agent).is_err() {
            return Err(wrong("user_agent", agent, "no header can carry it"));
        }
        let header = self.intent_header.as_deref().map(|name| {
            let read = HeaderName::from_bytes(name.as_bytes());
            read.map_err(|e| wrong("intent_header", name, e.to_string()))
        });
        Ok((name, tls, header.transpose()?))
    }
}

impl BrokerHost {
    /// Checks the settings.
    pub fn new(settings: HostSettings) -> Result<Self, HostError> {
        let (name, tls, intent_header) = settings.checked()?;
        let base = settings.base.trim_end_matches('/').to_owned();
        let config = client_config(tls).map_err(|e| HostError::Tls(e.to_string()))?;
        Ok(Self { base, name, tls, config, intent_header, settings })
    }

    /// How it is spoken to.
    #[must_use]
    pub const fn settings(&self) -> &HostSettings {
        &self.settings
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn is_tls(&self) -> bool {
        self.tls
    }

    pub(crate) const fn intent_header(&self) -> Option<&HeaderName> {
        self.intent_header.as_ref()
    }

    /// The address of a path with its query.
    pub(crate) fn url(&self, path: &str) -> Option<Url> {
        Url::parse(&format!("{}{path}", self.base)).ok()
    }

    /// Connections to it, for one account: each keeps one warm, so that a decision for many
    /// accounts waits for no handshake.
    ///
    /// No layer sends anything again. Redirects are not followed and requests are not
    /// repeated. The pool may hand a request that it could not begin on a connection that
    /// had gone to another one; that is no repetition, and [`once`](super::once) makes sure
    /// of it.
    pub(crate) fn client(&self) -> Result<Client, HostError> {
        self.client_that_keeps(4)
    }

    /// The same with a connection of its own for each request, so that there is none that
    /// was used before. On a new one no layer has a reason to hand a request on, which
    /// matters where it has no body by which that would be seen.
    pub(crate) fn client_of_new_connections(&self) -> Result<Client, HostError> {
        self.client_that_keeps(0)
    }

    fn client_that_keeps(&self, idle: usize) -> Result<Client, HostError> {
        Client::builder()
            .user_agent(&*self.settings.user_agent)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(self.settings.connect_timeout)
            .pool_idle_timeout(self.settings.idle)
            .pool_max_idle_per_host(idle)
            .tls_backend_preconfigured(self.config.clone())
            .https_only(self.tls)
            .build()
            .map_err(|e| HostError::Http(super::transport::cause(&e)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut HostSettings);

    #[test]
    fn settings_are_checked() {
        let changed = |change: Change| {
            let mut settings = HostSettings::new("https://mtr.example.com/");
            change(&mut settings);
            BrokerHost::new(settings).map(|host| host.base).map_err(|error| error.to_string())
        };
        let plain = Ok("https://mtr.example.com".to_owned());
        let table: [(Change, &str); 11] = [
            (|s| s.base = "http://127.0.0.1:8080".to_owned(), "http://127.0.0.1:8080"),
            (|s| s.base = "http://[::1]:8080".to_owned(), "http://[::1]:8080"),
            (|s| s.base = "http://localhost/sim/".to_owned(), "http://localhost/sim"),
            (|s| s.base = "http://mtr.example.com".to_owned(), "without TLS only this machine"),
            (|s| s.base = "ftp://mtr.example.com".to_owned(), "begin with https://"),
            (|s| s.base = "mtr.example.com".to_owned(), "base = \"mtr.example.com\""),
            (|s| s.base = "https://me:secret@x.com".to_owned(), "an address and nothing else"),
            (|s| s.paths.login = "login".to_owned(), "login = \"login\""),
            (|s| s.paths.prefix = "/mtr-api".to_owned(), "it must have {system} in it"),
            (|s| s.user_agent = "\n".to_owned(), "user_agent"),
            (|s| s.intent_header = Some("x intent".to_owned()), "intent_header"),
        ];
        assert_eq!(changed(|_| {}), plain);
        for (change, words) in table {
            match changed(change) {
                Ok(base) => assert_eq!(base, words),
                Err(error) => assert!(error.contains(words), "{error}"),
            }
        }
        let settings =
            HostSettings { plain_http: true, ..HostSettings::new("http://sim.internal:8080") };
        assert!(BrokerHost::new(settings).is_ok());
    }
}
