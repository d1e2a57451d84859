//! The decoder, driven as by its caller.

use bytes::Bytes;
use http_step_coding::{Coding, Codings, DecodeError, Decoder, PIECE, Step};

/// More than any body here needs: a decoder that exceeds it would never end.
const MAX_STEPS: usize = 1 << 20;

/// The result of decoding a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The decoded bytes, up to the error if there is one.
    pub(crate) decoded: Vec<u8>,
    pub(crate) error: Option<DecodeError>,
    /// How many steps it took.
    pub(crate) steps: usize,
    /// The output of all codings together, in bytes.
    pub(crate) produced: usize,
    /// The coding after which bytes were ignored.
    pub(crate) ignored_after: Option<Coding>,
}

impl Outcome {
    /// For tables: the text, or the error.
    pub(crate) fn report(&self) -> String {
        match &self.error {
            None => format!("{:?}", String::from_utf8_lossy(&self.decoded)),
            Some(error) => error.to_string(),
        }
    }
}

/// Decode a body that arrives in these frames, up to its end or an error.
pub(crate) fn feed<'a>(codings: &Codings, frames: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    feed_to(Decoder::new(codings), frames)
}

/// The same, but ignore bytes after the end.
pub(crate) fn feed_leniently<'a>(
    codings: &Codings,
    frames: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    feed_to(Decoder::new(codings).lenient(), frames)
}

fn feed_to<'a>(mut decoder: Decoder, frames: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut frames = frames.into_iter();
    let mut input = Bytes::new();
    let mut ended = false;
    let mut outcome = Outcome {
        decoded: Vec::new(),
        error: None,
        steps: 0,
        produced: 0,
        ignored_after: None,
    };
    loop {
        outcome.steps += 1;
        assert!(outcome.steps < MAX_STEPS, "no end comes");
        match decoder.step(&mut input, ended) {
            Ok(Step::Piece(piece)) => {
                assert!((1..=PIECE).contains(&piece.len()));
                outcome.produced += piece.len();
                outcome.decoded.extend_from_slice(&piece);
            }
            Ok(Step::Within(length)) => {
                assert!(length <= PIECE);
                outcome.produced += length;
            }
            Ok(Step::Hungry) => match frames.next() {
                Some(frame) => input = Bytes::copy_from_slice(frame),
                None => ended = true,
            },
            Ok(Step::Done) => {
                outcome.ignored_after = decoder.ignored_after();
                return outcome;
            }
            Err(error) => {
                assert_eq!(decoder.step(&mut input, ended), Err(error.clone()));
                outcome.error = Some(error);
                return outcome;
            }
        }
    }
}

/// The same, all in one frame.
pub(crate) fn decode(codings: &Codings, body: &[u8]) -> Outcome {
    feed(codings, [body])
}
