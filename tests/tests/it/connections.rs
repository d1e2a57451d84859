//! Connections: which requests share one, which do not, and how one starts and ends.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use http::{HeaderValue, Response};
use http_step_host::{ConnectionUse, Outcome, RunResult};
use http_step_tests::{
    Answer, Bench, Guest, HttpProxy, Names, Requested, Scripted, Service, SocksProxy, Streams,
    bench, error,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

/// The connection of each request.
fn numbers(service: &Service) -> Vec<usize> {
    let requests = service.requests();
    requests.iter().map(|request| request.connection).collect()
}

fn is_success(result: &RunResult) {
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
}

#[tokio::test]
async fn tenants_share_no_connection() {
    let service = Service::start(|_| Answer::default()).await;
    let policy = format!("allow: ['{}']", service.origin);
    let step = format!("get: {}/", service.origin);
    for tenant in ["a", "b", "a", "b"] {
        let result = bench().run_with(&policy, &step, |job| job.tenant(tenant));
        is_success(&result.await);
    }
    assert_eq!(numbers(&service), [1, 2, 1, 2]);
}

#[tokio::test]
async fn an_authenticated_connection_is_not_shared() {
    let service = Service::start(|request| {
        let mut answer = Answer::default();
        if request.line == "GET /asks" {
            let scheme = HeaderValue::from_static("Negotiate");
            answer.headers_mut().insert("www-authenticate", scheme);
        }
        answer
    })
    .await;
    let policy = format!("allow: ['{}']", service.origin);
    for step in [
        "/",
        "/\nheaders: {Authorization: NTLM x}",
        "/",
        "/asks",
        "/",
    ] {
        let step = format!("get: {}{step}", service.origin);
        is_success(&bench().run_with(&policy, &step, |job| job).await);
    }
    assert_eq!(numbers(&service), [1, 1, 2, 2, 3]);
}

#[tokio::test]
async fn tls_settings_and_proxies_have_separate_connections() {
    let bench = bench();
    let server = bench.authority.issue("one.test");
    let acceptor = server.server().acceptor();
    let service = Service::start_tls(acceptor, |_| Answer::default()).await;
    let (proxy, other) = (HttpProxy::start().await, HttpProxy::start().await);
    let socks = SocksProxy::start().await;
    let (proxy, other, socks) = (proxy.address, other.address, socks.address);

    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let root = bench.authority.pem();
    write("root.pem", &root);
    write(
        "roots.pem",
        &format!("{root}{}", Bench::default().authority.pem()),
    );
    for name in ["a", "b"] {
        let client = bench.authority.issue("client.test");
        write(
            &format!("{name}.pem"),
            &format!("{}{}", client.pem, client.key_pem()),
        );
    }

    let pin = server.pin();
    let pinned = format!("tls: {{pinned_keys: ['{pin}']}}");
    let ways = [
        "",
        "verify: false",
        "verify: root.pem",
        "verify: roots.pem",
        "cert: a.pem",
        "cert: b.pem",
        "tls: {min_version: '1.3'}",
        &pinned,
        &format!("proxies: {{https: 'http://{proxy}'}}"),
        &format!("proxies: {{https: 'http://a:1@{proxy}'}}"),
        &format!("proxies: {{https: 'http://a:2@{proxy}'}}"),
        &format!("proxies: {{https: 'http://{other}'}}"),
        &format!("proxies: {{https: 'socks5://{socks}'}}"),
        &format!("proxies: {{https: 'socks5h://{socks}'}}"),
    ];
    let origin = format!("https://one.test:{}", service.port);
    let terms = [
        "{steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]}",
        // The policy demands another identity than the step does.
        &format!("{{pinned_keys: ['{pin}'], steps_may: []}}"),
    ];
    let policy = |tls: &str| {
        format!(
            "allow: ['{origin}']\nnetworks: [127.0.0.0/8]\nfiles: {{read: ['*']}}\ntls: {tls}\n\
             proxies: {{steps_may_use: ['http://{proxy}', 'http://{other}', \
             'socks5://{socks}', 'socks5h://{socks}']}}"
        )
    };
    let first = ways.iter().map(|way| (*way, policy(terms[0])));
    let all: Vec<_> = first.chain([("", policy(terms[1]))]).collect();
    for _ in 0..2 {
        for (way, policy) in &all {
            let step = format!("get: {origin}/\n{way}");
            let result = bench
                .run_with(policy, &step, |job| job.files_under(directory.path()))
                .await;
            assert_eq!(
                result.outcome,
                Outcome::Success,
                "{way}: {:?}",
                result.error
            );
        }
    }
    let each: Vec<usize> = (1..=all.len()).collect();
    assert_eq!(numbers(&service), [each.clone(), each].concat());
}

#[tokio::test]
async fn a_connection_that_a_proxy_resolved_is_not_reused_if_addresses_are_checked() {
    let service = Service::start(|_| Answer::default()).await;
    let proxy = HttpProxy::start().await;
    let origin = format!("http://one.test:{}", service.port);
    let policy = |resolve: &str| {
        format!(
            "allow: ['{origin}']\nproxies: {{all: 'http://{}', resolve: {resolve}}}",
            proxy.address
        )
    };
    let step = format!("get: {origin}/");
    is_success(&bench().run(&policy("proxy"), &step).await);
    let result = bench().run(&policy("host"), &step).await;
    expect!["Denied, Denied, sent No: the policy does not allow ORIGIN: it resolves to the loopback address 127.0.0.1"].assert_eq(&error(&result, &origin));
    is_success(&bench().run(&policy("proxy"), &step).await);
}

#[tokio::test]
async fn a_closed_idle_connection_is_no_error_of_a_step() {
    // It does not announce that it will close.
    let server = Scripted::closes_after("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let policy = format!("allow: ['{}']", server.origin);
    for _ in 0..50 {
        let step = format!("post: {}/\ndata: x", server.origin);
        is_success(&bench().run(&policy, &step).await);
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Makes one request, and another on the same connection, which ends after this much of a response.
/// Returns the result of the second, and the requests.
async fn ends_under(step: &str, beginning: &'static str) -> (RunResult, Vec<String>, String) {
    let (server, requests) = Scripted::ends_once(OK, beginning, OK).await;
    let (bench, origin) = (bench(), server.origin);
    let policy = format!("allow: ['{origin}']");
    is_success(&bench.run(&policy, &format!("get: {origin}/first")).await);
    let step = format!("url: {origin}/\n{step}");
    let body = "x".repeat((1 << 20) + 1);
    let result = bench.run_with(&policy, &step, |job| {
        job.properties([("body", body.as_str())].into())
    });
    let result = result.await;
    let requests = requests.lock().unwrap().split_off(1);
    (result, requests, origin)
}

#[tokio::test]
async fn an_idempotent_request_is_sent_again_when_a_reused_connection_ends() {
    for (method, body) in [
        ("GET", ""),
        ("HEAD", ""),
        ("OPTIONS", ""),
        ("DELETE", ""),
        ("DELETE", "of one"),
        ("PUT", "a body"),
        ("PUT", ""),
    ] {
        let data = match body {
            "" => String::new(),
            body => format!("\ndata: {body}"),
        };
        let (result, requests, _) = ends_under(&format!("method: {method}{data}"), "").await;
        // After this response to HEAD, its connection can't be reused.
        is_success(&result);
        let row = &result.ledger[0];
        assert_eq!(
            (row.attempts, row.connection),
            (2, Some(ConnectionUse::New))
        );
        let sent = |connection| format!("{connection} {method} / {body}");
        assert_eq!(requests, [sent(1), sent(2)]);
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_processed_is_not_sent_again() {
    let mut report = String::new();
    for (step, beginning) in [
        ("method: POST", ""),
        ("method: POST\ndata: x", ""),
        ("method: PATCH\ndata: x", ""),
        // The server has started to respond.
        ("method: GET", "H"),
        ("method: PUT\ndata: x", "HTTP/1.1 200 OK\r\n"),
        ("method: GET", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        // Longer than what the host keeps.
        ("method: PUT\ndata: ${{ property.body }}", ""),
    ] {
        let (result, requests, origin) = ends_under(step, beginning).await;
        assert_eq!(requests.len(), 1);
        assert_eq!(result.ledger[0].attempts, 1);
        let error = error(&result, &origin);
        report.push_str(&format!("{step:?}, {beginning:?}\n  {error}\n"));
    }
    expect![[r#"
        "method: POST", ""
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: POST\ndata: x", ""
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: PATCH\ndata: x", ""
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: GET", "H"
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: PUT\ndata: x", "HTTP/1.1 200 OK\r\n"
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: GET", "HTTP/1.1 103 Early Hints\r\n\r\n"
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
        "method: PUT\ndata: ${{ property.body }}", ""
          Exception, Protocol, sent Unknown: ORIGIN closed the connection before it answered: connection closed before message completed
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn bodies_kept_for_retries_count_as_memory() {
    let (server, _) = Scripted::ends_once(OK, "", OK).await;
    let origin = &server.origin;
    let policy = format!("allow: ['{origin}']");
    let step = format!("put: {origin}/\ndata: ${{{{ property.body }}}}");
    // A form: after text, the connection would not be used again.
    let body = format!("a={}", "x".repeat((1 << 20) - 2));
    let put = || {
        bench().run_with(&policy, &step, |job| {
            job.properties([("body", body.as_str())].into())
        })
    };
    // The first opens a connection, and would not be sent again.
    let first = put().await;
    is_success(&first);
    let second = put().await;
    is_success(&second);
    assert_eq!(second.ledger[0].attempts, 2);
    // The peak depends on what the component holds by then.
    assert!(second.usage.peak_memory_bytes > first.usage.peak_memory_bytes);
}

#[tokio::test]
async fn a_returned_request_is_rewritten_for_the_next_connection() {
    let issued = bench().authority.issue("one.test");
    let (http1, http2) = (
        issued.server().acceptor(),
        issued.server().http2().acceptor(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let origin = format!("https://one.test:{port}");
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
    let step = format!("get: {origin}/path");

    let (first, idle) = tokio::join!(bench().run(&policy, &step), async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = http1.accept(stream).await.unwrap();
        while stream.read_u8().await.unwrap() != b'\r' || stream.read_u16().await.unwrap() != 0x0a0d
        {
        }
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        stream
    });
    is_success(&first);
    // The request is assigned to it before its end is noticed.
    drop(idle);

    let (requested, received) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = http2.accept(stream).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        requested.send(request.uri().to_string()).unwrap();
        respond.send_response(Response::new(()), true).unwrap();
        let _ = connection.accept().await;
    });
    let second = bench().run(&policy, &step).await;
    is_success(&second);
    assert_eq!(second.ledger[0].connection, Some(ConnectionUse::New));
    assert_eq!(received.await.unwrap(), format!("{origin}/path"));
}

#[tokio::test]
async fn a_silent_shared_connection_gets_no_more_requests() {
    let acceptor = bench()
        .authority
        .issue("one.test")
        .server()
        .http2()
        .acceptor();
    let server = Streams::start(acceptor, |mut requested: Requested| async move {
        if requested.request.uri().path() == "/silent" {
            std::future::pending().await
        }
        let respond = &mut requested.respond;
        respond.send_response(Response::new(()), true).unwrap();
    })
    .await;
    let origin = format!("https://one.test:{}", server.port);
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
    let silent = format!("get: {origin}/silent\ntimeout: {{read: 0.2}}");
    expect!["Exception, Timeout, sent Unknown: ORIGIN did not answer within 0.2 s"]
        .assert_eq(&error(&bench().run(&policy, &silent).await, &origin));
    is_success(&bench().run(&policy, &format!("get: {origin}/")).await);
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn concurrent_requests_of_a_host_are_limited() {
    let bench = Bench::with(|host| host.requests(1));
    let acceptor = bench
        .authority
        .issue("one.test")
        .server()
        .http2()
        .acceptor();
    let answers = Arc::new(Semaphore::new(0));
    let may_answer = Arc::clone(&answers);
    let begun = Arc::new(Semaphore::new(0));
    let has_begun = Arc::clone(&begun);
    let server = Streams::start(acceptor, move |mut requested: Requested| {
        let (may_answer, has_begun) = (Arc::clone(&may_answer), Arc::clone(&has_begun));
        async move {
            has_begun.add_permits(1);
            may_answer.acquire().await.unwrap().forget();
            let respond = &mut requested.respond;
            respond.send_response(Response::new(()), true).unwrap();
        }
    })
    .await;
    let origin = format!("https://one.test:{}", server.port);
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
    let long_poll = format!("get: {origin}/");
    let first = bench.run(&policy, &long_poll);
    let others = async {
        begun.acquire().await.unwrap().forget();
        // The wait counts against the step's time, and nothing was sent.
        let limited = format!("get: {origin}/\ntimeout: {{total: 0.5}}");
        let late = bench.run(&policy, &limited).await;
        expect!["Exception, Timeout, sent No: the step did not end within 0.5 s; `total` under `timeout:` of the step file gives it longer"]
            .assert_eq(&error(&late, &origin));
        answers.add_permits(2);
        bench.run(&policy, &long_poll).await
    };
    let (first, last) = tokio::join!(first, others);
    is_success(&first);
    is_success(&last);
    assert_eq!(begun.available_permits(), 1);
}

#[tokio::test]
async fn a_tenant_with_many_requests_leaves_permits_to_the_next() {
    let bench = Bench::with(|host| host.requests(2));
    let issued = bench.authority.issue("one.test");
    let [answers, begun] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
    let (may_answer, has_begun) = (Arc::clone(&answers), Arc::clone(&begun));
    let server = Streams::start(
        issued.server().http2().acceptor(),
        move |mut requested: Requested| {
            let (may_answer, has_begun) = (Arc::clone(&may_answer), Arc::clone(&has_begun));
            async move {
                if requested.request.uri().path() == "/slow" {
                    has_begun.add_permits(1);
                    may_answer.acquire().await.unwrap().forget();
                }
                let respond = &mut requested.respond;
                respond.send_response(Response::new(()), true).unwrap();
            }
        },
    )
    .await;
    let origin = format!("https://one.test:{}", server.port);
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
    let run = |tenant, rest| {
        let step = format!("get: {origin}{rest}");
        let (bench, policy) = (&bench, &policy);
        async move {
            bench
                .run_with(policy, &step, |job| job.tenant(tenant))
                .await
        }
    };
    let slow = || run("crowd", "/slow");
    let other = async {
        begun.acquire().await.unwrap().forget();
        let result = run("other", "/\ntimeout: {total: 2}").await;
        let crowd = begun.available_permits();
        answers.add_permits(3);
        (result, crowd)
    };
    let (first, second, third, (other, crowd)) = tokio::join!(slow(), slow(), slow(), other);
    is_success(&other);
    assert_eq!(crowd, 0, "another of the crowd has its permit second");
    [first, second, third].iter().for_each(is_success);
}

#[tokio::test]
async fn a_request_holds_its_permit_until_its_response_is_read() {
    let bench = Bench::with(|host| host.requests(1));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let policy = format!("allow: ['{origin}']");
    let url = format!("{origin}/");
    let holds = bench.run_guest(Guest::KeepsAConnection, &policy, &url);
    let other = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no";
        stream.write_all(half).await.unwrap();
        let limited = format!("get: {origin}/\ntimeout: {{total: 0.5}}");
        bench.run(&policy, &limited).await
    };
    tokio::select! {
        result = holds => panic!("it has not held on: {result:?}"),
        result = other => {
            expect!["Exception, Timeout, sent No: the step did not end within 0.5 s; `total` under `timeout:` of the step file gives it longer"]
                .assert_eq(&error(&result, &origin));
        }
    }
}

#[tokio::test]
async fn a_refusing_address_is_skipped() {
    let names = Names(&[("six.test", &["::1", "127.0.0.1"])]);
    let bench = Bench::with(|host| host.resolver(names));
    let service = Service::start(|_| Answer::default()).await;
    let origin = format!("http://six.test:{}", service.port);
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8, '::1/128']");
    let result = bench.run(&policy, &format!("get: {origin}/")).await;
    is_success(&result);
    assert_eq!(
        result.ledger[0].peer.unwrap().to_string(),
        format!("127.0.0.1:{}", service.port)
    );
    assert_eq!(result.ledger[0].addresses.len(), 2);
}

#[tokio::test]
async fn a_silent_address_is_overtaken() {
    let names = Names(&[("slow.test", &["127.0.0.2", "127.0.0.1"])]);
    let bench = Bench::with(|host| host.resolver(names));
    let service = Service::start(|_| Answer::default()).await;
    // Nothing accepts from its backlog, which has room for one or two.
    let deaf = TcpSocket::new_v4().unwrap();
    let address = ([127, 0, 0, 2], service.port).into();
    deaf.bind(address).unwrap();
    let _deaf = deaf.listen(1).unwrap();
    let mut waiting = Vec::new();
    let has_room = Duration::from_millis(100);
    #[expect(
        clippy::disallowed_methods,
        reason = "who waits in the backlog is no step"
    )]
    let connect = || tokio::time::timeout(has_room, TcpStream::connect(address));
    while let Ok(stream) = connect().await {
        waiting.push(stream.unwrap());
    }

    let origin = format!("http://slow.test:{}", service.port);
    let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
    let result = bench.run(&policy, &format!("get: {origin}/")).await;
    is_success(&result);
    let row = &result.ledger[0];
    assert_eq!(row.peer.unwrap().ip().to_string(), "127.0.0.1");
    // A busy machine may add half a second.
    assert!((0.25..0.75).contains(&row.seconds.connect), "{row:?}");
}
