//! The values of a document with their positions, and the types that can be read from them.

use std::fmt;
use std::str::FromStr;

use http_step_json::{Map, Number, Value};
use serde::{Deserialize, Deserializer, de};

use crate::diagnostic::{Position, Report, Reported};

/// A value and its position.
#[derive(Clone, Debug)]
pub struct Node {
    /// The position.
    pub at: Position,
    /// The value.
    pub content: Content,
}

/// The content of a value. Mappings keep their order; their keys are unique strings.
#[derive(Clone, Debug)]
pub enum Content {
    /// Null, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number with its spelling: as text, `1.10` and `1.1` differ.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The position of the key.
    pub at: Position,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Node,
}

/// A type that can be read from a value of a document.
pub trait FromNode: Sized {
    /// Read it, and report every error.
    ///
    /// # Errors
    ///
    /// The value is invalid, which is reported.
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported>;
}

impl Node {
    /// Report that the value has the wrong type.
    pub fn unfit(&self, expected: &str, report: &mut Report) -> Reported {
        let found = match &self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::String(_) => "a string",
            Content::List(_) => "a list",
            Content::Mapping(_) => "a mapping",
        };
        report.add(self.at, format!("expected {expected}, not {found}"))
    }

    /// Whether it is null, which is the same as leaving out the key.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }

    /// A string, the spelling of a number, or a boolean as JSON.
    #[must_use]
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            Content::Number(number) => Some(number.spelling()),
            Content::Bool(true) => Some("true"),
            Content::Bool(false) => Some("false"),
            Content::Null | Content::List(_) | Content::Mapping(_) => None,
        }
    }

    /// The value as JSON, without positions. Numbers keep their spelling.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::String(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Mapping(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect::<Map>()
                .into(),
        }
    }

    /// From a JSON value, with one position for all of it.
    fn from_json(value: Value) -> Self {
        let at = Position::START;
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(value),
            Value::Number(value) => Content::Number(value),
            Value::String(text) => Content::String(text),
            Value::Array(items) => Content::List(items.into_iter().map(Self::from_json).collect()),
            Value::Object(entries) => Content::Mapping(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        at,
                        key,
                        value: Self::from_json(value),
                    })
                    .collect(),
            ),
        };
        Self { at, content }
    }
}

impl FromNode for bool {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        const EXPECTED: &str = "`true` or `false`";
        let text = match &node.content {
            Content::Bool(value) => return Ok(*value),
            Content::String(text) => text.to_ascii_lowercase(),
            _ => return Err(node.unfit(EXPECTED, report)),
        };
        // YAML 1.1 also had these.
        let meant = match text.as_str() {
            "true" | "yes" | "on" => "true",
            "false" | "no" | "off" => "false",
            _ => return Err(node.unfit(EXPECTED, report)),
        };
        let message = format!("expected {EXPECTED}, not a string; did you mean `{meant}`?");
        Err(report.add(node.at, message))
    }
}

/// Deserialize a type that can be read from a node. The values of expressions are thus read
/// as the file is, with the same diagnostics.
///
/// # Errors
///
/// All errors of the value, in one message.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromNode,
    D: Deserializer<'de>,
{
    let node = Node::from_json(serde_json::Value::deserialize(deserializer)?.into());
    let mut report = Report::default();
    let read = T::from_node(&node, &mut report);
    if let Err(diagnostics) = report.finish() {
        let messages: Vec<&str> = diagnostics.iter().map(|m| m.message.as_str()).collect();
        return Err(de::Error::custom(messages.join("; ")));
    }
    read.map_err(|_reported| de::Error::custom("the value can't be read"))
}

/// Read all items, even after an invalid one.
///
/// # Errors
///
/// One of them is invalid, which is reported.
pub fn read_all<I, T>(
    items: I,
    mut read: impl FnMut(I::Item) -> Result<T, Reported>,
) -> Result<Vec<T>, Reported>
where
    I: IntoIterator,
{
    let mut values = Vec::new();
    let mut outcome = Ok(());
    for item in items {
        match read(item) {
            Ok(value) => values.push(value),
            Err(reported) => outcome = Err(reported),
        }
    }
    outcome.map(|()| values)
}

/// Parse a value from a string. The diagnostic for another type says what is expected:
/// `an origin`.
///
/// # Errors
///
/// The value is invalid, which is reported.
pub fn read_text<T>(node: &Node, expected: &str, report: &mut Report) -> Result<T, Reported>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    match &node.content {
        Content::String(text) => text.parse().map_err(|error| report.add(node.at, error)),
        _ => Err(node.unfit(expected, report)),
    }
}
