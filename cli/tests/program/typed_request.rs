//! `run URL`: the request that the options make.

use expect_test::expect;

use crate::http_step::http_step;
use crate::server::{OK, Server};

/// What the server was asked.
fn request(path: &str, arguments: &[&str]) -> String {
    let server = Server::answering(OK);
    let step = http_step("run").arg(format!("{}{path}", server.origin));
    let step = arguments
        .iter()
        .fold(step, |step, argument| step.arg(argument));
    let told = step.run();
    assert!(told.starts_with("exit code 0\n"), "{told}");
    server.request()
}

#[test]
fn without_a_body_it_is_get() {
    expect![[r#"
        GET /a?b=c HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*

    "#]]
    .assert_eq(&request("/a?b=c", &[]));
}

#[test]
fn with_a_form_it_is_post() {
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 30
        content-type: application/x-www-form-urlencoded

        name=%C3%BC+%26&equation=a%3Db"#]]
    .assert_eq(&request("", &["-d", "name=ü &", "--data", "equation=a=b"]));
}

#[test]
fn with_json_it_is_post() {
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 25
        content-type: application/json

        {"b":[1.5,null],"a":"é"}"#]]
    .assert_eq(&request(
        "",
        &["--json", r#"{"b": [1.50, null], "a": "é"}"#],
    ));
}

#[test]
fn a_method_and_headers_can_be_given() {
    expect![[r#"
        DELETE / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        x-one: 1
        x-two: a:b
        x-empty: 
        content-length: 0

    "#]]
    .assert_eq(&request(
        "",
        &[
            "-XDELETE",
            "-H",
            "X-One:  1 ",
            "--header",
            "X-Two: a:b",
            "-H",
            "X-Empty:",
        ],
    ));
}

#[test]
fn expressions_are_rendered() {
    expect![[r#"
        POST /builds/7 HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 10
        content-type: application/json

        {"of":"7"}"#]]
    .assert_eq(&request(
        "/builds/${{ property.number }}",
        &[
            "-p",
            "number=7",
            "--json",
            r#"{"of": "${{ property.number }}"}"#,
        ],
    ));
}

#[test]
fn values_of_headers_are_hidden() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nset-session: secret-2\r\ncontent-length: 0\r\n\r\n");
    let told = http_step(
        "run -H X-Token:secret-1 --hide-request-header x-token --hide-response-header Set-Session",
    )
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
        	X-Token: <HIDDEN>
        URL: ORIGIN/
        Status: 200
        Response Headers:
        	set-session: <HIDDEN>
        	content-length: 0
         ------ Content ------
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&told);
}

#[test]
fn an_address_of_ipv6_is_a_host() {
    let Ok(server) = Server::on("[::1]:0", OK) else {
        // The machine has no IPv6.
        return;
    };
    let told = http_step("run")
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
    .assert_eq(&told);
}

#[test]
fn an_international_name_is_asked_for_in_ascii() {
    let told = http_step("run http://bücher.invalid/ --format json").run_for_stdout();
    let result: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(result["error"]["kind"], "dns");
    assert_eq!(result["error"]["sent"], "no");
    // Behind the name stand the system's words.
    let message = result["error"]["message"].as_str().unwrap();
    let (message, _) = message.split_once(": ").unwrap();
    assert_eq!(message, "could not resolve xn--bcher-kva.invalid");
}

#[test]
fn the_options_of_a_request_do_not_go_with_a_step_file() {
    let told = http_step("run step.yaml -X GET").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: `step.yaml` is a step file, which says itself what the request is; -X, -H, -d, --json and --hide-… go with a URL
    "#]].assert_eq(&told);
}
