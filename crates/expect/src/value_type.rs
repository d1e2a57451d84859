//! The types of JSON values.

use http_step_json::Value;

use crate::number;

/// A type, as `type` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Null,
    Boolean,
    Number,
    /// A number whose value is an integer, such as 1.0.
    Integer,
    String,
    List,
    Object,
}

/// The types and their names.
pub(crate) const TYPES: [(&str, ValueType); 7] = [
    ("null", ValueType::Null),
    ("boolean", ValueType::Boolean),
    ("number", ValueType::Number),
    ("integer", ValueType::Integer),
    ("string", ValueType::String),
    ("list", ValueType::List),
    ("object", ValueType::Object),
];

impl ValueType {
    /// Whether a value is of this type.
    pub(crate) fn includes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::List, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            (Self::Integer, Value::Number(number)) => number::is_integer(number),
            _ => false,
        }
    }

    /// A value of this type, in words.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}
