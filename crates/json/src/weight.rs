//! The memory that a JSON text takes as a value, computed without creating it: a megabyte of text
//! may become a hundred.

use serde::de::{Error as _, IgnoredAny};
use serde_json::Error;

use crate::parse::DEEPEST;
use crate::value::Value;

/// The size of a value in a list with a capacity of twice its length.
const VALUE: usize = 2 * size_of::<Value>();

/// The size of an object's member: its hash and index, its name, and its value.
const MEMBER: usize = VALUE + 2 * (size_of::<String>() + 4 * size_of::<usize>());

/// The overhead of an allocation.
const ALLOCATION: usize = 32;

/// The maximum size of a JSON text as a [`Value`], in bytes.
///
/// # Errors
///
/// It is not JSON, or nested too deeply.
pub fn weight(text: &str) -> Result<usize, Error> {
    let _: IgnoredAny = serde_json::from_str(text)?;
    let mut bytes = VALUE;
    // What a comma adds at each level.
    let mut open = Vec::new();
    let (mut in_string, mut is_escaped, mut in_number) = (false, false, false);
    for byte in text.bytes() {
        if in_string {
            bytes += 1;
            in_string = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        let was_in_number = in_number;
        in_number = matches!(byte, b'-' | b'0'..=b'9')
            || (in_number && matches!(byte, b'.' | b'e' | b'E' | b'+'));
        match byte {
            _ if in_number => bytes += 1 + if was_in_number { 0 } else { ALLOCATION },
            b'"' => {
                in_string = true;
                bytes += ALLOCATION;
            }
            b'[' => {
                bytes += ALLOCATION + VALUE;
                open.push(VALUE);
            }
            b'{' => {
                bytes += 2 * ALLOCATION + MEMBER;
                open.push(MEMBER);
            }
            b',' => bytes += open.last().copied().unwrap_or_default(),
            b']' | b'}' => {
                open.pop();
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err(Error::custom("recursion limit exceeded"));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_weigh_many_times_their_text() {
        assert_eq!(weight("null").unwrap(), VALUE);
        assert_eq!(weight("1e400").unwrap(), VALUE + ALLOCATION + 5);
        assert_eq!(weight(r#""a\"c""#).unwrap(), VALUE + ALLOCATION + 5);
        assert_eq!(
            weight("[true,false]").unwrap(),
            VALUE + ALLOCATION + 2 * VALUE
        );
        assert_eq!(
            weight(r#"{"a":[],"b":"[,"}"#).unwrap(),
            VALUE
                + 2 * ALLOCATION
                + 2 * MEMBER
                + 2 * (ALLOCATION + 2)
                + (ALLOCATION + VALUE)
                + (ALLOCATION + 3)
        );
    }

    #[test]
    fn errors_are_those_of_the_parser() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for wrong in ["nope", "[1,", "1 2", "", &deep, r#"{"a" 1}"#] {
            let report = wrong.parse::<Value>().unwrap_err();
            assert_eq!(weight(wrong).unwrap_err().to_string(), report.to_string());
        }
    }
}
