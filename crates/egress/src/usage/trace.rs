//! The spans and events of requests, for a subscriber of [`tracing`].
//!
//! Nothing else in the crate may use `tracing`'s macros (clippy.toml). Text in a field is
//! [`Redacted`] or a name from this crate's source; nothing of a header, a body, a path or a query
//! gets into one. The macros evaluate fields only if a subscriber asks for the event.

#![expect(
    clippy::disallowed_methods,
    reason = "this module decides what is traced"
)]

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http_step_policy::{Origin, Place, RuleName};
use serde::Serialize;
use tracing::dispatcher::with_default;
use tracing::field;
use tracing::{Span, debug, info, info_span};

use super::facts::{ConnectionFacts, ConnectionUse, Protocol, Timings};
use crate::error::failure::Failure;
use crate::error::{ErrorKind, Sent, Stage, TransportError};
use crate::secrets::{GrantedSecrets, Redacted};

/// The target of all spans and events.
pub const TARGET: &str = "http_step";

/// Emit to the subscriber that has a span, if one has it. A thread that polls the run may have
/// another subscriber, which doesn't know the span.
pub fn emit_in(span: &Span, emit: impl FnOnce()) {
    span.with_subscriber(|(_, subscriber)| with_default(subscriber, emit));
}

/// The span of a run, in which the spans of its requests are opened.
pub(super) struct RunTrace {
    span: Span,
    secrets: Arc<GrantedSecrets>,
}

impl RunTrace {
    pub(super) fn new(span: Span, secrets: &Arc<GrantedSecrets>) -> Self {
        Self {
            span,
            secrets: Arc::clone(secrets),
        }
    }

    /// Open the span of a request.
    pub(super) fn request(&self, number: usize, method: &str) -> RequestTrace {
        let mut span = Span::none();
        emit_in(&self.span, || {
            span = info_span!(
                target: TARGET,
                parent: &self.span,
                "request",
                number,
                method = self.secrets.redactor().redacted(method).as_str(),
                origin = field::Empty,
            );
        });
        RequestTrace {
            span,
            secrets: Arc::clone(&self.secrets),
            is_hidden: false,
        }
    }
}

impl fmt::Debug for RunTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunTrace").finish_non_exhaustive()
    }
}

/// The span of a request, which is closed when this is dropped.
pub(crate) struct RequestTrace {
    span: Span,
    secrets: Arc<GrantedSecrets>,
    /// Whether the request's URL is a secret.
    is_hidden: bool,
}

impl RequestTrace {
    /// The request's URL is a secret.
    pub(super) fn hide_origin(&mut self) {
        self.is_hidden = true;
    }

    pub(super) fn set_origin(&self, origin: &Origin) {
        if !self.span.is_disabled() {
            self.span.record("origin", self.target(origin).as_str());
        }
    }

    pub(super) fn admitted(&self, rule: &RuleName) {
        emit_in(&self.span, || {
            debug!(
                target: TARGET,
                parent: &self.span,
                rule = self.target(rule).as_str(),
                "admitted",
            )
        });
    }

    pub(super) fn injected(&self, secret: &str, place: Place) {
        emit_in(&self.span, || {
            debug!(
                target: TARGET,
                parent: &self.span,
                secret = self.text(secret).as_str(),
                place = %Named(place),
                "injected",
            )
        });
    }

    pub(super) fn acquired_permit(&self, seconds: f64) {
        emit_in(
            &self.span,
            || debug!(target: TARGET, parent: &self.span, seconds, "permit acquired"),
        );
    }

    pub(super) fn resolved(&self, addresses: &[IpAddr], timings: Timings) {
        emit_in(&self.span, || {
            debug!(
                target: TARGET,
                parent: &self.span,
                addresses = self.addresses(addresses).as_str(),
                seconds = timings.resolve.as_secs_f64(),
                "resolved",
            )
        });
    }

    pub(super) fn connected(
        &self,
        peer: Option<SocketAddr>,
        proxy: Option<&str>,
        timings: Timings,
    ) {
        emit_in(&self.span, || {
            debug!(
                target: TARGET,
                parent: &self.span,
                peer = peer.map(|peer| self.target(peer)).as_ref().map(Redacted::as_str),
                proxy = proxy.map(|proxy| self.text(proxy)).as_ref().map(Redacted::as_str),
                seconds = timings.connect.as_secs_f64(),
                "connected",
            )
        });
    }

    /// TLS was negotiated on a new connection.
    fn secured(&self, facts: &ConnectionFacts) {
        if let Some(tls) = &facts.tls {
            emit_in(&self.span, || {
                debug!(
                    target: TARGET,
                    parent: &self.span,
                    version = self.text(&tls.version).as_str(),
                    certificate_sha256 = self.target(&tls.certificate_sha256).as_str(),
                    seconds = facts.timings.tls.as_secs_f64(),
                    "TLS negotiated",
                )
            });
        }
    }

    pub(super) fn sent_on(&self, attempt: u32, facts: &ConnectionFacts, connection: ConnectionUse) {
        if connection == ConnectionUse::New {
            self.secured(facts);
        }
        emit_in(&self.span, || {
            info!(
                target: TARGET,
                parent: &self.span,
                attempt,
                connection = %Named(connection),
                protocol = %Named(facts.protocol),
                "sending",
            )
        });
    }

    pub(super) fn retrying(&self, error: &TransportError) {
        emit_in(&self.span, || {
            info!(
                target: TARGET,
                parent: &self.span,
                kind = %Named(error.kind()),
                stage = %Named(error.stage()),
                sent = %Named(error.sent()),
                reason = self.reason(error).as_ref().map(Redacted::as_str),
                "retrying",
            )
        });
    }

    pub(super) fn answered(&self, status: u16, seconds: f64) {
        emit_in(
            &self.span,
            || info!(target: TARGET, parent: &self.span, status, seconds, "answered"),
        );
    }

    /// Nothing more of the response's body comes.
    pub(super) fn ended(&self, bytes_received: u64, seconds: f64) {
        emit_in(
            &self.span,
            || debug!(target: TARGET, parent: &self.span, bytes_received, seconds, "response ended"),
        );
    }

    pub(super) fn partial_echo(&self, secret: &str) {
        emit_in(&self.span, || {
            info!(
                target: TARGET,
                parent: &self.span,
                secret = self.text(secret).as_str(),
                "partial echo",
            )
        });
    }

    pub(super) fn failed(&self, error: &TransportError) {
        emit_in(&self.span, || {
            info!(
                target: TARGET,
                parent: &self.span,
                kind = %Named(error.kind()),
                stage = %Named(error.stage()),
                sent = %Named(error.sent()),
                reason = self.reason(error).as_ref().map(Redacted::as_str),
                "failed",
            )
        });
    }

    /// The run has ended. Why may be in the component's words, so only the kind is traced.
    pub(super) fn aborted(&self, kind: ErrorKind, stage: Stage, sent: Sent) {
        emit_in(&self.span, || {
            info!(
                target: TARGET,
                parent: &self.span,
                kind = %Named(kind),
                stage = %Named(stage),
                sent = %Named(sent),
                "aborted",
            )
        });
    }

    fn text(&self, text: impl fmt::Display) -> Redacted {
        self.secrets.redactor().redacted(text)
    }

    /// A text that says where the request goes.
    fn target(&self, text: impl fmt::Display) -> Redacted {
        if self.is_hidden {
            Redacted::hidden()
        } else {
            self.text(text)
        }
    }

    fn addresses(&self, addresses: &[IpAddr]) -> Redacted {
        let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        self.target(addresses.join(", "))
    }

    /// Why a request failed, unless that may quote the request or a response.
    fn reason(&self, error: &TransportError) -> Option<Redacted> {
        let failure = Failure::new(error.clone(), self.is_hidden);
        (!error.quotes_message()).then(|| failure.redacted(&self.secrets.redactor()))
    }
}

impl fmt::Debug for RequestTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTrace").finish_non_exhaustive()
    }
}

/// An enumeration whose serialized names are in the source.
pub trait Enumeration: Serialize {}

impl Enumeration for ConnectionUse {}
impl Enumeration for ErrorKind {}
impl Enumeration for Place {}
impl Enumeration for Protocol {}
impl Enumeration for Sent {}
impl Enumeration for Stage {}

/// Shows the name that the result has for it.
pub struct Named<E>(pub E);

impl<E: Enumeration> fmt::Display for Named<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

#[cfg(test)]
mod tests;
