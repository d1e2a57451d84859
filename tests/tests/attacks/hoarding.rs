//! Filling the host's memory in place of one's own.

use expect_test::expect;
use http_step_host::ErrorKind;
use http_step_tests::{Answer, Guest, Service};

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, NOWHERE, alone, ended_by, log, told};

pub const THEME: Theme = Theme {
    name: "Hoarding",
    about: "Filling the memory of the host, where the component's own is limited.",
    attacks: &[
        Attack::by(
            Guest::HoardsHandles,
            "a million handles",
            "take a million handles of the host's",
            || Box::pin(alone(Guest::HoardsHandles, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::HoardsHeaders,
            "headers in the host",
            "fill the host's memory with headers of requests that are never sent",
            || Box::pin(alone(Guest::HoardsHeaders, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::HoardsBodies,
            "bodies in the host",
            "fill the host's memory with bodies of requests that are never sent",
            || Box::pin(alone(Guest::HoardsBodies, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::AsksForRandomness,
            "randomness",
            "have the host make more random bytes than there is memory",
            || Box::pin(alone(Guest::AsksForRandomness, ErrorKind::Trap)),
        ),
        Attack::by(
            Guest::AsksForEnormousLengths,
            "enormous lengths",
            "read, skip and splice 2⁶⁴ bytes, to have the host make room for them",
            || Box::pin(enormous_lengths()),
        ),
        Attack::by(
            Guest::FloodsTheLog,
            "log flood",
            "write 64 MiB to the log",
            || Box::pin(log_flood(Guest::FloodsTheLog)),
        ),
        Attack::by(
            Guest::FloodsTheLog,
            "log flood at once",
            "hand over a text of 40 MiB in one call, which the host would have to copy before it can count it",
            || Box::pin(log_flood_at_once()),
        ),
        Attack::by(
            Guest::DripsTheLog,
            "log drip",
            "write half a million texts of one letter, so that what is kept beside each is the load",
            || Box::pin(log_flood(Guest::DripsTheLog)),
        ),
        Attack::by(
            Guest::FloodsStderr,
            "standard error",
            "write 8 MiB each to standard output and error, which nobody reads",
            || Box::pin(standard_error()),
        ),
        Attack::by(
            Guest::AnswersAtLength,
            "long outputs",
            "answer with outputs of 10 MiB",
            || Box::pin(long_answer("outputs")),
        ),
        Attack::by(
            Guest::AnswersAtLength,
            "long exchanges",
            "answer with exchanges of 10 MiB",
            || Box::pin(long_answer("exchanges")),
        ),
        Attack::by(
            Guest::AnswersAtLength,
            "a long summary",
            "answer with one line for people of 10 MiB",
            || Box::pin(long_summary()),
        ),
    ],
};

async fn enormous_lengths() -> String {
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let result = Attacker::of(Guest::AsksForEnormousLengths, &service.origin)
        .orders(["read", "skip", "splice", "zeroes"])
        .run()
        .await;
    let log = log(&result, &service.origin);
    expect![[r#"
        read: Ok(5) bytes
        skip: Ok(5) bytes
        splice: Ok(5) bytes, status 200
        An exception occurred while performing the request: the component was stopped: cannot write more zeroes than `check_write` allows
    "#]].assert_eq(&log);
    told(&result, &service.origin)
}

async fn log_flood(guest: Guest) -> String {
    let limit: usize = 1 << 20;
    let result = Attacker::of(guest, NOWHERE)
        .limits(|limits| limits.log_kept = limit as u64)
        .run()
        .await;
    let text: usize = result.log.iter().map(|entry| entry.text.len()).sum();
    assert!(text < limit + 1024, "{text}");
    assert!(result.log.len() < limit / 32, "{}", result.log.len());
    let end = result
        .log
        .iter()
        .rev()
        .find(|entry| entry.text.contains("limit"))
        .unwrap();
    format!(
        "{}; {}",
        told(&result, NOWHERE),
        end.text.trim().replace(['<', '>'], "`")
    )
}

async fn log_flood_at_once() -> String {
    let result = Attacker::of(Guest::FloodsTheLog, NOWHERE)
        .orders(["at once"])
        .run()
        .await;
    assert_eq!(result.usage.log_bytes, 0);
    told(&result, NOWHERE)
}

/// The beginning of what was written is told, since it may say why it trapped.
async fn standard_error() -> String {
    let words = alone(Guest::FloodsStderr, ErrorKind::Trap).await;
    let told = words.trim_end_matches('x');
    assert!(words.len() - told.len() <= 2048, "{words}");
    format!("{told}xxx…")
}

async fn long_answer(part: &str) -> String {
    let result = Attacker::of(Guest::AnswersAtLength, NOWHERE)
        .orders([part])
        .run()
        .await;
    ended_by(&result, ErrorKind::Trap);
    told(&result, NOWHERE)
}

async fn long_summary() -> String {
    let result = Attacker::of(Guest::AnswersAtLength, NOWHERE).run().await;
    let words = told(&result, NOWHERE);
    let told = words.trim_end_matches('…').trim_end_matches('x');
    assert!(words.len() - told.len() < 8 << 10, "{} bytes", words.len());
    format!("{told}xxx…; the rest is cut off")
}
