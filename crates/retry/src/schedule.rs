//! Decides after each failed attempt whether another one follows, and after which wait.

use std::fmt;
use std::time::Duration;

use crate::condition::Condition;
use crate::resend::NotResendable;
use crate::settings::Retry;

/// A server's number for a longer wait is not shown.
const MAX_SHOWN: Duration = Duration::from_secs(3600);

/// A failed attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Why it failed; none if that is not temporary.
    pub condition: Option<Condition>,
    /// A request of it that must not be sent again, if there is one.
    pub not_resendable: Option<NotResendable>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Another attempt, after this time.
    Wait(Duration),
    /// Nothing: the step has failed.
    Stop(Stop),
}

/// Why no further attempt follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is not temporary.
    NotTemporary,
    /// `on` does not list the failure.
    NotListed,
    /// A request must not be sent again.
    NotResendable(NotResendable),
    /// It was the last attempt.
    LastAttempt,
    /// The server asks to wait for longer than the time that is left.
    RetryAfter {
        /// For this long.
        asked: Duration,
        /// The time that is left.
        left: Duration,
    },
    /// The wait is longer than the time that is left.
    Total,
    /// What is waited for has not come in the time for it.
    NotMet {
        /// That time.
        within: Duration,
    },
}

/// The attempts at one step.
#[derive(Debug)]
pub struct Schedule<'r> {
    retry: &'r Retry,
    /// The number of attempts that have ended.
    ended: u32,
}

impl<'r> Schedule<'r> {
    /// Before the first attempt.
    #[must_use]
    pub fn new(retry: &'r Retry) -> Self {
        Self { retry, ended: 0 }
    }

    /// The maximum number of attempts.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.retry.attempts
    }

    /// An attempt has failed. `left` is the time that is left for all further attempts and waits,
    /// `random` a number from 0 to 1.
    ///
    /// The wait is exponential backoff with full jitter: a random part of `delay`, which doubles with
    /// each attempt up to `max_delay`. It is at least what the server asks for by `Retry-After`.
    pub fn next(&mut self, failed: &FailedAttempt, left: Duration, random: f64) -> Decision {
        self.ended += 1;
        let Some(condition) = failed.condition else {
            return Decision::Stop(Stop::NotTemporary);
        };
        if !self.retry.on.iter().any(|item| item.matches(condition)) {
            return Decision::Stop(Stop::NotListed);
        }
        if let Some(request) = &failed.not_resendable {
            return Decision::Stop(Stop::NotResendable(request.clone()));
        }
        if self.ended >= self.retry.attempts {
            return Decision::Stop(Stop::LastAttempt);
        }
        let random = if random.is_nan() { 1.0 } else { random };
        let wait = self.backoff().mul_f64(random.clamp(0.0, 1.0));
        Decision::wait(wait, failed.retry_after, left, Stop::Total)
    }

    /// The maximum wait before the next attempt, without jitter.
    fn backoff(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.ended - 1);
        let delay = self.retry.delay.saturating_mul(doubled);
        delay.min(self.retry.max_delay)
    }
}

impl Decision {
    /// Wait for at least this time, and for as long as the server asks, if the time that is left is longer.
    pub(crate) fn wait(
        at_least: Duration,
        retry_after: Option<Duration>,
        left: Duration,
        over: Stop,
    ) -> Self {
        match retry_after {
            Some(asked) if asked >= left => Self::Stop(Stop::RetryAfter { asked, left }),
            asked => match at_least.max(asked.unwrap_or_default()) {
                wait if wait >= left => Self::Stop(over),
                wait => Self::Wait(wait),
            },
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(wait) => write!(f, "trying again in {}", Asked(*wait)),
            Self::Stop(stop) => write!(f, "not tried again: {stop}"),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTemporary => f.write_str("this failure is not temporary"),
            Self::NotListed => f.write_str("`on` under `retry` does not list this failure"),
            Self::NotResendable(request) => request.fmt(f),
            Self::LastAttempt => f.write_str("it was the last attempt"),
            Self::RetryAfter { asked, left } => write!(
                f,
                "the server asks to wait for {}, and {} are left",
                Asked(*asked),
                Seconds(*left)
            ),
            Self::Total => f.write_str("no time is left for another attempt"),
            Self::NotMet { within } => write!(f, "it is not met within {}", Seconds(*within)),
        }
    }
}

/// A wait that a server may have chosen. A long number may be an echo of a secret, which is not
/// redacted here.
struct Asked(Duration);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 > MAX_SHOWN {
            true => f.write_str("more than an hour"),
            false => Seconds(self.0).fmt(f),
        }
    }
}

/// A duration for people: `1.2 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match seconds {
            0.0..10.0 => write!(f, "{seconds:.1} s"),
            _ => write!(f, "{seconds:.0} s"),
        }
    }
}
