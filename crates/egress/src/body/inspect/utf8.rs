//! Whether a stream is UTF-8 (RFC 3629). Parsers that reject other text quote what is near it.

/// Checks each byte.
pub(super) struct Utf8 {
    /// The number of continuation bytes that the current character lacks.
    lacking: u8,
    /// The range of the next continuation byte.
    range: (u8, u8),
}

/// The range of most continuation bytes.
const ANY: (u8, u8) = (0x80, 0xbf);

impl Default for Utf8 {
    fn default() -> Self {
        Self {
            lacking: 0,
            range: ANY,
        }
    }
}

impl Utf8 {
    /// Whether the text with the next byte may be UTF-8. It must be so far.
    pub(super) fn admits(&mut self, byte: u8) -> bool {
        if self.lacking > 0 {
            let (first, last) = std::mem::replace(&mut self.range, ANY);
            self.lacking -= 1;
            return (first..=last).contains(&byte);
        }
        (self.lacking, self.range) = match byte {
            0..=0x7f => (0, ANY),
            0xc2..=0xdf => (1, ANY),
            0xe0 => (2, (0xa0, 0xbf)),
            0xed => (2, (0x80, 0x9f)),
            0xe1..=0xef => (2, ANY),
            0xf0 => (3, (0x90, 0xbf)),
            0xf1..=0xf3 => (3, ANY),
            0xf4 => (3, (0x80, 0x8f)),
            _ => return false,
        };
        true
    }
}
