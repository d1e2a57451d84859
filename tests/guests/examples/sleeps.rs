//! Waits forever.

use http_step_test_guests::*;
use wasi::clocks::monotonic_clock::subscribe_duration;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        subscribe_duration(u64::MAX).block();
        success("slept")
    }
}

export!(Step);
