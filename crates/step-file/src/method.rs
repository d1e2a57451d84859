//! The method.

use std::borrow::Cow;

use http_step_template::Template;
use http_step_yaml::{Content, FromNode, Node, Report, Reported, excerpt};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{anything, checked, has_expression};

/// The methods of Buildbot's HTTPStep, and PATCH.
pub(crate) const METHODS: [&str; 7] = ["POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

/// The default method.
pub(crate) const DEFAULT: &str = "POST";

/// A known method, or text that contains an expression.
#[derive(Debug)]
pub(crate) struct Method(pub(crate) String);

impl FromNode for Method {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::String(text) = &node.content else {
            return Err(node.unfit("a method, as in `POST`", report));
        };
        let text = checked(text, node.at, anything, report)?;
        if METHODS.contains(&text.as_str())
            || Template::parse(&text).is_ok_and(|template| has_expression(&template))
        {
            return Ok(Self(text));
        }
        let upper = text.trim().to_ascii_uppercase();
        let hint = if METHODS.contains(&upper.as_str()) {
            format!(", did you mean `{upper}`?")
        } else {
            format!("; the methods are {}", METHODS.join(", "))
        };
        // Buildbot's message.
        let message = format!(
            "Wrong method given: '{}' is not known{hint}",
            excerpt(&text)
        );
        Err(report.add_bare(node.at, message))
    }
}

impl JsonSchema for Method {
    fn schema_name() -> Cow<'static, str> {
        "Method".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A method in upper case, or text that contains an expression.",
            "anyOf": [
                {"enum": METHODS},
                {"type": "string", "pattern": r"\$\{\{"},
            ],
        })
    }
}
