//! The common part of gzip and deflate: DEFLATE (RFC 1951) and its wrappers.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Progress};

/// The base-2 logarithm of DEFLATE's largest window.
const WINDOW_BITS: u8 = 15;

/// The memory of any stream: the window and the library's tables.
pub(super) const MEMORY: usize = 50 << 10;

/// One DEFLATE stream with its wrapper.
pub(super) struct Inflate {
    stream: Decompress,
    complete: bool,
}

impl Inflate {
    /// Without a wrapper.
    pub(super) fn raw() -> Self {
        Self::new(Decompress::new(false))
    }

    /// With the header and checksum of RFC 1950.
    pub(super) fn zlib() -> Self {
        Self::new(Decompress::new(true))
    }

    /// With the header and checksum of RFC 1952. The texts in the header, which can have any
    /// length, are skipped.
    pub(super) fn gzip() -> Self {
        Self::new(Decompress::new_gzip(WINDOW_BITS))
    }

    fn new(stream: Decompress) -> Self {
        Self {
            stream,
            complete: false,
        }
    }

    /// Whether the stream and its wrapper's trailer were read.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Bytes read.
    pub(super) fn total_in(&self) -> u64 {
        self.stream.total_in()
    }

    pub(super) fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status = self
            .stream
            .decompress(input, output, FlushDecompress::None)
            .map_err(|error| Fault::Corrupt(reason(&error)))?;
        self.complete = status == Status::StreamEnd;
        Ok(Progress {
            read: grown(read, self.stream.total_in()),
            written: grown(written, self.stream.total_out()),
        })
    }
}

/// The totals have 64 bits; their difference fits a length in memory.
fn grown(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}

/// The message of zlib-rs for errors in its fast loop, which hides the reason.
const NO_REASON: &str = "repeated call with bad state";

fn reason(error: &flate2::DecompressError) -> String {
    match error.message().filter(|message| *message != NO_REASON) {
        Some(message) => message.to_owned(),
        None if error.needs_dictionary().is_some() => "it needs a dictionary".to_owned(),
        None => "a DEFLATE block is malformed".to_owned(),
    }
}
