//! A client of one address: it follows no redirect, repeats nothing and asks no proxy.

use core::time::Duration;

use reqwest::{Client, Url, redirect, retry};

use super::tls::{client_config, is_here};

/// Longest time until there is a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// What the program calls itself.
const AGENT: &str = concat!("tickstep/", env!("CARGO_PKG_VERSION"));

/// Checks an address, of which nothing is asked; whether TLS is spoken, or what is wrong
/// with it.
pub(crate) fn check_address(address: &str, plain_http: bool) -> Result<bool, String> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("is to be an address and nothing else; keys are in the vault".into());
    }
    match url.scheme() {
        "https" => Ok(true),
        "http" if plain_http || is_here(url.host_str().unwrap_or_default()) => Ok(false),
        "http" => Err("without TLS only this machine is spoken to".into()),
        _ => Err("it must begin with https://".into()),
    }
}

/// A client for an address that is spoken to with TLS, or without.
pub(crate) fn client(tls: bool) -> Result<Client, String> {
    let config = client_config(tls).map_err(|error| error.to_string())?;
    Client::builder()
        .user_agent(AGENT)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT)
        .tls_backend_preconfigured(config)
        .https_only(tls)
        .build()
        .map_err(|_| "HTTP cannot be set up".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_address_and_nothing_else() {
        for (address, plain, wanted) in [
            ("https://hooks.example.com/a/b", false, Ok(true)),
            ("http://127.0.0.1:8080/", false, Ok(false)),
            ("http://hooks.example.com", true, Ok(false)),
            ("http://hooks.example.com", false, Err("without TLS")),
            ("https://me@hooks.example.com", false, Err("an address and nothing else")),
            ("https://hooks.example.com/?key=1", false, Err("an address and nothing else")),
            ("https://hooks.example.com/#key", false, Err("an address and nothing else")),
            ("ftp://hooks.example.com", false, Err("begin with https://")),
            ("hooks", false, Err("relative URL")),
        ] {
            match (check_address(address, plain), wanted) {
                (Ok(tls), Ok(wanted)) => assert_eq!(tls, wanted, "{address}"),
                (Err(said), Err(words)) => assert!(said.contains(words), "{address}: {said}"),
                (got, _) => panic!("{address}: {got:?}"),
            }
        }
    }
}
