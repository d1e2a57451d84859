//! deflate: the zlib format (RFC 1950), as defined by RFC 9110, or raw DEFLATE (RFC 1951),
//! which some servers send under that name.

use super::inflate::{Inflate, MEMORY};
use super::{Engine, Fault, Progress};

/// A deflate stream, whose first two bytes decide the format.
pub(super) enum Deflate {
    /// Nothing is read yet.
    Begin,
    /// One byte is read, which does not decide yet.
    Head(u8),
    /// The format is known.
    Stream(Inflate),
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self::Begin
    }
}

impl Engine for Deflate {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        match self {
            Self::Begin => {
                let Some(&first) = input.first() else {
                    return Ok(Progress::default());
                };
                *self = Self::Head(first);
                Ok(Progress {
                    read: 1,
                    written: 0,
                })
            }
            Self::Head(first) => {
                let Some(&second) = input.first() else {
                    return Ok(Progress::default());
                };
                let first = *first;
                let mut stream = if is_zlib_head(first, second) {
                    Inflate::zlib()
                } else {
                    Inflate::raw()
                };
                // A single byte never produces output.
                stream.decode(&[first], output)?;
                *self = Self::Stream(stream);
                self.decode(input, output)
            }
            Self::Stream(stream) if stream.is_complete() && !input.is_empty() => {
                Err(Fault::Trailing)
            }
            Self::Stream(stream) => stream.decode(input, output),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self, Self::Stream(stream) if stream.is_complete())
    }

    fn memory(&self) -> usize {
        MEMORY
    }
}

/// Compression method 8 with a window of at most 32 KiB, in two bytes that together are a
/// multiple of 31 (RFC 1950, section 2.2). Raw DEFLATE starts like this only if a stored
/// block has bits set in its padding, which no encoder does.
fn is_zlib_head(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}
