//! `retry` of a step file.

use std::time::Duration;

use http_step_expect::StatusPattern;

use crate::condition::{Condition, ConditionPattern};

/// The maximum of [`Retry::attempts`].
pub const MAX_ATTEMPTS: u32 = 100;

/// When a step runs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The maximum number of attempts, the first included; from 1 to [`MAX_ATTEMPTS`].
    pub attempts: u32,
    /// The maximum wait before the second attempt. It doubles with each further one.
    pub delay: Duration,
    /// The maximum of that wait. `Retry-After` may ask for more.
    pub max_delay: Duration,
    /// The failures after which it is tried again.
    pub on: Vec<ConditionPattern>,
    /// The time for all attempts and waits; none: the policy's limit only.
    pub total: Option<Duration>,
}

/// What a step file with `retry: {}` means.
impl Default for Retry {
    fn default() -> Self {
        let errors = [Condition::Connect, Condition::Timeout, Condition::Protocol];
        let statuses = [429, 502, 503, 504];
        Self {
            attempts: 3,
            delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            on: errors
                .into_iter()
                .map(ConditionPattern::Error)
                .chain(statuses.map(|status| ConditionPattern::Status(StatusPattern::from(status))))
                .collect(),
            total: None,
        }
    }
}
