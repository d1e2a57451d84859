//! Bodies on their way through: counted, held to their budgets, and watched for
//! standing still.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use super::chatter::Chatter;
use super::connection::Stream;
use super::error::{Error, Stage, TransportError, innermost};
use super::filled::Content;
use super::journal::{Journal, Room, UnderWay};
use super::ledger::Entry;
use super::repeat::Repeatable;
use super::turns::Turn;

/// A body that a client sends, or gets. Its errors are as a client may be told.
pub type BoxBody = UnsyncBoxBody<Bytes, Error>;

/// How a request's body gets on.
pub(super) struct Progress {
    began: Instant,
    /// Milliseconds from the beginning to the last piece.
    last: AtomicU64,
    done: AtomicBool,
}

impl Progress {
    fn new(done: bool) -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            done: AtomicBool::new(done),
        }
    }

    /// Something has happened.
    pub(super) fn step(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// For how long nothing has happened.
    pub(super) fn silence(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    /// Whether the body has gone out, so that it is the server's turn.
    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// What a request holds as long as it is under way: until its body has gone out,
/// also where the answer came early, and until the answer was read.
pub(super) struct Held {
    pub(super) _turn: Turn,
    pub(super) _under_way: Arc<UnderWay>,
}

/// How much of what is sent again goes out at once.
const PIECE: usize = 64 << 10;

/// A request's body, on one attempt to send it.
pub(super) struct Outgoing {
    request: Arc<Upload>,
    attempt: u32,
    /// What an earlier attempt has sent, to be sent first.
    again: Bytes,
    /// What is left of the length that was announced: hyper asks for no more.
    left: Option<u64>,
    progress: Arc<Progress>,
    /// Of the connection that it goes out on, if that is shared.
    chatter: Option<Chatter>,
}

/// What all attempts at a request have in common.
pub(super) struct Upload {
    body: Repeatable,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is held, and not read"))]
    held: Arc<Held>,
    length: Option<u64>,
    journal: Arc<Journal>,
    entry: Arc<Entry>,
}

impl Upload {
    /// The body once more from its beginning; none if what was sent of it is not kept.
    pub(super) fn again(self: &Arc<Self>) -> Option<Outgoing> {
        let (attempt, again) = self.body.again()?;
        Some(Outgoing::of(Arc::clone(self), attempt, again))
    }

    /// Keep what is sent, to send it again.
    pub(super) fn keep(&self) {
        self.body.keep(Room::new(Arc::clone(&self.journal)));
    }

    /// There is an answer: nothing is sent again.
    pub(super) fn settle(&self) {
        self.body.settle();
    }
}

impl Outgoing {
    /// Watch over a body of an announced length, if one was announced.
    pub(super) fn new(
        content: Content,
        length: Option<u64>,
        journal: Arc<Journal>,
        entry: Arc<Entry>,
        held: Arc<Held>,
    ) -> Self {
        let upload = Upload {
            body: Repeatable::new(content),
            held,
            length,
            journal,
            entry,
        };
        Self::of(Arc::new(upload), 0, Bytes::new())
    }

    fn of(request: Arc<Upload>, attempt: u32, again: Bytes) -> Self {
        let is_empty = again.is_empty() && request.body.is_end_stream();
        Self {
            progress: Arc::new(Progress::new(is_empty || request.length == Some(0))),
            left: request.length,
            request,
            attempt,
            again,
            chatter: None,
        }
    }

    /// What outlives this attempt.
    pub(super) fn upload(&self) -> Arc<Upload> {
        Arc::clone(&self.request)
    }

    /// A server tells a connection of HTTP/2 how it gets on with it.
    pub(super) fn is_carried_by(&mut self, chatter: Chatter) {
        self.chatter = Some(chatter);
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if self.again.is_empty() {
            return self.request.body.poll(self.attempt, cx);
        }
        let piece = self.again.split_to(self.again.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        let frame = ready!(this.poll_piece(cx));
        let journal = &this.request.journal;
        this.progress.step();
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    if let Err(error) = journal.sent(data.len()) {
                        return Poll::Ready(Some(Err(error)));
                    }
                    this.request.entry.sent(data.len() as u64);
                    if let Some(chatter) = &this.chatter {
                        chatter.of_use(data.len());
                    }
                    if let Some(left) = &mut this.left {
                        *left = left.saturating_sub(data.len() as u64);
                    }
                } else if let Some(trailers) = frame.trailers_ref()
                    && let Err(error) = journal.header(trailers, Stage::Send)
                {
                    return Poll::Ready(Some(Err(error)));
                }
            }
            // The end of the run drops the body's other end, which reads like the
            // end of the body: the server would take half a request for a whole.
            None if journal.is_closed() => {
                return Poll::Ready(Some(Err(TransportError::RequestBody)));
            }
            Some(Err(_)) | None => {}
        }
        if frame.is_none() || this.left == Some(0) {
            this.progress.done.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.again.is_empty() && self.request.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (again, rest) = (self.again.len() as u64, self.request.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + again);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + again);
        }
        hint
    }
}

/// A response's body, as it comes.
pub(super) struct Received {
    inner: Incoming,
    journal: Arc<Journal>,
    entry: Arc<Entry>,
    origin: String,
    count: u64,
    within: Duration,
    /// Given back when the body is at its end: its reader may keep it for as
    /// long as it likes.
    held: Option<(Arc<Held>, Option<Stream>)>,
    /// Runs out if nothing comes; set up when a read has to wait.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Received {
    pub(super) fn new(
        inner: Incoming,
        journal: Arc<Journal>,
        entry: Arc<Entry>,
        origin: String,
        within: Duration,
        held: Arc<Held>,
        stream: Option<Stream>,
    ) -> Self {
        let held = if inner.is_end_stream() {
            entry.ended();
            None
        } else {
            Some((held, stream))
        };
        Self {
            inner,
            journal,
            entry,
            origin,
            count: 0,
            within,
            held,
            silence: None,
        }
    }

    /// What the request holds, if it is not at its end.
    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.held.as_ref().map(|(held, _)| Arc::clone(held))
    }

    /// Count a piece that came.
    fn take(&mut self, bytes: usize) -> Result<(), TransportError> {
        self.count += bytes as u64;
        self.entry.received(bytes as u64);
        if let Some((_, Some(stream))) = &self.held {
            stream.taken(bytes);
        }
        self.journal.received(bytes)
    }

    /// Wait for the next piece, no longer than it may take.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, TransportError>>> {
        let within = self.within;
        let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(TransportError::BodyTimeout {
            from: self.origin.clone(),
            within,
        })))
    }

    /// Nothing more comes of it.
    fn end(&mut self) {
        self.entry.ended();
        self.held = None;
    }

    fn broken(&self, error: &hyper::Error) -> TransportError {
        TransportError::Body {
            from: self.origin.clone(),
            after: self.count,
            reason: innermost(error),
        }
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_frame(cx) {
            // An HTTP/2 server may send frames of nothing without end. They are
            // no sign of life, and not for wasmtime-wasi-http to see
            // (GHSA-f8mm).
            Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                cx.waker().wake_by_ref();
                this.wait(cx)
            }
            Poll::Ready(Some(Ok(frame))) => {
                this.silence = None;
                let taken = match (frame.data_ref(), frame.trailers_ref()) {
                    (Some(data), _) => this.take(data.len()),
                    (None, Some(trailers)) => this.journal.header(trailers, Stage::Body),
                    (None, None) => Ok(()),
                };
                if taken.is_err() || this.inner.is_end_stream() {
                    this.end();
                }
                Poll::Ready(Some(taken.map(|()| frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.end();
                Poll::Ready(Some(Err(this.broken(&error))))
            }
            Poll::Ready(None) => {
                this.end();
                Poll::Ready(None)
            }
            Poll::Pending => this.wait(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests;
