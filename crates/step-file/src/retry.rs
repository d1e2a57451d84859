//! `retry` and `idempotency_key`.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use http_step_retry::{ConditionPattern, MAX_ATTEMPTS, Retry};
use http_step_yaml::{
    Content, FromNode, List, Listed, Node, Number, Report, Reported, choice, excerpt, mapping,
    value, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::number::{
    WEEK, duration, positive_duration, positive_seconds_schema, whole, whole_schema,
};

const ATTEMPTS: RangeInclusive<u32> = 1..=MAX_ATTEMPTS;

/// The maximum delay: an hour. Longer ones are typos.
const MAX_DELAY: f64 = 3600.0;

/// When the step runs again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetrySetting(pub Retry);

/// How the host sets `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdempotencyKey {
    /// It makes one for each request that is not idempotent.
    Auto,
}

/// A number of attempts.
#[derive(Debug)]
struct Attempts(u32);

/// Seconds to wait.
#[derive(Debug)]
struct Delay(Duration);

/// Seconds for all attempts.
#[derive(Debug)]
struct Total(Duration);

#[derive(Debug)]
struct On(ConditionPattern);

mapping! {
    /// When the step runs again.
    struct Keys as "a number of attempts, or a mapping as in `attempts: 3`" {
        /// The maximum number of attempts, the first included.
        #[schemars(extend("default" = 3))]
        attempts: Attempts,
        /// The maximum wait in seconds before the second attempt; it doubles with each further one. The
        /// wait is a random part of it.
        #[schemars(extend("default" = 1))]
        delay: Delay,
        /// The maximum of that wait in seconds. By default 30, or `delay` if that is longer.
        #[schemars(extend("default" = 30))]
        max_delay: Delay,
        /// The failures after which it runs again: status codes (`503`), classes (`5xx`), ranges
        /// (`500-504`), and the errors `dns`, `connect`, `timeout` and `protocol`.
        #[schemars(extend("default" = json!(["connect", "timeout", "protocol", 429, 502, 503, 504])))]
        on: List<On>,
        /// Seconds for all attempts and waits. `Retry-After` is obeyed within them.
        total: Total,
    }
}

impl FromNode for RetrySetting {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let defaults = Retry::default();
        if matches!(node.content, Content::Number(_)) {
            let Attempts(attempts) = Attempts::from_node(node, report)?;
            return Ok(Self(Retry {
                attempts,
                ..defaults
            }));
        }
        let keys = Keys::from_node(node, report)?;
        let attempts = value_or(keys.attempts, Attempts(defaults.attempts));
        let delay = value_or(keys.delay, Delay(defaults.delay));
        let at = keys.max_delay.as_ref().map(|given| given.at);
        let max_delay = value(keys.max_delay);
        let on = value(keys.on);
        let total = value(keys.total);
        let (Attempts(attempts), Delay(delay)) = (attempts?, delay?);
        let max_delay = max_delay?.map(|Delay(delay)| delay);
        if let (Some(max_delay), Some(at)) = (max_delay, at)
            && max_delay < delay
        {
            let message = "`max_delay` is less than `delay`; raise it, or leave it out";
            return Err(report.add(at, message));
        }
        let on = on?.map(|List(items)| items.into_iter().map(|On(pattern)| pattern).collect());
        Ok(Self(Retry {
            attempts,
            delay,
            max_delay: max_delay.unwrap_or(defaults.max_delay.max(delay)),
            on: on.unwrap_or(defaults.on),
            total: total?.map(|Total(total)| total),
        }))
    }
}

impl FromNode for Attempts {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        whole(node, "a number of attempts", ATTEMPTS, report).map(Self)
    }
}

impl FromNode for Delay {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let expected = format!("from 0 to {MAX_DELAY}");
        let is_valid = |seconds| (0.0..=MAX_DELAY).contains(&seconds);
        duration(node, &expected, is_valid, report).map(Self)
    }
}

impl FromNode for Total {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        positive_duration(node, WEEK, report).map(Self)
    }
}

impl FromNode for On {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let text = match &node.content {
            Content::Number(number) => Number::spelling(number),
            Content::String(text) => text,
            _ => return Err(node.unfit("a status code or the name of an error", report)),
        };
        text.parse()
            .map(Self)
            .map_err(|error| report.add(node.at, format!("{error}, not `{}`", excerpt(text))))
    }
}

impl Listed for On {
    const ITEMS: &'static str = "status codes and errors";
}

impl FromNode for IdempotencyKey {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        choice(node, &[("auto", Self::Auto)], report)
    }
}

impl<'de> Deserialize<'de> for RetrySetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl JsonSchema for RetrySetting {
    fn schema_name() -> Cow<'static, str> {
        "Retry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [generator.subschema_for::<Attempts>(), generator.subschema_for::<Keys>()],
        })
    }
}

impl JsonSchema for Attempts {
    fn schema_name() -> Cow<'static, str> {
        "Attempts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        whole_schema("A number of attempts.", ATTEMPTS)
    }
}

impl JsonSchema for Delay {
    fn schema_name() -> Cow<'static, str> {
        "Delay".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of seconds.",
            "type": "number",
            "minimum": 0,
            "maximum": MAX_DELAY,
        })
    }
}

impl JsonSchema for Total {
    fn schema_name() -> Cow<'static, str> {
        "Total".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        positive_seconds_schema(WEEK)
    }
}

impl JsonSchema for On {
    fn schema_name() -> Cow<'static, str> {
        "RetryCondition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A status code, a class or range of them, or an error.",
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": "^([1-5][0-9]{2}(-[1-5][0-9]{2})?|[1-5]xx)$"},
                {"enum": ["dns", "connect", "timeout", "protocol"]},
            ],
        })
    }
}

impl JsonSchema for IdempotencyKey {
    fn schema_name() -> Cow<'static, str> {
        "IdempotencyKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How the host sets `Idempotency-Key`.",
            "enum": ["auto"],
        })
    }
}
