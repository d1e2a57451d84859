//! `--format`, and colours.

use expect_test::expect;
use http_step_tests::Guest;
use serde_json::Value;

use crate::http_step::http_step;
use crate::server::{CLOSED_PORT, NOT_FOUND, OK, Server};

/// Numbers that differ from run to run, as `"N"`: fractions, which are seconds, and amounts of
/// memory.
fn without_measurements(output: &str) -> String {
    let mut shown = String::new();
    let mut rest = output;
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon + 1);
        let number = after.trim_start_matches(' ');
        let end = number
            .find(|c: char| !c.is_ascii_digit() && !".e-".contains(c))
            .unwrap_or(number.len());
        let field = before.trim_end_matches("\":").rsplit('"').next();
        let is_memory = matches!(field, Some("peak_memory_bytes" | "component_bytes"));
        shown.push_str(before);
        if number[end..].starts_with([',', '}', '\n']) && (number[..end].contains('.') || is_memory)
        {
            shown.push_str(&after[..after.len() - number.len()]);
            shown.push_str("\"N\"");
            rest = &number[end..];
        } else {
            rest = after;
        }
    }
    shown + rest
}

#[test]
fn json_is_one_object() {
    let server = Server::answering(OK);
    let output =
        http_step("run --format json -d number=7 -H X-Token:abc --hide-request-header x-token")
            .arg(&server.origin)
            .word(&server.origin, "ORIGIN")
            .word(server.address(), "ADDRESS")
            .run();
    expect![[r#"
        exit code 0
        --- stdout
        {
          "outcome": "success",
          "summary": "Status code: 200",
          "exchanges": [
            {
              "request": {
                "method": "POST",
                "url": "ORIGIN/",
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
                    "name": "Content-Length",
                    "value": "8"
                  },
                  {
                    "name": "Content-Type",
                    "value": "application/x-www-form-urlencoded"
                  }
                ],
                "body": {
                  "size": 8,
                  "sha256": "cc03d0b0a28a4576aba26c9d62a917939e1e33ad0adc8f0c28fd774fac2d2063"
                }
              },
              "response": {
                "status": 200,
                "headers": [
                  {
                    "name": "content-type",
                    "value": "text/plain"
                  },
                  {
                    "name": "content-length",
                    "value": "6"
                  }
                ],
                "body": {
                  "size": 6,
                  "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
                }
              }
            }
          ],
          "checks": [],
          "outputs": {},
          "ledger": [
            {
              "method": "POST",
              "origin": "ORIGIN",
              "rule": "--allow ORIGIN",
              "addresses": [
                "127.0.0.1"
              ],
              "peer": "ADDRESS",
              "proxy": null,
              "secrets": [],
              "partial_echoes": [],
              "idempotency_key": null,
              "attempts": 1,
              "connection": "new",
              "protocol": "HTTP/1.1",
              "tls": null,
              "status": 200,
              "bytes_sent": 8,
              "bytes_received": 6,
              "bytes_decoded": 6,
              "seconds": {
                "wait": "N",
                "resolve": "N",
                "connect": "N",
                "tls": "N",
                "head": "N",
                "body": "N"
              },
              "error": null
            }
          ],
          "attempts": [
            {
              "outcome": "success",
              "summary": "Status code: 200",
              "requests": 1,
              "seconds": "N",
              "wait_seconds": null,
              "not_retried": null
            }
          ],
          "log": [
            {
              "stream": "header",
              "text": "Performing POST request to ORIGIN\nData:\n\tnumber: 7\nRequest Headers:\n\tUser-Agent: http-step/0.1.0\n\tAccept-Encoding: gzip, deflate, br, zstd\n\tAccept: */*\n\tX-Token: <HIDDEN>\n\tContent-Length: 8\n\tContent-Type: application/x-www-form-urlencoded\n"
            },
            {
              "stream": "stdout",
              "text": "URL: ORIGIN/\nStatus: 200\n"
            },
            {
              "stream": "header",
              "text": "Response Headers:\n\tcontent-type: text/plain\n\tcontent-length: 6\n"
            },
            {
              "stream": "stdout",
              "text": " ------ Content ------\n"
            },
            {
              "stream": "content",
              "text": "hello\n"
            }
          ],
          "error": null,
          "usage": {
            "wall_seconds": "N",
            "cpu_seconds": "N",
            "peak_memory_bytes": "N",
            "requests": 1,
            "peak_concurrent_requests": 1,
            "hosts": 1,
            "bytes_sent": 8,
            "bytes_received": 6,
            "bytes_decoded": 6,
            "peak_header_fields": 7,
            "peak_header_bytes": 189,
            "log_bytes": 388,
            "component_bytes": "N"
          }
        }
    "#]].assert_eq(&without_measurements(&output));
}

#[test]
fn json_shows_an_error() {
    let output = http_step("run --format json").arg(CLOSED_PORT).run();
    expect![[r#"
        exit code 4
        --- stdout
        {
          "outcome": "exception",
          "summary": "Requested (exception)",
          "exchanges": [],
          "checks": [],
          "outputs": {},
          "ledger": [
            {
              "method": "GET",
              "origin": "http://127.0.0.1:1",
              "rule": "--allow http://127.0.0.1:1",
              "addresses": [
                "127.0.0.1"
              ],
              "peer": null,
              "proxy": null,
              "secrets": [],
              "partial_echoes": [],
              "idempotency_key": null,
              "attempts": 0,
              "connection": null,
              "protocol": null,
              "tls": null,
              "status": null,
              "bytes_sent": 0,
              "bytes_received": 0,
              "bytes_decoded": 0,
              "seconds": {
                "wait": "N",
                "resolve": "N",
                "connect": "N",
                "tls": "N",
                "head": "N",
                "body": "N"
              },
              "error": {
                "kind": "connect",
                "stage": "connect",
                "message": "could not connect to http://127.0.0.1:1: connection refused",
                "sent": "no",
                "grant": null
              }
            }
          ],
          "attempts": [
            {
              "outcome": "exception",
              "summary": "Requested (exception)",
              "requests": 1,
              "seconds": "N",
              "wait_seconds": null,
              "not_retried": null
            }
          ],
          "log": [
            {
              "stream": "header",
              "text": "Performing GET request to http://127.0.0.1:1\n"
            },
            {
              "stream": "stderr",
              "text": "An exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refused\n"
            }
          ],
          "error": {
            "kind": "connect",
            "message": "could not connect to http://127.0.0.1:1: connection refused",
            "stage": "connect",
            "sent": "no",
            "exceeded": null,
            "grant": null
          },
          "usage": {
            "wall_seconds": "N",
            "cpu_seconds": "N",
            "peak_memory_bytes": "N",
            "requests": 1,
            "peak_concurrent_requests": 1,
            "hosts": 1,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "peak_header_fields": 4,
            "peak_header_bytes": 103,
            "log_bytes": 158,
            "component_bytes": "N"
          }
        }
    "#]].assert_eq(&without_measurements(&output));
}

#[test]
fn ndjson_is_an_event_a_line() {
    let server = Server::answering(NOT_FOUND);
    let output = http_step("run --format ndjson")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .word(server.address(), "ADDRESS")
        .run();
    expect![[r#"
        exit code 1
        --- stdout
        {"event":"log","stream":"header","text":"Performing GET request to ORIGIN\n"}
        {"event":"log","stream":"header","text":"Request Headers:\n\tUser-Agent: http-step/0.1.0\n\tAccept-Encoding: gzip, deflate, br, zstd\n\tAccept: */*\n"}
        {"event":"log","stream":"stdout","text":"URL: ORIGIN/\n"}
        {"event":"log","stream":"stderr","text":"Status: 404\n"}
        {"event":"log","stream":"header","text":"Response Headers:\n\tcontent-length: 0\n"}
        {"event":"log","stream":"stdout","text":" ------ Content ------\n"}
        {"event":"result","outcome":"failure","summary":"Status code: 404 (failure)","exchanges":[{"request":{"method":"GET","url":"ORIGIN/","headers":[{"name":"User-Agent","value":"http-step/0.1.0"},{"name":"Accept-Encoding","value":"gzip, deflate, br, zstd"},{"name":"Accept","value":"*/*"}],"body":null},"response":{"status":404,"headers":[{"name":"content-length","value":"0"}],"body":{"size":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}}],"checks":[],"outputs":{},"ledger":[{"method":"GET","origin":"ORIGIN","rule":"--allow ORIGIN","addresses":["127.0.0.1"],"peer":"ADDRESS","proxy":null,"secrets":[],"partial_echoes":[],"idempotency_key":null,"attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":null,"status":404,"bytes_sent":0,"bytes_received":0,"bytes_decoded":0,"seconds":{"wait":"N","resolve":"N","connect":"N","tls":"N","head":"N","body":"N"},"error":null}],"attempts":[{"outcome":"failure","summary":"Status code: 404 (failure)","requests":1,"seconds":"N","wait_seconds":null,"not_retried":null}],"error":null,"usage":{"wall_seconds":"N","cpu_seconds":"N","peak_memory_bytes":"N","requests":1,"peak_concurrent_requests":1,"hosts":1,"bytes_sent":0,"bytes_received":0,"bytes_decoded":0,"peak_header_fields":4,"peak_header_bytes":107,"log_bytes":251,"component_bytes":"N"}}
    "#]].assert_eq(&without_measurements(&output));
}

#[test]
fn json_has_the_documented_fields() {
    fn names(value: &Value) -> Vec<&str> {
        let fields = value.as_object().unwrap();
        fields.keys().map(String::as_str).collect()
    }
    // A first response, and a request that gets none.
    let server = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {CLOSED_PORT}/\r\ncontent-length: 0\r\n\r\n"
    ));
    let output = http_step("run --format json --allow http://127.0.0.1:1")
        .arg(&server.origin)
        .run_for_stdout();
    let result: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(
        names(&result),
        [
            "outcome",
            "summary",
            "exchanges",
            "checks",
            "outputs",
            "ledger",
            "attempts",
            "log",
            "error",
            "usage"
        ]
    );
    assert_eq!(
        names(&result["error"]),
        ["kind", "message", "stage", "sent", "exceeded", "grant"]
    );
    assert_eq!(
        names(&result["usage"]),
        [
            "wall_seconds",
            "cpu_seconds",
            "peak_memory_bytes",
            "requests",
            "peak_concurrent_requests",
            "hosts",
            "bytes_sent",
            "bytes_received",
            "bytes_decoded",
            "peak_header_fields",
            "peak_header_bytes",
            "log_bytes",
            "component_bytes",
        ]
    );
    let row = &result["ledger"][0];
    assert_eq!(
        names(row),
        [
            "method",
            "origin",
            "rule",
            "addresses",
            "peer",
            "proxy",
            "secrets",
            "partial_echoes",
            "idempotency_key",
            "attempts",
            "connection",
            "protocol",
            "tls",
            "status",
            "bytes_sent",
            "bytes_received",
            "bytes_decoded",
            "seconds",
            "error"
        ]
    );
    assert_eq!(
        names(&row["seconds"]),
        ["wait", "resolve", "connect", "tls", "head", "body"]
    );
    assert_eq!(
        names(&result["ledger"][1]["error"]),
        ["kind", "stage", "message", "sent", "grant"]
    );
    assert_eq!(names(&result["log"][0]), ["stream", "text"]);
    let exchange = &result["exchanges"][0];
    assert_eq!(names(exchange), ["request", "response"]);
    let (request, response) = (&exchange["request"], &exchange["response"]);
    assert_eq!(names(request), ["method", "url", "headers", "body"]);
    assert_eq!(names(response), ["status", "headers", "body"]);
    assert_eq!(names(&response["headers"][0]), ["name", "value"]);
    assert_eq!(names(&response["body"]), ["size", "sha256"]);
}

#[test]
fn ndjson_is_json_in_pieces() {
    let server = Server::answering(OK);
    let run = |format: &str| {
        http_step("run --format")
            .arg(format)
            .arg(&server.origin)
            .run_for_stdout()
    };
    let mut whole: Value = serde_json::from_str(&run("json")).unwrap();
    let events = run("ndjson");
    let mut events: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut result = events.pop().unwrap();

    assert_eq!(result["event"], "result");
    result.as_object_mut().unwrap().shift_remove("event");
    let texts = |log: &[Value]| -> String {
        log.iter()
            .map(|entry| entry["text"].as_str().unwrap())
            .collect()
    };
    let log = whole.as_object_mut().unwrap().shift_remove("log").unwrap();
    assert_eq!(texts(&events), texts(log.as_array().unwrap()));
    for one in [&mut result, &mut whole] {
        one.as_object_mut().unwrap().shift_remove("usage");
        one["ledger"][0]["seconds"].take();
        one["attempts"][0]["seconds"].take();
    }
    assert_eq!(result, whole);
}

#[test]
fn colours_are_for_terminals() {
    let run = |variable: &str| {
        http_step("run")
            .arg(CLOSED_PORT)
            .env(variable, "1")
            .run()
            .replace('\u{1b}', "ESC")
    };
    expect![[r#"
        exit code 4
        --- stdout
        ESC[36mPerforming GET request to http://127.0.0.1:1ESC[0m
        ESC[31mAn exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refusedESC[0m
        --- stderr
        ESC[1mESC[31mRequested (exception)ESC[0m
        ESC[1mESC[31merror:ESC[0m could not connect to http://127.0.0.1:1: connection refused
    "#]].assert_eq(&run("CLICOLOR_FORCE"));
    assert!(!run("CLICOLOR").contains("ESC"));
    assert!(!run("NO_COLOR").contains("ESC"));
}

#[test]
fn json_has_no_colours() {
    let output = http_step("run --format ndjson")
        .arg(CLOSED_PORT)
        .env("CLICOLOR_FORCE", "1")
        .run();
    assert!(!output.contains('\u{1b}'), "{output}");
}

/// A component passes on numbers that exceed 64 bits.
#[test]
fn outputs_keep_their_digits() {
    let numbers = "[123456789012345678901234567890,1.10,-0,1e400]";
    for (format, outputs) in [
        (
            "ndjson",
            format!(r#""outputs":{{"get digits":{numbers}}},"ledger":[]"#),
        ),
        (
            "json",
            "\"get digits\": [\n      123456789012345678901234567890,\n      1.10,\n      -0,\n      1e400\n    ]".to_owned(),
        ),
    ] {
        let output = http_step("run https://example.com/digits --component step.wasm --properties p")
            .file("step.wasm", Guest::HandsOnProperties.wasm())
            .file("p", format!("digits: {numbers}"))
            .arg("--format")
            .arg(format)
            .run();
        assert!(output.starts_with("exit code 0\n"), "{output}");
        assert!(output.contains(&outputs), "{output}");
    }
}
