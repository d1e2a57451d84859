//! The decoder without I/O: one bounded step at a time.

use bytes::Bytes;

use crate::codings::{Coding, Codings};
use crate::engine::{Engine, engine};
use crate::error::DecodeError;

/// The maximum that a step reads, and that it decodes to.
pub const PIECE: usize = 64 << 10;

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Decoded bytes: at least one, at most [`PIECE`].
    Piece(Bytes),
    /// No output yet, but progress. This many bytes, 0 to [`PIECE`], went from one coding to
    /// the next. Budgets must count them, since they may never become output.
    Within(usize),
    /// More input is needed.
    Hungry,
    /// The body is complete.
    Done,
}

/// Decodes one body.
///
/// Its memory does not depend on the body's size: a window for each coding, and at most one
/// [`PIECE`] between two codings.
pub struct Decoder {
    /// In the order of decoding.
    stages: Vec<Stage>,
    /// The output buffer of engines.
    room: Box<[u8]>,
    is_lenient: bool,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// The decoder of a body with these codings.
    pub fn new(codings: &Codings) -> Self {
        let room = if codings.is_identity() { 0 } else { PIECE };
        Self {
            stages: codings.iter().rev().map(Stage::new).collect(),
            room: vec![0; room].into_boxed_slice(),
            is_lenient: false,
            failed: None,
        }
    }

    /// Ignore bytes after the end of a coding, as browsers do: zeros, a line break, or anything
    /// else.
    pub fn lenient(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    /// The coding after which bytes were ignored, if any were.
    pub fn ignored_after(&self) -> Option<Coding> {
        let stage = self.stages.iter().find(|stage| stage.is_over)?;
        Some(stage.coding)
    }

    /// Decode one step of the unread input. `ended` says that no more input will follow.
    ///
    /// Read bytes are removed from the front of `input`. An error is final: every further step
    /// returns it again.
    pub fn step(&mut self, input: &mut Bytes, ended: bool) -> Result<Step, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let step = self.advance(input, ended);
        if let Err(error) = &step {
            self.failed = Some(error.clone());
            // Free the windows, which are large.
            self.stages.clear();
        }
        step
    }

    /// Its memory in bytes: what is allocated, not what the stream's header announces. Servers
    /// often announce Brotli's maximum window, of which a small body fills little.
    pub fn memory(&self) -> usize {
        let engines = self.stages.iter().filter_map(|stage| stage.engine.as_ref());
        self.room.len() + engines.map(|engine| engine.memory()).sum::<usize>()
    }

    fn advance(&mut self, input: &mut Bytes, ended: bool) -> Result<Step, DecodeError> {
        let Some(first) = self.stages.first_mut() else {
            return Ok(uncoded(input, ended));
        };
        if first.unread.is_empty() {
            first.unread = std::mem::take(input);
        }
        // The last stage that can make progress runs, so that at most one piece waits before
        // any stage but the first.
        let mut next: Option<&mut Stage> = None;
        for stage in self.stages.iter_mut().rev() {
            if !stage.is_ready() {
                next = Some(stage);
                continue;
            }
            let written = match stage.decode(&mut self.room) {
                Err(error) if self.is_lenient && stage.is_past_end(&error) => stage.ignore(),
                written => written?,
            };
            let piece = match self.room.get(..written) {
                Some(written) if !written.is_empty() => Bytes::copy_from_slice(written),
                _ => return Ok(Step::Within(0)),
            };
            return Ok(match next {
                None => Step::Piece(piece),
                Some(next) => {
                    next.unread = piece;
                    Step::Within(written)
                }
            });
        }
        if !ended {
            return Ok(Step::Hungry);
        }
        for stage in self.stages.iter_mut().filter(|stage| !stage.may_end()) {
            let truncated = DecodeError::Truncated {
                coding: stage.coding,
            };
            if !self.is_lenient || !stage.is_past_end(&truncated) {
                return Err(truncated);
            }
            stage.ignore();
        }
        Ok(Step::Done)
    }
}

fn uncoded(input: &mut Bytes, ended: bool) -> Step {
    match input.len() {
        0 if ended => Step::Done,
        0 => Step::Hungry,
        length => Step::Piece(input.split_to(length.min(PIECE))),
    }
}

/// The decoder of one coding.
struct Stage {
    coding: Coding,
    /// None before the first byte: an empty body is invalid in every format, but it is what
    /// every response to HEAD has.
    engine: Option<Box<dyn Engine>>,
    unread: Bytes,
    /// Whether the last output filled the buffer.
    has_more: bool,
    /// Whether the coding has ended and further bytes are ignored.
    is_over: bool,
}

impl Stage {
    fn new(coding: Coding) -> Self {
        Self {
            coding,
            engine: None,
            unread: Bytes::new(),
            has_more: false,
            is_over: false,
        }
    }

    fn is_ready(&self) -> bool {
        self.has_more || !self.unread.is_empty()
    }

    fn may_end(&self) -> bool {
        let engine = self.engine.as_ref();
        self.is_over || engine.is_none_or(|engine| engine.is_complete())
    }

    /// Whether an error is about bytes after the end.
    fn is_past_end(&self, error: &DecodeError) -> bool {
        let is_past_end = self.engine.as_ref().is_some_and(|it| it.is_past_end());
        match error {
            DecodeError::TrailingData { .. } => true,
            DecodeError::Corrupt { .. } | DecodeError::Truncated { .. } => is_past_end,
            DecodeError::Window { .. }
            | DecodeError::Memory { .. }
            | DecodeError::TooLarge { .. } => false,
        }
    }

    /// Ignore all remaining input.
    fn ignore(&mut self) -> usize {
        self.is_over = true;
        self.has_more = false;
        self.unread = Bytes::new();
        0
    }

    /// Read at most one piece into the buffer, and return the length of the output.
    fn decode(&mut self, room: &mut [u8]) -> Result<usize, DecodeError> {
        if self.is_over {
            return Ok(self.ignore());
        }
        let coding = self.coding;
        let engine = match &mut self.engine {
            Some(engine) => engine,
            None => self
                .engine
                .insert(engine(coding).map_err(|fault| fault.in_coding(coding))?),
        };
        let input = self.unread.slice(..self.unread.len().min(PIECE));
        let progress = engine
            .decode(&input, room)
            .map_err(|fault| fault.in_coding(coding))?;
        if progress.read == 0 && progress.written == 0 && !input.is_empty() {
            return Err(DecodeError::Corrupt {
                coding,
                reason: "its decoder makes no progress".to_owned(),
            });
        }
        self.has_more = progress.written == room.len();
        self.unread = self.unread.split_off(progress.read.min(self.unread.len()));
        Ok(progress.written)
    }
}

/// Decode a whole body in memory, to at most `limit` bytes of every coding.
pub fn decode_all(codings: &Codings, input: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = Decoder::new(codings);
    let mut input = Bytes::copy_from_slice(input);
    let mut decoded = Vec::new();
    let mut left = limit;
    loop {
        let step = decoder.step(&mut input, true)?;
        let length = match &step {
            Step::Piece(piece) => piece.len(),
            Step::Within(length) => *length,
            Step::Hungry | Step::Done => return Ok(decoded),
        };
        left = left
            .checked_sub(length)
            .ok_or(DecodeError::TooLarge { limit })?;
        if let Step::Piece(piece) = step {
            decoded.extend_from_slice(&piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Fault, Progress};

    /// A library that makes no progress and reports no error.
    struct Stuck;

    impl Engine for Stuck {
        fn decode(&mut self, _: &[u8], _: &mut [u8]) -> Result<Progress, Fault> {
            Ok(Progress::default())
        }

        fn memory(&self) -> usize {
            0
        }

        fn is_complete(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_library_without_progress_is_an_error_and_no_endless_loop() {
        let coding = Coding::Gzip;
        let mut stage = Stage::new(coding);
        stage.engine = Some(Box::new(Stuck));
        let mut room = [0; 8];
        // Without input this is valid: more may follow.
        assert_eq!(stage.decode(&mut room), Ok(0));
        stage.unread = Bytes::from_static(b"!");
        assert_eq!(
            stage.decode(&mut room),
            Err(DecodeError::Corrupt {
                coding,
                reason: "its decoder makes no progress".to_owned(),
            })
        );
    }
}
