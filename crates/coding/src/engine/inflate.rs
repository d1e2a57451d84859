//! What gzip and deflate have in common: DEFLATE (RFC 1951) and its wrappings.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Progress};

/// The base-2 logarithm of DEFLATE's largest window.
const WINDOW_BITS: u8 = 15;

/// What a stream takes, whatever it says: the window and the library's tables.
pub(super) const MEMORY: usize = 50 << 10;

/// One DEFLATE stream, with its wrapping.
pub(super) struct Inflate {
    stream: Decompress,
    complete: bool,
}

impl Inflate {
    /// Without any wrapping.
    pub(super) fn raw() -> Self {
        Self::of(Decompress::new(false))
    }

    /// With a head and a checksum as of RFC 1950.
    pub(super) fn zlib() -> Self {
        Self::of(Decompress::new(true))
    }

    /// With a head and a checksum as of RFC 1952. The head's texts, which may
    /// be of any length, are read past.
    pub(super) fn gzip() -> Self {
        Self::of(Decompress::new_gzip(WINDOW_BITS))
    }

    fn of(stream: Decompress) -> Self {
        Self {
            stream,
            complete: false,
        }
    }

    /// Whether the stream and what its wrapping has at the end were read.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// How much was read of it.
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

/// The totals are of 64 bits, their difference is a length in memory.
fn grown(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}

/// What zlib-rs says in place of the reason, if its fast loop has met the error.
const NO_REASON: &str = "repeated call with bad state";

fn reason(error: &flate2::DecompressError) -> String {
    match error.message().filter(|message| *message != NO_REASON) {
        Some(message) => message.to_owned(),
        None if error.needs_dictionary().is_some() => "it needs a dictionary".to_owned(),
        None => "a DEFLATE block is malformed".to_owned(),
    }
}
