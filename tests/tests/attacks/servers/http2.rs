//! Servers of HTTP/2 that reset, flood and break its rules.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_step_host::{ErrorKind, Outcome, RunResult, Sent};
use http_step_tests::Guest;

use super::frames::{
    self, CONTINUATION, DATA, END_HEADERS, END_STREAM, FIRST, GOAWAY, HEADERS, OK, PING, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, Script, UNKNOWN, WINDOW_UPDATE, field, frame, setting,
};
use tokio::time::{Instant, sleep};

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, report};

pub const THEME: Theme = Theme {
    name: "HTTP/2",
    about: "Resets, floods and invalid frames.",
    attacks: &[
        Attack::by_server(
            "refused streams",
            "reset every request as not processed, so that the host retries without end",
            || Box::pin(resets(7)),
        ),
        Attack::by_server(
            "cancelled streams",
            "reset every request, and don't say whether it was processed",
            || Box::pin(resets(8)),
        ),
        Attack::by_server(
            "going away",
            "close the connection after the request has arrived, and report it as not processed",
            || Box::pin(goes_away()),
        ),
        Attack::by_server(
            "a reset within the body",
            "reset the stream after half of the body",
            || Box::pin(reset_in_the_body()),
        ),
        Attack::by_server(
            "ping flood",
            "send endless pings, each of which needs an answer, while the request waits",
            || Box::pin(flood_with(Vec::new(), frame(PING, 0, 0, &[0; 8]))),
        ),
        Attack::by_server(
            "settings flood",
            "send endless settings, each of which needs an acknowledgement",
            || Box::pin(flood_with(Vec::new(), frame(SETTINGS, 0, 0, &[]))),
        ),
        Attack::by_server(
            "1xx without end over HTTP/2",
            "send interim responses forever, and never the final one",
            || Box::pin(flood_with(Vec::new(), interim())),
        ),
        Attack::by_server(
            "priority flood",
            "change the request's priority without end (CVE-2019-9513)",
            || Box::pin(flood_with(Vec::new(), frame(PRIORITY, 0, FIRST, &[0; 5]))),
        ),
        Attack::by_server(
            "unknown frames",
            "send endless frames of an unknown type, which have to be ignored",
            || Box::pin(flood_with(Vec::new(), frame(UNKNOWN, 0, 0, &[0; 64]))),
        ),
        Attack::by_server(
            "pings within a body",
            "start a body, then send only pings",
            || Box::pin(pings_in_a_body()),
        ),
        Attack::by_server(
            "reset flood",
            "reset streams that were never opened, without end",
            || Box::pin(flood(frame(RST_STREAM, 0, FIRST, &[0, 0, 0, 8]))),
        ),
        Attack::by_server(
            "window flood",
            "increase the connection's window beyond 31 bits",
            || Box::pin(flood(frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]))),
        ),
        Attack::by_server(
            "pings after the end",
            "respond correctly, then keep the host busy on the idle connection",
            || Box::pin(talks_on()),
        ),
        Attack::by_server(
            "continuation flood",
            "send a header in endless pieces (CVE-2024-27316)",
            || Box::pin(continuation_flood()),
        ),
        Attack::by_server(
            "empty data flood",
            "send a body of endless empty frames (CVE-2019-9518)",
            || Box::pin(empty_data_flood()),
        ),
        Attack::by_server(
            "header bomb",
            "add a large field to HPACK's table and reference it many times",
            || Box::pin(header_bomb()),
        ),
        Attack::by_server(
            "more than the window",
            "send more of a body than the window allows",
            || Box::pin(more_than_the_window()),
        ),
        Attack::by_server("an enormous frame", "announce a frame of 16 MiB", || {
            Box::pin(answers(vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]))
        }),
        Attack::by_server(
            "no streams allowed",
            "never let the step open a stream",
            || Box::pin(no_streams()),
        ),
        Attack::by_server("no window", "never let the step send its body", || {
            Box::pin(no_window())
        }),
        Attack::by_server(
            "a push promise",
            "push a response that was not requested",
            || Box::pin(push_promise()),
        ),
        Attack::by_server(
            "a body longer than announced",
            "announce five bytes and send ten",
            || Box::pin(longer()),
        ),
        Attack::by_server(
            "headers of HTTP/1.1",
            "send `Connection`, upper case and line breaks in header fields",
            || Box::pin(bad_headers()),
        ),
        Attack::by_server(
            "HTTP/1.1 in HTTP/2",
            "negotiate HTTP/2 and then speak HTTP/1.1",
            || Box::pin(http1()),
        ),
    ],
};

const SILENCE: Duration = Duration::from_millis(500);
const ALL: Duration = Duration::from_secs(2);

/// The server's settings: all as they are by default.
fn greeting() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

/// Run against a server that plays this script. Its answer precedes what it repeats.
async fn ask(script: Script) -> (RunResult, String) {
    let server = frames::serve(script).await;
    let result = Attacker::none(&server.origin)
        .limits(|limits| {
            limits.wall = ALL;
            limits.read = SILENCE;
        })
        .run()
        .await;
    let report = report(&result, &server.origin);
    (result, report)
}

async fn answers(answer: Vec<u8>) -> String {
    let script = Script {
        greeting: greeting(),
        answer,
        ..Script::default()
    };
    let (result, report) = ask(script).await;
    assert_eq!(result.outcome, Outcome::Exception, "{result:#?}");
    report
}

async fn resets(code: u8) -> String {
    let script = Script {
        greeting: greeting(),
        resets: Some(code),
        ..Script::default()
    };
    let requests = Arc::clone(&script.requests);
    let (result, report) = ask(script).await;
    ended_by(&result, ErrorKind::Protocol);
    let requests = requests.load(Ordering::Relaxed);
    assert!(requests <= 8, "{requests} requests");
    format!("{report}; the server gets {requests}")
}

async fn goes_away() -> String {
    let script = Script {
        greeting: greeting(),
        answer: frame(GOAWAY, 0, 0, &[0; 8]),
        ..Script::default()
    };
    let (result, _) = ask(script).await;
    ended_by(&result, ErrorKind::Protocol);
    // Whether the last attempt still finds the connection open varies.
    let error = result.error.unwrap();
    assert_eq!(error.sent, Sent::No, "{error:#?}");
    "Exception, Protocol, sent No: the connection is closed".to_owned()
}

fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, FIRST, &[OK])
}

async fn reset_in_the_body() -> String {
    let mut answer = head();
    answer.extend(frame(DATA, 0, FIRST, b"hello"));
    answer.extend(frame(RST_STREAM, 0, FIRST, &[0, 0, 0, 2]));
    answers(answer).await
}

/// In pieces of a few kibibytes, since the number of frames is the load.
async fn flood(piece: Vec<u8>) -> String {
    flood_after(Vec::new(), piece).await
}

async fn flood_after(answer: Vec<u8>, piece: Vec<u8>) -> String {
    let script = Script {
        greeting: greeting(),
        answer,
        forever: piece.repeat(1 + 8192 / piece.len()),
        ..Script::default()
    };
    let (result, report) = ask(script).await;
    assert_eq!(result.outcome, Outcome::Exception, "{result:#?}");
    assert!(result.usage.wall_seconds < 2.0, "{result:#?}");
    report
}

/// Long enough that no timeout ends these.
const LONG: Duration = Duration::from_secs(15);

/// Endless frames that break no rule, to a host that answers a server which reads.
async fn flood_with(answer: Vec<u8>, piece: Vec<u8>) -> String {
    let script = Script {
        greeting: greeting(),
        answer,
        forever: piece.repeat(1 + 8192 / piece.len()),
        listens: true,
        ..Script::default()
    };
    let sent = Arc::clone(&script.sent);
    let server = frames::serve(script).await;
    let result = Attacker::none(&server.origin)
        .limits(|limits| {
            limits.wall = LONG;
            limits.read = LONG;
        })
        .run()
        .await;
    ended_by(&result, ErrorKind::Protocol);
    // A good part of it is in the buffers of both sockets.
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 16 << 20, "{sent} bytes");
    report(&result, &server.origin)
}

/// `:status: 103`, which HPACK's static table does not have.
fn interim() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, FIRST, &field(":status", "103"))
}

async fn pings_in_a_body() -> String {
    let mut answer = head();
    answer.extend(frame(DATA, 0, FIRST, b"hello"));
    flood_with(answer, frame(PING, 0, 0, &[0; 8])).await
}

async fn continuation_flood() -> String {
    let piece = frame(CONTINUATION, 0, FIRST, &field("x-more", "and more"));
    flood_after(frame(HEADERS, 0, FIRST, &[OK]), piece).await
}

async fn empty_data_flood() -> String {
    let report = flood_after(head(), frame(DATA, 0, FIRST, &[])).await;
    // Whether the step has the head of the response by then varies.
    let (_, reason) = report.split_once(": connection error").unwrap();
    format!("Exception, Protocol: connection error{reason}")
}

async fn header_bomb() -> String {
    // With an entry in the table (RFC 7541, section 6.2.1), which then is number
    // 62, the first after the static ones.
    let mut block = vec![OK];
    let mut entry = field("x-bomb", &"x".repeat(120));
    entry[0] = 0x40;
    block.extend(entry);
    block.extend(vec![0x80 | 62; 16_000]);
    answers(frame(HEADERS, END_HEADERS | END_STREAM, FIRST, &block)).await
}

async fn more_than_the_window() -> String {
    let report = flood_after(head(), frame(DATA, 0, FIRST, &[b'x'; 16 << 10])).await;
    // How much of it was read before varies.
    let (before, rest) = report.split_once(" after ").unwrap();
    let (_, after) = rest.split_once(" bytes").unwrap();
    format!("{before} after some bytes{after}")
}

async fn no_streams() -> String {
    let script = Script {
        greeting: setting(3, 0),
        ..Script::default()
    };
    let (result, report) = ask(script).await;
    ended_by(&result, ErrorKind::Timeout);
    report
}

async fn no_window() -> String {
    let server = frames::serve(Script {
        greeting: setting(4, 0),
        ..Script::default()
    })
    .await;
    let result = Attacker::new(Guest::SendsWithoutEnd, &server.origin)
        .limits(|limits| {
            limits.wall = ALL;
            limits.read = SILENCE;
        })
        .run()
        .await;
    assert!(result.usage.bytes_sent < 1 << 20, "{result:#?}");
    report(&result, &server.origin)
}

async fn push_promise() -> String {
    // Stream 2 is the server's first.
    let mut payload = 2_u32.to_be_bytes().to_vec();
    payload.push(OK);
    answers(frame(PUSH_PROMISE, END_HEADERS, FIRST, &payload)).await
}

async fn longer() -> String {
    let mut block = vec![OK];
    block.extend(field("content-length", "5"));
    let mut answer = frame(HEADERS, END_HEADERS, FIRST, &block);
    answer.extend(frame(DATA, END_STREAM, FIRST, b"hello, you"));
    answers(answer).await
}

async fn bad_headers() -> String {
    let mut all = Vec::new();
    for (name, value) in [
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("X-Upper", "case"),
        ("x-lines", "a\r\nX-Smuggled: 1"),
        ("x-nul", "a\0b"),
        (":status", "500"),
    ] {
        let mut block = vec![OK];
        block.extend(field(name, value));
        let script = Script {
            greeting: greeting(),
            answer: frame(HEADERS, END_HEADERS | END_STREAM, FIRST, &block),
            ..Script::default()
        };
        let (_, report) = ask(script).await;
        all.push(format!("{name}: {report}"));
    }
    all.join("\n")
}

async fn http1() -> String {
    let script = Script {
        greeting: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
        ..Script::default()
    };
    let (result, _) = ask(script).await;
    // Whether the request is sent before that is read varies.
    ended_by(&result, ErrorKind::Protocol);
    "Exception, Protocol: the connection is closed".to_owned()
}

/// The host stops reading from a server when no step uses its connection: reading has to stop for
/// this long, within this time. What the kernel has buffered by then, some MiB, is not up to the
/// host.
const QUIET: Duration = Duration::from_millis(300);
const SOON: Duration = Duration::from_secs(5);

/// The step is over, so no step accounts for what its connection costs.
async fn talks_on() -> String {
    let mut answer = head();
    answer.extend(frame(DATA, END_STREAM, FIRST, b"hello"));
    let script = Script {
        greeting: greeting(),
        answer,
        forever: frame(PING, 0, 0, &[0; 8]).repeat(512),
        listens: true,
        ..Script::default()
    };
    let sent = Arc::clone(&script.sent);
    let server = frames::serve(script).await;
    let result = Attacker::none(&server.origin).run().await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let until = Instant::now() + SOON;
    loop {
        let before = sent.load(Ordering::Relaxed);
        sleep(QUIET).await;
        let read = sent.load(Ordering::Relaxed) - before;
        if read == 0 {
            break;
        }
        assert!(
            Instant::now() < until,
            "the host goes on to read: {read} bytes"
        );
    }
    format!(
        "{}; the host soon stops reading",
        report(&result, &server.origin)
    )
}
