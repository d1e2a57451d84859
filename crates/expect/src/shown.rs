//! Values as short text for people.

use std::fmt::{self, Write};

use http_step_json::Value;

/// The maximum length of a text in a [`Mismatch`](crate::Mismatch), in characters.
pub(crate) const LIMIT: usize = 200;

/// The length of the longest escape, `\u001b`.
const ESCAPE: usize = 6;

/// A text that is cut at a number of characters.
pub(crate) struct Shown {
    text: String,
    left: usize,
    is_cut: bool,
}

impl Shown {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            left: limit,
            is_cut: false,
        }
    }

    /// Write more, unless it is cut.
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Self) -> fmt::Result) {
        // An error stops a writer when the text is full.
        let _full: fmt::Result = write(self);
    }

    /// The text, with `…` if it is cut.
    pub(crate) fn finish(mut self) -> String {
        if self.is_cut {
            self.text.push('…');
        }
        self.text
    }
}

impl Write for Shown {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        match piece.char_indices().nth(self.left) {
            None => {
                self.text.push_str(piece);
                self.left -= piece.chars().count();
                Ok(())
            }
            Some((end, _)) => {
                // An escape stays whole.
                if piece.len() > ESCAPE {
                    self.text.push_str(piece.get(..end).unwrap_or_default());
                }
                self.is_cut = true;
                Err(fmt::Error)
            }
        }
    }
}

/// A value as text of a maximum length.
pub fn excerpt(value: &Value, limit: usize) -> String {
    let mut shown = Shown::new(limit);
    shown.add(|out| write_value(value, out));
    shown.finish()
}

/// Whether a value is shown whole at this maximum length.
pub(crate) fn fits(value: &Value, limit: usize) -> bool {
    let mut shown = Shown::new(limit);
    shown.add(|out| write_value(value, out));
    !shown.is_cut
}

/// A text of a maximum length, in one line.
pub(crate) fn excerpt_text(text: &str, limit: usize) -> String {
    let mut shown = Shown::new(limit);
    shown.add(|out| write_unquoted(text, out));
    shown.finish()
}

/// Write a value as JSON in one line. Into a [`Shown`], it recurses no deeper than its limit: each
/// level writes a character.
pub(crate) fn write_value(value: &Value, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => write_unquoted(number.spelling(), out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                separate(index, out)?;
                write_value(item, out)?;
            }
            out.write_char(']')
        }
        Value::Object(members) => {
            out.write_char('{')?;
            for (index, (name, value)) in members.iter().enumerate() {
                separate(index, out)?;
                write_text(name, out)?;
                out.write_char(':')?;
                write_value(value, out)?;
            }
            out.write_char('}')
        }
    }
}

fn separate(index: usize, out: &mut dyn Write) -> fmt::Result {
    match index {
        0 => Ok(()),
        _ => out.write_char(','),
    }
}

/// Write a text as a JSON string.
pub(crate) fn write_text(text: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            c => write_visible(c, out)?,
        }
    }
    out.write_char('"')
}

/// Write a text as it is, but for characters that can't be seen.
pub(crate) fn write_unquoted(text: &str, out: &mut dyn Write) -> fmt::Result {
    text.chars().try_for_each(|c| write_visible(c, out))
}

fn write_visible(c: char, out: &mut dyn Write) -> fmt::Result {
    match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if is_invisible(c) => out.write_str(&format!("\\u{:04x}", u32::from(c))),
        c => out.write_char(c),
    }
}

/// Characters that control a terminal, change the order of others, or have no width.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (json, shown) in [
            ("null", "null"),
            ("1.10", "1.10"),
            (r#"[1, "a", {"b": [true]}]"#, r#"[1,"a",{"b":[true]}]"#),
            (
                r#""\u0000\u001b[31m\r\n\t\u0085\u202e\ufeff\"\\é😀""#,
                r#""\u0000\u001b[31m\r\n\t\u0085\u202e\ufeff\"\\é😀""#,
            ),
            (r#"{"\u0007": 1}"#, r#"{"\u0007":1}"#),
        ] {
            assert_eq!(excerpt(&json.parse().unwrap(), 100), shown);
        }
    }

    #[test]
    fn texts_are_cut_between_characters_and_escapes() {
        for (text, shown) in [
            ("abcd", "\"abcd…"),
            ("ééééé", "\"éééé…"),
            ("abc\u{1b}", "\"abc…"),
            ("abc\n", "\"abc…"),
            ("abc", "\"abc\""),
            ("", "\"\""),
        ] {
            assert_eq!(excerpt(&text.into(), 5), shown);
        }
        let number: Value = "123456789".parse().unwrap();
        assert_eq!(excerpt(&number, 5), "12345…");
        assert_eq!(excerpt_text("a\n\"", 5), "a\\n\"");
    }

    #[test]
    fn nesting_has_no_limit() {
        let mut value = Value::Null;
        for _ in 0..10_000 {
            value = vec![value].into();
        }
        assert_eq!(excerpt(&value, 5), "[[[[[…");
        // Dropping it would recurse.
        std::mem::forget(value);
    }
}
