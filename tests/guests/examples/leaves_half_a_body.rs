//! Starts a body without a length, and traps in the middle of it.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let request = request(&Method::Post, authority(&spec), Fields::new());
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        let response = handle(request, None).unwrap();
        // More than the host buffers, so that some of it has been sent.
        for _ in 0..8 {
            write_all(&stream, b"half").unwrap();
        }
        if orders(&spec) == ["when it is answered"] {
            answer(&response).unwrap();
        }
        drop(response);
        std::arch::wasm32::unreachable()
    }
}

export!(Step);
