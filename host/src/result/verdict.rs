//! What follows from the checks of a response.

use super::Outcome;
use crate::expect::check::{Check, CheckOutcome};

impl Outcome {
    /// The outcome of a step that judged the response so, with these checks.
    pub(super) fn with_checks(self, checks: &[Check]) -> Self {
        let worst = match count(checks) {
            (0, 0) => return self,
            (0, _) => Self::Warnings,
            (_, _) => Self::Failure,
        };
        match (self, worst) {
            (Self::Success | Self::Warnings, worst) => worst,
            (outcome, _) => outcome,
        }
    }
}

/// The line for people, with the number of checks that did not pass.
pub(super) fn summary_with_checks(summary: String, checks: &[Check]) -> String {
    let (unmet, what) = match count(checks) {
        (0, 0) => return summary,
        (0, warnings) => (warnings, "not met (warning)"),
        (failed, _) => (failed, "not met"),
    };
    let all = checks.len();
    format!("{summary}, {unmet} of {all} expectations {what}")
}

/// How many checks failed, and how many give a warning.
fn count(checks: &[Check]) -> (usize, usize) {
    let of = |outcome| {
        checks
            .iter()
            .filter(|check| check.outcome == outcome)
            .count()
    };
    (of(CheckOutcome::Failed), of(CheckOutcome::Warning))
}
