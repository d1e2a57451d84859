//! Gets responses to its requests before their bodies end, and never ends a body.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let mut open = Vec::new();
        for _ in 0..40 {
            let request = request(&Method::Post, authority(&spec), Fields::new());
            let body = request.body().unwrap();
            let stream = body.write().unwrap();
            let response = answer(&handle(request, None).unwrap()).unwrap();
            report(&format!("status {}", response.status()));
            open.push((stream, body));
        }
        success("left open")
    }
}

export!(Step);
