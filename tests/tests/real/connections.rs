//! Connections to a server that may end them at any time: shared, reused, and never the reason why
//! a step fails.

use std::collections::BTreeSet;
use std::iter::repeat_with;

use expect_test::expect;
use http_step_host::{ConnectionUse, RunResult};
use http_step_tests::transcript;
use tokio::task::JoinSet;

use crate::nginx::{Nginx, Speaks};
use crate::visit::{answer, evidence, run};

/// Returns the connection of a request.
const CONNECTION: &str = r#"location / { return 200 "connection $connection\n"; }"#;

fn get(nginx: &Nginx) -> impl Future<Output = RunResult> + use<> {
    let step = format!("get: {}/", nginx.origin);
    let policy = nginx.policy();
    async move { run(&step, &policy).await }
}

/// The responses to concurrent steps.
async fn answers_at_once(nginx: &Nginx, steps: usize) -> Vec<String> {
    let runs: JoinSet<_> = repeat_with(|| get(nginx)).take(steps).collect();
    runs.join_all().await.iter().map(answer).collect()
}

/// The responses to steps that run one after another.
async fn answers_in_order(nginx: &Nginx, steps: usize) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..steps {
        answers.push(answer(&get(nginx).await));
    }
    answers
}

fn distinct(answers: &[String]) -> BTreeSet<&str> {
    answers.iter().map(|answer| answer.trim_end()).collect()
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn http2_is_agreed_on_and_many_steps_share_a_connection() {
    let nginx = Nginx::start(Speaks::Https2, CONNECTION);
    let step = format!("get: {}/\nhide_response_headers: [Date]", nginx.origin);
    let first = run(&step, &nginx.policy()).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	server: nginx
        h|	date: <HIDDEN>
        h|	content-type: text/plain
        h|	content-length: 13
        o| ------ Content ------
        o|connection 1
        Success: Status code: 200
    "#]]
    .assert_eq(&nginx.hidden(&transcript(&first, &nginx.origin)));
    let second = get(&nginx).await;
    let rows = [&first, &second].map(|result| evidence(&result.ledger[0]));
    expect![[r#"
        {"method":"GET","origin":"https://nginx.test:PORT","rule":"policy.yaml:1: https://nginx.test:PORT","addresses":["NGINX"],"peer":"NGINX:PORT","secrets":[],"partial_echoes":[],"attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_sent":0,"bytes_received":13,"bytes_decoded":13}
        {"method":"GET","origin":"https://nginx.test:PORT","rule":"policy.yaml:1: https://nginx.test:PORT","addresses":["NGINX"],"peer":"NGINX:PORT","secrets":[],"partial_echoes":[],"attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_sent":0,"bytes_received":13,"bytes_decoded":13}"#]].assert_eq(&nginx.hidden(&rows.join("\n")));

    let mut answers = answers_in_order(&nginx, 20).await;
    answers.extend(answers_at_once(&nginx, 50).await);
    assert_eq!(distinct(&answers), distinct(&[answer(&first)]));
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn http1_if_the_server_offers_nothing_else() {
    let nginx = Nginx::start(Speaks::Https1, CONNECTION);
    let first = get(&nginx).await;
    expect![[r#"{"method":"GET","origin":"https://nginx.test:PORT","rule":"policy.yaml:1: https://nginx.test:PORT","addresses":["NGINX"],"peer":"NGINX:PORT","secrets":[],"partial_echoes":[],"attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_sent":0,"bytes_received":13,"bytes_decoded":13}"#]].assert_eq(&nginx.hidden(&evidence(&first.ledger[0])));
    let answers = answers_in_order(&nginx, 20).await;
    assert_eq!(distinct(&answers), distinct(&[answer(&first)]));

    // Each takes one request at a time.
    assert_eq!(answers_at_once(&nginx, 50).await.len(), 50);
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_that_ends_a_connection_after_some_requests() {
    for (speaks, requests) in [
        (Speaks::Http, 1),
        (Speaks::Https1, 10),
        (Speaks::Https2, 1),
        // By GOAWAY (RFC 9113, section 6.8).
        (Speaks::Https2, 10),
    ] {
        let nginx = Nginx::start(
            speaks,
            &format!("keepalive_requests {requests};{CONNECTION}"),
        );
        let answers = answers_in_order(&nginx, 100).await;
        assert_eq!(distinct(&answers).len(), 100 / requests, "{answers:#?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_that_goes_away_while_many_steps_share_the_connection() {
    let nginx = Nginx::start(
        Speaks::Https2,
        &format!("keepalive_requests 10;{CONNECTION}"),
    );
    for _ in 0..10 {
        assert_eq!(answers_at_once(&nginx, 50).await.len(), 50);
    }
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_that_ends_idle_connections() {
    for speaks in [Speaks::Http, Speaks::Https1, Speaks::Https2] {
        let nginx = Nginx::start(speaks, &format!("keepalive_timeout 50ms;{CONNECTION}"));
        for _ in 0..5 {
            let result = get(&nginx).await;
            answer(&result);
            assert_eq!(result.ledger[0].connection, Some(ConnectionUse::New));
            nginx.wait_until_alone().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_whose_workers_are_replaced_while_steps_run() {
    for speaks in [Speaks::Https1, Speaks::Https2] {
        let nginx = Nginx::start(speaks, r#"location / { return 200 "worker $pid\n"; }"#);
        let mut workers = BTreeSet::new();
        for _ in 0..5 {
            nginx.reload();
            // Until the new workers respond, so that the old ones are gone.
            loop {
                let answers = answers_at_once(&nginx, 20).await;
                let last = workers.len();
                workers.extend(answers);
                if workers.len() > last {
                    break;
                }
            }
        }
    }
}
