//! What a value looks like where somebody has encoded it.
//!
//! | form | which |
//! |---|---|
//! | as it is | also in upper and in lower case |
//! | base64 (RFC 4648) | both alphabets, at each of the three places that it can have in a longer text; also in lower case, as the name of a field has it |
//! | hexadecimal | upper and lower case |
//! | percent-encoded | what RFC 3986, HTML forms, Python's `quote`, JavaScript's `encodeURIComponent` and `encodeURI` escape, and every byte; upper and lower case |
//! | in JSON | with and without what may be escaped: `/`, `<`, `>`, `&`, what is not ASCII |
//! | in HTML and XML | by name, in decimal and hexadecimal |
//!
//! The last three are looked for of the value in upper and in lower case, too.
//!
//! A text can be encoded in ways without end, and who wants to get a value by a
//! server that works for him will. These are the ways in which servers echo what
//! they were sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::encode;
use crate::value::SHORTEST_MASKED;

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) bytes: Vec<u8>,
    /// Of base64: the value's bits in the character before.
    pub(crate) before: Option<Edge>,
    /// Of base64: the value's bits in the character after.
    pub(crate) after: Option<Edge>,
}

/// Bits of a value in a character of base64 that holds others, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    mask: u8,
    bits: u8,
}

impl Edge {
    /// Whether a character holds these bits.
    pub(crate) fn is_in(self, character: u8) -> bool {
        digit(character).is_some_and(|digit| digit & self.mask == self.bits)
    }

    /// Whether a character holds any bits.
    pub(crate) fn may_be_in(character: u8) -> bool {
        digit(character).is_some()
    }
}

/// The six bits that a character of base64 stands for, in either alphabet.
fn digit(character: u8) -> Option<u8> {
    Some(match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// All forms of a value, each once.
pub(crate) fn forms(value: &[u8]) -> Vec<Form> {
    let mut forms = BTreeMap::new();
    let mut add = |bytes: Vec<u8>, before, after| {
        if bytes.len() >= SHORTEST_MASKED {
            let edges = (before, after);
            forms.entry(bytes).or_insert(edges);
        }
    };
    // A form, too, can be written in another case, as the names of fields are.
    for value in [
        value.to_vec(),
        value.to_ascii_lowercase(),
        value.to_ascii_uppercase(),
    ] {
        let text = std::str::from_utf8(&value);
        for bytes in percent_encoded(&value)
            .into_iter()
            .chain(text.into_iter().flat_map(escaped))
            .chain([value.clone()])
        {
            add(bytes, None, None);
        }
    }
    for bytes in hexadecimal(value).into_iter().chain(each_byte(value)) {
        add(bytes, None, None);
    }
    for offset in 0..3 {
        let Form {
            bytes,
            before,
            after,
        } = base64(value, offset);
        let url_safe = bytes.iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        let url_safe: Vec<u8> = url_safe.collect();
        add(url_safe.clone(), before, after);
        add(bytes.clone(), before, after);
        // Without its case it still tells most of the value.
        add(url_safe.to_ascii_lowercase(), None, None);
        add(bytes.to_ascii_lowercase(), None, None);
    }
    let forms = forms.into_iter();
    forms
        .map(|(bytes, (before, after))| Form {
            bytes,
            before,
            after,
        })
        .collect()
}

/// The forms in which a handle comes before people: logs have it as it is, the names of
/// fields in another case, and `Authorization` in base64.
pub(crate) fn forms_of_handle(handle: &str) -> Vec<Form> {
    let of_text = |text: String| Form {
        bytes: text.into_bytes(),
        ..Form::default()
    };
    let plain = [handle.to_owned(), handle.to_ascii_uppercase()].map(of_text);
    let encoded = (0..3).map(|offset| base64(handle.as_bytes(), offset));
    plain.into_iter().chain(encoded).collect()
}

/// The value in base64 after so many other bytes: the characters that hold nothing
/// else, and what it has in those beside them.
fn base64(value: &[u8], offset: usize) -> Form {
    let mut text = vec![0; offset];
    text.extend_from_slice(value);
    let encoded = BASE64_STANDARD_NO_PAD.encode(&text).into_bytes();
    let (start, end) = (offset * 8, text.len() * 8);
    let digits = start.div_ceil(6)..end / 6;
    let bits_of = |at: usize| encoded.get(at).copied().and_then(digit).unwrap_or_default();
    // The last bits of the one before, the first bits of the one after.
    let before = (start % 6 != 0).then(|| {
        let mask = (1 << (6 - start % 6)) - 1;
        let bits = bits_of(start / 6) & mask;
        Edge { mask, bits }
    });
    let after = (end % 6 != 0).then(|| {
        let mask = 63 & !((1 << (6 - end % 6)) - 1);
        let bits = bits_of(end / 6) & mask;
        Edge { mask, bits }
    });
    Form {
        bytes: encoded.get(digits).unwrap_or_default().to_vec(),
        before,
        after,
    }
}

fn hexadecimal(value: &[u8]) -> [Vec<u8>; 2] {
    let mut hex = String::with_capacity(value.len() * 2);
    for byte in value {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    [hex.to_ascii_uppercase().into_bytes(), hex.into_bytes()]
}

/// Python's `urllib.parse.quote`.
const QUOTE: &AsciiSet = &encode::UNRESERVED.remove(b'/');

/// JavaScript's `encodeURIComponent`.
const COMPONENT: &AsciiSet = &encode::UNRESERVED
    .remove(b'!')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

/// JavaScript's `encodeURI`.
const WHOLE_URI: &AsciiSet = &COMPONENT
    .remove(b';')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b'#');

fn percent_encoded(value: &[u8]) -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = [
        encode::UNRESERVED,
        QUOTE,
        COMPONENT,
        WHOLE_URI,
        NON_ALPHANUMERIC,
    ]
    .map(|set| percent_encode(value, set).to_string())
    .into();
    texts.push(encode::form(value));
    // Python's `quote_plus`.
    let quoted = percent_encode(value, encode::UNRESERVED).to_string();
    texts.push(quoted.replace("%20", "+"));
    let lower = texts.iter().map(|text| with_lower_escapes(text));
    lower
        .collect::<Vec<_>>()
        .into_iter()
        .chain(texts)
        .map(String::into_bytes)
        .collect()
}

/// Percent-encoded without need.
fn each_byte(value: &[u8]) -> [Vec<u8>; 2] {
    let each: String = value.iter().map(|byte| format!("%{byte:02X}")).collect();
    [each.to_ascii_lowercase().into_bytes(), each.into_bytes()]
}

/// `%2F` as `%2f`.
fn with_lower_escapes(text: &str) -> String {
    let mut left = 0;
    let lower = text.chars().map(|c| {
        if c == '%' {
            left = 2;
        } else if left > 0 {
            left -= 1;
            return c.to_ascii_lowercase();
        }
        c
    });
    lower.collect()
}

/// A text as JSON, HTML and XML have it, and JavaScript.
fn escaped(text: &str) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let json = encode::json(text);
    for slash in ["/", "\\/"] {
        let json = json.replace('/', slash);
        for is_upper in [false, true] {
            for is_for_html in [false, true] {
                let escapes = |c: char| is_for_html && matches!(c, '<' | '>' | '&' | '\'');
                texts.push(unicode_escaped(&json, is_upper, escapes));
                let or_beyond = |c: char| escapes(c) || !c.is_ascii();
                texts.push(unicode_escaped(&json, is_upper, or_beyond));
            }
        }
    }
    for quot in ["&quot;", "&#34;", "&#x22;", "\""] {
        for apos in ["&#39;", "&#039;", "&#x27;", "&apos;", "'"] {
            let mut html = text.replace('&', "&amp;");
            for (character, entity) in [("<", "&lt;"), (">", "&gt;"), ("\"", quot), ("'", apos)] {
                html = html.replace(character, entity);
            }
            texts.push(html);
        }
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// Some characters as `\u0000`.
fn unicode_escaped(text: &str, is_upper: bool, escapes: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if !escapes(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ = if is_upper {
                write!(escaped, "\\u{unit:04X}")
            } else {
                write!(escaped, "\\u{unit:04x}")
            };
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value.as_bytes())
            .iter()
            .any(|each| each.bytes == form.as_bytes())
    }

    #[test]
    fn what_servers_make_of_a_value() {
        let value = "Pä55/w<o>r&d \"it's\"";
        for form in [
            value,
            "pä55/w<o>r&d \"it's\"",
            "Pä55/W<O>R&D \"IT'S\"",
            "50c3a435352f773c6f3e72266420226974277322",
            "50C3A435352F773C6F3E72266420226974277322",
            "P%C3%A455%2Fw%3Co%3Er%26d%20%22it%27s%22",
            "P%c3%a455%2fw%3co%3er%26d%20%22it%27s%22",
            "P%C3%A455/w%3Co%3Er%26d%20%22it%27s%22",
            "P%C3%A455%2Fw%3Co%3Er%26d%20%22it's%22",
            "P%C3%A455/w%3Co%3Er&d%20%22it's%22",
            "P%C3%A455%2Fw%3Co%3Er%26d+%22it%27s%22",
            "%50%C3%A4%35%35%2F%77%3C%6F%3E%72%26%64%20%22%69%74%27%73%22",
            r#"Pä55/w<o>r&d \"it's\""#,
            r#"Pä55\/w<o>r&d \"it's\""#,
            r#"P\u00e455\/w<o>r&d \"it's\""#,
            r#"Pä55/w\u003co\u003er\u0026d \"it\u0027s\""#,
            r#"P\u00E455/w\u003Co\u003Er\u0026d \"it\u0027s\""#,
            "Pä55/w&lt;o&gt;r&amp;d &quot;it&#39;s&quot;",
            "Pä55/w&lt;o&gt;r&amp;d &#34;it&#x27;s&#34;",
            "Pä55/w&lt;o&gt;r&amp;d \"it's\"",
            // As the name of a field would be, which has no case of its own.
            "p%c3%a455%2fw%3co%3er%26d%20%22it%27s%22",
            "P%C3%A455%2FW%3CO%3ER%26D%20%22IT%27S%22",
            r#"pä55\/w<o>r&d \"it's\""#,
            "pä55/w&lt;o&gt;r&amp;d &quot;it&#39;s&quot;",
            "umokntuvdzxvpnimzcaiaxqncy",
            "qw6q1ns93pg8-cizkicjpdcdzi",
        ] {
            assert!(has(value, form), "{form}");
        }
    }

    #[test]
    fn base64_at_each_place() {
        let value = b"token?~>token";
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            for (before, after) in [("", ""), ("u", "x"), ("uu", "xx"), ("uuu", "xxx")] {
                let text = [before.as_bytes(), value, after.as_bytes()].concat();
                let encoded = engine.encode(&text);
                let start = before.len() * 8 / 6;
                let end = ((before.len() + value.len()) * 8).div_ceil(6);
                let hidden = forms(value).into_iter().any(|form| {
                    encoded
                        .as_bytes()
                        .windows(form.bytes.len())
                        .enumerate()
                        .any(|(at, window)| {
                            let edge = |edge: Option<Edge>, at: Option<usize>| match edge {
                                None => Some(0),
                                Some(edge) => {
                                    let character = *encoded.as_bytes().get(at?)?;
                                    edge.is_in(character).then_some(1)
                                }
                            };
                            let stop = at + window.len();
                            let (Some(first), Some(last)) = (
                                edge(form.before, at.checked_sub(1)),
                                edge(form.after, Some(stop)),
                            ) else {
                                return false;
                            };
                            window == form.bytes && at - first == start && stop + last == end
                        })
                });
                assert!(hidden, "{encoded}");
            }
        }
    }

    #[test]
    fn nothing_too_short_is_looked_for() {
        for value in ["12345678", "abcdefgh", "\u{20ac}\u{20ac}12"] {
            for form in forms(value.as_bytes()) {
                assert!(form.bytes.len() >= SHORTEST_MASKED, "{form:?}");
            }
        }
    }
}
