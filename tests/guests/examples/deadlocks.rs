//! Waits for a response before it ends its body, while the server waits for the end of the body
//! before it responds.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let request = request(&Method::Post, authority(&spec), Fields::new());
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        let response = handle(request, None);
        write_all(&stream, b"more is to").unwrap();
        success(&outcome(response))
    }
}

export!(Step);
