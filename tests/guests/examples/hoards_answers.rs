//! Makes one request after the other, and keeps what the host holds for each.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, IncomingBody, IncomingResponse, Method};
use wasi::io::streams::InputStream;

/// More would exceed the limit on handles.
const MANY: usize = 200;
/// For what leaves no handle behind.
const ROWS: usize = 20_000;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        match orders(&spec)[0] {
            "headers" => {
                let kept: Vec<_> = (0..MANY).map(|_| read(&spec).headers()).collect();
                success(&format!("{} kept", kept.len()))
            }
            // The last piece of a body that is at its end.
            "pieces" => {
                let kept: Vec<_> = (0..MANY / 2).map(|_| begun(&spec)).collect();
                success(&format!("{} kept", kept.len()))
            }
            // It is denied, and still has a row in the audit log.
            "rows" => {
                for _ in 0..ROWS {
                    let request = request(&Method::Get, "127.0.0.1:1", Fields::new());
                    _ = outcome(handle(request, None));
                }
                success("asked")
            }
            other => panic!("{other}"),
        }
    }
}

/// A response whose body was read.
fn read(spec: &RequestSpec) -> IncomingResponse {
    let response = answer(&handle(get(&spec.url), None).unwrap()).unwrap();
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    while stream.blocking_read(64 << 10).is_ok() {}
    drop(stream);
    drop(IncomingBody::finish(body));
    response
}

/// A body of which one byte was read.
fn begun(spec: &RequestSpec) -> (InputStream, IncomingBody) {
    let response = answer(&handle(get(&spec.url), None).unwrap()).unwrap();
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    stream.blocking_read(1).unwrap();
    (stream, body)
}

export!(Step);
