//! Unfinished escapes at the end of a text. A parser takes the first characters of whatever
//! follows for the rest of the escape, and its result reveals what these characters are.

use crate::encode::Context;

/// The length of the longest unfinished escape in a URL, `%u002`.
const MAX_URL_ESCAPE: usize = 5;

/// Tracks a text, and whether it ends in an unfinished escape.
#[derive(Clone, Copy, Debug)]
pub struct OpenEscape {
    /// The first character of escapes; none if the context has no escapes.
    sign: Option<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    /// After the first character.
    Begun,
    /// This many hexadecimal digits are missing.
    Digits(u8),
    /// In an escape of unknown length, which continues with the characters that escapes have.
    Open,
}

impl OpenEscape {
    /// The start of a text in which values are encoded for a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        let sign = match context {
            Context::Url | Context::Form => Some(b'%'),
            Context::Json => Some(b'\\'),
            Context::Xml => Some(b'&'),
            Context::Header | Context::Plain => None,
        };
        Self {
            sign,
            state: State::Closed,
        }
    }

    /// The first character of the unfinished escape at the end of a text.
    #[must_use]
    pub fn at_end_of(text: &[u8], context: Context) -> Option<char> {
        let mut escape = Self::new(context);
        let unneeded = match escape.sign? {
            b'%' => text.len().saturating_sub(MAX_URL_ESCAPE),
            _ => 0,
        };
        for byte in text.get(unneeded..).unwrap_or_default() {
            escape.step(*byte);
        }
        escape.is_open().then(|| escape.sign()).flatten()
    }

    /// The first character of escapes.
    #[must_use]
    pub fn sign(&self) -> Option<char> {
        self.sign.map(char::from)
    }

    /// Whether the text so far ends in an unfinished escape.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Read one byte.
    pub fn step(&mut self, byte: u8) {
        self.state = match self.sign {
            None => return,
            Some(b'&') => self.in_xml(byte),
            Some(b'\\') => self.in_json(byte),
            Some(_) => self.in_url(byte),
        };
    }

    /// `%2F`, and `%u002F`, which some servers support.
    fn in_url(self, byte: u8) -> State {
        match (self.state, byte) {
            (_, b'%') => State::Begun,
            (State::Begun, b'u' | b'U') => State::Digits(4),
            (State::Begun, byte) if byte.is_ascii_hexdigit() => State::Digits(1),
            (state, byte) => state.after_digit(byte),
        }
    }

    /// The escapes of JSON, and similar ones that some parsers support: `\x2F` and `\u{2F}`.
    fn in_json(self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Begun, b'u') => State::Digits(4),
            (State::Begun, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => State::Closed,
            (_, b'\\') => State::Begun,
            (State::Digits(4), b'{') => State::Open,
            (State::Begun | State::Open, byte) if byte.is_ascii_alphanumeric() || byte == b'{' => {
                State::Open
            }
            (state, byte) => state.after_digit(byte),
        }
    }

    /// `&amp;`, `&#47;` and `&#x2F;` of any length, and entities that the document defines.
    fn in_xml(self, byte: u8) -> State {
        let is_of_name =
            |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"#_-.:".contains(&byte);
        match (self.state, byte) {
            (_, b'&') => State::Open,
            (State::Open, byte) if is_of_name(byte) => State::Open,
            _ => State::Closed,
        }
    }
}

impl State {
    fn after_digit(self, byte: u8) -> Self {
        match self {
            Self::Digits(more) if more > 1 && byte.is_ascii_hexdigit() => Self::Digits(more - 1),
            _ => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_escapes() {
        for (context, open, closed) in [
            (
                Context::Url,
                &[
                    "%", "a%4", "%%", "%4%", "%u", "%U0", "%u002", "%41%4", "%u0041%f",
                ][..],
                &[
                    "", "a", "4", "%41", "%25", "%254", "%u0041", "%g", "%ug", "%4g", "%u00g",
                ][..],
            ),
            (
                Context::Json,
                &[
                    r"\", r"\\\", r"\u", r"\u00", r"\u004", r"\u0041\", r"\n\", r"\x", r"\x4",
                    r"\0", r"\05", r"\u{", r"\u{4", r"\U0000",
                ],
                &[
                    "", r"\\", r"\n", r"\\u00", r"\/4", r"\u0041", r"\u00g", r"\u{41}", r"\ ",
                    "\\\n4", r"\x41 ",
                ],
            ),
            (
                Context::Xml,
                &[
                    "&",
                    "&&",
                    "&a",
                    "&am",
                    "&#",
                    "&#x",
                    "&#0000000000000000000000000000000000000000",
                    "&a-b",
                    "&amp;&",
                    "&é",
                ],
                &["", "am", "&amp;", "& a", "&#52;", "&a=b", "&<a>"],
            ),
            (Context::Header, &[], &["%", r"\", "&"]),
            (Context::Plain, &[], &["%", r"\", "&"]),
        ] {
            let sign = OpenEscape::new(context).sign();
            for text in open {
                let found = OpenEscape::at_end_of(text.as_bytes(), context);
                assert!(found.is_some() && found == sign, "{context:?} {text}");
                // As a form encodes it, and after other text.
                let longer = format!("{}{text}", "x".repeat(100));
                assert_eq!(OpenEscape::at_end_of(longer.as_bytes(), context), sign);
            }
            for text in closed {
                let found = OpenEscape::at_end_of(text.as_bytes(), context);
                assert_eq!(found, None, "{context:?} {text}");
            }
        }
    }
}
