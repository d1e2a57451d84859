//! Texts that have to obey a rule, as far as can be told before they are rendered.

use std::borrow::Cow;
use std::marker::PhantomData;

use http_step_template::Template;
use http_step_yaml::{FromNode, Node, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::text;
use crate::text::{Text, has_expression, literals};

/// What a kind of text has to obey.
pub(super) trait TextRule {
    /// What is wrong with the text between the expressions.
    fn check(template: &Template<'_>) -> Result<(), String>;
}

/// A template that obeys the rule.
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

/// To editors it is a text like others.
impl<R> JsonSchema for Ruled<R> {
    fn schema_name() -> Cow<'static, str> {
        Text::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}

/// A text that says something.
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

/// Whether nothing is there, and nothing can come.
pub(super) fn is_empty(template: &Template<'_>) -> bool {
    !has_expression(template) && literals(template).all(str::is_empty)
}
