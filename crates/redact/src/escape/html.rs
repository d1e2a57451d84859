//! The character references of HTML and XML: numeric ones, and all names of the HTML Standard
//! (section 13.5). Servers always write the semicolon.

use std::collections::HashMap;
use std::sync::LazyLock;

use entities::ENTITIES;

use super::Read;

/// The longest name, `CounterClockwiseContourIntegral`, has 31.
const MAX_NAME: usize = 31;

static NAMES: LazyLock<HashMap<&[u8], &[u8]>> = LazyLock::new(|| {
    let whole = ENTITIES.iter().filter_map(|entity| {
        let name = entity.entity.strip_prefix('&')?.strip_suffix(';')?;
        Some((name.as_bytes(), entity.characters.as_bytes()))
    });
    whole.collect()
});

pub(super) fn read(text: &[u8]) -> Read {
    let Some((b'&', rest)) = text.split_first() else {
        return Read::Literal;
    };
    match rest {
        [] => Read::Incomplete,
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 3, 16),
        [b'#', digits @ ..] => number(digits, 2, 10),
        name => named(name),
    }
}

fn named(text: &[u8]) -> Read {
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    if length > MAX_NAME {
        return Read::Literal;
    }
    match text.get(length) {
        None => Read::Incomplete,
        Some(b';') => {
            let name = text.get(..length).unwrap_or_default();
            let characters = NAMES.get(name);
            characters.map_or(Read::Literal, |text| Read::bytes(length + 2, text))
        }
        Some(_) => Read::Literal,
    }
}

fn number(digits: &[u8], before: usize, radix: u32) -> Read {
    let mut code: u32 = 0;
    for (at, byte) in digits.iter().enumerate() {
        if let Some(digit) = char::from(*byte).to_digit(radix) {
            code = code.saturating_mul(radix).saturating_add(digit);
            continue;
        }
        let is_reference = *byte == b';' && at > 0;
        return match char::from_u32(code) {
            Some(character) if is_reference => Read::character(before + at + 1, character),
            _ => Read::Literal,
        };
    }
    Read::Incomplete
}
