//! The expectations of a step file and how it polls, rendered: the host checks them, and no component sees
//! them.

use http_step_expect::{Predicate, parse, patterns};
use http_step_file::{Every, Expectation, MAX_PATTERNS, Polling, StepFile, Within};
use http_step_retry::Poll;

use super::properties::Properties;
use super::{SpecError, rendered_json, setting};
use crate::expect::Expectations;

/// Render the expectations of a step file, if it has any.
pub(super) fn expectations(
    file: &StepFile,
    properties: &Properties,
) -> Result<Option<Expectations>, SpecError> {
    if file.expectations.is_empty() {
        return Ok(None);
    }
    let mut number = 0;
    let expected = file.expectations.iter();
    let expected = expected.map(|given| {
        let predicate = predicate(given, properties, &mut number)?;
        Ok((given.clone(), predicate))
    });
    let expected = expected.collect::<Result<_, SpecError>>()?;
    Ok(Some(Expectations::new(expected, number)))
}

fn predicate(
    given: &Expectation,
    properties: &Properties,
    number: &mut usize,
) -> Result<Predicate, SpecError> {
    let invalid = |reason: String| SpecError::Expectation {
        name: given.name.clone(),
        reason,
    };
    let value = rendered_json(&given.name, given.predicate.clone(), properties)?;
    // A whole predicate may be the value of a property.
    *number += patterns(&value);
    if *number > MAX_PATTERNS {
        let reason = format!("a step has at most {MAX_PATTERNS} regular expressions");
        return Err(invalid(reason));
    }
    parse(&value, given.subject.kind()).map_err(|error| invalid(error.to_string()))
}

/// Render how a step polls.
pub(super) fn poll(polling: &Polling, properties: &Properties) -> Result<Poll, SpecError> {
    let Polling { every, within } = polling;
    let every = setting("every", every, properties)?;
    let within = match within {
        Some(within) => setting("within", within, properties)?,
        None => None,
    };
    Ok(Poll {
        every: every.map_or(Poll::default().every, |Every(every)| every),
        within: within.map(|Within(within)| within),
    })
}
