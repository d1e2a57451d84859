//! The tests that predicates consist of.

use std::cmp::Ordering;

use http_step_json::{Number, Value};

use crate::difference::difference;
use crate::number;
use crate::pattern::Pattern;
use crate::status::StatusPattern;
use crate::value_type::ValueType;

/// A test of a value. Tests nest at most as deeply as the parser permits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// By JSON equality.
    Equals(Value),
    Status(StatusPattern),
    /// In lower case.
    Digest(String),
    Not(Box<Self>),
    /// At least two.
    All(Vec<Self>),
    /// At least two.
    OneOf(Vec<Self>),
    Exists(bool),
    Contains {
        /// In text. None: only lists can contain it.
        text: Option<String>,
        /// In lists.
        item: Box<Self>,
    },
    StartsWith(String),
    EndsWith(String),
    Matches(Pattern),
    AtLeast(Number),
    AtMost(Number),
    Type(ValueType),
    Count(Box<Self>),
    Each(Box<Self>),
    Any(Box<Self>),
}

impl Test {
    /// All of these tests.
    pub(crate) fn all(tests: Vec<Self>) -> Self {
        Self::sole(tests).unwrap_or_else(Self::All)
    }

    /// One of these tests.
    pub(crate) fn one_of(tests: Vec<Self>) -> Self {
        Self::sole(tests).unwrap_or_else(Self::OneOf)
    }

    fn sole(tests: Vec<Self>) -> Result<Self, Vec<Self>> {
        <[Self; 1]>::try_from(tests).map(|[test]| test)
    }

    /// Whether it holds. With nothing found, the answer is unknown (none) for everything but `exists` and
    /// `count`, and combinations follow Kleene's logic: what is unknown stays unknown under `not`, one
    /// test that doesn't hold decides for all of them, and one that holds for `one_of`.
    pub(crate) fn holds(&self, found: Option<&Value>) -> Option<bool> {
        match self {
            Self::Exists(expected) => Some(found.is_some() == *expected),
            Self::Count(test) => match found {
                None => test.holds(Some(&count(&[]))),
                Some(Value::Array(items)) => test.holds(Some(&count(items))),
                Some(_) => Some(false),
            },
            Self::Not(test) => test.holds(found).map(|holds| !holds),
            Self::All(tests) => decide(tests, found, false),
            Self::OneOf(tests) => decide(tests, found, true),
            _ => found.map(|value| self.holds_for(value)),
        }
    }

    fn holds_for(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Equals(expected), value) => difference(expected, value).is_none(),
            (Self::Type(expected), value) => expected.includes(value),
            (Self::Status(pattern), Value::Number(number)) => number
                .as_u64()
                .and_then(|status| u16::try_from(status).ok())
                .is_some_and(|status| pattern.matches(status)),
            (Self::AtLeast(least), Value::Number(number)) => {
                number::compare(number, least) != Ordering::Less
            }
            (Self::AtMost(most), Value::Number(number)) => {
                number::compare(number, most) != Ordering::Greater
            }
            (Self::Digest(digest), Value::String(text)) => text.eq_ignore_ascii_case(digest),
            (Self::StartsWith(start), Value::String(text)) => text.starts_with(start),
            (Self::EndsWith(end), Value::String(text)) => text.ends_with(end),
            (Self::Matches(pattern), Value::String(text)) => pattern.is_in(text),
            (Self::Contains { text: part, .. }, Value::String(text)) => {
                part.as_ref().is_some_and(|part| text.contains(part))
            }
            (Self::Contains { item: test, .. } | Self::Any(test), Value::Array(items)) => {
                items.iter().any(|item| test.is_fulfilled(Some(item)))
            }
            (Self::Each(test), Value::Array(items)) => {
                items.iter().all(|item| test.is_fulfilled(Some(item)))
            }
            _ => false,
        }
    }

    /// Whether it holds; what is unknown doesn't.
    pub(crate) fn is_fulfilled(&self, found: Option<&Value>) -> bool {
        self.holds(found) == Some(true)
    }
}

/// The number of items as a value.
pub(crate) fn count(items: &[Value]) -> Value {
    items.len().into()
}

/// The answer that one test alone gives, or else the opposite, unless an answer is unknown.
fn decide(tests: &[Test], found: Option<&Value>, deciding: bool) -> Option<bool> {
    let mut answer = Some(!deciding);
    for test in tests {
        match test.holds(found) {
            Some(holds) if holds == deciding => return Some(deciding),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}
