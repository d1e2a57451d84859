//! Tests in words.

use std::fmt::{self, Write};

use http_step_json::Value;

use crate::shown::{write_text, write_unquoted, write_value};
use crate::test::Test;

/// Write what a test expects.
pub(crate) fn describe(test: &Test, out: &mut dyn Write) -> fmt::Result {
    match test {
        Test::Equals(value) => {
            if matches!(value, Value::Array(_) | Value::Object(_)) {
                out.write_str("the same as ")?;
            }
            write_value(value, out)
        }
        Test::Status(pattern) => write!(out, "{pattern}"),
        Test::Digest(digest) => write_text(digest, out),
        Test::Not(test) => labelled("not ", test, out),
        Test::All(tests) => joined(tests, " and ", out),
        Test::OneOf(tests) => joined(tests, " or ", out),
        Test::Exists(true) => out.write_str("any value"),
        Test::Exists(false) => out.write_str("nothing"),
        Test::Contains { item, .. } => labelled("contains ", item, out),
        Test::StartsWith(start) => text("starts with ", start, out),
        Test::EndsWith(end) => text("ends with ", end, out),
        Test::Matches(pattern) => {
            out.write_str("matches /")?;
            write_unquoted(pattern.as_str(), out)?;
            out.write_str("/")
        }
        Test::AtLeast(least) => text_of_number("at least ", least.spelling(), out),
        Test::AtMost(most) => text_of_number("at most ", most.spelling(), out),
        Test::Type(expected) => out.write_str(expected.noun()),
        Test::Count(test) => labelled("a count of ", test, out),
        Test::Each(test) => labelled("each ", test, out),
        Test::Any(test) => labelled("any ", test, out),
    }
}

/// Write a test as a part of another one.
pub(crate) fn describe_part(test: &Test, out: &mut dyn Write) -> fmt::Result {
    if !matches!(test, Test::All(_) | Test::OneOf(_)) {
        return describe(test, out);
    }
    out.write_str("(")?;
    describe(test, out)?;
    out.write_str(")")
}

fn labelled(label: &str, test: &Test, out: &mut dyn Write) -> fmt::Result {
    out.write_str(label)?;
    describe_part(test, out)
}

fn joined(tests: &[Test], conjunction: &str, out: &mut dyn Write) -> fmt::Result {
    for (index, test) in tests.iter().enumerate() {
        if index > 0 {
            out.write_str(conjunction)?;
        }
        describe_part(test, out)?;
    }
    Ok(())
}

fn text(label: &str, text: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_str(label)?;
    write_text(text, out)
}

fn text_of_number(label: &str, spelling: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_str(label)?;
    write_unquoted(spelling, out)
}
