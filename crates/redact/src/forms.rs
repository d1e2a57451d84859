//! The forms of a value that is encoded as a whole.
//!
//! | form | variants |
//! |---|---|
//! | plain | without blanks at its ends; with `+` for each space, and the reverse; with CRLF for each line feed, and the reverse; in Latin-1; in UTF-16 of both byte orders |
//! | base64 (RFC 4648) | both alphabets, at each of the three alignments in a longer text; of the value, and of the form-encoded value (RFC 6749, section 2.3.1) |
//! | hexadecimal | |
//!
//! All of them are matched in any mix of upper and lower case, in the text as received, and in
//! the text as each [`Encoding`](crate::escape::Encoding) decodes it. Escapes of single
//! characters are therefore not listed here.
//!
//! A long value is matched in pieces, and a value of several lines also line by line.
//!
//! There are endless ways to encode a text, and a malicious server will find another one. These
//! are the ways in which servers echo what they received.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::encode;
use crate::handle::HANDLE_BYTES;
use crate::value::{self, MIN_REDACTED};

/// Values longer than two pieces are matched in pieces, which limits how much of a stream is
/// held back.
const PIECE: usize = 1 << 10;

/// The minimum length of a line that is matched by itself: redaction confirms a guess, so a
/// line must be too long to guess.
const MIN_LINE: usize = 16;

/// A byte string to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) bytes: Vec<u8>,
    /// Whether it is the beginning of the value, of which an open escape before it may take
    /// the first bytes.
    pub(crate) begins: bool,
    /// How many arbitrary bytes after it belong to it.
    pub(crate) rest: usize,
    /// Whether it continues the previous piece of the value.
    pub(crate) continues: bool,
    /// Whether the characters before and after it contain some of its bits, as in base64.
    pub(crate) before: bool,
    pub(crate) after: bool,
}

/// Whether a byte is a digit of base64, in either alphabet.
pub(crate) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// All forms of a value, each once.
pub(crate) fn forms(value: &[u8]) -> Vec<Form> {
    let trimmed = value.trim_ascii();
    let value = if value::is_distinctive(trimmed) {
        trimmed
    } else {
        value
    };
    let mut forms = Forms::default();
    forms.add_whole(value, true);
    let lines = value.split(|byte| matches!(byte, b'\n' | b'\r'));
    for line in lines.map(<[u8]>::trim_ascii) {
        if line.len() < value.len() && line.len() >= MIN_LINE && value::is_distinctive(line) {
            if is_pem_boundary(line) {
                continue;
            }
            forms.add_whole(line, false);
        }
    }
    forms.0.into_values().collect()
}

/// `-----BEGIN PRIVATE KEY-----` (RFC 7468), which is no secret.
pub(crate) fn is_pem_boundary(line: &[u8]) -> bool {
    let label = [b"-----BEGIN ".as_slice(), b"-----END "];
    let label = label.iter().find_map(|begins| line.strip_prefix(*begins));
    label
        .and_then(|label| label.strip_suffix(b"-----"))
        .is_some_and(|label| !label.windows(5).any(|dashes| dashes == b"-----"))
}

/// The forms of a run's handles that people may see: plain in logs, in another case in field
/// names, and in base64 in `Authorization`. Only their shared prefix is matched; their length
/// is known.
pub(crate) fn forms_of_handles(shared: &str) -> Vec<Form> {
    let plain = Form {
        bytes: shared.as_bytes().to_vec(),
        rest: HANDLE_BYTES - shared.len(),
        ..Form::default()
    };
    let encoded = (0..3).map(|offset| {
        let form = base64(shared.as_bytes(), offset);
        // Including the last digit, which also contains other bits.
        let digits = ((offset + HANDLE_BYTES) * 8).div_ceil(6) - (offset * 8).div_ceil(6);
        Form {
            rest: digits - form.bytes.len(),
            after: false,
            ..form
        }
    });
    [plain].into_iter().chain(encoded).collect()
}

/// The hexadecimal form of a value, and the base64 forms.
pub(crate) fn digits(value: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let base64 = (0..3).flat_map(|offset| {
        let standard = base64(value, offset).bytes;
        [url_safe(&standard), standard]
    });
    (hexadecimal(value), base64.collect())
}

/// Collects forms without duplicates.
#[derive(Default)]
struct Forms(BTreeMap<Vec<u8>, Form>);

impl Forms {
    fn add(&mut self, form: Form) {
        if form.bytes.len() >= MIN_REDACTED {
            self.0.entry(form.bytes.clone()).or_insert(form);
        }
    }

    /// Add a value, in pieces if it is long.
    fn add_whole(&mut self, mut value: &[u8], begins: bool) {
        let mut continues = false;
        while value.len() >= 2 * PIECE {
            let (piece, rest) = value.split_at(PIECE);
            self.add_piece(piece, begins && !continues, continues);
            value = rest;
            continues = true;
        }
        self.add_piece(value, begins && !continues, continues);
    }

    fn add_piece(&mut self, value: &[u8], begins: bool, continues: bool) {
        let text = std::str::from_utf8(value).ok();
        let plain = [
            value.to_vec(),
            replaced(value, b' ', b'+'),
            replaced(value, b'+', b' '),
            with_crlf(value),
            with_lf(value),
            hexadecimal(value),
        ];
        let charsets = text.into_iter().flat_map(in_charsets);
        for bytes in plain.into_iter().chain(charsets) {
            self.add(Form {
                begins,
                bytes,
                continues,
                ..Form::default()
            });
        }
        for value in [value.to_vec(), encode::form(value).into_bytes()] {
            for offset in 0..3 {
                let standard = base64(&value, offset);
                let standard = Form {
                    begins,
                    continues,
                    ..standard
                };
                self.add(Form {
                    bytes: url_safe(&standard.bytes),
                    ..standard.clone()
                });
                self.add(standard);
            }
        }
    }
}

/// The value in base64 at an offset: the characters that only contain bits of the value.
fn base64(value: &[u8], offset: usize) -> Form {
    let mut text = vec![0; offset];
    text.extend_from_slice(value);
    let encoded = BASE64_STANDARD_NO_PAD.encode(&text).into_bytes();
    let (start, end) = (offset * 8, text.len() * 8);
    let digits = start.div_ceil(6)..end / 6;
    Form {
        bytes: encoded.get(digits).unwrap_or_default().to_vec(),
        before: !start.is_multiple_of(6),
        after: !end.is_multiple_of(6),
        ..Form::default()
    }
}

fn url_safe(standard: &[u8]) -> Vec<u8> {
    replaced(&replaced(standard, b'+', b'-'), b'/', b'_')
}

fn hexadecimal(value: &[u8]) -> Vec<u8> {
    let mut hex = String::with_capacity(value.len() * 2);
    for byte in value {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.into_bytes()
}

pub(crate) fn replaced(text: &[u8], from: u8, to: u8) -> Vec<u8> {
    let bytes = text.iter();
    bytes
        .map(|byte| if *byte == from { to } else { *byte })
        .collect()
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut lines = with_lf(text);
    let mut at = 0;
    while let Some(found) = lines
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
    {
        lines.insert(at + found, b'\r');
        at += found + 2;
    }
    lines
}

fn with_lf(text: &[u8]) -> Vec<u8> {
    let next = text.iter().skip(1).map(Some).chain([None]);
    let kept = text
        .iter()
        .zip(next)
        .filter(|(byte, next)| (**byte, next.copied()) != (b'\r', Some(b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

/// A text in UTF-16, in both byte orders.
pub(crate) fn in_utf16(text: &str) -> [Vec<u8>; 2] {
    let units = || text.encode_utf16();
    [
        units().flat_map(u16::to_le_bytes).collect(),
        units().flat_map(u16::to_be_bytes).collect(),
    ]
}

/// A text in charsets other than UTF-8.
fn in_charsets(text: &str) -> Vec<Vec<u8>> {
    let mut charsets = in_utf16(text).to_vec();
    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    charsets.extend(latin1);
    charsets
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn has(value: &[u8], form: &[u8]) -> bool {
        forms(value).iter().any(|each| each.bytes == form)
    }

    #[test]
    fn what_servers_make_of_a_value() {
        let value = "Pä55/w<o>r&d \"it's\"".as_bytes();
        for form in [
            value,
            b"50c3a435352f773c6f3e72266420226974277322",
            "Pä55/w<o>r&d+\"it's\"".as_bytes(),
            b"P\xe455/w<o>r&d \"it's\"",
            b"UMOkNTUvdzxvPnImZCAiaXQncy",
            b"P\0\xe4\x005\x005\0/\0w\0<\0o\0>\0r\0&\0d\0 \0\"\0i\0t\0'\0s\0\"\0",
            // base64(form(value)), as an OAuth client's Basic credentials have it.
            b"UCVDMyVBNDU1JTJGdyUzQ28lM0VyJTI2ZCslMjJpdCUyN3MlMj",
        ] {
            assert!(has(value, form), "{:?}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn blanks_and_line_breaks() {
        assert!(has(b"  some secret\t", b"some secret"));
        assert!(has(b"first-line\nsecond", b"first-line\r\nsecond"));
        assert!(has(b"first-line\r\nsecond", b"first-line\nsecond"));
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAgbGluZSBvZg==\n-----END PRIVATE KEY-----\n";
        assert!(has(pem.as_bytes(), b"MC4CAQAwBQYDK2VwBCIEIHAgbGluZSBvZg=="));
        assert!(!has(pem.as_bytes(), b"-----BEGIN PRIVATE KEY-----"));
        // Too short to be told by itself.
        assert!(!has(b"first-line\nsecond-line", b"second-line"));
    }

    #[test]
    fn a_long_value_is_looked_for_in_pieces() {
        let value: Vec<u8> = (0..5000_u32).flat_map(|n| n.to_be_bytes()).collect();
        let forms = forms(&value);
        let longest = forms.iter().map(|form| form.bytes.len()).max().unwrap();
        assert!(longest < 8 * PIECE, "{longest}");
        for (at, piece) in value.chunks(PIECE).enumerate().take(18) {
            let form = forms.iter().find(|form| form.bytes == piece).unwrap();
            assert_eq!(form.continues, at > 0);
        }
    }

    #[test]
    fn base64_at_each_place() {
        let value = b"token?~>token";
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            for (before, after) in [("", ""), ("u", "x"), ("uu", "xx"), ("uuu", "xxx")] {
                let text = [before.as_bytes(), value, after.as_bytes()].concat();
                let encoded = engine.encode(&text).into_bytes();
                let start = before.len() * 8 / 6;
                let end = ((before.len() + value.len()) * 8).div_ceil(6);
                let hidden = forms(value).into_iter().any(|form| {
                    let windows = encoded.windows(form.bytes.len()).enumerate();
                    windows.into_iter().any(|(at, window)| {
                        let first = at - usize::from(form.before).min(at);
                        let last = at + window.len() + usize::from(form.after);
                        window == form.bytes && first == start && last == end
                    })
                });
                assert!(hidden, "{}", String::from_utf8_lossy(&encoded));
            }
        }
    }

    #[test]
    fn nothing_too_short_is_looked_for() {
        for value in ["12345678", "abcdefgh", "\u{20ac}\u{20ac}12"] {
            for form in forms(value.as_bytes()) {
                assert!(form.bytes.len() >= MIN_REDACTED, "{form:?}");
            }
        }
    }
}
