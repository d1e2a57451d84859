//! Zstandard (RFC 8878), with the window that HTTP allows (RFC 9659).

use zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd_safe::{DCtx, DParameter, ErrorCode, InBuffer, OutBuffer, get_error_name, is_error_kind};

use super::{Engine, Fault, Progress};
use crate::codings::MAX_ZSTD_WINDOW;

/// The length of a frame's magic number.
const MAGIC: usize = 4;

/// A sequence of Zstandard frames; skippable frames are skipped.
pub(super) struct Zstd {
    context: DCtx<'static>,
    /// Whether the last byte read ended a frame.
    complete: bool,
    /// Whether a frame has ended. Bytes that then don't start another one are not part of the
    /// coding.
    beyond_first: bool,
    /// Bytes read since then.
    read: usize,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, Fault> {
        let mut context = DCtx::try_create().ok_or(Fault::Memory)?;
        context
            .set_parameter(DParameter::WindowLogMax(MAX_ZSTD_WINDOW.ilog2()))
            .map_err(fault)?;
        Ok(Self {
            context,
            complete: false,
            beyond_first: false,
            read: 0,
        })
    }
}

impl Engine for Zstd {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        if self.complete && input.is_empty() {
            return Ok(Progress::default());
        }
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(output);
        let result = self.context.decompress_stream(&mut to, &mut from);
        // In case of an error the library does not report its progress.
        self.read += if result.is_ok() {
            from.pos()
        } else {
            MAGIC + 1
        };
        let left = result.map_err(|code| match fault(code) {
            // Only the first four bytes of a frame can have an unknown format.
            Fault::Corrupt(_)
                if self.beyond_first
                    && is_error_kind(code, ZSTD_ErrorCode::ZSTD_error_prefix_unknown) =>
            {
                Fault::Trailing
            }
            fault => fault,
        })?;
        self.complete = left == 0;
        if self.complete {
            self.beyond_first = true;
            self.read = 0;
        }
        Ok(Progress {
            read: from.pos(),
            written: to.pos(),
        })
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn is_past_end(&self) -> bool {
        self.beyond_first && self.read <= MAGIC
    }

    fn memory(&self) -> usize {
        self.context.sizeof()
    }
}

fn fault(code: ErrorCode) -> Fault {
    if is_error_kind(
        code,
        ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge,
    ) {
        Fault::Window
    } else if is_error_kind(code, ZSTD_ErrorCode::ZSTD_error_memory_allocation) {
        Fault::Memory
    } else {
        Fault::Corrupt(get_error_name(code).to_ascii_lowercase())
    }
}
