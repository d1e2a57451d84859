//! Templates that are checked as far as possible before they are rendered.

use std::borrow::Cow;
use std::marker::PhantomData;

use http_step_template::Template;
use http_step_yaml::{FromNode, Node, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::text;
use crate::text::{Text, has_expression, literals};

/// A rule for a template.
pub(super) trait TextRule {
    /// Check the text between the expressions.
    fn check(template: &Template<'_>) -> Result<(), String>;
}

/// A template that passes a rule.
#[derive(Debug)]
pub(super) struct Ruled<R> {
    pub(super) text: String,
    rule: PhantomData<R>,
}

impl<R: TextRule> FromNode for Ruled<R> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        Ok(Self {
            text: text(node, R::check, report)?,
            rule: PhantomData,
        })
    }
}

/// The schema is the one of any text.
impl<R> JsonSchema for Ruled<R> {
    fn schema_name() -> Cow<'static, str> {
        Text::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}

/// A text that is not empty.
#[derive(Debug)]
pub(super) enum Something {}

impl TextRule for Something {
    fn check(template: &Template<'_>) -> Result<(), String> {
        if is_empty(template) {
            return Err("it is empty".to_owned());
        }
        Ok(())
    }
}

/// Whether the text is empty and has no expression.
pub(super) fn is_empty(template: &Template<'_>) -> bool {
    !has_expression(template) && literals(template).all(str::is_empty)
}
