//! The injected requests, and what is refused.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use http_step_policy::{Limits, Policy, Secret};

use http_step_signing::hmac::Encoding;

use super::other_fields::ComputedFields;
use super::*;
use crate::auth::{PlainSignature, RequestedScheme, SignatureForm};
use crate::body::content::Content;
use crate::connect::resolve::SystemResolver;
use crate::connect::tls::Roots;
use crate::egress::Transport;
use crate::requested::Requested;
use crate::secrets::GrantedSecrets;
use crate::usage::RunUsage;
use crate::usage::cpu::CpuMeter;

const ORIGIN: &str = "http://a.test";

/// A body, piece by piece.
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = crate::error::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }
}

/// The egress gate of a run that is granted one secret, for everything.
fn egress(value: &str) -> Egress {
    let secret = Place::COMPOSABLE
        .into_iter()
        .fold(secret(), Secret::compose);
    egress_of(secret, value)
}

/// A secret with the default grant.
fn secret() -> Secret {
    let secret = Secret::new("TOKEN", "env:TOKEN".parse().unwrap());
    secret.origin(ORIGIN.parse().unwrap())
}

fn egress_of(secret: Secret, value: &str) -> Egress {
    let resolver = Arc::new(SystemResolver);
    Egress {
        transport: Arc::new(Transport::new(resolver, Roots::default(), 1)),
        tenant: "".into(),
        policy: Policy::nothing(),
        requested: Arc::new(Requested::default()),
        secrets: Arc::new(GrantedSecrets::with_values(&[(secret, value)])),
        credentials: Arc::default(),
        idempotency: Arc::default(),
        dry_run: None,
        usage: Arc::new(RunUsage::new(Limits::default())),
        cpu: CpuMeter::default(),
    }
}

impl Egress {
    fn given(&self) -> String {
        self.secrets.handle("TOKEN").unwrap().unwrap()
    }

    fn injected_header(&self, name: &str, value: &str) -> Result<String, String> {
        let body = Full::new(Bytes::new()).map_err(|never| match never {});
        let request = Request::builder().uri(ORIGIN).header(name, value);
        let mut request = request.body(body.boxed_unsync()).unwrap();
        let entry = AuditEntry::new("GET");
        self.inject_head(&mut request, &ORIGIN.parse().unwrap(), &entry)
            .map_err(|error| error.words(false))?;
        Ok(request.headers()[name].to_str().unwrap().to_owned())
    }

    /// The head with its values, or why it is refused.
    fn injected_head(&self, request: http::request::Builder) -> Result<Request<()>, String> {
        let body = Full::new(Bytes::new()).map_err(|never| match never {});
        let mut request = request.body(body.boxed_unsync()).unwrap();
        let entry = AuditEntry::new("GET");
        self.inject_head(&mut request, &ORIGIN.parse().unwrap(), &entry)
            .map_err(|error| error.words(false))?;
        Ok(request.map(|_| ()))
    }

    async fn injected_body(&self, body: String) -> Result<Request<Content>, TransportError> {
        let request = Request::post(ORIGIN).header(CONTENT_LENGTH, body.len());
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
        self.injected(request.body(body.boxed_unsync()).unwrap())
            .await
    }

    async fn injected(
        &self,
        request: Request<BoxBody>,
    ) -> Result<Request<Content>, TransportError> {
        let entry = Arc::new(AuditEntry::new("POST"));
        let within = Duration::from_secs(1);
        self.inject_body(request, &ORIGIN.parse().unwrap(), within, None, &entry)
            .await
    }
}

#[test]
fn basic_credentials_are_injected() {
    let egress = egress("bWU6cGFzc3dvcmQ=");
    let handle = egress.given();
    let encoded = BASE64_STANDARD.encode(format!("me:{handle}"));
    for (written, sent) in [
        (
            format!("Basic {encoded}"),
            "Basic bWU6YldVNmNHRnpjM2R2Y21RPQ==",
        ),
        (format!("Basic {handle}"), "Basic bWU6cGFzc3dvcmQ="),
        (format!("Bearer {handle}"), "Bearer bWU6cGFzc3dvcmQ="),
        ("Basic bWU6eA==".to_owned(), "Basic bWU6eA=="),
    ] {
        let injected = egress.injected_header("authorization", &written);
        assert_eq!(injected.as_deref(), Ok(sent), "{written}");
    }
}

/// A handle is short, but its value may be long.
#[tokio::test]
async fn a_request_that_would_be_too_long_is_refused() {
    let egress = egress(&"key-material".repeat(5000));
    let handle = egress.given();
    assert_eq!(
        egress.injected_header("x-api-key", &handle.repeat(1000)),
        Err("the header `x-api-key` can't be sent: with its secrets the header of the request has 60000000 bytes; a header may have 65536".to_owned())
    );
    let one = egress.injected_body(handle.clone()).await.unwrap();
    assert_eq!(egress.usage.memory().peak(), 32 + 60_000);
    drop(one);
    let many = egress.injected_body(handle.repeat(2000)).await;
    assert_eq!(
        many.err().map(|error| error.words(false)),
        egress
            .usage
            .signal()
            .exceeded()
            .map(|error| error.to_string())
    );
    assert_eq!(egress.usage.memory().peak(), 64_000);
}

/// Some servers accept no upload without its length.
#[tokio::test]
async fn the_length_of_a_long_body_is_announced() {
    let egress = egress("a value longer than its handle, by some bytes");
    let handle = egress.given();
    let file = "x".repeat(3 << 20);
    for (written, sent) in [
        (file.clone(), Ok(file.len())),
        (format!("{handle}{file}"), Ok(file.len() + 45)),
        (
            format!("{file}{handle}"),
            Err(
                "a secret is after the first 1048576 bytes of a body whose length was announced; a body without Content-Length can have it there",
            ),
        ),
    ] {
        // In pieces, as from a component.
        let pieces = written.as_bytes().chunks(64 << 10);
        let body = Pieces(pieces.map(Bytes::copy_from_slice).collect()).boxed_unsync();
        let request = Request::post(ORIGIN).header(CONTENT_LENGTH, written.len());
        let injected = egress.injected(request.body(body).unwrap()).await.unwrap();
        let length = injected.headers()[CONTENT_LENGTH]
            .to_str()
            .unwrap()
            .to_owned();
        let body = injected.into_body().collect().await;
        let body = body.map(|body| body.to_bytes().len());
        let body = body.map_err(|error| error.words(false));
        assert_eq!(body, sent.map_err(str::to_owned));
        if let Ok(sent) = body {
            assert_eq!(length, sent.to_string());
        }
    }
}

/// If a server truncated a field, a step that pads it would choose the last character of the value
/// that the server reveals.
#[tokio::test]
async fn a_step_does_not_choose_the_text_next_to_a_value() {
    let places = Place::ALL.into_iter().fold(secret(), Secret::place);
    let egress = egress_of(places, "the-value-of-it");
    let handle = egress.given();
    for padding in [
        "x",
        " ",
        &"x".repeat(190),
        "Bearer x",
        "a=",
        "Bearer\t",
        "\"",
    ] {
        for value in [format!("{padding}{handle}"), format!("{handle}{padding}")] {
            let refused = egress.injected_header("x-api-key", &value).unwrap_err();
            assert!(
                refused.ends_with(
                    "it must be the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`"
                ),
                "{refused}"
            );
        }
    }
    for url in ["/bot{}/", "/{}x", "/a;{}", "/{};a", "/x%20{}"] {
        let url = format!("{ORIGIN}{}", url.replace("{}", &handle));
        let refused = egress.injected_head(Request::get(url)).unwrap_err();
        assert!(
            refused.ends_with("it must be a whole path segment"),
            "{refused}"
        );
    }
    for query in [
        "q=x{}",
        "q={}x",
        "{}=q",
        "q=x&q={}",
        "q={}&Q=x",
        "%71=x&q={}",
    ] {
        let url = format!("{ORIGIN}/?{}", query.replace("{}", &handle));
        let refused = egress.injected_head(Request::get(url)).unwrap_err();
        assert!(
            refused.ends_with("it must be a whole query value")
                || refused.contains("servers join the field `"),
            "{refused}"
        );
    }
    for names in [["x-api-key", "x-api-key"], ["x-api-key", "x_api_key"]] {
        let request = Request::get(ORIGIN);
        let request = request.header(names[0], "x").header(names[1], &handle);
        let refused = egress.injected_head(request).unwrap_err();
        assert!(
            refused.contains("with another one of the request"),
            "{refused}"
        );
    }
    for body in ["x{}", "{}x", "a={}"] {
        let body = egress.injected_body(body.replace("{}", &handle)).await;
        let refused = body.err().unwrap().words(false);
        assert!(
            refused.ends_with(
                "it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way"
            ),
            "{refused}"
        );
    }
    let url = format!("{ORIGIN}/a/{handle}/b?c=d&q={handle}");
    let request = egress.injected_head(Request::get(url)).unwrap();
    assert_eq!(
        request.uri(),
        "http://a.test/a/the-value-of-it/b?c=d&q=the-value-of-it"
    );
    assert!(egress.injected_body(handle).await.is_ok());
}

/// Servers give header fields meanings: they compare some, and show others masked.
#[test]
fn by_default_a_header_is_one_for_credentials() {
    let egress = egress_of(secret(), "the-value-of-it");
    let handle = egress.given();
    for field in ["authorization", "x-api-key", "private-token"] {
        let injected = egress.injected_header(field, &handle);
        assert_eq!(injected.as_deref(), Ok("the-value-of-it"), "{field}");
    }
    let long = format!("x-token-{}", "a".repeat(57));
    for (field, text) in [
        ("if-modified-since", "{}"),
        ("origin", "{}"),
        ("x-csrf-token", "{}"),
        ("cookie", "session={}"),
        ("cookie", "{}"),
        ("user-agent", "Bearer {}"),
        ("x-api-key", "Bearer {}"),
        (&long, "{}"),
        ("authorization", "Basic {}"),
    ] {
        let refused = egress.injected_header(field, &text.replace("{}", &handle));
        assert!(refused.is_err(), "{field}: {text}");
    }
}

/// PHP makes a list of cookies with one name.
#[test]
fn cookies_of_one_name_hold_no_value() {
    let cookie = HeaderFormat::new("Cookie", None).unwrap();
    let egress = egress_of(secret().header_format(cookie), "the-value-of-it");
    let handle = egress.given();
    for (text, is_sent) in [
        ("a=b; q={}", true),
        ("q[]=pad; q[]={}", false),
        ("q={}; Q=pad", false),
        ("[q]=pad; q={}", false),
    ] {
        let injected = egress.injected_header("cookie", &text.replace("{}", &handle));
        let sent = text.replace("{}", "the-value-of-it");
        assert_eq!(injected.ok(), is_sent.then_some(sent), "{text}");
    }
}

/// Names with a word such as `token`, of fields that some server indexes, compares or forwards.
#[test]
fn a_field_for_data_is_not_one_for_credentials() {
    let egress = egress_of(secret(), "the-value-of-it");
    let handle = egress.given();
    for field in [
        "x-token",
        "x-openai-api-key",
        "x-hasura-pat-key",
        "x-riak-index-token_bin",
        "x-amz-meta-token",
        "x-ms-meta-key",
        "x-object-meta-key",
        "x-container-meta-temp-url-key",
        "x-bz-info-token",
        "ce-token",
        "impersonate-extra-token",
        "solace-user-property-token",
        "grpc-metadata-token-bin",
        "x-auth-email",
        "x-auth-user",
        "start-key",
        "x-last-key",
        "since-token",
        "lock-token",
        "x-form-token",
        "x-antiforgery-token",
        "x-trino-trace-token",
        "x-ms-session-token",
        "proxy-authorization",
    ] {
        let refused = egress.injected_header(field, &handle).unwrap_err();
        let expected = format!(
            "in the header `{field}` of a request to http://a.test: it is granted only for headers for credentials"
        );
        assert!(refused.contains(&expected), "{refused}");
    }
    let refused = egress.injected_header("x-auth-token", &format!("Bearer {handle}"));
    assert!(refused.unwrap_err().contains("next to other text"));
}

/// Servers that forward requests, with their credentials, to where a header field says.
#[test]
fn no_header_sends_a_value_elsewhere() {
    let egress = egress_of(secret(), "the-value-of-it");
    let handle = egress.given();
    let request = |name: &str, value: &str| {
        let request = Request::post(ORIGIN).header("authorization", format!("Bearer {handle}"));
        egress.injected_head(request.header(name, value))
    };
    for (name, value) in [
        ("x-portkey-custom-host", "https://evil.example/v1"),
        ("x-portkey-custom-host", "evil.example/v1"),
        (
            "x-portkey-config",
            "{\"custom_host\":\"https:\\u002f\\u002fevil.example\"}",
        ),
        ("x-openai-baseurl", "evil.example"),
        ("helicone-target-url", "evil.example"),
        ("x-target", "evil.example"),
        ("l5d-dst-override", "evil.example:80"),
        ("x-http-host-override", "evil.example"),
        ("x-cf-forwarded-url", "evil.example"),
        ("x_forwarded_host", "evil.example"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/admin"),
        ("destination", "/admin"),
        (
            "x-portkey-config",
            "{\"custom_host\":\"https\\u003a//evil.example\"}",
        ),
        (
            "x-portkey-config",
            "{\"custom_host\":\"https:evil.example/v1\"}",
        ),
        ("x-anything", "https://evil.example"),
        ("x-anything", "https:/evil"),
        ("x-anything", "\\\\evil"),
        ("x-anything", "/\\evil"),
        ("x-server", "evil.example"),
        ("l5d-dtab", "/svc=>/$/inet/evil.example/443"),
        ("x-account", "134744072"),
        ("x-account", " 134744072"),
        ("x-account", "134744072,"),
        ("script_name", "/v1"),
    ] {
        let refused = request(name, value).unwrap_err();
        assert_eq!(
            refused,
            format!(
                "the policy does not allow the secret `TOKEN` in a header of a request to http://a.test with the header `{name}`: `{name}` can make a server send the secret elsewhere; remove it"
            ),
            "{value}"
        );
    }
    for (name, value) in [
        ("x-anything", "no-retry, en-US 2"),
        ("x-http-method-override", "PUT"),
        ("referer", "https://a.test/"),
        ("origin", "https://a.test"),
        ("user-agent", "bot (+https://a.test)"),
        (
            "content-type",
            "application/ld+json; profile=\"https://a.test\"",
        ),
    ] {
        assert!(request(name, value).is_ok(), "{name}: {value}");
    }
}

/// A server can take a prefix off the path, or another path, from any field.
#[test]
fn a_bound_secret_is_sent_with_known_fields_only() {
    let bound = || secret().path_prefix("/public/".parse().unwrap());
    let egress = egress_of(bound(), "the-value-of-it");
    let handle = egress.given();
    let request = |name: &str| {
        let request = Request::post(format!("{ORIGIN}/public/admin"));
        request
            .header("authorization", format!("Bearer {handle}"))
            .header(name, "/public")
    };
    for name in [
        "script_name",
        "script-name",
        "daphne-root-path",
        "path_info",
        "x-astro-path",
        "x-ms-original-url",
        "x-invoke-path",
        "x-matched-path",
        "x-traversal-path",
        "x-ingress-path",
        "x-replaced-path",
        "x-base-path",
        "x-root-path",
        "x-http-method-override",
        "x-original-url",
        "forwarded",
        "destination",
        "x-oss-symlink-target",
        "x-goog-copy-source",
        "dapr-app-id",
        "content-location",
        "accept_encoding",
        "x-anything",
    ] {
        let refused = egress.injected_head(request(name)).unwrap_err();
        assert!(
            refused.contains(&format!("with the header `{name}`: ")),
            "{refused}"
        );
    }
    assert_eq!(
        egress.injected_head(request("script_name")).unwrap_err(),
        "the policy does not allow the secret `TOKEN` in a header of a request to http://a.test with the header `script_name`: it is granted only for paths under `/public/`, and servers may take another method or path from `script_name`; remove it"
    );
    for name in [
        "accept",
        "idempotency-key",
        "if-match",
        "x-request-id",
        "traceparent",
    ] {
        assert!(egress.injected_head(request(name)).is_ok(), "{name}");
    }
}

/// The component chooses the field of a signature, and the text before it.
#[test]
fn the_field_of_a_signature_counts() {
    let bound = secret().path_prefix("/public/".parse().unwrap());
    for (secret, field, prefix, is_denied) in [
        (bound.clone(), "daphne-root-path", "/public=", true),
        (bound, "x-signature", "sha256=", false),
        (secret(), "daphne-root-path", "/public=", true),
        (secret(), "x-anything", "https:", true),
        (secret(), "x-anything", "v1=", false),
        (secret(), "x-anything", "v1=a=", true),
    ] {
        let egress = egress_of(secret, "the-value-of-it");
        let scheme = RequestedScheme::Hmac {
            key: "made-up".to_owned(),
            form: SignatureForm::Plain(PlainSignature {
                header: field.to_owned(),
                encoding: Encoding::Hex,
                prefix: prefix.to_owned(),
            }),
        };
        let sent = egress.credentials.request(scheme).map(|placeholder| {
            let request = Request::post(format!("{ORIGIN}/public/"))
                .header("api-key", egress.given())
                .extension(ComputedFields::new(&[placeholder]));
            egress.injected_head(request)
        });
        let is_sent = sent.is_ok_and(|sent| sent.is_ok());
        assert_eq!(is_sent, !is_denied, "{field}: {prefix}");
    }
}

/// An unfinished escape before a value would absorb its first characters, and a server that echoes
/// the result would reveal them. `compose` does not allow it.
#[tokio::test]
async fn no_value_follows_an_unfinished_escape() {
    let egress = egress("4-value\\of<it");
    let handle = egress.given();
    let sent = |text: &str| text.replace("{}", &handle);
    for open in [
        "/%{}", "/a%4{}", "/%u{}", "/%U004{}", "/%41%{}", "/%%4{}", "/{}%{}",
    ] {
        for url in [format!("{ORIGIN}{open}"), format!("{ORIGIN}/?q={open}")] {
            let refused = egress.injected_head(Request::get(sent(&url))).unwrap_err();
            assert!(refused.contains("an unfinished `%` escape"), "{refused}");
        }
    }
    for closed in ["/%41{}", "/%u0041{}", "/4{}", "/%41a{}", "/{}%4"] {
        let url = sent(&format!("{ORIGIN}{closed}?q={closed}"));
        assert!(egress.injected_head(Request::get(url)).is_ok(), "{closed}");
    }
    let (form, json) = (
        "application/x-www-form-urlencoded",
        "application/problem+json",
    );
    for (content_type, sign, open, closed) in [
        (form, '%', "a=%{}", "a=%41{}"),
        (form, '%', "%u00{}", "%u0041{}"),
        (json, '\\', r#"{"a": "\{}"}"#, r#"{"a": "\\{}"}"#),
        (json, '\\', r#"{"a": "\\\{}"}"#, r#"{"a": "\n{}"}"#),
        (json, '\\', r#"["\u00{}"]"#, r#"["\u0041{}"]"#),
        // Some servers also read invalid JSON.
        (json, '\\', r#"["\x4{}"]"#, r#"["\x4 {}"]"#),
        (json, '\\', r"\u{4{}", r"\u{4}{}"),
        ("text/xml", '&', "<a>&#{}</a>", "<a>&#52;{}</a>"),
        ("text/xml", '&', "<a b='&#x0000{}'/>", "<a b='& {}'/>"),
        ("text/xml", '&', "<a>&am{};</a>", "<a>&amp;{}</a>"),
        ("text/xml", '&', "<a>&a-b{};</a>", "<a>a-b{};</a>"),
    ] {
        for (text, is_open) in [(open, true), (closed, false)] {
            // A long body is sent while it is read; here it is split between the two.
            let long = is_open.then(|| " ".repeat(1 << 20));
            for padding in long.iter().map(String::as_str).chain([""]) {
                let (before, after) = text.split_once("{}").unwrap();
                let pieces = [format!("{padding}{before}"), format!("{handle}{after}")];
                let body = Pieces(pieces.map(Bytes::from).into()).boxed_unsync();
                let request = Request::post(ORIGIN).header("content-type", content_type);
                let sent = match egress.injected(request.body(body).unwrap()).await {
                    Ok(injected) => injected.into_body().collect().await.map(|_| ()),
                    Err(error) => Err(error),
                };
                let said = format!("an unfinished `{sign}` escape");
                match sent.map_err(|error| error.words(false)) {
                    Ok(()) => assert!(!is_open, "{text}"),
                    Err(report) => assert!(is_open && report.contains(&said), "{text}: {report}"),
                }
            }
        }
    }
    // A value that is injected unencoded has no escapes.
    assert!(egress.injected_body(sent("%4{}")).await.is_ok());
    assert!(egress.injected_header("x-api-key", &sent("%4{}")).is_ok());
}

/// In a long body, a value is sent once the text after it is known.
#[tokio::test]
async fn a_value_waits_for_the_text_after_it() {
    for (text, end) in [
        ("\"}", Ok("\"the-value-of-it\"}")),
        ("x\"}", Err(())),
        ("\\\"", Err(())),
        ("\" + 1", Err(())),
    ] {
        let egress = egress_of(secret().place(Place::Body), "the-value-of-it");
        let handle = egress.given();
        let padding = "x".repeat(2 << 20);
        let body = format!("{{\"a\": \"{padding}\", \"b\": \"{handle}{text}");
        for length in [1000, 1 << 16, (1 << 20) + 1] {
            let pieces = body.as_bytes().chunks(length);
            let body = Pieces(pieces.map(Bytes::copy_from_slice).collect()).boxed_unsync();
            let request = Request::post(ORIGIN).header("content-type", "application/json");
            let injected = egress.injected(request.body(body).unwrap()).await.unwrap();
            let mut body = injected.into_body();
            let mut sent = Vec::new();
            let ended = loop {
                match body.frame().await {
                    None => break Ok(()),
                    Some(Ok(frame)) => sent.extend_from_slice(&frame.into_data().unwrap()),
                    Some(Err(error)) => break Err(error.words(false)),
                }
            };
            let sent = String::from_utf8(sent).unwrap();
            match end {
                Ok(end) => {
                    assert_eq!(ended, Ok(()));
                    assert!(sent.ends_with(end), "{}", &sent[sent.len() - 50..]);
                }
                Err(()) => {
                    let refused = ended.unwrap_err();
                    assert!(
                        refused.ends_with("it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way"),
                        "{refused}"
                    );
                    // With `" + 1` other text is next to it, so the request was aborted before.
                    assert!(text.starts_with("\" ") || !sent.contains("the-value"));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_bound_secret_is_sent_without_overrides() {
    let bound = secret().methods(["GET", "POST"]).place(Place::Header);
    let egress = egress_of(bound, "the-value-of-it");
    let handle = egress.given();
    let request = || Request::get(format!("{ORIGIN}/?a=b")).header("x-api-key", &handle);
    assert!(egress.injected_head(request()).is_ok());
    let refused = egress.injected_head(request().header("X-HTTP-Method-Override", "PUT"));
    assert_eq!(
        refused.unwrap_err(),
        "the policy does not allow the secret `TOKEN` in a header of a request to http://a.test with the header `x-http-method-override`: it is granted only for GET and POST requests, and servers may take another method or path from `x-http-method-override`; remove it"
    );
    let refused = egress.injected_head(request().uri(format!("{ORIGIN}/?_method=PUT")));
    assert!(refused.unwrap_err().contains("with `_method`"));
    let batch = "batch=[%7B%22method%22:%22DELETE%22%7D]";
    let refused = egress.injected_head(request().uri(format!("{ORIGIN}/?{batch}")));
    assert!(refused.unwrap_err().contains("with `method`"));
    let cookies = |text| egress.injected_head(request().header("cookie", text));
    assert!(cookies("a=b; _session=PUT").is_ok());
    assert!(
        cookies("a=b; _method=PUT")
            .unwrap_err()
            .contains("with `_method`")
    );
    // The restriction does not affect other secrets.
    let free = egress_of(secret(), "the-value-of-it");
    let request = Request::get(ORIGIN).header("x-api-key", free.given());
    let request = request.header("x-http-method-override", "PUT");
    assert!(free.injected_head(request).is_ok());
}

#[test]
fn secrets_for_one_field() {
    let format = |text| HeaderFormat::new("Authorization", Some(text)).unwrap();
    let pinned = secret()
        .header_format(format("Token token=\"{}\""))
        .header_format(format("Basic ci:{}"));
    let egress = egress_of(pinned, "the-value-of-it");
    let handle = egress.given();
    let basic = |text: String| format!("Basic {}", BASE64_STANDARD.encode(text));
    for (name, value, sent) in [
        (
            "authorization",
            format!("Token token=\"{handle}\""),
            Some("Token token=\"the-value-of-it\"".to_owned()),
        ),
        (
            "authorization",
            basic(format!("ci:{handle}")),
            Some(basic("ci:the-value-of-it".to_owned())),
        ),
        ("authorization", basic(format!("me:{handle}")), None),
        ("authorization", format!("Bearer {handle}"), None),
        ("authorization", handle.clone(), None),
        ("x-api-key", format!("Token token=\"{handle}\""), None),
    ] {
        match (egress.injected_header(name, &value), sent) {
            (Ok(injected), Some(sent)) => assert_eq!(injected, sent),
            (Err(refused), None) => assert_eq!(
                refused.replace("a header of", &format!("the header `{name}` of")),
                format!(
                    "the policy does not allow the secret `TOKEN` in the header `{name}` of a request to http://a.test: it is granted only for the header `authorization` as `Basic ci:{{}}` and the header `authorization` as `Token token=\"{{}}\"`"
                )
            ),
            (injected, _) => panic!("{value}: {injected:?}"),
        }
    }
}
