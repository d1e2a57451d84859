//! The checks of a response: by the host, what the step file expects of it, and by the component.

use http_step_egress::Redactor;
use serde::Serialize;

use crate::contract::types;

/// Something that was expected of a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked: `expect.headers.etag`.
    pub name: String,
    /// Its outcome.
    pub outcome: CheckOutcome,
    /// What was expected, for people.
    pub expected: String,
    /// What was found, for people, shortened; none if nothing was.
    pub found: Option<String>,
    /// Who checked it.
    pub by: CheckBy,
    /// Its line in the step file, from 1; none if it is not from a file.
    pub line: Option<u64>,
    /// Its column in characters, from 1.
    pub column: Option<u64>,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    /// What was expected was found.
    Passed,
    /// It was not found, and the step has warnings.
    Warning,
    /// It was not found, and the step fails.
    Failed,
}

/// Who checked something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckBy {
    /// The host, by what it saw itself.
    Host,
    /// The component.
    Component,
}

impl Check {
    /// The line for the log, unless it passed.
    pub(crate) fn report(&self) -> Option<String> {
        let outcome = match self.outcome {
            CheckOutcome::Passed => return None,
            CheckOutcome::Warning => "Warning",
            CheckOutcome::Failed => "Not met",
        };
        let place = self.line.map(|line| format!(" (line {line})"));
        let found = self.found.as_deref().unwrap_or("nothing");
        Some(format!(
            "{outcome}: {}{}, expected: {}, found: {found}",
            self.name,
            place.unwrap_or_default(),
            self.expected,
        ))
    }

    pub(crate) fn redact(&mut self, redactor: &Redactor<'_>) {
        let texts = [&mut self.name, &mut self.expected];
        for text in texts.into_iter().chain(&mut self.found) {
            redactor.redact(text);
        }
    }
}

impl From<types::Check> for Check {
    fn from(check: types::Check) -> Self {
        Self {
            name: check.name,
            outcome: match check.outcome {
                types::CheckOutcome::Passed => CheckOutcome::Passed,
                types::CheckOutcome::Warning => CheckOutcome::Warning,
                types::CheckOutcome::Failed => CheckOutcome::Failed,
            },
            expected: check.expected,
            found: check.found,
            by: CheckBy::Component,
            line: None,
            column: None,
        }
    }
}
