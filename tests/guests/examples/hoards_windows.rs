//! Reads one byte of each of many responses and keeps them all, with what the host needs to read
//! on.

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let kept: Vec<_> = (0..16)
            .map(|_| {
                let response = answer(&handle(get(&spec.url), None).unwrap()).unwrap();
                let body = response.consume().unwrap();
                let stream = body.stream().unwrap();
                stream.blocking_read(1).unwrap();
                (stream, body, response)
            })
            .collect();
        success(&format!("keeps {}", kept.len()))
    }
}

export!(Step);
