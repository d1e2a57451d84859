//! What servers can make of credentials, and what a component sees of it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderName, Request};
use http_body_util::BodyExt;
use http_step_policy::{Limits, Policy, Secret};
use http_step_signing::hmac::{Encoding, Form, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::auth::{PlainSignature, RequestedScheme, SignatureForm};
use crate::body::whole;
use crate::connect::resolve::SystemResolver;
use crate::connect::tls::Roots;
use crate::egress::{Egress, Transport};
use crate::error::failure::Failure;
use crate::requested::Requested;
use crate::secrets::GrantedSecrets;
use crate::timeouts::RequestOptions;
use crate::usage::RunUsage;
use crate::usage::cpu::CpuMeter;

const VALUE: &str = "S3cr-tW0rd~kZ9xQ7mLp2Vt";

/// A server on loopback.
struct Server {
    origin: String,
    /// The requests, each with its body.
    requests: Arc<Mutex<Vec<String>>>,
    /// Lets a request for `/held` be answered.
    released: Arc<Notify>,
}

impl Server {
    /// Start a server that answers requests, each on a connection of its own.
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            released: Arc::default(),
        };
        let (requests, released) = (Arc::clone(&server.requests), Arc::clone(&server.released));
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (requests, released) = (Arc::clone(&requests), Arc::clone(&released));
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
                    while !is_whole(&request) {
                        match stream.read(&mut buffer).await {
                            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
                            _ => return,
                        }
                    }
                    let request = String::from_utf8(request).unwrap();
                    requests.lock().unwrap().push(request.clone());
                    if request.contains(" /held ") {
                        released.notified().await;
                    }
                    let _ = stream.write_all(answer(&request).as_bytes()).await;
                });
            }
        });
        server
    }

    /// A server that answers with the head of each request.
    async fn echoing() -> Self {
        Self::start(|request| ok("", head_of(request))).await
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn head_of(request: &str) -> &str {
    request.split("\r\n\r\n").next().unwrap()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = field(head, "content-length").map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}

fn field<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let fields = head_of(request)
        .lines()
        .filter_map(|line| line.split_once(": "));
    let mut values = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value)
}

/// A response with more fields, each with its line break.
fn ok(fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// The gate of a run with secrets.
fn egress(policy: Policy, secrets: &[(Secret, &str)]) -> Egress {
    let resolver = Arc::new(SystemResolver);
    Egress {
        transport: Arc::new(Transport::new(resolver, Roots::default(), 64)),
        tenant: "".into(),
        policy,
        requested: Arc::new(Requested::default()),
        secrets: Arc::new(GrantedSecrets::with_values(secrets)),
        credentials: Arc::default(),
        dry_run: None,
        usage: Arc::new(RunUsage::new(Limits::default())),
        cpu: CpuMeter::default(),
    }
}

/// A secret with the default places.
fn secret(name: &str, origin: &str) -> Secret {
    let source = format!("env:{name}").parse().unwrap();
    Secret::new(name, source).origin(origin.parse().unwrap())
}

fn allowing(servers: &[&Server]) -> Policy {
    let origins = servers.iter().map(|server| server.origin.parse().unwrap());
    origins.fold(Policy::nothing(), Policy::allow)
}

/// What the component sees of a response, or the error that people see.
async fn send(egress: &Egress, request: Builder, body: &'static str) -> Result<String, String> {
    let request = request.header("content-length", body.len());
    let request = request.body(whole(Bytes::from_static(body.as_bytes())));
    let response = egress
        .send(request.unwrap(), RequestOptions::default())
        .await;
    let Ok(response) = response else {
        let failure: Failure = egress.usage.audit().last_failure().unwrap();
        return Err(failure.message(&egress.secrets.redactor()));
    };
    let (head, body) = response.into_parts();
    let mut text = format!("{}\n", head.status.as_u16());
    for (name, value) in &head.headers {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    let body = body.collect().await.unwrap().to_bytes();
    Ok(text + str::from_utf8(&body).unwrap())
}

/// A component makes more signatures than fit into one pass, while the response to the first
/// is still to come.
#[tokio::test]
async fn a_signature_is_redacted_whatever_comes_after_it() {
    let api = Server::echoing().await;
    let granted = secret("KEY", &api.origin);
    let policy = allowing(&[&api]).grant_secret(granted.clone());
    let egress = egress(policy, &[(granted, VALUE)]);
    let key = egress.secrets.handle("KEY").unwrap().unwrap();
    let placeholders: Vec<(HeaderName, String)> = (0..16)
        .map(|number| {
            let form = SignatureForm::Plain(PlainSignature {
                header: format!("x-sig-{number}"),
                encoding: Encoding::Hex,
                prefix: String::new(),
            });
            let key = key.clone();
            let requested = egress
                .credentials
                .request(RequestedScheme::Hmac { key, form });
            let placeholder = requested.unwrap();
            (placeholder.field.clone(), placeholder.value.clone())
        })
        .collect();
    let signed = |path: &str, count| {
        let request = Request::post(format!("{}{path}", api.origin));
        let placeholders = placeholders.iter().take(count);
        placeholders.fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    };
    const BODIES: [&str; 17] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
    ];
    let body = "a message of the step's choice";
    let first = send(&egress, signed("/held", 1), body);
    let others = async {
        // It is signed by the time that it arrives.
        while api.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        for body in BODIES {
            let seen = send(&egress, signed("/", 16), body).await.unwrap();
            assert!(seen.contains("x-sig-15: <hmac 16>"), "{seen}");
        }
        api.released.notify_one();
    };
    let (seen, ()) = tokio::join!(first, others);
    let signature = sign(&Form::GitHub, VALUE.as_bytes(), 0, body.as_bytes());
    let signature = signature[0].1.to_str().unwrap().to_owned();
    let signature = signature.strip_prefix("sha256=").unwrap();
    assert!(api.requests()[0].contains(signature));
    let seen = seen.unwrap();
    assert!(
        seen.contains("x-sig-0: <hmac>") && !seen.contains(signature),
        "{seen}"
    );
}
