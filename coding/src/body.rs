//! The decoder around a body.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use thiserror::Error;

use crate::codings::Codings;
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
    /// Before bytes are handed on, or go from one coding to the next, the
    /// allowance is told how many they are; its error ends the body, as any
    /// error does. Trailers come after the data.
    pub struct Decoded<B, F> {
        #[pin]
        source: B,
        allowance: F,
        identity: bool,
        // None after the end or an error.
        decoder: Option<Decoder>,
        // What the source gave and was not decoded yet.
        input: Bytes,
        // Whether the source gave any bytes.
        begun: bool,
        // Whether it gave all.
        drained: bool,
        trailers: Option<HeaderMap>,
    }
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

impl<B, F> Decoded<B, F> {
    /// Undo the codings of a body, with what the caller allows it to decode to.
    pub fn new(source: B, codings: &Codings, allowance: F) -> Self {
        Self {
            source,
            allowance,
            identity: codings.is_identity(),
            decoder: Some(Decoder::new(codings)),
            input: Bytes::new(),
            begun: false,
            drained: false,
            trailers: None,
        }
    }
}

impl<B, F, A> Body for Decoded<B, F>
where
    B: Body<Data = Bytes>,
    B::Error: StdError + 'static,
    F: FnMut(usize) -> Result<(), A>,
    A: StdError + 'static,
{
    type Data = Bytes;
    type Error = BodyError<B::Error, A>;

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
            match step {
                Step::Piece(piece) => {
                    return match (this.allowance)(piece.len()) {
                        Ok(()) => Poll::Ready(Some(Ok(Frame::data(piece)))),
                        Err(error) => self.fail(BodyError::Allowance(error)),
                    };
                }
                Step::Within(0) => {}
                Step::Within(length) => {
                    if let Err(error) = (this.allowance)(length) {
                        return self.fail(BodyError::Allowance(error));
                    }
                }
                Step::Done => {
                    *this.decoder = None;
                    let trailers = this.trailers.take().map(Frame::trailers);
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

impl<B, F> Decoded<B, F> {
    /// Nothing comes after an error: what was lost can't be told from what was never sent.
    fn fail<T, E>(self: Pin<&mut Self>, error: E) -> Poll<Option<Result<T, E>>> {
        let this = self.project();
        *this.decoder = None;
        *this.input = Bytes::new();
        Poll::Ready(Some(Err(error)))
    }
}
