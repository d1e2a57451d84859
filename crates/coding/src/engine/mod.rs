//! One file for each format: what its library does, brought to one shape.

mod brotli;
mod counted;
mod deflate;
mod gzip;
mod inflate;
mod zstd;

pub use self::zstd::MAX_WINDOW as MAX_ZSTD_WINDOW;

use crate::codings::Coding;
use crate::error::DecodeError;

/// The decoder of one format.
pub(crate) trait Engine: Send {
    /// Read from the input and write to the output, as much as there is of
    /// both or less. To read and write nothing means that more input is needed.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault>;

    /// Whether the input may end here.
    fn is_complete(&self) -> bool;

    /// Whether all of a stream was decoded, and nothing of another one: what was read
    /// since may be no part of the coding.
    fn is_past_end(&self) -> bool {
        self.is_complete()
    }

    /// Bytes of memory that it holds: a window, and tables.
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

/// What one call has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Bytes taken from the input.
    pub(crate) read: usize,
    /// Bytes put into the output.
    pub(crate) written: usize,
}

/// What is wrong with the input, told without the coding's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Corrupt(String),
    Trailing,
    Window,
    Memory,
}

impl Fault {
    pub(crate) fn of(self, coding: Coding) -> DecodeError {
        match self {
            Self::Corrupt(reason) => DecodeError::Corrupt { coding, reason },
            Self::Trailing => DecodeError::TrailingData { coding },
            Self::Window => DecodeError::Window { coding },
            Self::Memory => DecodeError::Memory { coding },
        }
    }
}
