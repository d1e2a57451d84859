//! Facts about a connection, for the audit log.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

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

/// The facts about a connection that were found when it was opened.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionFacts {
    /// The addresses of the origin's host, all of them allowed by the policy; empty if a proxy
    /// resolves it.
    pub(crate) addresses: Vec<IpAddr>,
    /// The peer of the socket: one of the addresses, or a proxy.
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) protocol: Protocol,
    pub(crate) timings: Timings,
}

#[cfg(test)]
impl ConnectionFacts {
    /// No facts.
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

/// The time of each stage of opening it.
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
    /// Yes.
    New,
    /// No: it was reused.
    Reused,
}

/// The negotiated parameters of TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsFacts {
    /// `1.2` or `1.3`.
    pub version: String,
    /// The SHA-256 of the server's certificate (its DER form), in hexadecimal.
    pub certificate_sha256: String,
    /// When that certificate expires: its `notAfter`, as RFC 3339 with seconds.
    #[serde(serialize_with = "rfc3339")]
    pub certificate_expires: Option<SystemTime>,
}

fn rfc3339<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = time.map(|time| {
        let time = OffsetDateTime::from(time);
        let (year, month, day) = time.to_calendar_date();
        let (hour, minute, second) = time.to_hms();
        let month = u8::from(month);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    });
    text.serialize(serializer)
}
