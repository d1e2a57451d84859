//! The result of a run. As JSON this is the stable contract of the program (`--format json`):
//! fields may be added, none changes its meaning.
//!
//! Outputs keep the digits of their numbers if serde_json writes text. A [`serde_json::Value`]
//! can't hold all of them: a component can return `1e400`, for which `serde_json::to_value` returns
//! an error and `json!` panics. Write text.

pub(crate) mod answer;
pub(crate) mod run_end;
mod trap;
mod verdict;

use http_step_egress::trace::Enumeration;
use http_step_egress::{AuditRow, ErrorKind, Redactor, Sent, Stage};
use http_step_json::Map;
use http_step_policy::{Exceeded, Grant};
use serde::Serialize;

use crate::contract::types;
use crate::expect::check::Check;
use crate::log::LogEntry;

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// How it ended.
    pub outcome: Outcome,
    /// A line for people: `Status code: 200`.
    pub summary: String,
    /// The requests and responses, in order, as the component reports them.
    pub exchanges: Vec<Exchange>,
    /// What was expected of the response, and what was found.
    pub checks: Vec<Check>,
    /// Values for the build, by name.
    pub outputs: Map,
    /// What became of each request, in order, as the host saw it.
    pub ledger: Vec<AuditRow>,
    /// The attempts at the step, in order: one, or several if its step file has `retry`. Everything
    /// above but the ledger is of the last one.
    pub attempts: Vec<Attempt>,
    /// The log.
    pub log: Vec<LogEntry>,
    /// Why there was no response to judge, if there was none.
    pub error: Option<RunError>,
    /// What it used.
    pub usage: Usage,
}

impl RunResult {
    /// Redact everything that the component wrote. The audit log is the host's own.
    pub(crate) fn redact(&mut self, redactor: &Redactor<'_>) {
        redactor.redact(&mut self.summary);
        for attempt in &mut self.attempts {
            redactor.redact(&mut attempt.summary);
            if let Some(reason) = &mut attempt.not_retried {
                redactor.redact(reason);
            }
        }
        for exchange in &mut self.exchanges {
            let request = &mut exchange.request;
            redactor.redact(&mut request.method);
            redactor.redact(&mut request.url);
            let received = exchange.response.iter_mut();
            for header in received
                .flat_map(|response| &mut response.headers)
                .chain(&mut request.headers)
            {
                redactor.redact(&mut header.name);
                redactor.redact(&mut header.value);
            }
        }
        for check in &mut self.checks {
            check.redact(redactor);
        }
        redactor.redact_object(&mut self.outputs);
        if let Some(error) = &mut self.error {
            redactor.redact(&mut error.message);
            // It names a file or an origin, which can't be named without the secret.
            error.grant = error.grant.take().filter(|grant| {
                let shown = serde_json::to_string(grant).unwrap_or_default();
                let mut redacted = shown.clone();
                redactor.redact(&mut redacted);
                redacted == shown
            });
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything went well.
    Success,
    /// It went well, but needs attention.
    Warnings,
    /// The step judged the response a failure.
    Failure,
    /// There was no response to judge.
    Exception,
    /// The policy denied a request.
    Denied,
    /// The caller stopped it.
    Cancelled,
}

/// An attempt at a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// How it ended.
    pub outcome: Outcome,
    /// A line for people: `Status code: 503`.
    pub summary: String,
    /// The number of its requests, which have one row each in the ledger.
    pub requests: usize,
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// Seconds from its end to the next attempt; none for the last one.
    pub wait_seconds: Option<f64>,
    /// Why it is the last one, if it failed and its step file has `retry`.
    pub not_retried: Option<String>,
}

/// Why there was no response to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunError {
    /// The kind.
    pub kind: ErrorKind,
    /// One sentence for people.
    pub message: String,
    /// The stage of the request, if it is the error of one.
    pub stage: Option<Stage>,
    /// Whether a request of the run may have reached a server.
    pub sent: Sent,
    /// The exceeded budget, if that is the error.
    pub exceeded: Option<Exceeded>,
    /// The permission that would have allowed it, if the policy denied it or does not have
    /// the secret.
    pub grant: Option<Grant>,
}

/// What a run used: one figure for each of its [budgets](crate::Budget).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Seconds from start to end.
    pub wall_seconds: f64,
    /// Seconds on a processor, including the host's work for the component.
    pub cpu_seconds: f64,
    /// The peak of the component's memories and tables, and of what the host held for it, in bytes.
    pub peak_memory_bytes: usize,
    /// Requests that the component made, including denied ones.
    pub requests: u32,
    /// The maximum number of concurrent requests.
    pub peak_concurrent_requests: u32,
    /// Distinct hosts of the requests.
    pub hosts: usize,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies, as received.
    pub bytes_received: u64,
    /// Bytes of response bodies, decoded.
    pub bytes_decoded: u64,
    /// The maximum number of fields of one header.
    pub peak_header_fields: u64,
    /// The maximum size of one header in bytes.
    pub peak_header_bytes: u64,
    /// Bytes of log text that the component wrote.
    pub log_bytes: u64,
    /// Bytes of the component's file.
    pub component_bytes: usize,
}

/// One request and its response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// What was sent.
    pub request: SentRequest,
    /// The response, if there was one.
    pub response: Option<ReceivedResponse>,
}

/// A request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The header fields, without those that the host adds.
    pub headers: Vec<Header>,
    /// The body, if one was sent.
    pub body: Option<BodyDigest>,
}

/// A response as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceivedResponse {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<Header>,
    /// The body.
    pub body: BodyDigest,
}

/// A header field; a redacted value reads `<HIDDEN>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The size and digest of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BodyDigest {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Enumeration for Outcome {}

impl From<types::Outcome> for Outcome {
    fn from(outcome: types::Outcome) -> Self {
        match outcome {
            types::Outcome::Success => Self::Success,
            types::Outcome::Warnings => Self::Warnings,
            types::Outcome::Failure => Self::Failure,
            types::Outcome::Exception => Self::Exception,
        }
    }
}

impl From<types::ErrorKind> for ErrorKind {
    fn from(kind: types::ErrorKind) -> Self {
        match kind {
            types::ErrorKind::InvalidSpec => Self::InvalidSpec,
            types::ErrorKind::UnknownName => Self::UnknownName,
            types::ErrorKind::Denied => Self::Denied,
            types::ErrorKind::Dns => Self::Dns,
            types::ErrorKind::Connect => Self::Connect,
            types::ErrorKind::Tls => Self::Tls,
            types::ErrorKind::Timeout => Self::Timeout,
            types::ErrorKind::Protocol => Self::Protocol,
            types::ErrorKind::Redirect => Self::Redirect,
            types::ErrorKind::Limit => Self::Limit,
            types::ErrorKind::Other => Self::Other,
        }
    }
}

impl From<types::Exchange> for Exchange {
    fn from(exchange: types::Exchange) -> Self {
        let types::Exchange { request, response } = exchange;
        Self {
            request: SentRequest {
                method: request.method,
                url: request.url,
                headers: headers(request.headers),
                body: request.body.map(Into::into),
            },
            response: response.map(|response| ReceivedResponse {
                status: response.status,
                headers: headers(response.headers),
                body: response.body.into(),
            }),
        }
    }
}

impl From<types::BodyDigest> for BodyDigest {
    fn from(digest: types::BodyDigest) -> Self {
        Self {
            size: digest.size,
            sha256: digest.sha256,
        }
    }
}

fn headers(headers: Vec<types::Header>) -> Vec<Header> {
    headers
        .into_iter()
        .map(|types::Header { name, value }| Header { name, value })
        .collect()
}
