//! What a step file expects of the response (`expect`, `warn` and `until`), as far as the host sees it
//! by itself (`observed.rs`): a component can't pass these checks by claiming so.

pub(crate) mod check;
pub(crate) mod observed;

use std::sync::Arc;
use std::time::SystemTime;

use http_step_egress::RunUsage;
use http_step_expect::{MAX_PATTERN_SIZE, Predicate, excerpt};
use http_step_file::{Expectation, Level, Subject};
use http_step_json::Value;

use self::check::{Check, CheckBy, CheckOutcome};
use self::observed::Observer;

/// Characters of a value that was found, for people: as many as of one that was not expected.
const MAX_FOUND: usize = 200;

/// The rendered expectations of a step file, at least one.
pub(crate) struct Expectations {
    expected: Vec<Expected>,
    /// The number of regular expressions.
    patterns: usize,
}

struct Expected {
    given: Expectation,
    predicate: Predicate,
}

impl Expectations {
    /// Expectations with their rendered predicates, and the number of regular expressions in these.
    pub(crate) fn new(expected: Vec<(Expectation, Predicate)>, patterns: usize) -> Self {
        let expected = expected.into_iter();
        let expected = expected.map(|(given, predicate)| Expected { given, predicate });
        Self {
            expected: expected.collect(),
            patterns,
        }
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.patterns * MAX_PATTERN_SIZE
    }

    /// Whether checking them takes so long that others would have to wait.
    pub(crate) fn are_long(&self) -> bool {
        self.patterns > 0
    }

    /// Whether the step file has expectations of the status code.
    pub(crate) fn judge_status(&self) -> bool {
        let mut all = self.expected.iter();
        all.any(|it| it.given.subject == Subject::Status && it.given.level != Level::Warn)
    }

    /// An observer for what they are about.
    pub(crate) fn observer(&self, usage: &Arc<RunUsage>) -> Observer {
        Observer::new(self.expected.iter().map(|it| &it.given.subject), usage)
    }

    /// Check what was observed, or return why that is not possible. Until `until` is met, nothing else is
    /// checked.
    pub(crate) fn check(
        &self,
        observer: &Observer,
        certificate_expires: Option<SystemTime>,
    ) -> Result<Checked, String> {
        let (until, judged): (Vec<_>, Vec<_>) =
            (self.expected.iter()).partition(|it| it.given.level == Level::Until);
        let mut checks = check_all(&until, observer, certificate_expires)?;
        let is_met = checks
            .iter()
            .all(|check| check.outcome == CheckOutcome::Passed);
        if is_met {
            checks.extend(check_all(&judged, observer, certificate_expires)?);
        }
        Ok(Checked { checks, is_met })
    }
}

/// The checks of a response.
pub(crate) struct Checked {
    pub(crate) checks: Vec<Check>,
    /// Whether `until` is met.
    pub(crate) is_met: bool,
}

fn check_all(
    expected: &[&Expected],
    observer: &Observer,
    certificate_expires: Option<SystemTime>,
) -> Result<Vec<Check>, String> {
    let now = SystemTime::now();
    expected
        .iter()
        .map(|expected| {
            let subject = &expected.given.subject;
            let found = observer.found(subject, certificate_expires, now);
            match found {
                Ok(found) => Ok(expected.check(found.as_ref())),
                Err(reason) => Err(format!(
                    "`{}` can't be checked: {reason}",
                    expected.given.name
                )),
            }
        })
        .collect()
}

impl Expected {
    fn check(&self, found: Option<&Value>) -> Check {
        let Expectation {
            name, at, level, ..
        } = &self.given;
        let (outcome, expected, found) = match self.predicate.check(found) {
            Ok(()) => (
                CheckOutcome::Passed,
                self.predicate.to_string(),
                found.map(|found| excerpt(found, MAX_FOUND)),
            ),
            Err(mismatch) => {
                let outcome = match level {
                    Level::Expect | Level::Until => CheckOutcome::Failed,
                    Level::Warn => CheckOutcome::Warning,
                };
                (outcome, mismatch.expected, found.map(|_| mismatch.found))
            }
        };
        Check {
            name: name.clone(),
            outcome,
            expected,
            found,
            by: CheckBy::Host,
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
        }
    }
}
