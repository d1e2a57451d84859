//! Backslash escapes of JSON (RFC 8259, section 7), JavaScript, C, Python and shells. In unknown
//! escapes only the backslash is removed, as in shells and JavaScript.

use super::{Digits, Read, hexadecimal, utf16};

/// The maximum digits of `\u{…}`.
const MAX_BRACED: usize = 8;

pub(super) fn read(text: &[u8]) -> Read {
    let Some((b'\\', rest)) = text.split_first() else {
        return Read::Literal;
    };
    let Some(kind) = rest.first() else {
        return Read::Incomplete;
    };
    let read = match kind {
        b'u' if rest.get(1) == Some(&b'{') => braced(text),
        b'u' => utf16(text, b"\\u"),
        b'U' => character(text),
        b'x' => match hexadecimal(text, 2, 2) {
            Digits::None => Read::Literal,
            Digits::Incomplete => Read::Incomplete,
            Digits::Number(byte) => Read::byte(4, byte as u8),
        },
        b'0'..=b'3' => octal(text),
        b'a' => Read::byte(2, 0x07),
        b'b' => Read::byte(2, 0x08),
        b't' => Read::byte(2, b'\t'),
        b'n' => Read::byte(2, b'\n'),
        b'v' => Read::byte(2, 0x0b),
        b'f' => Read::byte(2, 0x0c),
        b'r' => Read::byte(2, b'\r'),
        b'e' => Read::byte(2, 0x1b),
        other => Read::byte(2, *other),
    };
    match read {
        Read::Literal => Read::byte(2, *kind),
        read => read,
    }
}

/// `\u{e4}`.
fn braced(text: &[u8]) -> Read {
    let digits = text.get(3..).unwrap_or_default();
    let mut code: u32 = 0;
    for (at, byte) in digits.iter().enumerate() {
        if let Some(digit) = char::from(*byte).to_digit(16).filter(|_| at < MAX_BRACED) {
            code = code << 4 | digit;
            continue;
        }
        return match char::from_u32(code) {
            Some(character) if *byte == b'}' && at > 0 => Read::character(at + 4, character),
            _ => Read::Literal,
        };
    }
    Read::Incomplete
}

/// `\U000000e4`.
fn character(text: &[u8]) -> Read {
    match hexadecimal(text, 2, 8) {
        Digits::None => Read::Literal,
        Digits::Incomplete => Read::Incomplete,
        Digits::Number(code) => {
            char::from_u32(code).map_or(Read::Literal, |character| Read::character(10, character))
        }
    }
}

/// `\303`, and `\0` of less than three digits.
fn octal(text: &[u8]) -> Read {
    let mut code = 0;
    for at in 1..4 {
        match text.get(at) {
            None => return Read::Incomplete,
            Some(digit @ b'0'..=b'7') => code = code << 3 | (digit - b'0'),
            Some(_) if at > 1 && text.get(1) == Some(&b'0') => return Read::byte(at, code),
            Some(_) => return Read::Literal,
        }
    }
    Read::byte(4, code)
}
