//! `HTTP_PROXY` and similar variables: used with `--proxy-from-env`, otherwise reported.

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{CLOSED_PORT, OK, Server};

/// An address for documentation (RFC 5737): only the proxy can be reached.
const ELSEWHERE: &str = "http://192.0.2.1/a";

/// The first line of the request that a server got.
fn requested(server: &Server, step: HttpStep) -> String {
    let output = step.run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    // Every request was sent before the program ended.
    let request = server.request_so_far();
    request.unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn each_name_is_read() {
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let proxy = Server::answering(OK);
        for url in [proxy.origin.as_str(), proxy.address()] {
            let step = http_step("run --proxy-from-env")
                .arg(ELSEWHERE)
                .env(name, url);
            assert_eq!(
                requested(&proxy, step),
                "GET http://192.0.2.1/a HTTP/1.1",
                "{name}={url}"
            );
        }
    }
}

#[test]
fn hosts_without_a_proxy() {
    for (name, value) in [
        ("no_proxy", "127.0.0.1"),
        ("NO_PROXY", "a.example, 127.0.0.0/8"),
        ("no_proxy", "*"),
    ] {
        let proxy = Server::answering(OK);
        let target = Server::answering(OK);
        let step = http_step("run --proxy-from-env")
            .arg(&target.origin)
            .env("http_proxy", &proxy.origin)
            .env(name, value);
        assert_eq!(requested(&target, step), "GET / HTTP/1.1", "{name}={value}");
        assert!(!proxy.was_requested());
    }
}

/// A CGI program gets the header `Proxy` of a request in `HTTP_PROXY`.
#[test]
fn a_request_to_a_cgi_program_does_not_choose_the_proxy() {
    let proxy = Server::answering(OK);
    let target = Server::answering(OK);
    let step = http_step("run --proxy-from-env")
        .arg(&target.origin)
        .env("REQUEST_METHOD", "GET")
        .env("HTTP_PROXY", &proxy.origin);
    assert_eq!(requested(&target, step), "GET / HTTP/1.1");
    assert!(!proxy.was_requested());
}

#[test]
fn without_the_argument_they_are_not_used() {
    let proxy = Server::answering(OK);
    let target = Server::answering(OK);
    let step = http_step("run")
        .arg(&target.origin)
        .env("HTTP_PROXY", &proxy.origin);
    assert_eq!(requested(&target, step), "GET / HTTP/1.1");
    assert!(!proxy.was_requested());
}

#[test]
fn a_failed_connection_reports_that_they_are_not_used() {
    let output = http_step("run")
        .arg(CLOSED_PORT)
        .env("HTTP_PROXY", "http://ci:hunter2@proxy.example")
        .env("https_proxy", "http://proxy.example")
        .run();
    expect![[r#"
        exit code 4
        --- stdout
        Performing GET request to http://127.0.0.1:1
        An exception occurred while performing the request: could not connect to http://127.0.0.1:1/: connection refused
        --- stderr
        Requested (exception)
        error: could not connect to http://127.0.0.1:1: connection refused
        note: of the environment, HTTP_PROXY, https_proxy is ignored without `--proxy-from-env`
    "#]].assert_eq(&output);
}

#[test]
fn invalid_values() {
    let output = http_step("run --proxy-from-env")
        .arg(CLOSED_PORT)
        .env("http_proxy", "ftp://ci:hunter2@proxy.example")
        .run();
    expect![[r#"
        exit code 2
        --- stderr
        error: http_proxy in the environment: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?
    "#]].assert_eq(&output);
    let target = Server::answering(OK);
    let output = http_step("run --proxy-from-env")
        .arg(&target.origin)
        .env("NO_PROXY", "a.example:8080")
        .run();
    let (_, stderr) = output.split_once("--- stderr\n").unwrap();
    expect![[r#"
        warning: `a.example:8080` in NO_PROXY is left out: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`
        Status code: 200
    "#]].assert_eq(stderr);
}

#[test]
fn proxies_of_a_policy_and_the_environment_conflict() {
    let output = http_step("run --proxy-from-env --policy policy.yaml")
        .arg(ELSEWHERE)
        .file(
            "policy.yaml",
            "public: true\nproxies: {all: 'http://proxy.example'}",
        )
        .env("http_proxy", "http://other.example")
        .run();
    expect![[r#"
        exit code 2
        --- stderr
        error: policy.yaml already defines proxies; leave out `--proxy-from-env`
    "#]]
    .assert_eq(&output);
}
