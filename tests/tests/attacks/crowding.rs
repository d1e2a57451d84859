//! Taking more than one's share of requests, connections and network time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http_step_host::{ErrorKind, Limits, Outcome, Policy, RunResult, Sent};
use http_step_tests::{Answer, Guest, Scripted, Service};

use crate::arena::GIVEN_UP;
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, log, report};
use crate::footprint::Footprint;
use crate::servers::raw;
use crate::victim::open_port;

/// How soon an endless run is ended.
const SOON: Duration = Duration::from_millis(300);

pub const THEME: Theme = Theme {
    name: "Crowding",
    about: "Taking more than a fair share of requests and connections, and delaying other steps.",
    attacks: &[
        Attack::by_component(
            Guest::AsksAllAtOnce,
            "ten thousand requests at once",
            "make ten thousand requests and wait for none of them",
            || Box::pin(all_at_once()),
        ),
        Attack::by_component(
            Guest::AsksAllAtOnce,
            "ten thousand requests within the limit",
            "the same, with a limit that allows them",
            || Box::pin(all_at_once_with_leave()),
        ),
        Attack::by_component(
            Guest::AsksAndForgets,
            "ten thousand requests, forgotten",
            "make ten thousand requests and drop each before it is answered, so that it holds no handles",
            || Box::pin(forgotten()),
        ),
        Attack::by_component(
            Guest::SendsWithoutEnd,
            "a request's body without end",
            "send forever, to a server that reads forever",
            || Box::pin(body_without_end()),
        ),
        Attack::by_component(
            Guest::SendsWithoutEnd,
            "an unread request body",
            "send forever, to a server that reads nothing",
            || Box::pin(unread_body()),
        ),
        Attack::by_component(
            Guest::Deadlocks,
            "deadlocked body",
            "wait for a response before ending the body, while the server waits for the end of the body",
            || Box::pin(deadlock()),
        ),
        Attack::by_component(
            Guest::AsksForOddTimeouts,
            "timeouts of zero",
            "make the host time out at once",
            || Box::pin(zero_timeouts()),
        ),
        Attack::by_component(
            Guest::AsksForOddTimeouts,
            "enormous timeouts",
            "make the host wait for centuries for a silent server",
            || Box::pin(enormous_timeouts()),
        ),
        Attack::by_component(
            Guest::AsksForOddTimeouts,
            "abandoned connections",
            "start connections that are never accepted, abandon each at once, and leave the host waiting for them",
            || Box::pin(given_up()),
        ),
        Attack::by_component(
            Guest::AsksForOddTimeouts,
            "abandoned lookups",
            "look up names that are never resolved, abandon each at once, and leave no lookups for the host's other steps",
            || Box::pin(names_given_up()),
        ),
        Attack::by_component(
            Guest::KeepsAConnection,
            "a connection held forever",
            "receive a response, read nothing of its body, and hold on to it",
            || Box::pin(kept_connection()),
        ),
        Attack::by_component(
            Guest::KeepsAConnection,
            "a connection left with an unread body",
            "succeed, and leave a connection on which a response is still arriving",
            || Box::pin(left_connection()),
        ),
        Attack::by_component(
            Guest::LeavesUploadsOpen,
            "endless uploads, answered at once",
            "get responses before the request bodies end, so that the requests no longer count",
            || Box::pin(open_uploads()),
        ),
    ],
};

/// How many connections ten thousand requests may open.
const MAX_CONNECTIONS: usize = 512;

async fn all_at_once() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::AsksAllAtOnce, &service.origin)
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
    let result = Attacker::new(guest, &service.origin)
        .limits(|limits| {
            limits.requests = 20_000;
            limits.concurrent_requests = 20_000;
        })
        .run()
        .await;
    let connections = service.connections();
    assert!(connections <= MAX_CONNECTIONS, "{connections}");
    whether_sent_or_not(&result, &service.origin)
}

/// The result of a run that ends while its requests are sent: how far they get varies.
fn whether_sent_or_not(result: &RunResult, origin: &str) -> String {
    let mut result = result.clone();
    if let Some(error) = &mut result.error {
        error.sent = Sent::Unknown;
    }
    report(&result, origin)
}

async fn body_without_end() -> String {
    let server = raw::serve(|mut stream| {
        Box::pin(async move {
            raw::hang(&mut stream).await;
        })
    })
    .await;
    let result = Attacker::new(Guest::SendsWithoutEnd, &server.origin)
        .limits(|limits| limits.bytes_sent = 4 << 20)
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    let words = whether_sent_or_not(&result, &server.origin);
    // The excess depends on the size of the last piece.
    let (words, _) = words.rsplit_once(": ").unwrap();
    words.to_owned()
}

async fn unread_body() -> String {
    let server = raw::serve(|stream| {
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
    })
    .await;
    let result = Attacker::new(Guest::SendsWithoutEnd, &server.origin)
        .limits(|limits| {
            limits.wall = 2 * SOON;
            limits.read = SOON;
        })
        .run()
        .await;
    report(&result, &server.origin)
}

async fn deadlock() -> String {
    // A well-behaved server, which answers when it has read the body.
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::Deadlocks, &service.origin)
        .limits(|limits| limits.read = SOON)
        .run()
        .await;
    report(&result, &service.origin)
}

async fn zero_timeouts() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = Attacker::new(Guest::AsksForOddTimeouts, &server.origin)
        .orders(["0"; 8])
        .run()
        .await;
    let log = log(&result, &server.origin);
    let answers: Vec<_> = log.lines().collect();
    // Whether a connection can be made with a timeout of zero varies.
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
        report(&result, &server.origin)
    )
}

async fn enormous_timeouts() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = Attacker::new(Guest::AsksForOddTimeouts, &server.origin)
        .orders([u64::MAX.to_string()])
        .limits(|limits| limits.read = SOON)
        .run()
        .await;
    let log = log(&result, &server.origin);
    assert_eq!(
        log,
        "18446744073709551615 ns: ErrorCode::HttpResponseTimeout\n"
    );
    format!(
        "{}; the request has timed out after {} s",
        report(&result, &server.origin),
        SOON.as_secs_f64()
    )
}

/// The server's queue is full, so the system neither makes a connection nor refuses it.
async fn given_up() -> String {
    let server = raw::Full::start().await;
    let before = Footprint::now();
    let result = Attacker::new(Guest::AsksForOddTimeouts, &server.origin)
        .orders(["0"; 32])
        .run()
        .await;
    let log = log(&result, &server.origin);
    assert_eq!(log, "0 ns: ErrorCode::ConnectionTimeout\n".repeat(32));
    // Before the server goes away, which would end the connections.
    before.returns().unwrap();
    format!(
        "{}; the host waits for no connection",
        report(&result, &server.origin)
    )
}

/// The resolver can't be stopped, so abandoning a lookup does not end it.
async fn names_given_up() -> String {
    let origin = "http://given-up.test";
    let result = Attacker::new(Guest::AsksForOddTimeouts, origin)
        .orders(["0"; 64])
        .tenant("a crowd")
        .run()
        .await;
    let log = log(&result, origin);
    assert_eq!(log, "0 ns: ErrorCode::ConnectionTimeout\n".repeat(64));
    // Half of the host's concurrent lookups, or what is left of that.
    let requested = GIVEN_UP.swap(0, Ordering::Relaxed);
    assert!(requested <= 32, "{requested} names are asked for");

    let service = Service::start(|_| Answer::default()).await;
    let origin = format!("http://loopback.test:{}", open_port(&service));
    let allowed = Policy::nothing().allow(origin.parse().unwrap());
    let other = Attacker::none(&origin)
        .policy(allowed.allow_network("127.0.0.0/8".parse().unwrap()))
        .tenant("another")
        .run()
        .await;
    format!(
        "{}; another tenant: {}",
        report(&result, "http://given-up.test"),
        report(&other, &origin)
    )
}

/// A response that fills all buffers, and more.
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
    let result = Attacker::new(Guest::KeepsAConnection, &server.origin)
        .limits(|limits| limits.wall = SOON)
        .run()
        .await;
    ended_by(&result, ErrorKind::Timeout);
    report(&result, &server.origin)
}

async fn left_connection() -> String {
    let server = raw::serve(endless()).await;
    let result = Attacker::new(Guest::KeepsAConnection, &server.origin)
        .orders(["and ends"])
        .run()
        .await;
    // The next step does not get the rest of that response.
    let next = Attacker::new(Guest::KeepsAConnection, &server.origin)
        .orders(["and ends"])
        .run()
        .await;
    assert_eq!(next.outcome, Outcome::Success, "{next:#?}");
    assert_eq!(server.connections(), 2);
    format!(
        "{}; the connection is not used again",
        report(&result, &server.origin)
    )
}

async fn open_uploads() -> String {
    let server = Scripted::hangs_after("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let result = Attacker::new(Guest::LeavesUploadsOpen, &server.origin)
        .run()
        .await;
    report(&result, &server.origin)
}
