//! The two ends of a body that a component writes: what was written and not yet sent counts for as
//! long as either exists.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_step_policy::Exceeded;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_http::WasiBody;

use super::super::hooks::BODY_CHUNK;
use super::Pieces;

/// The maximum that waits of a body: two pieces in its channel, one in between, and two in HTTP's
/// buffers. How much does is up to the server.
const MAX_WAITING: usize = 5 * BODY_CHUNK;

/// The end that a component writes to.
pub(in super::super) struct Writing {
    inner: DynOutputStream,
    written: usize,
    pieces: Pieces,
}

impl Writing {
    pub(in super::super) fn wrap(inner: DynOutputStream, pieces: Pieces) -> DynOutputStream {
        Box::new(Self {
            inner,
            written: 0,
            pieces,
        })
    }

    fn count(&mut self, bytes: usize) -> Result<(), Exceeded> {
        let before = self.written;
        self.written = before.saturating_add(bytes).min(MAX_WAITING);
        let more = self.written - before;
        if more == 0 {
            return Ok(());
        }
        grow(&self.pieces, more)
    }
}

/// This many more bytes of a body wait.
pub(in super::super) fn grow(pieces: &Pieces, bytes: usize) -> Result<(), Exceeded> {
    let mut room = pieces.lock();
    room.grow(bytes)
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Writing {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let counted = self.count(bytes.len());
        counted.map_err(|exceeded| StreamError::Trap(exceeded.into()))?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Writing {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

/// The end that is sent.
pub(in super::super) struct Sending {
    inner: WasiBody,
    _pieces: Pieces,
}

impl Sending {
    pub(in super::super) fn wrap(inner: WasiBody, pieces: Pieces) -> WasiBody {
        let sending = Self {
            inner,
            _pieces: pieces,
        };
        sending.boxed_unsync()
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = wasmtime_wasi_http::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_step_egress::{Reservation, RunMemory};
    use http_step_policy::Limits;
    use wasmtime_wasi::p2::pipe::SinkOutputStream;

    use parking_lot::Mutex;

    use super::super::BODY_BYTES;
    use super::*;

    #[test]
    fn the_waiting_part_of_a_body_is_counted_up_to_its_maximum() {
        let memory = Arc::new(RunMemory::new(Limits::default()));
        let pieces = Arc::new(Mutex::new(
            Reservation::with_bytes(&memory, BODY_BYTES).unwrap(),
        ));
        let mut writing = Writing::wrap(Box::new(SinkOutputStream), Arc::clone(&pieces));
        writing.write(vec![0; 10].into()).unwrap();
        writing.write(vec![0; 20].into()).unwrap();
        assert_eq!(memory.used(), BODY_BYTES + 30);
        for _ in 0..100 {
            writing.write(vec![0; BODY_CHUNK].into()).unwrap();
        }
        assert_eq!(memory.used(), BODY_BYTES + MAX_WAITING);
        drop((writing, pieces));
        assert_eq!(memory.used(), 0);
    }
}
