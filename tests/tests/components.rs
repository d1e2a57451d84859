//! Components that are no steps, and steps that misbehave. After each, the same
//! host runs a well-behaved one.

use std::time::Duration;

use expect_test::expect;
use http_step_host::{Budget, Job, Limits, Outcome, Policy, RunResult};
use http_step_tests::{Answer, Scripted, Service, guest, host, run, step_file, transcript};

fn load_error(wasm: &[u8]) -> String {
    match host().load(wasm) {
        Ok(_) => panic!("it is loaded"),
        Err(error) => error.to_string(),
    }
}

/// Run a component of `guests/`, then a well-behaved step in the same host.
async fn attack(name: &str, limits: Limits) -> RunResult {
    attack_on("http://127.0.0.1:9", name, limits).await
}

/// As [`attack`], with leave to reach one origin.
async fn attack_on(origin: &str, name: &str, limits: Limits) -> RunResult {
    let step = host().load(&guest(name)).unwrap();
    let policy = Policy::nothing().allow(origin.parse().unwrap());
    let job = Job::new(step_file(&format!("get: {origin}")), policy).limits(limits);
    let result = host().run(&step, job).await;

    let service = Service::start(|_| Answer::default()).await;
    let after = run(&service.origin, &format!("get: {}/", service.origin)).await;
    assert_eq!(after.outcome, Outcome::Success, "{after:#?}");
    result
}

/// The end of a run that was broken off: its last log line, outcome and error.
fn end(result: &RunResult) -> String {
    transcript(result, "no origin")
}

#[test]
fn what_is_no_component() {
    expect!["this file is empty"].assert_eq(&load_error(b""));
    expect!["this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with 23 21 2f 62"].assert_eq(&load_error(b"#!/bin/sh\n"));
    expect!["this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`"].assert_eq(&load_error(b"\0asm\x01\0\0\0"));
    expect!["this component is not valid: malformed section id (at offset 0x8)"]
        .assert_eq(&load_error(b"\0asm\x0d\0\x01\0\xff"));
}

#[test]
fn what_is_no_step() {
    expect!["this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports `greet`"].assert_eq(&load_error(&guest("exports_nothing")));
    expect!["this component imports `test:more/shell`, which a step is not given"]
        .assert_eq(&load_error(&guest("imports_more")));
}

#[tokio::test]
async fn a_trap() {
    expect![[r#"
        e|An exception occurred while performing the request: the component trapped: wasm `unreachable` instruction executed
        Exception: Requested (exception)
        Trap, sent No: the component trapped: wasm `unreachable` instruction executed
    "#]].assert_eq(&end(&attack("traps", Limits::default()).await));
}

#[tokio::test]
async fn a_panic_with_its_words() {
    expect![[r#"
        e|An exception occurred while performing the request: the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/panics.rs:9:9: the step gave up
        Exception: Requested (exception)
        Trap, sent No: the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/panics.rs:9:9: the step gave up
    "#]].assert_eq(&end(&attack("panics", Limits::default()).await));
}

#[tokio::test]
async fn a_loop_without_end() {
    let limits = Limits {
        cpu: Duration::from_millis(50),
        ..Limits::default()
    };
    let exceeded = attack("spins", limits)
        .await
        .error
        .unwrap()
        .exceeded
        .unwrap();
    assert_eq!(exceeded.budget, Budget::Cpu);
    assert!(exceeded.used > exceeded.limit, "{exceeded}");
}

#[tokio::test]
async fn a_loop_without_end_ends_with_the_deadline_too() {
    let limits = Limits {
        wall: Duration::from_millis(50),
        ..Limits::default()
    };
    expect![[r#"
        e|An exception occurred while performing the request: the step did not end within 0.05 s
        Exception: Requested (exception)
        Timeout, sent No: the step did not end within 0.05 s
    "#]]
    .assert_eq(&end(&attack("spins", limits).await));
}

#[tokio::test]
async fn calls_without_end() {
    expect![[r#"
        e|An exception occurred while performing the request: the component's calls went deeper than its stack
        Exception: Requested (exception)
        Limit, sent No: the component's calls went deeper than its stack
    "#]].assert_eq(&end(&attack("recurses", Limits::default()).await));
}

#[tokio::test]
async fn memory_without_end() {
    let result = attack("allocates", Limits::default()).await;
    assert_eq!(
        result.error.as_ref().unwrap().kind,
        http_step_host::ErrorKind::Limit
    );
    assert!(result.usage.peak_memory_bytes as u64 <= Limits::default().memory);
    expect![[r#"
        e|An exception occurred while performing the request: the budget `memory` is exceeded: 67174856 of 67108864 bytes
        Exception: Requested (exception)
        Limit, sent No: the budget `memory` is exceeded: 67174856 of 67108864 bytes
    "#]].assert_eq(&end(&result));
}

#[tokio::test]
async fn an_answer_that_breaks_the_contract() {
    expect![[r#"
        e|An exception occurred while performing the request: the component's output `id` is not JSON: expected value at line 1 column 1
        Exception: Requested (exception)
        Trap, sent No: the component's output `id` is not JSON: expected value at line 1 column 1
    "#]]
    .assert_eq(&end(&attack("returns_garbage", Limits::default()).await));
}

#[tokio::test]
async fn a_log_without_end_is_cut_and_the_step_goes_on() {
    let limits = Limits {
        log_kept: 100,
        ..Limits::default()
    };
    let result = attack("floods_the_log", limits).await;
    assert_eq!(
        (result.outcome, result.summary.as_str()),
        (Outcome::Success, "flooded")
    );
    let text = end(&result);
    expect![[r#"
        o|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx¶
        h|
        h|<the log ends here: its limit is 100 bytes>
        Success: flooded
    "#]].assert_eq(&text);
}

#[tokio::test]
async fn a_sandbox_is_empty() {
    let result = attack("tells_all_it_sees", Limits::default()).await;
    expect![[r#"
        o|environment: []
        o|arguments: []
        o|files: none
        o|connection: none
        o|input: "", ended
        o|secret: None¶
        Success: told
    "#]]
    .assert_eq(&end(&result));
}

#[tokio::test]
async fn a_component_reaches_nothing_by_default() {
    let origin = Scripted::nobody().await;
    let job = Job::new(step_file(&format!("get: {origin}/")), Policy::nothing());
    let result = host().run(http_step_tests::reference(), job).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        e|An exception occurred while performing the request: the host does not allow a request to ORIGIN
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule names it; `--allow ORIGIN` would
    "#]].assert_eq(&transcript(&result, &origin));
}

#[tokio::test]
async fn the_step_of_the_contributing_guide() {
    let guide = include_str!("../../CONTRIBUTING.md");
    let shown = guide
        .split("```rust\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let built = include_str!("../guests/examples/smallest.rs")
        .split_once("\n\n")
        .unwrap()
        .1;
    assert_eq!(built.replace("../../wit", "contract"), shown);

    let step = host().load(&guest("smallest")).unwrap();
    let file = step_file("get: https://example.com/${{ property.not_rendered }}");
    let job = Job::new(file, Policy::nothing()).properties([("buildername", "linux")].into());
    let result = host().run(&step, job).await;
    expect![[r#"
        h|"linux" asks for https://example.com/${{ property.not_rendered }}
        Success: Done
    "#]]
    .assert_eq(&transcript(&result, "no origin"));
}

#[tokio::test]
async fn half_a_body_is_not_made_to_look_whole() {
    let (server, kept) = Scripted::keeps_all().await;
    let result = attack_on(&server.origin, "leaves_half_a_body", Limits::default()).await;
    assert_eq!(result.outcome, Outcome::Exception);
    let kept = String::from_utf8(kept.await.unwrap()).unwrap();
    let body = kept.split_once("\r\n\r\n").unwrap().1;
    // No last chunk, of no bytes: that would be the body's end.
    assert_ne!(body, "");
    assert_eq!(body.replace("4\r\nhalf\r\n", ""), "");
}

#[tokio::test]
async fn bodies_that_are_never_sent() {
    let result = attack("hoards_bodies", Limits::default()).await;
    expect![[r#"
        e|An exception occurred while performing the request: the component holds 512 handles, which is its limit
        Exception: Requested (exception)
        Limit, sent No: the component holds 512 handles, which is its limit
    "#]].assert_eq(&end(&result));
}

#[tokio::test]
async fn requests_that_are_none() {
    let service = Service::start(|_| Answer::default()).await;
    let result = attack_on(&service.origin, "asks_oddly", Limits::default()).await;
    expect![[r#"
        o|"Method::Get HOST /": status 200
        o|"Method::Connect HOST /": ErrorCode::HttpRequestUriInvalid
        o|"Method::Trace HOST /": ErrorCode::HttpRequestUriInvalid
        o|"Method::Other(\"A B\") HOST /": can't be asked
        o|"Method::Get user@HOST /": ErrorCode::HttpRequestUriInvalid
        o|"Method::Get @HOST /": ErrorCode::HttpRequestUriInvalid
        o|"Method::Get HOST@evil.example /": ErrorCode::HttpRequestUriInvalid
        o|"Method::Get HOST/@evil.example /": can't be asked
        o|"Method::Get HOST http://evil.example/": can't be asked
        o|"Method::Get HOST //evil.example/": status 200
        o|"Method::Get HOST *": can't be asked
        o|"Method::Get HOST /a b": can't be asked
        o|"Method::Get HOST /\r\nX-Smuggled: 1": can't be asked
        o|"Method::Get  /": can't be asked
        Success: asked
    "#]]
    .assert_eq(&end(&result));
    let asked: Vec<_> = service
        .requests()
        .iter()
        .map(|request| {
            format!(
                "{} {:?}",
                request.line,
                request.header("host") == service.origin.strip_prefix("http://")
            )
        })
        .collect();
    expect![[r#"
        GET / true
        GET //evil.example/ true"#]]
    .assert_eq(&asked.join("\n"));
}
