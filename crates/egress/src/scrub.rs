//! Secrets on the way back: whatever a server makes of a value that it was sent, the
//! component gets its handle. It comes after the decoding of the body, so that no
//! coding hides one, and after the host has read what is for the host alone.

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
use http_step_redact::Replacer;

use super::body::BoxBody;
use super::charset;
use super::decode::{is_coded, is_opaque};
use super::error::{Error, TransportError};
use super::failure::Failure;
use super::journal::{Journal, Room};
use super::ledger::Entry;
use crate::secrets::{Lent, Masks, Veil, through};

/// How many pieces one poll goes through that come to nothing, before it lets other
/// tasks run.
const PIECES: usize = 32;

/// What the passes over a stream hold of it is counted anew when it is so much more or
/// less.
const STEP: usize = 32 << 10;

/// Notices parts of values in what an origin sends, to which they are bound: somebody may
/// have it cut them, to read them piece by piece.
pub(super) struct Watch {
    pub(super) origin: Origin,
    pub(super) entry: Arc<Entry>,
    pub(super) journal: Arc<Journal>,
    pub(super) on_partial_echo: PartialEcho,
}

impl Watch {
    /// Redact a text that the host reads, and that it tells of.
    pub(super) fn redact(&self, text: &mut String, lent: &Lent) {
        let mut masks = lent.masks(true);
        let seen = through(&mut masks.passes, text.as_bytes(), true);
        self.report(masks.parts(), lent);
        *text = String::from_utf8_lossy(&seen).into_owned();
        lent.veil().over(text);
    }

    /// Report those of which a part was found, by number. Whether the run is over for it.
    fn report(&self, parts: &[usize], lent: &Lent) -> bool {
        let loans = parts.iter().filter_map(|number| lent.loans().get(*number));
        for loan in loans.filter(|loan| loan.is_bound_to(&self.origin)) {
            let name = loan.terms.name();
            self.entry.echoes_part(name);
            self.journal
                .echoes_part(name, &self.origin, self.on_partial_echo);
        }
        self.journal.is_stopped()
    }
}

/// A response as the server has it, without its content coding: for the host to read.
pub(super) struct Unredacted {
    response: Response<BoxBody>,
    /// Why the component does not get it.
    withheld: Option<TransportError>,
    /// If secrets are bound to the origin.
    watch: Option<Arc<Watch>>,
}

/// What the head of a response says of its body, as it came.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'r> {
    pub(super) origin: &'r str,
    /// Whether a secret is bound to the origin.
    pub(super) is_bound: bool,
    pub(super) has_body: bool,
}

impl Arrival<'_> {
    /// Why a component that uses secrets does not get a response. It can ask for one in
    /// which no value could be seen, or whose size tells one.
    pub(super) fn withheld(self, head: &Parts) -> Option<TransportError> {
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
        let is_recognized = |it: &HeaderValue| it.to_str().is_ok_and(charset::is_recognized);
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

    /// Of a body that is not there, too, its compressed length would tell.
    pub(super) fn forget_length(self, header: &mut HeaderMap) {
        if self.is_bound && is_coded(header) {
            header.remove(CONTENT_ENCODING);
            header.remove(CONTENT_LENGTH);
        }
    }
}

impl Unredacted {
    pub(super) fn new(
        response: Response<BoxBody>,
        withheld: Option<TransportError>,
        watch: Option<Watch>,
    ) -> Self {
        Self {
            response,
            withheld,
            watch: watch.map(Arc::new),
        }
    }

    pub(super) fn as_is(&self) -> &Response<BoxBody> {
        &self.response
    }

    /// For the host alone.
    pub(super) fn into_body(self) -> BoxBody {
        self.response.into_body()
    }

    /// The response as the component gets it, without a value in it. If the run
    /// [is stopped](Journal::is_stopped) for what is in it, the component does not get it.
    pub(super) fn redacted(
        self,
        lent: &Arc<Lent>,
        journal: &Arc<Journal>,
    ) -> Result<Response<BoxBody>, TransportError> {
        if lent.is_nothing() {
            return Ok(self.response);
        }
        if let Some(error) = self.withheld {
            return Err(error);
        }
        let (mut head, body) = self.response.into_parts();
        head.headers = Scrub::new(lent, self.watch.clone()).header(&head.headers);
        if body.is_end_stream() {
            return Ok(Response::from_parts(head, body));
        }
        // A handle has another length than what it stands for.
        head.headers.remove(CONTENT_LENGTH);
        let body = Scrubbed {
            inner: body,
            scrub: Scrub::new(lent, self.watch),
            held: Held {
                room: Room::new(Arc::clone(journal)),
                counted: 0,
            },
            journal: Arc::clone(journal),
            is_drained: false,
            trailers: None,
        };
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }
}

/// Takes values out of a stream.
struct Scrub {
    lent: Arc<Lent>,
    masks: Masks,
    watch: Option<Arc<Watch>>,
}

impl Scrub {
    fn new(lent: &Arc<Lent>, watch: Option<Arc<Watch>>) -> Self {
        Self {
            lent: Arc::clone(lent),
            masks: lent.masks(watch.is_some()),
            watch,
        }
    }

    /// Whether the run is over for what was let go.
    fn is_stopped(&self) -> bool {
        let Some(watch) = &self.watch else {
            return false;
        };
        watch.report(self.masks.parts(), &self.lent)
    }

    /// A signature that is made while the stream flows can't be in what has come of it, nor
    /// can a token, unless the server has it from another run: so far it was nothing of
    /// this one's. The passes that are there must not end: they may be in the middle of a
    /// value. So what is new is looked for after them, in what they let go.
    fn catch_up(&mut self) {
        if self.masks.derived != self.lent.derived() {
            self.masks.add(self.lent.masks_since(self.masks.derived));
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        self.catch_up();
        through(&mut self.masks.passes, piece, false)
    }

    fn finish(&mut self) -> Vec<u8> {
        through(&mut self.masks.passes, &[], true)
    }

    fn whole(&mut self, text: &[u8]) -> Vec<u8> {
        self.catch_up();
        through(&mut self.masks.passes, text, true)
    }

    /// Names, too, are the server's to choose. What a field can't be without its
    /// value, it is not at all.
    fn header(&mut self, header: &HeaderMap) -> HeaderMap {
        let mut scrubbed = HeaderMap::with_capacity(header.keys_len());
        for (name, value) in header {
            let name = HeaderName::from_bytes(&self.whole(name.as_str().as_bytes()));
            let value = HeaderValue::from_bytes(&self.whole(value.as_bytes()));
            if let (Ok(name), Ok(value)) = (name, value) {
                scrubbed.append(name, value);
            }
        }
        self.is_stopped();
        scrubbed
    }
}

/// What the passes over a stream hold of it, as memory of the run: how much that is, the
/// server chooses, by the escapes that it writes.
struct Held {
    room: Room,
    counted: usize,
}

impl Held {
    fn count(&mut self, scrub: &Scrub) -> Result<(), TransportError> {
        let held = scrub.masks.passes.iter().map(Replacer::memory).sum();
        if self.counted.abs_diff(held) < STEP {
            return Ok(());
        }
        self.counted = held;
        self.room.take(held)
    }
}

/// A body without a value in it.
struct Scrubbed {
    inner: BoxBody,
    scrub: Scrub,
    held: Held,
    journal: Arc<Journal>,
    is_drained: bool,
    trailers: Option<HeaderMap>,
}

impl Body for Scrubbed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        for _ in 0..PIECES {
            if self.scrub.is_stopped() {
                return Poll::Pending;
            }
            if self.is_drained {
                let trailers = self.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            }
            let next = ready!(Pin::new(&mut self.inner).poll_frame(cx));
            let scrubbed = match next {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.scrub.feed(&data),
                    Err(frame) => {
                        let rest = self.scrub.finish();
                        if let Ok(trailers) = frame.into_trailers() {
                            self.trailers = Some(self.scrub.header(&trailers));
                        }
                        self.is_drained = true;
                        rest
                    }
                },
                // What is held back may be the beginning of a value.
                Some(Err(error)) => {
                    self.is_drained = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.is_drained = true;
                    self.scrub.finish()
                }
            };
            let this = self.as_mut().get_mut();
            if let Err(error) = this.held.count(&this.scrub) {
                this.is_drained = true;
                // It is that of a budget, and quotes nobody.
                let failure = Failure::at_once(error);
                let code = failure.code(&Veil::of_nothing());
                this.journal.failed(failure);
                return Poll::Ready(Some(Err(code)));
            }
            // What is in it is not for the component, nor that it is: it waits until its
            // run is over.
            if self.scrub.is_stopped() {
                return Poll::Pending;
            }
            if !scrubbed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(scrubbed.into()))));
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

    /// A body of so many pieces.
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

    /// A body of pieces, redacted of a long value, and what the run has taken by its end.
    async fn read(piece: &str, pieces: usize, memory: usize) -> (bool, Arc<Journal>) {
        let limits = Limits {
            memory: memory as u64,
            ..Limits::default()
        };
        let journal = Arc::new(Journal::new(limits));
        let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
        let value = "0123456789abcdef".repeat(1024);
        let lent = Arc::new(Lent::of_values(&[(secret, &value)]));
        let body = Pieces(Bytes::copy_from_slice(piece.as_bytes()), pieces).boxed_unsync();
        let response = Unredacted::new(Response::new(body), None, None);
        let redacted = response.redacted(&lent, &journal).unwrap();
        let read = redacted.into_body().collect().await.is_ok();
        (read, journal)
    }

    /// A server that writes escapes has the host hold more.
    #[tokio::test]
    async fn what_is_held_back_is_memory_of_the_run() {
        let escapes = "&#92;u005c".repeat(1000);
        let (is_read, journal) = read(&escapes, 50, 64 << 20).await;
        let peak = journal.memory().peak();
        assert!(is_read && peak >= STEP, "{peak}");
        assert_eq!(journal.memory().used(), 0);
        let (is_read, journal) = read(&escapes, 50, peak / 2).await;
        assert!(!is_read && journal.exceeded_by_now().is_some());
        assert_eq!(journal.memory().used(), 0);
    }

    /// What becomes of a response of an origin that a secret is bound to, and of another's.
    fn withheld(status: u16, name: &str, value: &str, has_body: bool) -> [Option<String>; 2] {
        let response = Response::builder().status(status).header(name, value);
        let (head, ()) = response.body(()).unwrap().into_parts();
        [true, false].map(|is_bound| {
            let arrival = Arrival {
                origin: "http://a.test",
                is_bound,
                has_body,
            };
            arrival.withheld(&head).map(|error| error.words(false))
        })
    }

    #[test]
    fn a_body_that_can_not_be_seen_through_is_withheld() {
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
    fn a_length_that_compression_made_is_not_told() {
        for (coding, is_bound, told) in [
            ("gzip", true, None),
            ("rot13", true, None),
            ("identity", true, Some("9")),
            ("gzip", false, Some("9")),
        ] {
            let mut header = HeaderMap::new();
            header.insert(CONTENT_LENGTH, HeaderValue::from_static("9"));
            header.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            let arrival = Arrival {
                origin: "http://a.test",
                is_bound,
                has_body: false,
            };
            arrival.forget_length(&mut header);
            let found = header.get(CONTENT_LENGTH).map(|it| it.to_str().unwrap());
            assert_eq!(found, told, "{coding} {is_bound}");
        }
    }
}
