//! From parts to values.

use std::borrow::Cow;

use http_step_json::{Map, Value};
use thiserror::Error;

use crate::parse::{Part, Reference, SyntaxError, Template};

/// The properties and secrets that expressions can refer to.
pub trait Names {
    /// The property's value, or none if it is unknown.
    fn property(&self, name: &str) -> Option<Value>;
    /// The secret's handle, or none if it is unknown.
    fn secret(&self, name: &str) -> Option<String>;
}

/// Why a text can't be rendered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RenderError {
    /// An expression is invalid.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A property is unknown, and the expression has no default.
    #[error(
        "the property `{0}` is not set; set it or use a default: `${{{{ property.{0} | default(\"\") }}}}`"
    )]
    UnknownProperty(String),
    /// A secret is unknown.
    #[error("the secret `{0}` is not granted to this step")]
    UnknownSecret(String),
}

impl Template<'_> {
    /// Render the value: with its type if the text consists of exactly one expression, else
    /// as text.
    ///
    /// # Errors
    ///
    /// The first unknown name.
    pub fn render(&self, names: &dyn Names) -> Result<Value, RenderError> {
        if let Some(reference) = self.sole_expression() {
            return reference.resolve(names);
        }
        let mut text = String::new();
        for part in self.parts() {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expression(reference) => {
                    text.push_str(&to_text(&reference.resolve(names)?));
                }
            }
        }
        Ok(Value::String(text))
    }
}

impl Reference<'_> {
    fn resolve(&self, names: &dyn Names) -> Result<Value, RenderError> {
        match self {
            Self::Property { name, default } => names
                .property(name)
                .or_else(|| default.clone())
                .ok_or_else(|| RenderError::UnknownProperty((*name).to_owned())),
            Self::Secret { name } => names
                .secret(name)
                .map(Value::String)
                .ok_or_else(|| RenderError::UnknownSecret((*name).to_owned())),
        }
    }
}

/// Render every string of a JSON value, including the keys of objects.
///
/// # Errors
///
/// The first string that can't be rendered.
pub fn render_json(value: Value, names: &dyn Names) -> Result<Value, RenderError> {
    Ok(match value {
        Value::String(text) => Template::parse(&text)?.render(names)?,
        Value::Array(items) => items
            .into_iter()
            .map(|item| render_json(item, names))
            .collect::<Result<_, _>>()?,
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| {
                let key = to_text(&Template::parse(&key)?.render(names)?).into_owned();
                Ok((key, render_json(value, names)?))
            })
            .collect::<Result<Map, RenderError>>()
            .map(Value::Object)?,
        scalar => scalar,
    })
}

/// A value inside text: null is empty, a number keeps its spelling from the source, and
/// lists and objects are JSON text.
#[must_use]
pub fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        Value::Number(number) => Cow::Borrowed(number.spelling()),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_step_json::Number;
    use serde_json::json;

    struct Build;

    impl Names for Build {
        fn property(&self, name: &str) -> Option<Value> {
            match name {
                "text" => Some("main".into()),
                "number" => Some(7.into()),
                "none" => Some(Value::Null),
                "phone" => Some(phone()),
                "object" => Some(object()),
                _ => None,
            }
        }

        fn secret(&self, name: &str) -> Option<String> {
            (name == "TOKEN").then(|| "handle".to_owned())
        }
    }

    fn object() -> Value {
        json!({"a": [1, "${{ secret.TOKEN }}"]}).into()
    }

    fn phone() -> Value {
        let number: Number = "15551234567".parse().unwrap();
        number.spelled("+15551234567").into()
    }

    fn render(text: &str) -> Result<Value, RenderError> {
        Template::parse(text)?.render(&Build)
    }

    #[test]
    fn a_sole_expression_keeps_its_type() {
        for (text, value) in [
            ("${{ property.text }}", "main".into()),
            ("${{ property.number }}", 7.into()),
            ("${{ property.none }}", Value::Null),
            ("${{ property.none | default(1) }}", Value::Null),
            ("${{ property.missing | default([1]) }}", vec![1].into()),
            ("${{ secret.TOKEN }}", "handle".into()),
            // A value is not rendered again.
            ("${{ property.object }}", object()),
        ] {
            assert_eq!(render(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn within_text_a_value_is_text() {
        assert_eq!(
            render(
                "<${{ property.text }}|${{ property.number }}|${{ property.none }}|${{ property.missing | default({\"a\": 1}) }}>"
            ),
            Ok("<main|7||{\"a\":1}>".into())
        );
        assert_eq!(
            render("$${{ property.text }}"),
            Ok("${{ property.text }}".into())
        );
    }

    #[test]
    fn unknown_names_are_errors_that_name_them() {
        assert_eq!(
            render("a ${{ property.branch }}").unwrap_err().to_string(),
            "the property `branch` is not set; set it or use a default: `${{ property.branch | default(\"\") }}`"
        );
        assert_eq!(
            render("${{ secret.OTHER }}").unwrap_err().to_string(),
            "the secret `OTHER` is not granted to this step"
        );
    }

    #[test]
    fn json_is_rendered_throughout() {
        let value = json!({"${{ property.text }}": ["${{ property.number }}", 1, null], "b": {"c": "x${{ property.number }}"}});
        assert_eq!(
            render_json(value.into(), &Build),
            Ok(json!({"main": [7, 1, null], "b": {"c": "x7"}}).into())
        );
    }

    /// JSON has no `+15551234567`, and `15551234567` is another telephone number.
    #[test]
    fn within_text_a_number_keeps_its_spelling() {
        assert_eq!(render("${{ property.phone }}"), Ok(phone()));
        assert_eq!(
            render("call ${{ property.phone }}"),
            Ok("call +15551234567".into())
        );
        let value: Value = json!({"${{ property.phone }}": "${{ property.phone }}"}).into();
        assert_eq!(
            render_json(value, &Build).unwrap().to_string(),
            r#"{"+15551234567":15551234567}"#
        );
    }

    #[test]
    fn digits_are_kept() {
        let default = "[1.10,-0,1e400,123456789012345678901234567890]";
        let expression = format!("${{{{ property.missing | default({default}) }}}}");
        assert_eq!(render(&expression).unwrap().to_string(), default);
        assert_eq!(
            render(&format!("<{expression}>")),
            Ok(format!("<{default}>").into())
        );
        let value: Value = default.parse().unwrap();
        assert_eq!(render_json(value, &Build).unwrap().to_string(), default);
    }
}
