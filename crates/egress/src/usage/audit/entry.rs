//! The record of a request in flight.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_step_policy::{Origin, Place, RuleName};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::{AuditError, AuditRow, InjectedSecret, RequestFacts, Seconds};
use crate::error::failure::Failure;
use crate::error::{ErrorKind, Sent, Stage, TransportError};
use crate::idempotency::{Key, KeyedRequest};
use crate::secrets::{REDACTED, Redactor};
use crate::usage::facts::{ConnectionFacts, ConnectionUse, Timings};
use crate::usage::trace::RequestTrace;

/// A row that is not complete.
#[derive(Debug)]
pub(crate) struct AuditEntry(Mutex<EntryState>);

#[derive(Debug)]
struct EntryState {
    /// Without its error.
    row: AuditRow,
    error: Option<RowError>,
    /// The start of the current stage.
    since: Instant,
    /// The current stage.
    stage: Stage,
    /// Whether its response was read completely.
    is_over: bool,
    /// Whether its URL is a secret, so that its destination is hidden.
    is_secret: bool,
    /// Whether the component gets its response.
    is_delivered: bool,
    /// Whether it is a request for a token.
    is_for_token: bool,
    /// With its key, if it has one that is the same in every attempt at the run.
    keyed: Option<KeyedRequest>,
    retry_after: Option<String>,
    /// None: it is not traced, or it has ended.
    trace: Option<RequestTrace>,
}

/// Why the response is missing or incomplete.
#[derive(Debug)]
enum RowError {
    Failed(TransportError),
    /// The run was aborted.
    Aborted(AuditError),
}

impl RowError {
    fn sent(&self) -> Sent {
        match self {
            Self::Failed(error) => error.sent(),
            Self::Aborted(error) => error.sent,
        }
    }

    /// The error, redacted for users.
    fn report(&self, is_in_secret: bool, redactor: &Redactor<'_>) -> AuditError {
        match self {
            Self::Failed(error) => {
                let failure = Failure::new(error.clone(), is_in_secret);
                AuditError {
                    kind: error.kind(),
                    stage: error.stage(),
                    message: failure.message(redactor),
                    sent: error.sent(),
                    grant: failure.grant(redactor),
                }
            }
            Self::Aborted(error) => {
                let mut error = error.clone();
                redactor.redact(&mut error.message);
                error
            }
        }
    }
}

impl AuditEntry {
    pub(crate) fn new(method: &str) -> Self {
        Self(Mutex::new(EntryState {
            row: AuditRow {
                method: method.to_owned(),
                origin: None,
                rule: None,
                addresses: Vec::new(),
                peer: None,
                proxy: None,
                secrets: Vec::new(),
                partial_echoes: Vec::new(),
                idempotency_key: None,
                attempts: 0,
                connection: None,
                protocol: None,
                tls: None,
                status: None,
                bytes_sent: 0,
                bytes_received: 0,
                bytes_decoded: 0,
                seconds: Seconds::default(),
                error: None,
            },
            error: None,
            since: Instant::now(),
            stage: Stage::Policy,
            is_over: false,
            is_secret: false,
            is_delivered: false,
            is_for_token: false,
            keyed: None,
            retry_after: None,
            trace: None,
        }))
    }

    /// The same, with a span.
    pub(super) fn traced(mut self, trace: Option<RequestTrace>) -> Self {
        let state = self.0.get_mut();
        state.trace = trace;
        self
    }

    /// The row so far, for users. Only granted secrets are redacted and, in the message of an
    /// error, what derives from them: the log is evidence, in which no component and no server may
    /// hide a name.
    pub(crate) fn row(&self, redactor: &Redactor<'_>) -> AuditRow {
        let open = self.open();
        let mut row = open.row.clone();
        let names = [&mut row.origin, &mut row.rule, &mut row.proxy];
        for name in names.into_iter().flatten().chain([&mut row.method]) {
            redactor.redact_name(name);
        }
        row.error = open
            .error
            .as_ref()
            .map(|met| met.report(open.is_secret, redactor));
        if open.is_secret {
            // Each of them would reveal the destination.
            row.origin = row.origin.map(|_| REDACTED.to_owned());
            row.rule = row.rule.map(|_| REDACTED.to_owned());
            row.addresses.clear();
            row.peer = None;
            row.tls = None;
            // It is `reused` after a request to the same host, which a step can guess. So are the
            // times of what a new connection takes.
            row.connection = None;
            let Seconds {
                wait, head, body, ..
            } = row.seconds;
            row.seconds = Seconds {
                wait,
                head,
                body,
                ..Seconds::default()
            };
        }
        row
    }

    fn open(&self) -> MutexGuard<'_, EntryState> {
        self.0.lock()
    }

    pub(crate) fn set_origin(&self, origin: &Origin) {
        let mut open = self.open();
        open.row.origin = Some(origin.to_string());
        if let Some(trace) = &open.trace {
            trace.set_origin(origin);
        }
    }

    /// The secrets that were injected so far.
    pub(crate) fn injected(&self) -> Vec<InjectedSecret> {
        self.open().row.secrets.clone()
    }

    /// The failure for an error of the request.
    pub(crate) fn failure(&self, error: TransportError) -> Failure {
        Failure::new(error, self.open().is_secret)
    }

    /// Its URL is a secret.
    pub(crate) fn hide_origin(&self) {
        let mut open = self.open();
        open.is_secret = true;
        if let Some(trace) = &mut open.trace {
            trace.hide_origin();
        }
    }

    pub(crate) fn hides_origin(&self) -> bool {
        self.open().is_secret
    }

    /// A secret was injected.
    pub(crate) fn record_injection(&self, name: &str, place: Place) {
        let secrets = InjectedSecret {
            name: name.to_owned(),
            place,
        };
        let mut open = self.open();
        if !open.row.secrets.contains(&secrets) {
            open.row.secrets.push(secrets);
            if let Some(trace) = &open.trace {
                trace.injected(name, place);
            }
        }
    }

    /// Its response contains a part of a secret.
    pub(crate) fn record_partial_echo(&self, name: &str) {
        let mut open = self.open();
        let echoes = &mut open.row.partial_echoes;
        if !echoes.iter().any(|other| other == name) {
            echoes.push(name.to_owned());
            if let Some(trace) = &open.trace {
                trace.partial_echo(name);
            }
        }
    }

    pub(crate) fn admitted(&self, rule: &RuleName) {
        let mut open = self.open();
        open.row.rule = Some(rule.to_string());
        open.stage = Stage::Resolve;
        if let Some(trace) = &open.trace {
            trace.admitted(rule);
        }
    }

    pub(crate) fn set_proxy(&self, proxy: String) {
        self.open().row.proxy = Some(proxy);
    }

    /// It got its permit.
    pub(crate) fn acquired_permit(&self) {
        let mut open = self.open();
        open.row.seconds.wait = open.lap();
        if let Some(trace) = &open.trace {
            trace.acquired_permit(open.row.seconds.wait);
        }
    }

    /// Its current stage.
    pub(crate) fn stage(&self) -> Stage {
        self.open().stage
    }

    /// It needs a new connection.
    pub(crate) fn start_connecting(&self) {
        self.open().stage = Stage::Resolve;
    }

    pub(crate) fn resolved(&self, addresses: &[IpAddr], timings: Timings) {
        let mut open = self.open();
        addresses.clone_into(&mut open.row.addresses);
        open.timings(timings);
        open.stage = Stage::Connect;
        if let Some(trace) = &open.trace {
            trace.resolved(addresses, timings);
        }
    }

    pub(crate) fn connected(&self, peer: Option<SocketAddr>, timings: Timings) {
        let mut open = self.open();
        open.row.peer = peer;
        open.timings(timings);
        open.stage = Stage::Tls;
        if let Some(trace) = &open.trace {
            trace.connected(peer, open.row.proxy.as_deref(), timings);
        }
    }

    /// It is sent on a connection.
    pub(crate) fn sent_on(&self, facts: &ConnectionFacts, connection: ConnectionUse) {
        let mut open = self.open();
        let row = &mut open.row;
        row.addresses.clone_from(&facts.addresses);
        row.peer = facts.peer;
        row.protocol = Some(facts.protocol);
        row.tls.clone_from(&facts.tls);
        row.connection = Some(connection);
        row.attempts += 1;
        if connection == ConnectionUse::New {
            open.timings(facts.timings);
        }
        open.stage = Stage::Head;
        open.lap();
        if let Some(trace) = &open.trace {
            trace.sent_on(open.row.attempts, facts, connection);
        }
    }

    /// It is sent again, after a failed attempt.
    pub(crate) fn retrying(&self, error: &TransportError) {
        if let Some(trace) = &self.open().trace {
            trace.retrying(error);
        }
    }

    /// Whether it may have reached its server.
    pub(crate) fn may_have_reached_server(&self) -> bool {
        self.open().may_have_reached_server()
    }

    /// What decides whether it is sent again; none for a request for a token.
    pub(super) fn facts(&self) -> Option<RequestFacts> {
        let open = self.open();
        (!open.is_for_token).then(|| RequestFacts {
            method: open.row.method.clone(),
            may_have_been_sent: open.may_have_reached_server(),
            keyed: open.keyed,
            status: open.row.status,
            retry_after: open.retry_after.clone(),
            certificate_expires: open
                .row
                .tls
                .as_ref()
                .and_then(|tls| tls.certificate_expires),
        })
    }

    /// It is a request for a token.
    pub(crate) fn for_token(&self) {
        self.open().is_for_token = true;
    }

    /// It has a key.
    pub(crate) fn set_key(&self, key: Key) {
        let mut open = self.open();
        open.keyed = Some(key.request);
        open.row.idempotency_key = key.generated;
    }

    /// It is another request for the same, so it has the same key.
    pub(crate) fn repeats(&self, other: &Self) {
        let (keyed, generated) = {
            let other = other.open();
            (other.keyed, other.row.idempotency_key.clone())
        };
        let mut open = self.open();
        open.keyed = keyed;
        open.row.idempotency_key = generated;
    }

    /// The head of its response has arrived, with this `Retry-After`.
    pub(crate) fn answered(&self, status: u16, retry_after: Option<&str>) {
        let mut open = self.open();
        open.retry_after = retry_after.map(str::to_owned);
        open.row.status = Some(status);
        open.row.seconds.head = open.lap();
        open.stage = Stage::Body;
        if let Some(trace) = &open.trace {
            trace.answered(status, open.row.seconds.head);
        }
    }

    /// Its response was read completely.
    pub(crate) fn ended(&self) {
        let mut open = self.open();
        if !std::mem::replace(&mut open.is_over, true)
            && let Some(trace) = &open.trace
        {
            trace.ended(open.row.bytes_received, open.row.seconds.body);
        }
    }

    /// The component gets its response.
    pub(crate) fn delivered(&self) {
        self.open().is_delivered = true;
    }

    /// Its response is dropped. One that the host keeps from the component fails after that.
    pub(crate) fn dropped(&self) {
        let mut open = self.open();
        if open.is_delivered {
            open.trace = None;
        }
    }

    /// Nothing more happens to it: its span ends.
    pub(crate) fn close(&self) {
        self.open().trace = None;
    }

    /// The component has ended without waiting for the response.
    pub(crate) fn abandon(&self) {
        let is_answered = self.open().row.status.is_some();
        if !is_answered {
            self.abort(
                ErrorKind::Other,
                "the component did not wait for the answer",
            );
        }
    }

    /// The run has ended for another reason.
    pub(crate) fn abort(&self, kind: ErrorKind, message: &str) {
        let mut open = self.open();
        if open.is_over || open.error.is_some() {
            return;
        }
        let sent = match (open.row.status, open.row.connection) {
            (Some(_), _) => Sent::Yes,
            (None, Some(_)) => Sent::Unknown,
            (None, None) => Sent::No,
        };
        open.error = Some(RowError::Aborted(AuditError {
            kind,
            stage: open.stage,
            message: message.to_owned(),
            sent,
            grant: None,
        }));
        if let Some(trace) = open.trace.take() {
            trace.aborted(kind, open.stage, sent);
        }
    }

    pub(crate) fn sent(&self, bytes: u64) {
        self.open().row.bytes_sent += bytes;
    }

    pub(crate) fn received(&self, bytes: u64) {
        let mut open = self.open();
        open.row.bytes_received += bytes;
        open.row.seconds.body = open.since.elapsed().as_secs_f64();
    }

    pub(crate) fn decoded(&self, bytes: u64) {
        self.open().row.bytes_decoded += bytes;
    }

    pub(crate) fn failed(&self, error: &TransportError) {
        let mut open = self.open();
        let elapsed = open.since.elapsed().as_secs_f64();
        let seconds = &mut open.row.seconds;
        match error.stage() {
            Stage::Send | Stage::Head => seconds.head = elapsed,
            Stage::Body => seconds.body = elapsed,
            Stage::Policy | Stage::Resolve | Stage::Connect | Stage::Tls => {}
        }
        open.error = Some(RowError::Failed(error.clone()));
        if let Some(trace) = &open.trace {
            trace.failed(error);
        }
    }
}

impl EntryState {
    fn may_have_reached_server(&self) -> bool {
        let came_back = match &self.error {
            // The server says so.
            Some(RowError::Failed(error @ TransportError::Closed { .. })) => {
                error.sent() == Sent::No
            }
            // The host may refuse a body after it has sent a part of it.
            Some(error) => error.sent() == Sent::No && self.row.bytes_sent == 0,
            None => false,
        };
        self.row.connection.is_some() && !came_back
    }

    /// The seconds since the previous stage ended; starts the next one.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let lap = now.duration_since(self.since);
        self.since = now;
        lap.as_secs_f64()
    }

    fn timings(&mut self, timings: Timings) {
        let seconds = &mut self.row.seconds;
        seconds.resolve = Duration::as_secs_f64(&timings.resolve);
        seconds.connect = Duration::as_secs_f64(&timings.connect);
        seconds.tls = Duration::as_secs_f64(&timings.tls);
    }
}

#[cfg(test)]
mod tests;
