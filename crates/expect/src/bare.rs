//! Values that are no predicates: those to compare with.

use http_step_json::{Number, Value};

use crate::error::{PathItem, PredicateError};
use crate::kind::Kind;
use crate::number::is_negative;
use crate::shown::excerpt;
use crate::size::bytes_with_unit;
use crate::status::{self, StatusPattern};
use crate::test::Test;

/// The maximum depth of a value to compare with: that of JSON. Comparing recurses as deeply.
const DEEPEST: usize = 128;

/// The hexadecimal digits of a SHA-256 digest.
const DIGEST: usize = 64;

/// Equality with a value.
pub(crate) fn bare(value: &Value, kind: Kind) -> Result<Test, PredicateError> {
    equality(value, kind).map_err(|mut error| {
        error.message.push_str(match value {
            Value::Null => "; for a value that is absent, use `exists: false`",
            Value::Array(_) if !matches!(kind, Kind::Status | Kind::Json) => {
                "; for one of several values, use `one_of`"
            }
            _ => "",
        });
        error
    })
}

fn equality(value: &Value, kind: Kind) -> Result<Test, PredicateError> {
    match kind {
        Kind::Json => {
            check_depth(value, DEEPEST)?;
            Ok(Test::Equals(value.clone()))
        }
        Kind::Status => match value {
            Value::Array(items) => statuses(items),
            value => status_pattern(value).map(Test::Status),
        },
        Kind::Seconds | Kind::Bytes | Kind::Count => {
            let amount = amount(value, kind)?;
            Ok(Test::Equals(amount.into()))
        }
        Kind::Text => match text_of(value) {
            Some(text) => Ok(Test::Equals(text.into())),
            None => Err(not_this("text", value)),
        },
        Kind::Digest => {
            let digest = text_of(value).filter(|text| {
                text.len() == DIGEST && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            match digest {
                Some(digest) => Ok(Test::Digest(digest.to_ascii_lowercase())),
                None => Err(not_this("a SHA-256 digest of 64 hexadecimal digits", value)),
            }
        }
    }
}

/// A number to compare with in order.
pub(crate) fn amount(value: &Value, kind: Kind) -> Result<Number, PredicateError> {
    let number = match value {
        Value::Number(number) => Some(number),
        _ => None,
    };
    let found = match kind {
        Kind::Status => number
            .filter(|number| status::code(number.spelling()).is_some())
            .cloned(),
        Kind::Seconds => number.filter(|number| !is_negative(number)).cloned(),
        Kind::Count => number.filter(|number| number.as_u64().is_some()).cloned(),
        Kind::Bytes => match value {
            Value::String(text) => bytes_with_unit(text).and_then(|bytes| {
                let bytes: Number = bytes.to_string().parse().ok()?;
                Some(bytes.spelled(text))
            }),
            _ => number.filter(|number| number.as_u64().is_some()).cloned(),
        },
        Kind::Text | Kind::Digest | Kind::Json => number.cloned(),
    };
    found.ok_or_else(|| {
        let expected = match kind {
            Kind::Status => "a status code, as in `200`",
            Kind::Seconds => "a number of seconds, as in `2.5`",
            Kind::Count => "a whole number, as in `3`",
            Kind::Bytes => "a number of bytes, as in `65536` or `64MiB`",
            Kind::Text | Kind::Digest | Kind::Json => "a number",
        };
        let mut error = not_this(expected, value);
        if kind == Kind::Bytes && matches!(value, Value::String(_)) {
            error
                .message
                .push_str("; the units are KiB, MiB, GiB and TiB");
        }
        error
    })
}

fn statuses(items: &[Value]) -> Result<Test, PredicateError> {
    if items.is_empty() {
        return Err(PredicateError::new(
            "this list is empty; add a status code, as in `[200, 2xx]`",
        ));
    }
    let patterns = items.iter().enumerate().map(|(index, item)| {
        let pattern = status_pattern(item).map(Test::Status);
        pattern.map_err(|error| error.within(PathItem::Index(index)))
    });
    patterns.collect::<Result<_, _>>().map(Test::one_of)
}

fn status_pattern(value: &Value) -> Result<StatusPattern, PredicateError> {
    let text = match value {
        Value::Number(number) => number.spelling(),
        Value::String(text) => text,
        other => {
            return Err(not_this(
                "a status code, a class (`2xx`) or a range (`200-204`)",
                other,
            ));
        }
    };
    text.parse()
        .map_err(|error| PredicateError::new(format!("{error}, not {}", found(value))))
}

/// A string, the spelling of a number, or a boolean as JSON.
pub(crate) fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.spelling()),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The error for a value that is something else.
pub(crate) fn not_this(expected: &str, value: &Value) -> PredicateError {
    PredicateError::new(format!("expected {expected}, not {}", found(value)))
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        scalar => format!("`{}`", excerpt(scalar, 40)),
    }
}

fn check_depth(value: &Value, left: usize) -> Result<(), PredicateError> {
    let is_collection = matches!(value, Value::Array(_) | Value::Object(_));
    if is_collection && left == 0 {
        return Err(PredicateError::new(format!(
            "the value is nested more than {DEEPEST} levels deep; simplify it"
        )));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_depth(item, left - 1)),
        Value::Object(members) => members
            .values()
            .try_for_each(|member| check_depth(member, left - 1)),
        _ => Ok(()),
    }
}
