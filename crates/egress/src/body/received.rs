//! A response's body while it is received: counted against the budgets, with a timeout between
//! pieces.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use super::ActiveRequest;
use crate::error::cause::innermost;
use crate::error::{Stage, TransportError};
use crate::flood::http2::Http2Stream;
use crate::usage::RunUsage;
use crate::usage::audit::AuditEntry;

/// A response's body.
pub(crate) struct Received {
    inner: Incoming,
    usage: Arc<RunUsage>,
    entry: Arc<AuditEntry>,
    origin: String,
    count: u64,
    within: Duration,
    /// Released at the end of the body: its reader may keep the body for longer.
    held: Option<(Arc<ActiveRequest>, Option<Http2Stream>)>,
    /// The timeout of the next piece; set when a read has to wait.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Received {
    pub(crate) fn new(
        inner: Incoming,
        usage: Arc<RunUsage>,
        entry: Arc<AuditEntry>,
        origin: String,
        within: Duration,
        held: Arc<ActiveRequest>,
        stream: Option<Http2Stream>,
    ) -> Self {
        let held = if inner.is_end_stream() {
            entry.ended();
            None
        } else {
            Some((held, stream))
        };
        Self {
            inner,
            usage,
            entry,
            origin,
            count: 0,
            within,
            held,
            silence: None,
        }
    }

    /// What the request holds, unless the body has ended.
    pub(crate) fn held(&self) -> Option<Arc<ActiveRequest>> {
        self.held.as_ref().map(|(held, _)| Arc::clone(held))
    }

    /// Count a piece.
    fn take(&mut self, bytes: usize) -> Result<(), TransportError> {
        self.count += bytes as u64;
        self.entry.received(bytes as u64);
        if let Some((_, Some(stream))) = &self.held {
            stream.taken(bytes);
        }
        self.usage.count_received(bytes)
    }

    /// Wait for the next piece, with the timeout.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, TransportError>>> {
        let within = self.within;
        let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(TransportError::BodyTimeout {
            from: self.origin.clone(),
            within,
        })))
    }

    /// The body has ended.
    fn end(&mut self) {
        self.entry.ended();
        self.held = None;
    }

    fn read_error(&self, error: &hyper::Error) -> TransportError {
        TransportError::Body {
            from: self.origin.clone(),
            after: self.count,
            reason: innermost(error),
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.entry.dropped();
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
            // An HTTP/2 server may send an unlimited number of empty frames. They don't count as
            // progress, and wasmtime-wasi-http must not get them (GHSA-f8mm).
            Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                cx.waker().wake_by_ref();
                this.wait(cx)
            }
            Poll::Ready(Some(Ok(frame))) => {
                this.silence = None;
                let taken = match (frame.data_ref(), frame.trailers_ref()) {
                    (Some(data), _) => this.take(data.len()),
                    (None, Some(trailers)) => this.usage.count_header(trailers, Stage::Body),
                    (None, None) => Ok(()),
                };
                if taken.is_err() || this.inner.is_end_stream() {
                    this.end();
                }
                Poll::Ready(Some(taken.map(|()| frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.end();
                Poll::Ready(Some(Err(this.read_error(&error))))
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
