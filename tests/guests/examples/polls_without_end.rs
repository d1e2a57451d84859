//! Polls something that is ready, over and over, so that it neither waits nor computes.

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::io::poll::poll;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let ready = subscribe_duration(0);
        loop {
            poll(&[&ready]);
        }
    }
}

export!(Step);
