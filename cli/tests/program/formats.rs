//! `--format`, and colours.

use expect_test::expect;
use serde_json::Value;

use crate::http_step::http_step;
use crate::server::{NOBODY, NOT_FOUND, OK, Server};

/// The numbers that differ from run to run, as `"N"`.
fn without_measurements(told: &str) -> String {
    let mut text = told.to_owned();
    for field in ["wall_seconds", "cpu_seconds", "peak_memory_bytes"] {
        let mut parts = text.split(field);
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let number = |c: char| c.is_ascii_digit() || ".e-".contains(c);
            let (colon, rest) = part.split_at(part.find(number).unwrap());
            shown.push_str(field);
            shown.push_str(colon);
            shown.push_str("\"N\"");
            shown.push_str(rest.trim_start_matches(number));
        }
        text = shown;
    }
    text
}

#[test]
fn json_is_one_object() {
    let server = Server::answering(OK);
    let told =
        http_step("run --format json -d number=7 -H X-Token:abc --hide-request-header x-token")
            .arg(&server.origin)
            .word(&server.origin, "ORIGIN")
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
                    "value": "identity"
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
          "outputs": {},
          "log": [
            {
              "stream": "header",
              "text": "Performing POST request to ORIGIN\nData:\n\tnumber: 7\nRequest Headers:\n\tUser-Agent: http-step/0.1.0\n\tAccept-Encoding: identity\n\tAccept: */*\n\tX-Token: <HIDDEN>\n\tContent-Length: 8\n\tContent-Type: application/x-www-form-urlencoded\n"
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
            "requests": 1,
            "bytes_sent": 8,
            "bytes_received": 6,
            "wall_seconds": "N",
            "cpu_seconds": "N",
            "peak_memory_bytes": "N"
          }
        }
    "#]].assert_eq(&without_measurements(&told));
}

#[test]
fn json_tells_of_an_error() {
    let told = http_step("run --format json").arg(NOBODY).run();
    expect![[r#"
        exit code 4
        --- stdout
        {
          "outcome": "exception",
          "summary": "Requested (exception)",
          "exchanges": [],
          "outputs": {},
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
            "sent": "no"
          },
          "usage": {
            "requests": 1,
            "bytes_sent": 0,
            "bytes_received": 0,
            "wall_seconds": "N",
            "cpu_seconds": "N",
            "peak_memory_bytes": "N"
          }
        }
    "#]].assert_eq(&without_measurements(&told));
}

#[test]
fn ndjson_is_an_event_a_line() {
    let server = Server::answering(NOT_FOUND);
    let told = http_step("run --format ndjson")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 1
        --- stdout
        {"event":"log","stream":"header","text":"Performing GET request to ORIGIN\n"}
        {"event":"log","stream":"header","text":"Request Headers:\n\tUser-Agent: http-step/0.1.0\n\tAccept-Encoding: identity\n\tAccept: */*\n"}
        {"event":"log","stream":"stdout","text":"URL: ORIGIN/\n"}
        {"event":"log","stream":"stderr","text":"Status: 404\n"}
        {"event":"log","stream":"header","text":"Response Headers:\n\tcontent-length: 0\n"}
        {"event":"log","stream":"stdout","text":" ------ Content ------\n"}
        {"event":"result","outcome":"failure","summary":"Status code: 404 (failure)","exchanges":[{"request":{"method":"GET","url":"ORIGIN/","headers":[{"name":"User-Agent","value":"http-step/0.1.0"},{"name":"Accept-Encoding","value":"identity"},{"name":"Accept","value":"*/*"}],"body":null},"response":{"status":404,"headers":[{"name":"content-length","value":"0"}],"body":{"size":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}}],"outputs":{},"error":null,"usage":{"requests":1,"bytes_sent":0,"bytes_received":0,"wall_seconds":"N","cpu_seconds":"N","peak_memory_bytes":"N"}}
    "#]].assert_eq(&without_measurements(&told));
}

#[test]
fn json_has_the_documented_fields() {
    fn names(value: &Value) -> Vec<&str> {
        let fields = value.as_object().unwrap();
        fields.keys().map(String::as_str).collect()
    }
    // A first response, and a request that comes to nothing.
    let server = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {NOBODY}/\r\ncontent-length: 0\r\n\r\n"
    ));
    let told = http_step("run --format json --allow http://127.0.0.1:1")
        .arg(&server.origin)
        .run_for_stdout();
    let result: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        names(&result),
        [
            "outcome",
            "summary",
            "exchanges",
            "outputs",
            "log",
            "error",
            "usage"
        ]
    );
    assert_eq!(names(&result["error"]), ["kind", "message", "sent"]);
    assert_eq!(
        names(&result["usage"]),
        [
            "requests",
            "bytes_sent",
            "bytes_received",
            "wall_seconds",
            "cpu_seconds",
            "peak_memory_bytes"
        ]
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
    }
    assert_eq!(result, whole);
}

#[test]
fn colours_are_for_terminals() {
    let run = |variable: &str| {
        http_step("run")
            .arg(NOBODY)
            .env(variable, "1")
            .run()
            .replace('\u{1b}', "ESC")
    };
    expect![[r#"
        exit code 4
        --- stdout
        ESC[36mPerforming GET request to http://127.0.0.1:1
        ESC[0mESC[31mAn exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refused
        ESC[0m¶
        --- stderr
        ESC[1mESC[31mRequested (exception)ESC[0m
        ESC[1mESC[31merror:ESC[0m could not connect to http://127.0.0.1:1: connection refused
    "#]].assert_eq(&run("CLICOLOR_FORCE"));
    assert!(!run("CLICOLOR").contains("ESC"));
    assert!(!run("NO_COLOR").contains("ESC"));
}

#[test]
fn json_has_no_colours() {
    let told = http_step("run --format ndjson")
        .arg(NOBODY)
        .env("CLICOLOR_FORCE", "1")
        .run();
    assert!(!told.contains('\u{1b}'), "{told}");
}
