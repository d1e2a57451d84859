//! Lists of one kind of value.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::diagnostic::{Report, Reported, excerpt};
use crate::node::{Content, FromNode, Node, read_all};

/// A value that lists can contain.
pub trait Listed: FromNode {
    /// The plural noun in diagnostics: `origins`.
    const ITEMS: &'static str;
}

/// A list.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<T: Listed> FromNode for List<T> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let expected = format!("a list of {}", T::ITEMS);
        match &node.content {
            Content::List(items) => read_all(items, |item| T::from_node(item, report)).map(Self),
            Content::String(text) => {
                let text = excerpt(text);
                let message = format!("expected {expected}, not a string: write `[{text}]`");
                Err(report.add(node.at, message))
            }
            _ => Err(node.unfit(&expected, report)),
        }
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "items": generator.subschema_for::<T>()})
    }
}
