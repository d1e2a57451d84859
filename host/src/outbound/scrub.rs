//! Secrets on the way back: whatever a server makes of a value that it was sent, the
//! component gets its handle. It comes after the decoding of the body, so that no
//! coding hides one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use wasmtime_wasi_http as wasi_http;
use wasmtime_wasi_http::WasiBody;

use super::decode::is_opaque;
use super::error::TransportError;
use crate::secrets::{Lent, Masks, through};

/// How many pieces one poll goes through that come to nothing, before it lets other
/// tasks run.
const PIECES: usize = 32;

/// Whether a value can be seen in a response. A component can ask for one in which it
/// can't: it writes `Accept-Encoding` itself.
pub(super) fn check<B: Body>(response: &Response<B>, origin: &str) -> Result<(), TransportError> {
    if response.status() == StatusCode::PARTIAL_CONTENT {
        return Err(TransportError::Protocol {
            from: origin.to_owned(),
            reason: "it sends a part, which nobody asked for".to_owned(),
        });
    }
    if is_opaque(response.headers()) && !response.body().is_end_stream() {
        return Err(TransportError::Coding {
            from: origin.to_owned(),
            reason: "it has a coding that is not known, in which no secret could be hidden"
                .to_owned(),
        });
    }
    Ok(())
}

/// A response without a value in it.
pub(super) fn scrubbed(response: Response<WasiBody>, lent: &Arc<Lent>) -> Response<WasiBody> {
    if lent.is_nothing() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers = Scrub::new(lent).header(&head.headers);
    if body.is_end_stream() {
        return Response::from_parts(head, body);
    }
    // A handle has another length than what it stands for.
    head.headers.remove(CONTENT_LENGTH);
    let body = Scrubbed {
        inner: body,
        scrub: Scrub::new(lent),
        is_drained: false,
        trailers: None,
    };
    Response::from_parts(head, body.boxed_unsync())
}

/// Takes values out of a stream.
struct Scrub {
    lent: Arc<Lent>,
    masks: Masks,
}

impl Scrub {
    fn new(lent: &Arc<Lent>) -> Self {
        Self {
            lent: Arc::clone(lent),
            masks: lent.masks(),
        }
    }

    /// A signature that was made while the stream flows can't be in what has come of it.
    /// But the passes that are in its middle must not end: they may be in the middle of
    /// a value.
    fn catch_up(&mut self) {
        if self.masks.signatures != self.lent.signatures() {
            let (signatures, passes) = self.lent.masks_since(self.masks.signatures);
            self.masks.signatures = signatures;
            self.masks.passes.extend(passes);
        }
    }

    /// Whether a token was fetched while the stream flows: values are looked for at once,
    /// or one could break what hides another.
    fn is_overtaken(&self) -> bool {
        self.masks.tokens != self.lent.tokens()
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
        scrubbed
    }
}

/// A body without a value in it.
struct Scrubbed {
    inner: WasiBody,
    scrub: Scrub,
    is_drained: bool,
    trailers: Option<HeaderMap>,
}

impl Body for Scrubbed {
    type Data = Bytes;
    type Error = wasi_http::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, wasi_http::Error>>> {
        for _ in 0..PIECES {
            if self.is_drained {
                let trailers = self.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            }
            let next = ready!(Pin::new(&mut self.inner).poll_frame(cx));
            if self.scrub.is_overtaken() {
                self.is_drained = true;
                return Poll::Ready(Some(Err(wasi_http::Error::InternalError(Some(
                    "a token was fetched while the response was under way".to_owned(),
                )))));
            }
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
    use http_body_util::Full;

    use super::*;

    fn checked(status: u16, name: &str, value: &str, body: &'static str) -> Option<String> {
        let response = Response::builder().status(status).header(name, value);
        let response = response.body(Full::new(Bytes::from_static(body.as_bytes())));
        let refused = check(&response.unwrap(), "http://a.test").err();
        refused.map(|error| error.to_string())
    }

    #[test]
    fn a_body_that_can_not_be_seen_through_is_refused() {
        let part = "http://a.test answered with something that is not HTTP: it sends a part, which nobody asked for";
        let coded = "the response of http://a.test can't be decoded: it has a coding that is not known, in which no secret could be hidden";
        for (status, name, value, body, refused) in [
            (200, "content-encoding", "br, gzip", "x", None),
            (200, "content-encoding", "identity", "x", None),
            (200, "content-encoding", "compress", "x", Some(coded)),
            (
                200,
                "content-encoding",
                "gzip, gzip, gzip",
                "x",
                Some(coded),
            ),
            (200, "content-encoding", "compress", "", None),
            (200, "transfer-encoding", "Chunked", "x", None),
            (200, "transfer-encoding", "gzip, chunked", "x", Some(coded)),
            (206, "content-range", "bytes 0-0/9", "x", Some(part)),
        ] {
            let found = checked(status, name, value, body);
            assert_eq!(found.as_deref(), refused, "{status} {name}: {value}");
        }
    }
}
