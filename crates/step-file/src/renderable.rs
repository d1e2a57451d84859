//! Settings, which the host enforces. A setting is a value, or one expression that the host
//! renders before the step starts. Parameters of `auth` that are not text have the same form,
//! but the component renders them.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{Expression, anything, checked, sole_expression};

/// A value, or an expression that renders to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renderable<T> {
    /// The value.
    Value(T),
    /// Text that consists of exactly one `${{ … }}` expression. It renders to the form that the
    /// value has in the file.
    Expression(String),
}

impl<T> Renderable<T> {
    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> Renderable<U> {
        match self {
            Self::Value(value) => Renderable::Value(convert(value)),
            Self::Expression(text) => Renderable::Expression(text),
        }
    }
}

impl<T: FromNode> FromNode for Renderable<T> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        if let Content::String(text) = &node.content
            && let Some(expression) = sole_expression(text)
        {
            return Ok(Self::Expression(expression));
        }
        no_expressions(node, report)?;
        T::from_node(node, report).map(Self::Value)
    }
}

/// Report expressions inside a setting, which would be taken literally.
fn no_expressions(node: &Node, report: &mut Report) -> Result<(), Reported> {
    match &node.content {
        Content::String(text) if text.contains("${{") => {
            checked(text, node.at, anything, report)?;
            Err(report.add(
                node.at,
                "an expression must be the whole value of this setting, not a part of it",
            ))
        }
        Content::List(items) => read_all(items, |item| no_expressions(item, report)).map(|_| ()),
        Content::Mapping(entries) => {
            read_all(entries, |entry| no_expressions(&entry.value, report)).map(|_| ())
        }
        _ => Ok(()),
    }
}

impl<T: JsonSchema> JsonSchema for Renderable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Renderable_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<T>(),
                generator.subschema_for::<Expression>(),
            ],
        })
    }
}
