//! A request's body that can be sent again on another connection. The part that was sent is kept,
//! up to a limit; the next attempt starts with it and continues with what the component writes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use parking_lot::{Mutex, MutexGuard};

use super::content::{Content, MAX_HELD};
use crate::error::TransportError;
use crate::usage::MessageReservation;

/// The body of all attempts at one request.
pub(crate) struct Replay(Mutex<Source>);

struct Source {
    content: Content,
    /// The attempt that reads it. hyper may still hold an earlier one.
    attempt: u32,
    sent: Buffered,
}

/// What was read from the content so far.
enum Buffered {
    Nothing,
    /// Kept, which counts as memory of the run.
    Kept(Kept),
    /// Not kept: it exceeds the limit, or keeping was not requested.
    Gone,
}

#[derive(Default)]
struct Kept {
    /// What earlier attempts sent.
    before: Bytes,
    /// What this attempt sent after that.
    now: BytesMut,
    room: Option<MessageReservation>,
}

impl Replay {
    pub(crate) fn new(content: Content) -> Self {
        Self(Mutex::new(Source {
            content,
            attempt: 0,
            sent: Buffered::Nothing,
        }))
    }

    /// Keep what is sent from now on, as memory of the run, unless something was sent already.
    pub(crate) fn keep(&self, room: MessageReservation) {
        let mut source = self.lock();
        if matches!(source.sent, Buffered::Nothing) {
            source.sent = Buffered::Kept(Kept {
                room: Some(room),
                ..Kept::default()
            });
        }
    }

    /// The server responded: nothing of it is sent again.
    pub(crate) fn settle(&self) {
        let mut source = self.lock();
        if matches!(source.sent, Buffered::Kept(_)) {
            source.sent = Buffered::Gone;
        }
    }

    /// Start another attempt. Returns its number, and what it sends first. None if that is not
    /// kept.
    pub(crate) fn replay(&self) -> Option<(u32, Bytes)> {
        let mut source = self.lock();
        let first = match &mut source.sent {
            Buffered::Nothing => Bytes::new(),
            Buffered::Kept(kept) => kept.all(),
            Buffered::Gone => return None,
        };
        source.attempt += 1;
        Some((source.attempt, first))
    }

    /// The next piece for an attempt.
    pub(crate) fn poll(
        &self,
        attempt: u32,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let mut source = self.lock();
        if source.attempt != attempt {
            return Poll::Ready(Some(Err(TransportError::RequestBody)));
        }
        let poll = Pin::new(&mut source.content).poll_frame(cx);
        if let Poll::Ready(Some(frame)) = &poll {
            source.take(frame.as_ref().ok());
        }
        poll
    }

    pub(crate) fn has_values(&self) -> bool {
        self.lock().content.has_values()
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.lock().content.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.lock().content.size_hint()
    }

    fn lock(&self) -> MutexGuard<'_, Source> {
        self.0.lock()
    }
}

impl Source {
    /// A frame or an error was read from the content.
    fn take(&mut self, frame: Option<&Frame<Bytes>>) {
        let data = frame.and_then(Frame::data_ref);
        let is_kept = match (&mut self.sent, &self.content, data) {
            (Buffered::Kept(kept), Content::Whole { bytes, .. }, Some(_)) => {
                kept.before = bytes.clone();
                true
            }
            (Buffered::Kept(kept), Content::Written(_), Some(data)) => kept.push(data),
            // Trailers are rare, and a long body with secrets is not held twice.
            _ => false,
        };
        if !is_kept {
            self.sent = Buffered::Gone;
        }
    }
}

impl Kept {
    /// Keep a piece, if it fits.
    fn push(&mut self, piece: &[u8]) -> bool {
        if self.before.len() + self.now.len() + piece.len() > MAX_HELD {
            return false;
        }
        self.now.extend_from_slice(piece);
        let bytes = self.before.len() + self.now.capacity();
        self.room
            .as_mut()
            .is_some_and(|room| room.try_resize(bytes))
    }

    fn all(&mut self) -> Bytes {
        if self.before.is_empty() {
            self.before = self.now.split().freeze();
        } else if !self.now.is_empty() {
            let all = [&*self.before, &*self.now].concat();
            self.before = all.into();
            self.now = BytesMut::new();
        }
        self.before.clone()
    }
}
