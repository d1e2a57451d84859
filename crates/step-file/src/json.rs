//! JSON in which each string, including keys of objects, is a template.

use std::borrow::Cow;

use http_step_json::Value;
use http_step_yaml::{Content, FromNode, Node, Report, Reported, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{anything, checked};

/// Any value.
#[derive(Debug)]
pub(crate) struct Json(pub(crate) Value);

impl FromNode for Json {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        check(node, report)?;
        Ok(Self(node.to_json()))
    }
}

fn check(node: &Node, report: &mut Report) -> Result<(), Reported> {
    match &node.content {
        Content::String(text) => checked(text, node.at, anything, report).map(|_| ()),
        Content::List(items) => read_all(items, |item| check(item, report)).map(|_| ()),
        Content::Mapping(entries) => read_all(entries, |entry| {
            report.within(&entry.key, |report| {
                let key = checked(&entry.key, entry.at, anything, report);
                check(&entry.value, report)?;
                key
            })
        })
        .map(|_| ()),
        Content::Null | Content::Bool(_) | Content::Number(_) => Ok(()),
    }
}

impl JsonSchema for Json {
    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Any value. `${{ … }}` expressions in strings are rendered; a string that consists of exactly one expression is replaced by its value, with its type.",
        })
    }
}
