//! What a subscriber gets for requests to loopback.

mod recorder;

use std::collections::VecDeque;

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::Request;
use http_body_util::{BodyExt, Full};
use http_step_policy::{Limits, Policy, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::yield_now;
use tracing::Level;
use tracing::subscriber::set_default;

use self::recorder::Recorder;
use super::*;
use crate::body::BoxBody;
use crate::connect::resolve::{Addresses, Resolve};
use crate::connect::tls::Roots;
use crate::egress::{Egress, Transport};
use crate::requested::Requested;
use crate::timeouts::RequestOptions;
use crate::usage::RunUsage;
use crate::usage::cpu::CpuMeter;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
/// With characters that are encoded in URLs.
const VALUE: &str = "tok en/of-the-run";

/// A server that answers each request, or closes the connection for none. Returns its origin.
async fn server(answers: &[Option<&'static str>]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let mut answers = VecDeque::from(answers.to_vec());
    tokio::spawn(async move {
        while !answers.is_empty() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while let Ok(1..) = stream.read_buf(&mut head).await {
                if !head.ends_with(b"\r\n\r\n") {
                    continue;
                }
                head.clear();
                let Some(Some(answer)) = answers.pop_front() else {
                    break;
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
                if answer.contains("connection: close") {
                    break;
                }
            }
        }
    });
    origin
}

/// Resolves no name.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, name: &str) -> Addresses {
        let error = std::io::Error::other(format!("there is no {name}"));
        Box::pin(async { Err(error) })
    }
}

/// An egress gate in a traced run.
fn egress(policy: Policy, secrets: &[(Secret, &str)]) -> Egress {
    let egress = Egress {
        transport: Arc::new(Transport::new(Arc::new(NoNames), Roots::default(), 1)),
        tenant: "".into(),
        policy,
        requested: Arc::new(Requested::default()),
        secrets: Arc::new(GrantedSecrets::with_values(secrets)),
        credentials: Arc::default(),
        idempotency: Arc::default(),
        dry_run: None,
        usage: Arc::new(RunUsage::new(Limits::default())),
        cpu: CpuMeter::default(),
    };
    let run = info_span!(target: TARGET, "run");
    egress.usage.trace(&run, &egress.secrets);
    egress
}

fn allow(origin: &str) -> Policy {
    Policy::nothing().allow(origin.parse().unwrap())
}

fn secret(name: &str, origin: &str, place: Place) -> Secret {
    let secret = Secret::new(name, "env:TOKEN".parse().unwrap());
    secret.origin(origin.parse().unwrap()).place(place)
}

fn request(builder: http::request::Builder) -> Request<BoxBody> {
    let body = Full::new(Bytes::new()).map_err(|never| match never {});
    builder.body(body.boxed_unsync()).unwrap()
}

/// Send a request, and read its response if there is one.
async fn send(egress: &Egress, builder: http::request::Builder) {
    let sending = egress.send(request(builder), RequestOptions::default());
    if let Ok(response) = sending.await {
        response.into_body().collect().await.unwrap();
    }
}

/// Send a request on the connection of the previous one.
async fn send_reusing(egress: &Egress, builder: http::request::Builder) {
    while egress.transport.idle_connections() == 0 {
        yield_now().await;
    }
    send(egress, builder).await;
}

fn check(recorder: &Recorder, origin: &str, expected: &Expect) {
    expected.assert_eq(
        &recorder
            .shown()
            .replace(origin.trim_start_matches("http://"), "SERVER"),
    );
}

#[tokio::test]
async fn requests_that_are_answered() {
    let recorder = Recorder::new(Level::DEBUG);
    let _default = set_default(recorder.clone());
    let origin = server(&[Some(OK), Some(OK)]).await;
    let secrets = [(secret("TOKEN", &origin, Place::Header), VALUE)];
    let egress = egress(allow(&origin), &secrets);
    let handle = egress.secrets.handle("TOKEN").unwrap().unwrap();
    let get = |path: &str| {
        let get = Request::get(format!("{origin}/{path}"));
        get.header("authorization", format!("Bearer {handle}"))
    };
    send(&egress, get("path")).await;
    send_reusing(&egress, get("other?query")).await;
    drop(egress);
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: DEBUG admitted rule=http://SERVER
        request number=1 method=GET origin=http://SERVER: DEBUG injected secret=TOKEN place=header
        request number=1 method=GET origin=http://SERVER: DEBUG permit acquired seconds=TIME
        request number=1 method=GET origin=http://SERVER: DEBUG resolved addresses=127.0.0.1 seconds=TIME
        request number=1 method=GET origin=http://SERVER: DEBUG connected peer=SERVER seconds=TIME
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: DEBUG response ended bytes_received=5 seconds=TIME
        request number=1 method=GET origin=http://SERVER: closed
        request number=2 method=GET origin=http://SERVER: DEBUG admitted rule=http://SERVER
        request number=2 method=GET origin=http://SERVER: DEBUG injected secret=TOKEN place=header
        request number=2 method=GET origin=http://SERVER: DEBUG permit acquired seconds=TIME
        request number=2 method=GET origin=http://SERVER: INFO sending attempt=1 connection=reused protocol=HTTP/1.1
        request number=2 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=2 method=GET origin=http://SERVER: DEBUG response ended bytes_received=5 seconds=TIME
        request number=2 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn info_is_less_than_debug() {
    let recorder = Recorder::new(Level::INFO);
    let _default = set_default(recorder.clone());
    let origin = server(&[Some(OK)]).await;
    send(&egress(allow(&origin), &[]), Request::get(&origin)).await;
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn without_a_span_nothing_is_traced() {
    let recorder = Recorder::new(Level::WARN);
    let _default = set_default(recorder.clone());
    let origin = server(&[Some(OK)]).await;
    let egress = egress(allow(&origin), &[]);
    send(&egress, Request::get(&origin)).await;
    assert!(egress.usage.audit().trace.get().is_none());
    check(&recorder, &origin, &expect![[r#""#]]);
}

/// A runtime polls a run in any of its threads.
#[tokio::test]
async fn a_run_keeps_its_subscriber() {
    let recorder = Recorder::new(Level::INFO);
    let origin = server(&[Some(OK)]).await;
    let egress = with_default(&recorder.clone().into(), || egress(allow(&origin), &[]));
    let other = Recorder::new(Level::INFO);
    let _default = set_default(other.clone());
    send(&egress, Request::get(&origin)).await;
    drop(egress);
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
    assert_eq!(other.shown(), "");
}

#[tokio::test]
async fn a_url_that_is_a_secret() {
    let recorder = Recorder::new(Level::DEBUG);
    let _default = set_default(recorder.clone());
    let origin = server(&[Some(OK), None]).await;
    let url = format!("{origin}/hooks/123?key=abcdefgh");
    let secrets = [(secret("HOOK", &origin, Place::Url), url.as_str())];
    let egress = egress(allow(&origin), &secrets);
    let handle = egress.secrets.handle("HOOK").unwrap().unwrap();
    send(&egress, Request::get(&handle)).await;
    // It is sent again, after the server has closed the connection.
    send_reusing(&egress, Request::get(&handle)).await;
    drop(egress);
    let fields = recorder.fields();
    assert!(!fields.iter().any(|field| field.contains("127.0.0.1")));
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET: DEBUG injected secret=HOOK place=url
        request number=1 method=GET origin=<HIDDEN>: DEBUG admitted rule=<HIDDEN>
        request number=1 method=GET origin=<HIDDEN>: DEBUG permit acquired seconds=TIME
        request number=1 method=GET origin=<HIDDEN>: DEBUG resolved addresses=<HIDDEN> seconds=TIME
        request number=1 method=GET origin=<HIDDEN>: DEBUG connected peer=<HIDDEN> seconds=TIME
        request number=1 method=GET origin=<HIDDEN>: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=<HIDDEN>: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=<HIDDEN>: DEBUG response ended bytes_received=5 seconds=TIME
        request number=1 method=GET origin=<HIDDEN>: closed
        request number=2 method=GET: DEBUG injected secret=HOOK place=url
        request number=2 method=GET origin=<HIDDEN>: DEBUG admitted rule=<HIDDEN>
        request number=2 method=GET origin=<HIDDEN>: DEBUG permit acquired seconds=TIME
        request number=2 method=GET origin=<HIDDEN>: INFO sending attempt=1 connection=reused protocol=HTTP/1.1
        request number=2 method=GET origin=<HIDDEN>: INFO retrying kind=protocol stage=head sent=unknown reason=<HIDDEN> closed the connection before it answered: connection closed before message completed
        request number=2 method=GET origin=<HIDDEN>: DEBUG resolved addresses=<HIDDEN> seconds=TIME
        request number=2 method=GET origin=<HIDDEN>: INFO failed kind=protocol stage=head sent=unknown reason=<HIDDEN> closed the connection before it answered: connection closed before message completed
        request number=2 method=GET origin=<HIDDEN>: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn a_connection_that_is_refused() {
    let recorder = Recorder::new(Level::DEBUG);
    let _default = set_default(recorder.clone());
    let origin = server(&[]).await;
    // It ends at once.
    yield_now().await;
    send(&egress(allow(&origin), &[]), Request::get(&origin)).await;
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: DEBUG admitted rule=http://SERVER
        request number=1 method=GET origin=http://SERVER: DEBUG permit acquired seconds=TIME
        request number=1 method=GET origin=http://SERVER: DEBUG resolved addresses=127.0.0.1 seconds=TIME
        request number=1 method=GET origin=http://SERVER: INFO failed kind=connect stage=connect sent=no reason=could not connect to http://SERVER: connection refused
        request number=1 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn an_origin_that_is_denied() {
    let recorder = Recorder::new(Level::DEBUG);
    let _default = set_default(recorder.clone());
    let egress = egress(Policy::nothing(), &[]);
    send(&egress, Request::get("https://one.test/path?query")).await;
    drop(egress);
    check(
        &recorder,
        "http://unused",
        &expect![[r#"
        request number=1 method=GET origin=https://one.test: INFO failed kind=denied stage=policy sent=no reason=the policy does not allow https://one.test: no rule matches it
        request number=1 method=GET origin=https://one.test: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn a_request_that_is_sent_again() {
    let recorder = Recorder::new(Level::INFO);
    let _default = set_default(recorder.clone());
    let origin = server(&[Some(OK), None, Some(OK)]).await;
    let egress = egress(allow(&origin), &[]);
    send(&egress, Request::get(&origin)).await;
    send_reusing(&egress, Request::get(&origin)).await;
    drop(egress);
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: closed
        request number=2 method=GET origin=http://SERVER: INFO sending attempt=1 connection=reused protocol=HTTP/1.1
        request number=2 method=GET origin=http://SERVER: INFO retrying kind=protocol stage=head sent=unknown reason=http://SERVER closed the connection before it answered: connection closed before message completed
        request number=2 method=GET origin=http://SERVER: INFO sending attempt=2 connection=new protocol=HTTP/1.1
        request number=2 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=2 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn a_part_of_a_secret() {
    let recorder = Recorder::new(Level::INFO);
    let _default = set_default(recorder.clone());
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\ntok en/of-th";
    let origin = server(&[Some(cut)]).await;
    let secrets = [(secret("TOKEN", &origin, Place::Header), VALUE)];
    let egress = egress(allow(&origin), &secrets);
    send(&egress, Request::get(&origin)).await;
    drop(egress);
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: INFO partial echo secret=TOKEN
        request number=1 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn a_response_that_is_withheld() {
    let recorder = Recorder::new(Level::INFO);
    let _default = set_default(recorder.clone());
    let coded = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\n?";
    let origin = server(&[Some(coded)]).await;
    let secrets = [(secret("TOKEN", &origin, Place::Header), VALUE)];
    let egress = egress(allow(&origin), &secrets);
    send(&egress, Request::get(&origin)).await;
    drop(egress);
    check(
        &recorder,
        &origin,
        &expect![[r#"
        request number=1 method=GET origin=http://SERVER: INFO sending attempt=1 connection=new protocol=HTTP/1.1
        request number=1 method=GET origin=http://SERVER: INFO answered status=200 seconds=TIME
        request number=1 method=GET origin=http://SERVER: INFO failed kind=protocol stage=body sent=yes reason=the response of http://SERVER can't be decoded: it is compressed, though `Accept-Encoding: identity` asks for no compression, as a secret is bound to this origin; have the server, or the proxy before it, send it uncompressed
        request number=1 method=GET origin=http://SERVER: closed
        run: closed
    "#]],
    );
}

#[tokio::test]
async fn a_run_that_ends_before_its_requests() {
    let recorder = Recorder::new(Level::INFO);
    let _default = set_default(recorder.clone());
    let egress = egress(Policy::nothing(), &[]);
    drop(egress.send(
        request(Request::get("http://one.test")),
        RequestOptions::default(),
    ));
    egress
        .usage
        .audit()
        .abort(ErrorKind::Trap, "the component's words");
    drop(egress);
    check(
        &recorder,
        "http://unused",
        &expect![[r#"
        request number=1 method=GET: INFO aborted kind=trap stage=policy sent=no
        request number=1 method=GET: closed
        run: closed
    "#]],
    );
}

/// Whatever a component does with its handle, and a server with the value.
#[tokio::test]
async fn no_field_has_a_value_or_a_handle() {
    let recorder = Recorder::new(Level::TRACE);
    let _default = set_default(recorder.clone());
    let echo =
        "HTTP/1.1 200 OK\r\nconnection: close\r\nx: tok en/of-the-run\r\n\r\ntok en/of-the-run";
    let origin = server(&[Some(echo), Some(echo)]).await;
    // A value that can be in a name.
    let name = "value-of-a-name";
    let policy = allow(&origin)
        .allow(format!("https://{name}.test").parse().unwrap())
        .allow_as(VALUE, "https://*.one.test".parse().unwrap());
    let secrets = [
        (secret("TOKEN", &origin, Place::Header), VALUE),
        (secret("NAME", &origin, Place::Header), name),
    ];
    let egress = egress(policy, &secrets);
    let handle = egress.secrets.handle("TOKEN").unwrap().unwrap();
    let encoded = "tok%20en%2Fof-the-run";
    for builder in [
        Request::get(&origin).header("authorization", format!("Bearer {handle}")),
        Request::get(format!("{origin}/{handle}?{handle}={handle}")),
        Request::get(format!("{origin}/{encoded}?{encoded}")),
        Request::get(&origin).header("authorization", format!("x {handle} y")),
        Request::get(&origin).header(handle.as_str(), handle.as_str()),
        Request::get(&origin).header("range", &handle),
        Request::get(&origin).header("host", name),
        Request::get(format!("https://{handle}.test")),
        Request::get(format!("https://{handle}.one.test")),
        Request::get(format!("https://{handle}")),
        Request::get(format!("https://{handle}/path")),
        Request::get(format!("https://{}.test", &handle.to_uppercase())),
        Request::get(format!("https://{name}.test")),
        Request::get(format!("https://{name}.one.test")),
        Request::get(format!("https://{name}@one.test")),
        Request::get(&origin).method(handle.as_str()),
        Request::get(&origin).method(name),
        Request::get(&origin).method("TRACE"),
        Request::get(&origin),
    ] {
        send(&egress, builder).await;
    }
    egress.usage.audit().abort(ErrorKind::Trap, VALUE);
    drop(egress);
    let fields = recorder.fields();
    assert!(fields.len() > 50, "{fields:?}");
    for field in fields {
        let field = field.to_lowercase();
        for hidden in [VALUE, encoded, name, &handle] {
            assert!(!field.contains(hidden), "{field}");
        }
    }
}
