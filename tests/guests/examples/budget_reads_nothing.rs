//! Makes as many concurrent requests as it may, and reads none of the responses.

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::http::outgoing_handler::handle;

struct Step;

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let answers: Vec<_> = (0..16)
            .map(|_| handle(get(&spec.url), None).unwrap())
            .collect();
        let _held: Vec<_> = answers
            .iter()
            .map(|answer| {
                answer.subscribe().block();
                let response = answer.get().unwrap().unwrap().unwrap();
                let body = response.consume().unwrap();
                (body.stream().unwrap(), body, response)
            })
            .collect();
        subscribe_duration(u64::MAX).block();
        success("has read nothing")
    }
}

export!(Step);
