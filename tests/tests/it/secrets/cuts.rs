//! Echoes that arrive in pieces, encoded, in part, or incomplete.

use std::io::Write;

use expect_test::expect;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::secrets::thief::{PLAIN_VALUE, Thief, VALUE};
use crate::secrets::vault::secret;
use crate::secrets::wire::Wire;
use http_step_tests::forms;

/// A number in the path of a request, and its value.
fn number(head: &str) -> usize {
    let path = head.split(' ').nth(1).unwrap();
    path.rsplit('/').next().unwrap().parse().unwrap()
}

fn chunk(text: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", text.len()).into_bytes();
    chunk.extend_from_slice(text);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

fn coded_head(coding: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n")
        .into_bytes()
}

/// All forms of a value, a line each.
fn all_forms(value: &str) -> String {
    let forms = forms(value).into_iter();
    forms.map(|(_, form)| format!("<{form}>\n")).collect()
}

fn all_hidden() -> String {
    let hidden = forms(VALUE).into_iter().map(|_| "o|<<HIDDEN>>\n");
    hidden.collect()
}

#[tokio::test]
async fn cut_in_two_at_every_offset() {
    // The forms that differ in kind; the others behave as one of these.
    let text = forms(PLAIN_VALUE)
        .into_iter()
        .filter(|(name, _)| ["plain", "percent", "base64 at 1", "hex"].contains(&name.as_str()))
        .map(|(_, form)| form + "\n")
        .collect::<String>();
    let echoed = text.clone();
    let service = Wire::start(move |head| {
        let (first, last) = echoed.as_bytes().split_at(number(head));
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        vec![head, chunk(first), chunk(last), b"0\r\n\r\n".to_vec()]
    })
    .await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("PLAIN", origin)).reaches(origin);
    for offset in 1..text.len() {
        thief = thief.tries(format!("GET {origin}/{offset} | header api-key: {{PLAIN}}"));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[PLAIN_VALUE]);
    let once = "o|status 200\no|\no|<HIDDEN>\no|<HIDDEN>\no|<HIDDEN>\no|<HIDDEN>\no|\n";
    assert_eq!(loot.report(origin), once.repeat(text.len() - 1));
    let got = format!("\r\napi-key: {PLAIN_VALUE}\r\n");
    assert!(service.heads().iter().all(|head| head.contains(&got)));
}

#[tokio::test]
async fn one_byte_per_chunk() {
    let service = Wire::start(|_| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let text = all_forms(VALUE);
        let chunks = text.as_bytes().chunks(1).map(chunk);
        let end = b"0\r\n\r\n".to_vec();
        std::iter::once(head).chain(chunks).chain([end]).collect()
    })
    .await;
    let origin = &service.origin;
    let loot = Thief::granted(secret("TOKEN", origin))
        .reaches(origin)
        .tries(format!("GET {origin}/ | header api-key: {{TOKEN}}"))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    let report = format!("o|status 200\no|\n{}o|\n", all_hidden());
    assert_eq!(loot.report(origin), report);
}

fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A body that holds all forms of a value, by the number of a coding.
fn coded_body(number: usize) -> Vec<Vec<u8>> {
    let text = all_forms(VALUE).into_bytes();
    let (coding, coded) = match number {
        0 => ("gzip", gzipped(&text)),
        1 => ("zstd", zstd::encode_all(text.as_slice(), 3).unwrap()),
        2 => {
            let mut coded = Vec::new();
            brotli::BrotliCompress(&mut text.as_slice(), &mut coded, &<_>::default()).unwrap();
            ("br", coded)
        }
        3 => ("gzip, x-gzip", gzipped(&gzipped(&text))),
        // What the host can't decode, it can't search.
        4 => ("compress", text.iter().map(|byte| !byte).collect()),
        5 => ("gzip, rot13", gzipped(&text)),
        // Nor what a proxy would have to undo.
        _ => {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
            return vec![head.into(), chunk(&gzipped(&text)), b"0\r\n\r\n".to_vec()];
        }
    };
    // Also cut, so that the forms span two pieces that are decoded.
    let chunks = coded.chunks(7).map(chunk);
    let head = coded_head(coding);
    let end = b"0\r\n\r\n".to_vec();
    std::iter::once(head).chain(chunks).chain([end]).collect()
}

/// An origin that no secret is bound to may have learned one in another way.
#[tokio::test]
async fn coded() {
    let service = Wire::start(|head| coded_body(number(head))).await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("TOKEN", "http://elsewhere.test")).reaches(origin);
    for coding in 0..7 {
        thief = thief.tries(format!("GET {origin}/{coding} | header accept-encoding: *"));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    assert!(
        service
            .heads()
            .iter()
            .all(|head| head.contains("\r\naccept-encoding: identity\r\n"))
    );
    let read = format!("o|status 200\no|\n{}o|\n", all_hidden()).repeat(4);
    let report = loot.report(origin);
    let refused = report.strip_prefix(&read).unwrap();
    expect![[r#"
        o|ErrorCode::HttpResponseContentCoding(Some("it has a coding that is not known, in which no secret could be hidden"))
        o|ErrorCode::HttpResponseContentCoding(Some("it has a coding that is not known, in which no secret could be hidden"))
        o|ErrorCode::HttpResponseContentCoding(Some("it has a coding that is not known, in which no secret could be hidden"))
    "#]].assert_eq(refused);
    let why = &loot.result.ledger[5].error.as_ref().unwrap().message;
    expect!["the response of ORIGIN can't be decoded: it has a coding that is not known, in which no secret could be hidden"].assert_eq(&why.replace(origin, "ORIGIN"));
}

/// An unknown coding, and bytes after an encoded body: where no secret is granted, both are
/// ignored.
#[tokio::test]
async fn unknown_codings_and_trailing_bytes() {
    let answers: &[fn() -> Vec<u8>] = &[
        || [gzipped(b"hello\n"), b"\r\n".to_vec()].concat(),
        || [gzipped(b"hello\n"), vec![0; 512]].concat(),
        || b"hello\n".to_vec(),
    ];
    let codings: &[&str] = &["gzip", "gzip", "UTF-8"];
    let service = Wire::start(|head| {
        let number = number(head);
        let end = b"0\r\n\r\n".to_vec();
        vec![coded_head(codings[number]), chunk(&answers[number]()), end]
    })
    .await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("TOKEN", "http://elsewhere.test")).reaches(origin);
    for number in 0..answers.len() {
        thief = thief.tries(format!("GET {origin}/{number}"));
    }
    let loot = thief.run().await;
    expect![[r#"
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|ErrorCode::HttpResponseContentCoding(Some("it has a coding that is not known, in which no secret could be hidden"))
    "#]].assert_eq(&loot.report(origin));
    let mut errors = String::new();
    for row in loot.result.ledger.iter().take(answers.len()) {
        let message = &row.error.as_ref().unwrap().message;
        errors.push_str(&format!("{}\n", message.replace(origin, "ORIGIN")));
    }
    expect![[r#"
        the response of ORIGIN can't be decoded: the body continues after the end of its gzip coding
        the response of ORIGIN can't be decoded: the body continues after the end of its gzip coding
        the response of ORIGIN can't be decoded: it has a coding that is not known, in which no secret could be hidden
    "#]].assert_eq(&errors);
}

/// How well a guess compresses beside a value reveals whether it is right. So an origin that a
/// secret is bound to is asked for no coding, whatever the component writes, and a coded response
/// from it is rejected, even if the request has no secret in it: a server keeps what it got before.
#[tokio::test]
async fn compression_reveals_nothing() {
    let service = Wire::start(|head| coded_body(number(head))).await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("TOKEN", origin)).reaches(origin);
    for coding in 0..7 {
        let with = ["", " | header api-key: {TOKEN}"][coding % 2];
        thief = thief.tries(format!(
            "GET {origin}/{coding}{with} | header accept-encoding: gzip | header accept-encoding: *"
        ));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    for head in service.heads() {
        let requested = head
            .lines()
            .filter(|line| line.starts_with("accept-encoding"));
        assert_eq!(requested.collect::<Vec<_>>(), ["accept-encoding: identity"]);
    }
    let compressed = "o|ErrorCode::HttpResponseContentCoding(Some(\"it is compressed, though `Accept-Encoding: identity` asks for no compression, as a secret is bound to this origin; have the server, or the proxy before it, send it uncompressed\"))\n";
    let unknown = "o|ErrorCode::HttpResponseContentCoding(Some(\"it has a coding that is not known, in which no secret could be hidden\"))\n";
    assert_eq!(
        loot.report(origin),
        compressed.repeat(4) + &unknown.repeat(3)
    );
}

/// A value in a charset of the component's choice would not be recognized.
#[tokio::test]
async fn no_charset_is_asked_for() {
    let service = Wire::start(|head| {
        let charset = ["utf-8", "UTF-32BE"][number(head)];
        let head = format!("Content-Type: text/plain; charset={charset}\r\nContent-Length: 2");
        vec![format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nok").into_bytes()]
    })
    .await;
    let origin = &service.origin;
    let asks =
        "header accept: application/json;charset=UTF-32BE, */* | header accept-charset: utf-32";
    let loot = Thief::granted(secret("TOKEN", origin))
        .reaches(origin)
        .tries(format!("GET {origin}/0 | {asks}"))
        .tries(format!("GET {origin}/1"))
        .run()
        .await;
    let heads = service.heads();
    let requested = heads.iter().flat_map(|head| head.lines());
    let mut requested: Vec<&str> = requested
        .filter(|line| line.starts_with("accept"))
        .collect();
    requested.sort_unstable();
    assert_eq!(
        requested,
        [
            "accept-encoding: identity",
            "accept-encoding: identity",
            "accept: application/json, */*"
        ]
    );
    expect![[r#"
        o|status 200
        o|content-type: text/plain; charset=utf-8
        o|
        o|ok
        o|ErrorCode::HttpResponseContentCoding(Some("it is in a charset in which no secret could be recognized"))
    "#]].assert_eq(&loot.report(origin));
}

/// The length of a body that is not sent reveals nothing either.
#[tokio::test]
async fn the_length_of_a_compressed_body_that_is_not_sent() {
    let service = Wire::start(|head| {
        let coding = ["", "Content-Encoding: gzip\r\n"][number(head)];
        vec![format!("HTTP/1.1 200 OK\r\n{coding}Content-Length: 33\r\n\r\n").into_bytes()]
    })
    .await;
    let origin = &service.origin;
    let mut report = String::new();
    for bound in [origin.as_str(), "http://elsewhere.test"] {
        let loot = Thief::granted(secret("TOKEN", bound))
            .reaches(origin)
            .tries(format!("HEAD {origin}/0"))
            .tries(format!("HEAD {origin}/1"))
            .run()
            .await;
        report += &loot.report(origin);
    }
    expect![[r#"
        o|status 200
        o|content-length: 33
        o|
        o|
        o|status 200
        o|
        o|
        o|status 200
        o|content-length: 33
        o|
        o|
        o|status 200
        o|content-encoding: gzip
        o|content-length: 33
        o|
        o|
    "#]]
    .assert_eq(&report);
}

#[tokio::test]
async fn in_part() {
    let service = Wire::start(|head| {
        let from = number(head);
        let part = &VALUE.as_bytes()[from..from + 1];
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{from}/{}\r\nContent-Length: 1\r\n\r\n",
            VALUE.len()
        );
        vec![head.into_bytes(), part.to_vec()]
    })
    .await;
    let origin = &service.origin;
    let granted = secret("TOKEN", origin).header("Request-Range".parse().unwrap());
    let mut thief = Thief::granted(granted).reaches(origin);
    for at in 0..VALUE.len() {
        for order in [
            format!(
                "GET {origin}/{at} | header api-key: {{TOKEN}} | header range: bytes={at}-{at}"
            ),
            // Some servers know it by another name, and some send a part to every client.
            format!(
                "GET {origin}/{at} | header api-key: {{TOKEN}} | header request-range: bytes={at}-{at}"
            ),
        ] {
            thief = thief.tries(order);
        }
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    let report = "o|ErrorCode::HttpRequestUriInvalid\no|ErrorCode::HttpProtocolError\n";
    assert_eq!(loot.report(origin), report.repeat(VALUE.len()));
    assert_eq!(service.heads().len(), VALUE.len());
    let whys = loot.result.ledger[..2].iter().map(|row| {
        let why = &row.error.as_ref().unwrap().message;
        why.replace(origin, "ORIGIN") + "\n"
    });
    expect![[r#"
        a step with secrets can't request a part of a response; leave out the header `Range`
        ORIGIN answered with something that is not HTTP: it sends a part, which nobody asked for
    "#]]
    .assert_eq(&whys.collect::<String>());
}

#[tokio::test]
async fn incomplete_echoes() {
    let answers: &[fn() -> String] = &[
        || format!("{VALUE}\r\n\r\n"),
        || format!("HTTP/1.1 {VALUE} OK\r\n\r\n"),
        || format!("HTTP/1.1 200 {VALUE}\r\nContent-Length: 0\r\n\r\n"),
        || format!("HTTP/1.1 200 OK\r\n{VALUE}\r\n\r\n"),
        || format!("HTTP/1.1 200 OK\r\nContent-Length: {VALUE}\r\n\r\n"),
        || format!("HTTP/1.1 200 OK\r\nContent-Encoding: {VALUE}\r\nContent-Length: 2\r\n\r\nok"),
        || format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{VALUE}\r\n"),
        || format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{VALUE}"),
        || format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n({VALUE})"),
        || {
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n({}",
                &VALUE[..20]
            )
        },
        || format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{VALUE}"),
        || format!("HTTP/1.1 103 Early Hints\r\nLink: {VALUE}\r\n\r\n{VALUE}"),
        || {
            format!(
                "HTTP/1.1 101 {VALUE}\r\nUpgrade: {VALUE}\r\nConnection: upgrade\r\n\r\n{VALUE}"
            )
        },
        || "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_owned(),
    ];
    let service = Wire::start(|head| vec![answers[number(head)]().into_bytes()]).await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("TOKEN", origin)).reaches(origin);
    for number in 0..answers.len() {
        thief = thief.tries(format!(
            "POST {origin}/{number} | header api-key: {{TOKEN}}"
        ));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[VALUE]);
    let got = format!("\r\napi-key: {VALUE}\r\n");
    assert_eq!(service.heads().len(), answers.len());
    assert!(service.heads().iter().all(|head| head.contains(&got)));
    expect![[r#"
        o|ErrorCode::HttpProtocolError
        o|ErrorCode::HttpProtocolError
        o|status 200
        o|content-length: 0
        o|
        o|
        o|ErrorCode::HttpProtocolError
        o|ErrorCode::HttpProtocolError
        o|ErrorCode::HttpResponseContentCoding(Some("it has a coding that is not known, in which no secret could be hidden"))
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
        o|ErrorCode::HttpResponseContentCoding(Some("it is compressed, though `Accept-Encoding: identity` asks for no compression, as a secret is bound to this origin; have the server, or the proxy before it, send it uncompressed"))
        o|ErrorCode::HttpProtocolError
        o|ErrorCode::HttpProtocolError
        o|status 200
        o|
        o|
        o|StreamError::LastOperationFailed(Error { handle: Resource { handle: 4 } })
    "#]]
    .assert_eq(&loot.report(origin));
}
