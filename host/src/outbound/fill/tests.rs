//! What goes out for a handle, and what is refused.

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

use super::super::filled::Content;
use super::super::{Asked, Journal, Outbound, Roots, SystemResolver};
use super::*;
use crate::meter::CpuMeter;
use crate::secrets::Lent;

const ORIGIN: &str = "http://a.test";

/// A body, piece by piece.
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = wasmtime_wasi_http::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }
}

/// The way out of a run that is lent one secret.
fn egress(value: &str) -> Egress {
    let secret = Secret::new("TOKEN", "env:TOKEN".parse().unwrap());
    let secret = secret.origin(ORIGIN.parse().unwrap());
    let resolver = Arc::new(SystemResolver);
    Egress {
        outbound: Arc::new(Outbound::new(resolver, Roots::default(), 1)),
        tenant: "".into(),
        policy: Policy::nothing(),
        asked: Arc::new(Asked::default()),
        lent: Arc::new(Lent::of_values(&[(secret, value)])),
        credentials: Arc::default(),
        rehearsal: None,
        journal: Arc::new(Journal::new(Limits::default())),
        cpu: CpuMeter::default(),
    }
}

impl Egress {
    fn given(&self) -> String {
        self.lent.handle("TOKEN").unwrap().unwrap()
    }

    fn filled_header(&self, name: &str, value: &str) -> Result<String, String> {
        let body = Full::new(Bytes::new()).map_err(|never| match never {});
        let request = Request::builder().uri(ORIGIN).header(name, value);
        let mut request = request.body(body.boxed_unsync()).unwrap();
        let entry = Entry::new("GET");
        self.fill_head(&mut request, &ORIGIN.parse().unwrap(), &entry)
            .map_err(|error| error.words(false))?;
        Ok(request.headers()[name].to_str().unwrap().to_owned())
    }

    async fn filled_body(&self, body: String) -> Result<Request<Content>, TransportError> {
        let request = Request::post(ORIGIN).header(CONTENT_LENGTH, body.len());
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
        self.filled(request.body(body.boxed_unsync()).unwrap())
            .await
    }

    async fn filled(&self, request: Request<WasiBody>) -> Result<Request<Content>, TransportError> {
        let entry = Arc::new(Entry::new("POST"));
        let within = Duration::from_secs(1);
        self.fill_body(request, &ORIGIN.parse().unwrap(), within, None, &entry)
            .await
    }
}

#[test]
fn credentials_are_encoded_or_are_all_that_was_encoded() {
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
        let filled = egress.filled_header("authorization", &written);
        assert_eq!(filled.as_deref(), Ok(sent), "{written}");
    }
}

/// A handle is short, and what stands for it may be long.
#[tokio::test]
async fn what_would_be_too_long_is_not_made() {
    let egress = egress(&"key-material".repeat(5000));
    let handle = egress.given();
    assert_eq!(
        egress.filled_header("x-key", &handle.repeat(1000)),
        Err("with its secrets the header of the request has 60000000 bytes; a header may have 65536".to_owned())
    );
    let one = egress.filled_body(handle.clone()).await.unwrap();
    assert_eq!(egress.journal.memory().peak(), 32 + 60_000);
    drop(one);
    let many = egress.filled_body(handle.repeat(2000)).await;
    assert_eq!(
        many.err().map(|error| error.words(false)),
        egress
            .journal
            .exceeded_by_now()
            .map(|error| error.to_string())
    );
    assert_eq!(egress.journal.memory().peak(), 64_000);
}

/// There are servers that take no upload without its length.
#[tokio::test]
async fn the_length_of_a_long_body_is_told() {
    let egress = egress("a value longer than its handle, by some bytes");
    let handle = egress.given();
    let file = "x".repeat(3 << 20);
    for (written, sent) in [
        (file.clone(), Ok(file.len())),
        (format!("{handle}{file}"), Ok(file.len() + 45)),
        (
            format!("{file}{handle}"),
            Err(
                "a secret stands after the first 1048576 bytes of a body whose length was announced; a body without Content-Length can have it there",
            ),
        ),
    ] {
        // In pieces, as a component writes it.
        let pieces = written.as_bytes().chunks(64 << 10);
        let body = Pieces(pieces.map(Bytes::copy_from_slice).collect()).boxed_unsync();
        let request = Request::post(ORIGIN).header(CONTENT_LENGTH, written.len());
        let filled = egress.filled(request.body(body).unwrap()).await.unwrap();
        let length = filled.headers()[CONTENT_LENGTH]
            .to_str()
            .unwrap()
            .to_owned();
        let body = filled.into_body().collect().await;
        let body = body.map(|body| body.to_bytes().len());
        let body = body.map_err(|error| error.words(false));
        assert_eq!(body, sent.map_err(str::to_owned));
        if let Ok(sent) = body {
            assert_eq!(length, sent.to_string());
        }
    }
}
