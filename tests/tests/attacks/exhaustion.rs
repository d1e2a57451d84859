//! Taking more than one's share, of anything.

use std::time::Duration;

use http_step_host::{ErrorKind, Limits, Outcome, RunResult, Sent};
use http_step_tests::{Answer, Guest, Service};

use crate::arena::{Attacker, told};
use crate::attack::{Attack, Theme};
use crate::servers::raw;

/// A run that would go on for ever ends so soon.
const SOON: Duration = Duration::from_millis(300);

pub const THEME: Theme = Theme {
    name: "Exhaustion",
    about: "Taking more than one's share: processor, memory, connections, time.",
    attacks: &[
        Attack::by(Guest::Spins, "spin", "compute without end", || {
            Box::pin(spin())
        }),
        Attack::by(
            Guest::Spins,
            "spin past the deadline",
            "keep the processor when its time is over",
            || Box::pin(spin_past_the_deadline()),
        ),
        Attack::by(
            Guest::PollsWithoutEnd,
            "polls",
            "keep the host busy with polls that are ready at once, so that neither of them waits",
            || Box::pin(polls()),
        ),
        Attack::by(Guest::Sleeps, "sleep", "wait for the end of time", || {
            Box::pin(sleep())
        }),
        Attack::by(
            Guest::Recurses,
            "recursion",
            "call itself until the stack is at its end",
            || Box::pin(simple(Guest::Recurses, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::Allocates,
            "memory",
            "take memory without end",
            || Box::pin(memory()),
        ),
        Attack::by(
            Guest::HoardsHandles,
            "a million handles",
            "take a million handles of the host's",
            || Box::pin(simple(Guest::HoardsHandles, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::HoardsHeaders,
            "headers in the host",
            "fill the host's memory with headers of requests that are never sent",
            || Box::pin(simple(Guest::HoardsHeaders, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::HoardsBodies,
            "bodies in the host",
            "fill the host's memory with bodies of requests that are never sent",
            || Box::pin(simple(Guest::HoardsBodies, ErrorKind::Limit)),
        ),
        Attack::by(
            Guest::AsksForRandomness,
            "randomness",
            "have the host make more random bytes than there is memory",
            || Box::pin(simple(Guest::AsksForRandomness, ErrorKind::Trap)),
        ),
        Attack::by(
            Guest::AsksAllAtOnce,
            "ten thousand requests at once",
            "make ten thousand requests and wait for none of them",
            || Box::pin(all_at_once()),
        ),
        Attack::by(
            Guest::AsksAllAtOnce,
            "ten thousand requests, and leave to make them",
            "the same, under a budget that has room for them",
            || Box::pin(all_at_once_with_leave()),
        ),
        Attack::by(
            Guest::AsksAndForgets,
            "ten thousand requests, forgotten",
            "make ten thousand requests and drop each before it is answered, so that no handle counts",
            || Box::pin(forgotten()),
        ),
        Attack::by(
            Guest::SendsWithoutEnd,
            "a request's body without end",
            "send for ever, to a server that reads for ever",
            || Box::pin(body_without_end()),
        ),
        Attack::by(
            Guest::SendsWithoutEnd,
            "a body that nobody reads",
            "send for ever, to a server that reads nothing",
            || Box::pin(body_that_nobody_reads()),
        ),
        Attack::by(
            Guest::Deadlocks,
            "deadlocked body",
            "wait for an answer before the body's end, while the server waits for the end",
            || Box::pin(deadlock()),
        ),
        Attack::by(
            Guest::AsksForOddTimeouts,
            "time-outs of nothing",
            "have the host wait for no time at all",
            || Box::pin(zero_timeouts()),
        ),
        Attack::by(
            Guest::AsksForOddTimeouts,
            "enormous time-outs",
            "have the host wait for centuries, for a server that says nothing",
            || Box::pin(enormous_timeouts()),
        ),
        Attack::by(
            Guest::KeepsAConnection,
            "a connection kept for ever",
            "take an answer, read nothing of its body, and not let go of it",
            || Box::pin(kept_connection()),
        ),
        Attack::by(
            Guest::KeepsAConnection,
            "a connection left with an unread body",
            "end well, and leave a connection on which an answer is still coming",
            || Box::pin(left_connection()),
        ),
        Attack::by(
            Guest::FloodsTheLog,
            "log flood",
            "write 64 MiB to the log",
            || Box::pin(log_flood(Guest::FloodsTheLog)),
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

/// The error's kind, and nothing at all sent.
fn ended_by(result: &RunResult, kind: ErrorKind) {
    let error = result.error.as_ref();
    assert_eq!(error.map(|error| error.kind), Some(kind), "{result:#?}");
}

/// An attack that needs no server.
async fn simple(guest: Guest, kind: ErrorKind) -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(guest, origin).run().await;
    ended_by(&result, kind);
    let words = told(&result, origin);
    assert!(words.len() < 4096, "{words}");
    words
}

/// The beginning of what was written is told, since it may say why it trapped.
async fn standard_error() -> String {
    let words = simple(Guest::FloodsStderr, ErrorKind::Trap).await;
    let told = words.trim_end_matches('x');
    assert!(words.len() - told.len() <= 2048, "{words}");
    format!("{told}xxx…")
}

async fn spin() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(Guest::Spins, origin)
        .limits(|limits| limits.cpu = Duration::from_millis(50))
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    told(&result, origin)
}

/// It is to be broken off soon after: a tick or two of the host's clock.
async fn by_the_deadline(guest: Guest) -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(guest, origin)
        .limits(|limits| limits.wall = SOON)
        .run()
        .await;
    ended_by(&result, ErrorKind::Timeout);
    assert!(result.usage.wall_seconds < 2.0, "{result:#?}");
    told(&result, origin)
}

async fn spin_past_the_deadline() -> String {
    by_the_deadline(Guest::Spins).await
}

async fn polls() -> String {
    by_the_deadline(Guest::PollsWithoutEnd).await
}

async fn sleep() -> String {
    by_the_deadline(Guest::Sleeps).await
}

async fn memory() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(Guest::Allocates, origin).run().await;
    ended_by(&result, ErrorKind::Limit);
    assert!(result.usage.peak_memory_bytes as u64 <= Limits::default().memory);
    told(&result, origin)
}

/// How many connections ten thousand requests may lead to.
const MOST_CONNECTIONS: usize = 512;

async fn all_at_once() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::of(Guest::AsksAllAtOnce, &service.origin)
        .run()
        .await;
    assert!(service.requests().len() <= Limits::default().requests as usize);
    whether_sent_or_not(&result, &service.origin)
}

async fn all_at_once_with_leave() -> String {
    with_leave(Guest::AsksAllAtOnce).await
}

async fn forgotten() -> String {
    with_leave(Guest::AsksAndForgets).await
}

async fn with_leave(guest: Guest) -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::of(guest, &service.origin)
        .limits(|limits| limits.requests = 20_000)
        .run()
        .await;
    let connections = service.connections();
    assert!(connections <= MOST_CONNECTIONS, "{connections}");
    whether_sent_or_not(&result, &service.origin)
}

/// What came of a run that ends while its requests go out: how far they get is
/// chance.
fn whether_sent_or_not(result: &RunResult, origin: &str) -> String {
    let mut result = result.clone();
    if let Some(error) = &mut result.error {
        error.sent = Sent::Unknown;
    }
    told(&result, origin)
}

async fn body_without_end() -> String {
    let server =
        raw::serve(|mut stream| Box::pin(async move { raw::hang(&mut stream).await })).await;
    let result = Attacker::of(Guest::SendsWithoutEnd, &server.origin)
        .limits(|limits| limits.wall = SOON)
        .run()
        .await;
    assert_ne!(result.outcome, Outcome::Success);
    told(&result, &server.origin)
}

async fn body_that_nobody_reads() -> String {
    let server = raw::serve(|stream| {
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
    })
    .await;
    let result = Attacker::of(Guest::SendsWithoutEnd, &server.origin)
        .limits(|limits| {
            limits.wall = 2 * SOON;
            limits.read = SOON;
        })
        .run()
        .await;
    told(&result, &server.origin)
}

async fn deadlock() -> String {
    // A well-behaved server, which answers when it has read the body.
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::of(Guest::Deadlocks, &service.origin)
        .limits(|limits| limits.read = SOON)
        .run()
        .await;
    told(&result, &service.origin)
}

async fn zero_timeouts() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = Attacker::of(Guest::AsksForOddTimeouts, &server.origin)
        .orders(["0"; 8])
        .run()
        .await;
    let log = crate::arena::log(&result, &server.origin);
    let answers: Vec<_> = log.lines().collect();
    // Whether a connection can be made in no time at all is chance.
    for answer in answers {
        assert!(
            matches!(
                answer,
                "0 ns: ErrorCode::ConnectionTimeout" | "0 ns: ErrorCode::HttpResponseTimeout"
            ),
            "{answer}"
        );
    }
    format!(
        "{}; each request has timed out",
        told(&result, &server.origin)
    )
}

async fn enormous_timeouts() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = Attacker::of(Guest::AsksForOddTimeouts, &server.origin)
        .orders([u64::MAX.to_string()])
        .limits(|limits| limits.read = SOON)
        .run()
        .await;
    let log = crate::arena::log(&result, &server.origin);
    assert_eq!(
        log,
        "18446744073709551615 ns: ErrorCode::HttpResponseTimeout\n"
    );
    format!(
        "{}; the request has timed out after {} s",
        told(&result, &server.origin),
        SOON.as_secs_f64()
    )
}

/// An answer that takes all buffers, and more.
fn endless()
-> impl Fn(tokio::net::TcpStream) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send {
    raw::repeats(
        "HTTP/1.1 200 OK\r\n\r\n",
        vec![b'x'; 64 << 10],
        Duration::ZERO,
    )
}

async fn kept_connection() -> String {
    let server = raw::serve(endless()).await;
    let result = Attacker::of(Guest::KeepsAConnection, &server.origin)
        .limits(|limits| limits.wall = SOON)
        .run()
        .await;
    ended_by(&result, ErrorKind::Timeout);
    told(&result, &server.origin)
}

async fn left_connection() -> String {
    let server = raw::serve(endless()).await;
    let result = Attacker::of(Guest::KeepsAConnection, &server.origin)
        .orders(["and ends"])
        .run()
        .await;
    // The next step does not get the rest of that answer.
    let next = Attacker::of(Guest::KeepsAConnection, &server.origin)
        .orders(["and ends"])
        .run()
        .await;
    assert_eq!(next.outcome, Outcome::Success, "{next:#?}");
    assert_eq!(server.connections(), 2);
    format!(
        "{}; the connection is not used again",
        told(&result, &server.origin)
    )
}

async fn log_flood(guest: Guest) -> String {
    let origin = "http://127.0.0.1:9";
    let limit: usize = 1 << 20;
    let result = Attacker::of(guest, origin)
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
        told(&result, origin),
        end.text.trim().replace(['<', '>'], "`")
    )
}

async fn long_answer(part: &str) -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(Guest::AnswersAtLength, origin)
        .orders([part])
        .run()
        .await;
    ended_by(&result, ErrorKind::Trap);
    told(&result, origin)
}

async fn long_summary() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::of(Guest::AnswersAtLength, origin).run().await;
    let words = told(&result, origin);
    let told = words.trim_end_matches('…').trim_end_matches('x');
    assert!(words.len() - told.len() < 8 << 10, "{} bytes", words.len());
    format!("{told}xxx…; the rest is cut off")
}
