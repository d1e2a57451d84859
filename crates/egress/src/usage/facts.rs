//! What is known of a connection, for the audit log.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

/// The version of HTTP that a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Protocol {
    /// RFC 9112.
    #[serde(rename = "HTTP/1.1")]
    Http1,
    /// RFC 9113.
    #[serde(rename = "HTTP/2")]
    Http2,
}

/// Where a connection leads, as was found when it was opened.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionFacts {
    /// The addresses of the origin's host, each of which the policy allowed;
    /// none where a proxy finds them.
    pub(crate) addresses: Vec<IpAddr>,
    /// Where the socket leads: to one of them, or to a proxy.
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) protocol: Protocol,
    pub(crate) timings: Timings,
}

#[cfg(test)]
impl ConnectionFacts {
    /// Of a connection that leads nowhere.
    pub(crate) fn empty() -> Self {
        Self {
            addresses: Vec::new(),
            peer: None,
            tls: None,
            protocol: Protocol::Http1,
            timings: Timings::default(),
        }
    }
}

/// How long the stages of opening it took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    pub(crate) resolve: Duration,
    pub(crate) connect: Duration,
    pub(crate) tls: Duration,
}

/// Whether a connection was opened for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionUse {
    /// It was.
    New,
    /// It was open from a request before.
    Reused,
}

/// What was agreed on with a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsFacts {
    /// `1.2` or `1.3`.
    pub version: String,
    /// The SHA-256 of the server's certificate (its DER form), in hexadecimal.
    pub certificate_sha256: String,
}
