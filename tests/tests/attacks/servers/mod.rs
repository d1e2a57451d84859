//! Servers that are slow, broken or hostile, on the reference step.

pub mod certificates;
pub mod raw;

use std::time::Duration;

use http_step_host::{ErrorKind, Outcome, RunResult, Sent};
use http_step_tests::{Answer, Guest, Service};
use tokio::io::AsyncWriteExt;

use crate::arena::{Attacker, told};
use crate::attack::{Attack, Theme};
use certificates::{AUTHORITY, Authority, Identity};

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// The time that a server may be silent, and the run may take.
const SILENCE: Duration = Duration::from_millis(150);
const ALL: Duration = Duration::from_millis(500);

pub const THEME: Theme = Theme {
    name: "Servers",
    about: "What is at the other end is as hostile as the component. The reference step asks it.",
    attacks: &[
        Attack::by_server(
            "slow loris",
            "send a head a byte at a time, so that the server is never silent and never done",
            || Box::pin(slow_head()),
        ),
        Attack::by_server(
            "a body of one byte at a time",
            "the same with a body",
            || Box::pin(slow_body()),
        ),
        Attack::by_server("silence", "accept, read, and say nothing", || {
            Box::pin(silence())
        }),
        Attack::by_server(
            "reset on arrival",
            "break the connection off before a byte is read",
            || Box::pin(reset_on_arrival()),
        ),
        Attack::by_server(
            "reset before the head",
            "break it off when the request is there",
            || Box::pin(reset_after("")),
        ),
        Attack::by_server(
            "reset within the head",
            "break it off in the middle of a field",
            || Box::pin(reset_after("HTTP/1.1 200 OK\r\nContent-Le")),
        ),
        Attack::by_server(
            "reset within the body",
            "break it off after half of the body",
            || Box::pin(reset_in_the_body()),
        ),
        Attack::by_server(
            "reset within the upload",
            "break it off while the request's body is still going out",
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
            "send more than was announced, which the next step would read as its answer",
            || Box::pin(poison()),
        ),
        Attack::by_server(
            "two lengths",
            "send a length and chunks, to see which one counts",
            || Box::pin(two_lengths()),
        ),
        Attack::by_server(
            "an enormous chunk",
            "announce a chunk of 2⁶⁴ bytes",
            || {
                Box::pin(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello"))
            },
        ),
        Attack::by_server(
            "chunk extensions",
            "send a chunk's head that does not end",
            || Box::pin(endless_chunk_extension()),
        ),
        Attack::by_server(
            "a body without end",
            "send for ever, as fast as it can",
            || Box::pin(body_without_end()),
        ),
        Attack::by_server("headers without end", "send header fields for ever", || {
            Box::pin(headers_without_end())
        }),
        Attack::by_server(
            "one endless header",
            "send a header's value for ever",
            || Box::pin(one_endless_header()),
        ),
        Attack::by_server(
            "1xx without end",
            "send interim responses for ever, and never the final one",
            || Box::pin(interim_without_end()),
        ),
        Attack::by_server("101", "switch protocols unasked", || {
            Box::pin(answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nhello"))
        }),
        Attack::by_server(
            "trailers",
            "send trailers that set again what the head has said",
            || {
                Box::pin(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: content-length\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 0\r\nStatus: 500\r\nLocation: http://127.0.0.1/\r\n\r\n"))
            },
        ),
        Attack::by_server("trailers without end", "send trailers for ever", || {
            Box::pin(trailers_without_end())
        }),
        Attack::by_server("not HTTP", "answer in another protocol", || {
            Box::pin(answers(b"SSH-2.0-OpenSSH_9.6\r\n"))
        }),
        Attack::by_server("redirects without end", "send a step in circles", || {
            Box::pin(redirects())
        }),
        Attack::by_server(
            "expired certificate",
            "show a certificate of a trusted authority that has expired",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| params.not_after = rcgen::date_time_ymd(2021, 1, 1))
                }))
            },
        ),
        Attack::by_server(
            "certificate of the future",
            "show one that is not valid yet",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1))
                }))
            },
        ),
        Attack::by_server(
            "certificate for another name",
            "show one that is for another host",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| {
                        params.subject_alt_names =
                            vec![rcgen::SanType::DnsName("other.test".try_into().unwrap())];
                    })
                }))
            },
        ),
        Attack::by_server("self-signed certificate", "vouch for itself", || {
            Box::pin(certificate(certificates::self_signed))
        }),
        Attack::by_server(
            "unknown authority",
            "show a certificate of an authority that nobody knows, by the name of one that is trusted",
            || {
                Box::pin(certificate(|| {
                    Authority::new("the trusted one").sign(|_| ())
                }))
            },
        ),
        Attack::by_server(
            "certificate for clients",
            "show one that is good, and not for servers",
            || {
                Box::pin(certificate(|| {
                    AUTHORITY.sign(|params| {
                        params.extended_key_usages =
                            vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
                    })
                }))
            },
        ),
        Attack::by_server(
            "a handshake that does not begin",
            "accept a TLS connection and say nothing",
            || Box::pin(no_handshake()),
        ),
        Attack::by_server("plain text for TLS", "answer a handshake with HTTP", || {
            Box::pin(no_tls())
        }),
    ],
};

/// Ask a server that is hostile; the run may take [`ALL`], and each silence
/// [`SILENCE`].
async fn ask(origin: &str) -> RunResult {
    Attacker::none(origin)
        .limits(|limits| {
            limits.wall = ALL;
            limits.connect = SILENCE;
            limits.read = SILENCE;
        })
        .run()
        .await
}

fn failed(result: &RunResult, kind: ErrorKind) {
    let error = result.error.as_ref();
    assert_eq!(error.map(|error| error.kind), Some(kind), "{result:#?}");
}

/// It sends these bytes and ends the connection.
async fn answers(bytes: &'static [u8]) -> String {
    let server = raw::serve(raw::closes_after(bytes)).await;
    told(&ask(&server.origin).await, &server.origin)
}

async fn slow_head() -> String {
    let pause = Duration::from_millis(10);
    let server = raw::serve(raw::repeats("HTTP/1.1 200 OK\r\nX-Slow: ", "x", pause)).await;
    let result = ask(&server.origin).await;
    failed(&result, ErrorKind::Timeout);
    told(&result, &server.origin)
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
    failed(&result, ErrorKind::Timeout);
    told(&result, &server.origin)
}

async fn silence() -> String {
    let server = raw::serve(raw::hangs_after("")).await;
    let result = ask(&server.origin).await;
    failed(&result, ErrorKind::Timeout);
    told(&result, &server.origin)
}

async fn reset_on_arrival() -> String {
    let server = raw::serve(|stream| {
        Box::pin(async move {
            raw::reset(&stream);
        })
    })
    .await;
    let result = ask(&server.origin).await;
    // Whether the client is still connecting then is chance.
    let error = result.error.unwrap();
    assert!(
        matches!(
            (error.kind, error.sent),
            (ErrorKind::Connect, Sent::No) | (ErrorKind::Protocol, Sent::Unknown)
        ),
        "{error:#?}"
    );
    "Exception, Connect or Protocol: the connection was reset".to_owned()
}

async fn reset_after(answer: &'static str) -> String {
    let server = raw::serve(raw::resets_after(answer)).await;
    told(&ask(&server.origin).await, &server.origin)
}

async fn reset_in_the_body() -> String {
    let server = raw::serve(raw::resets_after(format!(
        "{OK}Content-Length: 10\r\n\r\nhello"
    )))
    .await;
    let result = ask(&server.origin).await;
    failed(&result, ErrorKind::Protocol);
    told(&result, &server.origin)
}

async fn reset_in_the_upload() -> String {
    let server = raw::serve(|mut stream| {
        Box::pin(async move {
            raw::head(&mut stream).await;
            raw::reset(&stream);
        })
    })
    .await;
    let result = Attacker::of(Guest::SendsWithoutEnd, &server.origin)
        .run()
        .await;
    told(&result, &server.origin)
}

/// The second answer would be the next step's.
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
    "of 20 steps each gets its own answer, on a connection of its own".to_owned()
}

async fn two_lengths() -> String {
    let answer = format!(
        "{OK}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nchunks\r\n0\r\n\r\n"
    );
    let server = raw::serve(raw::closes_after(answer)).await;
    let result = ask(&server.origin).await;
    let size = result
        .exchanges
        .first()
        .and_then(|exchange| exchange.response.as_ref())
        .map(|response| response.body.size);
    format!(
        "{}; a body of {size:?} bytes",
        told(&result, &server.origin)
    )
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

async fn endless_chunk_extension() -> String {
    let result = endless(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
        "x",
    )
    .await;
    failed(&result, ErrorKind::Protocol);
    told(&result, "no origin")
}

async fn body_without_end() -> String {
    let result = endless("HTTP/1.1 200 OK\r\n\r\n", "x").await;
    assert_eq!(result.outcome, Outcome::Exception);
    told(&result, "no origin")
}

async fn headers_without_end() -> String {
    let result = endless(OK, "X-More: and more\r\n").await;
    failed(&result, ErrorKind::Protocol);
    told(&result, "no origin")
}

async fn one_endless_header() -> String {
    let result = endless("HTTP/1.1 200 OK\r\nX-Long: ", "x").await;
    failed(&result, ErrorKind::Protocol);
    told(&result, "no origin")
}

async fn interim_without_end() -> String {
    let result = endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await;
    assert_eq!(result.outcome, Outcome::Exception);
    told(&result, "no origin")
}

async fn trailers_without_end() -> String {
    let result = endless(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "X-More: and more\r\n",
    )
    .await;
    failed(&result, ErrorKind::Protocol);
    told(&result, "no origin")
}

async fn redirects() -> String {
    let server = raw::serve(raw::closes_after(
        "HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let result = Attacker::none(&server.origin).run().await;
    failed(&result, ErrorKind::Redirect);
    assert_eq!(server.connections(), 31);
    told(&result, &server.origin)
}

async fn certificate(identity: impl FnOnce() -> Identity) -> String {
    // As it should be, it is trusted.
    let good = Service::start_tls(AUTHORITY.sign(|_| ()).acceptor(), |_| Answer::default()).await;
    let result = Attacker::none(&good.origin).run().await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");

    let service = Service::start_tls(identity().acceptor(), |_| Answer::default()).await;
    let result = Attacker::none(&service.origin).run().await;
    failed(&result, ErrorKind::Tls);
    assert_eq!(service.requests(), []);
    told(&result, &service.origin)
}

async fn no_handshake() -> String {
    let server =
        raw::serve(|mut stream| Box::pin(async move { raw::hang(&mut stream).await })).await;
    let origin = server.origin.replace("http://", "https://");
    let result = ask(&origin).await;
    failed(&result, ErrorKind::Timeout);
    told(&result, &origin)
}

async fn no_tls() -> String {
    let server = raw::serve(|mut stream| {
        Box::pin(async move {
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            raw::hang(&mut stream).await;
        })
    })
    .await;
    let origin = server.origin.replace("http://", "https://");
    let result = ask(&origin).await;
    failed(&result, ErrorKind::Tls);
    told(&result, &origin)
}
