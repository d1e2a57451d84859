//! One exchange, top to bottom: admit the request, inject secrets, wait for a permit, take a
//! pooled connection that the policy allows or open one, send, wait for the response's head,
//! decode.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_step_policy::{Origin, Permit};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::admit::Admitted;
use crate::auth::Scheme;
use crate::auth::sign::Proof;
use crate::body::outgoing::{Outgoing, Progress};
use crate::body::received::Received;
use crate::body::{ActiveRequest, BoxBody, charset, decode};
use crate::connect::Route;
use crate::connect::connection::Connection;
use crate::egress::Egress;
use crate::error::cause::is_of_wire;
use crate::error::{Stage, TransportError};
use crate::flood::http2::Http2Stream;
use crate::headers::{announced_length, remove_other_spellings};
use crate::redact::{ArrivedHead, EchoWatch, Unredacted};
use crate::retry::{Attempts, Failed, may_retry};
use crate::timeouts::{RequestOptions, RequestTimeouts};
use crate::usage::InFlight;
use crate::usage::audit::AuditEntry;
use crate::usage::facts::ConnectionUse;

/// The maximum length of a `Retry-After`, which is a number or a date.
const MAX_RETRY_AFTER: usize = 64;

impl Egress {
    /// Send a request and wait for the head of its response. The response is not redacted yet: only
    /// the host may read it.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<BoxBody>,
        options: RequestOptions,
        entry: &Arc<AuditEntry>,
        in_flight: Arc<InFlight>,
        proofs: &[Proof],
    ) -> Result<Unredacted, TransportError> {
        if let Some(dry_run) = &self.dry_run {
            return Box::pin(self.show_dry_run(request, dry_run, entry, proofs)).await;
        }
        let Admitted { permit, route } = self.admit(&mut request, entry)?;
        let timeouts = RequestTimeouts::new(&options, self.usage.limits());
        let origin = &route.key.origin;
        let is_bound = self.secrets.is_bound_to(origin);
        // A service may return what was stored through a granted origin from others, too, and in a
        // later run, which need not hold a handle.
        if !self.secrets.is_empty() {
            // The compressed length of a text reveals what it contains.
            ask_for_identity(request.headers_mut());
            charset::ask_for_none(request.headers_mut());
        }
        // Signing needs the whole body.
        let max_held = (!proofs.is_empty()).then_some(usize::MAX);
        let mut request = self
            .inject_body(request, origin, timeouts.first_byte, max_held, entry)
            .await?;
        if !proofs.is_empty() {
            request = Box::pin(self.sign_request(request, proofs, origin, entry)).await?;
            self.usage.count_header(request.headers(), Stage::Policy)?;
        }
        let length = announced_length(request.headers());
        let permits = &self.transport.permits;
        let held = Arc::new(ActiveRequest {
            _permit: permits
                .acquire_queued(self.usage.run_queue(), &self.tenant)
                .await,
            _in_flight: in_flight,
        });
        entry.acquired_permit();

        let echo_watch = is_bound.then(|| self.echo_watch(origin, entry));
        let origin = origin.to_string();
        let request = request.map(|body| {
            let usage = Arc::clone(&self.usage);
            Outgoing::new(body, length, usage, Arc::clone(entry), Arc::clone(&held))
        });
        let (response, stream) = self
            .transmit(request, &route, &permit, &timeouts, entry)
            .await?;
        let (mut head, body) = response.into_parts();
        self.usage.audit().answered();
        let retry_after = head.headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let retry_after = retry_after.filter(|value| value.len() <= MAX_RETRY_AFTER);
        entry.answered(head.status.as_u16(), retry_after);
        self.usage.count_header(&head.headers, Stage::Head)?;

        let arrival = ArrivedHead {
            origin: &origin,
            is_bound,
            are_ascii: self.secrets.are_ascii(),
            has_body: !body.is_end_stream(),
        };
        let withheld = arrival.withheld(&head);
        if !arrival.has_body {
            arrival.forget_length(&mut head.headers);
        }
        let body = Received::new(
            body,
            Arc::clone(&self.usage),
            Arc::clone(entry),
            origin.clone(),
            timeouts.between_bytes,
            held,
            stream,
        );
        let usage = Arc::clone(&self.usage);
        let response = decode::decoded(
            head,
            body,
            origin,
            usage,
            Arc::clone(entry),
            Arc::clone(&self.secrets),
        );
        let is_by_digest = proofs.iter().any(|Proof { placeholder, .. }| {
            matches!(placeholder.scheme, Scheme::Digest { .. }) && self.derives(&placeholder.scheme)
        });
        Ok(Unredacted::new(response, withheld, echo_watch).by_digest(is_by_digest))
    }

    /// Send a request, with retries on other connections if that is safe, and wait for the head of
    /// the response.
    async fn transmit(
        &self,
        request: Request<Outgoing>,
        route: &Route,
        permit: &Permit,
        timeouts: &RequestTimeouts,
        entry: &AuditEntry,
    ) -> Result<(Response<Incoming>, Option<Http2Stream>), TransportError> {
        let (key, pool) = (&route.key, &self.transport.pool);
        let origin = key.origin.to_string();
        // The versions of HTTP change a request differently, and the next connection may use
        // another one: each attempt starts from the request that was admitted.
        let (head, mut body) = request.into_parts();
        let is_idempotent = head.method.is_idempotent();
        let upload = body.upload();
        let mut attempts = Attempts::default();
        loop {
            let is_fresh = attempts.needs_fresh_connection();
            let connected = self.connection(is_fresh, route, permit, timeouts, entry);
            let (mut connection, stream, reuse) =
                connected.await.map_err(|error| attempts.last(error))?;
            entry.sent_on(&connection.facts, reuse);
            // The result of a run that has ended may report that this was not sent. Checked after
            // the entry was created, so that one of the two sees the other.
            if self.usage.signal().is_closed() {
                return Err(TransportError::RequestBody);
            }
            if may_retry(is_idempotent, connection.is_shared(), reuse) {
                upload.keep();
            }
            let request = Request::from_parts(head.clone(), body);
            let (error, unwritten, has_ended) =
                match attempt(&mut connection, request, timeouts.first_byte, &origin).await {
                    Attempt::Answered(response)
                        if response.status() == StatusCode::SWITCHING_PROTOCOLS =>
                    {
                        return Err(TransportError::Protocol {
                            from: origin,
                            reason: "it switches protocols, which nobody asked for".to_owned(),
                        });
                    }
                    Attempt::Answered(response) => {
                        upload.settle();
                        if !connection.is_shared() && !is_authenticated(&head.headers, &response) {
                            pool.put_when_free(key.clone(), connection);
                        }
                        return Ok((response, stream));
                    }
                    Attempt::TimedOut(error) => {
                        // The server may already be gone.
                        pool.forget(key, &connection);
                        return Err(error);
                    }
                    Attempt::Failed {
                        error,
                        unwritten,
                        has_ended,
                    } => (error, unwritten, has_ended),
                };
            let failed = Failed {
                error: &error,
                is_idempotent,
                is_shared: connection.is_shared(),
                connection: reuse,
                has_ended,
            };
            body = match unwritten.or_else(|| upload.replay()) {
                Some(body) if attempts.should_retry_after(&failed) => {
                    entry.retrying(&error);
                    body
                }
                _ => return Err(attempts.last(error)),
            };
        }
    }

    /// A connection from the pool, or a new one for the request.
    async fn connection(
        &self,
        is_fresh: bool,
        route: &Route,
        permit: &Permit,
        timeouts: &RequestTimeouts,
        entry: &AuditEntry,
    ) -> Result<(Connection, Option<Http2Stream>, ConnectionUse), TransportError> {
        let pooled = match is_fresh {
            true => None,
            false => self.transport.pool.take(&route.key, permit),
        };
        if let Some((connection, stream)) = pooled {
            return Ok((connection, stream, ConnectionUse::Reused));
        }
        let opening = Box::pin(self.open(route, permit, timeouts.connect, entry));
        let (connection, stream) = opening.await?;
        Ok((connection, stream, ConnectionUse::New))
    }

    /// Open a connection, with the timeout.
    async fn open(
        &self,
        route: &Route,
        permit: &Permit,
        within: Duration,
        entry: &AuditEntry,
    ) -> Result<(Connection, Option<Http2Stream>), TransportError> {
        entry.start_connecting();
        let opening = self.transport.connector.connect(route, permit, entry);
        let connection =
            timeout(within, opening)
                .await
                .map_err(|_| TransportError::ConnectTimeout {
                    to: route.key.origin.to_string(),
                    within,
                    stage: entry.stage(),
                })??;
        let stream = connection.stream();
        if let Some(shared) = connection.share() {
            self.transport.pool.put(route.key.clone(), shared);
        }
        Ok((connection, stream))
    }

    /// Detects parts of values in a response from an origin.
    pub(crate) fn echo_watch(&self, origin: &Origin, entry: &Arc<AuditEntry>) -> EchoWatch {
        EchoWatch {
            origin: origin.clone(),
            parts: self.secrets.parts_at(origin, true),
            entry: Arc::clone(entry),
            usage: Arc::clone(&self.usage),
            on_partial_echo: self.policy.partial_echo(),
        }
    }
}

/// Ask for a response without a content coding.
fn ask_for_identity(header: &mut HeaderMap) {
    remove_other_spellings(header, &ACCEPT_ENCODING);
    // In place of the component's own, if it has one.
    header.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
}

/// The result of an attempt to send a request.
enum Attempt {
    Answered(Response<Incoming>),
    TimedOut(TransportError),
    Failed {
        error: TransportError,
        /// The body, if none of the request was written.
        unwritten: Option<Outgoing>,
        /// Whether the connection ended before any byte of a response.
        has_ended: bool,
    },
}

/// Try to send a request.
async fn attempt(
    connection: &mut Connection,
    request: Request<Outgoing>,
    within: Duration,
    origin: &str,
) -> Attempt {
    let progress = request.body().progress();
    let sent = {
        let sending = pin!(connection.send(request));
        answer(sending, &progress, within, origin).await
    };
    let mut failed = match sent {
        Ok(Ok(response)) => return Attempt::Answered(response),
        Ok(Err(failed)) => failed,
        Err(timed_out) => return Attempt::TimedOut(timed_out),
    };
    let unwritten = failed.take_message().map(Request::into_body);
    let unsent = unwritten.is_some();
    let error = failed.into_error();
    let has_ended = connection.has_ended_before_an_answer(&error);
    let error = match connection.flood() {
        Some(flood) if !unsent && is_of_wire(&error) => TransportError::CutOff {
            from: origin.to_owned(),
            reason: flood.to_string(),
        },
        _ => TransportError::from_request(&error, origin, unsent),
    };
    Attempt::Failed {
        error,
        unwritten,
        has_ended,
    }
}

/// Whether a request may have authenticated the connection from now on, as NTLM and Negotiate do
/// (RFC 4559): the next request on it may be from another step.
fn is_authenticated(request: &HeaderMap, response: &Response<Incoming>) -> bool {
    let of_connection = |value: &HeaderValue| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"ntlm") || value.starts_with(b"negotiate")
    };
    let requested = response.headers().get_all(WWW_AUTHENTICATE);
    request.get_all(AUTHORIZATION).iter().any(of_connection) || requested.iter().any(of_connection)
}

/// Wait for the head of a response. The timeout does not apply while the body makes progress.
pub(crate) async fn answer<F: Future>(
    mut response: Pin<&mut F>,
    progress: &Progress,
    within: Duration,
    origin: &str,
) -> Result<F::Output, TransportError> {
    progress.step();
    loop {
        let left = within.saturating_sub(progress.silence());
        if let Ok(response) = timeout(left, &mut response).await {
            return Ok(response);
        }
        if progress.silence() < within {
            continue;
        }
        let origin = origin.to_owned();
        return Err(if progress.is_done() {
            TransportError::ReadTimeout {
                from: origin,
                within,
            }
        } else {
            TransportError::UploadTimeout { to: origin, within }
        });
    }
}
