//! `until`: a step that repeats its request, and how that ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use http::HeaderValue;
use http_step_host::Outcome;
use http_step_tests::{Reaction, Scripted, Service, answer, error, run, transcript};

use super::checks;

/// A service that is ready at the third request.
async fn ready_at_the_third() -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let mut response = answer([404, 503].get(number).copied().unwrap_or(200));
        let date = HeaderValue::from_static("DATE");
        response.headers_mut().insert("date", date);
        response
    })
    .await
}

#[tokio::test]
async fn a_step_waits_until_the_response_is_as_expected() {
    let service = ready_at_the_third().await;
    let step = format!(
        "get: {}/\nuntil: {{status: 200}}\nevery: 0.01\n",
        service.origin
    );
    let result = run(&service.origin, &step).await;
    expect![[r#"
        Success: Status code: 200
          Passed by Host: until.status at 2:9: expected 200, found 200
    "#]]
    .assert_eq(&checks(&result, &service.origin));
    assert_eq!((result.attempts.len(), service.requests().len()), (3, 3));
    let waits: Vec<_> = result.attempts.iter().map(|it| it.wait_seconds).collect();
    assert_eq!(waits, [Some(0.01), Some(0.01), None]);
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        e|Status: 404
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 0
        o| ------ Content ------
        e|Not met: until.status (line 2), expected: 200, found: 404
        h|Attempt 1: `until` is not met; trying again in 0.0 s
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        e|Status: 503
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 0
        o| ------ Content ------
        e|Not met: until.status (line 2), expected: 200, found: 503
        h|Attempt 2: `until` is not met; trying again in 0.0 s
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 0
        o| ------ Content ------
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, &service.origin));
}

#[tokio::test]
async fn how_waiting_ends() {
    let mut report = String::new();
    for step in [
        // In time, and as expected.
        "until: {status: 200}\nevery: 0.01",
        // In time, and not as expected: it is not repeated.
        "until: {status: 503}\nevery: 0.01\nexpect: {headers: {x-none: {exists: true}}}",
        // Without `until.status`, a status below 400 is waited for.
        "until: {headers: {x-none: {exists: false}}}\nevery: 0.01",
        // Not in time.
        "until: {status: 201}\nevery: 0.1\nwithin: 0.25",
        // A POST is not repeated, without a key.
        "method: POST\nuntil: {status: 200}\nevery: 0.01",
        "method: POST\nidempotency_key: auto\nuntil: {status: 200}\nevery: 0.01",
    ] {
        let service = ready_at_the_third().await;
        let method = if step.contains("method") {
            "url"
        } else {
            "get"
        };
        let file = format!("{method}: {}/\n{step}\n", service.origin);
        let result = run(&service.origin, &file).await;
        let last = result.attempts.last().unwrap();
        let ended = last.not_retried.as_deref().unwrap_or("met");
        // How many there are in a time depends on the machine.
        let requests = match step.contains("within") {
            true => "Some".to_owned(),
            false => service.requests().len().to_string(),
        };
        report.push_str(&format!(
            "{}\n{requests} requests, {ended}; {}",
            step.replace('\n', " | "),
            checks(&result, &service.origin)
        ));
    }
    expect![[r#"
        until: {status: 200} | every: 0.01
        3 requests, met; Success: Status code: 200
          Passed by Host: until.status at 2:9: expected 200, found 200
        until: {status: 503} | every: 0.01 | expect: {headers: {x-none: {exists: true}}}
        2 requests, met; Failure: Status code: 503, 1 of 2 expectations not met
          Passed by Host: until.status at 2:9: expected 503, found 503
          Failed by Host: expect.headers.x-none at 4:20: expected any value, found nothing
        until: {headers: {x-none: {exists: false}}} | every: 0.01
        3 requests, met; Success: Status code: 200
          Passed by Host: until.headers.x-none at 2:19: expected nothing, found nothing
        until: {status: 201} | every: 0.1 | within: 0.25
        Some requests, it is not met within 0.2 s; Failure: Status code: 200, 1 of 1 expectations not met
          Failed by Host: until.status at 2:9: expected 201, found 200
        method: POST | until: {status: 200} | every: 0.01
        1 requests, the server may have processed the POST request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`; Failure: Status code: 404, 1 of 1 expectations not met
          Failed by Host: until.status at 3:9: expected 200, found 404
        method: POST | idempotency_key: auto | until: {status: 200} | every: 0.01
        3 requests, met; Success: Status code: 200
          Passed by Host: until.status at 4:9: expected 200, found 200
    "#]].assert_eq(&report);
}

/// A service that is not there yet refuses connections or closes them.
#[tokio::test]
async fn a_step_waits_for_a_service_to_start() {
    let (service, _) = Scripted::reacts(&[
        Reaction::Closes,
        Reaction::status(503, ""),
        Reaction::status(200, ""),
    ])
    .await;
    let step = format!(
        "get: {}/\nuntil: {{status: 200}}\nevery: 0.01\n",
        service.origin
    );
    let result = run(&service.origin, &step).await;
    assert_eq!(
        (result.outcome, result.attempts.len()),
        (Outcome::Success, 3),
        "{result:#?}"
    );
    let unknown = run(
        "https://nowhere.test",
        "get: https://nowhere.test/\nuntil: {status: 200}\nevery: 0.01\n",
    )
    .await;
    expect!["Exception, Dns, sent No: could not resolve nowhere.test: failed to lookup address information: Name or service not known"].assert_eq(&error(&unknown, "none"));
    assert_eq!(unknown.attempts.len(), 1);
}
