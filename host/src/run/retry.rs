//! Decides whether a run makes another attempt: what the host saw of the last one, put to the schedule
//! of `http_step_retry`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_step_egress::{ErrorKind, Idempotency, RequestFacts, RunUsage};
use http_step_retry::{
    Condition, Decision, FailedAttempt, RequestKey, Retry, Schedule, SentRequest, check_resend,
    retry_after,
};

use crate::result::Outcome;
use crate::result::run_end::AttemptEnd;

/// The attempts that may follow.
pub(super) struct Retries<'r> {
    schedule: Option<Schedule<'r>>,
    /// The keys of the current attempt.
    idempotency: Arc<Idempotency>,
}

impl<'r> Retries<'r> {
    pub(super) fn new(retry: Option<&'r Retry>, idempotency: Idempotency) -> Self {
        Self {
            schedule: retry.map(Schedule::new),
            idempotency: Arc::new(idempotency),
        }
    }

    /// The maximum number of attempts.
    pub(super) fn max_attempts(&self) -> u32 {
        self.schedule.as_ref().map_or(1, Schedule::max_attempts)
    }

    /// The keys of the current attempt.
    pub(super) fn idempotency(&self) -> &Arc<Idempotency> {
        &self.idempotency
    }

    /// What follows an attempt; none if the step file has no `retry`, or if it did not fail.
    pub(super) fn next(
        &mut self,
        ended: &AttemptEnd,
        run_usage: &RunUsage,
        left: Duration,
    ) -> Option<Decision> {
        let schedule = self.schedule.as_mut()?;
        match ended.outcome {
            Outcome::Failure | Outcome::Exception => {}
            Outcome::Success | Outcome::Warnings | Outcome::Denied | Outcome::Cancelled => {
                return None;
            }
        }
        let requests = run_usage.audit().facts();
        let is_ambiguous = self.idempotency.is_ambiguous();
        let failed = failed_attempt(ended, &requests, is_ambiguous, SystemTime::now());
        let sent = requests.iter().filter(|request| request.may_have_been_sent);
        let sent = sent.filter_map(|request| request.keyed);
        self.idempotency = Arc::new(self.idempotency.next_attempt(sent));
        Some(schedule.next(&failed, left, random()))
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
