//! TLS to the server: which certificates are trusted, and the errors of the others.

use std::sync::Arc;

use expect_test::expect;
use http_step_host::{Host, Job, Outcome, Policy, RunResult};
use http_step_tests::{
    Answer, Scripted, Service, bench, host_builder, reference_of, run, step_file,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A TLS server with a certificate for some names, and that certificate in PEM.
async fn service(names: &[&str]) -> (Service, String) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let signed = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let service = Service::start_tls(acceptor, |_| Answer::new("ok".into())).await;
    (service, signed.cert.pem())
}

async fn get(roots: &str, origin: &str, times: usize) -> RunResult {
    let host = host_builder()
        .trust_roots(roots.as_bytes())
        .unwrap()
        .build()
        .unwrap();
    let step = reference_of(&host);
    let mut result = None;
    for _ in 0..times {
        let policy = Policy::nothing().allow(origin.parse().unwrap());
        let job = Job::new(step_file(&format!("get: {origin}/")), policy);
        result = Some(host.run(&step, job).await);
    }
    result.unwrap()
}

fn error(result: &RunResult, origin: &str) -> String {
    let error = result.error.as_ref().unwrap();
    format!("{:?}, sent {:?}: {}", error.kind, error.sent, error.message).replace(origin, "ORIGIN")
}

#[tokio::test]
async fn a_trusted_server_and_one_connection_for_many_steps() {
    let (service, pem) = service(&["localhost"]).await;
    let result = get(&pem, &service.origin, 5).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn an_unknown_issuer() {
    let (service, _) = service(&["localhost"]).await;
    let (_, other) = self::service(&["localhost"]).await;
    let result = get(&other, &service.origin, 1).await;
    expect!["Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own"]
        .assert_eq(&error(&result, &service.origin));
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let (service, pem) = service(&["other.test"]).await;
    let result = get(&pem, &service.origin, 1).await;
    expect!["Tls, sent No: TLS with ORIGIN failed: its certificate is for other.test and not for localhost; ask for the server by a name that the certificate has, or have one issued for localhost"].assert_eq(&error(&result, &service.origin));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls() {
    let (_, pem) = service(&["localhost"]).await;
    let server = Service::start(|_| Answer::default()).await;
    let origin = server.origin.replace("http://", "https://");
    let result = get(&pem, &origin, 1).await;
    expect!["Tls, sent No: TLS with ORIGIN failed: what it sends is not TLS; if it is a server of plain HTTP, the URL begins with `http://`"]
        .assert_eq(&error(&result, &origin));
}

#[test]
fn invalid_roots() {
    let error = |pem: &[u8]| Host::builder().trust_roots(pem).err().unwrap().to_string();
    expect!["there is no certificate in it"].assert_eq(&error(b"hello"));
}

#[tokio::test]
async fn a_handshake_that_does_not_start_counts_as_connecting() {
    let (server, _kept) = Scripted::keeps_all().await;
    let origin = server.origin.replace("http://", "https://");
    let step = format!("get: {origin}/\ntimeout: {{connect: 0.2}}");
    let result = run(&origin, &step).await;
    expect!["Timeout, sent No: could not connect to ORIGIN within 0.2 s"]
        .assert_eq(&error(&result, &origin));
}

#[tokio::test]
async fn a_certificate_outside_its_validity() {
    let bench = bench();
    let mut report = String::new();
    for (from, to) in [(2001, 2002), (2999, 3000)] {
        let issued = bench.authority.issue_with("one.test", |params| {
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(to, 1, 1);
        });
        let acceptor = issued.server().acceptor();
        let service = Service::start_tls(acceptor, |_| Answer::default()).await;
        let origin = format!("https://one.test:{}", service.port);
        let policy = format!("allow: ['{origin}']\nnetworks: [127.0.0.0/8]");
        let result = bench.run(&policy, &format!("get: {origin}/")).await;
        report.push_str(&format!("{from}: {}\n", error(&result, &origin)));
        assert_eq!(service.requests(), []);
    }
    expect![[r#"
        2001: Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        2999: Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
    "#]]
    .assert_eq(&report);
}
