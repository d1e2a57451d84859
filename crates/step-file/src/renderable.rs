//! Settings: what the host has to obey. A setting is a value, or one expression
//! that the host renders before the step starts. So is a parameter of `auth` that is
//! no text, which the component renders.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{Expression, anything, checked, sole_expression};

/// A value, or the expression whose value it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renderable<T> {
    /// The value.
    Value(T),
    /// Text that is wholly one `${{ … }}` expression. What it renders to has the
    /// form that the value has in the file.
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

/// Report expressions that are a part of a setting: they would be taken as text.
fn no_expressions(node: &Node, report: &mut Report) -> Result<(), Reported> {
    match &node.content {
        Content::String(text) if text.contains("${{") => {
            checked(text, node.at, anything, report)?;
            Err(report.add(
                node.at,
                "an expression stands for the whole of this setting, not for a part of it",
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
