//! Names of fields in anything like JSON, found by a scan that ignores structure: a server may read
//! a document that is not valid, or that goes beyond what [`Json`](super::json::Json) remembers.

use http_step_policy::override_field;

use super::MAX_NAME;

/// Finds texts in quotes, and names before a colon, that frameworks use as the method. Whether such a
/// text is a name or a value is unknown.
pub(super) struct Quoted {
    /// The character before the current text.
    begin: u8,
    /// The current text, with its escapes. None if it is too long for a name.
    text: Option<Vec<u8>>,
    override_field: Option<&'static str>,
}

impl Quoted {
    pub(super) fn new() -> Self {
        Self {
            begin: 0,
            text: Some(Vec::new()),
            override_field: None,
        }
    }

    pub(super) fn step(&mut self, byte: u8) {
        match byte {
            b'"' | b'\'' | b'{' | b'}' | b'[' | b']' | b',' | b':' | b'/' | b'\n' | b'\r' => {
                self.end(byte);
            }
            // Part of UTF-16 and UTF-32, which servers detect.
            0 => {}
            _ => {
                let Some(text) = &mut self.text else { return };
                match text.len() {
                    0 if byte.is_ascii_whitespace() => {}
                    MAX_NAME => self.text = None,
                    _ => text.push(byte),
                }
            }
        }
    }

    fn end(&mut self, end: u8) {
        let may_be_name = matches!(self.begin, b'"' | b'\'') || end == b':';
        self.begin = end;
        let text = self.text.get_or_insert_default();
        if may_be_name && self.override_field.is_none() && !text.is_empty() {
            self.override_field = override_field(&unescaped(text));
        }
        text.clear();
    }

    /// The field that a framework may use as the method.
    pub(super) fn override_field(&self) -> Option<&'static str> {
        self.override_field
    }
}

/// A text without the escapes of JSON and JavaScript. Only ASCII matters: no name has others.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let escape = match rest {
            [b'\\', b'u', digits @ ..] => digits.split_at_checked(4),
            [b'\\', b'x', digits @ ..] => digits.split_at_checked(2),
            _ => None,
        };
        let code = escape.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u16::from_str_radix(digits, 16).ok()?, after))
        });
        rest = match (code, rest) {
            (Some((code, after)), _) => {
                plain.push(u8::try_from(code).unwrap_or(b'?'));
                after
            }
            (None, [b'\\', byte, after @ ..]) => {
                plain.push(*byte);
                after
            }
            _ => {
                plain.push(*byte);
                after
            }
        };
    }
    plain
}
