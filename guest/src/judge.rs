//! The outcome of a step for the build.

use crate::bindings::ci::http_step::types::{Exchange, Outcome, StepError, StepResult};

/// There was a response. Unless the host judges its status, Buildbot's rule: below 400 is success,
/// including redirects that are not followed.
pub(crate) fn answered(
    status: u16,
    host_judges_status: bool,
    exchanges: Vec<Exchange>,
) -> StepResult {
    let (outcome, summary) = if status < 400 || host_judges_status {
        (Outcome::Success, format!("Status code: {status}"))
    } else {
        (Outcome::Failure, format!("Status code: {status} (failure)"))
    };
    StepResult {
        outcome,
        summary,
        exchanges,
        checks: Vec::new(),
        outputs: Vec::new(),
        error: None,
    }
}

/// There was no response.
pub(crate) fn failed(error: StepError, exchanges: Vec<Exchange>) -> StepResult {
    StepResult {
        outcome: Outcome::Exception,
        summary: "Requested (exception)".to_owned(),
        exchanges,
        checks: Vec::new(),
        outputs: Vec::new(),
        error: Some(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_starts_at_400() {
        for (status, outcome, summary) in [
            (200, Outcome::Success, "Status code: 200"),
            (302, Outcome::Success, "Status code: 302"),
            (399, Outcome::Success, "Status code: 399"),
            (400, Outcome::Failure, "Status code: 400 (failure)"),
            (503, Outcome::Failure, "Status code: 503 (failure)"),
        ] {
            let result = answered(status, false, vec![]);
            assert_eq!(
                (result.outcome, result.summary.as_str()),
                (outcome, summary)
            );
            let result = answered(status, true, vec![]);
            let summary = format!("Status code: {status}");
            assert_eq!(
                (result.outcome, result.summary),
                (Outcome::Success, summary)
            );
        }
    }
}
