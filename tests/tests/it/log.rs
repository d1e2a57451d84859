//! The log: Buildbot's layout, masks, text and binary bodies.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use expect_test::expect;
use http::{HeaderValue, Response};
use http_step_host::Stream;
use http_step_tests::{Answer, Service, run, run_with, transcript};
use sha2::{Digest, Sha256};

/// A response with a media type; `date` is the only header that changes.
fn answer(content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(body.into().into());
    let headers = answer.headers_mut();
    headers.insert("date", HeaderValue::from_static("DATE"));
    headers.insert("content-type", HeaderValue::from_static(content_type));
    answer
}

/// The transcript of a GET of a response.
async fn report(content_type: &'static str, body: &'static [u8]) -> String {
    let service = Service::start(move |_| answer(content_type, body)).await;
    let result = run(&service.origin, &format!("get: {}/", service.origin)).await;
    transcript(&result, &service.origin)
}

/// The host computes the digests of long bodies for the component.
#[tokio::test]
async fn digests_of_long_bodies() {
    let long: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let body = Bytes::from(long.clone());
    let service = Service::start(move |_| answer("image/png", body.clone())).await;
    let text = "build ".repeat(10_000);
    let step = format!("post: {}/\ndata: '{text}'", service.origin);
    let result = run(&service.origin, &step).await;
    let exchange = &result.exchanges[0];
    let sent = exchange.request.body.as_ref().unwrap();
    let received = &exchange.response.as_ref().unwrap().body;
    for (digest, body) in [(sent, text.as_bytes()), (received, &long)] {
        let sha256: String = Sha256::digest(body)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!((digest.size, &digest.sha256), (body.len() as u64, &sha256));
    }
}

#[tokio::test]
async fn the_whole_of_a_post() {
    let service = Service::start(|_| {
        let mut answer = answer("text/plain", "hello\nworld");
        answer
            .headers_mut()
            .insert("x-session", HeaderValue::from_static("s3cr3t"));
        answer
    })
    .await;
    let origin = &service.origin;
    let step = format!(
        "\
url: {origin}/path?q=0
params: {{b: 2, a: '${{{{ property.number }}}}'}}
data: {{name: '${{{{ property.name }}}}', x: y}}
headers: {{X-Token: t0k3n, X-Plain: seen}}
hide_request_headers: [x-token]
hide_response_headers: [X-SESSION]"
    );
    let result = run_with(origin, &step, |job| {
        let mut properties = http_step_host::Properties::from([("name", "linux")]);
        properties.set("number", 7);
        job.properties(properties)
    })
    .await;
    expect![[r#"
        h|Performing POST request to ORIGIN/path?q=0
        h|Parameters:
        h|	a: 7
        h|	b: 2
        h|Data:
        h|	name: linux
        h|	x: y
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	X-Token: <HIDDEN>
        h|	X-Plain: seen
        h|	Content-Length: 14
        h|	Content-Type: application/x-www-form-urlencoded
        o|URL: ORIGIN/path?q=0&a=7&b=2
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	x-session: <HIDDEN>
        h|	content-length: 11
        o| ------ Content ------
        o|hello
        o|world¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, origin));
    expect![[r#"
        [
          [
            {
              "request": {
                "method": "POST",
                "url": "ORIGIN/path?q=0&a=7&b=2",
                "headers": [
                  {
                    "name": "User-Agent",
                    "value": "http-step/0.1.0"
                  },
                  {
                    "name": "Accept-Encoding",
                    "value": "gzip, deflate, br, zstd"
                  },
                  {
                    "name": "Accept",
                    "value": "*/*"
                  },
                  {
                    "name": "X-Token",
                    "value": "<HIDDEN>"
                  },
                  {
                    "name": "X-Plain",
                    "value": "seen"
                  },
                  {
                    "name": "Content-Length",
                    "value": "14"
                  },
                  {
                    "name": "Content-Type",
                    "value": "application/x-www-form-urlencoded"
                  }
                ],
                "body": {
                  "size": 14,
                  "sha256": "0bc438635cca62156c1f55a5b28acca3a1ec947ad0d2680223faf7e81c522d0a"
                }
              },
              "response": {
                "status": 200,
                "headers": [
                  {
                    "name": "date",
                    "value": "DATE"
                  },
                  {
                    "name": "content-type",
                    "value": "text/plain"
                  },
                  {
                    "name": "x-session",
                    "value": "<HIDDEN>"
                  },
                  {
                    "name": "content-length",
                    "value": "11"
                  }
                ],
                "body": {
                  "size": 11,
                  "sha256": "26c60a61d01db5836ca70fefd44a6a016620413c8ef5f259a6c5612d4f79d3b8"
                }
              }
            }
          ],
          {}
        ]"#]]
    .assert_eq(
        &serde_json::to_string_pretty(&(&result.exchanges, &result.outputs))
            .unwrap()
            .replace(origin, "ORIGIN"),
    );
}

#[tokio::test]
async fn data_as_text_is_one_line_and_json_has_no_section() {
    let service = Service::start(|_| answer("text/plain", "")).await;
    let origin = &service.origin;
    let data = run(origin, &format!("post: {origin}/\ndata: raw text")).await;
    expect![[r#"
        h|Performing POST request to ORIGIN/
        h|Data:
        h|	raw text
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Content-Length: 8
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-length: 0
        o| ------ Content ------
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&data, origin));
    let json = run(origin, &format!("post: {origin}/\njson: [1]")).await;
    expect![[r#"
        h|Performing POST request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Content-Length: 3
        h|	Content-Type: application/json
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	content-length: 0
        o| ------ Content ------
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&json, origin));
}

#[tokio::test]
async fn a_status_other_than_200_goes_to_stderr_and_400_is_a_failure() {
    let service = Service::start(|request| {
        let status = request
            .line
            .rsplit('/')
            .next()
            .unwrap()
            .parse::<u16>()
            .unwrap();
        let mut answer = answer("text/plain", "body");
        *answer.status_mut() = status.try_into().unwrap();
        answer
    })
    .await;
    let origin = &service.origin;
    let mut text = String::new();
    for status in [201, 399, 400, 503] {
        let result = run(origin, &format!("get: {origin}/{status}")).await;
        for line in transcript(&result, origin).lines() {
            if line.contains("tatus") {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    expect![[r#"
        e|Status: 201
        Success: Status code: 201
        e|Status: 399
        Success: Status code: 399
        e|Status: 400
        Failure: Status code: 400 (failure)
        e|Status: 503
        Failure: Status code: 503 (failure)
    "#]]
    .assert_eq(&text);
}

#[tokio::test]
async fn credentials_are_hidden_by_default() {
    let service = Service::start(|_| {
        let mut answer = answer("text/plain", "");
        answer
            .headers_mut()
            .insert("set-cookie", HeaderValue::from_static("sid=1234"));
        answer
    })
    .await;
    let origin = &service.origin;
    let step = format!("get: {origin}/\nauth: [user, password]\ncookies: {{sid: abcd}}");
    let result = run(origin, &step).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Cookie: <HIDDEN>
        h|	Authorization: <HIDDEN>
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-type: text/plain
        h|	set-cookie: <HIDDEN>
        h|	content-length: 0
        o| ------ Content ------
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, origin));
}

#[tokio::test]
async fn text_is_read_in_the_charset_it_names() {
    for (content_type, body) in [
        ("text/plain; charset=ISO-8859-1", &b"caf\xe9"[..]),
        ("text/plain; charset=utf-8", "café".as_bytes()),
        ("text/plain; charset=\"Shift_JIS\"", b"caf\x82\xa0"),
        ("text/plain; charset=utf-16le", b"c\0a\0f\0\xe9\0"),
        ("text/plain", "café".as_bytes()),
        ("text/plain", b"caf\xe9"),
        ("text/plain", b"\xff\xfec\0a\0f\0\xe9\0"),
        ("text/plain; charset=no-such", "café".as_bytes()),
    ] {
        let text = report(content_type, body).await;
        let last = text.lines().rev().nth(1).unwrap();
        let expected = if content_type.contains("Shift_JIS") {
            "o|cafあ¶"
        } else {
            "o|café¶"
        };
        assert_eq!(last, expected, "{content_type} {body:?}");
    }
}

#[tokio::test]
async fn a_binary_body_is_one_line() {
    let text = report("image/png", b"\x89PNG\r\n\x1a\n\0\0").await;
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
        h|	content-type: image/png
        h|	content-length: 10
        o| ------ Content ------
        o|<binary body: image/png, 10 bytes, SHA-256 3d5ccb0cef4d3fd8b2474faf2038fbbb654c5c4e992aef8df4a48e8a3372d362>
        Success: Status code: 200
    "#]].assert_eq(&text);
    let text = report("text/plain", b"text, it says\0\x01\x02").await;
    expect!["o|<binary body: text/plain, 16 bytes, SHA-256 ee5b2eeb77252d9b6d9ce5fab584a302c068939c30f370bd3ff164bdc993a723>"].assert_eq(text.lines().rev().nth(1).unwrap());
}

#[tokio::test]
async fn the_log_is_live() {
    // The service responds only after the log has shown the request.
    let shown = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&shown);
    let before = Arc::new(Mutex::new(None));
    let at_request = Arc::clone(&before);
    let service = Service::start(move |_| {
        *at_request.lock().unwrap() = Some(seen.lock().unwrap().clone());
        Response::default()
    })
    .await;
    let origin = &service.origin;
    let sink = Arc::clone(&shown);
    run_with(origin, &format!("post: {origin}/\ndata: {{a: b}}"), |job| {
        job.sink(move |_: Stream, text: &str| sink.lock().unwrap().push_str(text))
    })
    .await;
    let before = before.lock().unwrap().clone().unwrap();
    assert_eq!(
        before.replace(origin, "ORIGIN"),
        "Performing POST request to ORIGIN/\nData:\n\ta: b\n"
    );
}
