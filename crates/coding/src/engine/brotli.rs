//! Brotli (RFC 7932).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::counted::Counted;
use super::{Engine, Fault, Progress};

type State = BrotliState<Counted, Counted, Counted>;

/// A Brotli stream.
pub(super) struct Brotli {
    /// Boxed because it is several kilobytes.
    state: Box<State>,
    held: Counted,
    complete: bool,
}

impl Brotli {
    /// Without the "large window" extension, which allows windows of 1 GiB.
    pub(super) fn new() -> Self {
        let held = Counted::default();
        let state = BrotliState::new_strict(held.clone(), held.clone(), held.clone());
        Self {
            state: Box::new(state),
            held,
            complete: false,
        }
    }
}

impl Engine for Brotli {
    /// The library fills its window before it returns any of it, so one call may decode
    /// 16 MiB, which takes about 50 ms, and later calls nothing. Smaller inputs do not help:
    /// a few bytes can expand to all of it.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        if self.complete {
            return if input.is_empty() {
                Ok(Progress::default())
            } else {
                Err(Fault::Trailing)
            };
        }
        let mut progress = Progress::default();
        let result = BrotliDecompressStream(
            &mut input.len(),
            &mut progress.read,
            input,
            &mut output.len(),
            &mut progress.written,
            output,
            &mut 0,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultSuccess => self.complete = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return Err(Fault::Corrupt(self.reason())),
        }
        Ok(progress)
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn memory(&self) -> usize {
        size_of::<State>() + self.held.bytes()
    }
}

impl Brotli {
    /// The library has error codes without messages: `…_ERROR_FORMAT_WINDOW_BITS`.
    fn reason(&self) -> String {
        let code = format!("{:?}", self.state.error_code);
        let name = code.trim_start_matches("BROTLI_DECODER_ERROR_");
        let name = name.trim_start_matches("FORMAT_");
        format!(
            "error in {}",
            name.to_ascii_lowercase().replace('_', " ").trim()
        )
    }
}
