//! Percent-encoding (RFC 3986, section 2.1). A `+` for a space is a form of the value.

use super::{Digits, Read, hexadecimal, utf16};

pub(super) fn read(text: &[u8]) -> Read {
    match text {
        [b'%'] => Read::Incomplete,
        [b'%', b'u' | b'U', ..] => utf16(text, b"%u"),
        [b'%', ..] => match hexadecimal(text, 1, 2) {
            Digits::None => Read::Literal,
            Digits::Incomplete => Read::Incomplete,
            Digits::Number(byte) => Read::byte(3, byte as u8),
        },
        _ => Read::Literal,
    }
}
