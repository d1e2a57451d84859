//! What servers can make of credentials, and what a component sees of it.

mod before_sending;
mod unread;
mod work;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use bytes::Bytes;
use http::request::Builder;
use http::{HeaderName, Request};
use http_body_util::BodyExt;
use http_step_policy::{Limits, PartialEcho, Place, Policy, Secret};
use http_step_signing::hmac::{Encoding, Form, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::ClientAuthentication;
use crate::auth::{OAuth2, Placeholder, PlainSignature, RequestedScheme, SignatureForm};
use crate::body::content::MAX_HELD;
use crate::body::whole;
use crate::connect::resolve::SystemResolver;
use crate::connect::tls::Roots;
use crate::egress::{Egress, Transport};
use crate::error::failure::Failure;
use crate::requested::Requested;
use crate::secrets::GrantedSecrets;
use crate::timeouts::RequestOptions;
use crate::usage::RunUsage;
use crate::usage::audit::AuditEntry;
use crate::usage::cpu::CpuMeter;
use crate::usage::signal::AbortReason;

mod tokens;

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
        idempotency: Arc::default(),
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

/// A component has much else signed, each time in 16 fields, while the response to the first
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
            assert_eq!(seen.matches("<hmac>").count(), 16, "{seen}");
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

/// An API that stores a text, and issues tokens with it among the claims, or as something else.
struct Issuer {
    server: Server,
    answer: Arc<Mutex<String>>,
}

impl Issuer {
    async fn start() -> Self {
        let answer = Arc::new(Mutex::new(String::new()));
        let given = Arc::clone(&answer);
        let server = Server::start(move |_| ok("", &given.lock().unwrap())).await;
        Self { server, answer }
    }

    fn answers(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn issues(&self, token: &str) {
        self.answers(format!(
            r#"{{"access_token":"{token}","token_type":"bearer"}}"#
        ));
    }

    fn token_url(&self) -> String {
        format!("{}/token", self.server.origin)
    }
}

fn client(egress: &Egress, token_url: String, id: &str, secret: &str) -> Arc<Placeholder> {
    let requested = RequestedScheme::OAuth2(OAuth2 {
        token_url,
        client_id: id.to_owned(),
        client_secret: secret.to_owned(),
        authentication: ClientAuthentication::Basic,
        scope: None,
        audience: None,
    });
    egress.credentials.request(requested).unwrap()
}

fn jwt(claims: &str) -> String {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
    format!("eyJhbGciOiJub25lIn0.{claims}.c2ln")
}

/// A step makes up a client of an endpoint that has its secret, to take the value elsewhere.
#[tokio::test]
async fn no_value_leaves_in_a_token() {
    let api = Issuer::start().await;
    let other = Server::echoing().await;
    let refused = format!(
        "there is no token of {}: its token has a value in it that is not for where the token goes",
        api.server.origin
    );
    let part = &VALUE[4..14];
    for (number, (token, is_sent, parts)) in [
        (VALUE.to_owned(), false, 0),
        (
            jwt(&format!(r#"{{"sub":"evil","note":"{VALUE}"}}"#)),
            false,
            0,
        ),
        (format!("x.{part}.x"), false, 1),
        ("a-token-of-its-own".to_owned(), true, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let granted = secret("TOKEN", &api.server.origin);
        let policy = allowing(&[&api.server, &other]).grant_secret(granted.clone());
        let egress = egress(policy, &[(granted, VALUE)]);
        egress.secrets.handle("TOKEN").unwrap();
        api.issues(&token);
        let placeholder = client(
            &egress,
            api.token_url(),
            "evil",
            &format!("made-up-{number}"),
        );
        let request = Request::get(format!("{}/", other.origin));
        let request = request.header(&placeholder.field, &placeholder.value);
        let before = other.requests().len();
        let seen = send(&egress, request, "").await;
        assert_eq!(
            other.requests().len() - before,
            usize::from(is_sent),
            "{token}"
        );
        match is_sent {
            true => assert!(seen.unwrap().contains(&token)),
            false => assert_eq!(seen, Err(refused.clone())),
        }
        let rows = egress.usage.audit().rows(&egress.secrets.redactor());
        let echoes: usize = rows.iter().map(|row| row.partial_echoes.len()).sum();
        assert_eq!(echoes, parts, "{token}");
    }
}

/// The token that one run has fetched is no safer for the next.
#[tokio::test]
async fn no_value_leaves_in_a_cached_token() {
    let api = Issuer::start().await;
    let other = Server::echoing().await;
    api.issues(VALUE);
    let granted = secret("TOKEN", &api.server.origin);
    let without = egress(allowing(&[&api.server, &other]), &[]);
    let mut with = egress(
        allowing(&[&api.server, &other]).grant_secret(granted.clone()),
        &[(granted, VALUE)],
    );
    with.transport = Arc::clone(&without.transport);
    for (egress, is_sent) in [(without, true), (with, false)] {
        let placeholder = client(&egress, api.token_url(), "evil", "made-up");
        let request = Request::get(format!("{}/", other.origin));
        let request = request.header(&placeholder.field, &placeholder.value);
        assert_eq!(send(&egress, request, "").await.is_ok(), is_sent);
    }
    assert_eq!(api.server.requests().len(), 1);
}

/// A token of a granted client may name that client, and nothing else that is secret.
#[tokio::test]
async fn a_token_may_name_its_client() {
    let api = Issuer::start().await;
    let granted = |name: &str| secret(name, &api.server.origin).place(Place::Token);
    let other = secret("OTHER", &api.server.origin);
    let policy = allowing(&[&api.server])
        .grant_secret(granted("ID"))
        .grant_secret(granted("KEY"))
        .grant_secret(other.clone());
    let secrets = [
        (granted("ID"), "client-4711-of-ci"),
        (granted("KEY"), "kZ9xQ7mLp2VtS3crt"),
        (other, VALUE),
    ];
    for (claims, is_sent) in [
        (r#"{"azp":"client-4711-of-ci"}"#.to_owned(), true),
        (
            format!(r#"{{"azp":"client-4711-of-ci","x":"{VALUE}"}}"#),
            false,
        ),
    ] {
        let egress = egress(policy.clone(), &secrets);
        let handle = |name| egress.secrets.handle(name).unwrap().unwrap();
        api.issues(&jwt(&claims));
        let placeholder = client(&egress, api.token_url(), &handle("ID"), &handle("KEY"));
        let request = Request::get(format!("{}/", api.server.origin));
        let request = request.header(&placeholder.field, &placeholder.value);
        assert_eq!(
            send(&egress, request, "").await.is_ok(),
            is_sent,
            "{claims}"
        );
    }
}

/// An answer that the host reads counts like one that the component reads.
#[tokio::test]
async fn a_part_in_the_answer_of_a_token_endpoint_stops_the_run() {
    let api = Issuer::start().await;
    api.answers(format!(
        r#"{{"access_token":"a-token","note":"{}"}}"#,
        &VALUE[..10]
    ));
    let granted = secret("TOKEN", &api.server.origin);
    let policy = allowing(&[&api.server]).grant_secret(granted.clone());
    let egress = egress(
        policy.on_partial_echo(PartialEcho::Stop),
        &[(granted, VALUE)],
    );
    let placeholder = client(&egress, api.token_url(), "evil", "made-up");
    let request = Request::get(format!("{}/", api.server.origin));
    let request = request.header(&placeholder.field, &placeholder.value);
    tokio::select! {
        seen = send(&egress, request, "") => panic!("{seen:?}"),
        _ = egress.usage.signal().aborted() => {}
    }
    assert!(egress.usage.signal().partial_echo().is_some());
    assert_eq!(api.server.requests().len(), 1);
}

/// Where an answer stops being JSON depends on the value that it starts with.
#[tokio::test]
async fn an_error_does_not_say_how_far_an_answer_is_json() {
    let api = Issuer::start().await;
    let granted = secret("TOKEN", &api.server.origin);
    let policy = allowing(&[&api.server]).grant_secret(granted.clone());
    let value = "123456-aBcDeFgH";
    let egress = egress(policy, &[(granted, value)]);
    api.answers(value.to_owned());
    let placeholder = client(&egress, api.token_url(), "evil", "made-up");
    let request = Request::get(format!("{}/", api.server.origin));
    let request = request.header(&placeholder.field, &placeholder.value);
    assert_eq!(
        send(&egress, request, "").await,
        Err(format!(
            "there is no token of {}: its answer is not the JSON object of RFC 6749, section 5.1",
            api.server.origin
        ))
    );
}

/// A client that a step makes up of right guesses is asked for anew, also if one of them is a handle.
#[tokio::test]
async fn a_guess_of_a_client_does_not_get_its_token() {
    const ID: &str = "client-4711-of-ci";
    let api = Issuer::start().await;
    api.issues("a-token-of-its-own");
    let granted = |name: &str| secret(name, &api.server.origin).place(Place::Token);
    let policy = allowing(&[&api.server]);
    let policy = policy
        .grant_secret(granted("ID"))
        .grant_secret(granted("KEY"));
    let egress = egress(policy, &[(granted("ID"), ID), (granted("KEY"), VALUE)]);
    let handle = |name: &str| egress.secrets.handle(name).unwrap().unwrap();
    let clients = [
        (handle("ID"), handle("KEY")),
        (handle("ID"), VALUE.to_owned()),
        (ID.to_owned(), handle("KEY")),
        (ID.to_owned(), VALUE.to_owned()),
    ];
    let fetched = || {
        let requests = api.server.requests().into_iter();
        requests.filter(|it| it.starts_with("POST /token")).count()
    };
    for (number, (id, secret)) in clients.iter().enumerate() {
        let placeholder = client(&egress, api.token_url(), id, secret);
        let request = Request::get(format!("{}/", api.server.origin));
        let request = request.header(&placeholder.field, &placeholder.value);
        let _ = send(&egress, request, "").await;
        assert_eq!(fetched(), number + 1);
    }
}

/// The server proves that it knows the password, in a field and in a trailer, and shows what it
/// was sent: passwords could be tried against its proof.
#[tokio::test]
async fn a_proof_of_a_digest_server_is_dropped() {
    let api = Server::start(|request| match field(request, "authorization") {
        None => "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Digest realm=\"r\", \
                 nonce=\"n\", algorithm=SHA-256, qop=\"auth\", userhash=true\r\nContent-Length: 0\r\n\r\n"
            .to_owned(),
        Some(sent) => format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTrailer: Authentication-Info\r\n\
             Authentication-Info: rspauth=\"0123456789abcdef\"\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{sent}\r\n0\r\nAuthentication-Info: rspauth=\"0123456789abcdef\"\r\n\r\n",
            sent.len()
        ),
    })
    .await;
    let granted = secret("PASSWORD", &api.origin).place(Place::Signature);
    let policy = allowing(&[&api]).grant_secret(granted.clone());
    let egress = egress(policy, &[(granted, VALUE)]);
    let password = egress.secrets.handle("PASSWORD").unwrap().unwrap();
    for (username, password, is_dropped) in
        [("ci", password, true), ("me", "made-up".to_owned(), false)]
    {
        let username = username.to_owned();
        let requested = RequestedScheme::Digest { username, password };
        let placeholder = egress.credentials.request(requested).unwrap();
        let request = Request::get(format!("{}/", api.origin))
            .header(&placeholder.field, &placeholder.value)
            .body(whole(Bytes::new()));
        let response = egress
            .send(request.unwrap(), RequestOptions::default())
            .await;
        let (head, body) = response.unwrap().into_parts();
        let info = "authentication-info";
        assert_eq!(head.headers.contains_key(info), !is_dropped);
        let collected = body.collect().await.unwrap();
        let in_trailers = collected.trailers().is_some_and(|it| it.contains_key(info));
        assert_eq!(in_trailers, !is_dropped);
        let seen = collected.to_bytes();
        let seen = str::from_utf8(&seen).unwrap();
        // The response, and the hash of the user name.
        assert_eq!(
            seen.matches("<digest>").count(),
            if is_dropped { 2 } else { 0 },
            "{seen}"
        );
    }
}

/// A service may have more origins than the one that a secret is granted to, and keep what an
/// earlier run stored. So it doesn't matter whether this run holds a handle.
#[tokio::test]
async fn no_origin_is_asked_for_compression_in_a_run_with_secrets() {
    let (api, sibling) = (Server::echoing().await, Server::echoing().await);
    let granted = secret("TOKEN", &api.origin);
    let asked = async |egress: Egress| {
        let request = Request::get(format!("{}/", sibling.origin))
            .header("accept-encoding", "gzip")
            .header("accept-charset", "utf-16")
            .header("accept", "text/plain;charset=utf-16");
        send(&egress, request, "").await.unwrap();
        let request = sibling.requests().pop().unwrap();
        let fields = ["accept-encoding", "accept-charset", "accept"];
        fields.map(|name| field(&request, name).map(str::to_owned))
    };
    let some = |value: &str| Some(value.to_owned());
    let policy = allowing(&[&api, &sibling]);
    assert_eq!(
        asked(egress(policy.clone(), &[])).await,
        [
            some("gzip"),
            some("utf-16"),
            some("text/plain;charset=utf-16")
        ]
    );
    let policy = policy.grant_secret(granted.clone());
    assert_eq!(
        asked(egress(policy, &[(granted, VALUE)])).await,
        [some("identity"), None, some("text/plain")]
    );
}

/// What a long body takes to be looked through counts, though a connection polls it.
#[tokio::test]
async fn the_search_of_a_long_upload_counts() {
    let granted = secret("TOKEN", "http://api.test");
    let egress = egress(Policy::nothing(), &[(granted, VALUE)]);
    egress.secrets.handle("TOKEN").unwrap();
    let body = whole(Bytes::from(vec![b'x'; MAX_HELD + (64 << 10)]));
    let request = Request::post("http://api.test/").body(body).unwrap();
    let origin = "http://api.test".parse().unwrap();
    let entry = Arc::new(AuditEntry::new("POST"));
    let within = Duration::from_secs(60);
    let request = egress
        .inject_body(request, &origin, within, None, &entry)
        .await;
    let body = request.unwrap().into_body();
    let before = egress.cpu.total();
    assert!(body.collect().await.is_ok());
    assert!(egress.cpu.total() > before);
}

/// The rule that allows a URL that is a secret would lead there.
#[tokio::test]
async fn a_dry_run_of_a_secret_url_names_no_rule() {
    let granted = secret("HOOK", "https://hooks.test").place(Place::Url);
    let policy = Policy::nothing()
        .allow("https://*.test".parse().unwrap())
        .grant_secret(granted.clone());
    let url = "https://hooks.test/services/token-of-a-webhook";
    let mut egress = egress(policy, &[(granted, url)]);
    egress.dry_run = Some(Arc::default());
    let handle = egress.secrets.handle("HOOK").unwrap().unwrap();
    let reason = tokio::select! {
        seen = send(&egress, Request::get(handle), "") => panic!("{seen:?}"),
        reason = egress.usage.signal().aborted() => reason,
    };
    let AbortReason::DryRun(lines) = reason else {
        panic!("{reason:?}");
    };
    let decision = lines.iter().skip_while(|line| !line.starts_with("Dry run"));
    let decision: Vec<&str> = decision.map(String::as_str).collect();
    assert_eq!(
        decision,
        [
            "Dry run, nothing is sent:",
            "\tGET <HIDDEN> is allowed",
            "\tthe secret `HOOK` is put into the url",
        ]
    );
}
