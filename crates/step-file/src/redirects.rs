//! `max_redirects`.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, excerpt};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The maximum of `max_redirects`, which is below the host's default limit of requests.
pub const MAX_REDIRECTS: u32 = 50;

/// The default of `max_redirects`, as in the requests library.
pub const DEFAULT_MAX_REDIRECTS: u32 = 30;

/// A number of redirects.
#[derive(Debug)]
pub(crate) struct Redirects(pub(crate) u32);

impl FromNode for Redirects {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Number(number) = &node.content else {
            return Err(node.unfit("a number of redirects", report));
        };
        let count = number.as_u64().and_then(|count| u32::try_from(count).ok());
        match count {
            Some(count) if count <= MAX_REDIRECTS => Ok(Self(count)),
            _ => {
                let message = format!(
                    "expected a whole number from 0 to {MAX_REDIRECTS}, not {}",
                    excerpt(number.spelling())
                );
                Err(report.add(node.at, message))
            }
        }
    }
}

impl JsonSchema for Redirects {
    fn schema_name() -> Cow<'static, str> {
        "Redirects".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of redirects.",
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_REDIRECTS,
        })
    }
}
