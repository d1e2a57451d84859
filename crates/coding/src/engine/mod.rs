//! The decoders of the formats, one per file, with a common interface to their libraries.

mod brotli;
mod counted;
mod deflate;
mod gzip;
mod inflate;
mod zstd;

use crate::codings::Coding;
use crate::error::DecodeError;

/// The decoder of one format.
pub(crate) trait Engine: Send {
    /// Decode from the input to the output. No progress means that more input is needed.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault>;

    /// Whether the input may end here.
    fn is_complete(&self) -> bool;

    /// Whether a whole stream was decoded and no part of another one. Bytes read since may
    /// not be part of the coding.
    fn is_past_end(&self) -> bool {
        self.is_complete()
    }

    /// Its memory in bytes: a window and tables.
    fn memory(&self) -> usize;
}

/// The decoder of a coding's format.
pub(crate) fn engine(coding: Coding) -> Result<Box<dyn Engine>, Fault> {
    Ok(match coding {
        Coding::Gzip => Box::new(gzip::Gzip::new()),
        Coding::Deflate => Box::new(deflate::Deflate::new()),
        Coding::Brotli => Box::new(brotli::Brotli::new()),
        Coding::Zstd => Box::new(zstd::Zstd::new()?),
    })
}

/// The progress of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Bytes read from the input.
    pub(crate) read: usize,
    /// Bytes written to the output.
    pub(crate) written: usize,
}

/// An error in the input, without the coding's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Corrupt(String),
    Trailing,
    Window,
    Memory,
}

impl Fault {
    pub(crate) fn in_coding(self, coding: Coding) -> DecodeError {
        match self {
            Self::Corrupt(reason) => DecodeError::Corrupt { coding, reason },
            Self::Trailing => DecodeError::TrailingData { coding },
            Self::Window => DecodeError::Window { coding },
            Self::Memory => DecodeError::Memory { coding },
        }
    }
}
