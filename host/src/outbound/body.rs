//! Bodies on their way through: counted, and watched for standing still.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http as wasi_http;
use wasmtime_wasi_http::WasiBody;

use super::error::{TransportError, innermost};
use super::journal::Journal;

/// A request's body.
pub(super) struct Outgoing {
    pub(super) inner: WasiBody,
    pub(super) journal: Arc<Journal>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = wasi_http::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.journal.sent(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response's body.
pub(super) struct Received {
    inner: Incoming,
    journal: Arc<Journal>,
    origin: String,
    count: u64,
    within: Duration,
    /// Runs out if nothing comes; set up when a read has to wait.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Received {
    pub(super) fn new(
        inner: Incoming,
        journal: Arc<Journal>,
        origin: String,
        within: Duration,
    ) -> Self {
        Self {
            inner,
            journal,
            origin,
            count: 0,
            within,
            silence: None,
        }
    }

    fn fail<T>(&self, error: TransportError) -> Poll<Option<Result<T, wasi_http::Error>>> {
        let code = wasi_http::Error::from(&error);
        self.journal.failed(error);
        Poll::Ready(Some(Err(code)))
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = wasi_http::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.silence = None;
                if let Some(data) = frame.data_ref() {
                    this.count += data.len() as u64;
                    this.journal.received(data.len());
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => this.fail(TransportError::Body {
                from: this.origin.clone(),
                after: this.count,
                reason: innermost(&error),
            }),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let within = this.within;
                let silence = this.silence.get_or_insert_with(|| Box::pin(sleep(within)));
                ready!(silence.as_mut().poll(cx));
                // A reader that goes on after the error waits anew.
                silence.as_mut().reset(Instant::now() + within);
                this.fail(TransportError::BodyTimeout {
                    from: this.origin.clone(),
                    within,
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
