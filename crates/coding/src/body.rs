//! The decoder around a body.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use thiserror::Error;

use crate::codings::{Coding, Codings};
use crate::decoder::{Decoder, Step};
use crate::error::DecodeError;

/// How many steps and frames without a result one poll processes before it yields to other
/// tasks.
const STEPS: usize = 32;

pin_project! {
    /// A body without its codings.
    ///
    /// Data frames are never empty and never larger than [`PIECE`](crate::PIECE). Nothing is
    /// decoded before it is polled for. The decoded bytes and the decoder's memory are charged
    /// to the [`Allowance`], whose error ends the body, as any error does. Trailers follow the
    /// data.
    pub struct Decoded<B, L> {
        #[pin]
        source: B,
        allowance: L,
        identity: bool,
        // None after the end or an error.
        decoder: Option<Decoder>,
        // The memory that is charged to the allowance.
        holds: usize,
        // Received and not yet decoded.
        input: Bytes,
        // Whether any bytes were received.
        begun: bool,
        // Whether all bytes were received.
        drained: bool,
        // Whether ignored bytes were reported to the allowance.
        is_reported: bool,
        trailers: Option<HeaderMap>,
    }
}

/// The limits for decoding a body.
pub trait Allowance {
    /// A limit was exceeded.
    type Error;

    /// Charge decoded bytes. This is called before they are returned, or passed on to the
    /// next coding.
    fn decoded(&mut self, bytes: usize) -> Result<(), Self::Error>;

    /// Set the decoder's memory in bytes; 0 at the end of the body. This is called after the
    /// step that allocated it, so a body can exceed the limit by one window until then.
    fn holds(&mut self, bytes: usize) -> Result<(), Self::Error>;

    /// Called once if bytes after the end of a coding are ignored.
    fn ignores_after(&mut self, _: Coding) {}
}

/// Why a decoded body ended early.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BodyError<S, A>
where
    S: StdError + 'static,
    A: StdError + 'static,
{
    /// The source failed.
    #[error(transparent)]
    Source(S),
    /// The body can't be decoded.
    #[error(transparent)]
    Decode(DecodeError),
    /// A limit was exceeded.
    #[error(transparent)]
    Allowance(A),
}

impl<B, L> Decoded<B, L> {
    /// Decode a body, within the limits of an allowance.
    pub fn new(source: B, codings: &Codings, allowance: L) -> Self {
        Self {
            source,
            allowance,
            identity: codings.is_identity(),
            decoder: Some(Decoder::new(codings)),
            holds: 0,
            input: Bytes::new(),
            begun: false,
            drained: false,
            is_reported: false,
            trailers: None,
        }
    }

    /// Ignore bytes after the end of a coding, as browsers do, and report them to the
    /// allowance.
    pub fn lenient(mut self) -> Self {
        self.decoder = self.decoder.map(Decoder::lenient);
        self
    }
}

impl<B, L> Body for Decoded<B, L>
where
    B: Body<Data = Bytes>,
    B::Error: StdError + 'static,
    L: Allowance<Error: StdError + 'static>,
{
    type Data = Bytes;
    type Error = BodyError<B::Error, L::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        for _ in 0..STEPS {
            let this = self.as_mut().project();
            let Some(decoder) = this.decoder else {
                return Poll::Ready(None);
            };
            let step = match decoder.step(this.input, *this.drained) {
                Ok(step) => step,
                Err(error) => return self.fail(BodyError::Decode(error)),
            };
            if !*this.is_reported
                && let Some(coding) = decoder.ignored_after()
            {
                *this.is_reported = true;
                this.allowance.ignores_after(coding);
            }
            let memory = decoder.memory();
            if memory != *this.holds {
                *this.holds = memory;
                if let Err(error) = this.allowance.holds(memory) {
                    return self.fail(BodyError::Allowance(error));
                }
            }
            match step {
                Step::Piece(piece) => {
                    return match this.allowance.decoded(piece.len()) {
                        Ok(()) => Poll::Ready(Some(Ok(Frame::data(piece)))),
                        Err(error) => self.fail(BodyError::Allowance(error)),
                    };
                }
                Step::Within(0) => {}
                Step::Within(length) => {
                    if let Err(error) = this.allowance.decoded(length) {
                        return self.fail(BodyError::Allowance(error));
                    }
                }
                Step::Done => {
                    let trailers = this.trailers.take().map(Frame::trailers);
                    self.end();
                    return Poll::Ready(trailers.map(Ok));
                }
                Step::Hungry => match ready!(this.source.poll_frame(cx)) {
                    None => *this.drained = true,
                    Some(Err(error)) => return self.fail(BodyError::Source(error)),
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) => {
                            *this.begun |= !data.is_empty();
                            *this.input = data;
                        }
                        Err(frame) => {
                            *this.drained = true;
                            *this.trailers = frame.into_trailers().ok();
                        }
                    },
                },
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        if self.decoder.is_none() {
            return true;
        }
        // Of a coding that has begun, only its decoder knows whether it is complete.
        let nothing_waits = self.input.is_empty() && self.trailers.is_none();
        (self.identity || !self.begun) && nothing_waits && self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() {
            SizeHint::with_exact(0)
        } else if self.identity && self.input.is_empty() {
            self.source.size_hint()
        } else {
            SizeHint::default()
        }
    }
}

impl<B, L: Allowance> Decoded<B, L> {
    /// Nothing follows an error: lost data is indistinguishable from data that was never sent.
    fn fail<T, E>(self: Pin<&mut Self>, error: E) -> Poll<Option<Result<T, E>>> {
        self.end();
        Poll::Ready(Some(Err(error)))
    }

    fn end(self: Pin<&mut Self>) {
        let this = self.project();
        *this.decoder = None;
        *this.input = Bytes::new();
        if *this.holds > 0 {
            // 0 is within every limit.
            _ = this.allowance.holds(0);
        }
    }
}
