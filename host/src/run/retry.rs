//! Decides whether a run makes another attempt: what the host saw of the last one, put to the schedule
//! of `http_step_retry`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_step_egress::{ErrorKind, Idempotency, RequestFacts, RunUsage};
use http_step_retry::{
    Condition, Decision, FailedAttempt, Poll, RequestKey, Retry, Schedule, SentRequest,
    check_resend, retry_after,
};

use tokio::time::Instant;

use crate::result::Outcome;
use crate::result::run_end::AttemptEnd;

/// The attempts that may follow.
pub(super) struct Retries<'r> {
    rule: Rule<'r>,
    /// The keys of the current attempt.
    idempotency: Arc<Idempotency>,
}

/// Why other attempts may follow.
enum Rule<'r> {
    /// None may.
    Once,
    /// `retry`.
    Retry(Schedule<'r>),
    /// `until`.
    Poll { poll: Poll, started: Instant },
}

impl<'r> Retries<'r> {
    pub(super) fn new(
        retry: Option<&'r Retry>,
        poll: Option<Poll>,
        idempotency: Idempotency,
    ) -> Self {
        let retry = retry.map(|retry| Rule::Retry(Schedule::new(retry)));
        let started = Instant::now();
        let poll = poll.map(|poll| Rule::Poll { poll, started });
        Self {
            rule: poll.or(retry).unwrap_or(Rule::Once),
            idempotency: Arc::new(idempotency),
        }
    }

    /// How an attempt ended, by its number, for the log.
    pub(super) fn describe(&self, number: usize) -> String {
        match &self.rule {
            Rule::Once => format!("Attempt {number}"),
            Rule::Retry(schedule) => {
                format!("Attempt {number} of {} failed", schedule.max_attempts())
            }
            Rule::Poll { .. } => format!("Attempt {number}: `until` is not met"),
        }
    }

    /// The keys of the current attempt.
    pub(super) fn idempotency(&self) -> &Arc<Idempotency> {
        &self.idempotency
    }

    /// What follows an attempt; none if the step file has neither `retry` nor `until`, or if there is no
    /// reason for another one.
    pub(super) fn next(
        &mut self,
        ended: &AttemptEnd,
        run_usage: &RunUsage,
        left: Duration,
    ) -> Option<Decision> {
        if !self.rule.applies_to(ended) {
            return None;
        }
        let requests = run_usage.audit().facts();
        let is_ambiguous = self.idempotency.is_ambiguous();
        let attempt = failed_attempt(ended, &requests, is_ambiguous, SystemTime::now());
        let sent = requests.iter().filter(|request| request.may_have_been_sent);
        let sent = sent.filter_map(|request| request.keyed);
        self.idempotency = Arc::new(self.idempotency.next_attempt(sent));
        match &mut self.rule {
            Rule::Once => None,
            Rule::Retry(schedule) => Some(schedule.next(&attempt, left, random())),
            Rule::Poll { poll, started } => {
                let is_answered = ended.error.is_none();
                Some(poll.next(&attempt, is_answered, started.elapsed(), left))
            }
        }
    }
}

impl Rule<'_> {
    /// Whether it says what follows an attempt that ended so.
    fn applies_to(&self, ended: &AttemptEnd) -> bool {
        match (self, ended.outcome) {
            (Self::Once, _) | (_, Outcome::Denied | Outcome::Cancelled) => false,
            (Self::Retry(_), Outcome::Failure | Outcome::Exception) => true,
            (Self::Retry(_), Outcome::Success | Outcome::Warnings) => false,
            (Self::Poll { .. }, _) => !ended.is_met,
        }
    }
}

/// A failed attempt, by the requests that the host has recorded of it.
fn failed_attempt(
    ended: &AttemptEnd,
    requests: &[RequestFacts],
    is_ambiguous: bool,
    now: SystemTime,
) -> FailedAttempt {
    let last = requests.last();
    let condition = match &ended.error {
        Some(error) => condition(error.kind),
        None => last
            .and_then(|request| request.status)
            .map(Condition::Status),
    };
    let sent = requests.iter().map(|request| SentRequest {
        method: request.method.clone(),
        may_have_been_sent: request.may_have_been_sent,
        key: match request.keyed {
            None => RequestKey::None,
            Some(_) if is_ambiguous => RequestKey::Ambiguous,
            Some(_) => RequestKey::Same,
        },
    });
    let asked = last.and_then(|request| request.retry_after.as_deref());
    FailedAttempt {
        condition,
        not_resendable: check_resend(sent).err(),
        retry_after: asked.and_then(|value| retry_after(value, now)),
    }
}

/// The condition of an error that may be temporary.
fn condition(kind: ErrorKind) -> Option<Condition> {
    match kind {
        ErrorKind::Dns => Some(Condition::Dns),
        ErrorKind::Connect => Some(Condition::Connect),
        ErrorKind::Timeout => Some(Condition::Timeout),
        ErrorKind::Protocol => Some(Condition::Protocol),
        // The next attempt would meet it, too.
        _ => None,
    }
}

/// A random number from 0 to 1.
fn random() -> f64 {
    // Without random numbers there is no jitter.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
