//! Text: templates with valid expressions.

use std::borrow::Cow;

use http_step_template::{Part, Template};
use http_step_yaml::{FromNode, Node, Position, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A rule for text besides its expressions.
pub(crate) type Rule = fn(&Template<'_>) -> Result<(), String>;

/// The rule that accepts all text.
pub(crate) fn anything(_: &Template<'_>) -> Result<(), String> {
    Ok(())
}

/// The text between the expressions.
pub(crate) fn literals<'a>(template: &Template<'a>) -> impl Iterator<Item = &'a str> {
    template.parts().iter().filter_map(|part| match part {
        Part::Literal(text) => Some(*text),
        Part::Expression(_) => None,
    })
}

/// Whether a template contains an expression.
pub(crate) fn has_expression(template: &Template<'_>) -> bool {
    template
        .parts()
        .iter()
        .any(|part| matches!(part, Part::Expression(_)))
}

/// Text with valid expressions that passes a rule.
pub(crate) fn checked(
    text: &str,
    at: Position,
    rule: Rule,
    report: &mut Report,
) -> Result<String, Reported> {
    let template = Template::parse(text).map_err(|error| report.add(at, error))?;
    rule(&template).map_err(|message| report.add(at, message))?;
    Ok(text.to_owned())
}

/// The text, if it consists of exactly one expression.
pub(crate) fn sole_expression(text: &str) -> Option<String> {
    Template::parse(text)
        .is_ok_and(|template| template.sole_expression().is_some())
        .then(|| text.to_owned())
}

/// A template. Numbers and booleans are taken as text.
#[derive(Debug)]
pub(crate) struct Text(pub(crate) String);

impl FromNode for Text {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match node.scalar_text() {
            Some(text) => checked(text, node.at, anything, report).map(Self),
            None => Err(node.unfit("a string", report)),
        }
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Text. `${{ … }}` expressions are rendered. Numbers and booleans are taken as text.",
            "type": ["string", "number", "boolean"],
        })
    }
}

/// The schema of text that consists of exactly one expression.
pub(crate) enum Expression {}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One expression, whose value is used: `${{ property.NAME }}`, `${{ property.NAME | default(JSON) }}` or `${{ secret.NAME }}`.",
            "type": "string",
            "pattern": r"^\$\{\{[\s\S]*\}\}$",
        })
    }
}
