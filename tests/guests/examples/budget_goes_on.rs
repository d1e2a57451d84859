//! Makes requests to three hosts at a time, ignores errors, and repeats that.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Method, OutgoingBody};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        for _ in 0..2 {
            let requested: Vec<_> = (0..3)
                .map(|number| {
                    let request = get(&spec.url.replace("host0", &format!("host{number}")));
                    request.set_method(&Method::Post).unwrap();
                    let body = request.body().unwrap();
                    let stream = body.write().unwrap();
                    let _ = stream.blocking_write_and_flush(b"ten bytes.");
                    drop(stream);
                    let _ = OutgoingBody::finish(body, None);
                    handle(request, None)
                })
                .collect();
            for answer in requested.iter().flatten() {
                answer.subscribe().block();
                if let Some(Ok(Ok(response))) = answer.get() {
                    let body = response.consume().unwrap();
                    let stream = body.stream().unwrap();
                    while stream.blocking_read(1 << 16).is_ok() {}
                }
            }
        }
        log::write(log::Stream::Stdout, "it went on");
        success("all is well")
    }
}

export!(Step);
