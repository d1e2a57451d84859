//! The body of a download: text like a build's log, repeated, with no two equal pieces in a row. It
//! costs the server next to nothing.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Bytes of the text that is repeated.
const TEXT_BYTES: usize = 1 << 20;

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 << 10;

static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = String::with_capacity(TEXT_BYTES + 256);
    // Knuth's constants for a linear congruential generator: its numbers look like hashes.
    let mut state = 42_u64;
    while text.len() < TEXT_BYTES {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // Writing to a string does not fail.
        _ = writeln!(
            text,
            "[{:>8.3}] Compiling unit-{} (sha256:{state:016x}) -> \"/build/out/{}.o\", {} warnings",
            (state >> 40) as f64 / 1000.0,
            state >> 52,
            state % 9973,
            state >> 61,
        );
    }
    text.truncate(TEXT_BYTES);
    text.into()
});

/// A body of a length.
pub(crate) struct Download {
    left: u64,
    at: usize,
}

impl Download {
    pub(crate) fn new(bytes: u64) -> Self {
        Self { left: bytes, at: 0 }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let end = (self.at + PIECE_BYTES).min(TEXT_BYTES);
        let length = (end - self.at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let piece = TEXT.slice(self.at..self.at + length);
        self.left -= length as u64;
        self.at = end % TEXT_BYTES;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
