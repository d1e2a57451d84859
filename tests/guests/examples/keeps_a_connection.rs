//! Takes a response, reads none of its body, and never drops it.

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let request = request(&Method::Get, authority(&spec), Fields::new());
        let response = answer(&handle(request, None).unwrap()).unwrap();
        let body = response.consume().unwrap();
        report(&format!("status {}", response.status()));
        if orders(&spec) != ["and ends"] {
            subscribe_duration(u64::MAX).block();
        }
        drop(body);
        success("kept")
    }
}

export!(Step);
