//! Errors, which may quote the network: what people and the component read of them.

use expect_test::expect;
use http_step_host::policy::{Place, Policy, Secret};
use http_step_tests::{Answer, Bench, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::secrets::thief::{Thief, VALUE, bench};
use crate::secrets::vault::{Vault, secret};

/// Too few letters to be distinguished from other text.
const HOST: &str = "h.test";

/// The error of a request to a secret URL whose host has few letters.
async fn said(url: &str, policy: impl Fn(Policy, &str) -> Policy) -> String {
    let authority = &bench().authority;
    let other = authority.issue("other.test").server().acceptor();
    let service = Service::start_tls(other, |_| Answer::default()).await;
    let url = url.replace("PORT", &service.port.to_string());
    let origin = url.split("/services").next().unwrap().to_owned();
    let value: &'static str = url.leak();
    let vault = Vault(vec![("HOOK", value)].leak());
    let hook = Secret::new("HOOK", "vault:HOOK".parse().unwrap())
        .origin(origin.parse().unwrap())
        .place(Place::Url);
    let loot = Thief::under(policy(Policy::nothing(), &origin).grant_secret(hook))
        .on(Bench::with(|host| {
            let host = host.secret_source("vault", vault);
            host.trust_roots(authority.pem().as_bytes()).unwrap()
        }))
        .tries("POST {HOOK} | body hello")
        .run()
        .await;
    let row = &loot.result.ledger[0];
    let message = &row.error.as_ref().unwrap().message;
    let report = loot.report("nowhere");
    for text in [message, &report, &loot.seen] {
        for part in [HOST, "h.none", "127.0.0.1:", "127.0.0.1,"] {
            assert!(!text.contains(part), "{text}");
        }
    }
    format!("{message}\n    {report}")
}

#[tokio::test]
async fn a_secret_host_of_few_letters_is_in_no_error() {
    let allowed = |policy: Policy, origin: &str| {
        let loopback = "127.0.0.0/8".parse().unwrap();
        policy
            .allow_network(loopback)
            .allow(origin.parse().unwrap())
    };
    let elsewhere = |policy: Policy, origin: &str| policy.allow(origin.parse().unwrap());
    let nowhere = |policy: Policy, _: &str| policy;
    let mut report = String::new();
    // It has no address; nothing listens there; its certificate is for another name.
    for url in [
        "http://h.none:9/services/T0KEN/XyZ-4711~abc",
        "http://h.test:9/services/T0KEN/XyZ-4711~abc",
        "https://h.test:PORT/services/T0KEN/XyZ-4711~abc",
    ] {
        report += &said(url, allowed).await;
    }
    let url = "https://h.test:PORT/services/T0KEN/XyZ-4711~abc";
    report += &said(url, elsewhere).await;
    report += &said(url, nowhere).await;
    expect![[r#"
        could not resolve <HIDDEN>
            o|ErrorCode::DnsError(DnsErrorPayload { rcode: None, info-code: None })
        could not connect to <HIDDEN>: connection refused
            o|ErrorCode::ConnectionRefused
        TLS with <HIDDEN> failed: its certificate is not one to trust
            o|ErrorCode::TlsCertificateError
        the policy does not allow the request, whose URL is a secret: it resolves to a loopback address
            o|ErrorCode::HttpRequestDenied
        the policy does not allow the request, whose URL is a secret: no rule matches its origin
            o|ErrorCode::HttpRequestDenied
    "#]].assert_eq(&report);
}

/// The debug data of GOAWAY helps to find errors of a server, and may be any bytes: Rust shows what
/// is not ASCII in it as `\xc3`.
#[tokio::test]
async fn the_debug_data_of_a_goaway() {
    let issued = bench().authority.issue("echo.test");
    let acceptor = issued.server().http2().acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            // Settings, and a GOAWAY once a request is there: not processed, ENHANCE_YOUR_CALM.
            let mut goaway = vec![0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb];
            goaway.extend(VALUE.as_bytes());
            goaway[2] += u8::try_from(VALUE.len()).unwrap();
            let mut read = [0; 1 << 12];
            _ = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
            let mut frames: Vec<u8> = Vec::new();
            // As long as no HEADERS came.
            while !frames
                .windows(5)
                .any(|it| it[0] == 1 && it[1..] == [5, 0, 0, 0])
            {
                match stream.read(&mut read).await {
                    Ok(0) | Err(_) => break,
                    Ok(length) => frames.extend(&read[..length]),
                }
            }
            _ = stream.write_all(&goaway).await;
            _ = stream.shutdown().await;
        }
    });
    let origin = format!("https://echo.test:{port}");
    let loot = Thief::granted(secret("TOKEN", &origin))
        .reaches(&origin)
        .tries(format!("GET {origin}/ | header api-key: {{TOKEN}}"))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    let message = &loot.result.ledger[0].error.as_ref().unwrap().message;
    assert_eq!(
        message.replace(&origin, "ORIGIN"),
        "ORIGIN closed the connection before it answered: connection error received: detected excessive load generating behavior"
    );
}
