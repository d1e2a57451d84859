//! HTTP/2: when it is used, what is shared, and how connections end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use expect_test::expect;
use http::{HeaderMap, HeaderValue, Response, Version};
use http_step_host::{Addresses, ConnectionUse, Outcome, Protocol, Resolve, RunResult, Stage};
use http_step_tests::{
    Answer, Bench, Guest, Requested, Service, Streams, bench, error, transcript,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Semaphore};
use tokio_rustls::TlsAcceptor;

const NAME: &str = "one.test";

fn origin(port: u16) -> String {
    format!("https://{NAME}:{port}")
}

fn policy(port: u16) -> String {
    format!("allow: ['{}']\nnetworks: [127.0.0.0/8]", origin(port))
}

/// A TLS acceptor that offers HTTP/2.
fn acceptor(bench: &Bench) -> TlsAcceptor {
    bench.authority.issue(NAME).server().http2().acceptor()
}

#[tokio::test]
async fn http2_is_used_with_servers_that_offer_it() {
    let bench = bench();
    let service = Service::start_tls(acceptor(bench), |_| Answer::new("ok".into())).await;
    let origin = origin(service.port);
    let step = format!("post: {origin}/path?q=1\ndata: {{a: b}}");
    let result = bench.run(&policy(service.port), &step).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(result.ledger[0].protocol, Some(Protocol::Http2));

    let request = service.requests().remove(0);
    assert_eq!(request.version, Version::HTTP_2);
    // The authority is in the line, where `:authority` stands for `Host`.
    expect![[r#"
        POST ORIGIN/path?q=1
        content-type: application/x-www-form-urlencoded
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 3
        a=b"#]]
    .assert_eq(
        &format!(
            "{}\n{}\n{}",
            request.line,
            request.headers.join("\n"),
            String::from_utf8_lossy(&request.body)
        )
        .replace(&origin, "ORIGIN"),
    );
}

#[tokio::test]
async fn http1_is_used_with_other_servers() {
    let bench = bench();
    let acceptor = bench.authority.issue(NAME).server().acceptor();
    let service = Service::start_tls(acceptor, |_| Answer::new("ok".into())).await;
    let step = format!("get: {}/", origin(service.port));
    let result = bench.run(&policy(service.port), &step).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(result.ledger[0].protocol, Some(Protocol::Http1));
    let request = service.requests().remove(0);
    assert_eq!(request.version, Version::HTTP_11);
    let host = format!("{NAME}:{}", service.port);
    assert_eq!(request.header("host"), Some(host.as_str()));
}

#[tokio::test]
async fn fifty_steps_at_a_time_share_a_connection() {
    let bench = bench();
    let together = Arc::new(Barrier::new(50));
    let server = Streams::start(acceptor(bench), move |mut requested: Requested| {
        let together = Arc::clone(&together);
        async move {
            if requested.request.uri().path() == "/together" {
                together.wait().await;
            }
            requested
                .respond
                .send_response(Response::new(()), true)
                .unwrap();
        }
    })
    .await;
    let origin = origin(server.port);
    let policy = policy(server.port);
    bench.run(&policy, &format!("get: {origin}/first")).await;

    let step = format!("get: {origin}/together");
    let runs = (0..50).map(|_| bench.run(&policy, &step));
    for result in all(runs).await {
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
        assert_eq!(result.ledger[0].connection, Some(ConnectionUse::Reused));
    }
    assert_eq!(server.accepted(), 1);
}

/// Run several futures concurrently, and wait for all.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut is_done = true;
        for (future, output) in &mut futures {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

#[tokio::test]
async fn empty_frames_and_trailers_are_not_part_of_a_body() {
    let bench = bench();
    let server = Streams::start(acceptor(bench), |mut requested: Requested| async move {
        let mut head = Response::new(());
        let text = HeaderValue::from_static("text/plain");
        head.headers_mut().insert("content-type", text);
        let mut body = requested.respond.send_response(head, false).unwrap();
        for piece in ["", "", "one ", "", "two", "", ""] {
            body.send_data(Bytes::from(piece), false).unwrap();
        }
        let mut trailers = HeaderMap::new();
        trailers.insert("x-checksum", HeaderValue::from_static("1234"));
        body.send_trailers(trailers).unwrap();
    })
    .await;
    let origin = origin(server.port);
    let result = bench
        .run(&policy(server.port), &format!("get: {origin}/"))
        .await;
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
        o| ------ Content ------
        o|one two¶
        Success: Status code: 200
    "#]]
    .assert_eq(&transcript(&result, &origin));
    assert_eq!(result.usage.bytes_received, 7);
}

#[tokio::test]
async fn empty_frames_do_not_count_as_progress() {
    const OFTEN: Duration = Duration::from_millis(20);
    let bench = bench();
    let server = Streams::start(acceptor(bench), |mut requested: Requested| async move {
        let respond = &mut requested.respond;
        let mut body = respond.send_response(Response::new(()), false).unwrap();
        while body.send_data(Bytes::new(), false).is_ok() {
            tokio::time::sleep(OFTEN).await;
        }
    })
    .await;
    let origin = origin(server.port);
    let step = format!("get: {origin}/\ntimeout: {{read: 0.5, total: 30}}");
    let result = bench.run(&policy(server.port), &step).await;
    expect!["Exception, Timeout, sent Yes: the response of ORIGIN stopped: nothing came for 0.5 s"]
        .assert_eq(&error(&result, &origin));
}

#[tokio::test]
async fn trailers_count_against_the_budgets_of_a_header() {
    let bench = bench();
    let server = Streams::start(acceptor(bench), |mut requested: Requested| async move {
        let mut body = requested
            .respond
            .send_response(Response::new(()), false)
            .unwrap();
        let mut trailers = HeaderMap::new();
        for number in 0..9 {
            trailers.append("x-number", HeaderValue::from(number));
        }
        body.send_trailers(trailers).unwrap();
    })
    .await;
    let origin = origin(server.port);
    let policy = format!("{}\nlimits: {{header_fields: 8}}", policy(server.port));
    let result = bench.run(&policy, &format!("get: {origin}/")).await;
    expect!["Exception, Limit, sent Yes: the limit `header_fields` is exceeded: 9 of 8; set `header_fields` under `limits:` in the policy"]
        .assert_eq(&error(&result, &origin));
}

#[tokio::test]
async fn a_large_body_respects_the_window_of_the_server() {
    let bench = bench();
    let read = Arc::new(AtomicUsize::default());
    let count = Arc::clone(&read);
    let server = Streams::start(acceptor(bench), move |mut requested: Requested| {
        let count = Arc::clone(&count);
        async move {
            let mut body = requested.request.into_body();
            // Its window is 64 KiB: that much arrives before it is widened.
            while let Some(data) = body.data().await {
                let size = data.unwrap().len();
                count.fetch_add(size, Ordering::Relaxed);
                tokio::task::yield_now().await;
                body.flow_control().release_capacity(size).unwrap();
            }
            requested
                .respond
                .send_response(Response::new(()), true)
                .unwrap();
        }
    })
    .await;
    let body = "x".repeat(8 << 20);
    let step = format!(
        "post: {}/\ndata: ${{{{ property.body }}}}",
        origin(server.port)
    );
    let result = bench
        .run_with(&policy(server.port), &step, |job| {
            job.properties([("body", body.as_str())].into())
        })
        .await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(read.load(Ordering::Relaxed), body.len());
    assert_eq!(result.usage.bytes_sent, body.len() as u64);
}

/// A server that answers the head of each request with these frames, and then closes the connection
/// or keeps it open. RST_STREAM refers to the request's stream.
async fn frames(acceptor: TlsAcceptor, answer: &'static [u8], closes: bool) -> u16 {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.read_exact(&mut [0; 24]).await.unwrap();
            stream.write_all(&EMPTY_SETTINGS).await.unwrap();
            loop {
                let mut head = [0; 9];
                if stream.read_exact(&mut head).await.is_err() {
                    break;
                }
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length as usize];
                stream.read_exact(&mut payload).await.unwrap();
                if head[3] == HEADERS {
                    let mut answer = answer.to_vec();
                    if let [.., RST_STREAM, _, _, _, _, _, _, _, _, _] = answer[..] {
                        answer[5..9].copy_from_slice(&head[5..9]);
                    }
                    stream.write_all(&answer).await.unwrap();
                    if closes {
                        break;
                    }
                }
            }
        }
    });
    port
}

/// GOAWAY with 0 as the last stream: it has processed none.
const GOAWAY_BEFORE: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// GOAWAY with 1 as the last stream: it may have processed the first request.
const GOAWAY_AFTER: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

#[tokio::test]
async fn retries_at_a_server_that_processes_nothing_are_limited() {
    let bench = bench();
    let port = frames(acceptor(bench), GOAWAY_BEFORE, false).await;
    let step = format!("get: {}/", origin(port));
    let result = bench.run(&policy(port), &step).await;
    expect!["Exception, Protocol, sent No: ORIGIN closed the connection before it answered: it takes no more requests on this connection"]
        .assert_eq(&error(&result, &origin(port)));
    assert_eq!(result.ledger[0].attempts, 5);
}

/// Resolves a name once, and then no more.
struct Once(AtomicUsize);

impl Resolve for Once {
    fn resolve(&self, _: &str) -> Addresses {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) }),
            _ => Box::pin(std::future::pending()),
        }
    }
}

#[tokio::test]
async fn an_attempt_that_gets_no_connection_was_not_sent() {
    let bench = Bench::with(|host| host.resolver(Once(AtomicUsize::new(0))));
    let port = frames(acceptor(&bench), GOAWAY_BEFORE, false).await;
    let step = format!("get: {}/\ntimeout: {{connect: 2}}", origin(port));
    let result = bench.run(&policy(port), &step).await;
    expect!["Exception, Timeout, sent No: could not connect to ORIGIN within 2 s"]
        .assert_eq(&error(&result, &origin(port)));
    assert_eq!(result.error.unwrap().stage, Some(Stage::Resolve));
    assert_eq!(result.ledger[0].attempts, 1);
}

const REFUSED: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answers,
    /// RST_STREAM with an error.
    Resets(u32),
    /// The connection ends.
    Ends,
}

/// A server that treats one request after another as listed, on any connection, and answers those
/// that follow. Returns the connection, method and body of each.
async fn does(
    acceptor: TlsAcceptor,
    what: &'static [Does],
) -> (u16, Arc<Mutex<Vec<(usize, String)>>>) {
    let count = Arc::new(AtomicUsize::default());
    let bodies = Arc::<Mutex<Vec<_>>>::default();
    let kept = Arc::clone(&bodies);
    let server = Streams::connections(acceptor, move |mut connection, number| {
        let (count, kept) = (Arc::clone(&count), Arc::clone(&kept));
        async move {
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let nth = count.fetch_add(1, Ordering::Relaxed);
                let does = what.get(nth).copied().unwrap_or(Does::Answers);
                let method = request.method().clone();
                let mut body = request.into_body();
                let mut text = String::new();
                let read = async {
                    while let Some(data) = body.data().await {
                        let data = data.unwrap();
                        body.flow_control().release_capacity(data.len()).unwrap();
                        text.push_str(&String::from_utf8_lossy(&data));
                    }
                };
                // The connection has to be driven meanwhile; nothing else arrives on it.
                tokio::select! {
                    () = read => {}
                    other = connection.accept() => assert!(other.is_none()),
                }
                kept.lock()
                    .unwrap()
                    .push((number, format!("{method} {text}")));
                match does {
                    Does::Answers => _ = respond.send_response(Response::new(()), true).unwrap(),
                    Does::Resets(error) => respond.send_reset(error.into()),
                    Does::Ends => return,
                }
            }
        }
    })
    .await;
    (server.port, bodies)
}

/// The results of requests that are made one after the other.
async fn report(what: &'static [Does], steps: &[&str]) -> String {
    let bench = bench();
    let (port, requests) = does(acceptor(bench), what).await;
    let policy = policy(port);
    let body = "x".repeat((1 << 20) + 1);
    let mut report = String::new();
    for step in steps {
        let step = format!("url: {}/\n{step}", origin(port));
        let result = bench
            .run_with(&policy, &step, |job| {
                job.properties([("body", body.as_str())].into())
            })
            .await;
        let attempts = result.ledger[0].attempts;
        report.push_str(&format!("{attempts}: {}\n", error(&result, &origin(port))));
    }
    for (connection, request) in &*requests.lock().unwrap() {
        let request = request.replace(&body, "LONG");
        report.push_str(&format!("  {connection} {request}\n"));
    }
    report
}

#[tokio::test]
async fn an_unprocessed_request_is_sent_again_with_its_body() {
    let post = "method: POST\ndata: a body";
    let long = "method: POST\ndata: ${{ property.body }}";
    let mut all = String::new();
    for (what, steps) in [
        (&[Does::Resets(REFUSED)][..], &[post][..]),
        (&[Does::Resets(REFUSED); 9], &[post]),
        (&[Does::Answers, Does::Resets(REFUSED)], &[post, post]),
        (&[Does::Resets(INTERNAL_ERROR)], &[post]),
        // Longer than what the host keeps.
        (&[Does::Resets(REFUSED)], &[long]),
    ] {
        all.push_str(&format!("{what:?}\n{}", report(what, steps).await));
    }
    expect![[r#"
        [Resets(7)]
        2: Success: no error
          1 POST a body
          1 POST a body
        [Resets(7), Resets(7), Resets(7), Resets(7), Resets(7), Resets(7), Resets(7), Resets(7), Resets(7)]
        5: Exception, Protocol, sent No: ORIGIN closed the connection before it answered: stream error received: refused stream before processing any application logic
          1 POST a body
          1 POST a body
          1 POST a body
          1 POST a body
          1 POST a body
        [Answers, Resets(7)]
        1: Success: no error
        2: Success: no error
          1 POST a body
          1 POST a body
          1 POST a body
        [Resets(2)]
        1: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: stream error received: unexpected internal error encountered
          1 POST a body
        [Resets(7)]
        1: Exception, Protocol, sent No: ORIGIN closed the connection before it answered: stream error received: refused stream before processing any application logic
          1 POST LONG
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn an_idempotent_request_survives_the_end_of_a_reused_connection() {
    let (get, put, post) = (
        "method: GET",
        "method: PUT\ndata: a body",
        "method: POST\ndata: a body",
    );
    const DIES: &[Does] = &[Does::Answers, Does::Ends];
    let mut all = String::new();
    for (what, steps) in [
        (DIES, &[get, get][..]),
        (DIES, &[get, put]),
        (DIES, &[get, post]),
        (&[Does::Answers, Does::Resets(INTERNAL_ERROR)], &[get, get]),
        // On a new connection, the request itself may be the reason.
        (&[Does::Ends], &[get]),
        (&[Does::Answers, Does::Ends, Does::Ends], &[get, get]),
    ] {
        all.push_str(&format!("{what:?}\n{}", report(what, steps).await));
    }
    expect![[r#"
        [Answers, Ends]
        1: Success: no error
        2: Success: no error
          1 GET 
          1 GET 
          2 GET 
        [Answers, Ends]
        1: Success: no error
        2: Success: no error
          1 GET 
          1 PUT a body
          2 PUT a body
        [Answers, Ends]
        1: Success: no error
        1: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
          1 GET 
          1 POST a body
        [Answers, Resets(2)]
        1: Success: no error
        1: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: stream error received: unexpected internal error encountered
          1 GET 
          1 GET 
        [Ends]
        1: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
          1 GET 
        [Answers, Ends, Ends]
        1: Success: no error
        2: Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
          1 GET 
          1 GET 
          2 GET 
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn a_post_that_goaway_excludes_is_sent_again() {
    let bench = bench();
    let port = goes_away_once(acceptor(bench)).await;
    let step = format!("post: {}/\ndata: a body", origin(port));
    let result = bench.run(&policy(port), &step).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(result.ledger[0].attempts, 2);
}

/// `retry` repeats a POST that no server has processed, and no other one.
#[tokio::test]
async fn a_step_runs_again_after_goaway_unless_the_post_may_have_been_processed() {
    let bench = bench();
    // The first attempt sends it five times.
    let port = frames_with(acceptor(bench), |connection, kind, _| {
        match (connection, kind) {
            (..=5, 0) => Some(GOAWAY_BEFORE),
            (_, 0) => Some(&[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88]),
            _ => None,
        }
    })
    .await;
    let step = |port| format!("post: {}/\ndata: a body\nretry: {{delay: 0}}", origin(port));
    let result = bench.run(&policy(port), &step(port)).await;
    let tries =
        |result: &RunResult| -> Vec<u32> { result.ledger.iter().map(|row| row.attempts).collect() };
    assert_eq!(
        (result.outcome, tries(&result)),
        (Outcome::Success, vec![5, 1])
    );

    let port = frames(acceptor(bench), GOAWAY_AFTER, true).await;
    let result = bench.run(&policy(port), &step(port)).await;
    assert_eq!(
        (result.outcome, tries(&result)),
        (Outcome::Exception, vec![1])
    );
    expect!["the server may have processed the POST request, and a second one could repeat its effect; if the server supports it, add `idempotency_key: auto`"]
        .assert_eq(result.attempts[0].not_retried.as_deref().unwrap());
}

/// A server that sends GOAWAY on the first request, saying that none of its connection was
/// processed, and answers the second if its body is complete.
async fn goes_away_once(acceptor: TlsAcceptor) -> u16 {
    const DATA: u8 = 0;
    const OK: &[u8] = &[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88];
    frames_with(acceptor, move |connection, kind, payload| {
        match (connection, kind) {
            (1, DATA) => Some(GOAWAY_BEFORE),
            (_, DATA) if payload == b"a body" => Some(OK),
            _ => None,
        }
    })
    .await
}

/// A server that answers frames, given the number of the connection, the type and the payload.
async fn frames_with(
    acceptor: TlsAcceptor,
    answer: impl Fn(usize, u8, &[u8]) -> Option<&'static [u8]> + Send + 'static,
) -> u16 {
    const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.read_exact(&mut [0; 24]).await.unwrap();
            stream.write_all(&EMPTY_SETTINGS).await.unwrap();
            loop {
                let mut head = [0; 9];
                if stream.read_exact(&mut head).await.is_err() {
                    break;
                }
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length as usize];
                stream.read_exact(&mut payload).await.unwrap();
                if let Some(frames) = answer(open.len() + 1, head[3], &payload) {
                    stream.write_all(frames).await.unwrap();
                    break;
                }
            }
            // Nothing more is read from it, and it stays open.
            open.push(stream);
        }
    });
    port
}

#[tokio::test]
async fn a_request_that_the_server_has_not_started_was_not_sent() {
    const REFUSED: &[u8] = &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7];
    const INTERNAL: &[u8] = &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 2];
    let bench = bench();
    let mut report = String::new();
    for (what, answer, closes) in [
        ("GOAWAY, the last stream being 0", GOAWAY_BEFORE, false),
        ("GOAWAY, the last stream being this", GOAWAY_AFTER, true),
        ("RST_STREAM, REFUSED_STREAM", REFUSED, false),
        ("RST_STREAM, INTERNAL_ERROR", INTERNAL, false),
        ("an end", &[], true),
    ] {
        let port = frames(acceptor(bench), answer, closes).await;
        let step = format!("post: {}/\ndata: x", origin(port));
        let result = bench.run(&policy(port), &step).await;
        report.push_str(&format!("{what}\n  {}\n", error(&result, &origin(port))));
    }
    expect![[r#"
        GOAWAY, the last stream being 0
          Exception, Protocol, sent No: ORIGIN closed the connection before it answered: it takes no more requests on this connection
        GOAWAY, the last stream being this
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        RST_STREAM, REFUSED_STREAM
          Exception, Protocol, sent No: ORIGIN closed the connection before it answered: stream error received: refused stream before processing any application logic
        RST_STREAM, INTERNAL_ERROR
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: stream error received: unexpected internal error encountered
        an end
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_step_that_does_not_read_blocks_no_other() {
    const HELD: usize = 16;
    let bench = bench();
    let begun = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&begun);
    let server = Streams::start(acceptor(bench), move |mut requested: Requested| {
        let held = Arc::clone(&held);
        async move {
            let is_held = requested.request.uri().path() == "/held";
            let mut body = requested
                .respond
                .send_response(Response::new(()), false)
                .unwrap();
            let bytes = if is_held {
                vec![0; 1 << 20]
            } else {
                vec![0; 10]
            };
            body.send_data(bytes.into(), true).unwrap();
            if is_held {
                held.add_permits(1);
            }
        }
    })
    .await;
    let origin = origin(server.port);
    let policy = policy(server.port);
    bench.run(&policy, &format!("get: {origin}/first")).await;

    let url = format!("{origin}/held");
    let holds = bench.run_guest(Guest::BudgetReadsNothing, &policy, &url);
    let other = async {
        let _ = begun.acquire_many(HELD as u32).await.unwrap();
        let step = format!("get: {origin}/\ntimeout: {{read: 5}}");
        bench.run(&policy, &step).await
    };
    tokio::select! {
        result = holds => panic!("it has not held on: {result:?}"),
        result = other => {
            assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
        }
    }
}
