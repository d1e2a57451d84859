//! `until` of a step file: the same request again, until its response is as expected.

use std::time::Duration;

use crate::condition::Condition;
use crate::schedule::{Decision, FailedAttempt, Stop};

/// When a step polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The wait between two attempts. `Retry-After` may ask for more.
    pub every: Duration,
    /// The time for all attempts and waits; none: the policy's limit only.
    pub within: Option<Duration>,
}

/// What a step file with `until` and nothing else means.
impl Default for Poll {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(5),
            within: None,
        }
    }
}

impl Poll {
    /// What follows an attempt that did not meet the expectations. If `is_answered`, there was a
    /// response. `elapsed` is the time since the first attempt started, `left` the time that the policy
    /// leaves.
    ///
    /// Polling goes on after errors that may be temporary: a service that has not started refuses
    /// connections.
    #[must_use]
    pub fn next(
        &self,
        attempt: &FailedAttempt,
        is_answered: bool,
        elapsed: Duration,
        left: Duration,
    ) -> Decision {
        let is_temporary = matches!(
            attempt.condition,
            Some(Condition::Connect | Condition::Timeout | Condition::Protocol)
        );
        if !is_answered && !is_temporary {
            return Decision::Stop(Stop::NotTemporary);
        }
        if let Some(request) = &attempt.not_resendable {
            return Decision::Stop(Stop::NotResendable(request.clone()));
        }
        let (left, over) = match self.within {
            Some(within) => (
                within.saturating_sub(elapsed).min(left),
                Stop::NotMet { within },
            ),
            None => (left, Stop::Total),
        };
        Decision::wait(self.every, attempt.retry_after, left, over)
    }
}
