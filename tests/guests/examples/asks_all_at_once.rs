//! Makes ten thousand requests before it waits for any of them.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method};

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let here = authority(&spec);
        let begun: Vec<_> = (0..10_000)
            .map(|_| handle(request(&Method::Get, here, Fields::new()), None))
            .collect();
        let answered = begun
            .into_iter()
            .filter(|begun| begun.as_ref().is_ok_and(|begun| answer(begun).is_ok()))
            .count();
        success(&format!("{answered} of 10000 answered"))
    }
}

export!(Step);
