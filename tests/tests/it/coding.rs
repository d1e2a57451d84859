//! Content codings, decoded by the host: what the step reads, what the log and the audit log show,
//! and what can't be decoded.

use std::io::Write as _;

use bytes::Bytes;
use expect_test::expect;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{HeaderName, HeaderValue, StatusCode};
use http_step_host::{Outcome, RunResult, Stage};
use http_step_tests::{Answer, Service, bench, error, transcript};

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn br(plain: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut encoded, 4096, 5, 22);
    encoder.write_all(plain).unwrap();
    drop(encoder);
    encoded
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 0).unwrap()
}

/// A text response with a content coding.
fn coded(coding: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(body.into().into());
    for (name, value) in [
        ("date", "DATE"),
        ("content-type", "text/plain"),
        ("content-encoding", coding),
    ] {
        let name = HeaderName::from_static(name);
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Run a step that gets a response. Also returns the origin.
async fn run(
    step: &str,
    limits: &str,
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> (RunResult, String) {
    let service = Service::start(move |_| answer()).await;
    let origin = service.origin;
    let policy = format!("allow: ['{origin}']\n{limits}");
    let result = bench().run(&policy, &format!("{step}: {origin}/")).await;
    (result, origin)
}

#[tokio::test]
async fn a_step_gets_the_decoded_body() {
    let plain = "a line\n".repeat(100);
    let mut all = None;
    for (coding, encode) in [
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
        ("x-gzip", gzip),
        ("deflate", deflate),
        ("br", br),
        ("zstd", zstd),
        ("gzip, br", |plain| br(&gzip(plain))),
    ] {
        let body = encode(plain.as_bytes());
        let size = body.len() as u64;
        let (result, origin) = run("get", "", move || coded(coding, body.clone())).await;
        let report = transcript(&result, &origin).replace(&"o|a line\n".repeat(100), "o|…\n");
        assert_eq!(*all.get_or_insert(report.clone()), report, "{coding}");
        // The body between two codings has to be decoded, too, and counts.
        let decoded = if coding.contains(',') { 736 } else { 700 };
        let row = &result.ledger[0];
        let usage = &result.usage;
        for (received, made) in [
            (row.bytes_received, row.bytes_decoded),
            (usage.bytes_received, usage.bytes_decoded),
        ] {
            assert_eq!((received, made), (size, decoded), "{coding}");
        }
        let response = result.exchanges[0].response.as_ref().unwrap();
        assert_eq!(response.body.size, 700);
    }
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        o| ------ Content ------
        o|…
        Success: Status code: 200
    "#]]
    .assert_eq(&all.unwrap());
}

#[tokio::test]
async fn an_unsupported_coding_is_left_to_the_step() {
    for coding in ["exi", "gzip, exi", "identity, exi"] {
        let (result, _) = run("get", "", move || coded(coding, "12345")).await;
        assert_eq!(result.outcome, Outcome::Success);
        let response = result.exchanges[0].response.as_ref().unwrap();
        let report: Vec<_> = response
            .headers
            .iter()
            .map(|header| format!("{}: {}", header.name, header.value))
            .collect();
        let coding = format!("content-encoding: {coding}");
        let whole = [
            "date: DATE",
            "content-type: text/plain",
            &coding,
            "content-length: 5",
        ];
        assert_eq!(report, whole);
        assert_eq!(response.body.size, 5);
    }
}

#[tokio::test]
async fn empty_and_partial_responses_keep_their_header() {
    let mut report = String::new();
    for (method, status) in [
        ("head", StatusCode::OK),
        ("get", StatusCode::NO_CONTENT),
        ("get", StatusCode::NOT_MODIFIED),
        ("get", StatusCode::PARTIAL_CONTENT),
    ] {
        let body = if status == StatusCode::NO_CONTENT {
            Vec::new()
        } else {
            gzip(b"whole")
        };
        let (result, _) = run(method, "", move || {
            let mut answer = coded("gzip", body.clone());
            *answer.status_mut() = status;
            answer
        })
        .await;
        let response = result.exchanges[0].response.as_ref().unwrap();
        let headers = response.headers.iter();
        let headers: Vec<_> = headers
            .map(|header| format!("{}: {}", header.name, header.value))
            .collect();
        report.push_str(&format!(
            "{method} {}: {}; {} bytes\n",
            status.as_u16(),
            headers.join(", "),
            response.body.size
        ));
    }
    expect![[r#"
        head 200: date: DATE, content-type: text/plain, content-encoding: gzip, content-length: 25; 0 bytes
        get 204: date: DATE, content-type: text/plain, content-encoding: gzip; 0 bytes
        get 304: date: DATE, content-type: text/plain, content-encoding: gzip; 0 bytes
        get 206: date: DATE, content-type: text/plain, content-encoding: gzip, content-length: 25; 25 bytes
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn bodies_that_can_not_be_decoded() {
    let whole = gzip(b"hello, hello, hello");
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 9);
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let mut report = String::new();
    for (what, coding, body) in [
        ("not gzip", "gzip", b"hello".to_vec()),
        ("not deflate", "deflate", b"hello".to_vec()),
        ("not br", "br", b"hello".to_vec()),
        ("not zstd", "zstd", b"hello".to_vec()),
        ("cut off", "gzip", cut),
        ("a wrong checksum", "gzip", wrong_sum),
    ] {
        let (result, origin) = run("get", "", move || coded(coding, body.clone())).await;
        let row = result.ledger[0].error.as_ref().unwrap();
        assert_eq!(
            Some(&row.message),
            result.error.as_ref().map(|error| &error.message)
        );
        report.push_str(&format!("{what}: {}\n", error(&result, &origin)));
    }
    expect![[r#"
        not gzip: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body is not valid gzip: incorrect header check
        not deflate: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body is not valid deflate: invalid stored block lengths
        not br: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body ends in the middle of its br coding
        not zstd: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body is not valid zstd: unknown frame descriptor
        cut off: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body ends in the middle of its gzip coding
        a wrong checksum: Exception, Protocol, sent Yes: the response of ORIGIN can't be decoded: the body is not valid gzip: incorrect data check
    "#]].assert_eq(&report);
}

/// The requests library, httpx and browsers ignore it, too.
#[tokio::test]
async fn trailing_bytes_are_ignored_and_reported() {
    let plain = b"hello, hello, hello\n";
    let mut all = None;
    for (coding, body) in [
        ("gzip", gzip(plain)),
        ("deflate", deflate(plain)),
        ("br", br(plain)),
        ("zstd", zstd(plain)),
        ("gzip, br", br(&gzip(plain))),
    ] {
        for more in [
            &b"\0"[..],
            &[0; 512],
            b"\n",
            b"\r\n\r\n",
            b"and more",
            b"\x1f\x8b",
        ] {
            let body = [&body[..], more].concat();
            let size = body.len() as u64;
            let (result, origin) = run("get", "", move || coded(coding, body.clone())).await;
            let outer = coding.rsplit(", ").next().unwrap();
            let report =
                transcript(&result, &origin).replace(&format!("its {outer} "), "its CODING ");
            assert_eq!(
                *all.get_or_insert(report.clone()),
                report,
                "{coding}, {more:?}"
            );
            assert_eq!(result.ledger[0].bytes_received, size);
            assert_eq!(result.ledger[0].error, None);
        }
    }
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        o| ------ Content ------
        o|hello, hello, hello
        e|The response of ORIGIN goes on after the end of its CODING coding; what follows is ignored.
        Success: Status code: 200
    "#]].assert_eq(&all.unwrap());
}

/// Servers that put a charset into the header, or say that there is no coding.
#[tokio::test]
async fn an_unknown_coding_is_ignored_and_reported() {
    let mut all = String::new();
    for (coding, body) in [
        ("UTF-8", b"hello\n".to_vec()),
        ("utf-8, gzip", gzip(b"hello\n")),
        ("gzip, none", gzip(b"hello\n")),
        ("<script>\"", b"hello\n".to_vec()),
        ("a, b, c, d", b"hello\n".to_vec()),
        // These are codings, but none that the host supports.
        ("compress", b"hello\n".to_vec()),
        ("gzip, exi", b"hello\n".to_vec()),
    ] {
        let (result, origin) = run("get", "", move || coded(coding, body.clone())).await;
        all.push_str(&format!("{coding}\n"));
        // Another test covers the request.
        let is_asked = |line: &&str| line.contains("\tAccept") || line.contains("User-Agent");
        let report = transcript(&result, &origin);
        for line in report.lines().filter(|line| !is_asked(line)) {
            all.push_str(&format!("{line}\n"));
        }
    }
    expect![[r#"
        UTF-8
        h|Performing GET request to ORIGIN/
        e|The response of ORIGIN has the Content-Encoding "UTF-8", which is no content coding; it is ignored.
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-length: 6
        o| ------ Content ------
        o|hello
        Success: Status code: 200
        utf-8, gzip
        h|Performing GET request to ORIGIN/
        e|The response of ORIGIN has the Content-Encoding "utf-8", which is no content coding; it is ignored.
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        o| ------ Content ------
        o|hello
        Success: Status code: 200
        gzip, none
        h|Performing GET request to ORIGIN/
        e|The response of ORIGIN has the Content-Encoding "none", which is no content coding; it is ignored.
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        o| ------ Content ------
        o|hello
        Success: Status code: 200
        <script>"
        h|Performing GET request to ORIGIN/
        e|The response of ORIGIN has the Content-Encoding "<script>\"", which is no content coding; it is ignored.
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-length: 6
        o| ------ Content ------
        o|hello
        Success: Status code: 200
        a, b, c, d
        h|Performing GET request to ORIGIN/
        e|The response of ORIGIN has the Content-Encoding "a", which is no content coding; it is ignored.
        e|The response of ORIGIN has the Content-Encoding "b", which is no content coding; it is ignored.
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-length: 6
        o| ------ Content ------
        o|hello
        Success: Status code: 200
        compress
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-encoding: compress
        h|	content-length: 6
        o| ------ Content ------
        o|<binary body: text/plain in compress, 6 bytes, SHA-256 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03>
        Success: Status code: 200
        gzip, exi
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-encoding: gzip, exi
        h|	content-length: 6
        o| ------ Content ------
        o|<binary body: text/plain in gzip, exi, 6 bytes, SHA-256 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03>
        Success: Status code: 200
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn a_window_counts_as_memory() {
    // The window is 4 MiB, and the component is smaller.
    let body = br(&vec![b'a'; 16 << 20]);
    let answer = move || coded("br", body.clone());
    let (result, _) = run("get", "", answer.clone()).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    let peak = result.usage.peak_memory_bytes;
    assert!(peak > 4 << 20, "{peak}");

    let (result, origin) = run("get", "limits: {memory: 4MiB}", answer).await;
    let report = error(&result, &origin);
    let report = report.rsplit_once(": ").unwrap().0;
    expect!["Exception, Limit, sent Yes: the limit `memory` is exceeded"].assert_eq(report);
    assert_eq!(result.ledger[0].error.as_ref().unwrap().stage, Stage::Body);
}

#[tokio::test]
async fn a_bomb_ends_the_step() {
    let bomb = gzip(&vec![b'a'; 64 << 20]);
    let limits = "limits: {bytes_decoded: 1MiB}";
    let (result, origin) = run("get", limits, move || coded("gzip", bomb.clone())).await;
    expect!["Exception, Limit, sent Yes: the limit `bytes_decoded` is exceeded: 1114112 of 1048576 bytes; set `bytes_decoded` under `limits:` in the policy"].assert_eq(&error(&result, &origin));
    expect![[r#"{"budget":"bytes_decoded","limit":1048576,"used":1114112}"#]]
        .assert_eq(&serde_json::to_string(&result.error.unwrap().exceeded).unwrap());
    // No more was let through or decoded than was allowed.
    assert!(result.ledger[0].bytes_decoded <= (1 << 20) + (64 << 10));
}
