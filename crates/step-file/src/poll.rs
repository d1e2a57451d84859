//! `every` and `within`, which belong to `until`.

use std::borrow::Cow;
use std::time::Duration;

use http_step_retry::Poll;
use http_step_yaml::{FromNode, Given, Node, Report, Reported, value, value_or};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::expect::Expectations;
use crate::number::{WEEK, positive_duration, positive_seconds_schema};
use crate::renderable::Renderable;

/// The maximum of `every`: an hour.
const MAX_EVERY: f64 = 3600.0;

/// How a step polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polling {
    /// The wait between two requests.
    pub every: Renderable<Every>,
    /// The time for all of them.
    pub within: Option<Renderable<Within>>,
}

/// Seconds between two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

/// Seconds for all requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within(pub Duration);

impl Polling {
    /// By the keys of a document: there is something to poll for, or no other key of it.
    pub(crate) fn resolve(
        until: Option<&Given<Expectations>>,
        every: Option<Given<Renderable<Every>>>,
        within: Option<Given<Renderable<Within>>>,
        report: &mut Report,
    ) -> Result<Option<Self>, Reported> {
        if until.is_none() {
            let keys = [
                every.as_ref().map(|given| ("every", given.at)),
                within.as_ref().map(|given| ("within", given.at)),
            ];
            return match keys.into_iter().flatten().next() {
                None => Ok(None),
                Some((key, at)) => {
                    let message = format!(
                        "`{key}` belongs to `until`, which is missing: add `until: {{status: 200}}`, say"
                    );
                    Err(report.add(at, message))
                }
            };
        }
        let default = Poll::default().every;
        Ok(Some(Self {
            every: value_or(every, Renderable::Value(Every(default)))?,
            within: value(within)?,
        }))
    }
}

/// A duration of more than 0 seconds up to a maximum.
macro_rules! durations {
    ($($name:ident: $maximum:ident;)*) => {
        $(
            impl FromNode for $name {
                fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
                    positive_duration(node, $maximum, report).map(Self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    http_step_yaml::deserialize(deserializer)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    positive_seconds_schema($maximum)
                }
            }
        )*
    };
}

durations! {
    Every: MAX_EVERY;
    Within: WEEK;
}
