//! The audit log: what the host saw of each request.

use std::sync::{Arc, Mutex};

use expect_test::expect;
use http_step_host::{Job, Outcome, RunResult};
use http_step_tests::{
    Answer, Authority, Issued, Requested, Scripted, Service, Streams, bench, ledger, policy,
    redirect, step_file,
};
use tokio::sync::oneshot;

/// A TLS server that redirects.
async fn redirects(issued: &Issued, to: &str) -> Service {
    let to = to.to_owned();
    Service::start_tls(issued.server().acceptor(), move |_| redirect(307, &to)).await
}

fn issue(name: &str) -> Issued {
    bench().authority.issue(name)
}

async fn run(origins: &[&str], step: &str) -> RunResult {
    bench().run(&allowing(origins), step).await
}

fn allowing(origins: &[&str]) -> String {
    let rules: Vec<_> = origins
        .iter()
        .map(|origin| format!("- {origin}\n"))
        .collect();
    format!("networks: [127.0.0.0/8]\nallow:\n{}", rules.concat())
}

#[tokio::test]
async fn a_redirect_to_another_origin_and_a_reused_connection() {
    let (first_issued, last_issued) = (issue("first.test"), issue("last.test"));
    let acceptor = last_issued.server().http2().acceptor();
    let last = Service::start_tls(acceptor, |_| Answer::new("the end".into())).await;
    let last_origin = format!("https://last.test:{}", last.port);
    let first = redirects(&first_issued, &format!("{last_origin}/end")).await;
    let first_origin = format!("https://first.test:{}", first.port);
    let step = format!("post: {first_origin}/\ndata: a=bc");
    let origins = [first_origin.as_str(), last_origin.as_str()];

    let result = run(&origins, &step).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    let (first_print, last_print) = (first_issued.fingerprint(), last_issued.fingerprint());
    let (first_port, last_port) = (first.port.to_string(), last.port.to_string());
    let words = [
        (first_print.as_str(), "FIRST'S CERTIFICATE"),
        (last_print.as_str(), "LAST'S CERTIFICATE"),
        (first_port.as_str(), "FIRST"),
        (last_port.as_str(), "LAST"),
    ];
    expect![[r#"
        [
          {
            "method": "POST",
            "origin": "https://first.test:FIRST",
            "rule": "policy.yaml:3: https://first.test:FIRST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:FIRST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "new",
            "protocol": "HTTP/1.1",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "FIRST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 307,
            "bytes_sent": 4,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": "TIME",
              "head": "TIME",
              "body": 0.0
            },
            "error": null
          },
          {
            "method": "POST",
            "origin": "https://last.test:LAST",
            "rule": "policy.yaml:4: https://last.test:LAST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:LAST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "new",
            "protocol": "HTTP/2",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "LAST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 200,
            "bytes_sent": 4,
            "bytes_received": 7,
            "bytes_decoded": 7,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": "TIME",
              "head": "TIME",
              "body": "TIME"
            },
            "error": null
          }
        ]"#]]
    .assert_eq(&ledger(&result, &words));

    let again = run(&origins, &step).await;
    expect![[r#"
        [
          {
            "method": "POST",
            "origin": "https://first.test:FIRST",
            "rule": "policy.yaml:3: https://first.test:FIRST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:FIRST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "reused",
            "protocol": "HTTP/1.1",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "FIRST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 307,
            "bytes_sent": 4,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": 0.0,
              "connect": 0.0,
              "tls": 0.0,
              "head": "TIME",
              "body": 0.0
            },
            "error": null
          },
          {
            "method": "POST",
            "origin": "https://last.test:LAST",
            "rule": "policy.yaml:4: https://last.test:LAST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:LAST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "reused",
            "protocol": "HTTP/2",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "LAST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 200,
            "bytes_sent": 4,
            "bytes_received": 7,
            "bytes_decoded": 7,
            "seconds": {
              "wait": "TIME",
              "resolve": 0.0,
              "connect": 0.0,
              "tls": 0.0,
              "head": "TIME",
              "body": "TIME"
            },
            "error": null
          }
        ]"#]]
    .assert_eq(&ledger(&again, &words));
}

#[tokio::test]
async fn a_denied_hop() {
    let issued = issue("first.test");
    let first = redirects(&issued, "http://169.254.169.254/latest/").await;
    let origin = format!("https://first.test:{}", first.port);
    let result = run(&[&origin], &format!("get: {origin}/")).await;
    assert_eq!(result.outcome, Outcome::Denied);
    let words = [
        (issued.fingerprint(), "CERTIFICATE"),
        (first.port.to_string(), "PORT"),
    ];
    let words = words
        .each_ref()
        .map(|(value, word)| (value.as_str(), *word));
    expect![[r#"
        [
          {
            "method": "GET",
            "origin": "https://first.test:PORT",
            "rule": "policy.yaml:3: https://first.test:PORT",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:PORT",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "new",
            "protocol": "HTTP/1.1",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 307,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": "TIME",
              "head": "TIME",
              "body": 0.0
            },
            "error": null
          },
          {
            "method": "GET",
            "origin": "http://169.254.169.254",
            "rule": null,
            "addresses": [],
            "peer": null,
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 0,
            "connection": null,
            "protocol": null,
            "tls": null,
            "status": null,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": 0.0,
              "resolve": 0.0,
              "connect": 0.0,
              "tls": 0.0,
              "head": 0.0,
              "body": 0.0
            },
            "error": {
              "kind": "denied",
              "stage": "policy",
              "message": "the policy does not allow http://169.254.169.254: no rule matches it",
              "sent": "no",
              "grant": {
                "permission": "origin",
                "origin": "http://169.254.169.254",
                "file": "policy.yaml"
              }
            }
          }
        ]"#]]
    .assert_eq(&ledger(&result, &words));
}

#[tokio::test]
async fn a_refused_connection() {
    let origin = Scripted::closed_port()
        .await
        .replace("127.0.0.1", "one.test");
    let result = run(&[&origin], &format!("get: {origin}/")).await;
    let port = origin.rsplit(':').next().unwrap();
    expect![[r#"
        [
          {
            "method": "GET",
            "origin": "http://one.test:PORT",
            "rule": "policy.yaml:3: http://one.test:PORT",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": null,
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 0,
            "connection": null,
            "protocol": null,
            "tls": null,
            "status": null,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": 0.0,
              "tls": 0.0,
              "head": 0.0,
              "body": 0.0
            },
            "error": {
              "kind": "connect",
              "stage": "connect",
              "message": "could not connect to http://one.test:PORT (127.0.0.1): connection refused",
              "sent": "no",
              "grant": null
            }
          }
        ]"#]].assert_eq(&ledger(&result, &[(port, "PORT")]));
}

#[tokio::test]
async fn a_failed_handshake() {
    let stranger = Authority::default().issue("one.test");
    let service = Service::start_tls(stranger.server().acceptor(), |_| Answer::default()).await;
    let origin = format!("https://one.test:{}", service.port);
    let result = run(&[&origin], &format!("get: {origin}/")).await;
    let port = service.port.to_string();
    expect![[r#"
        [
          {
            "method": "GET",
            "origin": "https://one.test:PORT",
            "rule": "policy.yaml:3: https://one.test:PORT",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:PORT",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 0,
            "connection": null,
            "protocol": null,
            "tls": null,
            "status": null,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": 0.0,
              "head": 0.0,
              "body": 0.0
            },
            "error": {
              "kind": "tls",
              "stage": "tls",
              "message": "TLS with https://one.test:PORT failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own",
              "sent": "no",
              "grant": null
            }
          }
        ]"#]].assert_eq(&ledger(&result, &[(&port, "PORT")]));
}

#[tokio::test]
async fn a_run_that_is_stopped() {
    let (first_issued, last_issued) = (issue("first.test"), issue("last.test"));
    let (sender, connected) = oneshot::channel();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let acceptor = last_issued.server().http2().acceptor();
    let last = Streams::start(acceptor, move |_: Requested| {
        let sender = Arc::clone(&sender);
        async move {
            if let Some(sender) = sender.lock().unwrap().take() {
                let _ = sender.send(());
            }
            std::future::pending().await
        }
    })
    .await;
    let last_origin = format!("https://last.test:{}", last.port);
    let first = redirects(&first_issued, &format!("{last_origin}/end")).await;
    let first_origin = format!("https://first.test:{}", first.port);
    let allowed = policy(&allowing(&[&first_origin, &last_origin]));
    let job = Job::new(step_file(&format!("get: {first_origin}/")), allowed);
    let stop = async {
        let _ = connected.await;
    };
    let result = bench().host.run_until(&bench().step, job, stop).await;
    assert_eq!(result.outcome, Outcome::Cancelled);
    let words = [
        (first_issued.fingerprint(), "FIRST'S CERTIFICATE"),
        (last_issued.fingerprint(), "LAST'S CERTIFICATE"),
        (first.port.to_string(), "FIRST"),
        (last.port.to_string(), "LAST"),
    ];
    let words = words
        .each_ref()
        .map(|(value, word)| (value.as_str(), *word));
    expect![[r#"
        [
          {
            "method": "GET",
            "origin": "https://first.test:FIRST",
            "rule": "policy.yaml:3: https://first.test:FIRST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:FIRST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "new",
            "protocol": "HTTP/1.1",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "FIRST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": 307,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": "TIME",
              "head": "TIME",
              "body": 0.0
            },
            "error": null
          },
          {
            "method": "GET",
            "origin": "https://last.test:LAST",
            "rule": "policy.yaml:4: https://last.test:LAST",
            "addresses": [
              "127.0.0.1"
            ],
            "peer": "127.0.0.1:LAST",
            "proxy": null,
            "secrets": [],
            "partial_echoes": [],
            "idempotency_key": null,
            "attempts": 1,
            "connection": "new",
            "protocol": "HTTP/2",
            "tls": {
              "version": "1.3",
              "certificate_sha256": "LAST'S CERTIFICATE",
              "certificate_expires": "4096-01-01T00:00:00Z"
            },
            "status": null,
            "bytes_sent": 0,
            "bytes_received": 0,
            "bytes_decoded": 0,
            "seconds": {
              "wait": "TIME",
              "resolve": "TIME",
              "connect": "TIME",
              "tls": "TIME",
              "head": 0.0,
              "body": 0.0
            },
            "error": {
              "kind": "cancelled",
              "stage": "head",
              "message": "the step was stopped",
              "sent": "unknown",
              "grant": null
            }
          }
        ]"#]]
    .assert_eq(&ledger(&result, &words));
}
