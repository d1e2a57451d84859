//! From values to text.

use std::{fmt, io};

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::number::Number;
use crate::value::Value;

impl fmt::Display for Value {
    /// As compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::String(text) => quoted(text, f),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    quoted(name, f)?;
                    f.write_str(":")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    serde_json::to_writer(Writer(f), text).map_err(|_| fmt::Error)
}

/// A writer for serde_json, which writes text in whole characters.
struct Writer<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl io::Write for Writer<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(members) => members.serialize(serializer),
        }
    }
}

impl Serialize for Number {
    /// With all digits, if serde_json writes text. A [`serde_json::Value`] can't hold all of
    /// them, and converting a number beyond its range to one is an error.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<serde_json::Number>(self.as_str()) {
            Ok(number) if number.to_string() == self.as_str() => number.serialize(serializer),
            _ => serde_json::from_str::<&RawValue>(self.as_str())
                .map_err(S::Error::custom)?
                .serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const DIGITS: &str = r#"{"a":[123456789012345678901234567890,1.10,-0,1e400,1E5],"b":{}}"#;

    #[test]
    fn serde_json_writes_all_digits() {
        let value: Value = DIGITS.parse().unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), DIGITS);
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert!(pretty.contains("\n    1.10,\n"), "{pretty}");
    }

    #[test]
    fn a_value_of_serde_json_has_the_nearest_numbers() {
        let value: Value = r#"{"a": [1, 1.10, "x", null, true]}"#.parse().unwrap();
        let expected = json!({"a": [1, 1.1, "x", null, true]});
        assert_eq!(serde_json::to_value(&value).unwrap(), expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let number = "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,4})?"
            .prop_map(|text| Value::Number(text.parse().unwrap()));
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            number,
            ".*".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::vec((".*", inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_read_back(value in values()) {
            prop_assert_eq!(&value.to_string().parse::<Value>().unwrap(), &value);
            prop_assert_eq!(serde_json::to_string(&value).unwrap(), value.to_string());
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(pretty.parse::<Value>().unwrap(), value);
        }
    }
}
