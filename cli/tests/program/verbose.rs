//! `--verbose`: what the host does, on standard error.

use expect_test::expect;

use crate::http_step::http_step;
use crate::server::{CLOSED_PORT, OK, Server};

/// Output with words for what differs from run to run.
fn normalized(output: &str) -> String {
    let word = |word: &str| match word.split_once('=') {
        Some((name @ ("seconds" | "sha256" | "is_cached"), _)) => format!("{name}=…"),
        _ => word.to_owned(),
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split(' ').map(word).collect();
        match words.split_first() {
            Some((first, rest)) if is_time(first) => format!("TIME {}\n", rest.join(" ")),
            _ => format!("{line}\n"),
        }
    };
    output.lines().map(line).collect()
}

/// Seconds, with their microseconds.
fn is_time(word: &str) -> bool {
    let parts = word.split_once('.');
    parts.is_some_and(|(_, micros)| micros.len() == 6 && word.parse::<f64>().is_ok())
}

#[test]
fn once() {
    let server = Server::answering(OK);
    let output = http_step("run -v")
        .arg(format!("{}/path?query", server.origin))
        .word(&server.origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to ORIGIN/path?query
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/path?query
        Status: 200
        Response Headers:
        	content-type: text/plain
        	content-length: 6
         ------ Content ------
        hello
        --- stderr
        TIME  INFO component loaded sha256=… is_cached=… seconds=…
        TIME  INFO run:request{number=1 method="GET" origin="ORIGIN"}: sending attempt=1 connection=new protocol=HTTP/1.1
        TIME  INFO run:request{number=1 method="GET" origin="ORIGIN"}: answered status=200 seconds=…
        TIME  INFO run: ended outcome=success requests=1 seconds=…
        Status code: 200
    "#]].assert_eq(&normalized(&output));
}

#[test]
fn twice() {
    let server = Server::answering(OK);
    let origin = &server.origin;
    let arguments =
        format!("run -vv {origin}/path?query --format json --secret TOKEN=file:token.txt@{origin}");
    let output = http_step(&arguments)
        .file("token.txt", "correct horse battery\n")
        .arg("-H")
        .arg("Authorization: Bearer ${{ secret.TOKEN }}")
        .word(origin, "ORIGIN")
        .word(server.address(), "ADDRESS")
        .run();
    let (_, stderr) = output.split_once("--- stderr\n").unwrap();
    expect![[r#"
        TIME  INFO component loaded sha256=… is_cached=… seconds=…
        TIME DEBUG run: secrets read names="TOKEN"
        TIME DEBUG run: component called sha256=…
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: admitted rule="--allow ORIGIN"
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: injected secret="TOKEN" place=header
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: permit acquired seconds=…
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: resolved addresses="127.0.0.1" seconds=…
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: connected peer="ADDRESS" seconds=…
        TIME  INFO run:request{number=1 method="GET" origin="ORIGIN"}: sending attempt=1 connection=new protocol=HTTP/1.1
        TIME  INFO run:request{number=1 method="GET" origin="ORIGIN"}: answered status=200 seconds=…
        TIME DEBUG run:request{number=1 method="GET" origin="ORIGIN"}: response ended bytes_received=6 seconds=…
        TIME  INFO run: ended outcome=success requests=1 seconds=…
    "#]].assert_eq(&normalized(stderr));
}

#[test]
fn a_connection_that_is_refused() {
    let output = http_step(&format!("run --verbose {CLOSED_PORT}/")).run();
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to http://127.0.0.1:1/
        An exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refused
        --- stderr
        TIME  INFO component loaded sha256=… is_cached=… seconds=…
        TIME  INFO run:request{number=1 method="GET" origin="http://127.0.0.1:1"}: failed kind=connect stage=connect sent=no reason="could not connect to http://127.0.0.1:1: connection refused"
        TIME  INFO run: ended outcome=exception kind=connect stage=connect requests=1 seconds=…
        Requested (exception)
        error: could not connect to http://127.0.0.1:1: connection refused
    "#]].assert_eq(&normalized(&output));
}

/// Names are the users' to choose, also that of a policy.
#[cfg(unix)]
#[test]
fn an_event_commands_nobody() {
    let name = "##[error]\u{1b}.yaml";
    let output = http_step(&format!("run -vv {CLOSED_PORT}/ --policy"))
        .arg(name)
        .file(name, format!("allow: ['{CLOSED_PORT}']"))
        .run();
    let admitted = output.lines().find(|line| line.contains("admitted"));
    expect![[r###"
        TIME DEBUG run:request{number=1 method="GET" origin="http://127.0.0.1:1"}: admitted rule="##\u{5b}error]\u{1b}.yaml:1: http://127.0.0.1:1"
    "###]].assert_eq(&normalized(admitted.unwrap()));
}
