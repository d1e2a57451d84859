//! Decides whether a run makes another attempt: what the host saw of the last one, put to the schedule
//! of `http_step_retry`.

use std::time::{Duration, SystemTime};

use http_step_egress::{ErrorKind, RequestFacts, RunUsage};
use http_step_retry::{
    Condition, Decision, FailedAttempt, Retry, Schedule, SentRequest, check_resend, retry_after,
};

use crate::result::Outcome;
use crate::result::run_end::AttemptEnd;

/// The attempts that may follow.
pub(super) struct Retries<'r>(Option<Schedule<'r>>);

impl<'r> Retries<'r> {
    pub(super) fn new(retry: Option<&'r Retry>) -> Self {
        Self(retry.map(Schedule::new))
    }

    /// The maximum number of attempts.
    pub(super) fn max_attempts(&self) -> u32 {
        self.0.as_ref().map_or(1, Schedule::max_attempts)
    }

    /// What follows an attempt; none if the step file has no `retry`, or if it did not fail.
    pub(super) fn next(
        &mut self,
        ended: &AttemptEnd,
        run_usage: &RunUsage,
        left: Duration,
    ) -> Option<Decision> {
        let schedule = self.0.as_mut()?;
        match ended.outcome {
            Outcome::Failure | Outcome::Exception => {}
            Outcome::Success | Outcome::Warnings | Outcome::Denied | Outcome::Cancelled => {
                return None;
            }
        }
        let failed = failed_attempt(ended, &run_usage.audit().facts(), SystemTime::now());
        Some(schedule.next(&failed, left, random()))
    }
}

/// A failed attempt, by the requests that the host has recorded of it.
fn failed_attempt(ended: &AttemptEnd, requests: &[RequestFacts], now: SystemTime) -> FailedAttempt {
    let last = requests.last();
    let condition = match &ended.error {
        Some(error) => condition(error.kind),
        None => last
            .and_then(|request| request.status)
            .map(Condition::Status),
    };
    let sent: Vec<SentRequest> = requests
        .iter()
        .map(|request| SentRequest {
            method: request.method.clone(),
            may_have_been_sent: request.may_have_been_sent,
            has_key: request.has_key,
        })
        .collect();
    let asked = last.and_then(|request| request.retry_after.as_deref());
    FailedAttempt {
        condition,
        not_resendable: check_resend(&sent).err(),
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
