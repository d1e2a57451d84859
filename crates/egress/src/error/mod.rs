//! Why a request got no response, and whether it may have had an effect. A `match` at the end maps
//! the errors to the codes of WASI.

pub(crate) mod cause;
pub(crate) mod certificate;
pub(crate) mod failure;
mod request;
pub(crate) mod system;
pub(crate) mod tls;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http_step_policy::{Denial, Exceeded, OriginError};
use serde::Serialize;

use crate::secrets::REDACTED;

/// Whether a request may have reached its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// It did not: sending it again is safe.
    No,
    /// It did: the server has responded.
    Yes,
    /// It is unknown.
    Unknown,
}

/// The stage at which a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stage {
    /// Checking the policy.
    Policy,
    /// Resolving a host name.
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

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The step file is invalid.
    InvalidSpec,
    /// An expression names a property or a secret that does not exist.
    UnknownName,
    /// The policy denies a request.
    Denied,
    /// A host name has no address.
    Dns,
    /// No connection could be opened.
    Connect,
    /// TLS failed, or a certificate is not trusted.
    Tls,
    /// A timeout.
    Timeout,
    /// The response is not valid HTTP, or ended early.
    Protocol,
    /// More redirects than allowed, or an invalid one.
    Redirect,
    /// A budget is exceeded.
    Limit,
    /// The component trapped, or violated its contract.
    Trap,
    /// The caller stopped the run.
    Cancelled,
    /// The host has no capacity for the step, and its queue is full.
    Overloaded,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// Whether the egress gate can cause an error of this kind.
    #[must_use]
    pub fn is_of_egress(self) -> bool {
        match self {
            Self::Denied
            | Self::Dns
            | Self::Connect
            | Self::Tls
            | Self::Timeout
            | Self::Protocol
            | Self::Limit
            | Self::Other => true,
            Self::InvalidSpec
            | Self::UnknownName
            | Self::Redirect
            | Self::Trap
            | Self::Cancelled
            | Self::Overloaded => false,
        }
    }
}

/// A failed request as a client sees it: a code and, if WASI has a field for it, the redacted
/// reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The policy denies it.
    #[error("the policy denies the request")]
    Denied,
    /// The request is not one that a step may send.
    #[error("the request can't be made")]
    InvalidRequest,
    /// There is no OAuth 2 token for it.
    #[error("there is no token")]
    NoToken(Option<String>),
    /// A budget of the run is exceeded.
    #[error("a budget of the run is used up")]
    LimitReached,
    /// The host name has no address.
    #[error("the host name could not be resolved")]
    Dns(Option<String>),
    /// The server refused the connection.
    #[error("connection refused")]
    ConnectionRefused,
    /// No connection could be opened.
    #[error("no connection could be made")]
    DestinationUnavailable,
    /// The connection timed out.
    #[error("no connection was made in time")]
    ConnectionTimeout,
    /// The server's certificate is not trusted.
    #[error("the server's certificate is not trusted")]
    TlsCertificate,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    TlsProtocol,
    /// The connection ended before the head of the response was complete.
    #[error("the connection ended before the response")]
    ConnectionTerminated,
    /// The server sent something that is not HTTP.
    #[error("the response is not HTTP")]
    HttpProtocol,
    /// The response did not start in time.
    #[error("the response did not begin in time")]
    ResponseTimeout,
    /// The request's body made no progress for too long.
    #[error("the request's body stood still for too long")]
    WriteTimeout,
    /// The response's body paused for too long.
    #[error("the response's body paused for too long")]
    ReadTimeout,
    /// The response's body is incomplete.
    #[error("the response's body is incomplete")]
    ResponseIncomplete,
    /// The response's body can't be decoded.
    #[error("the response's content coding can't be undone")]
    ContentCoding(Option<String>),
    /// The client aborted the body that it was sending.
    #[error("the request's body is incomplete")]
    RequestBody,
}

/// Why a request got no response.
///
/// It may quote messages, and name what only a secret reveals. So only a
/// [`Failure`](failure::Failure) displays it, redacted.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum TransportError {
    /// The policy denies it.
    Denied(Denial),
    /// The request is not one that a step may send.
    Refused(String),
    /// There is no token to authenticate it with.
    NoToken {
        /// The token endpoint's origin.
        from: String,
        /// The error from the endpoint, or why it could not be reached.
        reason: String,
    },
    /// A budget of the run is exceeded.
    Exceeded {
        /// The budget.
        exceeded: Exceeded,
        /// The stage of the request.
        stage: Stage,
    },
    /// The host name has no address.
    Resolve {
        /// The host name.
        host: String,
        /// The error from the resolver.
        reason: String,
    },
    /// No connection could be opened.
    Connect {
        /// The addresses that were tried.
        to: String,
        /// The error from the system.
        reason: String,
        /// Whether the peer refused, rather than not answering.
        refused: bool,
    },
    /// A proxy did not connect.
    Proxy {
        /// The proxy, without credentials.
        proxy: String,
        /// The error from the proxy, or why it could not be reached.
        reason: String,
    },
    /// The connection timed out.
    ConnectTimeout {
        /// The origin.
        to: String,
        /// The time limit.
        within: Duration,
        /// The stage that it reached.
        stage: Stage,
    },
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls {
        /// The origin.
        with: String,
        /// What is wrong.
        reason: String,
        /// Whether the certificate is the cause.
        certificate: bool,
        /// Whether it failed during the handshake, before a request could be sent. A server can
        /// also refuse the client's certificate later.
        in_handshake: bool,
    },
    /// The connection ended before the response's head was complete.
    Closed {
        /// The origin.
        from: String,
        /// The cause, as far as known.
        reason: String,
        /// Whether the server certainly did not start to process the request.
        unsent: bool,
    },
    /// The host closed the connection before the response's head was complete.
    CutOff {
        /// The origin.
        from: String,
        /// What the server did.
        reason: String,
    },
    /// The server sent something that is not HTTP.
    Protocol {
        /// The origin.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server sent nothing for too long.
    ReadTimeout {
        /// The origin.
        from: String,
        /// The time limit.
        within: Duration,
    },
    /// The request's body made no progress for too long.
    UploadTimeout {
        /// The origin.
        to: String,
        /// The time limit.
        within: Duration,
    },
    /// The response's body paused for too long.
    BodyTimeout {
        /// The origin.
        from: String,
        /// The time limit.
        within: Duration,
    },
    /// The response's body is incomplete.
    Body {
        /// The origin.
        from: String,
        /// The number of bytes received.
        after: u64,
        /// The cause, as far as known.
        reason: String,
    },
    /// The response's body can't be decoded with its content coding.
    Coding {
        /// The origin.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The component aborted the body that it was sending.
    RequestBody,
}

#[cfg(not(test))]
impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a request failed: {:?} at {:?}",
            self.kind(),
            self.stage()
        )
    }
}

impl StdError for TransportError {}

impl From<Denial> for TransportError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

fn seconds(duration: &Duration) -> impl fmt::Display {
    format!("{} s", duration.as_secs_f64())
}

impl TransportError {
    /// The message, not redacted: only for [`Failure`](failure::Failure). If the URL is a secret,
    /// the message does not reveal its target.
    pub(crate) fn words(&self, is_in_secret: bool) -> String {
        let name = |open: &str| {
            let name = if is_in_secret { REDACTED } else { open };
            name.to_owned()
        };
        // Errors of resolvers, proxies and certificates contain names of hosts.
        let because = |reason: &str| {
            if is_in_secret {
                String::new()
            } else {
                format!(": {reason}")
            }
        };
        match self {
            Self::Denied(denial) if is_in_secret => denial.clone().without_target().to_string(),
            Self::Denied(denial) => denial.to_string(),
            Self::Refused(reason) => reason.clone(),
            Self::NoToken { from, reason } => format!("there is no token of {from}: {reason}"),
            Self::Exceeded { exceeded, .. } => exceeded.to_string(),
            Self::Resolve { host, reason } => {
                format!("could not resolve {}{}", name(host), because(reason))
            }
            Self::Connect { to, reason, .. } => {
                format!("could not connect to {}: {reason}", name(to))
            }
            Self::Proxy { proxy, reason } => {
                format!("the proxy {proxy} did not connect{}", because(reason))
            }
            Self::ConnectTimeout { to, within, .. } => format!(
                "could not connect to {} within {}",
                name(to),
                seconds(within)
            ),
            Self::Tls {
                with,
                reason,
                certificate,
                ..
            } => {
                let reason = if *certificate && is_in_secret {
                    "its certificate is not one to trust"
                } else {
                    reason
                };
                format!("TLS with {} failed: {reason}", name(with))
            }
            Self::Closed { from, reason, .. } => format!(
                "{} closed the connection before it answered: {reason}",
                name(from)
            ),
            Self::CutOff { from, reason } => format!("{} gave no answer: {reason}", name(from)),
            Self::Protocol { from, reason } => format!(
                "{} answered with something that is not HTTP: {reason}",
                name(from)
            ),
            Self::ReadTimeout { from, within } => {
                format!("{} did not answer within {}", name(from), seconds(within))
            }
            Self::UploadTimeout { to, within } => format!(
                "the request's body stopped on its way to {}: nothing went out for {}",
                name(to),
                seconds(within)
            ),
            Self::BodyTimeout { from, within } => format!(
                "the response of {} stopped: nothing came for {}",
                name(from),
                seconds(within)
            ),
            Self::Body {
                from,
                after,
                reason,
            } => format!(
                "the response of {} ended after {after} bytes of its body: {reason}",
                name(from)
            ),
            Self::Coding { from, reason } => {
                format!("the response of {} can't be decoded: {reason}", name(from))
            }
            Self::RequestBody => "the component did not finish the request's body".to_owned(),
        }
    }

    /// The kind of the error, the stage of the request, and whether it may have reached its server.
    fn class(&self) -> (ErrorKind, Stage, Sent) {
        use ErrorKind as Kind;
        match self {
            Self::Denied(_) => (Kind::Denied, Stage::Policy, Sent::No),
            Self::Refused(_) => (Kind::InvalidSpec, Stage::Policy, Sent::No),
            Self::NoToken { .. } => (Kind::Other, Stage::Policy, Sent::No),
            Self::Exceeded { stage, .. } => (
                Kind::Limit,
                *stage,
                match stage {
                    Stage::Policy | Stage::Resolve | Stage::Connect | Stage::Tls => Sent::No,
                    Stage::Send => Sent::Unknown,
                    // The response exceeds the budget.
                    Stage::Head | Stage::Body => Sent::Yes,
                },
            ),
            Self::Resolve { .. } => (Kind::Dns, Stage::Resolve, Sent::No),
            Self::Connect { .. } | Self::Proxy { .. } => (Kind::Connect, Stage::Connect, Sent::No),
            Self::ConnectTimeout { stage, .. } => (Kind::Timeout, *stage, Sent::No),
            Self::Tls {
                in_handshake: true, ..
            } => (Kind::Tls, Stage::Tls, Sent::No),
            Self::Tls { .. } => (Kind::Tls, Stage::Head, Sent::Unknown),
            Self::Closed { unsent: true, .. } => (Kind::Protocol, Stage::Head, Sent::No),
            Self::Closed { .. } | Self::CutOff { .. } => {
                (Kind::Protocol, Stage::Head, Sent::Unknown)
            }
            Self::Protocol { .. } => (Kind::Protocol, Stage::Head, Sent::Yes),
            Self::ReadTimeout { .. } => (Kind::Timeout, Stage::Head, Sent::Unknown),
            Self::UploadTimeout { .. } => (Kind::Timeout, Stage::Send, Sent::Unknown),
            Self::RequestBody => (Kind::Other, Stage::Send, Sent::Unknown),
            Self::BodyTimeout { .. } => (Kind::Timeout, Stage::Body, Sent::Yes),
            Self::Body { .. } | Self::Coding { .. } => (Kind::Protocol, Stage::Body, Sent::Yes),
        }
    }

    /// Whether the request may have reached its server.
    pub(crate) fn sent(&self) -> Sent {
        self.class().2
    }

    /// The stage of the request.
    pub(crate) fn stage(&self) -> Stage {
        self.class().1
    }

    /// The kind, as in the result.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.class().0
    }

    /// Whether its message may quote a header, a body, a path or a query.
    pub(crate) fn quotes_message(&self) -> bool {
        match self {
            Self::Refused(_) | Self::NoToken { .. } => true,
            Self::Denied(denial) => denial.is_of_secret(),
            _ => false,
        }
    }

    /// The same, with the name of the part of the request that can't be sent.
    pub(crate) fn in_part(self, part: &str) -> Self {
        match self {
            Self::Refused(reason) => Self::Refused(format!("{part} can't be sent: {reason}")),
            other => other,
        }
    }
}

impl From<OriginError> for TransportError {
    fn from(error: OriginError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl TransportError {
    /// The error that the client gets, with its texts redacted by `redact`.
    pub(crate) fn code(&self, redact: impl Fn(&str) -> Option<String>) -> Error {
        match self {
            Self::Denied(_) => Error::Denied,
            Self::Refused(_) => Error::InvalidRequest,
            Self::NoToken { reason, .. } => Error::NoToken(redact(reason)),
            Self::Exceeded { .. } => Error::LimitReached,
            Self::Resolve { reason, .. } => Error::Dns(redact(reason)),
            Self::Connect { refused: true, .. } => Error::ConnectionRefused,
            Self::Connect { .. } | Self::Proxy { .. } => Error::DestinationUnavailable,
            Self::ConnectTimeout { .. } => Error::ConnectionTimeout,
            Self::Tls {
                certificate: true, ..
            } => Error::TlsCertificate,
            Self::Tls { .. } => Error::TlsProtocol,
            Self::Closed { .. } => Error::ConnectionTerminated,
            Self::CutOff { .. } | Self::Protocol { .. } => Error::HttpProtocol,
            Self::ReadTimeout { .. } => Error::ResponseTimeout,
            Self::UploadTimeout { .. } => Error::WriteTimeout,
            Self::BodyTimeout { .. } => Error::ReadTimeout,
            Self::Body { .. } => Error::ResponseIncomplete,
            Self::Coding { reason, .. } => Error::ContentCoding(redact(reason)),
            Self::RequestBody => Error::RequestBody,
        }
    }
}

#[cfg(test)]
mod tests;
