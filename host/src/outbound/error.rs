//! Why a request got no answer, and whether it may have taken effect. The
//! boundary to the error codes of WASI is one `match`, at the end.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use http_step_policy::{Denial, OriginError};
use serde::Serialize;
use thiserror::Error;
use wasmtime_wasi_http as wasi_http;

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

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TransportError {
    /// The policy does not let it out.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The request is none that a step may make.
    #[error("{0}")]
    Refused(String),
    /// The run has made as many requests as it may.
    #[error("the step may make {0} requests, and this is one more")]
    TooManyRequests(u32),
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
    /// No connection was made in time.
    #[error("could not connect to {to} within {}", seconds(.within))]
    ConnectTimeout {
        /// The origin.
        to: String,
        /// The time limit.
        within: Duration,
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
    },
    /// The connection ended before the response's head was complete.
    #[error("{from} closed the connection before it answered: {reason}")]
    Closed {
        /// The origin.
        from: String,
        /// What is known of it.
        reason: String,
    },
    /// The server sent something that is not HTTP.
    #[error("{from} answered with something that is not HTTP/1.1: {reason}")]
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
            Self::Denied(_)
            | Self::Refused(_)
            | Self::TooManyRequests(_)
            | Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::Tls { .. } => Sent::No,
            Self::Closed { .. }
            | Self::ReadTimeout { .. }
            | Self::UploadTimeout { .. }
            | Self::RequestBody => Sent::Unknown,
            Self::Protocol { .. } | Self::BodyTimeout { .. } | Self::Body { .. } => Sent::Yes,
        }
    }

    /// From what hyper says of a request to an origin.
    pub(super) fn of_request(error: &(dyn StdError + 'static), origin: &str) -> Self {
        if let Some(own) = find::<Self>(error) {
            return own.clone();
        }
        if find::<wasi_http::Error>(error).is_some() {
            return Self::RequestBody;
        }
        let reason = innermost(error);
        match find::<hyper::Error>(error) {
            Some(hyper) if hyper.is_parse() || hyper.is_parse_too_large() => Self::Protocol {
                from: origin.to_owned(),
                reason,
            },
            _ => Self::Closed {
                from: origin.to_owned(),
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

/// The error of a type, if it is in a chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// The cause of causes: what lies above it says only where it was met.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error)
        .last()
        .map_or_else(String::new, ToString::to_string)
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
            TransportError::TooManyRequests(_) => Self::ConnectionLimitReached,
            TransportError::Resolve { reason, .. } => Self::DnsError {
                rcode: Some(reason.clone()),
                info_code: None,
            },
            TransportError::Connect { refused: true, .. } => Self::ConnectionRefused,
            TransportError::Connect { .. } => Self::DestinationUnavailable,
            TransportError::ConnectTimeout { .. } => Self::ConnectionTimeout,
            TransportError::Tls {
                certificate: true, ..
            } => Self::TlsCertificateError,
            TransportError::Tls { .. } => Self::TlsProtocolError,
            TransportError::Closed { .. } => Self::ConnectionTerminated,
            TransportError::Protocol { .. } => Self::HttpProtocolError,
            TransportError::ReadTimeout { .. } => Self::HttpResponseTimeout,
            TransportError::UploadTimeout { .. } => Self::ConnectionWriteTimeout,
            TransportError::BodyTimeout { .. } => Self::ConnectionReadTimeout,
            TransportError::Body { .. } => Self::HttpResponseIncomplete,
            TransportError::RequestBody => Self::HttpProtocolError,
        }
    }
}
