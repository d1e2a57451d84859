//! Sends an endless body.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let request = request(&Method::Post, authority(&spec), Fields::new());
        request.set_scheme(Some(&scheme(&spec))).unwrap();
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        let response = handle(request, None);
        let piece = vec![0; 64 << 10];
        while write_all(&stream, &piece).is_ok() {}
        success(&outcome(response))
    }
}

export!(Step);
