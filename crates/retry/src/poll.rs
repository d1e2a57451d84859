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
    /// An attempt has ended, and what is waited for has not come: the response is not as expected
    /// (`is_answered`), or there is none. `elapsed` is the time since the first attempt started, `left` the
    /// time that the policy leaves.
    ///
    /// A service that is not there yet refuses connections, so errors that may be temporary don't end it.
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
        let within = self.within.map(|within| within.saturating_sub(elapsed));
        let over = match self.within {
            Some(within) => Stop::NotMet { within },
            None => Stop::Total,
        };
        let left = within.map_or(left, |within| within.min(left));
        match attempt.retry_after {
            Some(asked) if asked >= left => Decision::Stop(Stop::RetryAfter { asked, left }),
            asked => match self.every.max(asked.unwrap_or_default()) {
                wait if wait >= left => Decision::Stop(over),
                wait => Decision::Wait(wait),
            },
        }
    }
}
