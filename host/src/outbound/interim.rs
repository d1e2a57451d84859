//! Interim responses (RFC 9110, section 15.2). A server may send some before the
//! final one; hyper reads past them. To a server that sends nothing else it would
//! listen without end and without a pause, and keep a thread of the host from
//! its other work meanwhile.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::Request;
use hyper::ext::on_informational;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many a server may send for a request. One that has work to do sends one
/// every few seconds.
const MOST_INTERIM: usize = 64;

/// A server sent too many of them.
#[derive(Debug, Error)]
#[error("it sends more than {MOST_INTERIM} interim responses")]
pub(super) struct Flood;

/// Counts those for one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Interim(Arc<AtomicUsize>);

impl Interim {
    /// Count those for a request that is about to be sent.
    pub(super) fn count<B>(&self, request: &mut Request<B>) {
        let count = Arc::clone(&self.0);
        count.store(0, Ordering::Relaxed);
        on_informational(request, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    }

    fn is_flood(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MOST_INTERIM
    }
}

/// A connection that is not read from any more once there are too many.
pub(super) struct Counted<I> {
    pub(super) io: I,
    pub(super) interim: Interim,
}

impl<I: AsyncRead + Unpin> AsyncRead for Counted<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.interim.is_flood() {
            return Poll::Ready(Err(io::Error::other(Flood)));
        }
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Counted<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
