//! Servers that end early, or break the rules of HTTP.

use http_step_host::{ErrorKind, Outcome, Sent};
use http_step_tests::Guest;

use super::{answers, ask, raw};
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, report};

const OK: &str = "HTTP/1.1 200 OK\r\n";

pub const THEME: Theme = Theme {
    name: "Broken servers",
    about: "Breaking the connection at every stage, and violating HTTP.",
    attacks: &[
        Attack::by_server(
            "reset on arrival",
            "reset the connection before reading a byte",
            || Box::pin(reset_on_arrival()),
        ),
        Attack::by_server(
            "reset before the head",
            "reset it after the request has arrived",
            || Box::pin(reset_after("")),
        ),
        Attack::by_server(
            "reset within the head",
            "reset it in the middle of a header field",
            || Box::pin(reset_after("HTTP/1.1 200 OK\r\nContent-Le")),
        ),
        Attack::by_server(
            "reset within the body",
            "reset it after half of the body",
            || Box::pin(reset_in_the_body()),
        ),
        Attack::by_server(
            "reset within the upload",
            "reset it while the host is still sending the request's body",
            || Box::pin(reset_in_the_upload()),
        ),
        Attack::by_server("truncated body", "announce ten bytes and send five", || {
            Box::pin(answers(
                b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            ))
        }),
        Attack::by_server(
            "truncated chunks",
            "end a chunked body without its last chunk",
            || {
                Box::pin(answers(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                ))
            },
        ),
        Attack::by_server(
            "a poisoned connection",
            "send more than announced, which the next step would read as its response",
            || Box::pin(poison()),
        ),
        Attack::by_server("two lengths", "send both a length and chunks", || {
            Box::pin(two_lengths())
        }),
        Attack::by_server(
            "an enormous chunk",
            "announce a chunk of 2⁶⁴ bytes",
            || {
                Box::pin(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello"))
            },
        ),
        Attack::by_server("101", "switch protocols without being asked", || {
            Box::pin(switches_protocols())
        }),
        Attack::by_server(
            "trailers",
            "send trailers that override fields of the head",
            || {
                Box::pin(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: content-length\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 0\r\nStatus: 500\r\nLocation: http://127.0.0.1/\r\n\r\n"))
            },
        ),
        Attack::by_server("not HTTP", "respond in another protocol", || {
            Box::pin(answers(b"SSH-2.0-OpenSSH_9.6\r\n"))
        }),
    ],
};

async fn reset_on_arrival() -> String {
    let server = raw::serve(|stream| {
        Box::pin(async move {
            raw::reset(&stream);
        })
    })
    .await;
    let result = ask(&server.origin).await;
    // Whether the client is connecting, connected or writing at that moment varies.
    let error = result.error.unwrap();
    assert!(
        matches!(
            (error.kind, error.sent),
            (ErrorKind::Connect | ErrorKind::Protocol, Sent::No)
                | (ErrorKind::Protocol, Sent::Unknown)
        ),
        "{error:#?}"
    );
    "Exception, Connect or Protocol: the connection was reset".to_owned()
}

async fn reset_after(answer: &'static str) -> String {
    let server = raw::serve(raw::resets_after(answer)).await;
    report(&ask(&server.origin).await, &server.origin)
}

async fn reset_in_the_body() -> String {
    let server = raw::serve(raw::resets_after(format!(
        "{OK}Content-Length: 10\r\n\r\nhello"
    )))
    .await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, &server.origin)
}

async fn reset_in_the_upload() -> String {
    let server = raw::serve(|mut stream| {
        Box::pin(async move {
            raw::head(&mut stream).await;
            raw::reset(&stream);
        })
    })
    .await;
    let result = Attacker::new(Guest::SendsWithoutEnd, &server.origin)
        .run()
        .await;
    report(&result, &server.origin)
}

/// The second response would be the next step's.
async fn poison() -> String {
    let both = format!("{OK}Content-Length: 4\r\n\r\ngood{OK}Content-Length: 6\r\n\r\npoison");
    let server = raw::serve(raw::hangs_after(both)).await;
    for _ in 0..20 {
        let result = ask(&server.origin).await;
        assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
        assert_eq!(
            result.exchanges[0].response.as_ref().unwrap().body.size,
            4,
            "{result:#?}"
        );
    }
    assert_eq!(server.connections(), 20);
    "each of 20 steps gets its own response, on its own connection".to_owned()
}

async fn two_lengths() -> String {
    let answer = format!(
        "{OK}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nchunks\r\n0\r\n\r\n"
    );
    let server = raw::serve(raw::closes_after(answer)).await;
    let result = ask(&server.origin).await;
    // RFC 9112, section 6.3: the chunks take precedence.
    let response = result.exchanges[0].response.as_ref().unwrap();
    assert_eq!(response.body.size, 6, "{result:#?}");
    format!("{}; the chunks count", report(&result, &server.origin))
}

async fn switches_protocols() -> String {
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nhello";
    let server = raw::serve(raw::hangs_after(answer)).await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, &server.origin)
}
