//! From text to parts. Positions are byte offsets into the text.

use http_step_json::Value;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A parsed text: literal text and expressions, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Template<'a> {
    parts: Vec<Part<'a>>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq)]
pub enum Part<'a> {
    /// Literal text.
    Literal(&'a str),
    /// An expression.
    Expression(Reference<'a>),
}

/// The name that an expression refers to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference<'a> {
    /// `property.NAME`, with or without a default.
    Property {
        /// The property's name.
        name: &'a str,
        /// The value to use if the property is unknown.
        default: Option<Value>,
    },
    /// `secret.NAME`.
    Secret {
        /// The secret's name.
        name: &'a str,
    },
}

/// An invalid expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where the expression starts: a byte offset into the text.
    pub offset: usize,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl<'a> Template<'a> {
    /// Parse a text.
    ///
    /// # Errors
    ///
    /// The first invalid expression.
    pub fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let offset = text.len() - rest.len() + before.len();
            if let Some(escaped) = before.strip_suffix('$') {
                push_literal(&mut parts, escaped);
                parts.push(Part::Literal(OPEN));
                rest = after;
                continue;
            }
            push_literal(&mut parts, before);
            let (reference, remainder) =
                reference(after).map_err(|message| SyntaxError { offset, message })?;
            parts.push(Part::Expression(reference));
            rest = remainder;
        }
        push_literal(&mut parts, rest);
        Ok(Self { parts })
    }

    /// The parts in order. No literal is empty.
    #[must_use]
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// The expression, if the text consists of exactly one.
    #[must_use]
    pub fn sole_expression(&self) -> Option<&Reference<'a>> {
        match self.parts.as_slice() {
            [Part::Expression(reference)] => Some(reference),
            _ => None,
        }
    }
}

fn push_literal<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text));
    }
}

/// Parse the text between `${{` and `}}`, and return what follows.
fn reference(text: &str) -> Result<(Reference<'_>, &str), String> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !is_name_character(c))
        .unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let rest = rest.trim_start();
    if let Some(name) = path.strip_prefix("secret.").filter(|name| !name.is_empty()) {
        let rest = close(rest, path)?;
        return Ok((Reference::Secret { name }, rest));
    }
    let Some(name) = path
        .strip_prefix("property.")
        .filter(|name| !name.is_empty())
    else {
        return Err(if path.is_empty() && !rest.contains(CLOSE) {
            "unclosed expression: `}}` is missing".to_owned()
        } else {
            format!(
                "expected `property.NAME` or `secret.NAME` in the expression, not `{}`",
                excerpt(text)
            )
        });
    };
    let (default, rest) = match rest.strip_prefix('|') {
        Some(filter) => {
            let (value, rest) = default_value(filter.trim_start())?;
            (Some(value), rest.trim_start())
        }
        None => (None, rest),
    };
    let rest = close(rest, path)?;
    Ok((Reference::Property { name, default }, rest))
}

/// The characters of Buildbot's property names, and some for namespaces.
fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/')
}

/// Parse `default(JSON)`. The JSON parser finds the end, so `)` and `}}` can be inside.
fn default_value(text: &str) -> Result<(Value, &str), String> {
    const FORM: &str =
        "expected `default(JSON)` after `|`, as in `default(\"main\")` or `default(7)`";
    let inner = text
        .strip_prefix("default")
        .and_then(|rest| rest.trim_start().strip_prefix('('))
        .ok_or_else(|| format!("{FORM}, not `{}`", excerpt(text)))?;
    let inner = inner.trim_start();
    let mut json = serde_json::Deserializer::from_str(inner);
    // The raw text has the length of the value.
    let value = <&RawValue>::deserialize(&mut json)
        .and_then(|raw| Ok((raw.get().parse()?, raw.get().len())));
    let Ok((value, length)) = value else {
        return Err(format!("{FORM}; this is not JSON: `{}`", excerpt(inner)));
    };
    let rest = inner.get(length..).unwrap_or_default();
    rest.trim_start()
        .strip_prefix(')')
        .map(|rest| (value, rest))
        .ok_or_else(|| format!("{FORM}; its `)` is missing"))
}

fn close<'a>(text: &'a str, path: &str) -> Result<&'a str, String> {
    text.strip_prefix(CLOSE).ok_or_else(|| {
        if text.is_empty() {
            format!("unclosed expression `{path}`: `}}}}` is missing")
        } else {
            format!(
                "expected `}}}}` or `| default(JSON)` after `{path}`, not `{}`",
                excerpt(text)
            )
        }
    })
}

/// The start of the first line of a text, for errors.
fn excerpt(text: &str) -> String {
    const MAX_LEN: usize = 24;
    let line = text.lines().next().unwrap_or_default();
    let line = line.split_once(CLOSE).map_or(line, |(inside, _)| inside);
    let words: String = line.chars().take(MAX_LEN).collect();
    let mut shown = String::new();
    for c in words.trim_end().chars() {
        // Step files may be untrusted, and the error goes to a terminal.
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn property(name: &str, default: Option<Value>) -> Part<'_> {
        Part::Expression(Reference::Property { name, default })
    }

    #[test]
    fn forms() {
        let cases: &[(&str, Vec<Part<'_>>)] = &[
            ("", vec![]),
            (
                "plain $ {{ }} text",
                vec![Part::Literal("plain $ {{ }} text")],
            ),
            ("${{property.a}}", vec![property("a", None)]),
            (
                "a ${{ property.got_revision }}/${{ secret.T }} b",
                vec![
                    Part::Literal("a "),
                    property("got_revision", None),
                    Part::Literal("/"),
                    Part::Expression(Reference::Secret { name: "T" }),
                    Part::Literal(" b"),
                ],
            ),
            (
                "${{ property.x | default(\"a) }} b\") }}",
                vec![property("x", Some("a) }} b".into()))],
            ),
            (
                "${{ property.x | default(7) }}",
                vec![property("x", Some(7.into()))],
            ),
            (
                "${{ property.x | default(null) }}",
                vec![property("x", Some(Value::Null))],
            ),
            (
                "${{ property.x|default( {\"a\":{}} ) }}",
                vec![property("x", Some(json!({"a": {}}).into()))],
            ),
            (
                "$${{ property.x }}",
                vec![Part::Literal("${{"), Part::Literal(" property.x }}")],
            ),
            (
                "${{ property.größe-1.b:c/d }}",
                vec![property("größe-1.b:c/d", None)],
            ),
        ];
        for (text, parts) in cases {
            assert_eq!(Template::parse(text).unwrap().parts(), parts, "{text}");
        }
    }

    #[test]
    fn errors() {
        let form = "expected `default(JSON)` after `|`, as in `default(\"main\")` or `default(7)`";
        let cases = [
            (
                "a ${{",
                2,
                "unclosed expression: `}}` is missing".to_owned(),
            ),
            (
                "${{ property.a",
                0,
                "unclosed expression `property.a`: `}}` is missing".to_owned(),
            ),
            (
                "${{ }}",
                0,
                "expected `property.NAME` or `secret.NAME` in the expression, not ``".to_owned(),
            ),
            (
                "${{ env.HOME }}",
                0,
                "expected `property.NAME` or `secret.NAME` in the expression, not `env.HOME`".to_owned(),
            ),
            (
                "${{ env\t\u{2028}\u{1b}[31m }}",
                0,
                r"expected `property.NAME` or `secret.NAME` in the expression, not `env\t\u{2028}\u{1b}[31m`"
                    .to_owned(),
            ),
            (
                "${{ property. }}",
                0,
                "expected `property.NAME` or `secret.NAME` in the expression, not `property.`".to_owned(),
            ),
            (
                "${{ property.a b }}",
                0,
                "expected `}}` or `| default(JSON)` after `property.a`, not `b`".to_owned(),
            ),
            (
                "${{ secret.A | default(1) }}",
                0,
                "expected `}}` or `| default(JSON)` after `secret.A`, not `| default(1)`".to_owned(),
            ),
            (
                "${{ property.a | upper }}",
                0,
                format!("{form}, not `upper`"),
            ),
            (
                "${{ property.a | default(main) }}",
                0,
                format!("{form}; this is not JSON: `main)`"),
            ),
            (
                "${{ property.a | default(1 }}",
                0,
                format!("{form}; its `)` is missing"),
            ),
        ];
        for (text, offset, message) in cases {
            assert_eq!(
                Template::parse(text),
                Err(SyntaxError { offset, message }),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in r#"(\$|\{|\}|\||property\.|secret\.|default\(|[a-z" )é])*"#) {
            let _ = Template::parse(&text);
        }

        #[test]
        fn text_without_expressions_is_one_literal(text in "[^$]+") {
            let parsed = Template::parse(&text).unwrap();
            prop_assert_eq!(parsed.parts(), &[Part::Literal(text.as_str())]);
        }
    }
}
