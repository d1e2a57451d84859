//! A parameter that is one of a few words.

use std::borrow::Cow;
use std::marker::PhantomData;

use http_step_yaml::{FromNode, Node, Report, Reported, choice};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A choice of words.
pub(super) trait Words {
    /// All of them.
    const ALL: &'static [&'static str];
}

/// One of the words.
#[derive(Debug)]
pub(super) struct Word<W> {
    pub(super) word: &'static str,
    words: PhantomData<W>,
}

impl<W: Words> FromNode for Word<W> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let choices: Vec<_> = W::ALL.iter().map(|word| (*word, *word)).collect();
        Ok(Self {
            word: choice(node, &choices, report)?,
            words: PhantomData,
        })
    }
}

impl<W: Words> JsonSchema for Word<W> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        W::ALL.join("_").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": W::ALL})
    }
}
