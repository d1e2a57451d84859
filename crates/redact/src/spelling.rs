//! Notations that servers use for a text, other than encoding it as a whole.

use std::fmt::Write as _;

pub(crate) fn replaced(text: &[u8], from: u8, to: u8) -> Vec<u8> {
    let bytes = text.iter();
    bytes
        .map(|byte| if *byte == from { to } else { *byte })
        .collect()
}

pub(crate) fn with_crlf(text: &[u8]) -> Vec<u8> {
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

pub(crate) fn with_lf(text: &[u8]) -> Vec<u8> {
    let next = text.iter().skip(1).map(Some).chain([None]);
    let kept = text
        .iter()
        .zip(next)
        .filter(|(byte, next)| (**byte, next.copied()) != (b'\r', Some(b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

/// The no-break space, which HTML has for a blank: in UTF-8, and in Latin-1.
pub(crate) const NO_BREAK: [&[u8]; 2] = ["\u{a0}".as_bytes(), b"\xa0"];

/// A text with another blank for each blank.
pub(crate) fn with_blanks(text: &[u8], blank: &[u8]) -> Vec<u8> {
    text.split(|byte| *byte == b' ')
        .collect::<Vec<_>>()
        .join(blank)
}

/// A text in UTF-16, in both byte orders.
pub(crate) fn in_utf16(text: &str) -> [Vec<u8>; 2] {
    let units = || text.encode_utf16();
    [
        units().flat_map(u16::to_le_bytes).collect(),
        units().flat_map(u16::to_be_bytes).collect(),
    ]
}

/// A text in Latin-1, with other characters in UTF-8, as Python's `backslashreplace` and JavaScript's
/// `escape` are decoded. None if it is not UTF-8.
pub(crate) fn in_latin1(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut latin1 = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) => latin1.push(byte),
            Err(_) => latin1.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(latin1)
}

/// A text with each `sign` doubled, as CSV (RFC 4180), SQL, YAML and format strings escape it.
pub(crate) fn doubled(text: &[u8], sign: u8) -> Vec<u8> {
    let bytes = text.iter();
    bytes
        .flat_map(|byte| std::iter::repeat_n(*byte, 1 + usize::from(*byte == sign)))
        .collect()
}

/// What a library writes as `\\u002b` in JSON, although it need not.
struct Json {
    ascii: &'static str,
    escapes_others: bool,
    escapes_slash: bool,
    is_upper: bool,
}

/// JavaScript, Python, PHP, Go and .NET, in this order.
const JSON: [Json; 5] = [
    Json::new("", false, false, false),
    Json::new("", true, false, false),
    Json::new("", true, true, false),
    Json::new("<>&", false, false, false),
    Json::new("<>&\"'+`", true, false, true),
];

impl Json {
    const fn new(
        ascii: &'static str,
        escapes_others: bool,
        escapes_slash: bool,
        is_upper: bool,
    ) -> Self {
        Self {
            ascii,
            escapes_others,
            escapes_slash,
            is_upper,
        }
    }

    fn write(&self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                c if self.ascii.contains(c) => self.escape(c, &mut written),
                '"' | '\\' => written.extend(['\\', c]),
                '/' if self.escapes_slash => written.push_str("\\/"),
                '\n' => written.push_str("\\n"),
                '\r' => written.push_str("\\r"),
                '\t' => written.push_str("\\t"),
                '\u{8}' => written.push_str("\\b"),
                '\u{c}' => written.push_str("\\f"),
                c if c.is_ascii_control() && c != '\u{7f}' => self.escape(c, &mut written),
                c if self.escapes_others && !c.is_ascii() => self.escape(c, &mut written),
                c => written.push(c),
            }
        }
        written
    }

    fn escape(&self, c: char, written: &mut String) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ = match self.is_upper {
                true => write!(written, "\\u{unit:04X}"),
                false => write!(written, "\\u{unit:04x}"),
            };
        }
    }
}

/// The content of a JSON string as common libraries write it, if it differs from the text.
pub(crate) fn in_json(text: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Vec::new();
    };
    let mut written = Vec::new();
    for json in JSON {
        let json = json.write(text);
        if json != text && !written.contains(&json) {
            written.push(json);
        }
    }
    written.into_iter().map(String::into_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin1_beside_other_characters() {
        assert_eq!(
            in_latin1("ä€b".as_bytes()),
            Some(b"\xe4\xe2\x82\xacb".to_vec())
        );
        assert_eq!(in_latin1(b"\xff"), None);
    }

    #[test]
    fn json_of_each_library() {
        let json = in_json("a/b+c&\"ä\"\n".as_bytes());
        let json: Vec<_> = json
            .iter()
            .map(|text| String::from_utf8_lossy(text))
            .collect();
        assert_eq!(
            json,
            [
                r#"a/b+c&\"ä\"\n"#,
                r#"a/b+c&\"\u00e4\"\n"#,
                r#"a\/b+c&\"\u00e4\"\n"#,
                r#"a/b+c\u0026\"ä\"\n"#,
                r"a/b\u002Bc\u0026\u0022\u00E4\u0022\n",
            ]
        );
        assert!(in_json(b"kQ9mLx2V").is_empty());
    }
}
