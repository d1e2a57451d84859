//! Redacts responses: in place of a value in any form, the component gets the handle. This happens
//! after the body is decoded, so that no coding conceals a value, and after the host has read what
//! only the host may read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use http_step_policy::{Origin, PartialEcho};
use http_step_redact::{Replacer, through};

use crate::body::BoxBody;
use crate::body::charset;
use crate::body::decode::{is_coded, is_opaque};
use crate::error::failure::Failure;
use crate::error::{Error, TransportError};
use crate::secrets::{GrantedSecrets, PartsOf, Passes, Redactor};
use crate::usage::audit::AuditEntry;
use crate::usage::cpu::BYTES_PER_POLL;
use crate::usage::{MessageReservation, RunUsage};

/// The header fields and trailers in which a server proves that it knows the password.
const AUTHENTICATION_INFO: [&str; 2] = ["authentication-info", "proxy-authentication-info"];

/// The maximum number of frames without output per poll, before other tasks may run.
const FRAMES: usize = 32;

/// The memory of the passes over a stream is counted again when it has changed by this much.
const STEP: usize = 32 << 10;

/// Detects parts of values in text from an origin that they are bound to: a server could be made to
/// truncate them, to read them piece by piece.
pub(crate) struct EchoWatch {
    pub(crate) origin: Origin,
    pub(crate) parts: PartsOf,
    pub(crate) entry: Arc<AuditEntry>,
    pub(crate) usage: Arc<RunUsage>,
    pub(crate) on_partial_echo: PartialEcho,
}

impl EchoWatch {
    /// Redact a text that the host reads and reports.
    pub(crate) fn redact(&self, text: &mut String, secrets: &GrantedSecrets) {
        let mut passes = secrets.passes(&self.parts);
        let seen = through(&mut passes.passes, text.as_bytes(), true);
        self.report(&passes, secrets);
        *text = String::from_utf8_lossy(&seen).into_owned();
        secrets.redactor().redact(text);
    }

    /// Report parts in a text for the host. Returns whether it contains any of these, or a value or
    /// what derives from one, other than the values of secrets whose handles are in `own`.
    pub(crate) fn report_in(
        &self,
        text: &[u8],
        parts: &PartsOf,
        own: &[&str],
        secrets: &GrantedSecrets,
    ) -> bool {
        let mut passes = secrets.passes(parts);
        through(&mut passes.passes, text, true);
        self.report(&passes, secrets);
        passes.has_parts() || secrets.are_found(&passes, own)
    }

    /// Report the secrets and tokens of which a part was found. Returns whether that ends the run.
    fn report(&self, passes: &Passes, secrets: &GrantedSecrets) -> bool {
        for token in passes.parts_of_tokens() {
            self.entry.record_partial_echo(token);
            self.usage.record_partial_echo(
                &format!("the token `{token}`"),
                &self.origin,
                self.on_partial_echo,
            );
        }
        let parts = passes.parts().iter();
        for secret in parts.filter_map(|number| secrets.secrets().get(*number)) {
            let name = secret.grant.name();
            self.entry.record_partial_echo(name);
            self.usage.record_partial_echo(
                &format!("the secret `{name}`"),
                &self.origin,
                self.on_partial_echo,
            );
        }
        self.usage.signal().is_stopped()
    }
}

/// A response with its content coding decoded, for the host to read.
pub(crate) struct Unredacted {
    response: Response<BoxBody>,
    /// Why the component does not get it.
    withheld: Option<TransportError>,
    /// Set if secrets are bound to the origin.
    echo_watch: Option<Arc<EchoWatch>>,
    /// Whether the host authenticated the request by Digest with a granted secret.
    is_by_digest: bool,
}

/// What the received head of a response declares about its body.
#[derive(Clone, Copy)]
pub(crate) struct ArrivedHead<'r> {
    pub(crate) origin: &'r str,
    /// Whether a secret is bound to the origin.
    pub(crate) is_bound: bool,
    /// Whether all values are ASCII.
    pub(crate) are_ascii: bool,
    pub(crate) has_body: bool,
}

impl ArrivedHead<'_> {
    /// Why a component that uses secrets does not get a response. It can request one in which
    /// values would not be recognized, or whose size reveals one.
    pub(crate) fn withheld(self, head: &Parts) -> Option<TransportError> {
        let from = || self.origin.to_owned();
        let coding = |reason: &str| {
            Some(TransportError::Coding {
                from: from(),
                reason: reason.to_owned(),
            })
        };
        if head.status == StatusCode::PARTIAL_CONTENT {
            return Some(TransportError::Protocol {
                from: from(),
                reason: "it sends a part, which nobody asked for".to_owned(),
            });
        }
        if self.has_body && is_opaque(&head.headers) {
            return coding("it has a coding that is not known, in which no secret could be hidden");
        }
        let mut types = head.headers.get_all(CONTENT_TYPE).iter();
        let is_recognized = |it: &HeaderValue| {
            let text = it.to_str();
            text.is_ok_and(|text| charset::is_recognized(text, self.are_ascii))
        };
        if self.has_body && self.is_bound && !types.all(is_recognized) {
            return coding("it is in a charset in which no secret could be recognized");
        }
        if self.has_body && self.is_bound && is_coded(&head.headers) {
            return coding(
                "it is compressed, though `Accept-Encoding: identity` asks for no compression, as a \
                 secret is bound to this origin; have the server, or the proxy before it, send it \
                 uncompressed",
            );
        }
        None
    }

    /// The compressed length reveals something even without the body.
    pub(crate) fn forget_length(self, header: &mut HeaderMap) {
        if self.is_bound && is_coded(header) {
            header.remove(CONTENT_ENCODING);
            header.remove(CONTENT_LENGTH);
        }
    }
}

impl Unredacted {
    pub(crate) fn new(
        response: Response<BoxBody>,
        withheld: Option<TransportError>,
        echo_watch: Option<EchoWatch>,
    ) -> Self {
        Self {
            response,
            withheld,
            echo_watch: echo_watch.map(Arc::new),
            is_by_digest: false,
        }
    }

    /// Set whether the host authenticated the request by Digest with a granted secret.
    pub(crate) fn by_digest(self, is_by_digest: bool) -> Self {
        Self {
            is_by_digest,
            ..self
        }
    }

    pub(crate) fn as_is(&self) -> &Response<BoxBody> {
        &self.response
    }

    /// Only for the host.
    pub(crate) fn into_body(self) -> BoxBody {
        self.response.into_body()
    }

    /// The redacted response for the component. If its content ends the run, the component does not
    /// get it.
    pub(crate) fn redacted(
        self,
        secrets: &Arc<GrantedSecrets>,
        usage: &Arc<RunUsage>,
    ) -> Result<Response<BoxBody>, TransportError> {
        if secrets.is_empty() {
            return Ok(self.response);
        }
        if let Some(error) = self.withheld {
            return Err(error);
        }
        let (mut head, body) = self.response.into_parts();
        let redactor = || {
            let echo_watch = self.echo_watch.clone();
            ResponseRedactor::new(secrets, echo_watch, self.is_by_digest)
        };
        head.headers = redactor().header(&head.headers);
        if body.is_end_stream() {
            return Ok(Response::from_parts(head, body));
        }
        // The length of a handle differs from that of its value.
        head.headers.remove(CONTENT_LENGTH);
        let body = RedactedBody {
            inner: body,
            received: Bytes::new(),
            redactor: redactor(),
            held: HeldBack {
                room: MessageReservation::new(Arc::clone(usage)),
                counted: 0,
            },
            usage: Arc::clone(usage),
            is_drained: false,
            trailers: None,
        };
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }
}

/// Redacts a stream.
struct ResponseRedactor {
    secrets: Arc<GrantedSecrets>,
    passes: Passes,
    echo_watch: Option<Arc<EchoWatch>>,
    is_by_digest: bool,
}

impl ResponseRedactor {
    fn new(
        secrets: &Arc<GrantedSecrets>,
        echo_watch: Option<Arc<EchoWatch>>,
        is_by_digest: bool,
    ) -> Self {
        let parts = echo_watch.as_ref().map(|watch| watch.parts.clone());
        let parts = parts.unwrap_or_else(PartsOf::nothing);
        Self {
            secrets: Arc::clone(secrets),
            passes: secrets.passes(&parts),
            echo_watch,
            is_by_digest,
        }
    }

    /// Report what was found. Returns whether that ends the run.
    fn is_stopped(&self) -> bool {
        let Some(echo_watch) = &self.echo_watch else {
            return false;
        };
        echo_watch.report(&self.passes, &self.secrets)
    }

    fn searches(&self) -> usize {
        let passes = self.passes.passes.iter();
        passes.map(Replacer::searches).sum()
    }

    fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut released = self.secrets.catch_up(&mut self.passes);
        let redacted = through(&mut self.passes.passes, piece, false);
        if released.is_empty() {
            return redacted;
        }
        released.extend(redacted);
        released
    }

    fn finish(&mut self) -> Vec<u8> {
        through(&mut self.passes.passes, &[], true)
    }

    fn whole(&mut self, text: &[u8]) -> Vec<u8> {
        // Between two texts the passes hold nothing.
        self.secrets.catch_up(&mut self.passes);
        through(&mut self.passes.passes, text, true)
    }

    /// The server also chooses names. A field whose redacted name or value is invalid is removed.
    fn header(&mut self, header: &HeaderMap) -> HeaderMap {
        let mut redacted = HeaderMap::with_capacity(header.keys_len());
        for (name, value) in header {
            // The server's proof (`rspauth`; RFC 7616, section 3.5) also derives from the password,
            // so it could be used to guess that offline.
            if self.is_by_digest && AUTHENTICATION_INFO.contains(&name.as_str()) {
                continue;
            }
            let name = HeaderName::from_bytes(&self.whole(name.as_str().as_bytes()));
            let value = HeaderValue::from_bytes(&self.whole(value.as_bytes()));
            if let (Ok(name), Ok(value)) = (name, value) {
                redacted.append(name, value);
            }
        }
        self.is_stopped();
        redacted
    }
}

/// The memory of the passes over a stream, counted for the run: the server chooses its size by the
/// escapes that it writes.
struct HeldBack {
    room: MessageReservation,
    counted: usize,
}

impl HeldBack {
    fn count(&mut self, redactor: &ResponseRedactor) -> Result<(), TransportError> {
        let held = redactor.passes.passes.iter().map(Replacer::memory).sum();
        if self.counted.abs_diff(held) < STEP {
            return Ok(());
        }
        self.counted = held;
        self.room.resize(held)
    }
}

/// A redacted body.
struct RedactedBody {
    inner: BoxBody,
    /// What was received and is not redacted yet.
    received: Bytes,
    redactor: ResponseRedactor,
    held: HeldBack,
    usage: Arc<RunUsage>,
    is_drained: bool,
    trailers: Option<HeaderMap>,
}

impl Body for RedactedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut left = BYTES_PER_POLL;
        for _ in 0..FRAMES {
            if self.redactor.is_stopped() {
                return Poll::Pending;
            }
            if left == 0 {
                break;
            }
            if self.is_drained {
                let trailers = self.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            }
            let next = match self.received.is_empty() {
                true => ready!(Pin::new(&mut self.inner).poll_frame(cx)),
                false => Some(Ok(Frame::data(std::mem::take(&mut self.received)))),
            };
            let redacted = match next {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(mut data) => {
                        let passes = self.redactor.passes.passes.len().max(1);
                        let most = (left / passes).max(1);
                        self.received = data.split_off(data.len().min(most));
                        left = left.saturating_sub(data.len() * passes);
                        let searches = self.redactor.searches();
                        let redacted = self.redactor.feed(&data);
                        // A report takes time.
                        if self.redactor.searches() > searches {
                            left = 0;
                        }
                        redacted
                    }
                    Err(frame) => {
                        let rest = self.redactor.finish();
                        if let Ok(trailers) = frame.into_trailers() {
                            self.trailers = Some(self.redactor.header(&trailers));
                        }
                        self.is_drained = true;
                        rest
                    }
                },
                // The held text may be the start of a value.
                Some(Err(error)) => {
                    self.is_drained = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.is_drained = true;
                    self.redactor.finish()
                }
            };
            // Neither the content nor its presence may be visible to the component, nor the memory for
            // it: the component waits until the run ends.
            if self.redactor.is_stopped() {
                return Poll::Pending;
            }
            let this = self.as_mut().get_mut();
            if let Err(error) = this.held.count(&this.redactor) {
                this.is_drained = true;
                // The error is about a budget, and quotes no message.
                let failure = Failure::at_once(error);
                let code = failure.code(&Redactor::empty());
                this.usage.audit().failed(failure);
                return Poll::Ready(Some(Err(code)));
            }
            if !redacted.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(redacted.into()))));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.is_drained && self.trailers.is_none()
    }
}

#[cfg(test)]
mod tests;
