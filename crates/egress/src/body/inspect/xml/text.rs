//! Characters, references and the declaration of a document (XML 1.0).

use crate::body::inspect::utf8::Utf8;

/// The maximum length of a reference.
const MAX_REFERENCE: usize = 10;

/// Checks the characters of a document.
#[derive(Default)]
pub(super) struct Characters {
    utf8: Utf8,
    /// The last two bytes.
    last: [u8; 2],
    /// Whether the current byte is the last one of `]]>`, which text may not contain.
    ends_section: bool,
    /// The current reference.
    reference: Option<Vec<u8>>,
}

impl Characters {
    /// Whether the next byte may be in a document.
    pub(super) fn admit(&mut self, byte: u8) -> bool {
        let is_control = byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n');
        // U+FFFE and U+FFFF.
        let is_noncharacter = self.last == [0xef, 0xbf] && byte >= 0xbe;
        self.ends_section = self.last == *b"]]" && byte == b'>';
        self.last = [self.last[1], byte];
        self.utf8.admits(byte) && !is_control && !is_noncharacter
    }

    /// Whether a byte that was admitted may be in text or in an attribute's value.
    pub(super) fn admit_in_text(&mut self, byte: u8) -> bool {
        match &mut self.reference {
            Some(text) if byte == b';' => {
                let is_known = is_reference(text);
                self.reference = None;
                is_known
            }
            Some(text) => {
                text.push(byte);
                text.len() <= MAX_REFERENCE
            }
            None if byte == b'&' => {
                self.reference = Some(Vec::new());
                true
            }
            None => !self.ends_section,
        }
    }

    /// Whether a text or an attribute's value can end.
    pub(super) fn is_complete(&self) -> bool {
        self.reference.is_none()
    }
}

/// Whether text between `&` and `;` refers to a character without a document type.
fn is_reference(text: &[u8]) -> bool {
    if matches!(text, b"amp" | b"lt" | b"gt" | b"quot" | b"apos") {
        return true;
    }
    let Some(number) = str::from_utf8(text)
        .ok()
        .and_then(|it| it.strip_prefix('#'))
    else {
        return false;
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_number);
    code.and_then(char::from_u32).is_some_and(|c| {
        matches!(c, '\t' | '\n' | '\r') || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}

/// Whether text between `<?` and `?>` is a declaration without an encoding that is incompatible with
/// ASCII.
pub(super) fn is_declaration(text: &[u8]) -> bool {
    let text = str::from_utf8(text).ok();
    let Some(mut rest) = text.and_then(|text| text.strip_prefix("xml")) else {
        return false;
    };
    for (name, values) in [
        ("version", &["1.0"][..]),
        ("encoding", &["utf-8", "UTF-8", "iso-8859-1", "ISO-8859-1"]),
        ("standalone", &["yes", "no"]),
    ] {
        match parameter(rest, name) {
            Some((value, after)) if values.contains(&value) => rest = after,
            None if name != "version" => {}
            _ => return false,
        }
    }
    rest.trim_ascii().is_empty()
}

/// The value of the parameter with which a text starts, after a blank, and the rest.
fn parameter<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let start = text.trim_ascii_start();
    let value = start.strip_prefix(name)?.trim_ascii_start();
    let value = value.strip_prefix('=')?.trim_ascii_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let parts = value.strip_prefix(quote)?.split_once(quote);
    parts.filter(|_| start.len() < text.len())
}
