//! The audit log: what happened to each request, as the host saw it. A component can't change it.

mod entry;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use http_step_policy::{Grant, Place};
use parking_lot::Mutex;
use serde::Serialize;

pub(crate) use self::entry::AuditEntry;

use super::facts::{ConnectionUse, Protocol, TlsFacts};
use super::trace::RunTrace;
use crate::error::failure::Failure;
use crate::error::{ErrorKind, Sent, Stage};
use crate::idempotency::KeyedRequest;
use crate::secrets::Redactor;

/// The record of one request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRow {
    /// The method.
    pub method: String,
    /// Its destination; none if it has no origin.
    pub origin: Option<String>,
    /// The rule of the policy that allowed it; none if it was denied.
    pub rule: Option<String>,
    /// The addresses of the origin's host, all of which were checked; empty before they were
    /// resolved, or if a proxy resolves them.
    pub addresses: Vec<IpAddr>,
    /// The peer of the socket: one of the addresses, or the proxy.
    pub peer: Option<SocketAddr>,
    /// The proxy, without credentials.
    pub proxy: Option<String>,
    /// The secrets that were injected, and where.
    pub secrets: Vec<InjectedSecret>,
    /// The secrets of which the response contained a part, rather than the whole, which is
    /// redacted.
    pub partial_echoes: Vec<String>,
    /// The `Idempotency-Key` that the host gave it.
    pub idempotency_key: Option<String>,
    /// How often sending was started: more than once if a server closed the connection or reported
    /// that it had not processed the request.
    pub attempts: u32,
    /// Whether the connection was opened for this request; none before there was one.
    pub connection: Option<ConnectionUse>,
    /// The version of HTTP.
    pub protocol: Option<Protocol>,
    /// The negotiated parameters of TLS; none without it.
    pub tls: Option<TlsFacts>,
    /// The status code of the response.
    pub status: Option<u16>,
    /// Sent bytes of the request's body.
    pub bytes_sent: u64,
    /// Received bytes of the response's body.
    pub bytes_received: u64,
    /// Decoded bytes of the response's body.
    pub bytes_decoded: u64,
    /// How long each stage took.
    pub seconds: Seconds,
    /// Why the response is missing or incomplete.
    pub error: Option<AuditError>,
}

/// A secret in a request: its name, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InjectedSecret {
    /// Its name.
    pub name: String,
    /// Where it was injected.
    pub place: Place,
}

/// The duration of each stage of a request in seconds; 0 for one that was not reached, or not
/// needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Waiting for a permit.
    pub wait: f64,
    /// Resolving the host.
    pub resolve: f64,
    /// Opening the connection, through a proxy if there is one.
    pub connect: f64,
    /// The TLS handshake.
    pub tls: f64,
    /// From then until the response's head was complete: sending, and the server's work.
    pub head: f64,
    /// Reading the body of the response.
    pub body: f64,
}

/// Why a response is missing or incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditError {
    /// The kind.
    pub kind: ErrorKind,
    /// The stage of the request.
    pub stage: Stage,
    /// A sentence for users.
    pub message: String,
    /// Whether it may have reached the server.
    pub sent: Sent,
    /// The permission that would have allowed it, if the policy denied it.
    pub grant: Option<Grant>,
}

/// What decides whether a request of a failed attempt is sent again, and what its response is expected
/// to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// The method.
    pub method: String,
    /// Whether it may have reached its server.
    pub may_have_been_sent: bool,
    /// With its key, if it has one that is the same in every attempt.
    pub keyed: Option<KeyedRequest>,
    /// The status code of the response.
    pub status: Option<u16>,
    /// `Retry-After` of the response.
    pub retry_after: Option<String>,
    /// When the server's certificate expires; none without TLS.
    pub certificate_expires: Option<SystemTime>,
}

/// The audit log of one run, with an entry for each request.
#[derive(Debug, Default)]
pub struct AuditLog {
    entries: Mutex<Vec<Arc<AuditEntry>>>,
    /// The number of entries of earlier attempts.
    earlier: AtomicUsize,
    answered: AtomicBool,
    last_failure: Mutex<Option<Failure>>,
    /// None: the run is not traced.
    pub(super) trace: OnceLock<RunTrace>,
}

impl AuditLog {
    /// Start the entry of a request.
    pub(super) fn start(&self, method: &str) -> Arc<AuditEntry> {
        let mut entries = self.entries.lock();
        let trace = self.trace.get();
        let trace = trace.map(|run| run.request(entries.len() + 1, method));
        let entry = Arc::new(AuditEntry::new(method).traced(trace));
        entries.push(Arc::clone(&entry));
        entry
    }

    /// Trace the requests that are started from now on.
    pub(super) fn trace(&self, run: RunTrace) {
        // A run has a single span.
        let _ = self.trace.set(run);
    }

    /// The attempt has ended. What ends a later one, or the run, does not change its entries.
    pub fn end_attempt(&self) {
        self.earlier
            .store(self.entries.lock().len(), Ordering::Relaxed);
        *self.last_failure.lock() = None;
    }

    /// The entries of the current attempt.
    fn current(&self) -> Vec<Arc<AuditEntry>> {
        let entries = self.entries.lock();
        let earlier = self.earlier.load(Ordering::Relaxed);
        entries.get(earlier..).unwrap_or_default().to_vec()
    }

    /// The number of requests of the current attempt.
    #[must_use]
    pub fn requests_of_attempt(&self) -> usize {
        self.current().len()
    }

    /// What is known of the requests of the current attempt, in order. Without those for tokens: the
    /// host makes them, and a token can be requested any number of times.
    #[must_use]
    pub fn facts(&self) -> Vec<RequestFacts> {
        let current = self.current();
        current.iter().filter_map(|entry| entry.facts()).collect()
    }

    /// A server has responded; earlier failures are for the component to report.
    pub(crate) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
        *self.last_failure.lock() = None;
    }

    /// A request has failed.
    pub(crate) fn failed(&self, failure: Failure) {
        if failure.sent() == Sent::Yes {
            self.answered.store(true, Ordering::Relaxed);
        }
        *self.last_failure.lock() = Some(failure);
    }

    /// The failure of the last request, if it got no answer.
    #[must_use]
    pub fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().clone()
    }

    /// Whether any request may have reached a server.
    #[must_use]
    pub fn sent(&self) -> Sent {
        if self.answered.load(Ordering::Relaxed) {
            Sent::Yes
        } else if self
            .entries
            .lock()
            .iter()
            .any(|entry| entry.may_have_reached_server())
        {
            Sent::Unknown
        } else {
            Sent::No
        }
    }

    /// The run has ended for a reason outside of the component.
    pub fn abort(&self, kind: ErrorKind, message: &str) {
        for entry in self.current() {
            entry.abort(kind, message);
        }
    }

    /// The component has returned.
    pub fn returned(&self) {
        for entry in self.current() {
            entry.abandon();
        }
    }

    /// What happened to each request so far, redacted for users.
    #[must_use]
    pub fn rows(&self, redactor: &Redactor<'_>) -> Vec<AuditRow> {
        self.entries
            .lock()
            .iter()
            .map(|entry| entry.row(redactor))
            .collect()
    }
}
