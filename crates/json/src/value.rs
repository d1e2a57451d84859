//! JSON values.

use indexmap::IndexMap;

use crate::number::Number;

/// An object's members, in order; names are unique.
pub type Map = IndexMap<String, Value>;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Map),
}

impl Value {
    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    /// A member's value, if this is an object with that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => {
                Self::Number(Number::from_json(&number.to_string()))
            }
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(items) => items.into(),
            serde_json::Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect(),
            ),
        }
    }
}

impl TryFrom<&Value> for serde_json::Value {
    type Error = serde_json::Error;

    /// Numbers become the nearest that it can hold; a number beyond its range is an error.
    fn try_from(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::to_value(value)
    }
}

/// As in serde_json: a float that isn't finite is null.
macro_rules! from {
    ($($type:ty),*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                serde_json::Value::from(value).into()
            }
        })*
    };
}

from!(
    bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, String, &str
);

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<Map> for Value {
    fn from(members: Map) -> Self {
        Self::Object(members)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn from_other_values() {
        for (value, text) in [
            (Value::from(7), "7"),
            (Value::from(-1.5), "-1.5"),
            (Value::from(f64::NAN), "null"),
            (Value::from(u64::MAX), "18446744073709551615"),
            (Value::from("a\"b"), r#""a\"b""#),
            (Value::from(vec![1, 2]), "[1,2]"),
            (
                Value::from(json!({"b": [1, null], "a": true})),
                r#"{"b":[1,null],"a":true}"#,
            ),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn to_serde_json() {
        let convert = |text: &str| serde_json::Value::try_from(&text.parse::<Value>().unwrap());
        assert_eq!(convert("[1, 2.50]").unwrap(), json!([1, 2.5]));
        assert!(convert("1e400").is_err());
    }
}
