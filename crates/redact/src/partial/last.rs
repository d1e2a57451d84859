//! The last bytes of a stream, which may be a part of a value.

use crate::runs::MAX_PART;

/// The minimum length of a part, in consecutive characters of the value.
pub(super) const MIN_PART: usize = 8;

/// The lengths of a part: plain, in base64, and in hexadecimal or UTF-16.
pub(super) const LENGTHS: [usize; 3] = [MIN_PART, MIN_PART * 8 / 6, MAX_PART];

/// The last bytes of a stream, in lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Last {
    high: u64,
    low: u64,
}

impl Last {
    /// From bytes in lower case.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self::from_number(u128::from_be_bytes(bytes.try_into().unwrap_or_default()))
    }

    pub(super) fn from_number(bytes: u128) -> Self {
        Self {
            high: (bytes >> 64) as u64,
            low: bytes as u64,
        }
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.high = self.high << 8 | self.low >> 56;
        self.low = self.low << 8 | u64::from(byte.to_ascii_lowercase());
    }

    /// The last bytes, as a number.
    pub(super) fn cut(self, length: usize) -> u128 {
        let bytes = u128::from(self.high) << 64 | u128::from(self.low);
        bytes & (u128::MAX >> (128 - 8 * length))
    }
}
