//! The spellings of numbers, as JSON that can accompany the value.

use crate::number::Number;
use crate::value::Value;

impl Value {
    /// The value with each number replaced by its spelling, as a string; none if all
    /// spellings are the JSON text.
    #[must_use]
    pub fn spelled(&self) -> Option<Self> {
        self.has_a_spelling().then(|| self.with_spellings())
    }

    /// Set the spellings of numbers from a result of [`spelled`](Self::spelled). Parts with
    /// another shape stay as they are.
    pub fn respell(&mut self, spelled: &Self) {
        match (self, spelled) {
            (Self::Number(number), Self::String(spelling)) => {
                *number = Number::from_json(number.as_str()).spelled(spelling);
            }
            (Self::Array(items), Self::Array(spelled)) => {
                for (item, spelled) in items.iter_mut().zip(spelled) {
                    item.respell(spelled);
                }
            }
            (Self::Object(members), Self::Object(spelled)) => {
                for (value, spelled) in members.values_mut().zip(spelled.values()) {
                    value.respell(spelled);
                }
            }
            _ => {}
        }
    }

    fn has_a_spelling(&self) -> bool {
        match self {
            Self::Number(number) => !number.is_spelled_as_json(),
            Self::Array(items) => items.iter().any(Self::has_a_spelling),
            Self::Object(members) => members.values().any(Self::has_a_spelling),
            Self::Null | Self::Bool(_) | Self::String(_) => false,
        }
    }

    fn with_spellings(&self) -> Self {
        match self {
            Self::Number(number) => Self::String(number.spelling().to_owned()),
            Self::Array(items) => Self::Array(items.iter().map(Self::with_spellings).collect()),
            Self::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.with_spellings()))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_applied() {
        let number =
            |json: &str, spelling| Value::Number(json.parse::<Number>().unwrap().spelled(spelling));
        let value = Value::Object(
            [
                ("phone".to_owned(), number("15551234567", "+15551234567")),
                (
                    "list".to_owned(),
                    Value::Array(vec![
                        "a".into(),
                        number("1.10", "1.10"),
                        number("31", "0x1F"),
                    ]),
                ),
            ]
            .into_iter()
            .collect(),
        );
        let spelled = value.spelled().unwrap();
        assert_eq!(
            spelled.to_string(),
            r#"{"phone":"+15551234567","list":["a","1.10","0x1F"]}"#
        );
        let mut received: Value = value.to_string().parse().unwrap();
        assert_eq!(received.spelled(), None);
        received.respell(&spelled);
        assert_eq!(received, value);
    }

    #[test]
    fn another_shape_changes_nothing() {
        let mut value: Value = r#"[1,"a",{"b":2}]"#.parse().unwrap();
        let before = value.clone();
        for other in ["null", "[]", r#"{"b":"3"}"#, r#"[[],"4","5"]"#] {
            value.respell(&other.parse().unwrap());
        }
        assert_eq!(value, before);
    }
}
