//! `run URL`: the request that the options make.

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{CLOSED_PORT, OK, Server};

/// The request that the server received.
fn request(path: &str, arguments: &[&str]) -> String {
    request_with(path, arguments, |step| step)
}

/// As [`request`], with files and standard input.
fn request_with(
    path: &str,
    arguments: &[&str],
    prepare: impl FnOnce(HttpStep) -> HttpStep,
) -> String {
    let server = Server::answering(OK);
    let step = prepare(http_step("run").arg(format!("{}{path}", server.origin)));
    let step = arguments
        .iter()
        .fold(step, |step, argument| step.arg(argument));
    let output = step.run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
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

/// curl sends the argument of `-d` as it is.
#[test]
fn a_field_that_looks_like_two_is_reported() {
    let output = |fields: &[&str]| {
        let server = Server::answering(OK);
        let step = fields
            .iter()
            .fold(http_step("run"), |step, field| step.arg("-d").arg(field));
        let output = step.arg(&server.origin).run();
        let (_, stderr) = output.split_once("--- stderr\n").unwrap();
        format!("{}\n{stderr}", server.request().lines().last().unwrap())
    };
    let mut all = String::new();
    for fields in [&["a=1&b=2"][..], &["a=1", "b=2"], &["q=R&D"]] {
        all.push_str(&output(fields));
    }
    expect![[r#"
        a=1%26b%3D2
        note: each `-d` is one field, and the `&` in it is sent as `%26`; two fields are `-d a=1 -d b=2`
        Status code: 200
        a=1&b=2
        Status code: 200
        q=R%26D
        Status code: 200
    "#]].assert_eq(&all);
}

#[test]
fn with_json_it_is_post() {
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 66
        content-type: application/json

        {"b":[1.50,null,123456789012345678901234567890,-0,1e400],"a":"é"}"#]]
    .assert_eq(&request(
        "",
        &[
            "--json",
            r#"{"b": [1.50, null, 123456789012345678901234567890, -0, 1e400], "a": "é"}"#,
        ],
    ));
}

/// Bodies that are sent unchanged: nothing in them is an expression.
#[test]
fn a_body_comes_from_a_file_or_from_standard_input() {
    let json = "{\"n\": 123456789012345678901234567890,\n \"a\": \"${{ secret.A }}\"}\n";
    let sent_json = expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-type: application/json
        content-length: 63

        {"n": 123456789012345678901234567890,
         "a": "${{ secret.A }}"}
    "#]];
    let file = |step: HttpStep| step.file("body.json", json);
    sent_json.assert_eq(&request_with("", &["--json", "@body.json"], file));
    let stdin = |step: HttpStep| step.stdin(json);
    sent_json.assert_eq(&request_with("", &["--json", "@-"], stdin));

    let sent_form = expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-type: application/x-www-form-urlencoded
        content-length: 8

        a=b&c=d
    "#]];
    let file = |step: HttpStep| step.file("form", "a=b&c=d\n");
    sent_form.assert_eq(&request_with("", &["-d", "@form"], file));
    let stdin = |step: HttpStep| step.stdin("a=b&c=d\n");
    sent_form.assert_eq(&request_with("", &["-d@-"], stdin));

    // A given content type takes precedence.
    expect![[r#"
        PUT / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-type: text/csv
        content-length: 4

        a,b
    "#]]
    .assert_eq(&request_with(
        "",
        &[
            "-XPUT",
            "-H",
            "content-TYPE: text/csv",
            "-d",
            "@${{ property.name }}.csv",
            "-pname=x",
        ],
        |step| step.file("x.csv", "a,b\n"),
    ));
}

#[test]
fn a_multipart_form_is_made_of_parts() {
    let sent = request_with(
        "",
        &[
            "-F",
            "name=${{ property.name }}; b",
            "-pname=a",
            "-F",
            "log=@one.log",
            "-F",
            "log=@one.log;type=text/plain; charset=utf-8;filename=two.log",
            "--form",
            "meta={\"build\": 7};type=application/json",
            "-F",
            "text=<one.log",
            "-F",
            "empty=",
        ],
        |step| step.file("one.log", "${{ property.name }}"),
    );
    let (_, boundary) = sent.split_once("boundary=").unwrap();
    let boundary = boundary.lines().next().unwrap();
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 960
        content-type: multipart/form-data; boundary=B

        --B
        Content-Disposition: form-data; name="name"

        a; b
        --B
        Content-Disposition: form-data; name="log"; filename="one.log"

        ${{ property.name }}
        --B
        Content-Disposition: form-data; name="log"; filename="two.log"
        Content-Type: text/plain; charset=utf-8

        ${{ property.name }}
        --B
        Content-Disposition: form-data; name="meta"
        Content-Type: application/json

        {"build": 7}
        --B
        Content-Disposition: form-data; name="text"

        ${{ property.name }}
        --B
        Content-Disposition: form-data; name="empty"


        --B--
    "#]]
    .assert_eq(&sent.replace(boundary, "B"));
}

#[test]
fn a_form_of_fields_alone_is_multipart_too() {
    let sent = request("", &["-F", "a=b"]);
    let (_, boundary) = sent.split_once("boundary=").unwrap();
    let boundary = boundary.lines().next().unwrap();
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 185
        content-type: multipart/form-data; boundary=B

        --B
        Content-Disposition: form-data; name="a"

        b
        --B--
    "#]]
    .assert_eq(&sent.replace(boundary, "B"));
}

#[test]
fn a_user_and_a_password_are_basic() {
    for (user, credentials) in [
        ("joe:hunter2:x", "am9lOmh1bnRlcjI6eA=="),
        ("token:", "dG9rZW46"),
        (":token", "OnRva2Vu"),
    ] {
        let sent = request("", &["-u", user]);
        let authorization = sent
            .lines()
            .find(|line| line.starts_with("authorization: "));
        assert_eq!(
            authorization,
            Some(format!("authorization: Basic {credentials}").as_str())
        );
    }
}

#[test]
fn a_password_can_be_a_secret() {
    let server = Server::answering(OK);
    let output = http_step("run -u")
        .arg("joe:${{ secret.PASSWORD }}")
        .arg(&server.origin)
        .arg("--secret")
        .arg(format!("PASSWORD=env:PASSWORD@{}", server.origin))
        .env("PASSWORD", "correct-horse-battery")
        .run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    let sent = server.request();
    let basic = "authorization: Basic am9lOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==";
    assert!(sent.contains(basic), "{sent}");
}

/// They have to be below the working directory, as those of a step file have to be below its
/// directory.
#[test]
fn files_are_limited_as_those_of_a_step_file() {
    let server = Server::answering(OK);
    for arguments in [
        ["-d", "@../secret"],
        ["-F", "a=@../secret"],
        ["--json", "@../secret"],
    ] {
        let output = arguments
            .iter()
            .fold(http_step("run").arg(&server.origin), |step, argument| {
                step.arg(argument)
            })
            .run();
        assert!(output.starts_with("exit code 2\n"), "{output}");
        assert!(
            output.contains("error: the file `../secret` of `"),
            "{output}"
        );
    }
    // Hidden files are denied, and under a policy the files that it does not grant.
    for (policy, file) in [("", ".env"), ("--policy policy.yaml", "other.csv")] {
        let output = http_step(&format!("run {policy} -d @{file}"))
            .arg(&server.origin)
            .file(
                "policy.yaml",
                format!(
                    "allow: ['{}']\nfiles: {{read: ['report.csv']}}",
                    server.origin
                ),
            )
            .file(file, "content")
            .run();
        assert!(output.starts_with("exit code 3\n"), "{output}");
    }
    assert!(!server.was_requested());
}

/// The host keeps it in memory as long as the step runs, and it counts.
#[test]
fn a_body_from_a_file_or_standard_input_counts_as_memory() {
    let large = vec![b'a'; 3 << 20];
    for source in ["@large", "@-"] {
        let output = http_step(&format!(
            "run {CLOSED_PORT} --policy policy.yaml -d {source}"
        ))
        .file("large", &large)
        .file(
            "policy.yaml",
            format!("allow: ['{CLOSED_PORT}']\nfiles: {{read: [large]}}\nlimits: {{memory: 2MiB}}"),
        )
        .stdin(large.clone())
        .run();
        let error = "error: the limit `memory` is exceeded: 3145728 of 2097152 bytes; set `memory` under `limits:` in the policy\n";
        assert!(
            output.starts_with("exit code 4\n") && output.contains(error),
            "{output}"
        );
    }
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
    let output = http_step(
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
    .assert_eq(&output);
}

#[test]
fn an_address_of_ipv6_is_a_host() {
    let Ok(server) = Server::on("[::1]:0", OK) else {
        // The machine has no IPv6.
        return;
    };
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
fn an_international_name_is_resolved_in_ascii() {
    let output = http_step("run http://bücher.invalid/ --format json").run_for_stdout();
    let result: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(result["error"]["kind"], "dns");
    assert_eq!(result["error"]["sent"], "no");
    // The rest of the message after the name is the system's.
    let message = result["error"]["message"].as_str().unwrap();
    let (message, _) = message.split_once(": ").unwrap();
    assert_eq!(message, "could not resolve xn--bcher-kva.invalid");
}

#[test]
fn the_options_of_a_request_do_not_go_with_a_step_file() {
    for option in ["-F a=b", "-u a:b", "-d @a", "--json @-"] {
        let output = http_step("run step.yaml")
            .arg(option.split(' ').next().unwrap())
            .arg(option.split(' ').nth(1).unwrap())
            .run();
        assert!(
            output.contains("`step.yaml` is a step file, which defines the request itself"),
            "{output}"
        );
    }
    let output = http_step("run step.yaml -X GET").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: `step.yaml` is a step file, which defines the request itself; -X, -H, -d, --json, -F, -u and --hide-… apply to a URL only
    "#]].assert_eq(&output);
}
