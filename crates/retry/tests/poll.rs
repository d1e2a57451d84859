//! Polling, by a clock of the test's own.

use std::time::Duration;

use http_step_retry::{Condition, Decision, FailedAttempt, NotResendable, Poll, Stop};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn poll(every: u64, within: u64) -> Poll {
    Poll {
        every: Duration::from_secs(every),
        within: Some(Duration::from_secs(within)),
    }
}

fn error(condition: Condition) -> FailedAttempt {
    FailedAttempt {
        condition: Some(condition),
        ..FailedAttempt::default()
    }
}

#[test]
fn what_ends_it() {
    let answered = FailedAttempt::default();
    let next = |poll: &Poll, attempt: &FailedAttempt, is_answered| {
        let decision = poll.next(attempt, is_answered, SECOND * 60, SECOND * 300);
        decision.to_string()
    };
    let minute = poll(10, 120);
    let asks = |seconds| FailedAttempt {
        retry_after: Some(Duration::from_secs(seconds)),
        ..answered.clone()
    };
    let post = FailedAttempt {
        not_resendable: Some(NotResendable::NoKey("POST".to_owned())),
        ..answered.clone()
    };
    let without_end = Poll::default();
    for (decision, expected) in [
        (next(&minute, &answered, true), "trying again in 10 s"),
        (next(&without_end, &answered, true), "trying again in 5.0 s"),
        (next(&minute, &asks(30), true), "trying again in 30 s"),
        (next(&minute, &asks(3), true), "trying again in 10 s"),
        (
            next(&minute, &asks(60), true),
            "not tried again: the server asks to wait for 60 s, and 60 s are left",
        ),
        (
            next(&poll(60, 120), &answered, true),
            "not tried again: it is not met within 120 s",
        ),
        (
            next(&poll(1, 60), &answered, true),
            "not tried again: it is not met within 60 s",
        ),
        (
            next(&minute, &error(Condition::Connect), false),
            "trying again in 10 s",
        ),
        (
            next(&minute, &error(Condition::Timeout), false),
            "trying again in 10 s",
        ),
        (
            next(&minute, &error(Condition::Protocol), false),
            "trying again in 10 s",
        ),
        (
            next(&minute, &error(Condition::Dns), false),
            "not tried again: this failure is not temporary",
        ),
        (
            next(&minute, &answered, false),
            "not tried again: this failure is not temporary",
        ),
        (
            next(&minute, &error(Condition::Status(500)), true),
            "trying again in 10 s",
        ),
    ] {
        assert_eq!(decision, expected);
    }
    assert!(matches!(
        minute.next(&post, true, SECOND, SECOND * 300),
        Decision::Stop(Stop::NotResendable(_))
    ));
    // The policy's time.
    assert_eq!(
        without_end.next(&answered, true, SECOND, SECOND * 5),
        Decision::Stop(Stop::Total)
    );
}

proptest! {
    /// Whatever servers ask for, no attempt starts after the time.
    #[test]
    fn it_ends_within_its_time(
        every in 1_u64..50,
        within in 1_u64..1000,
        asked in prop::collection::vec(prop::option::of(0_u64..100), 0..100),
        took in prop::collection::vec(0_u64..30, 1..100),
    ) {
        let poll = poll(every, within);
        let limit = Duration::from_secs(within);
        let mut elapsed = Duration::ZERO;
        let mut asked = asked.into_iter().cycle();
        for took in took.into_iter().cycle() {
            prop_assert!(elapsed < limit);
            elapsed += Duration::from_secs(took);
            let attempt = FailedAttempt {
                retry_after: asked.next().flatten().map(Duration::from_secs),
                ..FailedAttempt::default()
            };
            match poll.next(&attempt, true, elapsed, SECOND * 10_000) {
                Decision::Wait(wait) => {
                    prop_assert!(wait >= poll.every);
                    prop_assert!(Some(wait) >= attempt.retry_after);
                    elapsed += wait;
                }
                Decision::Stop(_) => break,
            }
        }
    }
}
