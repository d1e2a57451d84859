//! The step files of `examples/`: each runs as its comment says, and the documentation shows it.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::HeaderValue;
use http_step_host::{Outcome, Properties, RunResult};
use http_step_tests::{Service, answer, bench, run_with};
use serde_json::json;

const DOCUMENTATION: &str = concat!(
    include_str!("../../../docs/step-file.md"),
    include_str!("../../../docs/expectations.md"),
);

/// Run an example against a service.
async fn run(example: &str, service: &Service, version: &str) -> RunResult {
    assert!(
        DOCUMENTATION.contains(&format!("```yaml\n{example}```\n")),
        "{example}"
    );
    let properties = Properties::from([
        ("service", json!(service.origin)),
        ("version", json!(version)),
    ]);
    run_with(&service.origin, example, |job| job.properties(properties)).await
}

#[tokio::test]
async fn retry() {
    let count = AtomicUsize::new(0);
    let service = Service::start(move |_| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        answer(if is_first { 500 } else { 200 })
    })
    .await;
    let result = run(
        include_str!("../../../examples/retry.yaml"),
        &service,
        "1.2",
    )
    .await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, r#"{"tag":"v1.2"}"#);
    assert_eq!(requests[0].body, requests[1].body);
    let key = |number: usize| requests[number].header("idempotency-key").unwrap();
    assert_eq!(key(0), key(1));
}

#[tokio::test]
async fn health() {
    let issued = bench().authority.issue("one.test");
    let service = Service::start_tls(issued.server().acceptor(), |_| {
        let mut response = answer(200);
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert("content-type", json);
        response
    })
    .await;
    let example = include_str!("../../../examples/health.yaml");
    assert!(DOCUMENTATION.contains(&format!("```yaml\n{example}```\n")));
    let origin = format!("https://one.test:{}", service.port);
    let policy = format!("allow: [{{origin: '{origin}', networks: [127.0.0.0/8]}}]");
    let properties = Properties::from([("service", json!(origin))]);
    let result = bench()
        .run_with(&policy, example, |job| job.properties(properties))
        .await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    assert_eq!(result.checks.len(), 5);
}

#[tokio::test]
async fn wait() {
    let service = Service::start(|_| {
        let mut response = answer(200);
        let version = HeaderValue::from_static("1.2");
        response.headers_mut().insert("x-version", version);
        response
    })
    .await;
    let example = include_str!("../../../examples/wait.yaml");
    let result = run(example, &service, "1.2").await;
    assert_eq!(
        (result.outcome, result.attempts.len()),
        (Outcome::Success, 1),
        "{result:#?}"
    );
}
