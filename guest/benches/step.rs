//! The reference step without its sandbox, as native code: everything between the contract and
//! wasi:http. A script replaces the network.

use std::hint::black_box;

use divan::Bencher;
use http_step::contract::{Body, Field, Fields, Outcome, RequestSpec, Settings, Timeouts, Verify};
use http_step::host::{
    Chunks, Failure, Hashing, Header, HostImports, Incoming, Outgoing, Scheme, Stream,
};
use http_step::step;
use http_step_template::{Names, Value};
use sha2::Sha256;

struct Build;

impl Names for Build {
    fn property(&self, name: &str) -> Option<Value> {
        (name == "number").then(|| Value::from(42))
    }

    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}

impl HostImports for Build {
    fn log(&self, _: Stream, text: &str) {
        black_box(text);
    }

    fn credentials(&self, _: &Scheme) -> Result<Header, String> {
        Err("there are none here".to_owned())
    }

    fn hash(&self) -> Box<dyn Hashing> {
        Box::new(Sha256::default())
    }

    fn send<'r>(&self, request: &Outgoing<'r>) -> Result<Incoming<'r>, Failure> {
        black_box(request);
        let headers = [("content-type", "application/json"), ("server", "bench")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Ok(Incoming {
            status: 200,
            headers: headers.into(),
            body: Box::new(Once(Some(b"{\"queued\":true}".to_vec()))),
        })
    }
}

struct Once(Option<Vec<u8>>);

impl Chunks for Once {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.0.take())
    }
}

fn main() {
    divan::main();
}

/// A whole step with half of the header fields hidden.
#[divan::bench(args = [0, 6, 32, 88])]
fn post(bencher: Bencher<'_, '_>, fields: usize) {
    bencher.with_inputs(|| spec(fields)).bench_values(|spec| {
        let result = step::run(spec, &Build);
        assert!(matches!(result.outcome, Outcome::Success));
        result
    });
}

fn spec(fields: usize) -> RequestSpec {
    let headers = (0..fields).map(|number| Field {
        name: format!("X-Field-{number}"),
        value: "build ${{ property.number }}".to_owned(),
    });
    let hidden = (0..fields).step_by(2);
    RequestSpec {
        method: "POST".to_owned(),
        url: "http://127.0.0.1:8080/builds".to_owned(),
        params: Fields::Entries(Vec::new()),
        headers: Fields::Entries(headers.collect()),
        body: Some(Body::Json(
            "{\"number\": \"${{ property.number }}\"}".to_owned(),
        )),
        cookies: Fields::Entries(Vec::new()),
        auth: None,
        hide_request_headers: hidden.map(|number| format!("X-Field-{number}")).collect(),
        hide_response_headers: Vec::new(),
        settings: Settings {
            timeout: Timeouts {
                connect: None,
                read: None,
                total: None,
            },
            allow_redirects: true,
            max_redirects: 30,
            stream: false,
            verify: Verify::Roots,
            cert: None,
            proxies: Vec::new(),
            host_judges_status: false,
        },
        extensions: Vec::new(),
    }
}
