//! Content codings: whatever the body is and however it arrives, it decodes to the same, to no more
//! than is allowed, and to nothing after an error.
#![no_main]

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_step_coding::{
    Allowance, BodyError, Coding, Codings, DecodeError, Decoded, Decoder, PIECE, Step, decode_all,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// What one input may decode to: a few pieces, to bound the time of a run.
const MAX: usize = 8 * PIECE;

/// In the corpus these are seven bytes, and the unchanged body.
#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// None, one or two of them.
    codings: u8,
    /// The lengths of its frames, repeated.
    frames: [u8; 4],
    /// What is allowed, in units of 256 decoded bytes.
    allowed: u16,
    body: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let codings = codings(input.codings);
    let whole = feed(&codings, &[input.body]);
    let frames = frames(input.body, input.frames);
    let pieces = feed(&codings, &frames);
    whole.check_same(&codings, &pieces);

    let in_memory = decode_all(&codings, input.body, MAX);
    match (&whole.end, &in_memory) {
        (End::Done, Ok(decoded)) => assert!(*decoded == whole.decoded),
        (End::Error(error), Err(same)) => assert_eq!(error, same),
        (End::TooMuch, Err(DecodeError::TooLarge { limit: MAX })) => {}
        (end, result) => panic!("{end:?}, but in memory {result:?}"),
    }
    check_allowance(&codings, &frames, usize::from(input.allowed) << 8, &pieces);
});

fn codings(number: u8) -> Codings {
    let names = Coding::ALL.map(Coding::name);
    let mut lists: Vec<String> = vec![String::new()];
    lists.extend(names.map(str::to_owned));
    for inner in names {
        lists.extend(names.map(|outer| format!("{inner}, {outer}")));
    }
    let list = &lists[usize::from(number) % lists.len()];
    Codings::parse([list.as_bytes()].into_iter()).expect("every coding is known")
}

/// The body in frames. A frame may be empty, if another is not.
fn frames(mut body: &[u8], lengths: [u8; 4]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    let mut lengths = lengths.into_iter().map(usize::from).cycle();
    let moves = lengths.clone().take(4).any(|length| length > 0);
    while !body.is_empty() {
        let length = if moves { lengths.next() } else { None };
        let (frame, rest) = body.split_at(length.unwrap_or(body.len()).min(body.len()));
        frames.push(frame);
        body = rest;
    }
    frames
}

/// What a body decodes to.
struct Outcome {
    decoded: Vec<u8>,
    /// The output of all codings together.
    made: usize,
    end: End,
}

#[derive(Debug)]
enum End {
    Done,
    Error(DecodeError),
    /// The limit was reached.
    TooMuch,
}

fn feed(codings: &Codings, frames: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(codings);
    let mut frames = frames.iter();
    let mut input = Bytes::new();
    let mut ended = false;
    let (mut decoded, mut made) = (Vec::new(), 0);
    let end = loop {
        let length = match decoder.step(&mut input, ended) {
            Ok(Step::Piece(piece)) => {
                assert!(!piece.is_empty());
                decoded.extend_from_slice(&piece);
                piece.len()
            }
            Ok(Step::Within(length)) => length,
            Ok(Step::Hungry) => {
                assert!(input.is_empty() && !ended, "hungry, and there is food");
                match frames.next() {
                    Some(frame) => input = Bytes::copy_from_slice(frame),
                    None => ended = true,
                }
                0
            }
            Ok(Step::Done) => {
                assert!(input.is_empty() && ended, "done before the end");
                break End::Done;
            }
            Err(error) => {
                let again = decoder.step(&mut Bytes::from_static(b"more"), ended);
                assert_eq!(again, Err(error.clone()), "an error is the last word");
                break End::Error(error);
            }
        };
        assert!(length <= PIECE);
        made += length;
        if made > MAX {
            break End::TooMuch;
        }
    };
    Outcome { decoded, made, end }
}

impl Outcome {
    /// Neither the result nor the decoded bytes depend on the frames. An error discards the bytes
    /// that were read with it, so how much is decoded of an invalid body may depend on them.
    fn check_same(&self, codings: &Codings, other: &Self) {
        let shorter = self.decoded.len().min(other.decoded.len());
        assert!(self.decoded[..shorter] == other.decoded[..shorter]);
        match (&self.end, &other.end) {
            (End::Done, End::Done) => assert_eq!(self.decoded.len(), other.decoded.len()),
            (End::Error(error), End::Error(other)) => check_same_error(codings, error, other),
            (End::TooMuch, End::TooMuch | End::Error(_)) | (End::Error(_), End::TooMuch) => {}
            // zstd compares a frame's content with the size in its header only if it has the whole
            // frame: in pieces, an empty last block ends a frame that is too short.
            (End::Error(error), End::Done) | (End::Done, End::Error(error))
                if coding_of(error) == Some(Coding::Zstd) => {}
            (end, other) => panic!("{end:?}, but in frames {other:?}"),
        }
    }
}

/// With two codings, the bytes that the outer error discards may contain an error of the inner one,
/// and for `br, br` an error does not show which of the two it is about. The reasons are the
/// libraries' messages.
fn check_same_error(codings: &Codings, error: &DecodeError, other: &DecodeError) {
    let of_one = |error| {
        let coding = coding_of(error)?;
        (codings.iter().filter(|each| *each == coding).count() == 1).then_some(coding)
    };
    let kinds = [error, other].map(std::mem::discriminant);
    match (of_one(error), of_one(other)) {
        // See above: a frame that is too short as a whole ends well in pieces, and the next error
        // comes after it.
        (Some(Coding::Zstd), Some(Coding::Zstd)) if is_short_frame(error, other) => {}
        (Some(coding), Some(same)) if coding == same => {
            assert_eq!(kinds[0], kinds[1], "{error:?}, but in frames {other:?}");
        }
        _ => {}
    }
}

fn is_short_frame(error: &DecodeError, other: &DecodeError) -> bool {
    use DecodeError::{Corrupt, TrailingData};
    matches!(
        (error, other),
        (Corrupt { .. }, TrailingData { .. }) | (TrailingData { .. }, Corrupt { .. })
    )
}

fn coding_of(error: &DecodeError) -> Option<Coding> {
    match error {
        DecodeError::Corrupt { coding, .. }
        | DecodeError::Truncated { coding }
        | DecodeError::TrailingData { coding }
        | DecodeError::Window { coding }
        | DecodeError::Memory { coding } => Some(*coding),
        DecodeError::TooLarge { .. } => None,
    }
}

/// Frames of a body, one per poll.
struct Frames(VecDeque<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }
}

/// The allowance is used up.
#[derive(Debug)]
struct UsedUp;

impl fmt::Display for UsedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the allowance is used up")
    }
}

impl std::error::Error for UsedUp {}

/// More than the windows and tables of two codings ever take.
const MEMORY: usize = 64 << 20;

/// What is allowed, and what was used of it.
struct Allowed<'c> {
    made: &'c Cell<usize>,
    held: &'c Cell<usize>,
    allowed: usize,
}

impl Allowance for Allowed<'_> {
    type Error = UsedUp;

    fn decoded(&mut self, bytes: usize) -> Result<(), UsedUp> {
        self.made.set(self.made.get() + bytes);
        if self.made.get() > self.allowed {
            return Err(UsedUp);
        }
        Ok(())
    }

    fn holds(&mut self, bytes: usize) -> Result<(), UsedUp> {
        assert!(bytes <= MEMORY, "{bytes}");
        self.held.set(bytes);
        Ok(())
    }
}

/// Read it as a body, with an allowance.
fn check_allowance(codings: &Codings, frames: &[&[u8]], allowed: usize, expected: &Outcome) {
    let allowed = allowed.min(MAX);
    let made = Cell::new(0);
    let held = Cell::new(0);
    let allowance = Allowed {
        made: &made,
        held: &held,
        allowed,
    };
    let source = Frames(
        frames
            .iter()
            .map(|frame| Bytes::copy_from_slice(frame))
            .collect(),
    );
    let mut body = pin!(Decoded::new(source, codings, allowance));
    let mut context = Context::from_waker(Waker::noop());
    let mut read = Vec::new();
    let error = loop {
        match body.as_mut().poll_frame(&mut context) {
            // The source always has something: a pending body has yielded, and has to be polled
            // again.
            Poll::Pending => {}
            Poll::Ready(None) => break None,
            Poll::Ready(Some(Ok(frame))) => {
                read.extend_from_slice(&frame.into_data().expect("there are no trailers"));
            }
            Poll::Ready(Some(Err(error))) => break Some(error),
        }
    };
    assert!(body.is_end_stream());
    assert_eq!(held.get(), 0, "what is over holds memory");
    assert!(
        matches!(body.poll_frame(&mut context), Poll::Ready(None)),
        "something comes after the end"
    );
    assert!(read.len() <= allowed && made.get() <= allowed + PIECE);
    assert!(expected.decoded.starts_with(&read));
    match (error, &expected.end) {
        (None, End::Done) => assert_eq!(read.len(), expected.decoded.len()),
        (Some(BodyError::Decode(error)), End::Error(same)) => assert_eq!(error, *same),
        (Some(BodyError::Allowance(UsedUp)), _) => assert!(expected.made > allowed),
        (error, end) => panic!("{error:?}, but {end:?} without a body around it"),
    }
}
