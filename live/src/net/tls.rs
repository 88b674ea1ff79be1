//! TLS, and where it may be missing.

use std::net::IpAddr;
use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt;

/// Whether a host is this machine, which is spoken to without TLS.
pub(crate) fn is_here(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What certificates are checked against: what the machine trusts. Where there is no TLS
/// none is trusted, and nothing is read.
pub(crate) fn client_config(tls: bool) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    let checked = match tls {
        true => versions.with_platform_verifier()?,
        false => versions.with_root_certificates(rustls::RootCertStore::empty()),
    };
    Ok(checked.with_no_client_auth())
}
