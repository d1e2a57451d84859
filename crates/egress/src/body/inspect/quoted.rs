//! Names of fields in anything like JSON, found by a scan that ignores structure: a server may read
//! a document that is not valid, or that goes beyond what [`Json`](super::json::Json) remembers.

use http_step_policy::{decoded_field, is_method, is_method_key, is_override_field};

use super::MAX_NAME;

/// The longest name, with each character escaped (`\u005f`).
const MAX_WRITTEN: usize = 6 * MAX_NAME;

/// Finds texts in quotes, and names before a colon, that frameworks use as the method. Whether such a
/// text is a name or a value is unknown.
pub(super) struct Quoted {
    /// The character before the current text.
    begin: u8,
    /// The current text, with its escapes. None if it is too long for a name.
    text: Option<Vec<u8>>,
    /// The last text, if a method may be its value, and whether a colon was after it.
    named: Option<(String, bool)>,
    override_field: Option<String>,
}

impl Quoted {
    pub(super) fn new() -> Self {
        Self {
            begin: 0,
            text: Some(Vec::new()),
            named: None,
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
                    MAX_WRITTEN => self.text = None,
                    _ => text.push(byte),
                }
            }
        }
    }

    /// The body has ended.
    pub(super) fn end_text(&mut self) {
        self.end(b'\n');
    }

    fn end(&mut self, end: u8) {
        let may_be_name = matches!(self.begin, b'"' | b'\'') || end == b':';
        self.begin = end;
        let text = self.text.get_or_insert_default();
        if self.override_field.is_some() {
            text.clear();
            return;
        }
        // In JSON within a string, a backslash precedes each quote.
        let mut plain = unescaped(text);
        text.clear();
        while plain.last() == Some(&b'\\') {
            plain.pop();
        }
        if plain.is_empty() {
            match (end, &mut self.named) {
                (b':', Some((_, has_colon))) => *has_colon = true,
                (b'"' | b'\'' | b'\n' | b'\r', _) => {}
                _ => self.named = None,
            }
            return;
        }
        match self.named.take() {
            Some((name, true)) if is_method(&plain) => self.override_field = Some(name),
            _ if may_be_name => {
                let name = String::from_utf8_lossy(&plain).trim().to_owned();
                if is_override_field(name.as_bytes(), b"") {
                    self.override_field = Some(name);
                } else if is_method_key(&name) {
                    self.named = Some((name, end == b':'));
                }
            }
            _ => {}
        }
    }

    /// The field that a framework may use as the method.
    pub(super) fn override_field(&self) -> Option<&str> {
        self.override_field.as_deref()
    }
}

/// Decodes percent-encoded text in pieces.
#[derive(Default)]
pub(super) struct Percent {
    /// The last bytes that may be an escape.
    held: Vec<u8>,
}

impl Percent {
    /// Pass on what another byte decodes to.
    pub(super) fn step(&mut self, byte: u8, mut take: impl FnMut(u8)) {
        if self.held.is_empty() && byte != b'%' {
            take(byte);
            return;
        }
        if byte == b'%' {
            self.held.drain(..).for_each(&mut take);
        }
        self.held.push(byte);
        // ASP.NET decodes `%u0026`.
        let (digits, count) = match self.held.get(1..).unwrap_or_default() {
            [b'u' | b'U', digits @ ..] => (digits, 4),
            digits => (digits, 2),
        };
        if digits.iter().all(u8::is_ascii_hexdigit) && digits.len() < count {
            return;
        }
        decoded_field(&self.held).into_iter().for_each(take);
        self.held.clear();
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
