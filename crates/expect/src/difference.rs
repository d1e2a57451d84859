//! Equality of JSON values, and where two of them differ.

use std::cmp::Ordering;
use std::fmt::{self, Write};

use http_step_json::Value;

use crate::number;
use crate::shown::write_text;

/// The first place where a value differs from the expected one.
pub(crate) struct Difference<'a> {
    /// From the inside out.
    path: Vec<Place<'a>>,
    /// None: it is absent.
    pub(crate) expected: Option<&'a Value>,
    /// None: it is absent.
    pub(crate) found: Option<&'a Value>,
}

enum Place<'a> {
    Name(&'a str),
    Index(usize),
}

/// Find the first difference; none if the values are equal. Numbers are equal by value, and objects
/// in any order.
///
/// It recurses as deeply as the expected value is nested.
pub(crate) fn difference<'a>(expected: &'a Value, found: &'a Value) -> Option<Difference<'a>> {
    let is_equal = match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => return in_lists(expected, found),
        (Value::Object(expected), Value::Object(found)) => {
            let differing = expected.iter().find_map(|(name, value)| {
                difference_at(Place::Name(name), Some(value), found.get(name))
            });
            let more = || found.iter().find(|(name, _)| !expected.contains_key(*name));
            return differing.or_else(|| {
                let (name, value) = more()?;
                difference_at(Place::Name(name), None, Some(value))
            });
        }
        (Value::Number(expected), Value::Number(found)) => {
            number::compare(expected, found) == Ordering::Equal
        }
        (expected, found) => expected == found,
    };
    (!is_equal).then_some(Difference {
        path: Vec::new(),
        expected: Some(expected),
        found: Some(found),
    })
}

fn in_lists<'a>(expected: &'a [Value], found: &'a [Value]) -> Option<Difference<'a>> {
    (0..expected.len().max(found.len()))
        .find_map(|index| difference_at(Place::Index(index), expected.get(index), found.get(index)))
}

fn difference_at<'a>(
    place: Place<'a>,
    expected: Option<&'a Value>,
    found: Option<&'a Value>,
) -> Option<Difference<'a>> {
    let mut difference = match (expected, found) {
        (Some(expected), Some(found)) => difference(expected, found)?,
        (expected, found) => Difference {
            path: Vec::new(),
            expected,
            found,
        },
    };
    difference.path.push(place);
    Some(difference)
}

impl Difference<'_> {
    /// Whether the values differ in one of their parts.
    pub(crate) fn is_inside(&self) -> bool {
        !self.path.is_empty()
    }

    /// Write the place: `.items[3]["a b"]`.
    pub(crate) fn write_path(&self, out: &mut dyn Write) -> fmt::Result {
        self.path.iter().rev().try_for_each(|place| match place {
            Place::Index(index) => write!(out, "[{index}]"),
            Place::Name(name) if is_plain(name) => write!(out, ".{name}"),
            Place::Name(name) => {
                out.write_char('[')?;
                write_text(name, out)?;
                out.write_char(']')
            }
        })
    }
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    let is_word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}

/// Where two different texts start to differ, in bytes.
pub(crate) fn differing_byte(left: &str, right: &str) -> usize {
    let differing = left
        .char_indices()
        .zip(right.chars())
        .find(|((_, left), right)| left != right);
    differing.map_or(left.len().min(right.len()), |((at, _), _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(expected: &str, found: &str) -> Option<(String, String, String)> {
        let (expected, found): (Value, Value) = (expected.parse().unwrap(), found.parse().unwrap());
        let difference = difference(&expected, &found)?;
        let mut path = String::new();
        difference.write_path(&mut path).unwrap();
        let shown = |value: Option<&Value>| value.map_or("-".to_owned(), Value::to_string);
        Some((path, shown(difference.expected), shown(difference.found)))
    }

    #[test]
    fn equal_values() {
        for (left, right) in [
            ("null", "null"),
            ("[1, 2.50]", "[1.0,25e-1]"),
            (r#"{"a": 1, "b": {}}"#, r#"{"b":{},"a":10e-1}"#),
            (r#""\u00e9""#, r#""é""#),
        ] {
            assert_eq!(place(left, right), None, "{left}");
            assert_eq!(place(right, left), None, "{left}");
        }
    }

    #[test]
    fn the_first_difference() {
        for (expected, found, path, ours, theirs) in [
            ("1", "2", "", "1", "2"),
            ("1", "\"1\"", "", "1", "\"1\""),
            ("null", "false", "", "null", "false"),
            ("[]", "{}", "", "[]", "{}"),
            ("[1,2]", "[1,3]", "[1]", "2", "3"),
            ("[1,2]", "[1]", "[1]", "2", "-"),
            ("[1]", "[1,2]", "[1]", "-", "2"),
            (
                r#"{"a":{"b":[1]}}"#,
                r#"{"a":{"b":[2]}}"#,
                ".a.b[0]",
                "1",
                "2",
            ),
            (r#"{"a":1,"b c":2}"#, r#"{"a":1}"#, "[\"b c\"]", "2", "-"),
            (r#"{"a":1}"#, r#"{"c":3,"a":1}"#, ".c", "-", "3"),
            (r#"{"":1}"#, r#"{"":2}"#, "[\"\"]", "1", "2"),
            (r#"{"1":1}"#, r#"{"1":2}"#, "[\"1\"]", "1", "2"),
        ] {
            let places = Some((path.to_owned(), ours.to_owned(), theirs.to_owned()));
            assert_eq!(place(expected, found), places, "{expected} {found}");
        }
    }

    #[test]
    fn differing_bytes_are_those_of_characters() {
        for (left, right, at) in [
            ("abc", "abx", 2),
            ("ab", "abc", 2),
            ("abc", "ab", 2),
            ("", "a", 0),
            // Their first bytes are equal.
            ("aé", "aè", 1),
        ] {
            assert_eq!(differing_byte(left, right), at, "{left} {right}");
        }
    }
}
