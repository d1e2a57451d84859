//! I/O whose reads are inspected, and fail if the inspection does. hyper itself reads and answers
//! everything that the protocol allows.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection, and a function that gets the number of bytes of each read.
pub(crate) struct InspectedIo<I, W> {
    pub(crate) io: I,
    pub(crate) inspect: W,
}

impl<I, W> AsyncRead for InspectedIo<I, W>
where
    I: AsyncRead + Unpin,
    W: FnMut(usize) -> io::Result<()> + Unpin,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let poll = Pin::new(&mut this.io).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = poll {
            (this.inspect)(buffer.filled().len() - before)?;
        }
        poll
    }
}

impl<I: AsyncWrite + Unpin, W: Unpin> AsyncWrite for InspectedIo<I, W> {
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
