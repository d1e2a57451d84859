//! `retry` and `idempotency_key`: which requests are sent again, when, and which never are.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use expect_test::expect;
use http::HeaderValue;
use http_step_host::{Attempt, Job, Outcome, Policy, RunResult, Sent};
use http_step_tests::{
    Answer, Guest, Reaction, Recorded, Scripted, Service, answer, bench, error, host, policy,
    redirect, reference, run, run_with, step_file, transcript,
};

/// Without waits.
const RETRY: &str = "retry: {delay: 0}";

/// A service whose first answers have these status codes, and all others 200.
async fn service(statuses: &'static [u16]) -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let mut answer = answer(statuses.get(number).copied().unwrap_or(200));
        *answer.body_mut() = format!("answer {number}").into();
        answer
            .headers_mut()
            .insert("date", HeaderValue::from_static("DATE"));
        answer
    })
    .await
}

/// The attempts, a line each.
fn attempts(result: &RunResult) -> String {
    let line = |attempt: &Attempt| {
        let then = match (attempt.wait_seconds, &attempt.not_retried) {
            (Some(seconds), None) => format!("again after {seconds} s"),
            (None, Some(reason)) => format!("not again: {reason}"),
            (None, None) => "the end".to_owned(),
            (Some(_), Some(_)) => unreachable!("an attempt that is and is not tried again"),
        };
        format!(
            "{:?}, {}, requests: {}; {then}\n",
            attempt.outcome, attempt.summary, attempt.requests
        )
    };
    result.attempts.iter().map(line).collect()
}

#[tokio::test]
async fn a_step_runs_again_until_it_succeeds() {
    let service = service(&[503, 429]).await;
    let step = format!("get: {}/\n{RETRY}", service.origin);
    let result = run(&service.origin, &step).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        e|Status: 503
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 8
        o| ------ Content ------
        o|answer 0¶
        h|
        h|Attempt 1 of 3 failed; trying again in 0.0 s
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        e|Status: 429
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 8
        o| ------ Content ------
        o|answer 1¶
        h|
        h|Attempt 2 of 3 failed; trying again in 0.0 s
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: DATE
        h|	content-length: 8
        o| ------ Content ------
        o|answer 2¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, &service.origin));
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Failure, Status code: 429 (failure), requests: 1; again after 0 s
        Success, Status code: 200, requests: 1; the end
    "#]]
    .assert_eq(&attempts(&result));
    let statuses: Vec<_> = result.ledger.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [Some(503), Some(429), Some(200)]);
    // Those of the last attempt only.
    assert_eq!(result.exchanges.len(), 1);
    assert_eq!((result.usage.requests, service.requests().len()), (3, 3));
}

#[tokio::test]
async fn a_step_without_retry_runs_once() {
    let service = service(&[503]).await;
    let result = run(&service.origin, &format!("get: {}/", service.origin)).await;
    assert_eq!(result.outcome, Outcome::Failure);
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; the end
    "#]]
    .assert_eq(&attempts(&result));
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn the_last_attempt_decides() {
    let service = service(&[503; 3]).await;
    let step = format!("get: {}/\n{RETRY}", service.origin);
    let result = run(&service.origin, &step).await;
    assert_eq!(result.outcome, Outcome::Failure);
    assert_eq!(result.error, None);
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Failure, Status code: 503 (failure), requests: 1; not again: it was the last attempt
    "#]]
    .assert_eq(&attempts(&result));
}

/// A server that counts: over everything that can go wrong, a request that is not idempotent comes
/// once, unless the step file gives it a key, or it did not come at all.
#[tokio::test]
async fn no_request_is_repeated_that_may_have_had_an_effect() {
    let failures = [
        ("503", Reaction::status(503, "")),
        ("429", Reaction::status(429, "Retry-After: 0\r\n")),
        ("closed after the request", Reaction::Closes),
        (
            "closed within the head",
            Reaction::Answers("HTTP/1.1 200 OK\r\nContent-Le".to_owned()),
        ),
        (
            "closed within the body",
            Reaction::Answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour".to_owned()),
        ),
        ("no answer", Reaction::Hangs),
        ("500, which is not listed", Reaction::status(500, "")),
    ];
    let requests = [
        ("GET", ""),
        ("PUT", "data: x"),
        ("DELETE", ""),
        ("POST", "data: x"),
        ("PATCH", "data: x"),
        ("POST", "idempotency_key: auto\ndata: x"),
        (
            "PATCH",
            "headers: {idempotency-key: of the step file}\ndata: x",
        ),
    ];
    let mut table = String::new();
    for (name, failure) in failures {
        for (method, more) in requests {
            let reactions = [failure.clone(), failure.clone(), Reaction::status(200, "")];
            let (server, received) = Scripted::reacts(&reactions).await;
            let step = format!(
                "url: {}/\nmethod: {method}\ntimeout: {{read: 0.2}}\n{RETRY}\n{more}",
                server.origin
            );
            let result = run(&server.origin, &step).await;
            let key = if more.contains("key") {
                " with a key"
            } else {
                ""
            };
            let count = received.lock().unwrap().len();
            assert_eq!(count, result.ledger.len());
            let end = result.attempts.last().unwrap();
            let reason = end.not_retried.as_deref().unwrap_or_default();
            let reason = reason.split([',', ';']).next().unwrap();
            table += &format!(
                "{name}: {method}{key} came {count}: {:?} {reason}\n",
                result.outcome
            );
        }
    }
    expect![[r#"
        503: GET came 3: Success
        503: PUT came 3: Success
        503: DELETE came 3: Success
        503: POST came 1: Failure the server may have processed the POST request
        503: PATCH came 1: Failure the server may have processed the PATCH request
        503: POST with a key came 3: Success
        503: PATCH with a key came 3: Success
        429: GET came 3: Success
        429: PUT came 3: Success
        429: DELETE came 3: Success
        429: POST came 1: Failure the server may have processed the POST request
        429: PATCH came 1: Failure the server may have processed the PATCH request
        429: POST with a key came 3: Success
        429: PATCH with a key came 3: Success
        closed after the request: GET came 3: Success
        closed after the request: PUT came 3: Success
        closed after the request: DELETE came 3: Success
        closed after the request: POST came 1: Exception the server may have processed the POST request
        closed after the request: PATCH came 1: Exception the server may have processed the PATCH request
        closed after the request: POST with a key came 3: Success
        closed after the request: PATCH with a key came 3: Success
        closed within the head: GET came 3: Success
        closed within the head: PUT came 3: Success
        closed within the head: DELETE came 3: Success
        closed within the head: POST came 1: Exception the server may have processed the POST request
        closed within the head: PATCH came 1: Exception the server may have processed the PATCH request
        closed within the head: POST with a key came 3: Success
        closed within the head: PATCH with a key came 3: Success
        closed within the body: GET came 3: Success
        closed within the body: PUT came 3: Success
        closed within the body: DELETE came 3: Success
        closed within the body: POST came 1: Exception the server may have processed the POST request
        closed within the body: PATCH came 1: Exception the server may have processed the PATCH request
        closed within the body: POST with a key came 3: Success
        closed within the body: PATCH with a key came 3: Success
        no answer: GET came 3: Success
        no answer: PUT came 3: Success
        no answer: DELETE came 3: Success
        no answer: POST came 1: Exception the server may have processed the POST request
        no answer: PATCH came 1: Exception the server may have processed the PATCH request
        no answer: POST with a key came 3: Success
        no answer: PATCH with a key came 3: Success
        500, which is not listed: GET came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: PUT came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: DELETE came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: POST came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: PATCH came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: POST with a key came 1: Failure `on` under `retry` does not list this failure
        500, which is not listed: PATCH with a key came 1: Failure `on` under `retry` does not list this failure
    "#]].assert_eq(&table.replace(" \n", "\n"));
}

#[tokio::test]
async fn a_post_that_was_not_sent_is_tried_again() {
    let origin = Scripted::closed_port().await;
    let step = format!("post: {origin}/\ndata: x\n{RETRY}");
    let result = run(&origin, &step).await;
    expect![[r#"
        h|Performing POST request to ORIGIN/
        h|Data:
        h|	x
        e|An exception occurred while performing the request: could not connect to ORIGIN/: connection refused
        h|Attempt 1 of 3 failed; trying again in 0.0 s
        h|Performing POST request to ORIGIN/
        h|Data:
        h|	x
        e|An exception occurred while performing the request: could not connect to ORIGIN/: connection refused
        h|Attempt 2 of 3 failed; trying again in 0.0 s
        h|Performing POST request to ORIGIN/
        h|Data:
        h|	x
        e|An exception occurred while performing the request: could not connect to ORIGIN/: connection refused
        h|Attempt 3 of 3 failed; not tried again: it was the last attempt
        Exception: Requested (exception)
        Connect, sent No: could not connect to ORIGIN: connection refused
    "#]].assert_eq(&transcript(&result, &origin));
    expect![[r#"
        Exception, Requested (exception), requests: 1; again after 0 s
        Exception, Requested (exception), requests: 1; again after 0 s
        Exception, Requested (exception), requests: 1; not again: it was the last attempt
    "#]]
    .assert_eq(&attempts(&result));
}

/// After a redirect from POST to GET, the POST was processed.
#[tokio::test]
async fn all_requests_of_an_attempt_count() {
    let service = Service::start(|request: &Recorded| match request.line.as_str() {
        "POST /" => redirect(303, "/there"),
        _ => answer(503),
    })
    .await;
    let origin = &service.origin;
    let result = run(origin, &format!("post: {origin}/\n{RETRY}")).await;
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 2; not again: the server may have processed the POST request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`
    "#]].assert_eq(&attempts(&result));
    assert_eq!(service.requests().len(), 2);
    let step = format!("post: {origin}/\nidempotency_key: auto\n{RETRY}");
    let result = run(origin, &step).await;
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 2; again after 0 s
        Failure, Status code: 503 (failure), requests: 2; again after 0 s
        Failure, Status code: 503 (failure), requests: 2; not again: it was the last attempt
    "#]]
    .assert_eq(&attempts(&result));
    assert_eq!(service.requests().len(), 2 + 6);
}

/// The key of each request of a run.
fn keys(service: &Service) -> Vec<String> {
    let requests = service.requests();
    let key = |request: &Recorded| {
        let key = request.header("idempotency-key").unwrap_or("none");
        format!("{} {key}", request.line)
    };
    requests.iter().map(key).collect()
}

#[tokio::test]
async fn a_key_is_the_same_in_every_attempt() {
    let service = Service::start(|request: &Recorded| match request.line.as_str() {
        "POST /" => redirect(307, "/there"),
        _ => answer(503),
    })
    .await;
    let origin = &service.origin;
    let step = format!("post: {origin}/\nidempotency_key: auto\nretry: {{attempts: 2, delay: 0}}");
    let first = run(origin, &step).await;
    run(origin, &step).await;
    let keys = keys(&service);
    let (one, other) = keys.split_at(4);
    assert_eq!(one[..2], one[2..]);
    assert_eq!(other[..2], other[2..]);
    let mut all = keys.clone();
    all.sort();
    all.dedup();
    // One for each URL and run.
    assert_eq!(all.len(), 4);
    let rows = first.ledger.iter();
    let recorded: Vec<String> = rows
        .zip(["/", "/there", "/", "/there"])
        .map(|(row, path)| format!("POST {path} {}", row.idempotency_key.as_deref().unwrap()))
        .collect();
    assert_eq!(recorded, one);
}

#[tokio::test]
async fn an_idempotent_request_has_no_key() {
    let service = service(&[]).await;
    let origin = &service.origin;
    run(origin, &format!("get: {origin}/\nidempotency_key: auto")).await;
    run(origin, &format!("post: {origin}/")).await;
    assert_eq!(keys(&service), ["GET / none", "POST / none"]);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let (server, received) = Scripted::reacts(&[
        Reaction::status(503, "Retry-After: 1\r\n"),
        Reaction::status(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        Reaction::status(503, "Retry-After: 3600\r\n"),
    ])
    .await;
    let started = Instant::now();
    let step = format!(
        "get: {}/\nretry: {{attempts: 9, delay: 0, total: 60}}",
        server.origin
    );
    let result = run(&server.origin, &step).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; again after 1 s
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Failure, Status code: 503 (failure), requests: 1; not again: the server asks to wait for 3600 s"#]].assert_eq(attempts(&result).split(", and ").next().unwrap());
    assert_eq!(received.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn an_attempt_has_its_own_time_and_all_have_one() {
    let (server, received) = Scripted::reacts(&[Reaction::Hangs]).await;
    let origin = &server.origin;
    let step = format!("get: {origin}/\ntimeout: {{total: 0.2}}\nretry: {{attempts: 3, delay: 0}}");
    let result = run(origin, &step).await;
    expect![[r#"
        Exception, Requested (exception), requests: 1; again after 0 s
        Exception, Requested (exception), requests: 1; again after 0 s
        Exception, Requested (exception), requests: 1; not again: it was the last attempt
    "#]]
    .assert_eq(&attempts(&result));
    expect!["Exception, Timeout, sent Unknown: the step did not end within 0.2 s; `total` under `timeout:` of the step file gives it longer"].assert_eq(&error(&result, origin));
    assert_eq!(received.lock().unwrap().len(), 3);

    let step = format!("get: {origin}/\nretry: {{attempts: 3, delay: 0, total: 0.2}}");
    let result = run(origin, &step).await;
    expect![[r#"
        Exception, Requested (exception), requests: 1; not again: no time is left for another attempt
    "#]].assert_eq(&attempts(&result));
    expect!["Exception, Timeout, sent Unknown: the step did not end within 0.2 s; `total` under `retry:` of the step file gives it longer"].assert_eq(&error(&result, origin));
    assert_eq!(received.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_step_that_is_stopped_while_it_waits() {
    let (server, received) =
        Scripted::reacts(&[Reaction::status(503, "Retry-After: 60\r\n")]).await;
    let policy = Policy::nothing().allow(server.origin.parse().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let sink = move |_, text: &str| {
        if text.contains("trying again in 60 s") {
            stop.take().unwrap().send(()).unwrap();
        }
    };
    let file = step_file(&format!("get: {}/\n{RETRY}", server.origin));
    let job = Job::new(file, policy).sink(sink);
    let started = Instant::now();
    let result = host()
        .run_until(reference(), job, async {
            if stopped.await.is_err() {
                pending().await
            }
        })
        .await;
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(result.outcome, Outcome::Cancelled);
    assert_eq!(result.error.as_ref().unwrap().sent, Sent::Yes);
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; the end
    "#]]
    .assert_eq(&attempts(&result));
    assert_eq!(received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn attempts_share_the_budgets() {
    let service = service(&[503; 9]).await;
    let step = format!("get: {}/\nretry: {{attempts: 9, delay: 0}}", service.origin);
    let result = run_with(&service.origin, &step, |job| {
        job.limits(http_step_host::Limits {
            requests: 2,
            ..Default::default()
        })
    })
    .await;
    expect!["Exception, Limit, sent Yes: the limit `requests` is exceeded: 3 of 2; set `requests` under `limits:` in the policy"].assert_eq(&error(&result, &service.origin));
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Failure, Status code: 503 (failure), requests: 1; again after 0 s
        Exception, Requested (exception), requests: 0; not again: this failure is not temporary
    "#]]
    .assert_eq(&attempts(&result));
    assert_eq!(service.requests().len(), 2);
}

/// The memory of an instance is free for the next one.
#[tokio::test]
async fn each_attempt_may_use_the_memory() {
    let service = service(&[503; 9]).await;
    let body = "x".repeat(512 << 10);
    let step = |attempts: u32| {
        let origin = &service.origin;
        format!("put: {origin}/\nretry: {{attempts: {attempts}, delay: 0}}\ndata: {body}")
    };
    let once = run(&service.origin, &step(1)).await;
    let peak = once.usage.peak_memory_bytes as u64;
    let limits = http_step_host::Limits {
        memory: peak + peak / 2,
        ..Default::default()
    };
    let result = run_with(&service.origin, &step(5), |job| job.limits(limits)).await;
    assert_eq!(result.error, None);
    assert_eq!(result.attempts.len(), 5);
}

/// A component that posts to one URL twice could do so in another order in the next attempt.
#[tokio::test]
async fn requests_that_can_not_be_told_apart_are_not_repeated() {
    let count = AtomicUsize::new(0);
    let service = Service::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => redirect(307, "/"),
        _ => answer(503),
    })
    .await;
    let origin = &service.origin;
    let step = format!("post: {origin}/\nidempotency_key: auto\n{RETRY}");
    let result = run(origin, &step).await;
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 2; not again: the server may have processed the POST request, which can't be told from another one to the same URL by its key
    "#]].assert_eq(&attempts(&result));
    let keys = keys(&service);
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

/// A redirect to a URL with a signature, which is another one in each attempt.
#[tokio::test]
async fn a_request_that_differs_is_refused() {
    let count = AtomicUsize::new(0);
    let service = Service::start(move |request: &Recorded| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        match request.line.as_str() {
            "POST /" => redirect(307, &format!("/?signature={number}")),
            _ => answer(503),
        }
    })
    .await;
    let origin = &service.origin;
    let step = format!("post: {origin}/\nidempotency_key: auto\n{RETRY}");
    let result = run(origin, &step).await;
    expect!["Exception, InvalidSpec, sent Yes: this POST request differs from those of the attempt before, which may have had an effect"].assert_eq(&error(&result, origin));
    expect![[r#"
        Failure, Status code: 503 (failure), requests: 2; again after 0 s
        Exception, Requested (exception), requests: 2; not again: this failure is not temporary
    "#]]
    .assert_eq(&attempts(&result));
    let lines = service.requests().into_iter().map(|it| it.line);
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["POST /", "POST /?signature=0", "POST /"]
    );
}

#[tokio::test]
async fn what_is_not_temporary_is_not_tried_again() {
    let service = service(&[404]).await;
    let origin = &service.origin;
    let mut text = String::new();
    for step in [
        format!("get: {origin}/"),
        "get: https://not-allowed.test/".to_owned(),
        format!("get: {origin}/${{{{ property.none }}}}"),
    ] {
        let result = run(origin, &format!("{step}\n{RETRY}")).await;
        text += &attempts(&result);
    }
    let file = step_file(&format!("get: {origin}/\n{RETRY}"));
    let step = bench().host.load(&Guest::Panics.wasm()).unwrap();
    let job = Job::new(file, policy(&format!("allow: ['{origin}']")));
    text += &attempts(&bench().host.run(&step, job).await);
    expect![[r#"
        Failure, Status code: 404 (failure), requests: 1; not again: `on` under `retry` does not list this failure
        Denied, Requested (denied), requests: 1; the end
        Exception, Requested (exception), requests: 0; not again: this failure is not temporary
        Exception, Requested (exception), requests: 0; not again: this failure is not temporary
    "#]].assert_eq(&text);
    assert_eq!(service.requests().len(), 1);
}

/// The host's requests for tokens are not the step's.
#[tokio::test]
async fn a_token_can_be_requested_again() {
    let count = AtomicUsize::new(0);
    let service = Service::start(move |request: &Recorded| {
        if request.line == "POST /token" {
            let body = r#"{"access_token": "a-token-of-the-service", "token_type": "bearer"}"#;
            return Answer::new(body.into());
        }
        let is_early = count.fetch_add(1, Ordering::Relaxed) < 2;
        answer(if is_early { 502 } else { 200 })
    })
    .await;
    let origin = &service.origin;
    let step = format!(
        "get: {origin}/\n{RETRY}\nauth: {{oauth2: {{token_url: {origin}/token, client_id: ci, client_secret: made-up}}}}"
    );
    let result = run(origin, &step).await;
    let lines: Vec<String> = service.requests().into_iter().map(|it| it.line).collect();
    assert_eq!(lines, ["POST /token", "GET /", "GET /", "GET /"]);
    assert_eq!(result.outcome, Outcome::Success);
}

#[tokio::test]
async fn a_dry_run_is_made_once() {
    let service = service(&[]).await;
    let step = format!("post: {}/\nidempotency_key: auto\n{RETRY}", service.origin);
    let result = run_with(&service.origin, &step, Job::dry_run).await;
    expect![[r#"
        Success, Dry run: nothing was sent, requests: 1; the end
    "#]]
    .assert_eq(&attempts(&result));
    assert_eq!(service.requests().len(), 0);
}
