//! Ending in ways that no component should, and components that are not steps.

use http_step_host::{ErrorKind, Outcome, Sent};
use http_step_tests::{Answer, Guest, Scripted, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, not_loaded, report};
use crate::servers::raw;

pub const THEME: Theme = Theme {
    name: "Dying",
    about: "Ending in every wrong way, at every stage, or not being a step at all.",
    attacks: &[
        Attack::by_component(
            Guest::Traps,
            "a trap at every stage",
            "trap before, during and after a request, so that the host keeps resources",
            || Box::pin(traps()),
        ),
        Attack::by_component(
            Guest::LeavesHalfABody,
            "half a body",
            "trap in the middle of a body without a length, so that the server takes half a request for a complete one",
            || Box::pin(half_a_body()),
        ),
        Attack::by_component(
            Guest::LeavesHalfABody,
            "half a body, answered",
            "the same, after the server has responded and does not wait for the body",
            || Box::pin(half_a_body_answered()),
        ),
        Attack::by_component(
            Guest::DropsEverything,
            "dropping everything",
            "drop a request at every stage, and succeed",
            || Box::pin(drops()),
        ),
        Attack::by_component(
            Guest::Traps,
            "stopped at every stage",
            "be cancelled by the host's caller in the middle of a request",
            || Box::pin(stopped()),
        ),
        Attack::by_component(Guest::Panics, "panic", "panic", || Box::pin(panics())),
        Attack::by_component(
            Guest::Exits,
            "exit",
            "exit, with success or failure",
            || Box::pin(exits()),
        ),
        Attack::by_component(
            Guest::ReturnsGarbage,
            "a broken contract",
            "return invalid JSON, and terminal escape sequences",
            || Box::pin(garbage()),
        ),
        Attack::by_component(
            Guest::ReallocatesOutside,
            "an allocation outside the memory",
            "make the host write the arguments outside the component's memory",
            || Box::pin(breaks_the_contract(Guest::ReallocatesOutside)),
        ),
        Attack::by_component(
            Guest::AnswersOutside,
            "a result outside the memory",
            "make the host read the result outside the component's memory",
            || Box::pin(breaks_the_contract(Guest::AnswersOutside)),
        ),
        Attack::by_component(
            Guest::AnswersGarbage,
            "a garbage result",
            "return strings and lists with arbitrary 32-bit addresses and lengths",
            || Box::pin(breaks_the_contract(Guest::AnswersGarbage)),
        ),
        Attack::by_component(
            Guest::ImportsMore,
            "more imports",
            "import an interface that steps don't get",
            || Box::pin(not_loaded(Guest::ImportsMore)),
        ),
        Attack::by_component(
            Guest::ImportsMoreOfWasi,
            "an import of WASI that steps don't get",
            "import an interface of WASI that steps don't need",
            || Box::pin(not_loaded(Guest::ImportsMoreOfWasi)),
        ),
        Attack::by_component(
            Guest::ExportsNothing,
            "no export",
            "be a component of another world",
            || Box::pin(not_loaded(Guest::ExportsNothing)),
        ),
    ],
};

/// Where a component traps, with whether its request may have been sent by then: how far the host
/// is with what it was just given varies.
const STAGES: [(&str, &[Sent]); 9] = [
    ("at once", &[Sent::No]),
    ("with a request", &[Sent::No]),
    ("with a body", &[Sent::No]),
    ("when it is sent", &[Sent::No, Sent::Unknown]),
    ("within the body", &[Sent::No, Sent::Unknown]),
    ("before the answer", &[Sent::No, Sent::Unknown]),
    ("after the head", &[Sent::Yes]),
    ("before the answer's body", &[Sent::Yes]),
    ("within the answer's body", &[Sent::Yes]),
];

async fn traps() -> String {
    let mut all = String::new();
    for (stage, sent) in STAGES {
        let service = Service::start(|_| Answer::new("hello".into())).await;
        let result = Attacker::new(Guest::Traps, &service.origin)
            .orders([stage])
            .run()
            .await;
        ended_by(&result, ErrorKind::Trap);
        let error = result.error.as_ref().unwrap();
        assert!(sent.contains(&error.sent), "{stage}: {result:#?}");
        if all.is_empty() {
            all = error.message.clone();
        }
        assert_eq!(all, error.message);
    }
    format!("Exception, Trap: {all}; sent No, Unknown or Yes, depending on the stage")
}

async fn half_a_body() -> String {
    let (server, kept) = Scripted::keeps_all().await;
    let result = Attacker::new(Guest::LeavesHalfABody, &server.origin)
        .run()
        .await;
    is_half(&String::from_utf8(kept.await.unwrap()).unwrap());
    format!(
        "{}; the server doesn't get the end of the body",
        report(&result, &server.origin)
    )
}

async fn half_a_body_answered() -> String {
    let (keep, mut kept) = mpsc::channel(1);
    let server = raw::serve(move |mut stream| {
        let keep = keep.clone();
        Box::pin(async move {
            let mut requested = raw::head(&mut stream).await.unwrap();
            let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(ok).await.unwrap();
            // A reset ends it, too.
            let _ = stream.read_to_end(&mut requested).await;
            keep.send(requested).await.unwrap();
        })
    })
    .await;
    let result = Attacker::new(Guest::LeavesHalfABody, &server.origin)
        .orders(["when it is answered"])
        .run()
        .await;
    is_half(&String::from_utf8(kept.recv().await.unwrap()).unwrap());
    format!(
        "{}; the server doesn't get the end of the body",
        report(&result, &server.origin)
    )
}

/// Assert that a request lacks the end of its body: a last chunk, of zero bytes.
fn is_half(kept: &str) {
    let body = kept.split_once("\r\n\r\n").unwrap().1;
    assert_ne!(body, "");
    assert_eq!(body.replace("4\r\nhalf\r\n", ""), "");
}

async fn drops() -> String {
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let stages = [
        "the request",
        "the body",
        "what is under way",
        "half a body",
        "the answer to come",
        "the answer",
        "the answer's body",
    ];
    // In both orders, so that each stage comes after each other.
    let stages = stages.iter().chain(stages.iter().rev());
    let result = Attacker::new(Guest::DropsEverything, &service.origin)
        .orders(stages)
        .run()
        .await;
    report(&result, &service.origin)
}

/// The run's future is dropped when the server has seen the request come this far.
async fn stopped() -> String {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    ] {
        let server = raw::serve(raw::hangs_after(answer)).await;
        let run = Attacker::none(&server.origin).start();
        while server.connections() == 0 {
            tokio::task::yield_now().await;
        }
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());
    }
    "the host is unchanged".to_owned()
}

async fn panics() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::new(Guest::Panics, origin).run().await;
    report(&result, origin)
}

async fn exits() -> String {
    let origin = "http://127.0.0.1:9";
    let mut all = String::new();
    for code in ["0", "1"] {
        let result = Attacker::new(Guest::Exits, origin)
            .orders([code])
            .run()
            .await;
        assert_eq!(result.outcome, Outcome::Exception, "{result:#?}");
        all.push_str(&report(&result, origin));
        all.push('\n');
    }
    all
}

async fn garbage() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::new(Guest::ReturnsGarbage, origin).run().await;
    report(&result, origin)
}

async fn breaks_the_contract(guest: Guest) -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::new(guest, origin).run().await;
    assert_eq!(result.error.as_ref().unwrap().kind, ErrorKind::Trap);
    report(&result, origin)
}
