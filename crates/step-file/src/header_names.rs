//! Headers whose values are hidden in the log.

use std::borrow::Cow;

use http_step_yaml::{
    Content, FromNode, Node, Position, Report, Reported, excerpt, read_all, similar,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::fields::Fields;
use crate::header;
use crate::text::checked;

/// A list of header names.
#[derive(Debug, Default)]
pub(crate) struct HeaderNames(Vec<(Position, String)>);

/// The headers of every request besides those of the file.
const IMPLIED: [&str; 7] = [
    "Accept",
    "Accept-Encoding",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "User-Agent",
];

impl HeaderNames {
    /// The names. It is an error if a name that no header has looks like a typo for a header,
    /// whose value would then be shown.
    pub(crate) fn resolve(
        self,
        headers: &Fields,
        report: &mut Report,
    ) -> Result<Vec<String>, Reported> {
        let Fields::Entries(entries) = headers else {
            return Ok(self.unchecked());
        };
        let given: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        let has = |names: &[&str], name: &str| {
            let mut names = names.iter();
            names.any(|known| known.eq_ignore_ascii_case(name))
        };
        let hidden: Vec<&str> = self.0.iter().map(|(_, name)| name.as_str()).collect();
        let mut shown = given.clone();
        shown.retain(|name| !has(&hidden, name));
        read_all(&self.0, |(at, name)| match similar(name, &shown) {
            Some(meant) if !has(&given, name) && !has(&IMPLIED, name) => Err(report.add(
                *at,
                format!("there is no header `{name}`; did you mean `{meant}`?"),
            )),
            _ => Ok(name.clone()),
        })
    }

    /// The names, without that check.
    pub(crate) fn unchecked(self) -> Vec<String> {
        self.0.into_iter().map(|(_, name)| name).collect()
    }
}

impl FromNode for HeaderNames {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::List(items) => {
                read_all(items, |item| Ok((item.at, name(item, report)?))).map(Self)
            }
            // Buildbot takes a string for a set of characters, and hides nothing.
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
