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

/// How many steps and frames one poll goes through that come to nothing, before
/// it lets other tasks run.
const STEPS: usize = 32;

pin_project! {
    /// A body without its codings.
    ///
    /// Frames of data are never empty and never larger than
    /// [`PIECE`](crate::PIECE). Nothing is decoded before it is asked for.
    /// What is decoded, and what memory that takes, the [`Allowance`] is told; its
    /// error ends the body, as any error does. Trailers come after the data.
    pub struct Decoded<B, L> {
        #[pin]
        source: B,
        allowance: L,
        identity: bool,
        // None after the end or an error.
        decoder: Option<Decoder>,
        // What the allowance knows of the decoder's memory.
        holds: usize,
        // What the source gave and was not decoded yet.
        input: Bytes,
        // Whether the source gave any bytes.
        begun: bool,
        // Whether it gave all.
        drained: bool,
        // Whether the allowance knows of what is ignored.
        told: bool,
        trailers: Option<HeaderMap>,
    }
}

/// What a body may come to when it is decoded.
pub trait Allowance {
    /// Why it may not come to more.
    type Error;

    /// So many bytes more were decoded. They are not handed on before this is
    /// told, nor go from one coding to the next.
    fn decoded(&mut self, bytes: usize) -> Result<(), Self::Error>;

    /// The decoder holds so many bytes of memory from now on, and none when the
    /// body is over. It is told after the step that took them: until then a body
    /// may have a window too much.
    fn holds(&mut self, bytes: usize) -> Result<(), Self::Error>;

    /// Something follows the end of a coding, and is ignored: told once.
    fn ignores_after(&mut self, _: Coding) {}
}

/// Why a decoded body broke off.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BodyError<S, A>
where
    S: StdError + 'static,
    A: StdError + 'static,
{
    /// The body underneath did.
    #[error(transparent)]
    Source(S),
    /// It can't be decoded.
    #[error(transparent)]
    Decode(DecodeError),
    /// It decodes to more than is allowed.
    #[error(transparent)]
    Allowance(A),
}

impl<B, L> Decoded<B, L> {
    /// Undo the codings of a body, with what the caller allows it to decode to.
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
            told: false,
            trailers: None,
        }
    }

    /// Ignore what follows the end of a coding, as browsers do, and tell the allowance.
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
            if !*this.told
                && let Some(coding) = decoder.ignored_after()
            {
                *this.told = true;
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
    /// Nothing comes after an error: what was lost can't be told from what was never sent.
    fn fail<T, E>(self: Pin<&mut Self>, error: E) -> Poll<Option<Result<T, E>>> {
        self.end();
        Poll::Ready(Some(Err(error)))
    }

    fn end(self: Pin<&mut Self>) {
        let this = self.project();
        *this.decoder = None;
        *this.input = Bytes::new();
        if *this.holds > 0 {
            // To hold nothing is within every allowance.
            _ = this.allowance.holds(0);
        }
    }
}
