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
                        self.received = data.split_off(data.len().min(left));
                        left -= data.len();
                        self.redactor.feed(&data)
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
mod tests {
    use http_step_policy::{Limits, Secret};

    use super::*;

    /// A body of a number of equal pieces.
    struct Pieces(Bytes, usize);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let more = self.1.checked_sub(1);
            Poll::Ready(more.map(|more| {
                self.1 = more;
                Ok(Frame::data(self.0.clone()))
            }))
        }
    }

    /// A redacted body of pieces, and the memory of the run after it.
    async fn read(piece: &str, pieces: usize, memory: usize) -> (bool, Arc<RunUsage>) {
        let limits = Limits {
            memory: memory as u64,
            ..Limits::default()
        };
        let usage = Arc::new(RunUsage::new(limits));
        let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
        let value = "0123456789abcdef".repeat(1024);
        let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, &value)]));
        let body = Pieces(Bytes::copy_from_slice(piece.as_bytes()), pieces).boxed_unsync();
        let response = Unredacted::new(Response::new(body), None, None);
        let redacted = response.redacted(&secrets, &usage).unwrap();
        let read = redacted.into_body().collect().await.is_ok();
        (read, usage)
    }

    /// A server that writes escapes makes the host hold more.
    #[tokio::test]
    async fn held_text_counts_as_memory_of_the_run() {
        let escapes = "&#92;u005c".repeat(1000);
        let (is_read, usage) = read(&escapes, 50, 64 << 20).await;
        let peak = usage.memory().peak();
        assert!(is_read && peak >= STEP, "{peak}");
        assert_eq!(usage.memory().used(), 0);
        let (is_read, usage) = read(&escapes, 50, peak / 2).await;
        assert!(!is_read && usage.signal().exceeded().is_some());
        assert_eq!(usage.memory().used(), 0);
    }

    /// Escapes take time: other tasks run between the pieces of a long frame.
    #[tokio::test]
    async fn a_long_frame_is_redacted_in_pieces() {
        let usage = Arc::new(RunUsage::new(Limits::default()));
        let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
        let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
        let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, value)]));
        let handle = secrets.secrets()[0].handle.to_string();
        let text = format!("{}{value}", "a ".repeat(BYTES_PER_POLL));
        let body = Pieces(text.clone().into(), 2).boxed_unsync();
        let redacted = Unredacted::new(Response::new(body), None, None);
        let mut body = redacted.redacted(&secrets, &usage).unwrap().into_body();
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() <= BYTES_PER_POLL);
            seen.extend_from_slice(&data);
        }
        let expected = text.replace(value, &handle).repeat(2);
        assert!(String::from_utf8(seen).unwrap() == expected);
    }

    /// A body of one piece, after which it fails or says nothing.
    struct First(Option<Bytes>, Option<Error>);

    impl Body for First {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            if let Some(first) = self.0.take() {
                return Poll::Ready(Some(Ok(Frame::data(first))));
            }
            match self.1.take() {
                Some(error) => Poll::Ready(Some(Err(error))),
                None => Poll::Pending,
            }
        }
    }

    /// A part in text that is held back is reported before the component can learn anything from it:
    /// it may drop the body next, the body may fail, or the run's memory may end.
    #[test]
    fn a_part_that_is_held_back_is_reported() {
        let origin: Origin = "http://a.test".parse().unwrap();
        let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
        for (memory, error) in [
            (64 << 20, None),
            (64 << 20, Some(Error::Denied)),
            (32 << 10, None),
        ] {
            for (guess, is_reported) in [("mLx2Vt0P", true), ("mLx2Vt0Q", false)] {
                let limits = Limits {
                    memory,
                    ..Limits::default()
                };
                let usage = Arc::new(RunUsage::new(limits));
                let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
                let secret = secret.origin(origin.to_string().parse().unwrap());
                let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, value)]));
                let (entry, _in_flight) = usage.start_request("GET").unwrap();
                let echo_watch = EchoWatch {
                    origin: origin.clone(),
                    parts: secrets.parts_at(&origin, true),
                    entry,
                    usage: Arc::clone(&usage),
                    on_partial_echo: PartialEcho::Stop,
                };
                let escapes = "&#92;u005c".repeat(1000);
                let body = First(Some(format!("{escapes}|{guess}").into()), error.clone());
                let response = Response::new(body.boxed_unsync());
                let unredacted = Unredacted::new(response, None, Some(echo_watch));
                let redacted = unredacted.redacted(&secrets, &usage).unwrap();
                let mut body = redacted.into_body();
                let mut context = Context::from_waker(std::task::Waker::noop());
                let seen = Pin::new(&mut body).poll_frame(&mut context);
                drop(body);
                assert_eq!(usage.signal().is_stopped(), is_reported, "{guess}");
                assert!(!is_reported || seen.is_pending(), "{guess}");
                let rows = usage.audit().rows(&secrets.redactor());
                let echoes: &[String] = &rows[0].partial_echoes;
                assert_eq!(echoes == ["KEY"], is_reported, "{guess}");
            }
        }
    }

    /// The result for a response from an origin that a secret is bound to, and from another one.
    fn withheld(status: u16, name: &str, value: &str, has_body: bool) -> [Option<String>; 2] {
        let response = Response::builder().status(status).header(name, value);
        let (head, ()) = response.body(()).unwrap().into_parts();
        [true, false].map(|is_bound| {
            let arrival = ArrivedHead {
                origin: "http://a.test",
                is_bound,
                are_ascii: true,
                has_body,
            };
            arrival.withheld(&head).map(|error| error.words(false))
        })
    }

    #[test]
    fn bodies_that_can_not_be_redacted_are_withheld() {
        let part = Some(
            "http://a.test answered with something that is not HTTP: it sends a part, which nobody asked for",
        );
        let unknown = Some(
            "the response of http://a.test can't be decoded: it has a coding that is not known, in which no secret could be hidden",
        );
        let coded = Some(
            "the response of http://a.test can't be decoded: it is compressed, though `Accept-Encoding: identity` asks for no compression, as a secret is bound to this origin; have the server, or the proxy before it, send it uncompressed",
        );
        let charset = Some(
            "the response of http://a.test can't be decoded: it is in a charset in which no secret could be recognized",
        );
        for (status, name, value, has_body, bound, other) in [
            (200, "content-encoding", "br, gzip", true, coded, None),
            (200, "content-encoding", "gzip", false, None, None),
            (200, "content-encoding", "identity", true, None, None),
            (200, "content-encoding", "compress", true, unknown, unknown),
            (
                200,
                "content-encoding",
                "gzip, gzip, gzip",
                true,
                unknown,
                unknown,
            ),
            (200, "content-encoding", "compress", false, None, None),
            (200, "transfer-encoding", "Chunked", true, None, None),
            (
                200,
                "transfer-encoding",
                "gzip, chunked",
                true,
                unknown,
                unknown,
            ),
            (206, "content-range", "bytes 0-0/9", true, part, part),
            (
                200,
                "content-type",
                "text/plain; charset=utf-32",
                true,
                charset,
                None,
            ),
            (
                200,
                "content-type",
                "text/plain; charset=utf-32",
                false,
                None,
                None,
            ),
            (
                200,
                "content-type",
                "text/plain; charset=koi8-r",
                true,
                None,
                None,
            ),
        ] {
            let found = withheld(status, name, value, has_body);
            let found = found.each_ref().map(Option::as_deref);
            assert_eq!(found, [bound, other], "{status} {name}: {value}");
        }
    }

    #[test]
    fn a_compressed_length_is_removed() {
        for (coding, is_bound, is_reported) in [
            ("gzip", true, None),
            ("rot13", true, None),
            ("identity", true, Some("9")),
            ("gzip", false, Some("9")),
        ] {
            let mut header = HeaderMap::new();
            header.insert(CONTENT_LENGTH, HeaderValue::from_static("9"));
            header.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            let arrival = ArrivedHead {
                origin: "http://a.test",
                is_bound,
                are_ascii: true,
                has_body: false,
            };
            arrival.forget_length(&mut header);
            let found = header.get(CONTENT_LENGTH).map(|it| it.to_str().unwrap());
            assert_eq!(found, is_reported, "{coding} {is_bound}");
        }
    }
}
