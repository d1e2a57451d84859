//! A request's body while it is sent: counted against the budgets, with a timeout for progress.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::ActiveRequest;
use super::content::Content;
use super::replay::Replay;
use super::unread::UnreadBody;
use crate::error::{Stage, TransportError};
use crate::flood::http2::FloodGuard;
use crate::usage::audit::AuditEntry;
use crate::usage::{MessageReservation, RunUsage};

/// The progress of a request's body.
pub(crate) struct Progress {
    began: Instant,
    /// Milliseconds from the start to the latest piece.
    last: AtomicU64,
    done: AtomicBool,
}

impl Progress {
    pub(super) fn new(done: bool) -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            done: AtomicBool::new(done),
        }
    }

    /// Record progress.
    pub(crate) fn step(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// The time since the latest progress.
    pub(crate) fn silence(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    /// Whether the body was sent, so that the server has to respond next.
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// The maximum length of a piece of a replayed body.
const PIECE: usize = 64 << 10;

/// A request's body in one attempt to send it.
pub(crate) struct Outgoing {
    request: Arc<Upload>,
    attempt: u32,
    /// The part that an earlier attempt sent, which is sent first.
    replayed: Bytes,
    /// The rest of the announced length, if any: hyper reads no further.
    left: Option<u64>,
    progress: Arc<Progress>,
    /// The guard of the connection, if it is shared.
    flood_guard: Option<FloodGuard>,
    /// What a server finds that doesn't read it, if the connection is not shared.
    unread: Option<UnreadBody>,
}

/// The state that all attempts at a request share.
pub(crate) struct Upload {
    body: Replay,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is held, and not read"))]
    pub(super) held: Arc<ActiveRequest>,
    length: Option<u64>,
    usage: Arc<RunUsage>,
    pub(super) entry: Arc<AuditEntry>,
}

impl Upload {
    /// The body from its start; none if the part that was sent is not kept.
    pub(crate) fn replay(self: &Arc<Self>) -> Option<Outgoing> {
        let (attempt, replayed) = self.body.replay()?;
        Some(Outgoing::for_attempt(Arc::clone(self), attempt, replayed))
    }

    /// Keep what is sent, so that it can be sent again.
    pub(crate) fn keep(&self) {
        self.body
            .keep(MessageReservation::new(Arc::clone(&self.usage)));
    }

    /// The server responded: nothing is sent again.
    pub(crate) fn settle(&self) {
        self.body.settle();
    }
}

impl Outgoing {
    /// A body with its announced length, if any.
    pub(crate) fn new(
        content: Content,
        length: Option<u64>,
        usage: Arc<RunUsage>,
        entry: Arc<AuditEntry>,
        held: Arc<ActiveRequest>,
    ) -> Self {
        let upload = Upload {
            body: Replay::new(content),
            held,
            length,
            usage,
            entry,
        };
        Self::for_attempt(Arc::new(upload), 0, Bytes::new())
    }

    fn for_attempt(request: Arc<Upload>, attempt: u32, replayed: Bytes) -> Self {
        let is_empty = replayed.is_empty() && request.body.is_end_stream();
        Self {
            progress: Arc::new(Progress::new(is_empty || request.length == Some(0))),
            left: request.length,
            request,
            attempt,
            replayed,
            flood_guard: None,
            unread: None,
        }
    }

    /// The state that outlives this attempt.
    pub(crate) fn upload(&self) -> Arc<Upload> {
        Arc::clone(&self.request)
    }

    /// On HTTP/2, the server acknowledges the body as it reads it, which the guard allows for.
    pub(crate) fn attach_flood_guard(&mut self, flood_guard: FloodGuard) {
        self.flood_guard = Some(flood_guard);
    }

    /// Whether values of secrets may be in it.
    pub(crate) fn has_values(&self) -> bool {
        self.request.body.has_values()
    }

    /// On HTTP/1.1, say whether the connection can take another request after a body, of which this
    /// many bytes are written.
    pub(crate) fn watch_unread(&mut self, length: u64, is_harmless: Arc<AtomicBool>) {
        self.unread = Some(UnreadBody::new(length, is_harmless));
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if self.replayed.is_empty() {
            return self.request.body.poll(self.attempt, cx);
        }
        let piece = self.replayed.split_to(self.replayed.len().min(PIECE));
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
        let usage = &this.request.usage;
        this.progress.step();
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    if let Err(error) = usage.count_sent(data.len()) {
                        return Poll::Ready(Some(Err(error)));
                    }
                    this.request.entry.sent(data.len() as u64);
                    if let Some(unread) = &mut this.unread {
                        unread.read(data);
                    }
                    if let Some(flood_guard) = &this.flood_guard {
                        flood_guard.credit(data.len());
                    }
                    if let Some(left) = &mut this.left {
                        *left = left.saturating_sub(data.len() as u64);
                    }
                } else if let Some(trailers) = frame.trailers_ref()
                    && let Err(error) = usage.count_header(trailers, Stage::Send)
                {
                    return Poll::Ready(Some(Err(error)));
                }
            }
            // When the run ends, the other end of the body is dropped, which looks like the end of
            // the body: the server would accept an incomplete request.
            None if usage.signal().is_closed() => {
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
        self.replayed.is_empty() && self.request.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (replayed, rest) = (self.replayed.len() as u64, self.request.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + replayed);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + replayed);
        }
        hint
    }
}
