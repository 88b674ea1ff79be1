//! What every client of another machine needs: a connection, certificates, and times in
//! headers.

pub(crate) mod client;
pub(crate) mod header;
pub(crate) mod tls;
