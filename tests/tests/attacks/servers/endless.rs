//! Servers that never finish.

use std::time::Duration;

use http_step_host::{ErrorKind, RunResult};

use super::{ask, raw};
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, report};

pub const THEME: Theme = Theme {
    name: "Servers without end",
    about: "Servers are as hostile as components. The built-in step makes the requests.",
    attacks: &[
        Attack::by_server(
            "slow loris",
            "send a head byte by byte, so that the server is never silent and never done",
            || Box::pin(slow_head()),
        ),
        Attack::by_server(
            "a body of one byte at a time",
            "send a body byte by byte",
            || Box::pin(slow_body()),
        ),
        Attack::by_server("silence", "accept, read, and say nothing", || {
            Box::pin(silence())
        }),
        Attack::by_server(
            "a body without end",
            "send forever, as fast as it can",
            || Box::pin(body_without_end()),
        ),
        Attack::by_server("headers without end", "send header fields forever", || {
            Box::pin(headers_without_end())
        }),
        Attack::by_server(
            "one endless header",
            "send one header value forever",
            || Box::pin(one_endless_header()),
        ),
        Attack::by_server(
            "1xx without end",
            "send interim responses forever, and never the final one",
            || Box::pin(interim_without_end()),
        ),
        Attack::by_server("trailers without end", "send trailers forever", || {
            Box::pin(trailers_without_end())
        }),
        Attack::by_server(
            "chunk extensions",
            "send a chunk header that does not end",
            || Box::pin(endless_chunk_extension()),
        ),
        Attack::by_server("redirects without end", "redirect in circles", || {
            Box::pin(redirects())
        }),
    ],
};

async fn slow_head() -> String {
    let pause = Duration::from_millis(10);
    let server = raw::serve(raw::repeats("HTTP/1.1 200 OK\r\nX-Slow: ", "x", pause)).await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Timeout);
    report(&result, &server.origin)
}

async fn slow_body() -> String {
    let pause = Duration::from_millis(10);
    let server = raw::serve(raw::repeats(
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "x",
        pause,
    ))
    .await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Timeout);
    report(&result, &server.origin)
}

async fn silence() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Timeout);
    report(&result, &server.origin)
}

async fn endless(first: &'static str, piece: &str) -> RunResult {
    let piece = piece.repeat((16 << 10) / piece.len());
    let server = raw::serve(raw::repeats(first, piece, Duration::ZERO)).await;
    let mut result = ask(&server.origin).await;
    if let Some(error) = &mut result.error {
        error.message = error.message.replace(&server.origin, "ORIGIN");
    }
    result
}

async fn body_without_end() -> String {
    let answer = raw::repeats(
        "HTTP/1.1 200 OK\r\n\r\n",
        "x".repeat(16 << 10),
        Duration::ZERO,
    );
    let server = raw::serve(answer).await;
    let result = Attacker::none(&server.origin)
        .limits(|limits| limits.bytes_received = 4 << 20)
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    let words = report(&result, &server.origin);
    // The excess depends on the size of the last piece.
    let (words, _) = words.rsplit_once(": ").unwrap();
    words.to_owned()
}

async fn headers_without_end() -> String {
    let result = endless("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n").await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, "no origin")
}

async fn one_endless_header() -> String {
    let result = endless("HTTP/1.1 200 OK\r\nX-Long: ", "x").await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, "no origin")
}

/// They must not keep the host from other work, such as the clock that ends the run.
async fn interim_without_end() -> String {
    let result = endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await;
    ended_by(&result, ErrorKind::Protocol);
    assert!(result.usage.wall_seconds < 0.4, "{result:#?}");
    report(&result, "no origin")
}

async fn trailers_without_end() -> String {
    let result = endless(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "X-More: and more\r\n",
    )
    .await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, "no origin")
}

async fn endless_chunk_extension() -> String {
    let result = endless(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
        "x",
    )
    .await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, "no origin")
}

async fn redirects() -> String {
    let server = raw::serve(raw::closes_after(
        "HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let result = Attacker::none(&server.origin).run().await;
    ended_by(&result, ErrorKind::Redirect);
    assert_eq!(server.connections(), 31);
    report(&result, &server.origin)
}
