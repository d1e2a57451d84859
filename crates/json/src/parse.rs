//! From text to values.

use std::str::FromStr;

use serde::de::{Error as _, IgnoredAny};
use serde_json::Error;

use crate::number::Number;
use crate::value::{Map, Value};

/// The nesting limit of arrays and objects, as in serde_json: reading or dropping a value recurses
/// for each level.
pub(crate) const DEEPEST: usize = 128;

impl FromStr for Value {
    type Err = Error;

    /// Read JSON text (RFC 8259). If an object has a name several times, the last one counts.
    fn from_str(text: &str) -> Result<Self, Error> {
        // serde_json reports whether it is JSON, and the position of an error. What remains is to
        // split it.
        let _: IgnoredAny = serde_json::from_str(text)?;
        Cutter { rest: text }.value(0)
    }
}

impl Value {
    /// Read JSON text in UTF-8.
    ///
    /// # Errors
    ///
    /// It is not JSON.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(Error::custom)?;
        text.parse()
    }
}

/// Takes values from the start of valid JSON.
struct Cutter<'a> {
    rest: &'a str,
}

impl<'a> Cutter<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > DEEPEST {
            return Err(Error::custom("recursion limit exceeded"));
        }
        match self.next()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::String),
            _ => {
                let scalar = self.take_until(|c| matches!(c, b',' | b']' | b'}') || is_blank(c));
                Ok(match scalar {
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    number => Value::Number(Number::from_json(number)),
                })
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        self.skip();
        let mut items = Vec::new();
        loop {
            match self.next()? {
                b']' => break,
                b',' => self.skip(),
                _ => items.push(self.value(depth + 1)?),
            }
        }
        self.skip();
        Ok(Value::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Error> {
        self.skip();
        let mut members = Map::new();
        loop {
            match self.next()? {
                b'}' => break,
                b',' => self.skip(),
                _ => {
                    let name = self.string()?;
                    // The colon.
                    self.next()?;
                    self.skip();
                    members.insert(name, self.value(depth + 1)?);
                }
            }
        }
        self.skip();
        Ok(Value::Object(members))
    }

    fn string(&mut self) -> Result<String, Error> {
        let mut is_escaped = false;
        let mut quotes = 0;
        let quoted = self.take_until(|c| {
            if quotes == 2 {
                return true;
            }
            quotes += u8::from(c == b'"' && !is_escaped);
            is_escaped = c == b'\\' && !is_escaped;
            false
        });
        serde_json::from_str(quoted)
    }

    /// The first byte of the next token.
    fn next(&mut self) -> Result<u8, Error> {
        self.take_until(|c| !is_blank(c));
        let first = self.rest.as_bytes().first();
        first
            .copied()
            .ok_or_else(|| Error::custom("this is not JSON"))
    }

    /// Skip the next byte, which is ASCII.
    fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Take the text before the first byte that ends it, which is ASCII.
    fn take_until(&mut self, ends: impl FnMut(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Value {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn digits_and_order_are_kept() {
        for text in [
            "null",
            "true",
            "false",
            r#""""#,
            "[]",
            "{}",
            r#"{"b":[1.10,1e400,-0,1E5,0.1000],"a":{"n":123456789012345678901234567890}}"#,
            r#"["é😀\"\\\n","\u0000"]"#,
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
    }

    #[test]
    fn blanks_escapes_and_repeated_names() {
        for (text, compact) in [
            (" \t\r\n1.0 ", "1.0"),
            ("[ 1 , 2\n]", "[1,2]"),
            ("{ \"a\" : 1 , \"b\" : [ ] }", r#"{"a":1,"b":[]}"#),
            (r#""\u00e9\ud83d\ude00\/\u005c""#, r#""é😀/\\""#),
            (r#"["\\","a\\\"b",","]"#, r#"["\\","a\\\"b",","]"#),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        ] {
            assert_eq!(parse(text).to_string(), compact, "{text}");
        }
    }

    #[test]
    fn invalid_json() {
        for (text, error) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            ("nope", "expected ident at line 1 column 2"),
            ("[1,]", "expected value at line 1 column 4"),
            ("{\"a\":\n01}", "invalid number at line 2 column 2"),
            ("1 2", "trailing characters at line 1 column 3"),
            (
                r#""\ud800""#,
                "unexpected end of hex escape at line 1 column 8",
            ),
        ] {
            assert_eq!(
                text.parse::<Value>().unwrap_err().to_string(),
                error,
                "{text}"
            );
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(nested(DEEPEST).parse::<Value>().is_ok());
        for depth in [DEEPEST + 2, 1_000_000] {
            let error = nested(depth).parse::<Value>().unwrap_err();
            assert_eq!(error.to_string(), "recursion limit exceeded");
        }
    }

    proptest! {
        /// Whatever serde_json reads is read the same way, and nothing else is.
        #[test]
        fn as_in_serde_json(
            text in r#"(\[|\]|\{|\}|,|:|"|"a":|\\|\\"|\\u00e9|\\ud83d|é| |[0-9]|-|\.|e|null|true|[1,2]|\{"a":1\})*"#
        ) {
            let ours: Result<Value, _> = text.parse();
            if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.unwrap().to_string()).unwrap(), theirs);
            } else if let Ok(ours) = ours {
                // Except for numbers that no float approximates.
                let reread: Value = ours.to_string().parse().unwrap();
                prop_assert_eq!(reread, ours);
                prop_assert!(text.contains('e'));
            }
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = text.parse::<Value>();
        }
    }
}
