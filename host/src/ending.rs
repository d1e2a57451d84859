//! How a run ends, and what is told of it. The component's word is taken for
//! what it judged; what the host knows better, the host says.

use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{ErrorKind, Journal, LendError, Memory, Over, Unavailable, Veil};
use http_step_json::Map;
use http_step_policy::{Amount, Budget, Exceeded, MissingSecret};

use crate::answer::{self, Unfit};
use crate::breakdown;
use crate::contract::types;
use crate::log::{Log, LogEntry, Stream};
use crate::request::SpecError;
use crate::result::{Outcome, RunError, RunResult, Usage};
use crate::slots::NoSlot;

/// How a run ended.
pub(crate) enum Ending {
    /// The component answered, by its contract.
    Returned {
        result: types::StepResult,
        outputs: Map,
    },
    /// It did not get to, for a reason of its own or of a budget.
    Broken(Broken),
    /// It was a dry run, and this is what would have gone out.
    Rehearsed(Vec<String>),
}

/// Why a run broke off.
pub(crate) struct Broken {
    kind: ErrorKind,
    message: String,
    exceeded: Option<Exceeded>,
}

impl Broken {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            exceeded: None,
        }
    }
}

impl Ending {
    /// It answered; what it answers has to be what the contract says.
    pub(crate) fn returned(mut result: types::StepResult, memory: &Arc<Memory>) -> Self {
        match answer::check(&mut result, memory) {
            Ok(outputs) => Self::Returned { result, outputs },
            Err(Unfit::Contract(message)) => Self::Broken(Broken::new(ErrorKind::Trap, message)),
            Err(Unfit::Exceeded(exceeded)) => Self::exceeded(exceeded),
        }
    }

    /// It was not given a secret: an error that comes of it says what would give it.
    pub(crate) fn missed(&mut self, secret: &MissingSecret) {
        if let Self::Returned { result, .. } = self
            && let Some(error) = &mut result.error
            && error.kind == types::ErrorKind::UnknownName
        {
            error.message.push_str(&format!("; {secret}"));
        }
    }

    /// Its time was over, after so much of it; and what would give it longer.
    pub(crate) fn late(wall: Duration, used: Duration, set_by: &str) -> Self {
        let message = format!(
            "the step did not end within {} s; {set_by}",
            wall.as_secs_f64()
        );
        Self::Broken(Broken {
            exceeded: Some(Exceeded {
                budget: Budget::Wall,
                limit: Amount::Time(wall),
                used: Amount::Time(used),
            }),
            ..Broken::new(ErrorKind::Timeout, message)
        })
    }

    /// It used a budget up.
    pub(crate) fn exceeded(exceeded: Exceeded) -> Self {
        Self::Broken(Broken {
            kind: ErrorKind::Limit,
            message: exceeded.to_string(),
            exceeded: Some(exceeded),
        })
    }

    /// The host's runtime is about to end.
    pub(crate) fn at_the_hosts_end() -> Self {
        Self::Broken(Broken::new(ErrorKind::Other, "the host is about to end"))
    }

    /// Whether the component answered.
    pub(crate) fn is_returned(&self) -> bool {
        matches!(self, Self::Returned { .. })
    }

    /// The policy has it end where a part of a secret is echoed.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self::Broken(Broken::new(ErrorKind::Denied, reason))
    }

    /// The caller stopped it.
    pub(crate) fn cancelled() -> Self {
        Self::Broken(Broken::new(ErrorKind::Cancelled, "the step was stopped"))
    }

    /// It broke off; with what it had written to its standard error.
    pub(crate) fn broken(error: &wasmtime::Error, stderr: &str) -> Self {
        if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
            return Self::exceeded(exceeded.clone());
        }
        if let Some(unavailable) = error.downcast_ref::<Unavailable>() {
            return Self::Broken(Broken::new(ErrorKind::UnknownName, unavailable.to_string()));
        }
        let (kind, mut message) = breakdown::in_words(error);
        if !stderr.is_empty() {
            message.push_str("; its last words: ");
            message.push_str(stderr);
        }
        Self::Broken(Broken::new(kind, message))
    }

    /// The log ends with what went wrong, as it does where the step itself
    /// tells of it.
    pub(crate) fn note(&self, log: &mut Log) {
        match self {
            Self::Broken(Broken { message, .. }) => log.write_line(
                Stream::Stderr,
                &format!("An exception occurred while performing the request: {message}"),
            ),
            Self::Rehearsed(lines) => {
                for line in lines {
                    log.write_line(Stream::Header, line);
                }
            }
            Self::Returned { .. } => {}
        }
    }

    pub(crate) fn into_result(
        self,
        journal: &Journal,
        log: Vec<LogEntry>,
        usage: Usage,
        veil: &Veil<'_>,
    ) -> RunResult {
        let (result, outputs) = match self {
            Self::Returned { result, outputs } => (result, outputs),
            Self::Broken(broken) => return broken.into_result(journal, log, usage, veil),
            Self::Rehearsed(_) => {
                return RunResult {
                    outcome: Outcome::Success,
                    summary: "Dry run: nothing was sent".to_owned(),
                    exchanges: Vec::new(),
                    outputs: Map::new(),
                    ledger: journal.ledger(veil),
                    log,
                    error: None,
                    usage,
                };
            }
        };
        journal.returned();
        let mut outcome = Outcome::from(result.outcome);
        let mut summary = result.summary;
        let error = match result.error {
            Some(error) => Some(error_of(error, journal, veil)),
            None if outcome == Outcome::Exception => met(journal, veil),
            None => None,
        };
        let kind = error.as_ref().map(|error| error.kind);
        if outcome == Outcome::Exception && kind == Some(ErrorKind::Denied) {
            outcome = Outcome::Denied;
            summary = "Requested (denied)".to_owned();
        }
        RunResult {
            outcome,
            summary,
            exchanges: result.exchanges.into_iter().map(Into::into).collect(),
            outputs,
            ledger: journal.ledger(veil),
            log,
            error,
            usage,
        }
    }
}

impl From<Over> for Ending {
    fn from(over: Over) -> Self {
        match over {
            Over::Exceeded(exceeded) => Self::exceeded(exceeded),
            Over::Rehearsed(lines) => Self::Rehearsed(lines),
            Over::Stopped(reason) => Self::stopped(&reason),
        }
    }
}

impl From<NoSlot> for Ending {
    fn from(error: NoSlot) -> Self {
        let kind = match error {
            NoSlot::Overloaded { .. } | NoSlot::NoMemory { .. } => ErrorKind::Overloaded,
            // To wait would be of no use.
            NoSlot::TooMuch { .. } => ErrorKind::Limit,
            NoSlot::Closed(_) => ErrorKind::Other,
        };
        Self::Broken(Broken::new(kind, error.to_string()))
    }
}

impl From<LendError> for Ending {
    fn from(error: LendError) -> Self {
        Self::Broken(Broken::new(ErrorKind::Other, error.to_string()))
    }
}

impl From<SpecError> for Ending {
    fn from(error: SpecError) -> Self {
        Self::Broken(Broken::new(error.kind(), error.to_string()))
    }
}

impl Broken {
    fn into_result(
        self,
        journal: &Journal,
        log: Vec<LogEntry>,
        usage: Usage,
        veil: &Veil<'_>,
    ) -> RunResult {
        let denied = self.denied(journal, veil);
        let (outcome, summary) = match self.kind {
            ErrorKind::Cancelled => (Outcome::Cancelled, "Requested (cancelled)"),
            ErrorKind::Denied => (Outcome::Denied, "Requested (denied)"),
            _ if denied.is_some() => (Outcome::Denied, "Requested (denied)"),
            _ => (Outcome::Exception, "Requested (exception)"),
        };
        journal.broken_off(self.kind, &self.message);
        RunResult {
            outcome,
            summary: summary.to_owned(),
            exchanges: Vec::new(),
            outputs: Map::new(),
            ledger: journal.ledger(veil),
            log,
            error: Some(denied.unwrap_or_else(|| RunError {
                kind: self.kind,
                message: self.message,
                stage: None,
                sent: journal.sent_any(),
                exceeded: self.exceeded,
            })),
            usage,
        }
    }

    /// The denial that a component broke off after: it could not do without the request.
    fn denied(&self, journal: &Journal, veil: &Veil<'_>) -> Option<RunError> {
        let met = met(journal, veil).filter(|_| self.kind == ErrorKind::Trap)?;
        (met.kind == ErrorKind::Denied).then(|| RunError {
            message: format!("{}; then {}", met.message, self.message),
            ..met
        })
    }
}

/// A component sees error codes; the host has met the error itself.
fn error_of(error: types::StepError, journal: &Journal, veil: &Veil<'_>) -> RunError {
    let told = ErrorKind::from(error.kind);
    let of = |kind, message| RunError {
        kind,
        message,
        stage: None,
        sent: journal.sent_any(),
        exceeded: None,
    };
    match met(journal, veil) {
        Some(met) if told.is_of_the_network() || is_refusal(told, met.kind) => met,
        // That the policy denied something is for the host alone to say.
        _ if told == ErrorKind::Denied => of(ErrorKind::Other, error.message),
        _ => of(told, error.message),
    }
}

/// The error of the last request, if it got no answer.
fn met(journal: &Journal, veil: &Veil<'_>) -> Option<RunError> {
    journal.error().map(|met| RunError {
        kind: met.kind(),
        message: met.message(veil),
        stage: Some(met.stage()),
        sent: journal.sent_any(),
        exceeded: None,
    })
}

/// Whether the component tells of a request that the host could not make: it has a code
/// for that, without the part and the reason.
fn is_refusal(told: ErrorKind, met: ErrorKind) -> bool {
    told == ErrorKind::InvalidSpec && met == ErrorKind::InvalidSpec
}

#[cfg(test)]
mod tests {
    use http_step_egress::Sent;

    use super::*;

    fn returned(result: types::StepResult) -> Ending {
        Ending::returned(result, Journal::default().memory())
    }

    #[test]
    fn a_component_can_not_claim_a_denial() {
        let returned = returned(types::StepResult {
            outcome: types::Outcome::Exception,
            summary: "no".to_owned(),
            exchanges: Vec::new(),
            outputs: Vec::new(),
            error: Some(types::StepError {
                kind: types::ErrorKind::Denied,
                message: "it says".to_owned(),
            }),
        });
        let result = returned.into_result(
            &Journal::default(),
            Vec::new(),
            Usage::default(),
            &Veil::of_nothing(),
        );
        assert_eq!(result.outcome, Outcome::Exception);
        assert_eq!(
            result.error,
            Some(RunError {
                kind: ErrorKind::Other,
                message: "it says".to_owned(),
                stage: None,
                sent: Sent::No,
                exceeded: None,
            })
        );
    }

    #[test]
    fn an_output_that_is_not_json_breaks_the_contract() {
        let returned = returned(types::StepResult {
            outcome: types::Outcome::Success,
            summary: String::new(),
            exchanges: Vec::new(),
            outputs: vec![types::Output {
                name: "id".to_owned(),
                value: "nope".to_owned(),
            }],
            error: None,
        });
        let result = returned.into_result(
            &Journal::default(),
            Vec::new(),
            Usage::default(),
            &Veil::of_nothing(),
        );
        assert_eq!(result.outcome, Outcome::Exception);
        assert_eq!(
            result.error.unwrap().message,
            "the component's output `id` is not JSON: expected ident at line 1 column 2"
        );
    }
}
