//! How a run ends, and how that is reported. The component decides how it judges the response; what
//! the host knows better, the host reports.

use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{
    AbortReason, ErrorKind, GrantError, Redactor, RunMemory, RunUsage, UnavailableSecret,
};
use http_step_json::Map;
use http_step_policy::{Amount, Budget, Exceeded, Grant};

use super::answer::{self, Unfit};
use super::trap;
use super::verdict::summary_with_checks;
use super::{Attempt, Outcome, RunError, RunResult, Usage};
use crate::contract::types;
use crate::engine::slots::NoSlot;
use crate::expect::Checked;
use crate::expect::check::Check;
use crate::log::{Log, LogEntry, Stream};
use crate::spec::SpecError;

/// How a run ended.
pub(crate) enum RunEnd {
    /// The component returned a result that follows the contract.
    Returned {
        result: types::StepResult,
        outputs: Map,
        /// What the host checked, and then what the component did.
        checks: Vec<Check>,
        /// Whether `until` is met.
        is_met: bool,
        /// The grant of a secret that it could not do without.
        missing: Option<Grant>,
    },
    /// It did not return a result, because of an error or a budget.
    Aborted(Aborted),
    /// It was a dry run; this is what would have been sent.
    DryRun(Vec<String>),
}

/// Why a run was aborted.
pub(crate) struct Aborted {
    kind: ErrorKind,
    message: String,
    exceeded: Option<Exceeded>,
    grant: Option<Grant>,
}

impl Aborted {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            exceeded: None,
            grant: None,
        }
    }
}

impl RunEnd {
    /// The component returned a result, which has to follow the contract.
    pub(crate) fn returned(mut result: types::StepResult, memory: &Arc<RunMemory>) -> Self {
        match answer::check(&mut result, memory) {
            Ok(outputs) => Self::Returned {
                checks: result.checks.drain(..).map(Check::from).collect(),
                is_met: result.outcome != types::Outcome::Failure,
                result,
                outputs,
                missing: None,
            },
            Err(Unfit::Contract(message)) => Self::Aborted(Aborted::new(ErrorKind::Trap, message)),
            Err(Unfit::Exceeded(exceeded)) => Self::exceeded(exceeded),
        }
    }

    /// The policy does not have a secret: an error because of that names its grant.
    pub(crate) fn missed(&mut self, secret: Grant) {
        if let Self::Returned {
            result, missing, ..
        } = self
            && let Some(error) = &result.error
            && error.kind == types::ErrorKind::UnknownName
        {
            *missing = Some(secret);
        }
    }

    /// It exceeded its time limit; with the setting that extends it.
    pub(crate) fn timed_out(wall: Duration, used: Duration, set_by: &str) -> Self {
        let message = format!(
            "the step did not end within {} s; {set_by}",
            wall.as_secs_f64()
        );
        Self::Aborted(Aborted {
            exceeded: Some(Exceeded {
                budget: Budget::Wall,
                limit: Amount::Time(wall),
                used: Amount::Time(used),
            }),
            ..Aborted::new(ErrorKind::Timeout, message)
        })
    }

    /// It exceeded a budget.
    pub(crate) fn exceeded(exceeded: Exceeded) -> Self {
        Self::Aborted(Aborted {
            exceeded: Some(exceeded.clone()),
            ..Aborted::new(ErrorKind::Limit, exceeded.to_string())
        })
    }

    /// The host's runtime is about to end.
    pub(crate) fn host_closing() -> Self {
        Self::Aborted(Aborted::new(ErrorKind::Other, "the host is about to end"))
    }

    /// The host's system gives no random numbers.
    pub(crate) fn no_random() -> Self {
        let message = "the system gives no random numbers";
        Self::Aborted(Aborted::new(ErrorKind::Other, message))
    }

    /// The component can't be told what is expected.
    pub(crate) fn old_contract() -> Self {
        let message = "`expect` and `warn` need a component of contract `ci:http-step@0.2.0`, and this one \
                       was built against 0.1.0: rebuild it, or remove these keys";
        Self::Aborted(Aborted::new(ErrorKind::InvalidSpec, message))
    }

    /// Whether the component judged a response.
    pub(crate) fn has_response(&self) -> bool {
        match self {
            Self::Returned { result, .. } => {
                result.error.is_none() && result.outcome != types::Outcome::Exception
            }
            Self::Aborted(_) | Self::DryRun(_) => false,
        }
    }

    /// Add the host's checks, or the reason why the component made them impossible.
    pub(crate) fn checked(&mut self, by_host: Result<Checked, String>) {
        match (self, by_host) {
            (Self::Returned { checks, is_met, .. }, Ok(by_host)) => {
                checks.splice(..0, by_host.checks);
                *is_met &= by_host.is_met;
            }
            (this, Err(reason)) => *this = Self::Aborted(Aborted::new(ErrorKind::Trap, reason)),
            (Self::Aborted(_) | Self::DryRun(_), Ok(_)) => {}
        }
    }

    /// Whether the component returned a result.
    pub(crate) fn is_returned(&self) -> bool {
        matches!(self, Self::Returned { .. })
    }

    /// The policy ends a run when a part of a secret is echoed.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self::Aborted(Aborted::new(ErrorKind::Denied, reason))
    }

    /// The caller stopped it.
    pub(crate) fn cancelled() -> Self {
        Self::Aborted(Aborted::new(ErrorKind::Cancelled, "the step was stopped"))
    }

    /// The component trapped; with its standard error.
    pub(crate) fn aborted(error: &wasmtime::Error, stderr: &str) -> Self {
        if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
            return Self::exceeded(exceeded.clone());
        }
        if let Some(unavailable) = error.downcast_ref::<UnavailableSecret>() {
            return Self::Aborted(Aborted::new(
                ErrorKind::UnknownName,
                unavailable.to_string(),
            ));
        }
        let (kind, mut message) = trap::message(error);
        if !stderr.is_empty() {
            message.push_str("; its last words: ");
            message.push_str(stderr);
        }
        Self::Aborted(Aborted::new(kind, message))
    }

    /// Write the error to the end of the log, as the step itself does for its errors.
    pub(crate) fn note(&self, log: &mut Log) {
        match self {
            Self::Aborted(Aborted { message, .. }) => log.write_line(
                Stream::Stderr,
                &format!("An exception occurred while performing the request: {message}"),
            ),
            Self::DryRun(lines) => {
                for line in lines {
                    log.write_line(Stream::Header, line);
                }
            }
            Self::Returned { checks, .. } => {
                for line in checks.iter().filter_map(Check::report) {
                    log.write_line(Stream::Stderr, &line);
                }
            }
        }
    }

    /// What it means for the attempt that ended so. No request of it continues.
    pub(crate) fn into_attempt(self, run_usage: &RunUsage, redactor: &Redactor<'_>) -> AttemptEnd {
        let (result, outputs, checks, is_met, missing) = match self {
            Self::Returned {
                result,
                outputs,
                checks,
                is_met,
                missing,
            } => (result, outputs, checks, is_met, missing),
            Self::Aborted(aborted) => return aborted.into_attempt(run_usage, redactor),
            Self::DryRun(_) => {
                return AttemptEnd::new(Outcome::Success, "Dry run: nothing was sent", None);
            }
        };
        run_usage.audit().returned();
        let mut outcome = Outcome::from(result.outcome).with_checks(&checks);
        let mut summary = summary_with_checks(result.summary, &checks);
        let error = match result.error {
            Some(error) => Some(error_of(error, missing, run_usage, redactor)),
            None if outcome == Outcome::Exception => met(run_usage, redactor),
            None => None,
        };
        let kind = error.as_ref().map(|error| error.kind);
        if outcome == Outcome::Exception && kind == Some(ErrorKind::Denied) {
            outcome = Outcome::Denied;
            summary = "Requested (denied)".to_owned();
        }
        AttemptEnd {
            is_met: is_met && outcome != Outcome::Exception,
            exchanges: result.exchanges,
            checks,
            outputs,
            ..AttemptEnd::new(outcome, summary, error)
        }
    }
}

/// How an attempt at a run ended, for users.
pub(crate) struct AttemptEnd {
    pub(crate) outcome: Outcome,
    pub(crate) summary: String,
    pub(crate) error: Option<RunError>,
    /// Whether what the step waits for has come.
    pub(crate) is_met: bool,
    exchanges: Vec<types::Exchange>,
    checks: Vec<Check>,
    outputs: Map,
}

impl AttemptEnd {
    fn new(outcome: Outcome, summary: impl Into<String>, error: Option<RunError>) -> Self {
        Self {
            outcome,
            summary: summary.into(),
            error,
            is_met: false,
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: Map::new(),
        }
    }

    /// The result of the run, of which this was the last attempt.
    pub(crate) fn into_result(
        self,
        run_usage: &RunUsage,
        attempts: Vec<Attempt>,
        log: Vec<LogEntry>,
        usage: Usage,
        redactor: &Redactor<'_>,
    ) -> RunResult {
        RunResult {
            outcome: self.outcome,
            summary: self.summary,
            exchanges: self.exchanges.into_iter().map(Into::into).collect(),
            checks: self.checks,
            outputs: self.outputs,
            ledger: run_usage.audit().rows(redactor),
            attempts,
            log,
            error: self.error,
            usage,
        }
    }
}

impl From<AbortReason> for RunEnd {
    fn from(over: AbortReason) -> Self {
        match over {
            AbortReason::Exceeded(exceeded) => Self::exceeded(exceeded),
            AbortReason::DryRun(lines) => Self::DryRun(lines),
            AbortReason::PartialEcho(reason) => Self::stopped(&reason),
        }
    }
}

impl From<NoSlot> for RunEnd {
    fn from(error: NoSlot) -> Self {
        let kind = match error {
            NoSlot::Overloaded { .. } | NoSlot::NoMemory { .. } => ErrorKind::Overloaded,
            // Waiting would not help.
            NoSlot::TooMuch { .. } => ErrorKind::Limit,
            NoSlot::Closed(_) => ErrorKind::Other,
        };
        Self::Aborted(Aborted::new(kind, error.to_string()))
    }
}

impl From<GrantError> for RunEnd {
    fn from(error: GrantError) -> Self {
        Self::Aborted(Aborted::new(ErrorKind::Other, error.to_string()))
    }
}

impl From<SpecError> for RunEnd {
    fn from(error: SpecError) -> Self {
        Self::Aborted(Aborted {
            grant: error.grant(),
            ..Aborted::new(error.kind(), error.to_string())
        })
    }
}

impl Aborted {
    fn into_attempt(self, run_usage: &RunUsage, redactor: &Redactor<'_>) -> AttemptEnd {
        let denied = self.denied(run_usage, redactor);
        let (outcome, summary) = match self.kind {
            ErrorKind::Cancelled => (Outcome::Cancelled, "Requested (cancelled)"),
            ErrorKind::Denied => (Outcome::Denied, "Requested (denied)"),
            _ if denied.is_some() => (Outcome::Denied, "Requested (denied)"),
            _ => (Outcome::Exception, "Requested (exception)"),
        };
        run_usage.audit().abort(self.kind, &self.message);
        let error = denied.unwrap_or_else(|| RunError {
            kind: self.kind,
            message: self.message,
            stage: None,
            sent: run_usage.audit().sent(),
            exceeded: self.exceeded,
            grant: self.grant,
        });
        AttemptEnd::new(outcome, summary, Some(error))
    }

    /// The denial after which a component ended: it could not do without the request.
    fn denied(&self, run_usage: &RunUsage, redactor: &Redactor<'_>) -> Option<RunError> {
        let met = met(run_usage, redactor).filter(|_| self.kind == ErrorKind::Trap)?;
        (met.kind == ErrorKind::Denied).then(|| RunError {
            message: format!("{}; then {}", met.message, self.message),
            ..met
        })
    }
}

/// A component sees error codes; the host has the error itself.
fn error_of(
    error: types::StepError,
    missing: Option<Grant>,
    run_usage: &RunUsage,
    redactor: &Redactor<'_>,
) -> RunError {
    let reported = ErrorKind::from(error.kind);
    let of = |kind: ErrorKind, message| RunError {
        kind,
        message,
        stage: None,
        sent: run_usage.audit().sent(),
        exceeded: None,
        grant: missing.filter(|_| kind == ErrorKind::UnknownName),
    };
    match met(run_usage, redactor) {
        Some(met) if reported.is_of_egress() || is_refusal(reported, met.kind) => met,
        // Only the host may report a denial.
        _ if reported == ErrorKind::Denied => of(ErrorKind::Other, error.message),
        _ => of(reported, error.message),
    }
}

/// The error of the last request, if it got no response.
fn met(run_usage: &RunUsage, redactor: &Redactor<'_>) -> Option<RunError> {
    run_usage.audit().last_failure().map(|met| RunError {
        kind: met.kind(),
        message: met.message(redactor),
        stage: Some(met.stage()),
        sent: run_usage.audit().sent(),
        exceeded: None,
        grant: met.grant(redactor),
    })
}

/// Whether the component reports a request that the host could not make: its code for that has
/// neither the part nor the reason.
fn is_refusal(reported: ErrorKind, met: ErrorKind) -> bool {
    reported == ErrorKind::InvalidSpec && met == ErrorKind::InvalidSpec
}

#[cfg(test)]
mod tests {
    use http_step_egress::Sent;

    use super::*;

    fn returned(result: types::StepResult) -> RunEnd {
        RunEnd::returned(result, RunUsage::default().memory())
    }

    #[test]
    fn a_component_can_not_claim_a_denial() {
        let returned = returned(types::StepResult {
            outcome: types::Outcome::Exception,
            summary: "no".to_owned(),
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: Vec::new(),
            error: Some(types::StepError {
                kind: types::ErrorKind::Denied,
                message: "it says".to_owned(),
            }),
        });
        let result = returned.into_attempt(&RunUsage::default(), &Redactor::empty());
        assert_eq!(result.outcome, Outcome::Exception);
        assert_eq!(
            result.error,
            Some(RunError {
                kind: ErrorKind::Other,
                message: "it says".to_owned(),
                stage: None,
                sent: Sent::No,
                exceeded: None,
                grant: None,
            })
        );
    }

    #[test]
    fn an_output_that_is_not_json_breaks_the_contract() {
        let returned = returned(types::StepResult {
            outcome: types::Outcome::Success,
            summary: String::new(),
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: vec![types::Output {
                name: "id".to_owned(),
                value: "nope".to_owned(),
            }],
            error: None,
        });
        let result = returned.into_attempt(&RunUsage::default(), &Redactor::empty());
        assert_eq!(result.outcome, Outcome::Exception);
        assert_eq!(
            result.error.unwrap().message,
            "the component's output `id` is not JSON: expected ident at line 1 column 2"
        );
    }
}
