//! A run that is stopped keeps its log, and reports the stop.
#![cfg(unix)]

use std::io::Read;
use std::process::{Child, Command};

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::Server;

/// The response of a server that asks to wait.
const COME_BACK: &str = "HTTP/1.1 503 \r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";

/// Stop the program once the server has its request.
fn stopped_by(signal: &str, format: &str) -> String {
    stopped(http_step("run --format").arg(format), signal)
}

fn stopped(program: HttpStep, signal: &str) -> String {
    let server = Server::hanging_after("HTTP/1.1 200");
    program
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run_while(|child| {
            server.request();
            kill(child, signal);
        })
}

fn kill(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Stop the program while it waits for the second attempt. Returns what it prints after that.
fn stopped_between_attempts(signal: &str) -> String {
    let server = Server::answering(COME_BACK);
    let step = format!(
        "post: {}/\nidempotency_key: auto\nretry: 3\ndata: x",
        server.origin
    );
    let output = http_step("run - --allow")
        .arg(&server.origin)
        .stdin(step)
        .run_while(|child| {
            let mut printed = Vec::new();
            let mut byte = [0];
            // Not a byte more than that, so that the rest is still there.
            while !printed.ends_with(b"trying again in 60 s\n") {
                let stdout = child.stdout.as_mut().unwrap();
                stdout.read_exact(&mut byte).unwrap();
                printed.extend(byte);
            }
            kill(child, signal);
        });
    assert!(server.request_so_far().is_some());
    assert_eq!(server.request_so_far(), None);
    output
}

#[test]
fn between_two_attempts() {
    expect![[r#"
        exit code 4
        --- stdout
        An exception occurred while performing the request: the step was stopped
        --- stderr
        Requested (cancelled)
        error: the step was stopped
    "#]]
    .assert_eq(&stopped_between_attempts("-INT"));
    expect![[r#"
        exit code signal: 9 (SIGKILL)
    "#]]
    .assert_eq(&stopped_between_attempts("-KILL"));
}

#[test]
fn by_a_person() {
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to ORIGIN
        An exception occurred while performing the request: the step was stopped
        --- stderr
        Requested (cancelled)
        error: the step was stopped
    "#]]
    .assert_eq(&stopped_by("-INT", "text"));
}

#[test]
fn by_a_ci_system() {
    assert_eq!(stopped_by("-TERM", "text"), stopped_by("-INT", "text"));
}

#[test]
fn github_takes_commands_again() {
    let output_after = |signal| {
        let output = stopped(http_step("run").env("GITHUB_ACTIONS", "true"), signal);
        let (_, token) = output.split_once("::stop-commands::").unwrap();
        let (token, _) = token.split_once('\n').unwrap();
        output.replace(token, "TOKEN")
    };
    expect![[r#"
            exit code 4
            --- stdout

            ::stop-commands::TOKEN
            Performing GET request to ORIGIN
            An exception occurred while performing the request: the step was stopped
            ::TOKEN::
            ::error title=http-step::Requested (cancelled): the step was stopped
            --- stderr
            Requested (cancelled)
            error: the step was stopped
        "#]]
    .assert_eq(&output_after("-INT"));
    assert_eq!(output_after("-TERM"), output_after("-INT"));
}

#[test]
fn programs_get_the_result_too() {
    let output = stopped_by("-INT", "ndjson");
    let result = output.lines().last().unwrap();
    let result: serde_json::Value = serde_json::from_str(result).unwrap();
    assert_eq!(result["outcome"], "cancelled");
    assert_eq!(result["error"]["kind"], "cancelled");
    assert_eq!(result["error"]["sent"], "unknown");
}
