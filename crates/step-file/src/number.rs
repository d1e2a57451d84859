//! Numbers within a range.

use std::ops::RangeInclusive;
use std::time::Duration;

use http_step_yaml::{Content, Node, Number, Report, Reported, excerpt};
use schemars::{Schema, json_schema};

/// Seconds of a week. Longer times are typos.
pub(crate) const WEEK: f64 = 604_800.0;

/// Read a whole number, which is called `noun` in diagnostics.
pub(crate) fn whole(
    node: &Node,
    noun: &str,
    range: RangeInclusive<u32>,
    report: &mut Report,
) -> Result<u32, Reported> {
    let number = number(node, noun, report)?;
    let count = number.as_u64().and_then(|count| u32::try_from(count).ok());
    count.filter(|count| range.contains(count)).ok_or_else(|| {
        let (first, last) = range.into_inner();
        let given = excerpt(number.spelling());
        let message = format!("expected a whole number from {first} to {last}, not {given}");
        report.add(node.at, message)
    })
}

/// The schema of such a number.
pub(crate) fn whole_schema(description: &str, range: RangeInclusive<u32>) -> Schema {
    json_schema!({
        "description": description,
        "type": "integer",
        "minimum": range.start(),
        "maximum": range.end(),
    })
}

/// Read a number of seconds. The message for one that is not valid is made of its spelling.
pub(crate) fn seconds(
    node: &Node,
    is_valid: impl Fn(f64) -> bool,
    message: impl Fn(&str) -> String,
    report: &mut Report,
) -> Result<f64, Reported> {
    let number = number(node, "a number of seconds", report)?;
    let seconds = number.as_f64().filter(|seconds| is_valid(*seconds));
    seconds.ok_or_else(|| report.add(node.at, message(&excerpt(number.spelling()))))
}

/// Read a duration in seconds, which is expected to be `expected`.
pub(crate) fn duration(
    node: &Node,
    expected: &str,
    is_valid: impl Fn(f64) -> bool,
    report: &mut Report,
) -> Result<Duration, Reported> {
    let message = |given: &str| format!("expected a number of seconds, {expected}, not {given}");
    seconds(node, is_valid, message, report).map(Duration::from_secs_f64)
}

/// Read a duration of more than 0 seconds.
pub(crate) fn positive_duration(
    node: &Node,
    maximum: f64,
    report: &mut Report,
) -> Result<Duration, Reported> {
    let expected = format!("more than 0 and at most {maximum}");
    let is_valid = |seconds| seconds > 0.0 && seconds <= maximum;
    duration(node, &expected, is_valid, report)
}

/// The schema of a number of seconds that is more than 0.
pub(crate) fn positive_seconds_schema(maximum: f64) -> Schema {
    json_schema!({
        "description": "A number of seconds.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": maximum,
    })
}

fn number<'n>(node: &'n Node, noun: &str, report: &mut Report) -> Result<&'n Number, Reported> {
    match &node.content {
        Content::Number(number) => Ok(number),
        _ => Err(node.unfit(noun, report)),
    }
}
