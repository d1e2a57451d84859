//! Components that are no steps, and steps that misbehave. After each, the same
//! host runs a well-behaved one.

use std::time::Duration;

use expect_test::expect;
use http_step_host::{Job, Limits, Outcome, Policy, RunResult};
use http_step_tests::{Answer, Scripted, Service, guest, host, run, step_file, transcript};

fn load_error(wasm: &[u8]) -> String {
    match host().load(wasm) {
        Ok(_) => panic!("it is loaded"),
        Err(error) => error.to_string(),
    }
}

/// Run a component of `guests/`, then a well-behaved step in the same host.
async fn attack(name: &str, limits: Limits) -> RunResult {
    let step = host().load(&guest(name)).unwrap();
    let job = Job::new(step_file("get: http://127.0.0.1:9/"), Policy::nothing()).limits(limits);
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
    expect![[""]].assert_eq(&load_error(b""));
    expect![[""]].assert_eq(&load_error(b"#!/bin/sh\n"));
    expect![[""]].assert_eq(&load_error(b"\0asm\x01\0\0\0"));
    expect![[""]].assert_eq(&load_error(b"\0asm\x0d\0\x01\0\xff"));
}

#[test]
fn what_is_no_step() {
    expect![[""]].assert_eq(&load_error(&guest("exports_nothing")));
    expect![[""]].assert_eq(&load_error(&guest("imports_more")));
}

#[tokio::test]
async fn a_trap() {
    expect![[""]].assert_eq(&end(&attack("traps", Limits::default()).await));
}

#[tokio::test]
async fn a_panic_with_its_words() {
    expect![[""]].assert_eq(&end(&attack("panics", Limits::default()).await));
}

#[tokio::test]
async fn a_loop_without_end() {
    let limits = Limits {
        cpu: Duration::from_millis(50),
        ..Limits::default()
    };
    expect![[""]].assert_eq(&end(&attack("spins", limits).await));
}

#[tokio::test]
async fn a_loop_without_end_ends_with_the_deadline_too() {
    let limits = Limits {
        wall: Duration::from_millis(50),
        ..Limits::default()
    };
    expect![[""]].assert_eq(&end(&attack("spins", limits).await));
}

#[tokio::test]
async fn calls_without_end() {
    expect![[""]].assert_eq(&end(&attack("recurses", Limits::default()).await));
}

#[tokio::test]
async fn memory_without_end() {
    let result = attack("allocates", Limits::default()).await;
    assert_eq!(result.error.as_ref().unwrap().kind, http_step_host::ErrorKind::Limit);
    assert!(result.usage.peak_memory_bytes <= Limits::default().memory);
    expect![[""]].assert_eq(&end(&result));
}

#[tokio::test]
async fn an_answer_that_breaks_the_contract() {
    expect![[""]].assert_eq(&end(&attack("returns_garbage", Limits::default()).await));
}

#[tokio::test]
async fn a_log_without_end_is_cut_and_the_step_goes_on() {
    let limits = Limits {
        log: 100,
        ..Limits::default()
    };
    let result = attack("floods_the_log", limits).await;
    assert_eq!((result.outcome, result.summary.as_str()), (Outcome::Success, "flooded"));
    let text = end(&result);
    expect![[""]].assert_eq(&text);
}

#[tokio::test]
async fn a_sandbox_is_empty() {
    let result = attack("tells_all_it_sees", Limits::default()).await;
    expect![[""]].assert_eq(&end(&result));
}

#[tokio::test]
async fn a_component_reaches_nothing_by_default() {
    let origin = Scripted::nobody().await;
    let job = Job::new(step_file(&format!("get: {origin}/")), Policy::nothing());
    let result = host().run(http_step_tests::reference(), job).await;
    expect![[""]].assert_eq(&transcript(&result, &origin));
}
