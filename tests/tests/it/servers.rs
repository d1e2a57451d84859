//! Servers that are slow, broken or hostile: each ends in a result that says
//! what failed and where.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use http_step_host::{Job, Limits, Outcome, Policy, RunResult, Sent, Stream};
use http_step_tests::{
    Answer, Scripted, Service, host, host_builder, reference, reference_of, run, run_with,
    step_file, transcript,
};
use tokio::task::JoinSet;

async fn get(origin: &str) -> RunResult {
    run(origin, &format!("get: {origin}/")).await
}

/// The error of a GET that gets these bytes before the connection ends.
async fn error_after(answer: impl Into<Vec<u8>>) -> String {
    let server = Scripted::closes_after(answer).await;
    error(&get(&server.origin).await, &server.origin)
}

fn error(result: &RunResult, origin: &str) -> String {
    assert_eq!(result.outcome, Outcome::Exception, "{result:#?}");
    let error = result.error.as_ref().unwrap();
    format!("{:?}, sent {:?}: {}", error.kind, error.sent, error.message).replace(origin, "ORIGIN")
}

#[tokio::test]
async fn a_hundred_steps_one_connection() {
    let service = Service::start(|_| Answer::new("ok".into())).await;
    for _ in 0..100 {
        let step = format!("post: {}/\njson: {{a: 1}}", service.origin);
        assert_eq!(run(&service.origin, &step).await.outcome, Outcome::Success);
    }
    assert_eq!(service.requests().len(), 100);
    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn connection_refused() {
    let origin = Scripted::closed_port().await;
    let result = get(&origin).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        e|An exception occurred while performing the request: could not connect to ORIGIN/: connection refused
        Exception: Requested (exception)
        Connect, sent No: could not connect to ORIGIN: connection refused
    "#]].assert_eq(&transcript(&result, &origin));
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer() {
    expect!["Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed"].assert_eq(&error_after("").await);
}

#[tokio::test]
async fn a_response_that_is_not_http() {
    expect!["Protocol, sent Yes: ORIGIN answered with something that is not HTTP: invalid HTTP version parsed"].assert_eq(&error_after("SSH-2.0-OpenSSH_9.6\r\n").await);
}

#[tokio::test]
async fn a_truncated_body() {
    let server = Scripted::closes_after(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello",
    )
    .await;
    let result = get(&server.origin).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	content-type: text/plain
        h|	content-length: 10
        o| ------ Content ------
        o|hello
        e|An exception occurred while performing the request: the response of ORIGIN/ ended after 5 bytes: incomplete HTTP response
        Exception: Requested (exception)
        Protocol, sent Yes: the response of ORIGIN ended after 5 bytes of its body: end of file before message length reached
    "#]].assert_eq(&transcript(&result, &server.origin));
}

#[tokio::test]
async fn an_invalid_chunk() {
    let error =
        error_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnope\r\n")
            .await;
    expect!["Protocol, sent Yes: the response of ORIGIN ended after 5 bytes of its body: Invalid chunk size line: missing size digit"].assert_eq(&error);
}

#[tokio::test]
async fn two_content_lengths() {
    let error =
        error_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
            .await;
    expect!["Protocol, sent Yes: ORIGIN answered with something that is not HTTP: invalid content-length parsed"].assert_eq(&error);
}

#[tokio::test]
async fn a_content_length_that_is_too_short_ends_the_body_there() {
    let server =
        Scripted::closes_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more").await;
    let result = get(&server.origin).await;
    assert_eq!(result.outcome, Outcome::Success);
    assert_eq!(result.usage.bytes_received, 5);
}

#[tokio::test]
async fn a_mebibyte_of_headers() {
    let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
    for index in 0..1024 {
        answer.extend(format!("X-Header-{index}: {}\r\n", "x".repeat(1000)).bytes());
    }
    answer.extend(b"\r\n");
    expect!["Protocol, sent Yes: ORIGIN answered with something that is not HTTP: its header is larger than 256 fields or 131072 bytes"].assert_eq(&error_after(answer).await);
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let server = Scripted::hangs_after("").await;
    let step = format!("get: {}/\ntimeout: {{read: 0.05}}", server.origin);
    let result = run(&server.origin, &step).await;
    expect!["Timeout, sent Unknown: ORIGIN did not answer within 0.05 s"]
        .assert_eq(&error(&result, &server.origin));
}

#[tokio::test]
async fn a_server_that_stops_in_the_body() {
    let server = Scripted::hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await;
    let step = format!("get: {}/\ntimeout: {{read: 0.5}}", server.origin);
    let result = run(&server.origin, &step).await;
    expect!["Timeout, sent Yes: the response of ORIGIN stopped: nothing came for 0.5 s"]
        .assert_eq(&error(&result, &server.origin));
}

#[tokio::test]
async fn a_step_has_a_total_deadline() {
    let server = Scripted::hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await;
    let step = format!("get: {}/\ntimeout: {{total: 1}}", server.origin);
    let result = run(&server.origin, &step).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	content-length: 10
        o| ------ Content ------
        o|hello¶
        e|
        e|An exception occurred while performing the request: the step did not end within 1 s; `total` under `timeout:` of the step file gives it longer
        Exception: Requested (exception)
        Timeout, sent Yes: the step did not end within 1 s; `total` under `timeout:` of the step file gives it longer
    "#]]
    .assert_eq(&transcript(&result, &server.origin));

    let step = format!("get: {}/", server.origin);
    let limits = Limits {
        wall: Duration::from_secs(1),
        ..Limits::default()
    };
    let result = run_with(&server.origin, &step, |job| job.limits(limits)).await;
    expect!["Timeout, sent Yes: the step did not end within 1 s; `--timeout` gives it longer, or `wall` under `limits:` of a policy"]
        .assert_eq(&error(&result, &server.origin));
}

#[tokio::test]
async fn an_early_answer_is_not_lost_and_does_not_deadlock() {
    // It responds without reading the body, which is larger than all buffers.
    let server = Scripted::hangs_after(
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much",
    )
    .await;
    let body = "x".repeat(8 << 20);
    let step = format!("post: {}/\ndata: ${{{{ property.body }}}}", server.origin);
    let result = run_with(&server.origin, &step, |job| {
        job.properties([("body", body.as_str())].into())
    })
    .await;
    assert_eq!(
        (result.outcome, result.summary.as_str()),
        (Outcome::Failure, "Status code: 413 (failure)"),
        "{:?}",
        result.error
    );
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let server = Scripted::closes_after("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    for _ in 0..20 {
        let result = get(&server.origin).await;
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    }
}

#[tokio::test]
async fn informational_responses_are_skipped() {
    let server = Scripted::closes_after(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    )
    .await;
    assert_eq!(get(&server.origin).await.summary, "Status code: 204");
}

#[tokio::test]
async fn a_stop_aborts_the_request_and_keeps_the_log() {
    let server = Scripted::hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut stop = Some(stop);
    let origin = &server.origin;
    let policy = Policy::nothing().allow(origin.parse().unwrap());
    let job = Job::new(step_file(&format!("get: {origin}/")), policy)
        // Stop once the body has started to arrive.
        .sink(move |_: Stream, text: &str| {
            if text.contains("hello")
                && let Some(stop) = stop.take()
            {
                let _ = stop.send(());
            }
        });
    let stop = async {
        let _ = stopped.await;
    };
    let result = host().run_until(reference(), job, stop).await;
    assert_eq!(result.error.as_ref().unwrap().sent, Sent::Yes);
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	content-length: 10
        o| ------ Content ------
        o|hello¶
        e|
        e|An exception occurred while performing the request: the step was stopped
        Cancelled: Requested (cancelled)
        Cancelled, sent Yes: the step was stopped
    "#]]
    .assert_eq(&transcript(&result, origin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_host_queues_steps() {
    let service = Service::start(|_| Answer::default()).await;
    let host = Arc::new(host_builder().concurrency(2).build().unwrap());
    let step = reference_of(&host);
    let mut runs = JoinSet::new();
    for _ in 0..50 {
        let (host, step) = (Arc::clone(&host), step.clone());
        let policy = Policy::nothing().allow(service.origin.parse().unwrap());
        let job = Job::new(step_file(&format!("get: {}/", service.origin)), policy);
        runs.spawn(async move { host.run(&step, job).await });
    }
    for result in runs.join_all().await {
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    }
    assert_eq!(service.requests().len(), 50);
}

#[tokio::test]
async fn queueing_counts_against_the_wall_time() {
    let silent = Scripted::hangs_after("").await;
    let service = Service::start(|_| Answer::default()).await;
    let host = host_builder().concurrency(1).build().unwrap();
    let step = reference_of(&host);
    let run = |origin: &str, more: &str| {
        let policy = Policy::nothing().allow(origin.parse().unwrap());
        host.run(
            &step,
            Job::new(step_file(&format!("get: {origin}/\n{more}")), policy),
        )
    };
    let (_, second) = tokio::join!(
        run(&silent.origin, "timeout: {total: 1}"),
        run(&service.origin, "")
    );
    assert_eq!(second.outcome, Outcome::Success, "{:?}", second.error);
    assert!(second.usage.wall_seconds > 0.5, "{:?}", second.usage);
}

#[tokio::test]
async fn a_step_beyond_the_queue_fails_at_once() {
    let service = Service::start(|_| Answer::default()).await;
    let host = host_builder().concurrency(1).queue(1).build().unwrap();
    let step = reference_of(&host);
    let run = || {
        let policy = Policy::nothing().allow(service.origin.parse().unwrap());
        let file = step_file(&format!("get: {}/", service.origin));
        host.run(&step, Job::new(file, policy))
    };
    let (first, second, third) = tokio::join!(run(), run(), run());
    assert_eq!(first.outcome, Outcome::Success, "{:?}", first.error);
    assert_eq!(second.outcome, Outcome::Success, "{:?}", second.error);
    expect![[r#"
        e|An exception occurred while performing the request: the host is overloaded: it runs 1 at a time, and 1 are queued; try again later
        Exception: Requested (exception)
        Overloaded, sent No: the host is overloaded: it runs 1 at a time, and 1 are queued; try again later
    "#]]
    .assert_eq(&transcript(&third, &service.origin));
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn memory_is_reserved_for_steps() {
    let service = Service::start(|_| Answer::default()).await;
    let host = host_builder().memory(100 << 20).queue(1).build().unwrap();
    let step = reference_of(&host);
    let run = |memory| {
        let policy = Policy::nothing().allow(service.origin.parse().unwrap());
        let limits = Limits {
            memory,
            ..Limits::default()
        };
        let file = step_file(&format!("get: {}/", service.origin));
        host.run(&step, Job::new(file, policy).limits(limits))
    };
    // They start in this order, and the first does not end before the last has started.
    let (first, second, third, fourth) =
        tokio::join!(run(64 << 20), run(36 << 20), run(64 << 20), run(1 << 20));
    for result in [first, second, third] {
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    }
    let too_much = run(101 << 20).await;
    let report = [fourth, too_much].map(|result| transcript(&result, &service.origin));
    expect![[r#"
        e|An exception occurred while performing the request: the host is overloaded: the running steps have reserved its 100 MiB of memory, and 1 are queued; try again later
        Exception: Requested (exception)
        Overloaded, sent No: the host is overloaded: the running steps have reserved its 100 MiB of memory, and 1 are queued; try again later
        e|An exception occurred while performing the request: the limit `memory` of this step is 101 MiB, and this host gives all steps together 100 MiB; set `memory` in `limits` of the policy to less
        Exception: Requested (exception)
        Limit, sent No: the limit `memory` of this step is 101 MiB, and this host gives all steps together 100 MiB; set `memory` in `limits` of the policy to less
    "#]].assert_eq(&report.concat());
    assert_eq!(service.requests().len(), 3);
    assert_eq!(host.resources().memory, 0);
}

#[tokio::test]
async fn an_enormous_time_limit_is_no_limit() {
    let service = Service::start(|_| Answer::default()).await;
    let limits = Limits {
        wall: Duration::MAX,
        cpu: Duration::MAX,
        connect: Duration::MAX,
        read: Duration::MAX,
        ..Limits::default()
    };
    let step = format!("get: {}/", service.origin);
    let result = run_with(&service.origin, &step, |job| job.limits(limits)).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
}
