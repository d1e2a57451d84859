//! Headers whose values the log hides.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, excerpt, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::header;
use crate::text::checked;

/// A list of header names.
#[derive(Debug, Default)]
pub(crate) struct HeaderNames(pub(crate) Vec<String>);

impl FromNode for HeaderNames {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::List(items) => read_all(items, |item| name(item, report)).map(Self),
            // Buildbot takes a string for a set of letters, and hides nothing.
            Content::String(text) => Err(report.add(
                node.at,
                format!(
                    "expected a list of header names, not a string: write `[{}]`",
                    excerpt(text)
                ),
            )),
            _ => Err(node.unfit("a list of header names, as in `[Authorization]`", report)),
        }
    }
}

fn name(node: &Node, report: &mut Report) -> Result<String, Reported> {
    let Content::String(text) = &node.content else {
        return Err(node.unfit("a header name", report));
    };
    if text.contains("${{") {
        return Err(report.add(node.at, "expressions are not rendered in this list"));
    }
    checked(text, node.at, header::name, report)
}

impl JsonSchema for HeaderNames {
    fn schema_name() -> Cow<'static, str> {
        "HeaderNames".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Header names.",
            "type": "array",
            "items": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
        })
    }
}
