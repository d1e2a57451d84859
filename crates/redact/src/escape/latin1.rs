//! Mojibake: UTF-8 that was decoded as Latin-1 or Windows-1252 and encoded as UTF-8 again, so
//! that each byte beyond ASCII has become a character.

use super::Read;

/// The characters of Windows-1252 from 0x80 to 0x9F (WHATWG Encoding Standard, index
/// windows-1252). Five of them are control characters as in Latin-1.
const WINDOWS: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// Whether a byte can start a character that represents a byte.
pub(super) fn is_lead(byte: u8) -> bool {
    matches!(byte, 0xc2 | 0xc3 | 0xc5 | 0xc6 | 0xcb | 0xe2)
}

/// The number of bytes that are skipped at once if all of them are ASCII.
const CHUNK: usize = 32;

/// The next position where one can start.
pub(super) fn find(text: &[u8]) -> Option<usize> {
    let chunks = text.chunks(CHUNK).enumerate();
    let mut others = chunks.filter(|(_, chunk)| !chunk.is_ascii());
    others.find_map(|(number, chunk)| {
        let lead = chunk.iter().position(|byte| is_lead(*byte))?;
        Some(number * CHUNK + lead)
    })
}

pub(super) fn read(text: &[u8]) -> Read {
    let is_continuation = |byte: &u8| matches!(byte, 0x80..=0xbf);
    let length = match text.first() {
        Some(0xe2) => 3,
        Some(lead) if is_lead(*lead) => 2,
        _ => return Read::Literal,
    };
    let rest = text.get(1..length.min(text.len())).unwrap_or_default();
    if !rest.iter().all(is_continuation) {
        return Read::Literal;
    }
    let Some(character) = text.get(..length) else {
        return Read::Incomplete;
    };
    if let [lead @ (0xc2 | 0xc3), low] = character {
        return Read::byte(2, (lead & 3) << 6 | low & 0x3f);
    }
    let mut known = WINDOWS.iter();
    let same = known.find(|(c, _)| c.encode_utf8(&mut [0; 4]).as_bytes() == character);
    same.map_or(Read::Literal, |(_, byte)| Read::byte(length, *byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_start_is_found() {
        for before in 0..3 * CHUNK {
            let text = format!("\u{444}{}Ã¤", "x".repeat(before));
            assert_eq!(find(text.as_bytes()), Some(before + 2));
            assert_eq!(find(&text.as_bytes()[..before + 2]), None);
        }
    }
}
