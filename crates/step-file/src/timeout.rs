//! Timeouts.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, mapping, value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::number::{positive_seconds_schema, seconds};

/// A year. Longer timeouts are typos.
const MAX_SECONDS: f64 = 31_536_000.0;

/// Timeouts in seconds, each more than 0 and at most a year. None: the policy's limit only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timeouts {
    /// For opening a connection, including TLS.
    pub connect: Option<f64>,
    /// For the first byte of the response, and between any two reads of it.
    pub read: Option<f64>,
    /// For the whole step.
    pub total: Option<f64>,
}

/// A number of seconds.
#[derive(Debug)]
struct Seconds(f64);

mapping! {
    /// The timeouts by name.
    struct ByName as "a mapping of `connect`, `read` and `total`" {
        /// Seconds for opening a connection, including TLS.
        connect: Seconds,
        /// Seconds for the first byte of the response, and between any two reads of it.
        read: Seconds,
        /// Seconds for the whole step.
        total: Seconds,
    }
}

impl FromNode for Timeouts {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let (connect, read, total) = match &node.content {
            Content::Number(_) => {
                let Seconds(seconds) = Seconds::from_node(node, report)?;
                (Some(seconds), Some(seconds), None)
            }
            Content::List(items) => {
                let [connect, read] = items.as_slice() else {
                    let message =
                        format!("expected `[connect, read]`, not a list of {}", items.len());
                    return Err(report.add(node.at, message));
                };
                let connect = seconds_or_null(connect, report);
                let read = seconds_or_null(read, report);
                (connect?, read?, None)
            }
            Content::Mapping(_) => {
                let by_name = ByName::from_node(node, report)?;
                let seconds =
                    |given| value(given).map(|seconds| seconds.map(|Seconds(value)| value));
                (
                    seconds(by_name.connect)?,
                    seconds(by_name.read)?,
                    seconds(by_name.total)?,
                )
            }
            _ => {
                return Err(node.unfit(
                    "seconds, `[connect, read]` or a mapping of `connect`, `read` and `total`",
                    report,
                ));
            }
        };
        Ok(Self {
            connect,
            read,
            total,
        })
    }
}

fn seconds_or_null(node: &Node, report: &mut Report) -> Result<Option<f64>, Reported> {
    if node.is_null() {
        return Ok(None);
    }
    Seconds::from_node(node, report).map(|Seconds(value)| Some(value))
}

impl FromNode for Seconds {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let is_valid = |value| value > 0.0 && value <= MAX_SECONDS;
        let message = |given: &str| {
            format!(
                "a timeout must be more than 0 and at most {MAX_SECONDS} seconds, not {given}; leave it out for no timeout"
            )
        };
        seconds(node, is_valid, message, report).map(Self)
    }
}

impl<'de> Deserialize<'de> for Timeouts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl JsonSchema for Timeouts {
    fn schema_name() -> Cow<'static, str> {
        "Timeouts".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let seconds = generator.subschema_for::<Seconds>();
        let limit = json_schema!({"anyOf": [seconds, {"type": "null"}]});
        json_schema!({
            "anyOf": [
                seconds,
                {
                    "description": "`[connect, read]`, with null for no timeout.",
                    "type": "array",
                    "prefixItems": [limit, limit],
                    "minItems": 2,
                    "maxItems": 2,
                },
                generator.subschema_for::<ByName>(),
            ],
        })
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        positive_seconds_schema(MAX_SECONDS)
    }
}
