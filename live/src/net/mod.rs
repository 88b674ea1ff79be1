//! What every client of another machine needs: certificates, and times in headers.

pub(crate) mod header;
pub(crate) mod tls;
