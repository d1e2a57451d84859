//! JSON that is safe for a terminal and for the log of a CI system, and decodes to the same: unsafe
//! characters are escaped as `\u00XX`.

use std::fmt::Write as _;

use crate::ci::Commands;
use crate::printable::is_hostile;

/// JSON, as [`serde_json`] writes it, with escapes for each character that terminals would obey or
/// people not see, and for one of each command to a CI system: all of them are in strings. A string
/// is checked as the lines that it contains, since its decoded form may be logged.
pub(crate) fn printable(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    let mut string: Option<Commands> = None;
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        match (&mut string, c) {
            (None, '"') => string = Some(Commands::new()),
            (Some(_), '"') => string = None,
            (Some(commands), '\\') => {
                let kind = characters.next().unwrap_or_default();
                let digits = if kind == 'u' { 4 } else { 0 };
                let digits = characters.as_str().get(..digits).unwrap_or_default();
                characters.by_ref().take(digits.len()).for_each(drop);
                shown.extend(['\\', kind]);
                shown.push_str(digits);
                // It is no part of a command here, but may start or continue a line.
                commands.completed_by(match (kind, digits) {
                    ('n' | 'r', _) => '\n',
                    ('t' | 'f', _) | (_, "000b") => '\t',
                    _ => '\\',
                });
                continue;
            }
            (Some(commands), hostile) if is_hostile(hostile) => {
                write_escape(hostile, &mut shown);
                commands.completed_by(hostile);
                continue;
            }
            (Some(commands), c) => {
                if let Some(length) = commands.completed_by(c) {
                    // It is all ASCII, and the characters before `c` have been written.
                    let begun = shown.split_off(shown.len() - (length - 1));
                    for (index, c) in begun.char_indices() {
                        match index {
                            0 => write_escape(c, &mut shown),
                            _ => shown.push(c),
                        }
                    }
                }
            }
            (None, _) => {}
        }
        shown.push(c);
    }
    shown
}

fn write_escape(c: char, shown: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(shown, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printable::tests::{commanded, hostile};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn unsafe_characters_are_escaped() {
        for (text, shown) in [
            (
                "\u{1b}[2J\u{7f}\u{9b}31m\né",
                r#""\u001b[2J\u007f\u009b31m\né""#,
            ),
            ("\u{202e}\u{e0041}", r#""\u202e\udb40\udc41""#),
            (
                "a ##[error]x ##VSO[",
                r##""a \u0023#[error]x \u0023#VSO[""##,
            ),
            (
                "::error::x\n \t::a::",
                r#""\u003a:error::x\n \t\u003a:a::""#,
            ),
            ("\"##[", r##""\"\u0023#[""##),
            ("section_end:", r#""\u0073ection_end:""#),
            ("--- a\r+++ b", r#""\u002d-- a\r\u002b++ b""#),
            ("a ::b [::1]", r#""a ::b [::1]""#),
        ] {
            let json = printable(&json!(text).to_string());
            assert_eq!(json, shown);
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), json!(text));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn it_decodes_to_the_same_and_contains_no_command(pieces in hostile()) {
            let text = pieces.concat();
            let value = json!({"text": [text, pieces], text.clone(): {"a": 1.5, "b": null}});
            for json in [value.to_string(), format!("{value:#}")] {
                let shown = printable(&json);
                prop_assert_eq!(commanded(&shown), None, "{}", shown);
                let raw = shown.chars().find(|c| is_hostile(*c) || *c == '\t');
                prop_assert_eq!(raw, None, "{}", shown);
                prop_assert_eq!(&serde_json::from_str::<Value>(&shown).unwrap(), &value);
            }
        }
    }
}
