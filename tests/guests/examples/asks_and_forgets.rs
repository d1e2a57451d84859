//! Makes ten thousand requests and drops each before it is answered.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let here = authority(&spec);
        let refused = (0..10_000)
            .filter(|_| handle(request(&Method::Get, here, Fields::new()), None).is_err())
            .count();
        success(&format!("{refused} of 10000 refused at once"))
    }
}

export!(Step);
