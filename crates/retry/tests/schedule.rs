//! The schedule of attempts, by a clock of the test's own.

use std::time::Duration;

use http_step_expect::StatusPattern;
use http_step_retry::{
    Condition, ConditionPattern, Decision, FailedAttempt, NotResendable, Retry, Schedule, Stop,
};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_secs(60);

fn failed() -> FailedAttempt {
    FailedAttempt {
        condition: Some(Condition::Status(503)),
        ..FailedAttempt::default()
    }
}

/// The waits of a schedule if every attempt fails in the same way, and how it ends.
fn waits(retry: &Retry, failed: &FailedAttempt, random: f64) -> (Vec<Duration>, Stop) {
    let mut schedule = Schedule::new(retry);
    let mut waits = Vec::new();
    loop {
        match schedule.next(failed, MINUTE * 60, random) {
            Decision::Wait(wait) => waits.push(wait),
            Decision::Stop(stop) => return (waits, stop),
        }
    }
}

#[test]
fn the_delay_doubles_up_to_its_maximum() {
    let retry = Retry {
        attempts: 6,
        delay: Duration::from_secs(1),
        max_delay: Duration::from_secs(5),
        ..Retry::default()
    };
    let seconds = |seconds: [u64; 5]| seconds.map(Duration::from_secs).to_vec();
    let last = Stop::LastAttempt;
    assert_eq!(
        waits(&retry, &failed(), 1.0),
        (seconds([1, 2, 4, 5, 5]), last.clone())
    );
    let half = seconds([1, 2, 4, 5, 5]).into_iter().map(|wait| wait / 2);
    assert_eq!(
        waits(&retry, &failed(), 0.5),
        (half.collect(), last.clone())
    );
    assert_eq!(waits(&retry, &failed(), 0.0), (seconds([0; 5]), last));
}

#[test]
fn retry_after_is_obeyed_within_the_time_that_is_left() {
    let retry = Retry::default();
    let asks = |seconds| FailedAttempt {
        retry_after: Some(Duration::from_secs(seconds)),
        ..failed()
    };
    let next = |seconds, random| Schedule::new(&retry).next(&asks(seconds), MINUTE, random);
    // More than `max_delay`.
    assert_eq!(next(59, 0.0), Decision::Wait(Duration::from_secs(59)));
    assert_eq!(next(0, 1.0), Decision::Wait(Duration::from_secs(1)));
    let over = Stop::RetryAfter {
        asked: MINUTE,
        left: MINUTE,
    };
    assert_eq!(next(60, 0.0), Decision::Stop(over));
    assert!(matches!(
        next(u64::MAX, 0.0),
        Decision::Stop(Stop::RetryAfter { .. })
    ));
}

#[test]
fn every_reason_not_to_try_again_in_words() {
    let retry = Retry {
        delay: MINUTE,
        max_delay: MINUTE,
        ..Retry::default()
    };
    let once = Retry {
        attempts: 1,
        ..Retry::default()
    };
    let cases = [
        (
            &retry,
            FailedAttempt {
                condition: None,
                ..failed()
            },
        ),
        (
            &retry,
            FailedAttempt {
                condition: Some(Condition::Status(500)),
                ..failed()
            },
        ),
        (
            &retry,
            FailedAttempt {
                not_resendable: Some(NotResendable::NoKey("POST".to_owned())),
                ..failed()
            },
        ),
        (&once, failed()),
        (
            &retry,
            FailedAttempt {
                retry_after: Some(MINUTE * 100),
                ..failed()
            },
        ),
        (
            &retry,
            FailedAttempt {
                retry_after: Some(Duration::from_secs(98_765_432_109_876_544)),
                ..failed()
            },
        ),
        (&retry, failed()),
    ];
    let words: Vec<String> = cases
        .iter()
        .map(|(retry, failed)| Schedule::new(retry).next(failed, MINUTE, 1.0).to_string())
        .collect();
    // A long number may be an echo of a secret.
    assert_eq!(
        words,
        [
            "not tried again: this failure is not temporary",
            "not tried again: `on` under `retry` does not list this failure",
            "not tried again: the server may have processed the POST request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`",
            "not tried again: it was the last attempt",
            "not tried again: the server asks to wait for more than an hour, and 60 s are left",
            "not tried again: the server asks to wait for more than an hour, and 60 s are left",
            "not tried again: no time is left for another attempt",
        ]
    );
}

#[test]
fn waits_in_words() {
    for (seconds, words) in [
        (5, "trying again in 5.0 s"),
        (3600, "trying again in 3600 s"),
        (3601, "trying again in more than an hour"),
    ] {
        let wait = Decision::Wait(Duration::from_secs(seconds));
        assert_eq!(wait.to_string(), words);
    }
}

fn any_condition() -> impl Strategy<Value = Option<Condition>> {
    prop_oneof![
        Just(None),
        Just(Some(Condition::Dns)),
        Just(Some(Condition::Connect)),
        Just(Some(Condition::Timeout)),
        Just(Some(Condition::Protocol)),
        (100..600_u16).prop_map(|status| Some(Condition::Status(status))),
    ]
}

fn any_retry() -> impl Strategy<Value = Retry> {
    let statuses = |first, last| ConditionPattern::Status(StatusPattern { first, last });
    let pattern = prop_oneof![
        Just(ConditionPattern::Error(Condition::Connect)),
        Just(ConditionPattern::Error(Condition::Timeout)),
        Just(statuses(100, 599)),
        (100..600_u16, 0..9_u16).prop_map(move |(first, more)| statuses(first, first + more)),
    ];
    let patterns = proptest::collection::vec(pattern, 0..4);
    (
        1..=20_u32,
        0..1000_u64,
        0..5000_u64,
        patterns,
        1..20_000_u64,
    )
        .prop_map(|(attempts, delay, max_delay, on, total)| Retry {
            attempts,
            delay: Duration::from_millis(delay),
            max_delay: Duration::from_millis(max_delay),
            on,
            total: Some(Duration::from_millis(total)),
        })
}

/// An attempt: how it fails, how long it takes, and a random number.
fn any_attempt() -> impl Strategy<Value = (FailedAttempt, Duration, f64)> {
    let retry_after = proptest::option::of((0..10_000_u64).prop_map(Duration::from_millis));
    (
        any_condition(),
        proptest::bool::weighted(0.1),
        retry_after,
        0..500_u64,
        0.0..=1.0,
    )
        .prop_map(|(condition, is_unsafe, retry_after, took, random)| {
            let not_resendable = is_unsafe.then(|| NotResendable::NoKey("POST".to_owned()));
            let failed = FailedAttempt {
                condition,
                not_resendable,
                retry_after,
            };
            (failed, Duration::from_millis(took), random)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// A schedule never exceeds its attempts, its delays and its total time, and never repeats what
    /// must not be repeated.
    #[test]
    fn a_schedule_keeps_its_bounds(
        retry in any_retry(),
        attempts in proptest::collection::vec(any_attempt(), 25),
    ) {
        let total = retry.total.unwrap();
        let mut schedule = Schedule::new(&retry);
        let mut clock = Duration::ZERO;
        let mut started = 0;
        for (failed, took, random) in attempts {
            started += 1;
            prop_assert!(started <= retry.attempts);
            prop_assert!(clock < total);
            clock += took;
            let left = total.saturating_sub(clock);
            match schedule.next(&failed, left, random) {
                Decision::Wait(wait) => {
                    let condition = failed.condition.unwrap();
                    prop_assert!(retry.on.iter().any(|item| item.matches(condition)));
                    prop_assert_eq!(&failed.not_resendable, &None);
                    let asked = failed.retry_after.unwrap_or_default();
                    prop_assert!(wait >= asked);
                    prop_assert!(wait <= retry.max_delay.max(asked));
                    prop_assert!(wait <= (retry.delay * (1 << (started - 1))).max(asked));
                    clock += wait;
                    prop_assert!(clock < total);
                }
                Decision::Stop(_) => return Ok(()),
            }
        }
        prop_assert!(false, "it does not end");
    }
}
