//! Whether and when a step runs again.
//!
//! With `retry` ([`Schedule`]) it runs again after a failure, with `until` ([`Poll`]) while the response
//! is not as expected. Three questions are answered separately: what a failed attempt has to look like
//! ([`Condition`]), whether its requests may be sent a second time ([`check_resend`]), and how long to
//! wait. There is no I/O here, no clock and no source of randomness: the host passes in what it saw and how
//! much time is left, so every rule is tested without waiting.
//!
//! ```
//! use std::time::Duration;
//! use http_step_retry::{Condition, Decision, FailedAttempt, Retry, Schedule};
//!
//! let retry = Retry { attempts: 2, ..Retry::default() };
//! let mut schedule = Schedule::new(&retry);
//! let failed = FailedAttempt { condition: Some(Condition::Status(503)), ..FailedAttempt::default() };
//! let left = Duration::from_secs(60);
//! // With full jitter, a random number from 0 to 1 is multiplied with the delay.
//! assert_eq!(schedule.next(&failed, left, 0.5), Decision::Wait(Duration::from_millis(500)));
//! assert_eq!(
//!     schedule.next(&failed, left, 0.5).to_string(),
//!     "not tried again: it was the last attempt"
//! );
//! ```

mod condition;
mod poll;
mod resend;
mod retry_after;
mod schedule;
mod settings;

pub use condition::{Condition, ConditionError, ConditionPattern};
pub use poll::Poll;
pub use resend::{NotResendable, RequestKey, SentRequest, check_resend};
pub use retry_after::retry_after;
pub use schedule::{Decision, FailedAttempt, Schedule, Stop};
pub use settings::{MAX_ATTEMPTS, Retry};
