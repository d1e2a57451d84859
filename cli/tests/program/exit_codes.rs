//! Each exit code of `run`, with the whole output.

use expect_test::expect;
use http_step_tests::Guest;

use crate::http_step::http_step;
use crate::server::{CLOSED_PORT, NOT_FOUND, OK, Server};

#[test]
fn success_is_0() {
    let server = Server::answering(OK);
    let output = http_step("run")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to ORIGIN
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/
        Status: 200
        Response Headers:
        	content-type: text/plain
        	content-length: 6
         ------ Content ------
        hello
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&output);
}

#[test]
fn a_failure_is_1() {
    let server = Server::answering(NOT_FOUND);
    let output = http_step("run")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 1
        --- stdout
        Performing GET request to ORIGIN
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/
        Status: 404
        Response Headers:
        	content-length: 0
         ------ Content ------
        --- stderr
        Status code: 404 (failure)
    "#]]
    .assert_eq(&output);
}

#[test]
fn an_invalid_request_is_2() {
    let output = http_step("run http://127.0.0.1:1/")
        .arg("-HX-Branch: ${{ property.branch }}")
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: `headers`: the property `branch` is not set; set it or use a default: `${{ property.branch | default("") }}`
        --- stderr
        Requested (exception)
        error: `headers`: the property `branch` is not set; set it or use a default: `${{ property.branch | default("") }}`
    "#]].assert_eq(&output);
}

#[test]
fn a_denial_is_3() {
    let server = Server::answering(OK);
    let output = http_step("run step.yaml")
        .file("step.yaml", format!("get: {}/\n", server.origin))
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 3
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow ORIGIN: 127.0.0.1 is a loopback address; allow it with `--allow ORIGIN`
    "#]].assert_eq(&output);
    assert!(!server.was_requested());
}

#[test]
fn a_denial_is_3_whatever_the_component_says() {
    for how in ["exception", "panic", "exit"] {
        let output = http_step("run step.yaml --component step.wasm")
            .file("step.wasm", Guest::GivesUp.wasm())
            .file("step.yaml", format!("post: {CLOSED_PORT}/\ndata: {how}\n"))
            .run();
        assert!(output.starts_with("exit code 3\n"), "{output}");
        assert!(
            output.contains("Requested (denied)\nerror: the policy does not allow http://127.0.0.1:1: no rule matches it")
                && output.ends_with("allow it with `--allow http://127.0.0.1:1`\n"),
            "{output}"
        );
    }
}

#[test]
fn no_connection_is_4() {
    let output = http_step("run").arg(CLOSED_PORT).run();
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to http://127.0.0.1:1
        An exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refused
        --- stderr
        Requested (exception)
        error: could not connect to http://127.0.0.1:1: connection refused
    "#]].assert_eq(&output);
}

#[test]
fn no_answer_in_time_is_4() {
    let server = Server::hanging_after("HTTP/1.1 200");
    let output = http_step("run --timeout 1")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to ORIGIN
        An exception occurred while performing the request: the step did not end within 1 s; `--timeout` gives it longer, or `wall` under `limits:` of a policy
        --- stderr
        Requested (exception)
        error: the step did not end within 1 s; `--timeout` gives it longer, or `wall` under `limits:` of a policy
    "#]]
    .assert_eq(&output);
}

#[test]
fn a_time_limit_of_the_step_file_is_4() {
    let server = Server::hanging_after("");
    let output = http_step("run step.yaml --allow")
        .arg(&server.origin)
        .file(
            "step.yaml",
            format!("get: {}/\ntimeout: 0.5\n", server.origin),
        )
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to ORIGIN/
        An exception occurred while performing the request: no response from ORIGIN/: the time limit for the response ran out
        --- stderr
        Requested (exception)
        error: ORIGIN did not answer within 0.5 s
    "#]].assert_eq(&output);
}
