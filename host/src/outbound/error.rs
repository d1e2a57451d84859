//! Why a request got no answer, and whether it may have taken effect. The
//! boundary to the error codes of WASI is one `match`, at the end.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use http_step_policy::{Denial, Exceeded, OriginError};
use serde::Serialize;
use thiserror::Error;
use wasmtime_wasi_http as wasi_http;

use super::connection::{MOST_HEADER_BYTES, MOST_HEADER_FIELDS};
use super::interim::Flood;
use super::tls;
use crate::result::ErrorKind;
use crate::secrets::HIDDEN;

/// Whether a request may have reached its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// It certainly did not: it is safe to send it again.
    No,
    /// It did: the server has answered.
    Yes,
    /// It may have.
    Unknown,
}

/// What a request was at when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stage {
    /// Asking the policy.
    Policy,
    /// Finding the addresses of a host name.
    Resolve,
    /// Opening a connection, through a proxy if there is one.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Sending the request.
    Send,
    /// Waiting for the head of the response.
    Head,
    /// Reading the body of the response.
    Body,
}

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum TransportError {
    /// The policy does not let it out.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The request is none that a step may make.
    #[error("{0}")]
    Refused(String),
    /// There is no token to prove with who sends it.
    #[error("there is no token of {from}: {reason}")]
    NoToken {
        /// The token endpoint's origin.
        from: String,
        /// What it says, or what kept us from it.
        reason: String,
    },
    /// A budget of the run is used up.
    #[error("{exceeded}")]
    Exceeded {
        /// The budget.
        exceeded: Exceeded,
        /// What the request was at.
        stage: Stage,
    },
    /// The host name has no address.
    #[error("could not resolve {host}: {reason}")]
    Resolve {
        /// The host name.
        host: String,
        /// What the resolver says.
        reason: String,
    },
    /// No connection could be made.
    #[error("could not connect to {to}: {reason}")]
    Connect {
        /// The addresses that were tried.
        to: String,
        /// What the system says.
        reason: String,
        /// Whether the other side refused, rather than not answering.
        refused: bool,
    },
    /// A proxy did not lead on.
    #[error("the proxy {proxy} did not lead on: {reason}")]
    Proxy {
        /// The proxy, without credentials.
        proxy: String,
        /// What it says, or what kept us from it.
        reason: String,
    },
    /// No connection was made in time.
    #[error("could not connect to {to} within {}", seconds(.within))]
    ConnectTimeout {
        /// The origin.
        to: String,
        /// The time limit.
        within: Duration,
        /// How far it had come.
        stage: Stage,
    },
    /// TLS could not be agreed on, or the certificate is not trusted.
    #[error("TLS with {with} failed: {reason}")]
    Tls {
        /// The origin.
        with: String,
        /// What is wrong.
        reason: String,
        /// Whether it is the certificate.
        certificate: bool,
        /// Whether it failed in the handshake, before a request could be sent. A
        /// server can refuse the client's certificate also afterwards.
        in_handshake: bool,
    },
    /// The connection ended before the response's head was complete.
    #[error("{from} closed the connection before it answered: {reason}")]
    Closed {
        /// The origin.
        from: String,
        /// What is known of it.
        reason: String,
        /// Whether it certainly has not begun to work on the request.
        unsent: bool,
    },
    /// The host ended the connection before the response's head was there.
    #[error("{from} gave no answer: {reason}")]
    CutOff {
        /// The origin.
        from: String,
        /// What the server has done.
        reason: String,
    },
    /// The server sent something that is not HTTP.
    #[error("{from} answered with something that is not HTTP: {reason}")]
    Protocol {
        /// The origin.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server was silent for too long.
    #[error("{from} did not answer within {}", seconds(.within))]
    ReadTimeout {
        /// The origin.
        from: String,
        /// The time limit.
        within: Duration,
    },
    /// The request's body stood still on its way out.
    #[error("the request's body stopped on its way to {to}: nothing went out for {}", seconds(.within))]
    UploadTimeout {
        /// The origin.
        to: String,
        /// The time limit.
        within: Duration,
    },
    /// The response's body paused for too long.
    #[error("the response of {from} stopped: nothing came for {}", seconds(.within))]
    BodyTimeout {
        /// The origin.
        from: String,
        /// The time limit.
        within: Duration,
    },
    /// The response's body broke off.
    #[error("the response of {from} broke off after {after} bytes of its body: {reason}")]
    Body {
        /// The origin.
        from: String,
        /// How much had come.
        after: u64,
        /// What is known of it.
        reason: String,
    },
    /// The response's body does not undo as its content coding says.
    #[error("the response of {from} can't be decoded: {reason}")]
    Coding {
        /// The origin.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The component gave up on the body that it was sending.
    #[error("the component did not finish the request's body")]
    RequestBody,
}

fn seconds(duration: &Duration) -> impl fmt::Display {
    format!("{} s", duration.as_secs_f64())
}

impl TransportError {
    /// Whether the request may have reached its server.
    pub(crate) fn sent(&self) -> Sent {
        match self {
            Self::Closed { unsent: true, .. } => Sent::No,
            // It is the response that is larger than it may be.
            Self::Exceeded {
                stage: Stage::Head, ..
            } => Sent::Yes,
            _ => match self.stage() {
                Stage::Policy | Stage::Resolve | Stage::Connect | Stage::Tls => Sent::No,
                Stage::Send | Stage::Head => match self {
                    Self::Protocol { .. } => Sent::Yes,
                    _ => Sent::Unknown,
                },
                Stage::Body => Sent::Yes,
            },
        }
    }

    /// The same, where an address would tell what a secret URL leads to. Its name is
    /// hidden with the URL.
    pub(super) fn without_addresses(self) -> Self {
        match self {
            Self::Connect {
                reason, refused, ..
            } => Self::Connect {
                to: HIDDEN.to_owned(),
                reason,
                refused,
            },
            other => other,
        }
    }

    /// What the request was at.
    pub(crate) fn stage(&self) -> Stage {
        match self {
            Self::Denied(_) | Self::Refused(_) | Self::NoToken { .. } => Stage::Policy,
            Self::Exceeded { stage, .. } | Self::ConnectTimeout { stage, .. } => *stage,
            Self::Resolve { .. } => Stage::Resolve,
            Self::Connect { .. } | Self::Proxy { .. } => Stage::Connect,
            Self::Tls {
                in_handshake: true, ..
            } => Stage::Tls,
            Self::Tls { .. } => Stage::Head,
            Self::UploadTimeout { .. } | Self::RequestBody => Stage::Send,
            Self::Closed { .. }
            | Self::CutOff { .. }
            | Self::Protocol { .. }
            | Self::ReadTimeout { .. } => Stage::Head,
            Self::BodyTimeout { .. } | Self::Body { .. } | Self::Coding { .. } => Stage::Body,
        }
    }

    /// The kind, as the result has it.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(_) => ErrorKind::Denied,
            Self::Refused(_) => ErrorKind::InvalidSpec,
            Self::Exceeded { .. } => ErrorKind::Limit,
            Self::Resolve { .. } => ErrorKind::Dns,
            Self::Connect { .. } | Self::Proxy { .. } => ErrorKind::Connect,
            Self::Tls { .. } => ErrorKind::Tls,
            Self::ConnectTimeout { .. }
            | Self::ReadTimeout { .. }
            | Self::UploadTimeout { .. }
            | Self::BodyTimeout { .. } => ErrorKind::Timeout,
            Self::Closed { .. }
            | Self::CutOff { .. }
            | Self::Protocol { .. }
            | Self::Body { .. }
            | Self::Coding { .. } => ErrorKind::Protocol,
            Self::RequestBody | Self::NoToken { .. } => ErrorKind::Other,
        }
    }

    /// From what hyper says of a request to an origin.
    pub(super) fn of_request(error: &(dyn StdError + 'static), origin: &str, unsent: bool) -> Self {
        if let Some(own) = find::<Self>(error) {
            return own.clone();
        }
        // With TLS 1.3 the handshake is over for the client before the server has
        // looked at its certificate.
        if let Some(reason) = find::<rustls::Error>(error).and_then(tls::of_client) {
            return Self::Tls {
                with: origin.to_owned(),
                reason,
                certificate: false,
                in_handshake: unsent,
            };
        }
        let reason = innermost(error);
        if find::<Flood>(error).is_some() {
            return Self::Protocol {
                from: origin.to_owned(),
                reason,
            };
        }
        match find::<hyper::Error>(error) {
            Some(hyper) if hyper.is_parse_too_large() => Self::Protocol {
                from: origin.to_owned(),
                reason: format!(
                    "its header is larger than {MOST_HEADER_FIELDS} fields or {MOST_HEADER_BYTES} bytes"
                ),
            },
            Some(hyper) if hyper.is_parse() => Self::Protocol {
                from: origin.to_owned(),
                reason,
            },
            _ => Self::Closed {
                from: origin.to_owned(),
                unsent: unsent || is_unsent(error),
                reason,
            },
        }
    }
}

impl From<OriginError> for TransportError {
    fn from(error: OriginError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Whether an HTTP/2 server says that it has not begun to work on the request
/// (RFC 9113, section 8.7): it refuses the stream, or its GOAWAY names an earlier
/// one as the last. Of the streams up to that one h2 tells no such error.
fn is_unsent(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        let is_refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (error.is_go_away() || is_refused)
    })
}

/// Whether it was met in reading and writing, rather than in what was read.
pub(super) fn is_of_wire(error: &(dyn StdError + 'static)) -> bool {
    find::<io::Error>(error).is_some()
}

/// The words for an error of the system, without its number.
pub(super) fn words_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::TimedOut => "timed out".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        _ => error.to_string(),
    }
}

/// The error of a type, if it is in a chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// The cause of causes: what lies above it says only where it was met.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let cause = chain(error)
        .last()
        .map_or_else(String::new, ToString::to_string);
    let is_farewell = |error: &h2::Error| {
        error.is_remote() && error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
    };
    if find::<h2::Error>(error).is_some_and(is_farewell) {
        return "it takes no more requests on this connection".to_owned();
    }
    // rustls goes on with the address of its manual.
    if cause.starts_with("peer closed connection without sending TLS close_notify") {
        return "connection closed before message completed".to_owned();
    }
    cause
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        // An I/O error shows what it wraps as itself, and not as its source.
        let error: &'a (dyn StdError + 'static) = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

impl From<&TransportError> for wasi_http::Error {
    fn from(error: &TransportError) -> Self {
        match error {
            TransportError::Denied(_) => Self::HttpRequestDenied,
            TransportError::Refused(_) => Self::HttpRequestUriInvalid,
            TransportError::NoToken { reason, .. } => Self::InternalError(Some(reason.clone())),
            TransportError::Exceeded { .. } => Self::ConnectionLimitReached,
            TransportError::Resolve { reason, .. } => Self::DnsError {
                rcode: Some(reason.clone()),
                info_code: None,
            },
            TransportError::Connect { refused: true, .. } => Self::ConnectionRefused,
            TransportError::Connect { .. } | TransportError::Proxy { .. } => {
                Self::DestinationUnavailable
            }
            TransportError::ConnectTimeout { .. } => Self::ConnectionTimeout,
            TransportError::Tls {
                certificate: true, ..
            } => Self::TlsCertificateError,
            TransportError::Tls { .. } => Self::TlsProtocolError,
            TransportError::Closed { .. } => Self::ConnectionTerminated,
            TransportError::CutOff { .. } | TransportError::Protocol { .. } => {
                Self::HttpProtocolError
            }
            TransportError::ReadTimeout { .. } => Self::HttpResponseTimeout,
            TransportError::UploadTimeout { .. } => Self::ConnectionWriteTimeout,
            TransportError::BodyTimeout { .. } => Self::ConnectionReadTimeout,
            TransportError::Body { .. } => Self::HttpResponseIncomplete,
            TransportError::Coding { reason, .. } => {
                Self::HttpResponseContentCoding(Some(reason.clone()))
            }
            TransportError::RequestBody => Self::HttpProtocolError,
        }
    }
}

#[cfg(test)]
mod tests;
