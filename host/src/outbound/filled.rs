//! A request's body with secrets in it.

use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http_step_policy::{Origin, Place};
use http_step_secrets::{Context, Replacer};
use wasmtime_wasi_http::WasiBody;

use super::collect::{Read, Rest, collect};
use super::error::TransportError;
use super::fill::{Aim, written};
use super::journal::Room;
use super::ledger::Entry;
use super::{Egress, announced_length};
use crate::secrets::Loan;

/// How much of a body is held back until all of it is there: then all is decided
/// before a connection is opened, and its length can be told. Of a longer one the
/// secrets have to be in so much of it, if the component announces its length, since
/// there are servers that take no upload without it; else it goes out in chunks
/// (RFC 9112, section 7.1), with secrets anywhere.
const MOST_HELD: usize = 1 << 20;

/// How much of a longer one is filled at once: a handle is short, and a value may be
/// long.
const PIECE: usize = 4 << 10;

/// What a request's body comes from.
pub(super) enum Content {
    /// The component.
    Written(WasiBody),
    /// The host, which has all of it.
    Whole {
        body: Full<Bytes>,
        bytes: Bytes,
        _room: Room,
    },
    /// The component and the host.
    Filled(Box<Filled>),
}

/// A long body, in which secrets are put while it goes out.
pub(super) struct Filled {
    /// What was read already.
    read: Bytes,
    rest: WasiBody,
    /// None when it gave its last.
    replacer: Option<Replacer>,
    trailers: Option<HeaderMap>,
    /// By number, the name of each secret, or why it may not be in there.
    terms: Vec<Result<String, TransportError>>,
    /// How many secrets there are in a body whose length was told.
    counted: Option<usize>,
    entry: Arc<Entry>,
    _room: Room,
}

impl Egress {
    /// Put values into a body. One that is not long, or not longer than is said, is
    /// waited for, each of its pieces not longer than it may take.
    pub(super) async fn fill_body(
        &self,
        request: Request<WasiBody>,
        origin: &Origin,
        within: Duration,
        most_held: Option<usize>,
        entry: &Arc<Entry>,
    ) -> Result<Request<Content>, TransportError> {
        let is_clear = !self.lent.is_used() || request.body().is_end_stream();
        if is_clear && most_held.is_none() {
            return Ok(request.map(Content::Written));
        }
        let (mut head, mut body) = request.into_parts();
        let aim = Aim {
            origin,
            method: head.method.to_string(),
            // Values are in it by now.
            path: head.uri.path().to_owned().into(),
        };
        let context = context_of(&head.headers);
        let mut room = Room::new(Arc::clone(&self.journal));
        let most = most_held.unwrap_or(MOST_HELD);
        let Read { bytes: read, rest } =
            collect(&mut body, most, within, origin, &mut room).await?;
        let trailers = match rest {
            Rest::Nothing => {
                let fits = |length: usize| room.take(read.len().saturating_add(length));
                let whole = self.fill_if(&read, context, Place::Body, &aim, entry, fits)?;
                let whole = whole.map_or(read, Bytes::from_owner);
                if head.headers.contains_key(CONTENT_LENGTH) {
                    head.headers.insert(CONTENT_LENGTH, whole.len().into());
                }
                let body = Content::Whole {
                    body: Full::new(whole.clone()),
                    bytes: whole,
                    _room: room,
                };
                return Ok(Request::from_parts(head, body));
            }
            Rest::Trailers(trailers) => Some(trailers),
            Rest::More => None,
        };
        let found: Vec<&Loan> = self.lent.in_text(&read).collect();
        let (mut values, mut terms) = (Vec::new(), Vec::new());
        for loan in self.lent.loans() {
            let admitted = loan
                .terms
                .admit(aim.origin, &aim.method, &aim.path, Place::Body);
            let value = admitted
                .map_err(TransportError::from)
                .and_then(|()| written(loan, context, Place::Body));
            let name = loan.terms.name().to_owned();
            if found.iter().any(|found| ptr::eq(*found, loan)) {
                value.as_ref().map_err(Clone::clone)?;
            }
            terms.push(value.as_ref().map(|_| name).map_err(Clone::clone));
            values.push(value.unwrap_or_default());
        }
        let values = values.into();
        let counted = announced_length(&head.headers).map(|announced| {
            let filled = self.lent.filled_length(&read, &values) as u64;
            let length = announced.saturating_sub(read.len() as u64) + filled;
            head.headers.insert(CONTENT_LENGTH, length.into());
            self.lent.count_in(&read)
        });
        let body = Content::Filled(Box::new(Filled {
            read,
            rest: body,
            replacer: Some(self.lent.filler(values)),
            trailers,
            terms,
            counted,
            entry: Arc::clone(entry),
            _room: room,
        }));
        Ok(Request::from_parts(head, body))
    }
}

/// What a body is written in.
pub(super) fn context_of(header: &HeaderMap) -> Context {
    let content_type = header.get(CONTENT_TYPE);
    Context::of_media_type(content_type.and_then(|value| value.to_str().ok()))
}

impl Content {
    /// All of it, where the host has that.
    pub(super) fn whole(&self) -> &[u8] {
        match self {
            Self::Whole { bytes, .. } => bytes,
            Self::Written(_) | Self::Filled(_) => &[],
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match self.get_mut() {
            Self::Written(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|_| TransportError::RequestBody),
            Self::Whole { body, .. } => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Filled(body) => body.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Written(body) => body.is_end_stream(),
            Self::Whole { body, .. } => body.is_end_stream(),
            Self::Filled(body) => body.replacer.is_none() && body.trailers.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Written(body) => body.size_hint(),
            Self::Whole { body, .. } => body.size_hint(),
            Self::Filled(_) => SizeHint::default(),
        }
    }
}

impl Filled {
    fn poll(&mut self, cx: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        loop {
            let Some(replacer) = &mut self.replacer else {
                let trailers = self.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            };
            let next = if !self.read.is_empty() {
                Some(self.read.split_to(self.read.len().min(PIECE)))
            } else if self.trailers.is_some() {
                None
            } else {
                match ready!(Pin::new(&mut self.rest).poll_frame(cx)) {
                    None => None,
                    Some(Err(_)) => return Poll::Ready(Some(Err(TransportError::RequestBody))),
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) => {
                            self.read = data;
                            continue;
                        }
                        Err(frame) => {
                            self.trailers = frame.into_trailers().ok();
                            None
                        }
                    },
                }
            };
            let filled = match &next {
                Some(piece) => replacer.feed(piece),
                None => replacer.finish(),
            };
            for number in replacer.found() {
                match self.terms.get(*number) {
                    Some(Ok(name)) => self.entry.lends(name, Place::Body),
                    Some(Err(refusal)) => return Poll::Ready(Some(Err(refusal.clone()))),
                    None => {}
                }
            }
            if self
                .counted
                .is_some_and(|counted| replacer.replaced() > counted)
            {
                return Poll::Ready(Some(Err(TransportError::Refused(format!(
                    "a secret stands after the first {MOST_HELD} bytes of a body whose length was announced; a body without Content-Length can have it there"
                )))));
            }
            if next.is_none() {
                self.replacer = None;
            }
            if !filled.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(filled.into()))));
            }
        }
    }
}
