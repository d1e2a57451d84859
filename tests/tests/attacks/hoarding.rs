//! Filling the host's memory instead of one's own.

use std::time::Duration;

use expect_test::expect;
use http::{HeaderName, HeaderValue};
use http_step_host::ErrorKind;
use http_step_tests::{Answer, Guest, Service};

use crate::allocator;
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, NOWHERE, alone, ended_by, log, report};

pub const THEME: Theme = Theme {
    name: "Hoarding",
    about: "Filling the host's memory, since the component's own is limited.",
    attacks: &[
        Attack::by_component(
            Guest::HoardsHandles,
            "a million handles",
            "take a million of the host's handles",
            || Box::pin(alone(Guest::HoardsHandles, ErrorKind::Limit)),
        ),
        Attack::by_component(
            Guest::HoardsHeaders,
            "headers held by the host",
            "fill the host's memory with headers of requests that are never sent",
            || Box::pin(alone(Guest::HoardsHeaders, ErrorKind::Limit)),
        ),
        Attack::by_component(
            Guest::HoardsBodies,
            "bodies held by the host",
            "fill the host's memory with bodies of requests that are never sent",
            || Box::pin(alone(Guest::HoardsBodies, ErrorKind::Limit)),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "many header tables",
            "keep 450 header tables, each within its limit",
            || Box::pin(hoard(Guest::HoardsTables, "append")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "many names",
            "keep 450 tables of 750 names without a value, which take several times their size in memory",
            || Box::pin(hoard(Guest::HoardsTables, "from a list")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "emptied tables",
            "fill 450 header tables and empty them, so that only their capacity is left",
            || Box::pin(hoard(Guest::HoardsTables, "emptied")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "clones",
            "clone a header table 450 times, and change each clone so that it has to be copied",
            || Box::pin(hoard(Guest::HoardsTables, "clones")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "headers of dropped requests",
            "keep the headers of 450 requests, but not the requests",
            || Box::pin(hoard(Guest::HoardsTables, "of requests")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "responses of the component's own",
            "create and keep 450 responses, as a server would",
            || Box::pin(hoard(Guest::HoardsTables, "of responses")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "trailers",
            "end the bodies of 450 unsent requests, each with trailers",
            || Box::pin(hoard(Guest::HoardsTables, "trailers")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "long targets",
            "keep 450 requests with a path of 60 KiB",
            || Box::pin(hoard(Guest::HoardsTables, "targets")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "long methods",
            "keep 450 requests with a method of 1 MiB",
            || Box::pin(hoard(Guest::HoardsTables, "methods")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "long authorities",
            "keep 450 requests with an authority of 1 MiB",
            || Box::pin(hoard(Guest::HoardsTables, "authorities")),
        ),
        Attack::by_component(
            Guest::HoardsTables,
            "full bodies",
            "keep 150 unsent requests, each with as much body as the host accepts",
            || Box::pin(hoard(Guest::HoardsTables, "bodies")),
        ),
        Attack::by_component(
            Guest::NamesOneTextOften,
            "one text many times",
            "pass a list of 30 MiB that is 4 KiB in its own memory",
            || Box::pin(in_one_call()),
        ),
        Attack::by_component(
            Guest::HoardsAnswers,
            "headers of responses",
            "keep the headers of 200 responses, of 50 KiB each",
            || Box::pin(hoard(Guest::HoardsAnswers, "headers")),
        ),
        Attack::by_component(
            Guest::HoardsAnswers,
            "parts of response bodies",
            "keep 100 bodies that have partly arrived, and read a byte of each",
            || Box::pin(hoard(Guest::HoardsAnswers, "pieces")),
        ),
        Attack::by_component(
            Guest::HoardsAnswers,
            "rows of the audit log",
            "make 20,000 requests that are denied",
            || Box::pin(hoard(Guest::HoardsAnswers, "rows")),
        ),
        Attack::by_component(
            Guest::DripsTheLog,
            "entries of the log",
            "write one-letter texts until the log is full",
            || Box::pin(hoard(Guest::DripsTheLog, "")),
        ),
        Attack::by_component(
            Guest::AnswersManyValues,
            "outputs of numbers",
            "return a megabyte of JSON that consists of numbers",
            || Box::pin(hoard(Guest::AnswersManyValues, "numbers")),
        ),
        Attack::by_component(
            Guest::AnswersManyValues,
            "outputs of arrays",
            "return a megabyte of JSON that consists of empty arrays",
            || Box::pin(hoard(Guest::AnswersManyValues, "arrays")),
        ),
        Attack::by_component(
            Guest::AnswersManyValues,
            "outputs of objects",
            "return a megabyte of JSON that consists of small objects",
            || Box::pin(hoard(Guest::AnswersManyValues, "objects")),
        ),
        Attack::by_component(
            Guest::AnswersManyValues,
            "outputs of texts",
            "return a megabyte of JSON that consists of one-letter strings",
            || Box::pin(hoard(Guest::AnswersManyValues, "texts")),
        ),
        Attack::by_component(
            Guest::AsksForRandomness,
            "randomness",
            "make the host create more random bytes than fit into memory",
            || Box::pin(alone(Guest::AsksForRandomness, ErrorKind::Trap)),
        ),
        Attack::by_component(
            Guest::AsksForEnormousLengths,
            "enormous lengths",
            "read, skip and splice 2⁶⁴ bytes, so that the host allocates them",
            || Box::pin(enormous_lengths()),
        ),
        Attack::by_component(
            Guest::FloodsTheLog,
            "log flood",
            "write 64 MiB to the log",
            || Box::pin(log_flood(Guest::FloodsTheLog)),
        ),
        Attack::by_component(
            Guest::FloodsTheLog,
            "log flood in one call",
            "pass a text of 40 MiB in one call, which the host would have to copy before counting it",
            || Box::pin(log_flood_at_once()),
        ),
        Attack::by_component(
            Guest::DripsTheLog,
            "log drip",
            "write half a million one-letter texts, so that the overhead of each fills the memory",
            || Box::pin(log_flood(Guest::DripsTheLog)),
        ),
        Attack::by_component(
            Guest::FloodsStderr,
            "standard error",
            "write 8 MiB each to standard output and standard error",
            || Box::pin(standard_error()),
        ),
        Attack::by_component(
            Guest::AnswersAtLength,
            "long outputs",
            "return outputs of 10 MiB",
            || Box::pin(long_answer("outputs")),
        ),
        Attack::by_component(
            Guest::AnswersAtLength,
            "long exchanges",
            "return exchanges of 10 MiB",
            || Box::pin(long_answer("exchanges")),
        ),
        Attack::by_component(
            Guest::AnswersAtLength,
            "a long summary",
            "return a summary of 10 MiB",
            || Box::pin(long_summary()),
        ),
    ],
};

/// The memory budget of a run that attacks the host's memory.
const BUDGET: usize = 8 << 20;

/// What the host and the test's server may hold beside what is reported.
const BESIDE: usize = 3 << 19;

/// A run with a small budget whose component makes the host hold memory. The host holds no more
/// than it reports.
async fn hoard(guest: Guest, orders: &str) -> String {
    hoard_beside(guest, orders, BESIDE).await
}

/// What is passed in a call exists twice during the call, and takes at most half of the budget.
async fn in_one_call() -> String {
    hoard_beside(Guest::NamesOneTextOften, "", BESIDE + BUDGET / 2).await
}

async fn hoard_beside(guest: Guest, orders: &str, beside: usize) -> String {
    let service = Service::start(|_| {
        let mut answer = Answer::new(vec![b'x'; 8 << 10].into());
        let value = HeaderValue::from_bytes(&[b'x'; 500]).unwrap();
        for number in 0..100 {
            let name = HeaderName::try_from(format!("x-{number}")).unwrap();
            answer.headers_mut().insert(name, value.clone());
        }
        answer
    })
    .await;
    let before = allocator::allocated();
    allocator::forget_peak();
    let result = Attacker::new(guest, &service.origin)
        .orders([orders])
        .limits(|limits| {
            limits.memory = BUDGET as u64;
            limits.requests = u32::MAX;
            // Memory is what is limited here, also on a busy machine.
            limits.wall = Duration::from_secs(60);
        })
        .run()
        .await;
    let grown = allocator::peak().saturating_sub(before);
    let reported = result.usage.peak_memory_bytes;
    assert!(
        grown < reported + beside && reported <= BUDGET,
        "it takes {grown} bytes and reports {reported}: {}",
        report(&result, &service.origin)
    );
    let report = report(&result, &service.origin);
    // The excess depends on what else the server has sent by then.
    report
        .split(": the limit `memory` is exceeded: ")
        .next()
        .map(|report| report.to_owned() + ": the limit `memory` is exceeded")
        .filter(|_| report.contains("`memory`"))
        .unwrap_or(report)
}

async fn enormous_lengths() -> String {
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let result = Attacker::new(Guest::AsksForEnormousLengths, &service.origin)
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
    report(&result, &service.origin)
}

async fn log_flood(guest: Guest) -> String {
    let limit: usize = 1 << 20;
    let result = Attacker::new(guest, NOWHERE)
        .limits(|limits| {
            limits.log_kept = limit as u64;
            // The log is what is limited here, also on a busy machine.
            (limits.wall, limits.cpu) = (Duration::from_secs(60), Duration::from_secs(60));
        })
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
        report(&result, NOWHERE),
        end.text.trim().replace(['<', '>'], "`")
    )
}

async fn log_flood_at_once() -> String {
    let result = Attacker::new(Guest::FloodsTheLog, NOWHERE)
        .orders(["at once"])
        .run()
        .await;
    assert_eq!(result.usage.log_bytes, 0);
    report(&result, NOWHERE)
}

/// The start of the output is reported, since it may say why the component trapped.
async fn standard_error() -> String {
    let words = alone(Guest::FloodsStderr, ErrorKind::Trap).await;
    let report = words.trim_end_matches('x');
    assert!(words.len() - report.len() <= 2048, "{words}");
    format!("{report}xxx…")
}

async fn long_answer(part: &str) -> String {
    let result = Attacker::new(Guest::AnswersAtLength, NOWHERE)
        .orders([part])
        .run()
        .await;
    ended_by(&result, ErrorKind::Trap);
    report(&result, NOWHERE)
}

async fn long_summary() -> String {
    let result = Attacker::new(Guest::AnswersAtLength, NOWHERE).run().await;
    let words = report(&result, NOWHERE);
    let report = words.trim_end_matches('…').trim_end_matches('x');
    assert!(
        words.len() - report.len() < 8 << 10,
        "{} bytes",
        words.len()
    );
    format!("{report}xxx…; the rest is cut off")
}
