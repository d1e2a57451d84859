//! Times, sizes and counts.

use std::borrow::Cow;
use std::time::Duration;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, excerpt};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A year. Longer limits are typos.
pub(crate) const YEAR: u64 = 31_536_000;

/// A number of seconds, which can have a fraction.
#[derive(Debug)]
pub(crate) struct Seconds<const MAX: u64 = YEAR>(pub(crate) Duration);

impl<const MAX: u64> FromNode for Seconds<MAX> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Number(number) = &node.content else {
            return Err(node.unfit("a number of seconds", report));
        };
        let seconds = number.as_f64();
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            // Less than a nanosecond is zero.
            .filter(|time| !time.is_zero() && *time <= Duration::from_secs(MAX))
            .map(Self)
            .ok_or_else(|| {
                let message = format!(
                    "a time limit must be more than 0 and at most {} seconds, not {}",
                    MAX,
                    excerpt(number.spelling())
                );
                report.add(node.at, message)
            })
    }
}

impl<const MAX: u64> JsonSchema for Seconds<MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Seconds_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of seconds.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX,
        })
    }
}

/// A number of bytes.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) u64);

const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

impl FromNode for Bytes {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        const EXPECTED: &str = "a number of bytes, as in `65536` or `64MiB`";
        match &node.content {
            Content::Number(number) => number.as_u64().ok_or_else(|| {
                let spelling = excerpt(number.spelling());
                report.add(node.at, format!("expected {EXPECTED}, not {spelling}"))
            }),
            Content::String(text) => with_unit(text).ok_or_else(|| {
                let text = excerpt(text);
                let message = format!(
                    "expected {EXPECTED}, not `{text}`; the units are KiB, MiB, GiB and TiB"
                );
                report.add(node.at, message)
            }),
            _ => Err(node.unfit(EXPECTED, report)),
        }
        .map(Self)
    }
}

fn with_unit(text: &str) -> Option<u64> {
    UNITS.iter().find_map(|(unit, shift)| {
        let number = text.strip_suffix(unit)?.trim_end();
        if number.starts_with('+') {
            return None;
        }
        number.parse::<u64>().ok()?.checked_mul(1 << shift)
    })
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bytes, KiB, MiB, GiB or TiB.",
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": r"^[0-9]+\s*[KMGT]iB$",
        })
    }
}

/// A count.
#[derive(Debug)]
pub(crate) struct Count<const MIN: u32 = 0>(pub(crate) u32);

impl<const MIN: u32> FromNode for Count<MIN> {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Number(number) = &node.content else {
            return Err(node.unfit("a whole number", report));
        };
        let count = number
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| *count >= MIN);
        count.map(Self).ok_or_else(|| {
            let message = format!(
                "expected a whole number from {MIN} to {}, not {}",
                u32::MAX,
                excerpt(number.spelling())
            );
            report.add(node.at, message)
        })
    }
}

impl<const MIN: u32> JsonSchema for Count<MIN> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Count_{MIN}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number.",
            "type": "integer",
            "minimum": MIN,
            "maximum": u32::MAX,
        })
    }
}
